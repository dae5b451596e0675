"""Which rows of a table are one run: by id, seed and settings, and what else tells runs apart."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign.content import FEW_LEVELS, Codes, cell_codes, codes_of, may_be_setting
from hyperverdict.foreign.rows import Rows, without_gaps
from hyperverdict.words.numbers import listed


def group(rows: Rows, schedules: Collection[str]) -> tuple[Codes, tuple[str, ...], tuple[str, ...]]:
    """(the run of each row, undecided columns that turned out to be settings, sentences).

    Raises UserError where a column may be a setting or progress alike.
    """
    kept = [levels for name, levels in rows.levels.items() if name not in schedules]
    n = len(rows)
    if rows.ids is not None:
        splitting = []
        for codes in [rows.seed, *(without_gaps(levels, rows.ids) for levels in kept)]:
            if (pd.Series(codes).groupby(rows.ids).nunique() > 1).any():
                splitting.append(codes)
        # An id that stands for other settings or seeds too counts repeats.
        return codes_of([rows.ids, *splitting], n), (), ()
    run = codes_of([rows.seed, *(levels.codes for levels in kept)], n)
    if not rows.seeded:
        return _numbered(rows, codes_of([run, *_possible(rows, run)], n)), (), ()
    extra = _telling_apart(rows, run)
    cells = [cell_codes(rows.table.columns[name]) for name in extra]
    said = f"Taken as settings, since they tell runs apart: {listed(extra)}."
    return codes_of([run, *cells], n), extra, (said,) if extra else ()


def _numbered(rows: Rows, run: Codes) -> Codes:
    """Without seeds and ids: the k-th row of one setting at one point is of its k-th run."""
    point = rows.points(run)
    repeat = pd.Series(point).groupby(point).cumcount().to_numpy().astype(np.int64)
    return codes_of([run, repeat], len(run))


def _possible(rows: Rows, run: Codes) -> list[Codes]:
    """Undecided columns that may be settings: where runs are a guess, none may differ in one."""
    n = int(_numbered(rows, run).max(initial=-1)) + 1
    few = [c for c in rows.roles.undecided if may_be_setting(rows.table, c, n)]
    return [cell_codes(rows.table.columns[name]) for name in few]


def _telling_apart(rows: Rows, run: Codes) -> tuple[str, ...]:
    """Undecided columns of few levels, where rows of what seems one run disagree without them."""
    if not rows.conflicts(run).any():
        return ()
    n, columns = len(rows), rows.table.columns
    few = [c for c in rows.roles.undecided if may_be_setting(rows.table, c, n)]
    words = [c for c in few if columns[c].dtype.kind not in "iuf"]
    for chosen in (words, few):
        codes = [run, *(cell_codes(columns[name]) for name in chosen)]
        if chosen and not rows.conflicts(codes_of(codes, n)).any():
            for name in chosen:
                _refuse_steps(rows, name, run)
            return tuple(chosen)
    return ()


def _refuse_steps(rows: Rows, column: str, run: Codes) -> None:
    """UserError for numbers that may be levels of a setting or count the progress of a run."""
    cells = rows.table.columns[column]
    if cells.dtype.kind not in "iuf" or cells.groupby(run).nunique().max() <= FEW_LEVELS:
        return
    raise UserError(
        f"column {column!r} differs between rows of what is otherwise one run: it may be a "
        f"setting, or say how far the run had trained. Write columns: {{{column}: {column}}} "
        f"for a setting, or a unit, as in columns: {{steps: {column}}}"
    )
