"""Comparison: two arms on the same seeds; with several legs, a trade-off.

Keys::

    compare: {batch_size: {from: 4, to: 128}}     # every effect is "to" minus "from"
    expect: {train_time: lower, accuracy: not_lower}

Several factors in `compare` move together. Every line of `expect` is a leg and all must hold:
each at alpha to support the claim, any at alpha / legs to refute it. A leg that the budget makes
equal is dropped and reported; a claim with no other leg is refused there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from hyperverdict.claims.conjunction import (
    check_design,
    judge_legs,
    leg_of_one,
    negligible_range,
    two_alphas,
)
from hyperverdict.claims.factors import (
    Levels,
    change_text,
    factor_title,
    make_arm,
    read_change,
    refuse_single_run,
    unique_arms,
)
from hyperverdict.claims.model import Claim, Design, Judgement, Leg, Question, Written
from hyperverdict.claims.schemas import COMPARE
from hyperverdict.effects.contrast import difference
from hyperverdict.effects.effect import Effect, Evidence, Expectation
from hyperverdict.effects.outcomes import Arm
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.words.numbers import listed

# The kind of a judgement on several legs.
TRADE_OFF = "trade-off"


@dataclass(frozen=True)
class Comparison(Claim):
    """See the module.

    Attributes:
        start, to: the levels of the two arms.
    """

    start: Levels
    to: Levels

    kind = "comparison"
    verb = "compare"
    keys = frozenset({"compare"})
    required = frozenset({"compare"})
    schema: ClassVar[Mapping[str, Any]] = {"compare": COMPARE}
    figure = "scores"

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses an arm that does not change."""
        start, to = read_change(written.vocabulary, written.terms["compare"], "compare")
        return cls(*written.common, start, to)

    def check(self, design: Design) -> None:
        """Refuse equal arms, legs that are equal by design, a single seed."""
        check_design(self, design)
        refuse_single_run(design)

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """From, to."""
        arms = (make_arm(baseline, levels, budget) for levels in (self.start, self.to))
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """The difference to - from, leg by leg; facts hold where each metric lies."""
        judgement = judge_legs(question, judge_leg)
        if len(judgement.effects) < 2:
            return judgement
        positions = [[e.metric.title, position(e)] for e in judgement.effects]
        return replace(judgement, kind=TRADE_OFF, facts={"positions": positions})

    @property
    def topic(self) -> str:
        """Its factors."""
        return listed(map(factor_title, self.start))

    @property
    def terms_text(self) -> str:
        """For example "batch size 4 → 128"."""
        return change_text(self.start, self.to, self.vocabulary)

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """A trade-off names the parts that fail."""
        return TRADE_OFF_MEANINGS if len(judgement.judged_legs) > 1 else MEANINGS

    def findings(self, judgement: Judgement) -> tuple[str, ...]:
        """Where a trade-off lies."""
        positions = judgement.facts.get("positions", ())
        if not positions:
            return ()
        return (f"Taken together: {', '.join(f'{name} {where}' for name, where in positions)}.",)


def judge_leg(question: Question, expectation: Expectation) -> Leg:
    """One leg: the difference of the question's two arms."""
    start, to = question.arms
    contrast = difference(expectation.metric, start, to)
    return leg_of_one(expectation, two_alphas(question, contrast, expectation, 1).plain)


def position(effect: Effect) -> str:
    """higher, lower, about equal (proven within the size that matters) or unclear."""
    low, high = negligible_range(effect)
    if low < effect.ci_equivalence[0] and effect.ci_equivalence[1] < high:
        return "about equal"
    if effect.ci[0] > effect.contrast.neutral:
        return "higher"
    return "lower" if effect.ci[1] < effect.contrast.neutral else "unclear"


MEANINGS: Mapping[Evidence, str] = {
    "supported": "The claim holds {where}: the difference has the claimed direction{grade}.",
    "refuted": "The claim does not hold {where}: the difference goes the other way.",
    "no meaningful effect": "The claim does not hold {where}: any difference is smaller than "
    "{size}, the smallest that matters.",
    "inconclusive": "The claim is undecided {where}: the runs are compatible with no difference "
    "and with one that matters.",
}
TRADE_OFF_MEANINGS: Mapping[Evidence, str] = {
    "supported": "The whole trade-off holds {where}: every part has the claimed direction.",
    "refuted": "The trade-off does not hold {where}: {failing}.",
    "no meaningful effect": "The trade-off does not hold {where}: {failing}.",
    "inconclusive": "The trade-off is undecided {where}: {failing}.",
}
