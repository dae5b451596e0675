"""The runs of one arm at one budget: those that reached it, with their score at that point."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hyperverdict.foreign.content import Codes
from hyperverdict.foreign.progress import TOLERANCE, Floats, refuse_unsure
from hyperverdict.foreign.rows import Mask
from hyperverdict.foreign.runs import Runs
from hyperverdict.vocabulary.budget import Budget, parse_budget
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.vocabulary import BUDGET


@dataclass(frozen=True)
class Selection:
    """The runs of one arm at one budget.

    Attributes:
        budget: at which the runs stand; None for the end of each.
        runs: numbers of the runs that count [k], failed ones included.
        rows: the row of each at which it was scored, or its last one [k].
        scores: metric -> score [k]; nan where the run failed.
        failed: whether each failed [k].
        lost: runs that were stopped, or ended before the budget.
        unfinished: runs that have not ended yet.
        longer: runs that went past the budget without a score there.
        matching: all runs of these levels.
    """

    budget: Budget | None
    runs: Codes
    rows: Codes
    scores: Mapping[str, Floats]
    failed: Mask
    lost: Codes
    unfinished: Codes
    longer: Codes
    matching: Codes

    def only(self, kept: Mask) -> Selection:
        """The selection with some of its runs [k] alone."""
        scores = {name: values[kept] for name, values in self.scores.items()}
        return replace(
            self,
            runs=self.runs[kept],
            rows=self.rows[kept],
            scores=scores,
            failed=self.failed[kept],
        )


def matching(runs: Runs, levels: Mapping[str, Level]) -> Mask:
    """Runs [R] that hold all these levels; settings that no column holds are passed over."""
    found: Mask = np.ones(runs.n, dtype=bool)
    for name, level in levels.items():
        if name != BUDGET and name in runs.levels:
            found &= runs.codes(name) == runs.levels[name].values.index(level)
    return found


def select(
    runs: Runs,
    levels: Mapping[str, Level],
    budget: Budget | None,
    seeds: Collection[int] | None = None,
) -> Selection:
    """The runs of an arm.

    Args:
        levels: those of the arm, on top of the baseline's; one of them may be the budget.
        budget: the one held equal; None for the end of each run.
        seeds: those that the study lists; all when None.
    """
    if BUDGET in levels:
        budget = parse_budget(levels[BUDGET])
    refuse_unsure(runs.progress, budget)
    mask = matching(runs, levels)
    if seeds is not None:
        mask &= np.isin(runs.seed, list(seeds))
    near = _near(runs, budget)
    reached = _any_row(runs, near)
    failed, ended = runs.state == "failed", np.isin(runs.state, ["finished", "", "failed"])
    # The log of a run that was stopped later still shows what it scored at the budget.
    logged = reached & (runs.last > runs.first) & _is_held(runs, budget)
    chosen = np.flatnonzero(mask & (ended | logged) & (reached | failed))
    scores, rows = {}, runs.last[chosen].copy()
    for name in reversed(list(runs.scores)):
        scores[name], scored = _scored(runs, name, chosen, near, budget)
        rows = np.where(scored >= 0, scored, rows)
    nothing = [np.isnan(values) for values in scores.values()]
    is_failed = failed[chosen] | (np.all(nothing, axis=0) if nothing else False)
    scores = {name: np.where(is_failed, np.nan, values) for name, values in scores.items()}
    left = np.setdiff1d(np.flatnonzero(mask), chosen)
    state = runs.state[left]
    over = np.isin(state, ["finished", ""])
    longer = over & _went_past(runs, left, budget)
    return Selection(
        budget,
        chosen,
        rows,
        dict(reversed(scores.items())),
        is_failed,
        left[(state == "stopped") | (over & ~longer)],
        left[state == "unfinished"],
        left[longer],
        np.flatnonzero(mask),
    )


def _is_held(runs: Runs, budget: Budget | None) -> bool:
    """Whether the table says where a run stands at a budget."""
    return budget is not None and budget.kind in runs.progress.amounts


def _near(runs: Runs, budget: Budget | None) -> Mask:
    """Rows [n] that stand at a budget; all where none is held, or no column knows it."""
    if budget is None or not _is_held(runs, budget):
        return runs.reported
    amounts = runs.progress.amounts[budget.kind]
    near = np.abs(amounts - budget.amount) <= TOLERANCE * budget.amount
    near &= runs.reported
    scored = np.any([np.isfinite(s.values) for s in runs.scores.values()] or [near], axis=0)
    # Where nobody was scored at the budget, nobody counts as failed there.
    return near if (near & scored).any() else np.zeros(len(near), dtype=bool)


def _any_row(runs: Runs, rows: Mask) -> Mask:
    found: Mask = np.zeros(runs.n, dtype=bool)
    found[runs.run[rows]] = True
    return found


def _went_past(runs: Runs, which: Codes, budget: Budget | None) -> Mask:
    if budget is None or not _is_held(runs, budget):
        return np.zeros(len(which), dtype=bool)
    amounts = np.nan_to_num(runs.progress.amounts[budget.kind], nan=-np.inf)
    most = np.maximum.reduceat(amounts, runs.first)[which]
    past: Mask = most > budget.amount * (1 + TOLERANCE)
    return past


def _scored(
    runs: Runs, metric: str, chosen: Codes, near: Mask, budget: Budget | None
) -> tuple[Floats, Codes]:
    """(score of each chosen run [k], the row that holds it [k], -1 for none).

    At a budget the row nearest to it; else the last one, and a run that has rows but no score where
    others of the arm were scored last has failed.
    """
    values = runs.scores[metric].values
    is_chosen = np.zeros(runs.n, dtype=bool)
    is_chosen[chosen] = True
    usable = near & is_chosen[runs.run]
    rows = np.flatnonzero(usable & np.isfinite(values))
    held = _is_held(runs, budget)
    if held and budget is not None:
        distance = np.abs(runs.progress.amounts[budget.kind][rows] - budget.amount)
        rows = rows[np.lexsort((rows, -distance))]
    last = np.full(runs.n, -1, dtype=np.int64)
    last[runs.run[rows]] = rows
    if not held:
        last[_fell_silent(runs, metric, usable, last)] = -1
    found = last[chosen]
    return np.where(found >= 0, values[found], np.nan), found


def _fell_silent(runs: Runs, metric: str, usable: Mask, last: Codes) -> Codes:
    """Runs that have rows without a score after their last one, where others were scored."""
    scores = runs.scores[metric]
    infinite = usable & scores.infinite
    silent = set(runs.run[infinite & (np.arange(len(infinite)) > last[runs.run])])
    axis = next((runs.progress.amounts[unit] for unit in runs.progress.units), None)
    scored = last[last >= 0]
    if axis is not None and len(scored) and np.isfinite(axis[scored]).any():
        latest = np.nanmax(axis[scored])
        there = usable & (axis == latest) & ~np.isfinite(scores.values)
        behind = (last < 0) | (axis[np.maximum(last, 0)] < latest)
        silent |= {run for run in runs.run[there] if behind[run]}
    return np.array(sorted(silent), dtype=np.int64)
