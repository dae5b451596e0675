"""Strategy: one way of searching a grid finds better configurations than another at equal cost.

Keys::

    search: random                   # or one_at_a_time, or grid
    than: grid
    over: {width: [16, 64, 256, 1024], depth: [1, 2, 3, 4]}
    trials: 8                        # configurations that each search may train
    expect: {accuracy: higher}

Every cell of `over` is trained on every seed, and the searches are replayed on the results: on the
validation results of each seed, in all their orders (`claims.searches`). A winner is scored on the
other seeds, which are fresh to it, on the reported split. Judged is the score of the winner of
`search` minus that of `than`, as a mean over all pairs of a seed that is searched and a fresh one
(`stats.jackknife`). Better is what `expect` says.

    grid           the finest sub-grid of evenly spaced levels that `trials` can pay for
    random         distinct cells in random order
    one_at_a_time  from the middle of the grid, the best level of one factor after the other

Where outcomes already name the two searches as arms, their values are judged as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np

from hyperverdict.claims.conjunction import (
    check_design,
    judge_legs,
    judged_legs,
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
from hyperverdict.claims.searches import SEARCH_TITLES, SEARCHES
from hyperverdict.effects.contrast import named
from hyperverdict.effects.effect import Evidence, Expectation
from hyperverdict.effects.outcomes import Arm, Outcomes
from hyperverdict.errors import UserError
from hyperverdict.stats.decision import UPWARD
from hyperverdict.stats.intervals import Floats
from hyperverdict.stats.jackknife import mean_over_pairs, pseudo_values
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.metrics import Better

MINIMUM_SEEDS = 4
# Below this no seed can be left out of the pairs of different seeds.
MINIMUM_PAIRED = 3
# Above this share of failed winners a seed fails for a search, as an arm does above a fifth.
MOST_LOST = 0.2
_EXTREMES: Mapping[Better, str] = {"higher": "highest", "lower": "lowest"}


@dataclass(frozen=True)
class Replay:
    """What the two searches reached.

    Attributes:
        outcomes: search -> seed -> the winner's score (a pseudo-value where it was replayed).
        failing: search -> share of its winners that failed on the fresh seed; their orders are
            left out of the score, unless they are too many.
        winners: search -> what the winner of each seed's search scored on all other seeds, as
            means, in the metric's unit; without those that never finished.
    """

    outcomes: Outcomes
    failing: Mapping[str, float]
    winners: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """Which winners failed, in sentences."""
        return tuple(
            f"The winner of {SEARCH_TITLES[name]} failed on a fresh seed in {share:.2g} of the "
            f"replays; {self.outcomes.metric.title} covers the others."
            for name, share in self.failing.items()
            if share > 0
        )


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
    figure = "winners"
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
                f"{len(design.seeds)} seeds are too few to score each search on other seeds than "
                f"its own; use at least {MINIMUM_SEEDS}"
            )

    def forewarnings(self) -> tuple[str, ...]:
        """A direction that is not known to be the better one may be meant otherwise."""
        return tuple(
            f"Both searches look for the {_EXTREMES[wanted]} {e.metric.title}, as expect says. To "
            f"claim that {SEARCH_TITLES[self.search]} does worse, swap search and than, and write "
            f"{e.metric.name}: {e.metric.better}."
            for e in self.expect
            if e.metric.better not in (None, wanted := _looked_for(e))
        )

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """Every cell of the grid."""
        arms = (make_arm(baseline, cell, budget) for cell in combinations(self.over))
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """Replay both searches and judge the difference of their winners' scores."""
        kept, _ = judged_legs(question)
        replays = {e.metric.name: self._replayed(question, e) for e in kept}

        def judge_leg(question: Question, expectation: Expectation) -> Leg:
            return self._judge_leg(question, expectation, replays[expectation.metric.name].outcomes)

        judgement = judge_legs(question, judge_leg)
        notes = [
            f"The winners were chosen on the split on which {leg.metric.title} is reported."
            for leg in judgement.judged_legs
            if not outcomes_of(question, leg.metric).curves
        ]
        failing = [note for replay in replays.values() for note in replay.notes]
        found = {
            metric: {name: list(values) for name, values in replay.winners.items()}
            for metric, replay in replays.items()
            if replay.winners
        }
        return replace(
            judgement,
            notes=(*judgement.notes, *self.forewarnings(), *notes, *failing),
            facts={"winners": found} if found else {},
        )

    def _replayed(self, question: Question, expectation: Expectation) -> Replay:
        """The winners' scores: replayed, or as somebody else's searches reached them."""
        outcomes = outcomes_of(question, expectation.metric)
        if {self.search, self.than} <= set(outcomes.values):
            return Replay(outcomes, {})
        return self.replay(question, outcomes, expectation)

    def _judge_leg(self, question: Question, expectation: Expectation, outcomes: Outcomes) -> Leg:
        """The scores of the two winners, seed by seed."""
        contrast = named("strategy", expectation.metric, self.than, self.search)
        effect = two_alphas(question, contrast, expectation, 1, outcomes).plain
        return leg_of_one(expectation, effect)

    def replay(self, question: Question, outcomes: Outcomes, expectation: Expectation) -> Replay:
        """Both searches on every seed, their winners scored on all other seeds.

        A search on seed s picks cell i in the share ``w[s, i]`` of its orders, and reaches
        ``h[s, f] = sum_i w[s, i] y[i, f]`` on seed f. What is judged is the mean of h over all
        pairs of different seeds; its pseudo-values stand for the seeds, so that no seed's number
        and no order of the seeds decides anything.
        """
        shape = tuple(len(levels) for levels in self.over.values())
        labels = [arm.label for arm in question.arms]
        runs = [outcomes.values.get(label, {}) for label in labels]
        seeds = [s for s in sorted(question.seeds) if all(s in of_cell for of_cell in runs)]
        names = (self.search, self.than)
        # A failed run is the worst one of what is looked for.
        metric = replace(outcomes.metric, better=_looked_for(expectation))
        reached = replace(outcomes, metric=metric, values={name: {} for name in names}, curves={})
        if len(seeds) < MINIMUM_PAIRED:
            return Replay(reached, {})
        fresh = _cells(outcomes, labels, seeds)
        sign = 1.0 if _looked_for(expectation) == "higher" else -1.0
        scores = _scores(outcomes, labels, seeds, sign)
        found = {
            name: _reached([SEARCHES[name](shape, self.trials, row) for row in scores], fresh)
            for name in names
        }
        values = _as_values(found, seeds, outcomes.metric.ratio)
        failing = {name: mean_over_pairs(failed) for name, (_, failed) in found.items()}
        winners = {name: _winners(h, outcomes.metric.ratio) for name, (h, _) in found.items()}
        return Replay(replace(reached, values=values), failing, winners)

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


