"""How far each row had trained, in every unit that the table knows, counted from 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hyperverdict.errors import UserError
from hyperverdict.foreign import names
from hyperverdict.foreign.roles import Column, Roles
from hyperverdict.foreign.table import Table
from hyperverdict.vocabulary.budget import KINDS, Budget

Floats = npt.NDArray[np.float64]

# A run has reached a budget when it stopped within this share of it.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Progress:
    """How far the rows had trained.

    Attributes:
        amounts: unit -> amount [rows], nan where the row does not say.
        columns: unit -> the column that says it.
        asked: units of which only what was asked for is known, not what was reached.
        notes: how they are counted, in sentences.
        unsure: unit -> why its count may start at 0, where a budget in it cannot be placed.
    """

    amounts: Mapping[str, Floats]
    columns: Mapping[str, Column]
    asked: frozenset[str]
    notes: tuple[str, ...]
    unsure: Mapping[str, str]

    @property
    def units(self) -> tuple[str, ...]:
        """All units, those that a budget may be in first."""
        first = [unit for unit in ("steps", "epochs", "samples") if unit in self.amounts]
        return (*first, *(unit for unit in self.amounts if unit not in first))


def read_progress(
    table: Table, roles: Roles, budgets: Sequence[Budget], run: npt.NDArray[np.int64]
) -> Progress:
    """The progress of every row.

    Args:
        budgets: those that the study states.
        run: a first guess of which rows are one run [rows].
    """
    amounts: dict[str, Floats] = {}
    columns: dict[str, Column] = {}
    asked, notes, unsure = set(), [], {}
    reached = _one_a_unit(table, roles.of("progress"))
    planned = _one_a_unit(table, roles.of("budget"))
    for unit, column in {**planned, **reached}.items():
        values = table.columns[column.theirs].to_numpy(dtype=float)
        if unit in reached:
            plan = table.columns[planned[unit].theirs] if unit in planned else None
            shift, why = _shift(
                column,
                values,
                None if plan is None else plan.to_numpy(dtype=float),
                budgets,
                unit,
                run,
            )
            if why:
                unsure[unit] = why
            if shift:
                test_only = (
                    _after_fit(table, roles) if roles.export.name.startswith("Light") else None
                )
                values = values + (1.0 if test_only is None else np.where(test_only, 0.0, 1.0))
                notes.append(_counted_from_zero(column.theirs, unit))
        elif unit in KINDS or unit not in reached:
            asked.add(unit)
        amounts[unit], columns[unit] = values, column
    return Progress(amounts, columns, frozenset(asked), tuple(notes), unsure)


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


def _shift(
    column: Column,
    values: Floats,
    planned: Floats | None,
    budgets: Sequence[Budget],
    unit: str,
    run: npt.NDArray[np.int64],
) -> tuple[int, str]:
    """(1 where a column counts from 0, why it may do so where that is not sure)."""
    if column.shift is not None:
        return column.shift, ""
    finite = np.isfinite(values)
    if (
        unit != "epochs"
        or not finite.any()
        or not (values[finite] == np.round(values[finite])).all()
    ):
        return 0, ""
    if planned is not None:
        both = finite & np.isfinite(planned)
        if both.any() and (values[both] < planned[both]).all():
            return int(bool((values[both] == planned[both] - 1).any())), ""
        return 0, ""
    return _by_budgets(column.theirs, values[finite], run[finite], budgets)


def _by_budgets(
    column: str, values: Floats, run: npt.NDArray[np.int64], budgets: Sequence[Budget]
) -> tuple[int, str]:
    """A log whose epochs start at 0: the study's budgets tell how many there are, or it is unsure."""
    distinct = np.unique(values)
    whole = np.array_equal(distinct, np.arange(len(distinct)))
    logged = len(np.unique(run)) < len(run)
    if not whole or not logged or len(distinct) < 2:
        return 0, ""
    stated = [budget.amount for budget in budgets if budget.kind == "epochs"]
    if not stated:
        return 0, ""
    if max(stated) == len(distinct):
        return 1, ""
    return 0, (
        f"column {column!r} goes from 0 to {distinct[-1]:.0f}. Row 0 may be the first epoch, or an "
        f"evaluation before the training, and the verdict depends on it. Write columns: "
        f"{{epochs: {column} + 1}} for the first, columns: {{epochs: {column}}} for the second"
    )


def _after_fit(table: Table, roles: Roles) -> npt.NDArray[np.bool_]:
    """Rows [n] that hold scores on test data alone: Lightning writes them after the last epoch."""
    tests, others = [], []
    for column in roles.of("metric"):
        filled = ~table.empty(column.theirs)
        is_test = column.score is not None and column.score.split == "test"
        (tests if is_test else others).append(filled)
    nothing = np.zeros(len(table), dtype=bool)
    return np.any(tests or [nothing], axis=0) & ~np.any(others or [nothing], axis=0)


def refuse_unsure(progress: Progress, budget: Budget | None) -> None:
    """UserError where a budget cannot be placed, since two readings of a column differ."""
    if budget is not None and budget.kind in progress.unsure:
        raise UserError(progress.unsure[budget.kind])


def is_unit_of_budget(unit: str) -> bool:
    """Whether a budget may be stated in a unit."""
    return unit in KINDS


def unit_text(unit: str) -> str:
    """A unit in words: log_steps is log steps."""
    return unit.replace("_", " ") if unit in names.PROGRESS else repr(unit)
