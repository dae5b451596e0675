"""Interaction: the effect of one factor differs between two levels of another.

Keys::

    compare: {depth: {from: 2, to: 3}}
    depends_on: {width: {from: 64, to: 256}}
    expect: {accuracy: {is: higher, matters_from: 0.01}}   # an interaction has its own size

Judged on the difference in differences per seed: the effect at `to` of `depends_on` minus the
effect at `from`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hyperverdict.claims.conjunction import check_legs, judge_legs, judged_legs, two_alphas
from hyperverdict.claims.factors import (
    find_arm,
    label,
    make_arm,
    read_change,
    refuse_single_run,
    unique_arms,
)
from hyperverdict.claims.model import Arm, Judgement, Leg, Question
from hyperverdict.claims.schemas import COMPARE
from hyperverdict.effects.effect import Contrast, difference
from hyperverdict.errors import UserError
from hyperverdict.study.model import Expectation, Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

DEPENDS_ON: dict[str, Any] = {
    **COMPARE,
    "description": "the factor, with two levels, that the effect of compare depends on",
    "examples": [{"width": {"from": 64, "to": 256}}],
}


class Interaction:
    """See the module."""

    name = "interaction"
    verb = "depends_on"
    keys = frozenset({"compare", "depends_on"})
    required = frozenset({"compare", "depends_on"})
    one_of: frozenset[str] = frozenset()
    schema: Mapping[str, Mapping[str, Any]] = {"compare": COMPARE, "depends_on": DEPENDS_ON}

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse equal arms, an interaction without a size of its own, a single seed."""
        check_legs(hypothesis)
        for expectation in hypothesis.expect:
            if expectation.matters_from is None:
                raise UserError(
                    f"expect: {expectation.metric}: an interaction needs a size of its own, "
                    f"e.g. {expectation.metric}: {{is: {expectation.direction}, "
                    f"matters_from: {study.metrics[expectation.metric].matters_from:g}}}"
                )
        for budget in hypothesis.at_equal:
            self.arms(hypothesis, study, budget)
        refuse_single_run(hypothesis)

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """From and to in the first context, then in the second."""
        changes = read_change(hypothesis.terms["compare"], "compare")
        contexts = read_change(hypothesis.terms["depends_on"], "depends_on")
        arms = [make_arm(study, levels, budget, c) for c in contexts for levels in changes]
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """Section 1 on the difference in differences; facts hold the effect in each context."""
        judgement = judge_legs(question, self.name, judge_leg)
        kept, _ = judged_legs(question)
        facts = {e.metric: effects_by_context(question, e) for e in kept}
        return replace(judgement, facts={"effects_by_context": facts})


Pair = tuple[str, str]


def pairs_of(question: Question) -> dict[str, Pair]:
    """Context -> labels of (to, from), in order."""
    terms = question.hypothesis.terms
    start, to = read_change(terms["compare"], "compare")
    contexts = read_change(terms["depends_on"], "depends_on")
    return {
        label(c): (find_arm(question.arms, to, c).label, find_arm(question.arms, start, c).label)
        for c in contexts
    }


def judge_leg(question: Question, expectation: Expectation) -> Leg:
    """One leg: the difference of the two effects."""
    first, second = pairs_of(question).values()
    effect = two_alphas(question, _twice(second, first), expectation, 1).plain
    rule = "the difference of the two effects"
    metric, direction = expectation.metric, expectation.direction
    return Leg(metric, direction, effect.evidence, (effect,), rule, effect.grade)


def effects_by_context(question: Question, expectation: Expectation) -> dict[str, Any]:
    """Context -> estimate and interval of to - from in it, for the reader."""
    found = {}
    for context, pair in pairs_of(question).items():
        effect = two_alphas(question, difference(*pair, context), expectation, 1).plain
        found[context] = {"estimate": effect.estimate, "ci1": list(effect.ci1)}
    return found


def _twice(second: Pair, first: Pair) -> Contrast:
    name = f"({second[0]} - {second[1]}) - ({first[0]} - {first[1]})"
    return Contrast(name, {second[0]: 1.0, second[1]: -1.0, first[0]: -1.0, first[1]: 1.0})


TYPE = Interaction()
