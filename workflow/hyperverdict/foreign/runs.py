"""The runs of a table, in the order of their training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from hyperverdict.effects.rounding import is_fine, step_of
from hyperverdict.errors import UserError
from hyperverdict.foreign import names
from hyperverdict.foreign.columns import Column, Roles, Wanted
from hyperverdict.foreign.content import Codes, cell_codes, codes_of, settle
from hyperverdict.foreign.grouping import group
from hyperverdict.foreign.levels import Levels, levels_of
from hyperverdict.foreign.pieces import joined_pieces, pieces_text, twice_text, without_conflicts
from hyperverdict.foreign.progress import Progress
from hyperverdict.foreign.rows import Mask, Rows, Words, read_rows, states, without_gaps
from hyperverdict.foreign.schedules import schedules
from hyperverdict.foreign.scores import Scores, read_scores
from hyperverdict.foreign.table import Table
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count

# Results that tell whether rows contradict, where no study names one.
MOST_RESULTS = 3


@dataclass(frozen=True)
class Runs:
    """A table's rows by runs; rows are sorted by run and training.

    Attributes:
        run: the run of each row, 0 to R - 1, rising.
        seed: the seed of each run [R]; a number of its own where no seeds are known.
        seeded: whether a column holds seeds that differ.
        state: how each run ended [R]; "" where no column says it.
        levels: setting -> its levels by row; settings that are the same in all rows included.
        scores: metric -> its scores by row.
        split: "test", "validation", "train" or "other" [rows], None without such a column.
        notes: what was done to the rows, in sentences.
    """

    table: Table
    roles: Roles
    run: Codes
    seed: Codes
    seeded: bool
    state: Words
    progress: Progress
    levels: Mapping[str, Levels]
    scores: Mapping[str, Scores]
    split: Words | None
    notes: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many runs there are."""
        return len(self.seed)

    @cached_property
    def first(self) -> Codes:
        """The first row of each run [R]."""
        return np.searchsorted(self.run, np.arange(self.n)).astype(np.int64)

    @cached_property
    def last(self) -> Codes:
        """The last row of each run [R]."""
        return np.searchsorted(self.run, np.arange(self.n), side="right").astype(np.int64) - 1

    @cached_property
    def reported(self) -> Mask:
        """Rows [n] of the split that claims are about."""
        if self.split is None:
            return np.ones(len(self.run), dtype=bool)
        name = "test" if (self.split == "test").any() else "validation"
        return np.asarray(self.split == name, dtype=bool)

    def codes(self, setting: str) -> Codes:
        """The level of a setting in each run [R], an index into its levels."""
        return without_gaps(self.levels[setting], self.run)[self.first]

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """Settings that differ between runs."""
        return tuple(
            name
            for name, levels in self.levels.items()
            if len(levels.values) > 1 and len(np.unique(self.codes(name))) > 1
        )


def read_runs_of(
    table: Table,
    roles: Roles,
    wanted: Wanted,
    metrics: Sequence[Metric],
    budgets: Sequence[Budget],
) -> Runs:
    """The runs of a table.

    Args:
        metrics: those that the study claims something about.
        budgets: those that it states.

    Raises UserError for cells that cannot be read, and for rows of one run that contradict.
    """
    if not len(table):
        raise UserError("the table has no rows")
    notes: list[str] = list(table.notes)
    scores = {metric.name: read_scores(table, roles, metric) for metric in metrics}
    kept = _not_repeated(table, roles, metrics, scores, notes)
    if not kept.all():
        table = table.take(kept)
        scores = {metric.name: read_scores(table, roles, metric) for metric in metrics}
    rows = read_rows(table, roles, scores or _any_results(table, roles), budgets)
    changing = schedules(rows, {roles.words.get(word) for word in wanted.factors})
    run, extra, said = group(rows, changing)
    rows = _settled(rows, run, extra)
    run, joined = joined_pieces(rows, run, changing)
    keep, twice = without_conflicts(rows, run)
    notes += [
        *rows.notes,
        *(f"{name} changes along the training: known by its first value." for name in changing),
        *said,
        *([pieces_text(joined)] if joined else []),
        *([twice_text(twice)] if twice else []),
        *rows.progress.notes,
        *(note for found in scores.values() for note in found.notes),
    ]
    order = rows.order(run)
    rows = replace(rows, scores=scores)
    return _in_order(rows, run, order[keep[order]], wanted, tuple(dict.fromkeys(notes)))


def _any_results(table: Table, roles: Roles) -> dict[str, Scores]:
    """Without a study: the table's first results, by which rows of one run may contradict."""
    columns = [
        c for c in roles.of("metric") if c.score and table.columns[c.theirs].dtype.kind in "iuf"
    ]
    nothing = np.zeros(len(table), dtype=bool)
    return {
        c.theirs: Scores(c.name, c, table.columns[c.theirs].to_numpy(dtype=float), nothing)
        for c in columns[:MOST_RESULTS]
    }


