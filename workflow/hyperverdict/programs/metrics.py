"""What a program reports: its metrics file or folder as rows of a run's table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.errors import UserError, nearest
from hyperverdict.foreign.files import read_path
from hyperverdict.foreign.names import PROGRESS, SEEDS
from hyperverdict.foreign.table import Table

Row = dict[str, Any]

SPLIT_ALONG, SPLIT_END = "validation_curve", "test"
# Columns of a run's table that a program may report under these names.
_OWN = ("step", "samples", "epoch", "train_seconds")
TRAIN_SECONDS = "train_seconds"


@dataclass(frozen=True)
class Reported:
    """What one seed reported.

    Attributes:
        rows: one per reported row in order of progress, then one with the last value of each
            column, which is the score.
        scores: column -> last value.
        reached: how far it says that it trained, in the unit of its budget; None where unsaid.
        seed: the seed that it says it used; None where unsaid.
        train_seconds: training time that it reports; None where unsaid.
    """

    rows: list[Row]
    scores: Mapping[str, float]
    reached: float | None = None
    seed: int | None = None
    train_seconds: float | None = None


def find_metrics(place: Path) -> Path:
    """The file or folder that a program wrote where it was told to, whatever ending it added.

    Raises UserError when there is none, or several.
    """
    candidates = [place, *sorted(place.parent.glob(f"{place.name}.*"))]
    found = [path for path in candidates if path.is_file() or _has_files(path)]
    if not found:
        raise UserError(f"the program ended well, but wrote no metrics to {place}")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UserError(f"the program wrote several files of metrics ({names}); one is read")
    return found[0]


def _has_files(path: Path) -> bool:
    return path.is_dir() and any(file.is_file() for file in path.rglob("*"))


def read_metrics(place: Path, seed: int, unit: str) -> Reported:
    """Read what the program of one seed wrote.

    Args:
        place: where it was told to write.
        unit: in which it was told how long to train.

    Raises UserError for what cannot be read as metrics.
    """
    table = read_path(find_metrics(place))
    columns = {name: _numbers(cells) for name, cells in table.columns.items()}
    numbers = {name: cells for name, cells in columns.items() if cells is not None}
    if not numbers or not len(table):
        raise UserError(f"{place}: no column holds numbers")
    progress = _progress(numbers, unit)
    order = _order(table, progress)
    along = {name: cells[order] for name, cells in numbers.items()}
    scores = {name: _last(cells) for name, cells in along.items()}
    own_seed = next((along[n] for n in along if n.lower() in SEEDS), None)
    rows = _rows(along, progress, seed)
    end = {**rows[-1], **_own(scores), **_further(scores), "seed": seed, "split": SPLIT_END}
    return Reported(
        [*rows, end],
        scores,
        reached=_reached(along, progress, unit),
        seed=None if own_seed is None else int(_last(own_seed)),
        train_seconds=scores.get(TRAIN_SECONDS),
    )


def _numbers(cells: pd.Series[Any]) -> np.ndarray[Any, Any] | None:
    """The cells of a column of numbers as floats; None for other columns."""
    if cells.dtype.kind == "b":
        return None
    values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return values if np.isfinite(values).any() or cells.dtype.kind in "iuf" else None


def _progress(columns: Mapping[str, Any], unit: str) -> str:
    """The column that says how far the program had trained; "" where there is none."""
    units = {name: words for name, words in PROGRESS.items()}
    preferred = [unit, unit.removesuffix("s"), *units.get(unit, ())]
    others = [word for words in units.values() for word in words]
    known = {name.lower(): name for name in columns}
    return next((known[w] for w in (*preferred, *others) if w in known), "")


def _order(table: Table, progress: str) -> np.ndarray[Any, Any]:
    """Rows in order of progress; rows of equal progress as written."""
    if not progress:
        return np.arange(len(table))
    values = pd.to_numeric(table.columns[progress], errors="coerce").to_numpy(dtype=float)
    return np.argsort(values, kind="stable")


def _last(cells: np.ndarray[Any, Any]) -> float:
    known = cells[~np.isnan(cells)]
    return float(known[-1]) if len(known) else math.nan


def _rows(along: Mapping[str, Any], progress: str, seed: int) -> list[Row]:
    count = len(next(iter(along.values())))
    steps = along.get("step", along.get(progress) if progress else None)
    if steps is None:
        steps = np.arange(1, count + 1, dtype=float)
    found = []
    for i in range(count):
        cells = {name: float(cells[i]) for name, cells in along.items() if not np.isnan(cells[i])}
        step = int(steps[i]) if np.isfinite(steps[i]) else i + 1
        found.append(
            {**_further(cells), **_own(cells), "seed": seed, "step": step, "split": SPLIT_ALONG}
        )
    return found


def _own(cells: Mapping[str, float]) -> Row:
    """The cells that a run's table has a column for."""
    own: Row = {name: cells[name] for name in _OWN if name in cells}
    for name in ("step", "samples"):
        if name in own:
            own[name] = int(own[name])
    return own


def _further(cells: Mapping[str, float]) -> Row:
    return {name: value for name, value in cells.items() if name not in (*_OWN, "seed", "split")}


def _reached(along: Mapping[str, Any], progress: str, unit: str) -> float | None:
    """The furthest progress in the unit of the budget, counted from 1."""
    if not progress or progress.lower() not in (
        unit,
        unit.removesuffix("s"),
        *PROGRESS.get(unit, ()),
    ):
        return None
    values = along[progress][np.isfinite(along[progress])]
    if not len(values):
        return None
    # Logs that count from 0 are one behind.
    return float(values.max() + (1 if values.min() == 0 else 0))


def missing_scores(wanted: Mapping[str, str], scores: Mapping[str, float]) -> list[str]:
    """One sentence for each claimed metric that was not reported, with the nearest name."""
    return [
        f"metrics.{metric}: the program reports no {name!r}; {nearest(name, scores)}"
        for metric, name in wanted.items()
        if name not in scores
    ]


def not_finite(wanted: Sequence[str], scores: Mapping[str, float]) -> str:
    """The first claimed score that is not a finite number; "" where all are."""
    return next((name for name in wanted if not math.isfinite(scores.get(name, 0.0))), "")
