"""Fractions and percentages: told apart by what the table shows, never by a guess.

A reading that is wrong by a factor of 100 turns a verdict into another, so where a column may be
either, the table is refused with both readings and with what to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.effects.effect import Expectation
from hyperverdict.errors import UserError
from hyperverdict.foreign import names
from hyperverdict.foreign.columns import Column, Roles
from hyperverdict.foreign.table import Table
from hyperverdict.study.model import Study
from hyperverdict.vocabulary.metrics import LARGEST_SIZE, Metric
from hyperverdict.words.numbers import digits

Floats = npt.NDArray[np.float64]

# Averages in single precision may end above 1 by so much.
ROUNDING = 1e-6
# No test error below a tenth of a percent is known on images (MNIST's best is 0.13%): such an error
# is a fraction. Nor is any accuracy at most 1%, except where the table itself is in percent.
LEAST_ERROR_PERCENT = 0.1
# Accuracy and error of one split that add up to 1, or to 100, within so much of the whole.
ADD_UP = 0.005
# From here on a size "that matters" on percentages was meant in percentage points.
POINTS_FROM = 0.1
# Metrics that lie between 0 and 1, or between 0 and 100 in percent, without being recorded as such.
PROPORTIONS = frozenset(
    {"precision", "recall", "f1", "macro_f1", "micro_f1", "weighted_f1", "f1_score", "auc", "auroc"}
    | {"roc_auc", "map", "iou", "miou", "dice", "success_rate", "top5", "top5_accuracy"}
    | {"top1_accuracy", "balanced_accuracy", "sensitivity", "specificity", "exact_match"}
    | {"wer", "cer"}
)  # fmt: skip
_ACCURACIES = PROPORTIONS - {"wer", "cer"} | {"accuracy"}


@dataclass(frozen=True)
class Unit:
    """How a column of fractions was read.

    Attributes:
        percent: its numbers are percentages.
        note: why, in a sentence; "" for plain fractions.
    """

    percent: bool
    note: str = ""

    def fractions(self, values: Floats) -> Floats:
        """The column's numbers as fractions."""
        if self.percent:
            return values / 100
        return np.where(np.isfinite(values), np.minimum(values, 1.0), values)


def marked(cells: pd.Series[Any]) -> Sequence[bool]:
    """Whether each filled cell of a column is written with a % sign."""
    if cells.dtype.kind in "iufmM":
        return ()
    filled = (str(cell).strip() for cell in pd.unique(cells.dropna()))
    return [text.endswith("%") for text in filled if text]


