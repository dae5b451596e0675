"""Seconds of whole trainings of the user's own, for time claims: arms in turn, alone.

In each block every arm trains once for its whole budget, and once for one unit of it. Their
difference is free of start-up: u = (T(n) - T(1)) / (n - 1) seconds a unit, so n u in all.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Literal

from hyperverdict.errors import UserError
from hyperverdict.programs.command import SeedFolders
from hyperverdict.programs.identity import identity_of
from hyperverdict.programs.job import runner_of
from hyperverdict.programs.orphans import end_left_behind
from hyperverdict.runs.declaration import RUNS, read_declaration
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import json_bytes
from hyperverdict.study.own import own_vocabulary
from hyperverdict.study.structure import Source
from hyperverdict.training import provenance
from hyperverdict.training.stopping import Checkpointed, StopRequest
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Configuration, parse_path

logger = logging.getLogger(__name__)

# What became of the time that a program takes before it trains.
StartUp = Literal["taken off", "included", "reported"]


@dataclass(frozen=True)
class Measured:
    """One block of one arm.

    Attributes:
        whole: seconds of a training of its whole budget.
        unit: seconds of a training of one unit; None where that says nothing.
        reported: training seconds that the program itself reports; None where it does not.
    """

    whole: float
    unit: float | None = None
    reported: float | None = None


def time_programs(
    paths: Sequence[str],
    repeats: int,
    declaration: Path,
    out: Path,
    *,
    device: str = "cpu",
    exclusive: bool,
    frozen: Path = RUNS,
) -> dict[str, Any]:
    """Time the arms of a contrast; writes ``{"arms": {path: [seconds of a training]}, ...}``.

    Args:
        paths: of the arms, with their budgets.
        repeats: blocks, with seeds from 0 on but for those that fail; what the trainings report is
            thrown away.
        declaration: the training's `training.json`.
        exclusive: whether the job was given the machine for itself.
        frozen: the runs' folder that holds the frozen defaults; not that of a smoke run.

    Raises UserError where a training fails, Checkpointed at SIGTERM.
    """
    declared = read_declaration(declaration)
    if declared is None:
        raise UserError(f"{declaration} is missing; run the study again")
    vocabulary = own_vocabulary(dict(declared.study), Source(), runs=frozen)
    arms = {path: parse_path(path, vocabulary) for path in paths}
    chosen, started, load = provenance.choose_device(device), provenance.now(), os.getloadavg()
    # What a killed attempt has left running would be timed, too.
    end_left_behind(out.parent)
    with StopRequest() as stop:
        clock = _Clock(out.parent, chosen, stop)
        blocks = _blocks(clock, arms, repeats)
    amounts = {path: arm.budget.amount for path, arm in arms.items()}
    seconds, start_up = training_seconds(blocks, amounts)
    content = {
        "arms": seconds,
        "start_up": start_up,
        "start_up_seconds": _start_up_seconds(blocks, amounts) if start_up == "taken off" else {},
        "hardware": provenance.hardware(chosen),
        "device": chosen,
        "warmup_steps": 1,
        "load_before": load,
        "load_after": os.getloadavg(),
        "exclusive": exclusive,
        "code_checksum": identity_of(vocabulary).code,
        "implementation": {**provenance.versions(), **provenance.code_state()},
        "started": started,
        "ended": provenance.now(),
    }
    write_atomic(out, json_bytes(content))
    return content


class _FailedError(UserError):
    """A training that was to be timed has failed."""


def _blocks(
    clock: _Clock, arms: Mapping[str, Configuration], repeats: int
) -> dict[str, list[Measured]]:
    """Arm -> its blocks, each with a seed of its own; seeds that fail in an arm are passed over.

    Raises UserError where more seeds fail than are wanted.
    """
    found: dict[str, list[Measured]] = {path: [] for path in arms}
    warm, done = False, 0
    for seed in range(2 * repeats + 1):
        try:
            if not warm:
                # The first start reads everything from disk.
                for configuration in arms.values():
                    clock.take(_unit_of(configuration), seed)
                warm = True
            taken = {path: _block(clock, arm, seed) for path, arm in arms.items()}
        except _FailedError as error:
            logger.warning(f"seed {seed} is not timed: {error}")
            failed = error
            continue
        for path, block in taken.items():
            found[path].append(block)
        done += 1
        if done == repeats:
            return found
    raise UserError(str(failed))


@dataclass(frozen=True)
class _Clock:
    folder: Path
    device: str
    stop: StopRequest

    def take(self, configuration: Configuration, seed: int) -> Measured:
        """Seconds of one training. Raises _FailedError where it fails."""
        place = (self.folder / "partial").absolute()
        shutil.rmtree(place, ignore_errors=True)
        folders = SeedFolders(
            place / "metrics", place / "checkpoint", place / "tensorboard",
            self.folder / "program.log",
        )  # fmt: skip
        runner = runner_of(configuration, self.folder)
        try:
            if self.stop.requested:
                raise Checkpointed
            ran = runner.run(seed, folders, self.device, self.stop)
        except Checkpointed:
            # What was timed so far is not kept.
            raise Checkpointed(saved=False) from None
        finally:
            runner.close()
            shutil.rmtree(place, ignore_errors=True)
        if ran.reported is None:
            raise _FailedError(f"timing {configuration.path}: {ran.message}")
        logger.info(f"{configuration.path}, seed {seed}: {ran.seconds:.3f} s")
        return Measured(ran.seconds, reported=ran.reported.train_seconds)


def _unit_of(configuration: Configuration) -> Configuration:
    """The same configuration for one unit of its budget."""
    return replace(configuration, budget=Budget(configuration.budget.kind, 1))


def _block(clock: _Clock, configuration: Configuration, seed: int) -> Measured:
    training = configuration.vocabulary.training
    whole = clock.take(configuration, seed)
    if training is None or not training.told_length or configuration.budget.amount == 1:
        return whole
    if whole.reported is not None:
        return whole
    return replace(whole, unit=clock.take(_unit_of(configuration), seed).whole)


def training_seconds(
    blocks: Mapping[str, Sequence[Measured]], amounts: Mapping[str, int]
) -> tuple[dict[str, list[float]], StartUp]:
    """(arm -> seconds of a whole training, one per block; what became of start-up).

    All arms are treated alike: what cannot be done for one is done for none.

    Args:
        amounts: arm -> units of its budget.
    """
    taken = [block for arm in blocks.values() for block in arm]
    if all(block.reported is not None and block.reported > 0 for block in taken):
        return {p: [b.reported or 0.0 for b in arm] for p, arm in blocks.items()}, "reported"
    if all(block.unit is not None for block in taken):
        without = {
            path: [_without_start_up(block, amounts[path]) for block in arm]
            for path, arm in blocks.items()
        }
        if all(seconds > 0 for arm in without.values() for seconds in arm):
            return without, "taken off"
    return {path: [block.whole for block in arm] for path, arm in blocks.items()}, "included"


def _without_start_up(block: Measured, amount: int) -> float:
    return amount * (block.whole - (block.unit or 0.0)) / (amount - 1)


def _start_up_seconds(
    blocks: Mapping[str, Sequence[Measured]], amounts: Mapping[str, int]
) -> dict[str, float]:
    """Arm -> median seconds of start-up: T(1) - u."""
    return {
        path: median(block.whole - _without_start_up(block, amounts[path]) for block in arm)
        for path, arm in blocks.items()
    }
