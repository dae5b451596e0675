"""Comparison: two arms on the same seeds; with several legs, a trade-off.

Keys::

    compare: {batch_size: {from: 4, to: 128}}     # every effect is "to" minus "from"
    expect: {train_time: lower, accuracy: not_lower}

Several factors in `compare` move together. Every line of `expect` is a leg and all must hold:
each at alpha to support the claim, any at alpha / legs to refute it. A leg that the budget makes
equal is dropped and said; a claim with no other leg is refused there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hyperverdict.claims.conjunction import check_legs, judge_legs, two_alphas
from hyperverdict.claims.factors import make_arm, read_change, refuse_single_run, unique_arms
from hyperverdict.claims.model import Arm, Effect, Judgement, Leg, Question
from hyperverdict.claims.schemas import COMPARE
from hyperverdict.effects.effect import difference
from hyperverdict.study.model import Expectation, Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

# The kind of a judgement on several legs.
TRADE_OFF = "trade-off"


class Comparison:
    """See the module."""

    name = "comparison"
    verb = "compare"
    keys = frozenset({"compare"})
    required = frozenset({"compare"})
    one_of: frozenset[str] = frozenset()
    schema: Mapping[str, Mapping[str, Any]] = {"compare": COMPARE}

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse equal arms, unknown levels, legs that are equal by design, a single seed."""
        check_legs(hypothesis)
        for budget in hypothesis.at_equal:
            self.arms(hypothesis, study, budget)
        refuse_single_run(hypothesis)

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """From, to."""
        start, to = read_change(hypothesis.terms["compare"], "compare")
        arms = (make_arm(study, start, budget), make_arm(study, to, budget))
        return unique_arms(arms, "compare")

    def judge(self, question: Question) -> Judgement:
        """Section 1 on to - from, leg by leg."""
        judgement = judge_legs(question, self.name, judge_leg)
        effects = [effect for leg in judgement.legs for effect in leg.effects]
        if len(effects) < 2:
            return judgement
        return replace(judgement, kind=TRADE_OFF, quadrant=quadrant(effects))


def judge_leg(question: Question, expectation: Expectation) -> Leg:
    """One leg: the difference of the question's two arms."""
    start, to = question.arms
    effect = two_alphas(question, difference(to.label, start.label), expectation, 1).plain
    return Leg(
        expectation.metric,
        expectation.direction,
        effect.evidence,
        (effect,),
        grade=effect.grade,
    )


def quadrant(effects: list[Effect]) -> str:
    """Where the effects lie, e.g. ``train_time lower, accuracy unclear``."""
    return ", ".join(f"{effect.metric} {position(effect)}" for effect in effects)


def position(effect: Effect) -> str:
    """higher, lower, about equal (proven within the size that matters) or unclear."""
    null = 1.0 if effect.ratio else 0.0
    low, high = (1 / effect.delta, effect.delta) if effect.ratio else (-effect.delta, effect.delta)
    if low < effect.ci2[0] and effect.ci2[1] < high:
        return "about equal"
    if effect.ci1[0] > null:
        return "higher"
    return "lower" if effect.ci1[1] < null else "unclear"


TYPE = Comparison()
