"""Seeds of one configuration run by starting the user's command."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.programs.command import (
    SeedFolders,
    environment,
    make_folders,
    seed_command,
    told_place,
)
from hyperverdict.programs.guard import Guard
from hyperverdict.programs.log import last_lines
from hyperverdict.programs.memory import says_out_of_memory, was_killed
from hyperverdict.programs.metrics import Reported, read_metrics
from hyperverdict.programs.orphans import mark_of
from hyperverdict.programs.process import Ended, run_child
from hyperverdict.programs.runner import Ran
from hyperverdict.training.stopping import REQUEUE_EXIT_CODE, Checkpointed, StopRequest
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.training import CHECKPOINT, Training

logger = logging.getLogger(__name__)

# A program may ask to be called again without having changed anything, this often.
IDLE_CALLS = 3
# In a seed's folder: its program has said (exit code 85) that it goes on from what is there.
CONTINUES = "continues"


class Commands:
    """Runs seeds by starting the user's command.

    Attributes:
        folder: the run's, which marks what the command starts.
        memory_note: called when memory ran out, where the job may get more; raises UserError.
    """

    def __init__(
        self,
        configuration: Configuration,
        folder: Path,
        memory_note: Callable[[], None] | None = None,
    ) -> None:
        self.configuration, self.folder, self.memory_note = configuration, folder, memory_note
        # Before anything here starts threads.
        self._guard = Guard(mark_of(folder))

    @property
    def training(self) -> Training:
        """The training that the command is of."""
        training = self.configuration.vocabulary.training
        assert training is not None
        return training

    def close(self) -> None:
        """End the guard."""
        self._guard.close()

    def run(self, seed: int, folders: SeedFolders, device: str, stop: StopRequest) -> Ran:
        """Run one seed; see `SeedRunner`."""
        command = seed_command(self.training, self.configuration, seed, folders, device)
        make_folders(self.training, folders)
        told = told_place(command, folders.metrics)
        ended, seconds, idle = self._call(command, folders, stop)
        if ended.stopped and not self._has_finished(ended, folders.metrics, told, seed):
            raise Checkpointed(saved=self._is_saved(seed, ended))
        if idle:
            text = (
                f"the program asked {idle} times in a row to be called again (exit code "
                f"{REQUEUE_EXIT_CODE}), and neither its metrics nor its checkpoint had changed"
            )
            return Ran("failed", text, seconds=seconds)
        if ended.code != 0:
            return self._broken(ended, seconds, folders.log)
        return Ran("finished", reported=self._read(folders.metrics, told, seed), seconds=seconds)

    def _read(self, metrics: Path, told: Path, seed: int) -> Reported:
        training, budget = self.training, self.configuration.budget
        amount = budget.amount if training.told_length else None
        return read_metrics(metrics, seed, training.unit, amount, told)

    def _has_finished(self, ended: Ended, metrics: Path, told: Path, seed: int) -> bool:
        """Whether a program that was asked to stop had finished: only its metrics can say so."""
        if ended.code != 0:
            return False
        try:
            reported = self._read(metrics, told, seed)
        except UserError:
            return False
        return reported.reached is not None and reported.reached >= self.configuration.budget.amount

    def _broken(self, ended: Ended, seconds: float, log: Path) -> Ran:
        """What became of a seed whose program did not end well.

        Raises UserError where memory ran out and the job may get more.
        """
        lines = last_lines(log)
        if ended.out_of_memory and self.memory_note is not None:
            self.memory_note()
        memory = ended.out_of_memory or says_out_of_memory(lines)
        text = ended_text(ended, lines)
        return Ran("out_of_memory" if memory else "failed", text, seconds=seconds)

    def _call(
        self, command: list[str], folders: SeedFolders, stop: StopRequest
    ) -> tuple[Ended, float, int]:
        """(how the program ended, seconds of all its calls, calls in a row without progress)."""
        seconds, idle = 0.0, 0
        continues = folders.metrics.parent / CONTINUES
        before = _progress(folders)
        if not (self.training.uses(CHECKPOINT) or continues.exists()):
            _remove(folders.metrics)
        while True:
            surrounding = environment(os.environ, self.folder)
            ended = run_child(command, folders.log, surrounding, stop, self._guard)
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

    def _is_saved(self, seed: int, ended: Ended) -> bool:
        """Whether a stopped seed continues from what its program has saved."""
        saved = self.training.uses(CHECKPOINT) or ended.code == REQUEUE_EXIT_CODE
        if saved:
            logger.info(f"seed {seed}: stopped as requested; its program continues later")
        else:
            logger.warning(
                f"seed {seed}: stopped as requested; the command has no {{checkpoint}}, so this "
                "seed starts from the beginning"
            )
        return saved


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
