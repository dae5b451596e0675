"""Which rows of a table are one run, in the order of its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.effects.rounding import is_fine, step_of
from hyperverdict.errors import UserError
from hyperverdict.foreign import names
from hyperverdict.foreign.content import (
    FEW_LEVELS,
    Codes,
    cell_codes,
    codes_of,
    may_be_setting,
    settle,
)
from hyperverdict.foreign.levels import NONE, Levels, levels_of
from hyperverdict.foreign.progress import Progress, read_progress
from hyperverdict.foreign.roles import SPLIT, Column, Roles, Wanted
from hyperverdict.foreign.scores import Scores, read_scores
from hyperverdict.foreign.states import combined, states_of
from hyperverdict.foreign.table import Table
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, listed

Mask = npt.NDArray[np.bool_]

# Evaluations of a run from which its spacing shows that it is a log.
LOGGED = 4


@dataclass(frozen=True)
class Runs:
    """A table's rows by runs; rows are sorted by run and training.

    Attributes:
        run: the run of each row, 0 to R - 1, rising.
        seed: the seed of each run [R]; a number of its own where no seeds are known.
        seeded: whether a column holds seeds that differ.
        state: how each run ended [R].
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
    state: npt.NDArray[np.object_]
    progress: Progress
    levels: Mapping[str, Levels]
    scores: Mapping[str, Scores]
    split: npt.NDArray[np.object_] | None
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
        found: Mask = self.split == name
        return found

    def codes(self, setting: str) -> Codes:
        """The level of a setting in each run [R], an index into its levels."""
        levels = self.levels[setting]
        found = levels.codes[self.first]
        empty = next((i for i, value in enumerate(levels.values) if value == NONE), -1)
        if empty >= 0 and (found == empty).any() and len(self.run) > self.n:
            # Loggers may write a setting in one row of a run only.
            filled = pd.Series(np.where(levels.codes == empty, -1, levels.codes))
            most = filled.groupby(self.run).max().to_numpy()
            found = np.where((found == empty) & (most >= 0), most, found)
        return found

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """Settings that differ between runs."""
        return tuple(name for name in self.levels if len(np.unique(self.codes(name))) > 1)


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
        scores = {m.name: read_scores(table, roles, m) for m in metrics}
    builder = _Builder(table, roles, wanted, scores, budgets, notes)
    return builder.build()


def _not_repeated(
    table: Table,
    roles: Roles,
    metrics: Sequence[Metric],
    scores: Mapping[str, Scores],
    notes: list[str],
) -> Mask:
    """Rows that repeat no other; equal rows without a name of their own may be runs by chance."""
    ids = {"file", table.run}
    varying = [c for n, column in table.columns.items() if n not in ids and _varies(c := column)]
    code = codes_of([cell_codes(c) for c in varying], len(table))
    repeated = pd.Series(code).duplicated().to_numpy()
    if not repeated.any():
        return ~repeated
    scored = np.any([np.isfinite(s.values) for s in scores.values()] or [repeated], axis=0)
    named = roles.first("seed") or roles.first("run id") or roles.of("progress")
    if not named and not any(_is_fine(m, scores[m.name]) for m in metrics):
        return np.ones(len(table), dtype=bool)
    repeated = repeated & scored
    if repeated.any():
        n = int(repeated.sum())
        verb = "repeats another and is" if n == 1 else "repeat others and are"
        notes.append(f"{count(n, 'row')} {verb} counted once.")
    return ~repeated


def _varies(column: pd.Series[Any]) -> bool:
    return bool(column.nunique(dropna=False) > 1)


def _is_fine(metric: Metric, scores: Scores) -> bool:
    found = scores.values[np.isfinite(scores.values)]
    if not len(found):
        return False
    return is_fine(step_of(metric, [dict(enumerate(found))]), float(np.abs(found).max()))


