"""How far each row had trained, in every unit that the table knows, counted from 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hyperverdict.errors import UserError
from hyperverdict.foreign import names
from hyperverdict.foreign.columns import Column, Roles
from hyperverdict.foreign.table import Table
from hyperverdict.vocabulary.budget import Budget

Floats = npt.NDArray[np.float64]

# A run has reached a budget when it stopped within this share of it.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Progress:
    """How far the rows had trained.

    Attributes:
        amounts: unit -> amount [rows], nan where the row does not say.
        columns: unit -> the column that says it.
        notes: how they are counted, in sentences.
        unsure: unit -> why its count may start at 0, where a budget in it cannot be placed.
    """

    amounts: Mapping[str, Floats]
    columns: Mapping[str, Column]
    notes: tuple[str, ...]
    unsure: Mapping[str, str]

    @property
    def units(self) -> tuple[str, ...]:
        """All units, those that a budget may be in first."""
        first = [unit for unit in ("steps", "epochs", "samples") if unit in self.amounts]
        return (*first, *(unit for unit in self.amounts if unit not in first))


def read_progress(
    table: Table,
    roles: Roles,
    budgets: Sequence[Budget],
    run: npt.NDArray[np.int64],
    scored: npt.NDArray[np.bool_],
) -> Progress:
    """The progress of every row.

    Args:
        budgets: those that the study states.
        run: a first guess of which rows are one run [rows].
        scored: rows that hold a score of a claimed metric [rows].
    """
    amounts: dict[str, Floats] = {}
    notes, unsure = [], {}
    reached = _one_a_unit(table, roles.of("progress"))
    planned = _one_a_unit(table, roles.of("budget"))
    for unit, column in {**planned, **reached}.items():
        values = _cells(table, column)
        if unit in reached:
            plan = _cells(table, planned[unit]) if unit in planned else None
            shift = column.shift
            if shift is None and unit == "epochs":
                shift = _shift_by_plan(values, plan)
            if shift is None and unit == "epochs" and len(np.unique(run)) < len(run):
                at = values[scored & np.isfinite(values)]
                shift = _shift_by_budgets(at, budgets)
                if shift is None:
                    unsure[unit] = _two_readings(column.theirs, at)
            if shift:
                after = _after_fit(table, roles) if roles.export.test_after else False
                values = values + np.where(after, 0.0, 1.0)
                notes.append(_counted_from_zero(column.theirs, unit))
        amounts[unit] = values
    return Progress(amounts, {**planned, **reached}, tuple(notes), unsure)


def _cells(table: Table, column: Column) -> Floats:
    return table.columns[column.theirs].to_numpy(dtype=float)


def _counted_from_zero(column: str, unit: str) -> str:
    if unit == "epochs":
        return f"Column {column!r} counts from 0: the fifth epoch is row 4."
    return f"Column {column!r} counts from 0: 1 is added."


def _one_a_unit(table: Table, columns: Sequence[Column]) -> dict[str, Column]:
    """The column of each unit that varies most: `epoch` of a log, not its constant `epochs`."""
    found: dict[str, Column] = {}
    for column in columns:
        best = found.get(column.name)
        if best is None or _rank(table, column) > _rank(table, best):
            found[column.name] = column
    return found


def _rank(table: Table, column: Column) -> tuple[bool, bool, int]:
    cells = table.columns[column.theirs]
    return (
        column.why.startswith("the study"),
        bool(cells.notna().all()),
        int(cells.nunique()),
    )


def _shift_by_plan(values: Floats, plan: Floats | None) -> int | None:
    """1 where the last of 20 planned epochs is number 19, 0 where it is 20, None where none is."""
    if plan is None:
        return None
    both = np.isfinite(values) & np.isfinite(plan)
    if not both.any():
        return None
    if (values[both] >= plan[both]).any():
        return 0
    return 1 if (values[both] == plan[both] - 1).any() else None


def _shift_by_budgets(values: Floats, budgets: Sequence[Budget]) -> int | None:
    """Whether a log's epochs count from 0 (1) or not (0); None where the study's budgets do not
    tell, since both readings hold them, or neither."""
    stated = [budget.amount for budget in budgets if budget.kind == "epochs"]
    if not len(values) or values.min() != 0 or not stated:
        return 0
    as_is, from_zero = (bool(np.isin(stated, values + shift).all()) for shift in (0, 1))
    return int(from_zero) if as_is != from_zero else None


def _two_readings(column: str, values: Floats) -> str:
    return (
        f"column {column!r} goes from 0 to {values.max():.0f}. Row 0 may be the first epoch, or an "
        f"evaluation before the training, and the verdict depends on it. Write columns: "
        f"{{epochs: {column} + 1}} for the first, columns: {{epochs: {column}}} for the second"
    )


def _after_fit(table: Table, roles: Roles) -> npt.NDArray[np.bool_]:
    """Rows [n] that hold scores on test data alone: Lightning writes them after the last epoch."""
    tests: list[npt.NDArray[np.bool_]] = []
    others: list[npt.NDArray[np.bool_]] = []
    for column in roles.of("metric"):
        filled = ~table.empty(column.theirs)
        is_test = column.score is not None and column.score.split == "test"
        (tests if is_test else others).append(filled)
    nothing = np.zeros(len(table), dtype=bool)
    after = np.any(tests or [nothing], axis=0) & ~np.any(others or [nothing], axis=0)
    return np.asarray(after, dtype=bool)


def refuse_unsure(progress: Progress, budget: Budget | None) -> None:
    """UserError where a budget cannot be placed, since two readings of a column differ."""
    if budget is not None and budget.kind in progress.unsure:
        raise UserError(progress.unsure[budget.kind])


def unit_text(unit: str) -> str:
    """A unit in words: log_steps is log steps."""
    return unit.replace("_", " ") if unit in names.PROGRESS else repr(unit)
