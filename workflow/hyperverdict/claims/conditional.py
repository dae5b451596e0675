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
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from hyperverdict.claims.conjunction import (
    TwoAlphas,
    all_hold,
    check_design,
    check_directions,
    judge_legs,
    leg_of,
    opposite_tolerant,
    two_alphas,
)
from hyperverdict.claims.factors import (
    Levels,
    change_text,
    factor_title,
    find_pair,
    make_arm,
    read_change,
    read_levels,
    refuse_single_run,
    title,
    unique_arms,
)
from hyperverdict.claims.model import Claim, Design, Judgement, Leg, Question, Written
from hyperverdict.claims.schemas import COMPARE, LEVELS
from hyperverdict.effects.contrast import Contrast, Weighted, difference
from hyperverdict.effects.effect import Evidence, Expectation
from hyperverdict.effects.outcomes import Arm
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.words.numbers import listed

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


@dataclass(frozen=True)
class Conditional(Claim):
    """See the module.

    Attributes:
        start, to: the levels that are compared.
        factor: whose levels the contexts are.
        yes, no: contexts with and without the effect.
    """

    start: Levels
    to: Levels
    factor: str
    yes: tuple[Levels, ...]
    no: tuple[Levels, ...]

    kind = "conditional"
    verb = "only_in"
    keys = frozenset({"compare", "only_in"})
    required = frozenset({"compare", "only_in"})
    schema: ClassVar[Mapping[str, Any]] = {"compare": COMPARE, "only_in": ONLY_IN}

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses a context that is both yes and no."""
        start, to = read_change(written.vocabulary, written.terms["compare"], "compare")
        [(named, lists)] = written.terms["only_in"].items()
        factor = written.vocabulary.resolve(str(named))
        yes = read_levels(written.vocabulary, factor, lists["yes"], "only_in, yes", minimum=1)
        no = read_levels(written.vocabulary, factor, lists["no"], "only_in, no", minimum=1)
        both = [*lists["yes"], *lists["no"]]
        read_levels(written.vocabulary, factor, both, "only_in, yes and no")
        contexts = (tuple({factor: level} for level in levels) for levels in (yes, no))
        return cls(*written.common, start, to, factor, *contexts)

    def check(self, design: Design) -> None:
        """Refuse equal arms and a single seed."""
        check_design(self, design)
        check_directions(self, "a conditional claim is higher or lower")
        refuse_single_run(design)

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """From and to in every context, yes first."""
        ends = (self.start, self.to)
        arms = (make_arm(baseline, x, budget, c) for c in (*self.yes, *self.no) for x in ends)
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """All three parts, leg by leg; facts hold the number of contexts."""
        judgement = judge_legs(question, self._judge_leg)
        return replace(judgement, facts={"contexts": len(self.yes) + len(self.no)})

    def _judge_leg(self, question: Question, expectation: Expectation) -> Leg:
        """Every yes context, every no context, then the difference."""
        parts = len(self.yes) + len(self.no) + 1

        def within(context: Levels, wanted: Expectation) -> TwoAlphas:
            pair = self._pair(question, context)
            name = title(context, self.vocabulary)
            contrast = difference(expectation.metric, *pair, name)
            return two_alphas(question, contrast, wanted, parts)

        absent = opposite_tolerant(expectation)
        effects = [within(context, expectation) for context in self.yes]
        effects += [within(context, absent) for context in self.no]
        contrast = self._contrast(question, expectation)
        effects.append(two_alphas(question, contrast, expectation, parts))
        return leg_of(expectation, all_hold(effects), effects)

    def _pair(self, question: Question, context: Levels) -> tuple[Arm, Arm]:
        return find_pair(question.arms, self.start, self.to, context)

    def _contrast(self, question: Question, expectation: Expectation) -> Weighted:
        """Mean of to - from over yes contexts minus that over no contexts."""
        weights: dict[str, float] = {}
        for contexts, sign in ((self.yes, 1.0), (self.no, -1.0)):
            for context in contexts:
                start, to = self._pair(question, context)
                weights[to.label] = sign / len(contexts)
                weights[start.label] = -sign / len(contexts)
        yes, no = (
            tuple(title(context, self.vocabulary) for context in contexts)
            for contexts in (self.yes, self.no)
        )
        change = change_text(self.start, self.to, self.vocabulary)
        contrast = Contrast(
            "conditional", expectation.metric, tuple(weights), no, yes, change=change
        )
        return Weighted(contrast, weights)

    @property
    def topic(self) -> str:
        """What is compared, by which contexts."""
        return f"{listed(map(factor_title, self.start))} by {factor_title(self.factor)}"

    @property
    def terms_text(self) -> str:
        """For example "depth 2 → 3, only in data fashion_mnist, not in data digits"."""
        yes, no = (
            listed((title(c, self.vocabulary) for c in contexts), "or")
            for contexts in (self.yes, self.no)
        )
        return f"{change_text(self.start, self.to, self.vocabulary)} only with {yes}, not with {no}"

    def null(self, leg: Leg) -> str:
        """No effect."""
        return f"the effect on {leg.metric.title} is zero"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """What became of "only"."""
        return MEANINGS


MEANINGS: Mapping[Evidence, str] = {
    "supported": "“Only” holds {where}: the effect is there in the named contexts, absent in the "
    "others, and the two differ.",
    "refuted": "“Only” is wrong {where}: the effect is missing where it was claimed, or present "
    "where it was excluded.",
    "no meaningful effect": "“Only” does not hold {where}: the contexts differ by less than "
    "{size}.",
    "inconclusive": "“Only” is undecided {where}: at least one of its three parts is open (an "
    "effect in the named contexts, none in the others, a difference between them).",
}