def _reached(shares: Sequence[Floats], fresh: Floats) -> tuple[Floats, Floats]:
    """Scores h [n, n] of the winners of each seed on each seed, and the share that failed there.

    Args:
        shares: of each seed [cells].
        fresh: [n, cells].
    """
    weights = np.array(shares)
    finished = np.isfinite(fresh)
    held = weights @ finished.T
    known = np.where(held > 0, held, np.nan)
    scores: Floats = (weights @ np.where(finished, fresh, 0.0).T) / known
    return scores, 1.0 - held


def _winners(scores: Floats, ratio: bool) -> tuple[float, ...]:
    """Means over the other seeds of scores [n, n]; what JSON cannot hold is left out."""
    others = ~np.eye(len(scores), dtype=bool)
    means = [row[keep & np.isfinite(row)] for row, keep in zip(scores, others, strict=True)]
    shown = [float(found.mean()) for found in means if len(found)]
    return tuple(math.exp(mean) if ratio else mean for mean in shown)


def _as_values(
    found: Mapping[str, tuple[Floats, Floats]], seeds: Sequence[int], ratio: bool
) -> dict[str, dict[int, float]]:
    """search -> seed -> pseudo-value of its mean score; nan where its winners failed there.

    A seed fails for a search when more than a fifth of the winners of other seeds fail on it, as an
    arm does. Both searches are scored on the seeds that neither fails.
    """
    failed = {
        name: (lost.sum(axis=0) - np.diag(lost)) / (len(seeds) - 1) > MOST_LOST
        for name, (_, lost) in found.items()
    }
    kept = np.flatnonzero(~np.any(list(failed.values()), axis=0))
    values: dict[str, dict[int, float]] = {}
    for name, (scores, _) in found.items():
        pairs = scores[np.ix_(kept, kept)]
        shown = np.full(len(seeds), mean_over_pairs(pairs))
        if len(kept) >= MINIMUM_PAIRED:
            shown[kept] = pseudo_values(mean_over_pairs, pairs)
        shown = np.where(failed[name], np.nan, np.exp(shown) if ratio else shown)
        values[name] = dict(zip(seeds, shown.tolist(), strict=True))
    return values


def _cells(outcomes: Outcomes, labels: Sequence[str], seeds: Sequence[int]) -> Floats:
    """Values [seeds, cells] on the judged scale, nan where the run failed.

    Raises UserError for a value of 0 or below in a ratio metric.
    """
    table = np.array([[outcomes.values[label][seed] for label in labels] for seed in seeds])
    if not outcomes.metric.ratio:
        return table
    if (table <= 0).any():
        raise UserError(f"{outcomes.metric.name}: a ratio needs values above 0")
    logarithms: Floats = np.log(table)
    return logarithms


def _scores(outcomes: Outcomes, labels: Sequence[str], seeds: Sequence[int], sign: float) -> Floats:
    """What each search sees [seeds, cells]: larger is better, -inf where the run failed."""

    def score(label: str, seed: int) -> float:
        curve = outcomes.curves.get(label, {}).get(seed)
        value = sign * (curve[-1] if curve else outcomes.values[label][seed])
        return value if math.isfinite(value) else -math.inf

    return np.array([[score(label, seed) for label in labels] for seed in seeds])


def _looked_for(expectation: Expectation) -> Better:
    """What the searches look for: what the claim says, whatever the metric is called."""
    return "higher" if expectation.direction in UPWARD else "lower"


MEANINGS: Mapping[Evidence, str] = {
    "supported": "At equal cost the claimed search does better {where}.",
    "refuted": "At equal cost the claimed search does worse {where}.",
    "no meaningful effect": "At equal cost both searches do equally well {where}, to within "
    "{size}.",
    "inconclusive": "It is undecided {where} which search does better at equal cost.",
}
