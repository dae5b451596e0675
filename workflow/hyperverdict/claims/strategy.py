"""Strategy: one way of searching a grid finds better configurations than another at equal cost.

Keys::

    search: random                   # or one_at_a_time, or grid
    than: grid
    over: {width: [16, 64, 256, 1024], depth: [1, 2, 3, 4]}
    trials: 8                        # configurations that each search may train
    expect: {accuracy: higher}

Every cell of `over` is trained once, and the searches are replayed on the results. The seeds are
halved: replicate r searches on the validation results of seed r, and its winner is scored on the
fresh seed r + n/2, on the reported split. Replicates share no run, so section 1 applies to
them: the score of the winner of `search` minus that of `than`.

    grid           the finest sub-grid of evenly spaced levels that `trials` can pay for
    random         distinct cells in random order (drawn from the seed's own number)
    one_at_a_time  from the middle of the grid, the best level of one factor after the other

Where outcomes already name the two strategies as arms, their values are judged as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from hyperverdict.claims.conjunction import check_legs, judge_legs, outcomes_of
from hyperverdict.claims.factors import contexts_of, make_arm, read_factors, unique_arms
from hyperverdict.claims.model import Arm, Judgement, Leg, Outcomes, Question, UnanswerableError
from hyperverdict.claims.schemas import GRID
from hyperverdict.effects.effect import difference, higher_is_better, judge_effect, measure
from hyperverdict.errors import UserError, nearest
from hyperverdict.study.model import Expectation, Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

Cell = tuple[int, ...]
# Score of a cell on the search seed, larger is better; -inf where the run failed.
Score = Callable[[Cell], float]
Search = Callable[[tuple[int, ...], int, Score, int], list[Cell]]

LEAST_SEEDS = 4


def _strategy_schema(description: str) -> dict[str, Any]:
    return {
        "type": "string",
        "description": description,
        "enum": ["random", "grid", "one_at_a_time"],
    }


SCHEMA: dict[str, dict[str, Any]] = {
    "search": _strategy_schema("the search claimed to find more"),
    "than": _strategy_schema("the search it is compared with"),
    "over": {**GRID, "description": "the grid that is searched, every cell of which is trained"},
    "trials": {
        "type": "integer",
        "minimum": 1,
        "description": "configurations that each search may train, fewer than the grid has",
    },
}


class Strategy:
    """See the module."""

    name = "strategy"
    verb = "search"
    keys = frozenset(SCHEMA)
    required = frozenset(SCHEMA)
    one_of: frozenset[str] = frozenset()
    schema: Mapping[str, Mapping[str, Any]] = SCHEMA

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse unknown or equal strategies, a budget for the whole grid, fewer than 4 seeds."""
        check_legs(hypothesis)
        read_strategy(hypothesis.terms)
        for budget in hypothesis.at_equal:
            self.arms(hypothesis, study, budget)
        if len(hypothesis.seeds) < LEAST_SEEDS:
            raise UnanswerableError(
                f"{len(hypothesis.seeds)} seeds give fewer than 2 replicates of the search, half "
                f"of the seeds being kept for scoring; give {hypothesis.id} at least {LEAST_SEEDS}"
            )

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """Every cell of the grid."""
        cells = contexts_of(read_factors(hypothesis.terms["over"], "over", least=1))
        return unique_arms([make_arm(study, cell, budget) for cell in cells], self.verb)

    def judge(self, question: Question) -> Judgement:
        """Replay both searches and judge the difference of their winners' scores."""
        judgement = judge_legs(question, self.name, judge_leg)
        facts, notes = {}, list(judgement.notes)
        for metric in dict.fromkeys(leg.metric for leg in judgement.legs):
            outcomes = outcomes_of(question, metric)
            facts[metric] = {"selected_on": selected_on(outcomes)}
            if not outcomes.curves:
                notes.append(f"The winners were chosen on the split that {metric} is reported on.")
        return replace(judgement, facts=facts, notes=tuple(notes))


def read_strategy(terms: Mapping[str, Any]) -> tuple[str, str, dict[str, tuple[Any, ...]], int]:
    """(search, than, grid, trials); UserError for what is malformed."""
    names = []
    for key in ("search", "than"):
        if terms[key] not in SEARCHES:
            raise UserError(f"{key}: {terms[key]!r} is not known; {nearest(terms[key], SEARCHES)}")
        names.append(str(terms[key]))
    if names[0] == names[1]:
        raise UserError(f"search and than are both {names[0]!r}; the two must differ")
    grid = read_factors(terms["over"], "over", least=1)
    cells, trials = math.prod(map(len, grid.values())), terms["trials"]
    if type(trials) is not int or not 1 <= trials < cells:
        raise UserError(
            f"trials: {trials!r} must be a whole number from 1 to {cells - 1}; "
            f"the whole grid has {cells} cells"
        )
    return names[0], names[1], grid, trials


