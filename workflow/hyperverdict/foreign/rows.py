"""What every row of a table says of its run: settings, seed, split, state and progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign import names
from hyperverdict.foreign.columns import SPLIT, Roles
from hyperverdict.foreign.content import Codes, cell_codes, codes_of
from hyperverdict.foreign.levels import NONE, Levels, levels_of
from hyperverdict.foreign.progress import Floats, Progress, read_progress
from hyperverdict.foreign.scores import Scores
from hyperverdict.foreign.states import combined, states_of
from hyperverdict.foreign.table import Table
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.words.numbers import listed

Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Rows:
    """The rows of a table, in its order.

    Attributes:
        scores: metric -> its scores [n].
        levels: setting -> its levels.
        ids: the run that each row names [n]; None without such a column.
        seed: the seed of each row [n].
        seeded: whether seeds are known and differ.
        split: "test", "validation", "train" or "other" [n]; None without such a column.
        notes: what was done, in sentences.
    """

    table: Table
    roles: Roles
    scores: Mapping[str, Scores]
    levels: Mapping[str, Levels]
    ids: Codes | None
    seed: Codes
    seeded: bool
    split: Words | None
    progress: Progress
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.seed)

    @property
    def split_codes(self) -> list[Codes]:
        """The split as codes, where there is one."""
        return [] if self.split is None else [cell_codes(pd.Series(self.split))]

    def points(self, run: Codes) -> Codes:
        """One code [n] for each point of progress and split of each run."""
        at = [cell_codes(pd.Series(amounts)) for amounts in self.progress.amounts.values()]
        return codes_of([run, *at, *self.split_codes], len(self))

    def conflicts(self, run: Codes) -> Mask:
        """Rows [n] whose score differs from an earlier one at the same point of the same run."""
        point = self.points(run)
        found = np.zeros(len(self), dtype=bool)
        for scores in self.scores.values():
            filled = np.flatnonzero(np.isfinite(scores.values))
            values = pd.Series(scores.values[filled])
            first = values.groupby(point[filled]).transform("first").to_numpy()
            found[filled[first != values.to_numpy()]] = True
        return found

    @property
    def axis(self) -> Floats:
        """The amount by which rows are ordered: that which most of them say."""
        known = [self.progress.amounts[unit] for unit in self.progress.units]
        known = [amounts for amounts in known if np.isfinite(amounts).any()]
        if not known:
            return np.zeros(len(self))
        best = max(known, key=lambda amounts: int(np.isfinite(amounts).sum()))
        return np.where(np.isfinite(best), best, np.inf)

    def order(self, run: Codes) -> Codes:
        """Positions of the rows, by run and training; by their place where nothing tells."""
        return np.lexsort((np.arange(len(run)), self.axis, run)).astype(np.int64)


def read_rows(
    table: Table, roles: Roles, scores: Mapping[str, Scores], budgets: Sequence[Budget]
) -> Rows:
    """The rows of a table; UserError for seeds and splits that cannot be read."""
    levels = {c.name: levels_of(c.name, table.columns[c.theirs]) for c in roles.of("factor")}
    named = roles.first("run id")
    ids = None if named is None else cell_codes(table.columns[named.theirs])
    seed, seeded, about_seeds = _seeds(table, roles, ids)
    split, about_splits = _splits(table, roles)
    known = [] if ids is None else [ids]
    guess = codes_of([*known, seed, *(x.codes for x in levels.values())], len(table))
    finite = [np.isfinite(s.values) for s in scores.values()]
    scored = np.any(finite, axis=0) if finite else np.ones(len(table), dtype=bool)
    progress = read_progress(table, roles, budgets, guess, scored)
    notes = tuple(note for note in (about_seeds, about_splits) if note)
    return Rows(table, roles, scores, levels, ids, seed, seeded, split, progress, notes)


def _seeds(table: Table, roles: Roles, ids: Codes | None) -> tuple[Codes, bool, str]:
    """(seed of each row, whether seeds are known and differ, what to say of them)."""
    column = roles.first("seed")
    if column is None:
        note = "No column holds seeds: runs are not paired by seed."
        return np.zeros(len(table), dtype=np.int64), False, note
    cells = _filled_seeds(table, column.theirs, ids)
    numbers = pd.to_numeric(cells, errors="coerce")
    whole = numbers.notna() & (numbers == numbers.round()) & (numbers >= 0) & (numbers < 2**62)
    words = pd.factorize(cells.astype(str), sort=True)[0]
    seeds = numbers.astype("int64").to_numpy() if whole.all() else words
    if len(np.unique(seeds)) > 1:
        return seeds.astype(np.int64), True, ""
    note = f"All runs have seed {cells.iloc[0]}: they are not told apart by seed."
    return seeds.astype(np.int64), False, note


def _filled_seeds(table: Table, column: str, ids: Codes | None) -> pd.Series[Any]:
    """Seeds, also those that a logger wrote in one row of a run only.

    UserError where a run has none.
    """
    cells, empty = table.columns[column], table.empty(column)
    if empty.any() and ids is not None:
        known = pd.Series([None if gone else c for c, gone in zip(cells, empty, strict=True)])
        cells = known.groupby(ids).transform("first")
        empty = cells.isna().to_numpy()
    if empty.any():
        place = table.place(int(np.flatnonzero(empty)[0]))
        raise UserError(f"{place}: the seed is missing (column {column!r})")
    return cells


def _splits(table: Table, roles: Roles) -> tuple[Words | None, str]:
    column = roles.first("metric", SPLIT)
    if column is None:
        return None, ""
    words = table.columns[column.theirs].astype(str).str.strip().str.lower()
    known = {word: "test" if split == "eval" else split for word, split in names.SPLITS.items()}
    found = words.map(known).fillna("other").to_numpy(dtype=object)
    present = set(found)
    if not present & {"test", "validation"}:
        raise UserError(
            f"column {column.theirs!r} names no test or validation rows, only "
            f"{listed(sorted(set(words)))}"
        )
    return found, "" if "test" in present else "No test rows: judged on validation rows."


def states(table: Table, roles: Roles, mapped: Mapping[str, str]) -> Words | None:
    """How each row's run ended, from all columns that say it; None where none does.

    Raises UserError for words that nobody knows.
    """
    columns = roles.of("state")
    if not columns:
        return None
    said = {**roles.export.states, **mapped}
    found = {c.theirs: states_of(c.theirs, table.columns[c.theirs], said) for c in columns}
    return combined(found)


def without_gaps(levels: Levels, run: Codes) -> Codes:
    """The levels of rows [n]; where a logger left a cell empty, those of the run's other rows."""
    empty = next((i for i, value in enumerate(levels.values) if value == NONE), -1)
    gaps = levels.codes == empty
    if not gaps.any():
        return levels.codes
    most = pd.Series(np.where(gaps, -1, levels.codes)).groupby(run).transform("max").to_numpy()
    return cast(Codes, np.where(gaps & (most >= 0), most, levels.codes))
