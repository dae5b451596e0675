"""Which column holds a claimed metric, and its cells as numbers; a choice is never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.errors import UserError, nearest
from hyperverdict.foreign.columns import STUDY, Column, Roles
from hyperverdict.foreign.table import Table
from hyperverdict.foreign.units import Unit, refuse_mixed_scale
from hyperverdict.foreign.units import unit_of as fractions_of
from hyperverdict.vocabulary.metrics import RECORDED, Metric

Floats = npt.NDArray[np.float64]

# No training takes thirty years: such times are dates.
LONGEST_SECONDS = 1e9
_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)\s*d\w*)?\s*(?:(\d+(?:\.\d+)?)\s*h\w*)?\s*(?:(\d+(?:\.\d+)?)\s*m(?:in\w*)?)?"
    r"\s*(?:(\d+(?:\.\d+)?)\s*s\w*)?\s*(?:(\d+(?:\.\d+)?)\s*ms)?"
)


@dataclass(frozen=True)
class Scores:
    """One metric over the rows of a table.

    Attributes:
        column: the column that it was read from.
        values: [rows], nan where the cell is empty or the score was not finite.
        infinite: rows [n] whose score was infinite.
        complement: it was read as 1 minus the column.
        percent: the column is in percent.
        notes: what was done to it, in sentences.
    """

    metric: str
    column: Column
    values: Floats
    infinite: npt.NDArray[np.bool_]
    complement: bool = False
    percent: bool = False
    notes: tuple[str, ...] = ()


def read_scores(table: Table, roles: Roles, metric: Metric) -> Scores:
    """The scores of a metric that is claimed.

    Raises UserError where no column holds it, where several may, and for a cell that is no number.
    """
    column = column_of(table, roles, metric)
    complement = False
    if column is None and metric.complement_of:
        column = column_of(table, roles, RECORDED[metric.complement_of])
        complement = column is not None
    if column is None and metric.name == "accuracy":
        column, complement = column_of(table, roles, RECORDED["error"]), True
    if column is None:
        raise UserError(_missing(metric.name, table.columns))
    values = numbers(table, column.theirs, is_time=metric.is_time)
    if metric.is_time:
        _refuse_dates(table, column.theirs, values)
    notes: list[str] = []
    infinite = np.isinf(values)
    values = np.where(infinite, np.nan, values)
    unit = Unit(False)
    if metric.is_fraction:
        held = _held(metric, complement=complement)
        unit = fractions_of(table, roles, column, values, held)
        values = unit.fractions(values)
        notes += [unit.note] if unit.note else []
    else:
        refuse_mixed_scale(table, column, values, metric)
    if complement:
        values = 1.0 - values
    return Scores(metric.name, column, values, infinite, complement, unit.percent, tuple(notes))


def _held(metric: Metric, *, complement: bool) -> Metric:
    """The metric that the column itself holds: the error where accuracy is read as 1 - error."""
    if not complement:
        return metric
    return RECORDED["error" if metric.name == "accuracy" else "accuracy"]


def _missing(name: str, columns: Iterable[str]) -> str:
    return (
        f"no column holds {name!r}; {nearest(name, columns)} Say which one does under `columns:`, "
        f"such as columns: {{{name}: THEIR_NAME}}."
    )


def column_of(table: Table, roles: Roles, metric: Metric) -> Column | None:
    """The column that holds a metric's reported score, None where there is none.

    UserError where two columns may be meant.
    """
    named = [
        c for c in roles.columns if c.name == metric.name and c.role not in ("ignored", "factor")
    ]
    scores = [c for c in named if c.score is not None]
    said = [c for c in named if c.why == STUDY and (c.score is None or _is_reported(c, named))]
    if said:
        return said[0]
    if not scores:
        return _other(roles, metric, named)
    for group in ([c for c in scores if not _best(c)], [c for c in scores if _best(c)]):
        found = _reported(table, metric.name, group)
        if found is not None:
            return found
    raise UserError(
        f"column {scores[0].theirs!r} holds {metric.name} on training data only; claims are about "
        f"other data. Say which column is meant: columns: {{{metric.name}: THEIR_NAME}}"
    )


def _is_reported(column: Column, named: Sequence[Column]) -> bool:
    """The study's own column for a metric, not that for its score on validation."""
    others = [c for c in named if c.why == STUDY and c is not column]
    return not others or column.score is None or column.score.split != "validation"


def _other(roles: Roles, metric: Metric, named: Sequence[Column]) -> Column | None:
    """A time or an amount that is claimed about; Optuna's objective for a metric of any name."""
    if named:
        return named[0]
    if roles.export.name == "Optuna" and not metric.is_time:
        return next((c for c in roles.of("metric") if c.theirs == "value"), None)
    return None