def _not_repeated(
    table: Table,
    roles: Roles,
    metrics: Sequence[Metric],
    scores: Mapping[str, Scores],
    notes: list[str],
) -> Mask:
    """Rows that repeat no other; equal rows without a name of their own may be runs by chance."""
    every = np.ones(len(table), dtype=bool)
    named = [c for name, c in table.columns.items() if name not in ("file", table.run)]
    varying = [cell_codes(c) for c in named if c.nunique(dropna=False) > 1]
    repeated = pd.Series(codes_of(varying, len(table))).duplicated().to_numpy()
    if not repeated.any():
        return every
    told_apart = roles.first("seed") or roles.first("run id") or roles.of("progress")
    if not told_apart and not any(_is_fine(m, scores[m.name]) for m in metrics):
        return every
    finite = [np.isfinite(found.values) for found in scores.values()]
    repeated = repeated & (np.any(finite, axis=0) if finite else every)
    n = int(repeated.sum())
    if n:
        verb = "repeats another and is" if n == 1 else "repeat others and are"
        notes.append(f"{count(n, 'row')} {verb} counted once.")
    return ~repeated


def _is_fine(metric: Metric, scores: Scores) -> bool:
    found = scores.values[np.isfinite(scores.values)]
    if not len(found):
        return False
    return is_fine(step_of(metric, [dict(enumerate(found))]), float(np.abs(found).max()))


def _settled(rows: Rows, run: Codes, extra: tuple[str, ...]) -> Rows:
    """The rows with a role for every undecided column, and with what these say."""
    table, roles = rows.table, rows.roles
    undecided = tuple(c for c in roles.undecided if c not in extra)
    found = settle(table, replace(roles, undecided=undecided), run, rows.order(run))
    apart = [
        Column(c, names.clean(c), "factor", "it tells runs apart", is_declared=True) for c in extra
    ]
    place = {name: i for i, name in enumerate(table.columns)}
    columns = sorted((*roles.columns, *apart, *found), key=lambda c: place[c.theirs])
    levels = dict(rows.levels)
    amounts, by_unit = dict(rows.progress.amounts), dict(rows.progress.columns)
    kept = []
    for column in columns:
        cells = table.columns[column.theirs]
        if column.role == "factor" and column not in roles.columns:
            if column.name in levels:
                column = replace(column, name=column.theirs)
            levels[column.name] = levels_of(column.name, cells)
        if column.role == "progress" and column.name not in amounts:
            amounts[column.name] = cells.to_numpy(dtype=float)
            by_unit[column.name] = column
        kept.append(column)
    return replace(
        rows,
        roles=replace(roles, columns=tuple(kept), undecided=()),
        levels=levels,
        progress=replace(rows.progress, amounts=amounts, columns=by_unit),
    )


def _in_order(rows: Rows, run: Codes, order: Codes, wanted: Wanted, notes: tuple[str, ...]) -> Runs:
    """The runs, from the rows in some order."""
    table = rows.table.take(order)
    sorted_run = pd.factorize(run[order])[0].astype(np.int64)
    n = int(sorted_run.max()) + 1
    first = np.searchsorted(sorted_run, np.arange(n))
    ended = _states(table, rows.roles, wanted, sorted_run, n)
    scores = {
        name: replace(s, values=s.values[order], infinite=s.infinite[order])
        for name, s in rows.scores.items()
    }
    amounts = {unit: values[order] for unit, values in rows.progress.amounts.items()}
    return Runs(
        table,
        rows.roles,
        sorted_run,
        rows.seed[order][first] if rows.seeded else np.arange(n, dtype=np.int64),
        rows.seeded,
        ended,
        replace(rows.progress, amounts=amounts),
        {name: replace(x, codes=x.codes[order]) for name, x in rows.levels.items()},
        scores,
        None if rows.split is None else rows.split[order],
        notes,
    )


def _states(table: Table, roles: Roles, wanted: Wanted, run: Codes, n: int) -> Words:
    """How each run ended [R], by the last of its rows that says it.

    UserError for runs whose state is empty while others have one.
    """
    found = states(table, roles, wanted.states)
    if found is None:
        return np.full(n, "", dtype=object)
    said = pd.Series(found)
    by_run = said.where(said != "").groupby(run).last().fillna("").to_numpy(dtype=object)
    unsaid = np.flatnonzero(by_run == "")
    if 0 < len(unsaid) < n:
        row = int(np.searchsorted(run, unsaid[0]))
        column = roles.of("state")[0].theirs
        raise UserError(
            f"{table.place(row)}: column {column!r} is empty for {count(len(unsaid), 'run')}. Say "
            "how they ended, as in states: {'': finished}"
        )
    return np.asarray(by_run, dtype=object)
