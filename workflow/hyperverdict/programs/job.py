"""One training job of a user's program: seeds of one configuration, into one run folder."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.programs.calls import Calls
from hyperverdict.programs.command import SeedFolders
from hyperverdict.programs.commands import Commands
from hyperverdict.programs.identity import identity_of
from hyperverdict.programs.metrics import (
    Reported,
    ended_before,
    length_fault,
    missing_scores,
    not_finite,
    percent_scores,
)
from hyperverdict.programs.orphans import end_left_behind
from hyperverdict.programs.runner import SeedRunner
from hyperverdict.runs.declaration import RUNS, read_declaration
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.kept import PARTIAL_FOLDER
from hyperverdict.runs.layout import TRAINING_VERSION, RunRecord, SeedRecord, SeedStatus
from hyperverdict.runs.sealed import json_bytes
from hyperverdict.runs.write import Row
from hyperverdict.study.own import own_vocabulary
from hyperverdict.study.structure import Source
from hyperverdict.training import provenance
from hyperverdict.training.fill import Clock, fill_run, session
from hyperverdict.training.partial import PartialFolder
from hyperverdict.training.stopping import Checkpointed, StopRequest
from hyperverdict.vocabulary.configuration import Configuration, parse_path
from hyperverdict.vocabulary.training import CHECKPOINT, Training

logger = logging.getLogger(__name__)

LOGS_FOLDER = "logs"
# How often, at most, code and data are looked at for changes during a job.
CHECK_SECONDS = 0.5


def train_with_program(
    path: str,
    seeds: Iterable[int],
    declaration: Path,
    folder: Path,
    *,
    device: str = "cpu",
    tensorboard: Path | None = None,
    log: Path | None = None,
    memory_mb: int | None = None,
    retrain: bool = False,
    frozen: Path = RUNS,
) -> RunRecord:
    """Train the wanted seeds that `folder` does not hold yet with the user's program.

    Args:
        path: the configuration's path.
        declaration: the training's `training.json`.
        folder: the run's folder.
        device, tensorboard, log, memory_mb, retrain: see `train_configuration`.
        frozen: the runs' folder that holds the frozen defaults; not that of a smoke run.

    Raises UserError for a program that breaks its contract; Checkpointed (SystemExit 85) at
    SIGTERM, with another status where nothing is saved.
    """
    declared = read_declaration(declaration)
    if declared is None:
        raise UserError(f"{declaration} is missing; run the study again")
    vocabulary = own_vocabulary(dict(declared.study), Source(), runs=frozen)
    configuration = parse_path(path, vocabulary)
    made_of = identity_of(vocabulary)
    identity = {
        "path": configuration.path,
        "data_checksum": made_of.data,
        "code_checksum": made_of.code,
        "training_version": TRAINING_VERSION,
    }
    # Only an attempt that was interrupted has left anything.
    left = end_left_behind(folder) if (folder / PARTIAL_FOLDER).exists() else 0
    if left:
        logger.warning(f"an earlier attempt had left processes running ({left}); they were ended")
    note = None if log is None or memory_mb is None else _memory_note(log, memory_mb)
    runner = runner_of(configuration, folder, note)
    trainer = _Program(configuration, identity, folder, device, tensorboard, runner)
    try:
        return fill_run(
            folder, identity, seeds, trainer, log=log, memory_mb=memory_mb, device=device,
            retrain=retrain,
        )  # fmt: skip
    finally:
        runner.close()


def runner_of(
    configuration: Configuration, folder: Path, memory_note: Callable[[], None] | None = None
) -> SeedRunner:
    """What runs the seeds of a configuration, into a run's folder.

    To be made before anything of ours starts threads: functions run in forks.
    """
    training = configuration.vocabulary.training
    if training is not None and training.call:
        return Calls(configuration, memory_note)
    return Commands(configuration, folder, memory_note)


@dataclass(frozen=True)
class _Program:
    configuration: Configuration
    identity: Mapping[str, Any]
    folder: Path
    device: str
    tensorboard: Path | None
    runner: SeedRunner

    @property
    def training(self) -> Training:
        training = self.configuration.vocabulary.training
        assert training is not None
        return training

    def empty_record(self) -> RunRecord:
        """The record of this run without seeds."""
        budget = self.configuration.budget
        return RunRecord(
            **self.identity,
            configuration=self.configuration.settings(),
            steps=budget.amount if budget.kind == "steps" else 0,
            parameters=0,
            flops_per_sample=0,
            train_size=0,
            test_size=0,
            seeds={},
        )

    def train(
        self, seeds: list[int], partial: PartialFolder, earlier: Sequence[Mapping[str, Any]]
    ) -> None:
        """Train seeds one after the other; each is kept in `partial` as it ends."""
        device, clock = provenance.choose_device(self.device), Clock()
        state = session(clock.started, device)
        logger.info(f"training seeds {seeds} on the {device} with {self.training.name}")
        self._refuse_missing(partial)
        self._drop_foreign(partial)
        if self.training.command and not self.training.uses(CHECKPOINT):
            logger.info(
                "the command has no {checkpoint}: a seed that is interrupted starts from the "
                "beginning"
            )
        unchecked: list[int] = []
        held = 0
        checked = time.monotonic()
        with StopRequest() as stop:
            try:
                for seed in seeds:
                    if stop.requested:
                        raise Checkpointed(saved=False)
                    partial.begin(seed, 0)
                    folders = self._folders(seed)
                    rows, record, missing = self._train_seed(seed, folders, device, stop)
                    partial.hold(seed, rows, record, clock.read(state))
                    unchecked.append(seed)
                    held += 1
                    if time.monotonic() - checked > CHECK_SECONDS or seed == seeds[-1]:
                        self._refuse_edited(partial, unchecked)
                        checked = time.monotonic()
                    _remove(folders.metrics.parent)
                    logger.info(f"seed {seed}: {record.status}; {record.message}".rstrip("; "))
                    if missing:
                        raise UserError("\n".join(missing))
            except Checkpointed as stopped:
                partial.write_held()
                # A seed that has ended in this job is progress, too.
                raise Checkpointed(saved=stopped.saved or held > 0) from stopped
            except BaseException:
                partial.write_held()
                raise

    def _drop_foreign(self, partial: PartialFolder) -> None:
        """Remove checkpoints and metrics of an attempt with other code or data.

        A program would go on from them, so its seed would be made of both.
        """
        left = [path for path in (self.folder / PARTIAL_FOLDER).glob("seed~*") if path.is_dir()]
        if left and not partial.plan():
            logger.warning("an earlier attempt was of other code or data: its checkpoints go")
            for path in left:
                shutil.rmtree(path, ignore_errors=True)

    def _refuse_edited(self, partial: PartialFolder, unchecked: list[int]) -> None:
        """Refuse seeds that were trained while code or data changed; they are not kept."""
        if not unchecked:
            return
        made_of = identity_of(self.configuration.vocabulary)
        now = {"code": made_of.code, "data": made_of.data}
        changed = [what for what in now if now[what] != self.identity[f"{what}_checksum"]]
        if changed:
            partial.discard(unchecked)
            shown = ", ".join(map(str, unchecked))
            raise UserError(
                f"{' and '.join(changed)} of {self.training.name} changed during this job, so "
                f"nobody knows what made seeds {shown}; they are not kept. Call the same command "
                "again; where the program itself writes into what `code` or `data` list, list "
                "less"
            )
        unchecked.clear()

    def _refuse_missing(self, partial: PartialFolder) -> None:
        """Refuse to go on after a seed whose claimed metrics are not there, or in percent."""
        for part in partial.seeds().values():
            table = part.rows
            columns = {name: table[name].drop_null() for name in table.column_names}
            scores = {n: c[-1].as_py() for n, c in columns.items() if len(c)}
            if part.record.status == "finished" and (faults := self._faults(scores)):
                raise UserError("\n".join(faults))

    def _folders(self, seed: int) -> SeedFolders:
        partial = self._absolute / PARTIAL_FOLDER / f"seed~{seed}"
        board = self.tensorboard.absolute() if self.tensorboard else partial / "tensorboard"
        return SeedFolders(
            metrics=partial / "metrics",
            checkpoint=partial / "checkpoint",
            tensorboard=board / f"seed~{seed}",
            log=self.folder / LOGS_FOLDER / f"seed~{seed}.log",
        )

    @cached_property
    def _absolute(self) -> Path:
        return self.folder.absolute()

    def _train_seed(
        self, seed: int, folders: SeedFolders, device: str, stop: StopRequest
    ) -> tuple[Sequence[Row], SeedRecord, list[str]]:
        """(rows, record, what was not reported) of one seed."""
        ran = self.runner.run(seed, folders, device, stop)
        if ran.reported is None:
            return [], SeedRecord(ran.status, 0, ran.seconds, 0, ran.message), []
        reported = ran.reported
        status, message = self._judged(reported, seed)
        took = ran.seconds if reported.train_seconds is None else reported.train_seconds
        record = SeedRecord(status, int(reported.rows[-1]["step"]), took, 0, message)
        return reported.rows, record, self._faults(reported.scores)

    def _faults(self, scores: Mapping[str, float]) -> list[str]:
        """What keeps the scores of a finished seed from being judged, whatever other seeds give."""
        return [
            *missing_scores(self._wanted, scores),
            *percent_scores(self.training.fractions, self._wanted, scores),
        ]

    @property
    def _wanted(self) -> dict[str, str]:
        """Metric -> its name in what the program reports, validation scores included."""
        chosen = {f"{m}.validation": name for m, name in self.training.validation.items()}
        return {**self.training.scores, **chosen}

    def _judged(self, reported: Reported, seed: int) -> tuple[SeedStatus, str]:
        """(status, message) of a seed whose program ended well."""
        training, budget = self.training, self.configuration.budget
        if reported.fault:
            return "failed", reported.fault
        if reported.seed is not None and reported.seed != seed:
            return "failed", f"the program reports seed {reported.seed}, but was given {seed}"
        name = not_finite(training.scores.values(), reported.scores)
        if name:
            return "diverged", f"{name} is not a finite number at the end"
        if training.told_length:
            early = training.stops_early
            fault = length_fault(reported, budget.amount, str(budget), stops_early=early)
            if fault:
                return "failed", fault
        fault = ended_before(training.scores.values(), reported)
        return ("failed", fault) if fault else ("finished", "")


def _remove(folder: Path) -> None:
    """Remove a seed's folder: file by file where it holds files only, which is quicker."""
    try:
        for entry in os.listdir(folder):
            os.unlink(folder / entry)
        os.rmdir(folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def _memory_note(log: Path, memory_mb: int) -> Callable[[], None]:
    """Leaves word that this attempt was too small, so that one with more memory trains the seed
    again, and one with the same records the failure; then ends the job.
    """

    def leave() -> None:
        note = {"reason": "out_of_memory", "mem_mb": memory_mb}
        write_atomic(Path(f"{log}.death.json"), json_bytes(note, indent=None))
        raise UserError(
            f"the program was killed because memory ran out; the job had asked for {memory_mb} MB "
            "(resource mem_mb). It is tried again with more, or the seed counts as failed"
        )

    return leave