def _best(column: Column) -> bool:
    return column.score is not None and column.score.is_best


def _reported(table: Table, metric: str, group: Sequence[Column]) -> Column | None:
    """The score that claims are about: on test data, else a plain one, else on validation."""
    by_split: dict[str, list[Column]] = {}
    for column in group:
        by_split.setdefault(column.score.split if column.score else "", []).append(column)
    if "test" in by_split:
        return _only(table, metric, by_split["test"])
    held_out = [*by_split.get("eval", ()), *by_split.get("validation", ())]
    plain = by_split.get("", [])
    if plain and held_out and "train" not in by_split:
        raise UserError(
            f"columns {plain[0].theirs!r} and {held_out[0].theirs!r}: the first may be measured on "
            f"training data. Say which one is meant: columns: {{{metric}: {held_out[0].theirs}}}"
        )
    for split in ("", "eval", "validation"):
        if split in by_split:
            return _only(table, metric, by_split[split])
    return None


def _only(table: Table, metric: str, group: Sequence[Column]) -> Column:
    """The one column of a group; UserError where two of them hold different scores."""
    first = table.columns[group[0].theirs]
    for column in group[1:]:
        if not first.equals(table.columns[column.theirs]):
            both = f"{group[0].theirs!r} and {column.theirs!r}"
            raise UserError(
                f"columns {both} both hold {metric}, and differ. Say which one is meant: "
                f"columns: {{{metric}: {group[0].theirs}}}"
            )
    return group[0]


def numbers(table: Table, column: str, *, is_time: bool = False) -> Floats:
    """The cells of a column as numbers, without their % signs.

    Raises UserError with the place of a cell that is no number.
    """
    cells = table.columns[column]
    if cells.dtype.kind == "m":
        return cast(Floats, cells.dt.total_seconds().to_numpy(dtype=float))
    if cells.dtype.kind in "iuf":
        return cells.to_numpy(dtype=float)
    codes, found = pd.factorize(cells, use_na_sentinel=True)
    values = np.array([*(_number(cell, is_time) for cell in found), np.nan])
    bad = np.isneginf(values)[codes]
    empty = table.empty(column)
    wrong = np.flatnonzero(bad & ~empty)
    if len(wrong):
        row = int(wrong[0])
        raise UserError(
            f"{table.place(row)}, column {column!r}: {cells.iloc[row]!r} is not a number"
        )
    return np.where(bad, np.nan, values[codes])


def _number(cell: Any, is_time: bool) -> float:
    """A number, nan for an empty cell; minus infinity marks what is none."""
    if isinstance(cell, (int, float, np.number)) and not isinstance(cell, bool):
        return float(cell)
    text = str(cell).strip().removesuffix("%").strip()
    try:
        return float(text) if text else float("nan")
    except ValueError:
        seconds = duration(text) if is_time else None
        return -np.inf if seconds is None else seconds


def duration(text: str) -> float | None:
    """Seconds of a duration: 0 days 00:01:05, 1h 2m, 2.3min, 350ms; None for any other text."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found and any(found.groups()):
        amounts = [float(part or 0) for part in found.groups()]
        return sum(a * s for a, s in zip(amounts, (86_400, 3_600, 60, 1, 0.001), strict=True))
    try:
        return float(pd.to_timedelta(text).total_seconds())
    except (ValueError, OverflowError):
        return None


def _refuse_dates(table: Table, column: str, values: Floats) -> None:
    dates = np.flatnonzero(values > LONGEST_SECONDS)
    if len(dates):
        row = int(dates[0])
        raise UserError(
            f"{table.place(row)}, column {column!r}: {values[row]:.0f} is a date, not how many "
            "seconds the training took"
        )


def validation_scores(
    table: Table, roles: Roles, metric: Metric, reported: Mapping[str, Scores]
) -> Floats | None:
    """A metric's scores on validation, for curves and for what was chosen by them."""
    found = reported.get(metric.name)
    if found is not None and found.column.score and found.column.score.split == "validation":
        return found.values
    candidates = [
        c
        for c in roles.of("metric")
        if c.name == metric.name
        and c.score
        and c.score.split == "validation"
        and not c.score.is_best
    ]
    if not candidates:
        return None
    cells = table.columns[candidates[0].theirs]
    if cells.dtype.kind not in "iuf":
        return None
    values: Floats = cells.to_numpy(dtype=float)
    if not metric.is_fraction:
        return values
    try:
        return fractions_of(table, roles, candidates[0], values, metric).fractions(values)
    except UserError:  # Nothing is claimed about it.
        return None
