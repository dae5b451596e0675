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

Where outcomes already name the two searches as arms, their values are judged as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, ClassVar, Self

import numpy as np

from hyperverdict.claims.conjunction import (
    check_design,
    judge_legs,
    leg_of_one,
    outcomes_of,
    two_alphas,
)
from hyperverdict.claims.factors import (
    Factors,
    combinations,
    levels_text,
    make_arm,
    read_factors,
    unique_arms,
)
from hyperverdict.claims.model import (
    Claim,
    Design,
    Judgement,
    Leg,
    Question,
    UnanswerableError,
    Written,
)
from hyperverdict.claims.schemas import GRID
from hyperverdict.effects.contrast import named
from hyperverdict.effects.effect import Evidence, Expectation
from hyperverdict.effects.outcomes import Arm, Outcomes
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline

Cell = tuple[int, ...]
# Score of a cell on the search seed, larger is better; -inf where the run failed.
Score = Callable[[Cell], float]
Search = Callable[[tuple[int, ...], int, Score, int], list[Cell]]

MINIMUM_SEEDS = 4


def _search_schema(description: str) -> dict[str, Any]:
    return {
        "type": "string",
        "description": description,
        "enum": ["random", "grid", "one_at_a_time"],
    }


@dataclass(frozen=True)
class Strategy(Claim):
    """See the module.

    Attributes:
        search, than: names of the two searches.
        over: the grid.
        trials: configurations that each search may train.
    """

    search: str
    than: str
    over: Factors
    trials: int

    kind = "strategy"
    verb = "search"
    keys = frozenset({"search", "than", "over", "trials"})
    required = frozenset({"search", "than", "over", "trials"})
    schema: ClassVar[Mapping[str, Any]] = {
        "search": _search_schema("the search claimed to find more"),
        "than": _search_schema("the search it is compared with"),
        "over": {
            **GRID,
            "description": "the grid that is searched, every cell of which is trained",
        },
        "trials": {
            "type": "integer",
            "minimum": 1,
            "description": "configurations that each search may train, fewer than the grid has",
        },
    }
    reads = "selection"

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses equal searches and a number of trials that pays for the whole grid."""
        search, than, trials = (written.terms[key] for key in ("search", "than", "trials"))
        if search == than:
            raise UserError(f"search and than are both {search!r}; the two must differ")
        over = read_factors(written.vocabulary, written.terms["over"], "over", minimum=1)
        cells = math.prod(map(len, over.values()))
        if trials >= cells:
            raise UserError(
                f"trials: {trials!r} must be a whole number from 1 to {cells - 1}; "
                f"the whole grid has {cells} cells"
            )
        return cls(*written.common, search, than, over, trials)

    def check(self, design: Design) -> None:
        """Refuse fewer than 4 seeds."""
        check_design(self, design)
        if len(design.seeds) < MINIMUM_SEEDS:
            raise UnanswerableError(
                f"{len(design.seeds)} seeds give fewer than 2 repeats of the search, since half "
                f"of the seeds are kept for scoring; use at least {MINIMUM_SEEDS}"
            )

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """Every cell of the grid."""
        arms = (make_arm(baseline, cell, budget) for cell in combinations(self.over))
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """Replay both searches and judge the difference of their winners' scores."""
        judgement = judge_legs(question, self._judge_leg)
        notes = [
            f"The winners were chosen on the split on which {leg.metric.title} is reported."
            for leg in judgement.judged_legs
            if not outcomes_of(question, leg.metric).curves
        ]
        return replace(judgement, notes=(*judgement.notes, *notes))

    def _judge_leg(self, question: Question, expectation: Expectation) -> Leg:
        """The scores of the two winners, repeat by repeat."""
        outcomes = outcomes_of(question, expectation.metric)
        if not {self.search, self.than} <= set(outcomes.values):
            outcomes = self.replay(question, outcomes, expectation)
        contrast = named("strategy", expectation.metric, self.than, self.search)
        effect = two_alphas(question, contrast, expectation, 1, outcomes).plain
        return leg_of_one(expectation, effect)

    def replay(self, question: Question, outcomes: Outcomes, expectation: Expectation) -> Outcomes:
        """Outcomes of both: search -> repeat (its search seed) -> the winner's score."""
        shape = tuple(len(levels) for levels in self.over.values())
        cells: dict[Cell, str] = dict(
            zip(product(*map(range, shape)), (arm.label for arm in question.arms), strict=True)
        )
        seeds = sorted(question.seeds)
        half = len(seeds) // 2
        pairs = list(zip(seeds[:half], seeds[half:], strict=False))
        values: dict[str, dict[int, float]] = {self.search: {}, self.than: {}}
        for name in (self.search, self.than):
            for searched, fresh in pairs:
                if _present(outcomes, cells.values(), searched, fresh):
                    score = _score(outcomes, cells, searched, _lower_is_better(expectation))
                    tried = SEARCHES[name](shape, self.trials, score, searched)
                    winner = max(tried, key=score)
                    values[name][searched] = outcomes.values[cells[winner]][fresh]
        return replace(outcomes, values=values, curves={})

    @property
    def topic(self) -> str:
        """How one searches."""
        return "search strategy"

    @property
    def terms_text(self) -> str:
        """For example "random search against grid search, 4 trials over width 16, 64"."""
        searches = (SEARCH_TITLES[name] for name in (self.search, self.than))
        over = levels_text(self.over, self.vocabulary)
        return f"{' against '.join(searches)}, {self.trials} trials over {over}"

    def null(self, leg: Leg) -> str:
        """Equal winners."""
        return f"both searches reach the same {leg.metric.title}"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """Which search does better."""
        return MEANINGS


def _present(outcomes: Outcomes, labels: Iterable[str], *seeds: int) -> bool:
    return all(seed in outcomes.values.get(name, {}) for name in labels for seed in seeds)


def _lower_is_better(expectation: Expectation) -> bool:
    """What the searches look for; as the claim says where nobody knows the metric."""
    better = expectation.metric.better
    return better == "lower" if better else expectation.direction in ("lower", "not_higher")


def _score(outcomes: Outcomes, cells: Mapping[Cell, str], seed: int, lower: bool) -> Score:
    sign = -1.0 if lower else 1.0

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


SEARCHES: Mapping[str, Search] = {
    "random": random_search,
    "grid": grid_search,
    "one_at_a_time": one_at_a_time,
}
SEARCH_TITLES = {
    "random": "random search",
    "grid": "grid search",
    "one_at_a_time": "one-at-a-time search",
}

MEANINGS: Mapping[Evidence, str] = {
    "supported": "At equal cost the claimed search does better {where}.",
    "refuted": "At equal cost the claimed search does worse {where}.",
    "no meaningful effect": "At equal cost both searches do equally well {where}, to within "
    "{size}.",
    "inconclusive": "It is undecided {where} which search does better at equal cost.",
}
