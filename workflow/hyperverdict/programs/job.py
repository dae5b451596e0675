"""One training job of a user's program: seeds of one configuration, into one run folder."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.programs.command import (
    SeedFolders,
    environment,
    make_folders,
    seed_command,
)
from hyperverdict.programs.identity import identity_of
from hyperverdict.programs.metrics import Reported, missing_scores, not_finite, read_metrics
from hyperverdict.programs.process import Ended, last_lines, run_child
from hyperverdict.runs.declaration import read_declaration
from hyperverdict.runs.layout import TRAINING_VERSION, RunRecord, SeedRecord
from hyperverdict.runs.write import Row
from hyperverdict.study.own import own_vocabulary
from hyperverdict.study.structure import Source
from hyperverdict.training import provenance
from hyperverdict.training.fill import PARTIAL_FOLDER, Clock, fill_run, session
from hyperverdict.training.partial import PartialFolder
from hyperverdict.training.stopping import REQUEUE_EXIT_CODE, Checkpointed, StopRequest
from hyperverdict.vocabulary.configuration import Configuration, parse_path
from hyperverdict.vocabulary.training import CHECKPOINT, Training

logger = logging.getLogger(__name__)

LOGS_FOLDER = "logs"
# A program that asks to be called again this often has made no progress.
MAXIMUM_CALLS = 1000


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
) -> RunRecord:
    """Train the wanted seeds that `folder` does not hold yet with the user's program.

    Args:
        path: the configuration's path.
        declaration: the training's `training.json`.
        folder: the run's folder.
        device, tensorboard, log, memory_mb, retrain: see `train_configuration`.

    Raises UserError for a program that breaks its contract; Checkpointed (SystemExit 85) at
    SIGTERM.
    """
    declared = read_declaration(declaration)
    if declared is None:
        raise UserError(f"{declaration} is missing; run the study again")
    vocabulary = own_vocabulary(dict(declared.study), Source())
    configuration = parse_path(path, vocabulary)
    made_of = identity_of(vocabulary)
    identity = {
        "path": configuration.path,
        "data_checksum": made_of.data,
        "code_checksum": made_of.code,
        "training_version": TRAINING_VERSION,
    }
    trainer = _Program(configuration, identity, folder, device, tensorboard)
    return fill_run(
        folder, identity, seeds, trainer, log=log, memory_mb=memory_mb, device=device,
        retrain=retrain,
    )  # fmt: skip


@dataclass(frozen=True)
class _Program:
    configuration: Configuration
    identity: Mapping[str, Any]
    folder: Path
    device: str
    tensorboard: Path | None

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
        logger.info(f"training seeds {seeds} on the {device} with {self.training.name}")
        with StopRequest() as stop:
            for seed in seeds:
                if stop.requested:
                    raise Checkpointed
                partial.begin(seed, 0)
                folders = self._folders(seed)
                rows, record, missing = self._train_seed(seed, folders, device, stop)
                partial.keep(seed, rows, record, clock.read(session(clock.started, device)))
                shutil.rmtree(folders.metrics.parent, ignore_errors=True)
                logger.info(f"seed {seed}: {record.status}; {record.message}".rstrip("; "))
                if missing:
                    raise UserError("\n".join(missing))

    def _folders(self, seed: int) -> SeedFolders:
        partial = self.folder / PARTIAL_FOLDER / f"seed~{seed}"
        board = self.tensorboard or partial / "tensorboard"
        return SeedFolders(
            metrics=(partial / "metrics").absolute(),
            checkpoint=(partial / "checkpoint").absolute(),
            tensorboard=(board / f"seed~{seed}").absolute(),
            log=self.folder / LOGS_FOLDER / f"seed~{seed}.log",
        )

    def _train_seed(
        self, seed: int, folders: SeedFolders, device: str, stop: StopRequest
    ) -> tuple[Sequence[Row], SeedRecord, list[str]]:
        """(rows, record, what was not reported) of one seed."""
        ended, seconds = self._run(seed, folders, device, stop)
        if ended.code != 0:
            return [], SeedRecord("failed", 0, seconds, 0, _exit_text(ended, folders.log)), []
        training = self.training
        reported = read_metrics(folders.metrics, seed, training.unit)
        wanted = {
            **training.scores,
            **{f"{m} (validation)": n for m, n in training.validation.items()},
        }
        status, message = self._judged(reported, seed)
        took = seconds if reported.train_seconds is None else reported.train_seconds
        record = SeedRecord(status, int(reported.rows[-1]["step"]), took, 0, message)  # type: ignore[arg-type]
        return reported.rows, record, missing_scores(wanted, reported.scores)

    def _judged(self, reported: Reported, seed: int) -> tuple[str, str]:
        """(status, message) of a seed whose program ended well."""
        training, budget = self.training, self.configuration.budget
        if reported.seed is not None and reported.seed != seed:
            return "failed", f"the program reports seed {reported.seed}, but was given {seed}"
        name = not_finite(tuple(training.scores.values()), reported.scores)
        if name:
            return "diverged", f"{name} is not a finite number at the end"
        reached = reported.reached
        if reached is not None and reached < budget.amount and not training.stops_early:
            return "failed", (
                f"the program ended after {reached:g} of {budget}; if it may stop by itself, "
                "write stops_early: true under train"
            )
        return "finished", ""

    def _run(
        self, seed: int, folders: SeedFolders, device: str, stop: StopRequest
    ) -> tuple[Ended, float]:
        """(how the program ended, seconds of all its calls)."""
        command = seed_command(self.training, self.configuration, seed, folders, device)
        make_folders(self.training, folders)
        seconds = 0.0
        for _ in range(MAXIMUM_CALLS):
            if not self.training.uses(CHECKPOINT):
                _remove(folders.metrics)
            ended = run_child(command, folders.log, environment(os.environ), stop)
            seconds += ended.seconds
            if ended.stopped and ended.code != 0:
                self._say_restart(seed)
                raise Checkpointed
            if ended.code != REQUEUE_EXIT_CODE:
                return ended, seconds
        raise UserError(f"the program asked {MAXIMUM_CALLS:,} times to be called again (exit 85)")

    def _say_restart(self, seed: int) -> None:
        if self.training.uses(CHECKPOINT):
            logger.info(f"seed {seed}: stopped as requested; its program continues later")
        else:
            logger.warning(
                f"seed {seed}: stopped as requested; the command has no {{checkpoint}}, so this "
                "seed starts from the beginning"
            )


def _remove(metrics: Path) -> None:
    """Remove what an earlier call reported, so that its rows are not taken for this one's."""
    for path in (metrics, *metrics.parent.glob(f"{metrics.name}.*")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _exit_text(ended: Ended, log: Path) -> str:
    how = f"signal {-ended.code}" if ended.code < 0 else f"exit code {ended.code}"
    lines = last_lines(log)
    return f"the program ended with {how}" + (f": {' / '.join(lines)}" if lines else "")
