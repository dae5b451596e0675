"""The rows that a program reported, in order: repeats, restarts and sparse rows put right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hyperverdict.foreign.marks import NULL
from hyperverdict.foreign.names import PROGRESS

Floats = npt.NDArray[np.float64]
# A number (nan where the program wrote nan), or None for a written null; empty cells are left out.
Cells = dict[str, float | None]


@dataclass(frozen=True)
class Numbers:
    """Columns of numbers as a program wrote them.

    Attributes:
        columns: name -> numbers [rows], nan where a cell holds none.
        marks: name -> NULL or NOT_A_NUMBER [rows] for cells that say so, 0 for empty ones; not for
            columns without such cells.
        phases: the phase that each row is of, such as "train"; empty where nothing says it.
    """

    columns: Mapping[str, Floats]
    marks: Mapping[str, npt.NDArray[np.int8]] = field(default_factory=dict)
    phases: Sequence[str] = ()


@dataclass(frozen=True)
class History:
    """What one seed reported, in order of progress.

    Attributes:
        rows: the cells of each row; rows of one point of training are one.
        progress: the column that says how far the program had trained; "" where there is none.
    """

    rows: tuple[Cells, ...]
    progress: str

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in order of appearance."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    def last(self, column: str) -> float:
        """The last value of a column; nan where the program wrote that it is no number.

        A null counts so when no number follows any null of the column: else it means that nothing
        was measured there.
        """
        cells = [row[column] for row in self.rows if column in row]
        numbers = [i for i, cell in enumerate(cells) if cell is not None]
        nulls = [i for i, cell in enumerate(cells) if cell is None]
        if not numbers or (nulls and nulls[0] > numbers[-1]):
            return math.nan
        return float(cells[numbers[-1]] or 0.0)

    def values(self, column: str) -> list[float]:
        """The finite values of a column, in order."""
        found = (row.get(column) for row in self.rows)
        return [value for value in found if value is not None and math.isfinite(value)]


def history_of(rows: Sequence[Cells], unit: str) -> History:
    """What rows of numbers say, in order of progress.

    Args:
        unit: in which the program was told how long to train.
    """
    columns = dict.fromkeys(name for row in rows for name in row)
    progress = progress_column(columns, unit)
    if not progress:
        return History(tuple(rows), "")
    points = [name for name in columns if _is_progress(name, unit)]
    places = _places(rows, progress)
    kept = _without_restarts(rows, places, points)
    order = sorted(kept, key=lambda row: places[row])
    merged: list[tuple[object, Cells]] = []
    for row in order:
        point = _point(rows[row], points, places[row])
        if not merged or merged[-1][0] != point:
            merged.append((point, {}))
        _add(merged[-1][1], rows[row])
    return History(tuple(cells for _, cells in merged), progress)


def cells_of(numbers: Numbers) -> list[Cells]:
    """The numbers of each row; a column that several phases share becomes one for each."""
    size = len(next(iter(numbers.columns.values()), ()))
    rows: list[Cells] = [{} for _ in range(size)]
    phases = numbers.phases or [""] * size
    for name, values in numbers.columns.items():
        marks = numbers.marks.get(name, np.zeros(size, np.int8))
        filled = np.flatnonzero(~np.isnan(values) | (marks > 0)).tolist()
        shared = len({phases[row] for row in filled}) > 1 and not _is_progress(name, "")
        for row in filled:
            key = f"{phases[row]}_{name}" if shared and phases[row] else name
            rows[row][key] = None if marks[row] == NULL else float(values[row])
    return [row for row in rows if row]


def progress_column(columns: Sequence[str] | Mapping[str, Any], unit: str) -> str:
    """The column that says how far the program had trained; "" where there is none."""
    others = [word for words in PROGRESS.values() for word in words]
    known = {name.lower(): name for name in reversed(list(columns))}
    return next((known[word] for word in (*words_of(unit), *others) if word in known), "")


def words_of(unit: str) -> tuple[str, ...]:
    """Names of columns that hold progress in a unit."""
    return (unit, unit.removesuffix("s"), *PROGRESS.get(unit, ()))


def _is_progress(name: str, unit: str) -> bool:
    return name.lower() in {*words_of(unit), *(w for words in PROGRESS.values() for w in words)}


def _places(rows: Sequence[Cells], progress: str) -> list[float]:
    """How far each row is; rows that do not say it are where the one before them is."""
    places, here = [], -math.inf
    for row in rows:
        value = row.get(progress)
        here = value if value is not None and math.isfinite(value) else here
        places.append(here)
    return places


def _point(row: Cells, points: Sequence[str], place: float) -> tuple[object, ...]:
    """The point of training that a row is about: all that it says about progress."""
    return (place, *(row.get(name) for name in points))


def _without_restarts(
    rows: Sequence[Cells], places: Sequence[float], points: Sequence[str]
) -> list[int]:
    """Rows that count: where a program went back and wrote other values, what was ahead is void.

    Rows that are merely out of order, or written twice alike, all count.
    """
    kept: list[int] = []
    written: dict[tuple[object, str], tuple[int, float | None]] = {}
    furthest = -math.inf
    for row, cells in enumerate(rows):
        point = _point(cells, points, places[row])
        differs = any(
            (point, name) in written and not _same(written[point, name][1], value)
            for name, value in cells.items()
            if name not in points
        )
        if places[row] < furthest and differs:
            kept = [other for other in kept if places[other] < places[row]]
            alive = set(kept)
            written = {key: entry for key, entry in written.items() if entry[0] in alive}
            furthest = max((places[other] for other in kept), default=-math.inf)
        kept.append(row)
        furthest = max(furthest, places[row])
        written |= {(point, name): (row, value) for name, value in cells.items()}
    return kept


def _same(first: float | None, second: float | None) -> bool:
    return first == second or (first != first and second != second)


def _add(cells: Cells, later: Cells) -> None:
    """Add a later row of the same point: its numbers count, its nulls where nothing is known."""
    for name, value in later.items():
        if value is not None or name not in cells:
            cells[name] = value