def judge_leg(question: Question, expectation: Expectation) -> Leg:
    """One leg: the scores of the two winners, replicate by replicate."""
    search, than, _, _ = read_strategy(question.hypothesis.terms)
    outcomes = outcomes_of(question, expectation.metric)
    if not {search, than} <= set(outcomes.values):
        outcomes = replay(question, outcomes)
    measured = measure(outcomes, difference(search, than))
    effect = judge_effect(measured, expectation, question.alpha, question.looks)
    rule = "score of the winners on fresh seeds, at equal numbers of trainings"
    metric, direction = expectation.metric, expectation.direction
    return Leg(metric, direction, effect.evidence, (effect,), rule, effect.grade)


def selected_on(outcomes: Outcomes) -> str:
    """The split on which winners are chosen."""
    return "validation" if outcomes.curves else "the reported split"


def replay(question: Question, outcomes: Outcomes) -> Outcomes:
    """Outcomes of both searches: strategy -> replicate (its search seed) -> the winner's score."""
    search, than, grid, trials = read_strategy(question.hypothesis.terms)
    shape = tuple(len(levels) for levels in grid.values())
    cells: dict[Cell, str] = dict(
        zip(product(*map(range, shape)), (arm.label for arm in question.arms), strict=True)
    )
    seeds = sorted(question.hypothesis.seeds)
    half = len(seeds) // 2
    pairs = list(zip(seeds[:half], seeds[half:], strict=False))
    values: dict[str, dict[int, float]] = {search: {}, than: {}}
    for name in (search, than):
        for searched, fresh in pairs:
            if _present(outcomes, cells.values(), searched, fresh):
                score = _score(outcomes, cells, searched)
                tried = SEARCHES[name](shape, trials, score, searched)
                winner = max(tried, key=score)
                values[name][searched] = outcomes.values[cells[winner]][fresh]
    return replace(outcomes, values=values, curves={})


def _present(outcomes: Outcomes, labels: Any, *seeds: int) -> bool:
    return all(seed in outcomes.values.get(name, {}) for name in labels for seed in seeds)


def _score(outcomes: Outcomes, cells: Mapping[Cell, str], seed: int) -> Score:
    sign = -1.0 if higher_is_better(outcomes.metric) is False else 1.0

    def score(cell: Cell) -> float:
        curve = outcomes.curves.get(cells[cell], {}).get(seed)
        value = curve[-1] if curve else outcomes.values[cells[cell]][seed]
        return sign * value if math.isfinite(value) else -math.inf

    return score


def grid_search(shape: tuple[int, ...], trials: int, score: Score, seed: int) -> list[Cell]:
    """The largest evenly spaced sub-grid with at most `trials` cells, finer in longer factors."""
    counts = [1] * len(shape)
    while True:
        room = [
            axis
            for axis in range(len(shape))
            if counts[axis] < shape[axis]
            and math.prod(counts) // counts[axis] * (counts[axis] + 1) <= trials
        ]
        if not room:
            break
        counts[min(room, key=lambda axis: (counts[axis] / shape[axis], axis))] += 1
    return list(product(*(_spread(n, k) for n, k in zip(shape, counts, strict=True))))


def _spread(levels: int, count: int) -> list[int]:
    """`count` evenly spaced positions among `levels`; the middle one when it is one."""
    if count == 1:
        return [(levels - 1) // 2]
    return sorted({round(i * (levels - 1) / (count - 1)) for i in range(count)})


def random_search(shape: tuple[int, ...], trials: int, score: Score, seed: int) -> list[Cell]:
    """Distinct cells in an order drawn from the seed's own number."""
    cells = list(product(*map(range, shape)))
    order = np.random.default_rng(seed).permutation(len(cells))
    return [cells[i] for i in order[:trials]]


def one_at_a_time(shape: tuple[int, ...], trials: int, score: Score, seed: int) -> list[Cell]:
    """The best level of one factor after the other, from the middle, until trials are used up."""
    best: Cell = tuple((n - 1) // 2 for n in shape)
    tried = [best]
    improved = True
    while improved and len(tried) < trials:
        improved = False
        for axis, levels in enumerate(shape):
            for level in range(levels):
                cell = (*best[:axis], level, *best[axis + 1 :])
                if cell not in tried and len(tried) < trials:
                    tried.append(cell)
            winner = max(tried, key=score)
            improved, best = improved or winner != best, winner
    return tried


SEARCHES: dict[str, Search] = {
    "random": random_search,
    "grid": grid_search,
    "one_at_a_time": one_at_a_time,
}

TYPE = Strategy()