@dataclass
class _Builder:
    """Builds `Runs` from a table; one object per table."""

    table: Table
    roles: Roles
    wanted: Wanted
    scores: Mapping[str, Scores]
    budgets: Sequence[Budget]
    notes: list[str]

    def build(self) -> Runs:
        table = self.table
        self.levels: dict[str, Levels] = {}
        for column in self.roles.of("factor"):
            self.levels[column.name] = levels_of(column.name, table.columns[column.theirs])
        self.split = self._splits()
        seed, seeded = self._seeds()
        guess = codes_of([*self._ids(), seed, *(x.codes for x in self.levels.values())], len(table))
        scored = np.any(
            [np.isfinite(s.values) for s in self.scores.values()] or [guess >= 0], axis=0
        )
        self.progress = read_progress(table, self.roles, self.budgets, guess, scored)
        self.schedules = self._schedules(seed)
        for name in self.schedules:
            self.notes.append(f"{name} changes along the training: known by its first value.")
        run = self._runs(seed)
        extra: tuple[str, ...] = ()
        if not self._ids():
            run, extra = self._told_apart(run, seeded)
        run = codes_of([run, *(cell_codes(table.columns[name]) for name in extra)], len(table))
        order = self._order(run)
        self._settle(run, order, extra)
        run = self._joined_pieces(run, seed if seeded else None)
        order = self._order(run)
        keep = self._without_conflicts(run, order, seeded)
        return self._finished(run, order[keep[order]], seed, seeded)

    # Seeds, ids, splits and states.

    def _ids(self) -> list[Codes]:
        column = self.roles.first("run id")
        return [] if column is None else [cell_codes(self.table.columns[column.theirs])]

    def _seeds(self) -> tuple[Codes, bool]:
        """(seed of each row, whether seeds are known and differ)."""
        column = self.roles.first("seed")
        if column is None:
            self.notes.append("No column holds seeds: runs are not paired by seed.")
            return np.zeros(len(self.table), dtype=np.int64), False
        cells = self.table.columns[column.theirs]
        empty = self.table.empty(column.theirs)
        if empty.any():
            cells = self._filled(cells, empty, column.theirs)
        numbers = pd.to_numeric(cells, errors="coerce")
        whole = numbers.notna() & (numbers == numbers.round()) & (numbers >= 0) & (numbers < 2**62)
        if whole.all():
            seeds = numbers.astype("int64").to_numpy()
        else:
            seeds = pd.factorize(cells.astype(str), sort=True)[0].astype(np.int64)
        if len(np.unique(seeds)) > 1:
            return seeds, True
        self.notes.append(f"All runs have seed {cells.iloc[0]}: they are not told apart by seed.")
        return seeds, False

    def _filled(self, cells: pd.Series[Any], empty: Mask, column: str) -> pd.Series[Any]:
        """Seeds that a logger wrote in one row of a run only; UserError where a run has none."""
        ids = self._ids()
        if ids:
            known = pd.Series(np.where(empty, None, cells.to_numpy(dtype=object)), dtype=object)
            cells = known.groupby(ids[0]).transform("first")
            empty = cells.isna().to_numpy()
        if empty.any():
            place = self.table.place(int(np.flatnonzero(empty)[0]))
            raise UserError(f"{place}: the seed is missing (column {column!r})")
        return cells

    def _splits(self) -> npt.NDArray[np.object_] | None:
        column = next((c for c in self.roles.of("metric") if c.name == SPLIT), None)
        if column is None:
            return None
        words = self.table.columns[column.theirs].astype(str).str.strip().str.lower()
        known = {w: "test" if s == "eval" else s for w, s in names.SPLITS.items()}
        found = words.map(known).fillna("other").to_numpy(dtype=object)
        present = set(found)
        if not present & {"test", "validation"}:
            raise UserError(
                f"column {column.theirs!r} names no test or validation rows, only "
                f"{listed(sorted(set(words)))}"
            )
        if "test" not in present:
            self.notes.append("No test rows: judged on validation rows.")
        return found

    def _states(self) -> npt.NDArray[np.object_] | None:
        """How each row's run ended, from all columns that say it; None where none does."""
        columns = self.roles.of("state")
        if not columns:
            return None
        said = {**self.roles.export.states, **self.wanted.states}
        found = {
            c.theirs: states_of(names.clean(c.theirs), self.table.columns[c.theirs], said)
            for c in columns
        }
        return combined(found)

    # Runs.

    def _schedules(self, seed: Codes) -> tuple[str, ...]:
        """Settings that change along a run, as a logged learning rate does.

        Without them each run logs regular points, one row each; with them it would fall apart. The
        claims' own factors are left as they are.
        """
        axis = next((self.progress.amounts[u] for u in self.progress.units), None)
        if axis is None or not np.isfinite(axis).all():
            return ()
        claimed = {self.roles.words.get(word) for word in self.wanted.factors}
        columns = {c.name: c for c in self.roles.of("factor")}
        candidates = [
            name
            for name, levels in self.levels.items()
            if len(levels.values) > 1
            and columns[name].theirs not in claimed
            and self.table.columns[columns[name].theirs].dtype.kind in "iuf"
        ]
        if not candidates:
            return ()
        together = self._change_along(candidates, seed, axis)
        if together:
            return together
        return tuple(n for c in candidates for n in self._change_along([c], seed, axis))

    def _change_along(
        self, candidates: list[str], seed: Codes, axis: npt.NDArray[np.float64]
    ) -> tuple[str, ...]:
        """The candidates that change along runs told apart without them; none where points repeat."""
        others = [levels.codes for name, levels in self.levels.items() if name not in candidates]
        split = [] if self.split is None else [cell_codes(pd.Series(self.split))]
        run = codes_of([*self._ids(), seed, *split, *others], len(self.table))
        point = cell_codes(pd.Series(axis))
        own = codes_of([self.levels[name].codes for name in candidates], len(self.table))
        at = codes_of([run, point], len(self.table))
        if len(np.unique(codes_of([at, own], len(at)))) > len(np.unique(at)):
            return ()
        changing = []
        for name in candidates:
            levels = self.levels[name].codes
            per_run = pd.Series(levels).groupby(run).nunique().to_numpy()
            moves = per_run[run] > 1
            if moves.any() and _regular(axis[moves], run[moves]):
                changing.append(name)
        return tuple(changing)

    def _runs(self, seed: Codes) -> Codes:
        """Runs by their id, seed and settings; a setting that changes along a run aside."""
        kept = [x for n, x in self.levels.items() if n not in self.schedules]
        ids = self._ids()
        if not ids:
            return codes_of([seed, *(levels.codes for levels in kept)], len(self.table))
        splitting = []
        for codes in [seed, *(self._without_gaps(levels) for levels in kept)]:
            if (pd.Series(codes).groupby(ids[0]).nunique() > 1).any():
                splitting.append(codes)
        # An id that stands for other settings or seeds too counts repeats.
        return codes_of([*ids, *splitting], len(self.table))

    def _without_gaps(self, levels: Levels) -> Codes:
        """The levels of rows [n]; where a logger left a cell empty, those of the id's other rows."""
        empty = next((i for i, value in enumerate(levels.values) if value == NONE), -1)
        if empty < 0:
            return levels.codes
        known = pd.Series(np.where(levels.codes == empty, -1, levels.codes))
        filled = known.groupby(self._ids()[0]).transform("max").to_numpy()
        return np.where(levels.codes == empty, filled, levels.codes)

    def _numbered(self, run: Codes) -> Codes:
        """Without seeds and ids: the k-th row of one setting at one point is of its k-th run."""
        split = [] if self.split is None else [cell_codes(pd.Series(self.split))]
        at = [cell_codes(pd.Series(a)) for a in self.progress.amounts.values()]
        point = codes_of([run, *at, *split], len(run))
        repeat = pd.Series(point).groupby(point).cumcount().to_numpy()
        return codes_of([run, repeat], len(run))

    def _told_apart(self, run: Codes, seeded: bool) -> tuple[Codes, tuple[str, ...]]:
        """(runs of a table without ids, undecided columns that tell them apart)."""
        if seeded:
            return run, self._telling_apart(run)
        # Which rows belong together is a guess here; what may be a setting must not differ in one.
        n = int(self._numbered(run).max(initial=-1)) + 1
        few = [c for c in self.roles.undecided if may_be_setting(self.table, c, n)]
        cells = [cell_codes(self.table.columns[name]) for name in few]
        return self._numbered(codes_of([run, *cells], len(run))), ()

    def _telling_apart(self, run: Codes) -> tuple[str, ...]:
        """Undecided columns of few levels, where rows of what seems one run disagree without them.

        UserError where such a column may as well say how far the run had trained.
        """
        if not self._conflicts(run).any():
            return ()
        n = len(self.table)
        few = [c for c in self.roles.undecided if may_be_setting(self.table, c, n)]
        words = [c for c in few if self.table.columns[c].dtype.kind not in "iuf"]
        for chosen in (words, few):
            codes = [run, *(cell_codes(self.table.columns[name]) for name in chosen)]
            if not chosen or self._conflicts(codes_of(codes, n)).any():
                continue
            for name in chosen:
                self._refuse_steps(name, run)
            self.notes.append(f"Taken as settings, since they tell runs apart: {listed(chosen)}.")
            return tuple(chosen)
        return ()

    def _refuse_steps(self, column: str, run: Codes) -> None:
        cells = self.table.columns[column]
        if cells.dtype.kind not in "iuf" or cells.groupby(run).nunique().max() <= FEW_LEVELS:
            return
        raise UserError(
            f"column {column!r} differs between rows of what is otherwise one run: it may be a "
            f"setting, or say how far the run had trained. Write columns: {{{column}: {column}}} "
            f"for a setting, or a unit, as in columns: {{steps: {column}}}"
        )

    def _points(self, run: Codes) -> Codes:
        split = [] if self.split is None else [cell_codes(pd.Series(self.split))]
        at = [cell_codes(pd.Series(a)) for a in self.progress.amounts.values()]
        return codes_of([run, *at, *split], len(run))

    def _conflicts(self, run: Codes) -> Mask:
        """Rows [n] whose score differs from an earlier one at the same point of the same run."""
        point = pd.Series(self._points(run))
        found = np.zeros(len(run), dtype=bool)
        for scores in self.scores.values():
            filled = np.isfinite(scores.values)
            values, at = pd.Series(scores.values[filled]), point[filled].to_numpy()
            first = values.groupby(at).transform("first").to_numpy()
            rows = np.flatnonzero(filled)
            found[rows[first != values.to_numpy()]] = True
        return found

    def _settle(self, run: Codes, order: Codes, extra: tuple[str, ...]) -> None:
        """Give the undecided columns their roles, and learn their levels or progress."""
        undecided = tuple(c for c in self.roles.undecided if c not in extra)
        settled = settle(self.table, replace(self.roles, undecided=undecided), run, order)
        apart = tuple(
            Column(c, names.clean(c), "factor", "it tells runs apart", is_declared=True)
            for c in extra
        )
        place = {name: i for i, name in enumerate(self.table.columns)}
        columns = sorted((*self.roles.columns, *apart, *settled), key=lambda c: place[c.theirs])
        taken: set[str] = {c.name for c in self.roles.of("factor")}
        amounts, by_unit = dict(self.progress.amounts), dict(self.progress.columns)
        found = []
        for column in columns:
            if column.role == "factor" and column.name not in self.levels:
                if column.name in taken:
                    column = replace(column, name=column.theirs)
                cells = self.table.columns[column.theirs]
                self.levels[column.name] = levels_of(column.name, cells)
            if column.role == "progress" and column.name not in amounts:
                amounts[column.name] = self.table.columns[column.theirs].to_numpy(dtype=float)
                by_unit[column.name] = column
            found.append(column)
        self.roles = replace(self.roles, columns=tuple(found), undecided=())
        self.progress = replace(self.progress, amounts=amounts, columns=by_unit)

    def _axis(self) -> npt.NDArray[np.float64]:
        """The amount by which rows are ordered: that which most rows say."""
        known = [self.progress.amounts[unit] for unit in self.progress.units]
        known = [a for a in known if np.isfinite(a).any()]
        if not known:
            return np.zeros(len(self.table))
        best = max(known, key=lambda a: int(np.isfinite(a).sum()))
        return np.where(np.isfinite(best), best, np.inf)

    def _order(self, run: Codes) -> Codes:
        """Positions of the rows [n], by run and training; by their place where nothing tells."""
        return np.lexsort((np.arange(len(run)), self._axis(), run)).astype(np.int64)

    def _joined_pieces(self, run: Codes, seed: Codes | None) -> Codes:
        """Pieces of a run that was resumed under another id are one run.

        A piece goes on where another of the same seed and settings stopped: it starts later than
        that one did, and ends later. UserError where no seeds say which run a piece goes on from.
        """
        if not self._ids():
            return run
        settings = [
            x.codes for n, x in self.levels.items() if n not in self.schedules and len(x.values) > 1
        ]
        same = codes_of(settings if seed is None else [seed, *settings], len(run))
        frame = pd.DataFrame({"same": same, "run": run, "axis": self._axis()})
        spans = frame.groupby(["same", "run"])["axis"].agg(["min", "max", "size"]).reset_index()
        becomes = np.arange(int(run.max(initial=0)) + 1)
        joined = 0
        for _, pieces in spans[spans["same"].duplicated(keep=False)].groupby("same"):
            before = None
            for piece in pieces.sort_values(["min", "max"]).itertuples():
                if before is None or not _goes_on(piece, before):
                    before = piece if before is None or seed is not None else before
                    continue
                if seed is None:
                    raise UserError(self._unknown_piece(run, int(piece.run)))
                becomes[int(piece.run)] = becomes[int(before.run)]
                before, joined = piece, joined + 1
        if joined:
            self.notes.append(
                f"{count(joined, 'piece')} of resumed runs {'is' if joined == 1 else 'are'} "
                "joined with the runs that they go on from."
            )
        return codes_of([becomes[run]], len(run))

    def _unknown_piece(self, run: Codes, piece: int) -> str:
        row = int(np.flatnonzero(run == piece)[0])
        ids = self.roles.first("run id")
        named = self.table.columns[ids.theirs].iloc[row] if ids else ""
        return (
            f"{self.table.place(row)}: run {named} starts where others of its settings have ended: "
            "it goes on from one of them, and nothing says from which. Give the pieces of a run one "
            "id, or add a column with seeds"
        )

    def _without_conflicts(self, run: Codes, order: Codes, seeded: bool) -> Mask:
        """Rows to keep [n]: of two scores at one point of a resumed run the later one.

        Raises UserError where two rows contradict and nothing shows that the run was resumed.
        """
        keep = np.ones(len(run), dtype=bool)
        conflicts = np.flatnonzero(self._conflicts(run))
        if not len(conflicts):
            return keep
        point = self._points(run)
        resumed = {}
        for row in conflicts:
            code = int(run[row])
            if code not in resumed:
                resumed[code] = self._was_resumed(np.flatnonzero(run == code))
            earlier = np.flatnonzero((point == point[row]) & keep)
            if not resumed[code]:
                raise UserError(self._contradiction(int(earlier[0]), int(row), seeded))
            keep[earlier[earlier < row]] = False
        self.notes.append(
            f"{count(len(conflicts), 'evaluation')} of resumed runs "
            f"{'was' if len(conflicts) == 1 else 'were'} made twice; the later counts."
        )
        return keep

    def _was_resumed(self, rows: Codes) -> bool:
        """Whether rows, in the file's order, go back once or more and then on beyond the end."""
        axis = self._axis()[rows]
        falls = np.flatnonzero(np.diff(axis) <= 0)
        if not len(falls) or len(falls) > max(1, len(rows) // 3):
            return False
        parts = np.split(axis, falls + 1)
        start, end = parts[0][0], parts[0][-1]
        for part in parts[1:]:
            if part[0] <= start or part[-1] <= end:
                return False
            end = part[-1]
        return True

    def _contradiction(self, first: int, second: int, seeded: bool) -> str:
        table = self.table
        name = next(
            n
            for n, s in self.scores.items()
            if np.isfinite(s.values[[first, second]]).all() and s.values[first] != s.values[second]
        )
        values = self.scores[name].values
        seed = self.roles.first("seed")
        shown = [f"seed {table.columns[seed.theirs].iloc[second]}"] if seeded and seed else []
        for unit, amounts in self.progress.amounts.items():
            shown.append(f"{amounts[second]:g} {unit}")
        for setting, levels in self.levels.items():
            if len(levels.values) > 1:
                shown.append(f"{setting} {levels.values[levels.codes[second]]}")
        return (
            f"{table.place(first)} and {table.place(second)} are the same run "
            f"({', '.join(shown)}) but hold {name} {values[first]:g} and {values[second]:g}; drop "
            "one, or name the column that tells them apart under `columns: {run: ...}`"
        )

    def _finished(self, run: Codes, order: Codes, seed: Codes, seeded: bool) -> Runs:
        states = self._states()
        table = self.table.take(order)
        run = pd.factorize(run[order])[0].astype(np.int64)
        first = np.searchsorted(run, np.arange(int(run.max()) + 1))
        by_run = np.full(len(first), "", dtype=object)
        if states is not None:
            said = pd.Series(states[order])
            by_run = said.where(said != "").groupby(run).last().fillna("").to_numpy(dtype=object)
            self._refuse_unsaid(by_run, run, table)
        levels = {n: replace(x, codes=x.codes[order]) for n, x in self.levels.items()}
        amounts = {unit: a[order] for unit, a in self.progress.amounts.items()}
        scores = {
            n: replace(s, values=s.values[order], infinite=s.infinite[order])
            for n, s in self.scores.items()
        }
        self.notes += [*self.progress.notes, *(note for s in scores.values() for note in s.notes)]
        return Runs(
            table=table,
            roles=self.roles,
            run=run,
            seed=seed[order][first] if seeded else np.arange(len(first), dtype=np.int64),
            seeded=seeded,
            state=by_run,
            progress=replace(self.progress, amounts=amounts),
            levels=levels,
            scores=scores,
            split=None if self.split is None else self.split[order],
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _refuse_unsaid(self, by_run: npt.NDArray[np.object_], run: Codes, table: Table) -> None:
        """UserError for runs whose state is empty while others have one."""
        unsaid = np.flatnonzero(by_run == "")
        if not len(unsaid) or len(unsaid) == len(by_run):
            return
        row = int(np.searchsorted(run, unsaid[0]))
        column = self.roles.of("state")[0].theirs
        raise UserError(
            f"{table.place(row)}: column {column!r} is empty for {count(len(unsaid), 'run')}. Say "
            "how they ended, as in states: {'': finished}"
        )


def _goes_on(piece: Any, before: Any) -> bool:
    """Whether a log goes on from another: both start and end later, and the other is a log."""
    return bool(piece.min > before.min and piece.max > before.max and before.size > 1)


def _regular(at: npt.NDArray[np.float64], run: Codes) -> bool:
    """Whether each run has several points at regular distances."""
    frame = pd.DataFrame({"run": run, "at": at}).drop_duplicates().sort_values(["run", "at"])
    gaps = frame.groupby("run")["at"].diff().dropna()
    runs = frame["run"][gaps.index]
    sizes = frame.groupby("run").size()
    if (sizes < LOGGED).any() or not len(gaps):
        return False
    low, high = gaps.groupby(runs).min(), gaps.groupby(runs).max()
    return bool(((high - low) <= 0.01 * high).all())