def unit_of(table: Table, roles: Roles, column: Column, values: Floats, metric: Metric) -> Unit:
    """Whether a column holds fractions or percentages.

    Args:
        values: its numbers [n], as written.
        metric: accuracy, error or another fraction that the column holds.

    Raises UserError for what is neither, for a mixture, and where it may be either.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return Unit(False)
    if finite.min() < 0 or finite.max() > 100:
        bad = finite.min() if finite.min() < 0 else finite.max()
        raise UserError(
            f"column {column.theirs!r}: {metric.name} {bad:g} is neither a fraction nor a "
            "percentage"
        )
    divided = f"{metric.name.capitalize()} is in percent in the table: divided by 100."
    if column.percent is not None:
        return _as_said(column, finite, divided)
    signs = marked(table.columns[column.theirs])
    if any(signs):
        if not all(signs):
            raise UserError(
                f"column {column.theirs!r} holds numbers with and without %: write all of them "
                "alike"
            )
        return Unit(True, divided)
    if finite.max() > 1 + ROUNDING:
        _refuse_mixture(table, column, values)
        return Unit(True, divided)
    return _small(table, roles, column, values, metric)


def _as_said(column: Column, finite: Floats, divided: str) -> Unit:
    if not column.percent and finite.max() > 1 + ROUNDING:
        raise UserError(
            f"columns: {column.theirs!r} in fractions: it holds {finite.max():g}, which is above 1"
        )
    return Unit(True, divided) if column.percent else Unit(False)


def _refuse_mixture(table: Table, column: Column, values: Floats) -> None:
    """UserError for a column in which some numbers look like fractions, others like percentages."""
    small = np.flatnonzero((values > 0) & (values <= 1))
    if not len(small) or names.PERCENT.search(column.theirs) is not None:
        return
    large = int(np.nanargmax(values))
    raise UserError(
        f"column {column.theirs!r} holds fractions and percentages: {values[small[0]]:g} "
        f"({table.place(int(small[0]))}), {values[large]:g} ({table.place(large)}). Write one "
        f"kind; if all are percentages, write columns: {{{column.name}: {column.theirs} in "
        "percent}"
    )


def _small(table: Table, roles: Roles, column: Column, values: Floats, metric: Metric) -> Unit:
    """A column of numbers up to 1: fractions, or percentages below 1."""
    finite = values[np.isfinite(values)]
    named = names.PERCENT.search(column.theirs) is not None
    is_error = metric.better == "lower"
    shown = f"{digits(float(finite.min()))} to {digits(float(finite.max()))}"
    if named and is_error:
        return Unit(True, f"{metric.name.capitalize()} is in percent in the table: divided by 100.")
    if named:
        raise _either(column, shown, f"its name says percent, but no {metric.name} is that low")
    twin = _twin(table, roles, column, values, is_error=is_error)
    if twin is not None:
        return twin
    other = next(_in_percent(table, roles, column), "")
    if other:
        raise _either(column, shown, f"column {other!r} of the same table is in percent")
    if (
        is_error
        and np.median(finite) >= LEAST_ERROR_PERCENT
        and not _has_fractions(table, roles, column)
    ):
        raise _either(column, shown, "errors below 1% are as common as those below 100%")
    return Unit(False)


def _either(column: Column, shown: str, because: str) -> UserError:
    ours = column.name
    return UserError(
        f"column {column.theirs!r} holds {shown}, which may be fractions or percentages "
        f"({because}). Write which: columns: {{{ours}: {column.theirs} in fractions}}, or "
        f"columns: {{{ours}: {column.theirs} in percent}}"
    )


def _scores(table: Table, roles: Roles, besides: Column) -> Iterator[tuple[Column, Floats]]:
    """Other columns of results that lie between 0 and 1, or 0 and 100."""
    for column in roles.of("metric"):
        cells = table.columns[column.theirs]
        if column is besides or column.score is None or cells.dtype.kind not in "iuf":
            continue
        if column.score.metric in (*_ACCURACIES, "error", "wer", "cer"):
            values = cells.to_numpy(dtype=float)
            if np.isfinite(values).any():
                yield column, values


def _twin(
    table: Table, roles: Roles, column: Column, values: Floats, *, is_error: bool
) -> Unit | None:
    """The unit by the column's complement on the same split, with which it adds up to a whole.

    UserError where it adds up to nothing.
    """
    wanted, split = ("accuracy" if is_error else "error"), column.score and column.score.split
    for other, theirs in _scores(table, roles, column):
        if other.score is None or other.score.metric != wanted or other.score.split != split:
            continue
        both = np.isfinite(values) & np.isfinite(theirs)
        if not both.any():
            continue
        for own, its in ((1.0, 1.0), (1.0, 100.0), (100.0, 1.0), (100.0, 100.0)):
            total = values[both] / own + theirs[both] / its
            if np.abs(total - 1).max() <= ADD_UP:
                whole = "100" if own > 1 else "1"
                how = f"{column.theirs} and {other.theirs} add up to a whole"
                if own == its:
                    how = f"{column.theirs} and {other.theirs} add up to {whole}"
                return Unit(own > 1, f"{how}, so {column.theirs} is in percent: divided by 100."
                            if own > 1 else "")  # fmt: skip
    return None


def _in_percent(table: Table, roles: Roles, column: Column) -> Iterator[str]:
    """Accuracies and errors of the table that are percentages without a doubt."""
    for other, values in _scores(table, roles, column):
        top = np.nanmax(values)
        if 1.5 < top <= 100 and np.nanmin(values) >= 0:
            yield other.theirs


def _has_fractions(table: Table, roles: Roles, column: Column) -> bool:
    """Whether an accuracy of the table is a fraction: then its errors are fractions as well."""
    return any(
        other.score is not None and other.score.metric in _ACCURACIES and np.nanmax(values) <= 1
        for other, values in _scores(table, roles, column)
    )


def refuse_mixed_scale(table: Table, column: Column, values: Floats, metric: Metric) -> None:
    """UserError for a proportion without a unit (F1, AUC) some of whose cells are in percent."""
    if metric.unit or metric.name not in PROPORTIONS:
        return
    finite = values[np.isfinite(values)]
    if len(finite) and finite.max() > 1.5:
        _refuse_mixture(table, column, values)


def refuse_sizes(study: Study, percent: frozenset[str], tops: dict[str, float]) -> None:
    """UserError for sizes that matter which may be meant in fractions or in percentage points.

    Args:
        percent: metrics whose columns are in percent.
        tops: metric -> its largest score, as read.
    """
    for hypothesis in study.hypotheses:
        for expectation in hypothesis.claim.expect:
            if not expectation.share_of_variance:
                for size in _sizes(expectation):
                    text = _doubt(expectation.metric, size, percent, tops)
                    if text:
                        raise UserError(f"{hypothesis.id}: {text}")


def _sizes(expectation: Expectation) -> tuple[float, ...]:
    own = () if expectation.metric.ratio else (expectation.matters_from,)
    return (*own, *(expectation.between or ())[1:])


def _doubt(metric: Metric, size: float, percent: frozenset[str], tops: dict[str, float]) -> str:
    """What is doubtful about a size, with both readings; "" where nothing is."""
    name = metric.name
    if metric.is_fraction and size >= (POINTS_FROM if name in percent else LARGEST_SIZE):
        return (
            f"{size:g} of {name} means {_points(100 * size)}, since sizes are written as "
            f"fractions. Write {size / 100:g} for {_points(size)}"
        )
    if metric.unit or name not in PROPORTIONS or name not in tops:
        return ""
    if tops[name] <= 1 and size >= LARGEST_SIZE:
        return (
            f"{size:g} of {name} is {100 * size:g}% of its whole scale, since the table holds "
            f"fractions. Write {size / 100:g} for {_points(size)}"
        )
    if tops[name] > 1.5 and size < POINTS_FROM:
        return (
            f"{size:g} of {name} is {_points(size)}, since the table is in percent. "
            f"Write {100 * size:g} for {_points(100 * size)}, or say the unit "
            f"(metrics: {{{name}: {{matters_from: {size:g}, unit: points}}}}) if that is meant"
        )
    return ""


def _points(size: float) -> str:
    return f"{size:g} point" if size == 1 else f"{size:g} points"
