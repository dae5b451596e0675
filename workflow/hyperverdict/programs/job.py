"""One training job of a user's program: seeds of one configuration, into one run folder."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from hyperverdict.programs.log import last_lines
from hyperverdict.programs.memory import says_out_of_memory, was_killed
from hyperverdict.programs.metrics import (
    Reported,
    length_fault,
    missing_scores,
    not_finite,
    read_metrics,
)
from hyperverdict.programs.orphans import end_left_behind
from hyperverdict.programs.places import told_place
from hyperverdict.programs.process import Ended, run_child
from hyperverdict.runs.declaration import read_declaration
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.layout import TRAINING_VERSION, RunRecord, SeedRecord, SeedStatus
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
# A program may ask to be called again without having changed anything, this often.
IDLE_CALLS = 3
# In a seed's folder: its program has said (exit code 85) that it goes on from what is there.
CONTINUES = "continues"


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
    left = end_left_behind(folder)
    if left:
        logger.warning(f"an earlier attempt had left processes running ({left}); they were ended")
    note = None if log is None or memory_mb is None else _memory_note(log, memory_mb)
    trainer = _Program(configuration, identity, folder, device, tensorboard, note)
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
    # What is called when memory ran out, where the job may get more.
    memory_note: Callable[[], None] | None = None

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
        self._refuse_missing(partial)
        if not self.training.uses(CHECKPOINT):
            logger.info(
                "the command has no {checkpoint}: a seed that is interrupted starts from the "
                "beginning"
            )
        with StopRequest() as stop:
            for seed in seeds:
                if stop.requested:
                    raise Checkpointed
                partial.begin(seed, 0)
                folders = self._folders(seed)
                found = self._train_seed(seed, folders, device, stop)
                state = clock.read(session(clock.started, device))
                partial.keep(seed, found.rows, found.record, state)
                shutil.rmtree(folders.metrics.parent, ignore_errors=True)
                said = f"seed {seed}: {found.record.status}; {found.record.message}"
                logger.info(said.rstrip("; "))
                if found.missing:
                    raise UserError("\n".join(found.missing))

    def _refuse_missing(self, partial: PartialFolder) -> None:
        """Refuse to go on after a seed that did not report a claimed metric."""
        for part in partial.seeds().values():
            table = part.rows
            known = [n for n in table.column_names if table[n].null_count < len(table)]
            if part.record.status == "finished" and (lost := missing_scores(self._wanted, known)):
                raise UserError("\n".join(lost))

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
    ) -> Outcome:
        """What became of one seed. Raises Checkpointed when it was stopped before its end."""
        command = seed_command(self.training, self.configuration, seed, folders, device)
        make_folders(self.training, folders)
        place = Place(folders.metrics, told_place(command, folders.metrics))
        ended, seconds, idle = self._run(command, folders, stop)
        if ended.stopped and not self._finished(ended, place, seed):
            self._say_restart(seed, ended)
            raise Checkpointed
        if idle:
            text = (
                f"the program asked {idle} times in a row to be called again (exit code "
                f"{REQUEUE_EXIT_CODE}), and neither its metrics nor its checkpoint had changed"
            )
            return Outcome(SeedRecord("failed", 0, seconds, 0, text))
        if ended.code != 0:
            return Outcome(self._broken(ended, seconds, folders.log))
        return self._reported(self._read(place, seed), seed, seconds)

    def _read(self, place: Place, seed: int) -> Reported:
        unit, budget = self.training.unit, self.configuration.budget
        amount = budget.amount if self.training.told_length else None
        return read_metrics(place.metrics, seed, unit, amount, place.told)

    def _reported(self, reported: Reported, seed: int, seconds: float) -> Outcome:
        status, message = self._judged(reported, seed)
        took = seconds if reported.train_seconds is None else reported.train_seconds
        record = SeedRecord(status, int(reported.rows[-1]["step"]), took, 0, message)
        return Outcome(record, reported.rows, missing_scores(self._wanted, reported.scores))

    @property
    def _wanted(self) -> dict[str, str]:
        """Metric -> its name in what the program reports, validation scores included."""
        chosen = {f"{m}.validation": name for m, name in self.training.validation.items()}
        return {**self.training.scores, **chosen}

    def _judged(self, reported: Reported, seed: int) -> tuple[SeedStatus, str]:
        """(status, message) of a seed whose program ended well."""
        training, budget = self.training, self.configuration.budget
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
        return "finished", ""

    def _finished(self, ended: Ended, place: Place, seed: int) -> bool:
        """Whether a program that was asked to stop had finished: only its metrics can say so."""
        if ended.code != 0:
            return False
        try:
            reported = self._read(place, seed)
        except UserError:
            return False
        return reported.reached is not None and reported.reached >= self.configuration.budget.amount

    def _broken(self, ended: Ended, seconds: float, log: Path) -> SeedRecord:
        """The record of a program that did not end well.

        Raises UserError where memory ran out and the job may get more.
        """
        lines = last_lines(log)
        if ended.out_of_memory and self.memory_note is not None:
            self.memory_note()
        memory = ended.out_of_memory or says_out_of_memory(lines)
        text = ended_text(ended, lines)
        return SeedRecord("out_of_memory" if memory else "failed", 0, seconds, 0, text)

    def _run(
        self, command: list[str], folders: SeedFolders, stop: StopRequest
    ) -> tuple[Ended, float, int]:
        """(how the program ended, seconds of all its calls, calls in a row without progress)."""
        seconds, idle = 0.0, 0
        continues = folders.metrics.parent / CONTINUES
        before = _progress(folders)
        if not (self.training.uses(CHECKPOINT) or continues.exists()):
            _remove(folders.metrics)
        while True:
            ended = run_child(command, folders.log, environment(os.environ, self.folder), stop)
            seconds += ended.seconds
            if ended.code != REQUEUE_EXIT_CODE:
                return ended, seconds, 0
            # It has said that it can go on from here.
            continues.touch()
            if ended.stopped:
                return ended, seconds, 0
            now = _progress(folders)
            idle = idle + 1 if now == before else 0
            before = now
            if idle >= IDLE_CALLS:
                return ended, seconds, idle
            logger.info(f"the program ends with {REQUEUE_EXIT_CODE}: it is called again")

    def _say_restart(self, seed: int, ended: Ended) -> None:
        if self.training.uses(CHECKPOINT) or ended.code == REQUEUE_EXIT_CODE:
            logger.info(f"seed {seed}: stopped as requested; its program continues later")
        else:
            logger.warning(
                f"seed {seed}: stopped as requested; the command has no {{checkpoint}}, so this "
                "seed starts from the beginning"
            )


@dataclass(frozen=True)
class Place:
    """Where a seed's metrics are: what stood for {metrics}, and what the command makes of it."""

    metrics: Path
    told: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a seed.

    Attributes:
        missing: a sentence for each claimed metric that it did not report.
    """

    record: SeedRecord
    rows: Sequence[Row] = ()
    missing: Sequence[str] = ()


def _progress(folders: SeedFolders) -> frozenset[tuple[str, int, int]]:
    """What a program has written so far: files and sizes; of its checkpoint also the times."""
    found = set()
    for path in (folders.metrics, *folders.metrics.parent.glob(f"{folders.metrics.name}.*")):
        for file in (path, *path.rglob("*")):
            found.add((str(file), file.stat().st_size if file.is_file() else 0, 0))
    for file in folders.checkpoint.rglob("*"):
        with contextlib.suppress(OSError):
            state = file.stat()
            found.add((str(file), state.st_size, state.st_mtime_ns))
    return frozenset(found)


def _remove(metrics: Path) -> None:
    """Remove what an earlier call reported, so that its rows are not taken for this one's."""
    for path in (metrics, *metrics.parent.glob(f"{metrics.name}.*")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def ended_text(ended: Ended, lines: Sequence[str]) -> str:
    """How a program ended badly, with its last words."""
    if ended.out_of_memory:
        how = "the program was killed because memory ran out"
    elif was_killed(ended.code):
        how = "the program was killed (signal 9), probably because memory ran out"
    elif ended.code < 0:
        how = f"the program was ended by signal {-ended.code}{_signal_name(-ended.code)}"
    else:
        how = f"the program ended with exit code {ended.code}"
    return how + (f"; its last lines: {' / '.join(lines)}" if lines else "")


def _signal_name(number: int) -> str:
    try:
        return f" ({signal.Signals(number).name})"
    except ValueError:
        return ""


def _memory_note(log: Path, memory_mb: int) -> Callable[[], None]:
    """Leaves word that this attempt was too small, so that one with more memory trains the seed
    again, and one with the same records the failure; then ends the job.
    """

    def leave() -> None:
        note = {"reason": "out_of_memory", "mem_mb": memory_mb}
        write_atomic(Path(f"{log}.death.json"), json.dumps(note).encode())
        raise UserError(
            f"the program was killed because memory ran out; the job had asked for {memory_mb} MB "
            "(resource mem_mb). It is tried again with more, or the seed counts as failed"
        )

    return leave
