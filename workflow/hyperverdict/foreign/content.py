"""Columns whose role only their cells can tell, once it is known which rows are one run."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.foreign import names
from hyperverdict.foreign.columns import CONTENT, Column, Roles
from hyperverdict.foreign.exports import without_prefix
from hyperverdict.foreign.table import Table

Codes = npt.NDArray[np.int64]

# A column of numbers with more levels than this, and than a quarter of the runs (or half of them,
# for round numbers), is a result.
FEW_LEVELS = 2
# Words of this many letters on average are remarks.
LONG_TEXT = 200
# Runs from which whole numbers in the order of the rows are taken to number them.
NUMBERED = 10
_DATE = r"\d{4}[-/]\d\d?[-/]\d\d?([ T].*)?|\d{10}(\.\d+)?"


def codes_of(columns: list[Codes], n: int) -> Codes:
    """One code [n] for each combination of codes."""
    code = np.zeros(n, dtype=np.int64)
    for column in columns:
        width = int(column.max(initial=0)) + 2
        code = pd.factorize(code * width + column + 1)[0].astype(np.int64)
    return code


def cell_codes(column: pd.Series[Any]) -> Codes:
    """One code for each distinct cell."""
    return pd.factorize(column, use_na_sentinel=False)[0].astype(np.int64)


def may_be_setting(table: Table, column: str, n_runs: int) -> bool:
    """Whether a column has so few levels that it may be a setting."""
    cells = table.columns[column]
    distinct = cells.nunique(dropna=False)
    if cells.dtype.kind in "iuf":
        most = n_runs // 2 if _is_round(cells) else n_runs // 4
        return bool(1 < distinct <= max(FEW_LEVELS, most))
    if cells.dtype.kind in "mM":
        return False
    return bool(1 < distinct <= max(FEW_LEVELS, n_runs // 2)) and not _is_remark(cells)


def _is_round(cells: pd.Series[Any]) -> bool:
    """Whether numbers are such as people write by hand: 64, 0.001, 2.5e-4."""
    found = pd.unique(cells.dropna())
    return all(float(f"{value:.3g}") == value for value in found.tolist())


def settle(table: Table, roles: Roles, run: Codes, order: Codes) -> tuple[Column, ...]:
    """The undecided columns with their roles.

    Args:
        run: which run each row belongs to [rows].
        order: positions of the rows [rows], sorted by run and training.
    """
    n_runs = int(run.max(initial=-1)) + 1
    return tuple(_settled(table, roles, name, run, order, n_runs) for name in roles.undecided)


def _settled(
    table: Table, roles: Roles, column: str, run: Codes, order: Codes, n_runs: int
) -> Column:
    cells = table.columns[column]
    bare = without_prefix(roles.export, column)[0]
    codes = cell_codes(cells)
    if codes.max(initial=0) == 0:
        return Column(column, bare, "factor", "it is the same in all rows")
    is_number = cells.dtype.kind in "iuf"
    many_rows = len(run) > n_runs and _may_progress(table, roles, run)
    values = cells.to_numpy(dtype=float) if is_number else np.zeros(0)
    if is_number and many_rows and _rises(values, run, order):
        return Column(column, names.clean(bare), "progress", "it rises along every run")
    if is_number and _is_like_progress(names.clean(bare)):
        return Column(column, names.clean(bare), "progress", "it is named like progress")
    constant = len(np.unique(run * (int(codes.max()) + 1) + codes)) == n_runs
    if cells.dtype.kind in "mM" or (not is_number and _is_remark(cells)):
        return Column(column, bare, "note", CONTENT)
    if constant and may_be_setting(table, column, n_runs):
        return Column(column, bare, "factor", "it has few levels and may be a setting")
    if not is_number:
        return Column(column, bare, "note", CONTENT)
    if _numbers_rows(cells, n_runs):
        return Column(column, bare, "note", "it numbers the rows")
    score = names.score_of(bare)
    return Column(column, score.metric or bare, "metric", "it differs from run to run", score)


def _is_like_progress(name: str) -> bool:
    """Whether a name holds the word of a unit, and none that makes a setting or result of it."""
    named = names.UNITS.search(name) and not names.NO_PROGRESS.search(name)
    return bool(named) and not names.is_result(name)


def _may_progress(table: Table, roles: Roles, run: Codes) -> bool:
    """Whether rows of a run may be points of its training: no known progress stands still."""
    known = [table.columns[c.theirs] for c in roles.of("progress")]
    return not known or any(bool((c.groupby(run).nunique() > 1).any()) for c in known)


def _rises(values: npt.NDArray[np.float64], run: Codes, order: Codes) -> bool:
    """Whether whole numbers rise along every run of several rows, in the order of training."""
    if not (values == np.round(values)).all():
        return False
    sorted_values, sorted_run = values[order], run[order]
    same = sorted_run[1:] == sorted_run[:-1]
    steps = np.diff(sorted_values)[same]
    return len(steps) > 2 and bool((steps > 0).all())


def _is_remark(cells: pd.Series[Any]) -> bool:
    found = [str(cell) for cell in pd.unique(cells.dropna())[:200]]
    if not found:
        return True
    if sum(map(len, found)) / len(found) > LONG_TEXT:
        return True
    return bool(pd.Series(found).str.fullmatch(_DATE).all())


def _numbers_rows(cells: pd.Series[Any], n_runs: int) -> bool:
    values = cells.to_numpy(dtype=float)
    if n_runs < NUMBERED or len(values) != n_runs or not np.isfinite(values).all():
        return False
    return bool(np.array_equal(values - values[0], np.arange(n_runs))) and values[0] in (0, 1)
