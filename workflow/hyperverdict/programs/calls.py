"""Seeds of a user's function: each called in a process of its own that is forked warm."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.programs.command import SeedFolders
from hyperverdict.programs.commands import ended_text
from hyperverdict.programs.helper import Answer, Helper
from hyperverdict.programs.log import last_lines
from hyperverdict.programs.metrics import Reported, reported_of
from hyperverdict.programs.process import Ended
from hyperverdict.programs.reporting import ReportDamagedError, continue_report, read_report
from hyperverdict.programs.rows import Cells
from hyperverdict.programs.runner import Ran
from hyperverdict.programs.seed import REFUSED, ROWS, STOPPED, CallEnd, Request
from hyperverdict.runs.layout import SeedStatus
from hyperverdict.training.stopping import Checkpointed, StopRequest
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.declared import argument_value
from hyperverdict.vocabulary.modules import is_users_file, shown_file
from hyperverdict.vocabulary.training import SEED, Training

logger = logging.getLogger(__name__)

# A function that raises log.Stopped this often unasked makes no progress.
_MAXIMUM_CALLS = 1000


class Calls:
    """Runs the seeds of one configuration by calling the user's function.

    `memory_note` is called when memory ran out, where the job may get more; it raises UserError.
    """

    def __init__(
        self, configuration: Configuration, memory_note: Callable[[], None] | None = None
    ) -> None:
        training = configuration.vocabulary.training
        assert training is not None
        self._training: Training = training
        self._configuration, self._memory_note = configuration, memory_note
        # Before anything here starts threads.
        self._helper = Helper()

    def close(self) -> None:
        """End the helper."""
        self._helper.close()

    def run(self, seed: int, folders: SeedFolders, device: str, stop: StopRequest) -> Ran:
        """Run one seed.

        Raises UserError for a module that cannot be imported and a function that reports nothing;
        Checkpointed where the seed is continued later.
        """
        place = folders.metrics.parent
        request = self._request(seed, folders, device)
        seconds = 0.0
        for _ in range(_MAXIMUM_CALLS):
            _prepare(place, folders)
            answer, ended = self._helper.run(request, folders.log, stop)
            if answer.refused:
                raise UserError(f"train.{answer.refused}")
            self._say(answer)
            rows, said = _report_in(place / ROWS)
            end = None if said is None else CallEnd(**said)
            seconds += ended.seconds if end is None else end.seconds
            if end is not None and end.status == REFUSED:
                raise UserError(f"train.{end.message}")
            unfinished = end is None or end.status != "finished"
            if ended.stopped and unfinished:
                self._stopped(seed, folders)
            if end is None:
                if ended.out_of_memory and self._memory_note is not None:
                    self._memory_note()
                text = _death_text(ended, folders.log)
                return Ran(_failed(ended.out_of_memory), text, seconds=seconds)
            if end.status != STOPPED:
                break
        else:
            raise UserError(
                f"train.call: the function raised log.Stopped {_MAXIMUM_CALLS:,} times unasked"
            )
        if end.status != "finished":
            out = end.status == "out_of_memory"
            return Ran(_failed(out), end.message, seconds=seconds)
        reported = self._reported(rows, seed)
        if ended.stopped and end.has_seen_stop and not self._is_complete(reported):
            # It was told to stop and returned early: its seed is not finished.
            self._stopped(seed, folders)
        if reported is None:
            raise UserError(
                f"train.call: {self._training.call} reported nothing: call log(epoch=1, "
                "accuracy=0.9), or return a mapping of numbers"
            )
        return Ran("finished", reported=reported, seconds=seconds)

    def _request(self, seed: int, folders: SeedFolders, device: str) -> Request:
        training, configuration = self._training, self._configuration
        length = {training.unit: configuration.budget.amount} if training.told_length else {}
        return Request(
            call=training.call,
            folders=training.folders,
            packages=training.packages,
            arguments={SEED: seed, **length, **arguments_of(configuration)},
            takes_log=training.takes_log,
            place=str(folders.metrics.parent),
            checkpoint=str(folders.checkpoint),
            tensorboard=str(folders.tensorboard),
            device=device,
        )

    def _say(self, answer: Answer) -> None:
        if answer.note:
            module = self._training.call.partition(":")[0]
            logger.warning(
                f"{module}: {answer.note}, so every seed gets a new Python and imports it again; "
                "start them inside the function to avoid this"
            )

    def _stopped(self, seed: int, folders: SeedFolders) -> None:
        saved = _has_files(folders.checkpoint)
        if saved:
            logger.info(f"seed {seed}: stopped as requested; it continues from its checkpoint")
        else:
            logger.warning(
                f"seed {seed}: stopped as requested; log.checkpoint is empty, so this seed starts "
                "from the beginning"
            )
        raise Checkpointed(saved=saved)

    def _reported(self, rows: Sequence[Mapping[str, float]], seed: int) -> Reported | None:
        training, budget = self._training, self._configuration.budget
        amount = budget.amount if training.told_length else None
        reported = reported_of(_cells_of(rows), _columns_of(rows), seed, training.unit, amount)
        return reported if reported.scores else None

    def _is_complete(self, reported: Reported | None) -> bool:
        reached = None if reported is None else reported.reached
        return reached is not None and reached >= self._configuration.budget.amount


def _report_in(file: Path) -> tuple[list[dict[str, float]], dict[str, Any] | None]:
    try:
        return read_report(file)
    except ReportDamagedError as error:
        raise UserError(
            f"{file} is damaged ({error}); call the same command again, and this seed starts over"
        ) from None


def _failed(out_of_memory: bool) -> SeedStatus:
    return "out_of_memory" if out_of_memory else "failed"


def _prepare(place: Path, folders: SeedFolders) -> None:
    """Remove what an earlier attempt reported, unless it is continued from a checkpoint."""
    place.mkdir(parents=True, exist_ok=True)
    if not (place / ROWS).exists():
        return
    if _has_files(folders.checkpoint):
        try:
            continue_report(place / ROWS)
            return
        except ReportDamagedError as error:
            logger.warning(
                f"{ROWS} of an earlier attempt is damaged ({error}), so this seed starts over"
            )
            # A checkpoint without the rows before it would give half a curve.
            shutil.rmtree(folders.checkpoint, ignore_errors=True)
    (place / ROWS).unlink()


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(path.is_file() for path in folder.rglob("*"))


def _death_text(ended: Ended, log: Path) -> str:
    """How a process ended that did not say so itself, with the user's line where it is known."""
    how = ended_text(ended, [])
    # faulthandler prints up to 100 frames, the innermost first.
    place = _crash_place(last_lines(log, 200))
    return f"{place}: {how}" if place else how


def _crash_place(lines: Sequence[str]) -> str:
    """The user's file and line in what faulthandler printed; "" where there is none."""
    for line in lines:
        if line.startswith('  File "'):
            name, _, rest = line.removeprefix('  File "').rpartition('", line ')
            file, number = Path(name), rest.partition(" ")[0]
            if file.is_file() and is_users_file(file):
                return f"{shown_file(file)}, line {number}"
    return ""


def _cells_of(rows: Sequence[Mapping[str, float]]) -> list[Cells]:
    """Reported rows as cells: a reported nan is one, and what was not reported is left out."""
    return [{name: float(value) for name, value in row.items()} for row in rows if row]


def _columns_of(rows: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row[name] for row in rows if name in row] for name in names}


def arguments_of(configuration: Configuration) -> dict[str, Any]:
    """What the function of a configuration is called with, beside seed, budget and log."""
    training = configuration.vocabulary.training
    assert training is not None
    rows = configuration.vocabulary.hyperparameters
    return {
        name: argument_value(rows[name].kind, level)
        for name, level in configuration.levels
        if name in training.arguments
    }
