"""Optimum: one level (or each of several) is within the size that matters of the best.

Keys::

    best: {batch_size: [4, 16, 32, 64, 128, 256]}
    is: [128]                          # several levels: each of them
    expect: {accuracy: higher}         # what best means

Every other level is compared with the claimed one. Supported when no other level is better by
delta (each upper bound is below it), refuted when one is, at alpha / comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hyperverdict.claims.conditional import opposite_tolerant
from hyperverdict.claims.conjunction import (
    all_hold,
    check_legs,
    judge_legs,
    judged_legs,
    outcomes_of,
    two_alphas,
)
from hyperverdict.claims.factors import (
    level_text,
    make_arm,
    read_factors,
    read_level,
    read_levels,
    refuse_single_run,
    unique_arms,
)
from hyperverdict.claims.model import Arm, Judgement, Leg, Question
from hyperverdict.claims.schemas import LEVEL, LEVELS
from hyperverdict.claims.trend import check_directions
from hyperverdict.effects.effect import difference, judge_effect, measure
from hyperverdict.errors import UserError
from hyperverdict.study.model import Expectation, Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

BEST: dict[str, Any] = {
    "type": "object",
    "description": "one factor with all levels among which the best is sought",
    "examples": [{"batch_size": [4, 16, 64, 128]}],
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": LEVELS,
}
IS: dict[str, Any] = {
    **LEVEL,
    "type": ["number", "string", "array"],
    "description": "the level claimed best, or a list: each is within matters_from of the best",
}


class Optimum:
    """See the module."""

    name = "optimum"
    verb = "best"
    keys = frozenset({"best", "is"})
    required = frozenset({"best", "is"})
    one_of: frozenset[str] = frozenset()
    schema: Mapping[str, Mapping[str, Any]] = {"best": BEST, "is": IS}

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse levels named twice, a claimed level that is not among them, a single seed."""
        check_legs(hypothesis)
        check_directions(hypothesis, "the best is the one that is higher or lower")
        read_optimum(hypothesis.terms)
        for budget in hypothesis.at_equal:
            self.arms(hypothesis, study, budget)
        refuse_single_run(hypothesis)

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """One arm a level, in the order written."""
        factor, levels, _ = read_optimum(hypothesis.terms)
        return unique_arms([make_arm(study, {factor: x}, budget) for x in levels], self.verb)

    def judge(self, question: Question) -> Judgement:
        """Leg by leg; facts hold the levels that the data leave within delta of the best."""
        judgement = judge_legs(question, self.name, judge_leg)
        kept, _ = judged_legs(question)
        sets = {e.metric: not_excluded(question, e) for e in kept}
        return replace(judgement, facts={"within_delta_of_best": sets})


def read_optimum(terms: Mapping[str, Any]) -> tuple[str, tuple[Any, ...], tuple[Any, ...]]:
    """The factor, its levels, and the claimed ones, as written."""
    factors = read_factors(terms["best"], "best")
    if len(factors) != 1:
        raise UserError(f"best must name one factor, not {', '.join(factors)}")
    [(factor, levels)] = factors.items()
    raw = terms["is"]
    claimed = read_levels(factor, raw if isinstance(raw, (list, tuple)) else [raw], "is", least=1)
    known = [read_level(factor, level) for level in levels]
    for level in claimed:
        if read_level(factor, level) not in known:
            names = ", ".join(level_text(factor, x) for x in levels)
            raise UserError(f"is: {level!r} is not among the levels of best ({names})")
    if len(claimed) == len(levels):
        raise UserError("is: all levels of best are claimed; leave at least one to compare with")
    return factor, levels, claimed


def judge_leg(question: Question, expectation: Expectation) -> Leg:
    """One leg: every other level against every claimed one."""
    factor, levels, claimed = read_optimum(question.hypothesis.terms)
    names = {read_level(factor, x): f"{factor} {level_text(factor, x)}" for x in levels}
    wanted = [read_level(factor, x) for x in claimed]
    pairs = [(other, c) for c in wanted for other in names if other != c]
    weaker = opposite_tolerant(expectation)
    effects = [
        two_alphas(question, difference(names[other], names[c]), weaker, len(pairs))
        for other, c in pairs
    ]
    shown = tuple(e.shown for e in effects)
    rule = "no other level better by the size that matters"
    return Leg(expectation.metric, expectation.direction, all_hold(effects), shown, rule)


def not_excluded(question: Question, expectation: Expectation) -> list[str]:
    """Labels of the levels not proven worse than another by more than delta, at alpha / (K - 1).

    A level truly within delta of the best is left out with probability alpha at most.
    """
    labels = [arm.label for arm in question.arms]
    weaker = opposite_tolerant(expectation)
    alpha = question.alpha / (len(labels) - 1)
    outcomes = outcomes_of(question, expectation.metric)

    def beats(other: str, level: str) -> bool:
        measured = measure(outcomes, difference(other, level))
        effect = judge_effect(measured, weaker, alpha, question.looks, plan=False)
        return effect.evidence == "refuted"

    def beaten(level: str) -> bool:
        return any(beats(other, level) for other in labels if other != level)

    return [level for level in labels if not beaten(level)]


TYPE = Optimum()
