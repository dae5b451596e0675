"""Conditional: an effect that is there in some contexts only.

Keys::

    compare: {depth: {from: 2, to: 3}}
    only_in: {data: {yes: [fashion_mnist], no: [digits]}}
    expect: {accuracy: higher}

The contexts may be levels of any factor: data sets, `classes` or `train_samples` of one data set
(which isolate complexity better than two data sets do), `budget`, other hyperparameters.

"Only in" needs all three: the effect is supported in every `yes` context, its upper bound is below
delta in every `no` context, and the difference (mean over yes minus mean over no) is supported. A
supported difference alone is also there where the factor hurts in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hyperverdict.claims.conjunction import TwoAlphas, all_hold, check_legs, judge_legs, two_alphas
from hyperverdict.claims.conjunction import weakest_grade as weakest
from hyperverdict.claims.factors import (
    find_arm,
    label,
    make_arm,
    read_change,
    read_levels,
    refuse_single_run,
    unique_arms,
)
from hyperverdict.claims.model import Arm, Judgement, Leg, Question
from hyperverdict.claims.schemas import COMPARE, LEVELS
from hyperverdict.claims.trend import check_directions, tolerant
from hyperverdict.effects.effect import Contrast, difference
from hyperverdict.errors import UserError
from hyperverdict.study.model import Expectation, Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

ONLY_IN: dict[str, Any] = {
    "type": "object",
    "description": "one factor: contexts that have the effect (yes), contexts that lack it (no)",
    "examples": [{"data": {"yes": ["fashion_mnist"], "no": ["digits"]}}],
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": {
        "type": "object",
        "description": "levels of the factor",
        "required": ["yes", "no"],
        "additionalProperties": False,
        "properties": {
            "yes": {**LEVELS, "description": "contexts in which the effect is claimed"},
            "no": {**LEVELS, "description": "contexts in which it is claimed to be absent"},
        },
    },
}

Context = dict[str, Any]


class Conditional:
    """See the module."""

    name = "conditional"
    verb = "only_in"
    keys = frozenset({"compare", "only_in"})
    required = frozenset({"compare", "only_in"})
    one_of: frozenset[str] = frozenset()
    schema: Mapping[str, Mapping[str, Any]] = {"compare": COMPARE, "only_in": ONLY_IN}

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse equal arms, a context that is both yes and no, a single seed."""
        check_legs(hypothesis)
        check_directions(hypothesis, "a conditional claim is higher or lower")
        for budget in hypothesis.at_equal:
            self.arms(hypothesis, study, budget)
        refuse_single_run(hypothesis)

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """From and to in every context, yes first."""
        changes = read_change(hypothesis.terms["compare"], "compare")
        yes, no = read_contexts(hypothesis.terms["only_in"])
        arms = [make_arm(study, levels, budget, c) for c in yes + no for levels in changes]
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """All three parts, leg by leg; facts say which contexts are yes and no."""
        judgement = judge_legs(question, self.name, judge_leg)
        yes, no = read_contexts(question.hypothesis.terms["only_in"])
        facts = {"yes": [label(c) for c in yes], "no": [label(c) for c in no]}
        return replace(judgement, facts=facts)


def read_contexts(raw: object) -> tuple[tuple[Context, ...], tuple[Context, ...]]:
    """The contexts (yes, no); UserError for a malformed or contradictory list."""
    if not isinstance(raw, Mapping) or len(raw) != 1:
        raise UserError(
            f"only_in must name one factor, like {{data: {{yes: [a], no: [b]}}}}, not {raw!r}"
        )
    [(factor, lists)] = raw.items()
    # YAML 1.1 readers turn the words yes and no into true and false.
    words = {True: "yes", False: "no"}
    named = {words.get(k, k): v for k, v in lists.items()} if isinstance(lists, Mapping) else {}
    if set(named) != {"yes", "no"}:
        raise UserError(f"only_in: {factor} must have 'yes' and 'no', not {lists!r}")
    yes = read_levels(str(factor), named["yes"], "only_in, yes", least=1)
    no = read_levels(str(factor), named["no"], "only_in, no", least=1)
    read_levels(str(factor), [*yes, *no], "only_in, yes and no")
    return tuple({str(factor): x} for x in yes), tuple({str(factor): x} for x in no)


def judge_leg(question: Question, expectation: Expectation) -> Leg:
    """One leg: every yes context, every no context, then the difference."""
    start, to = read_change(question.hypothesis.terms["compare"], "compare")
    yes, no = read_contexts(question.hypothesis.terms["only_in"])
    parts = len(yes) + len(no) + 1

    def labels(context: Context) -> tuple[str, str]:
        return (
            find_arm(question.arms, to, context).label,
            find_arm(question.arms, start, context).label,
        )

    def within(context: Context, wanted: Expectation) -> TwoAlphas:
        return two_alphas(question, difference(*labels(context), label(context)), wanted, parts)

    absent = opposite_tolerant(expectation)
    effects = [within(context, expectation) for context in yes]
    effects += [within(context, absent) for context in no]
    contrast = mean_difference([labels(c) for c in yes], [labels(c) for c in no])
    effects.append(two_alphas(question, contrast, expectation, parts))
    evidence = all_hold(effects)
    shown = tuple(e.shown for e in effects)
    grade = weakest([e.grade for e in shown]) if evidence == "supported" else ""
    rule = "there in yes, below the size that matters in no, and different between them"
    return Leg(expectation.metric, expectation.direction, evidence, shown, rule, grade)


def opposite_tolerant(expectation: Expectation) -> Expectation:
    """ "Absent": not_higher where higher is claimed elsewhere, not_lower for lower."""
    flipped = "lower" if expectation.direction == "higher" else "higher"
    return tolerant(replace(expectation, direction=flipped))  # type: ignore[arg-type]


def mean_difference(yes: list[tuple[str, str]], no: list[tuple[str, str]]) -> Contrast:
    """Mean of to - from over yes contexts minus that over no contexts."""
    weights: dict[str, float] = {}
    for pairs, sign in ((yes, 1.0), (no, -1.0)):
        for to, start in pairs:
            weights[to] = sign / len(pairs)
            weights[start] = -sign / len(pairs)
    return Contrast("effect in yes - effect in no", weights)


TYPE = Conditional()
