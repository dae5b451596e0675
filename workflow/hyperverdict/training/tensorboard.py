"""TensorBoard event files while training runs, with the HParams view.

One folder per configuration and in it one sub-run per seed: the HParams view groups sessions, and a
session is a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from hyperverdict.runs.write import Row
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.metrics import RECORDED

_FLUSH_SECONDS = 5
_SCALARS = tuple(dict.fromkeys(metric.curve for metric in RECORDED.values()))
_HPARAMS_METRICS = tuple(f"{name}/{split}" for split in ("test", "validation") for name in _SCALARS)


class Board(Protocol):
    """Takes the metric rows of one seed as they come."""

    def add(self, rows: Sequence[Row]) -> None:
        """Write rows of one evaluation."""


class _NoBoard:
    def add(self, rows: Sequence[Row]) -> None:
        pass


class _EventFile:
    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            for name in _SCALARS:
                if name in row:
                    self._writer.add_scalar(f"{name}/{row['split']}", row[name], row["step"])


@contextmanager
def open_board(folder: Path | None, configuration: Configuration, seed: int) -> Iterator[Board]:
    """A board for one seed below the configuration's `folder`; writes nothing when None."""
    if folder is None:
        yield _NoBoard()
        return
    # The plugin's `api` module imports tensorflow; this one does not.
    from tensorboard.plugins.hparams import summary_v2 as api  # type: ignore[import-untyped]
    from torch.utils.tensorboard.writer import SummaryWriter

    writer = SummaryWriter(str(folder / f"seed~{seed}"), flush_secs=_FLUSH_SECONDS)
    try:
        values = _hyperparameters(configuration)
        summaries = (
            api.hparams_config_pb(
                hparams=[api.HParam(name) for name in values],
                metrics=[api.Metric(name) for name in _HPARAMS_METRICS],
            ),
            # Seeds of one configuration share the trial, so the view groups them.
            api.hparams_pb(values, trial_id=configuration.path),
        )
        for summary in summaries:
            writer._get_file_writer().add_summary(summary)  # type: ignore[no-untyped-call]
        yield _EventFile(writer)
    finally:
        writer.close()


def _hyperparameters(configuration: Configuration) -> dict[str, bool | int | float | str]:
    """Settings as the HParams view takes them: numbers and text."""
    settings = configuration.settings()
    return {
        name: value if isinstance(value, (int, float)) else _text(configuration, name, value)
        for name, value in settings.items()
    }


def _text(configuration: Configuration, name: str, value: Any) -> str:
    if isinstance(value, tuple) and value:
        return "-".join(map(str, value))
    return configuration.vocabulary.spell(name, value)
