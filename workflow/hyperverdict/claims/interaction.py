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
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from hyperverdict.claims.conjunction import (
    check_design,
    judge_legs,
    judged_legs,
    leg_of_one,
    two_alphas,
)
from hyperverdict.claims.factors import (
    Levels,
    change_text,
    factor_title,
    find_pair,
    make_arm,
    read_change,
    refuse_single_run,
    title,
    unique_arms,
)
from hyperverdict.claims.model import Claim, Design, Judgement, Leg, Question, Written
from hyperverdict.claims.schemas import COMPARE
from hyperverdict.effects.contrast import Contrast, Weighted, difference
from hyperverdict.effects.effect import Evidence, Expectation
from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.words.numbers import estimate_text, listed

DEPENDS_ON: dict[str, Any] = {
    **COMPARE,
    "description": "the factor, with two levels, that the effect of compare depends on",
    "examples": [{"width": {"from": 64, "to": 256}}],
}


@dataclass(frozen=True)
class Interaction(Claim):
    """See the module.

    Attributes:
        start, to: the levels that are compared.
        contexts: the two contexts, from and to.
    """

    start: Levels
    to: Levels
    contexts: tuple[Levels, Levels]

    kind = "interaction"
    verb = "depends_on"
    keys = frozenset({"compare", "depends_on"})
    required = frozenset({"compare", "depends_on"})
    figure = "lines"
    schema: ClassVar[Mapping[str, Any]] = {"compare": COMPARE, "depends_on": DEPENDS_ON}

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses what does not change."""
        start, to = read_change(written.vocabulary, written.terms["compare"], "compare")
        contexts = read_change(written.vocabulary, written.terms["depends_on"], "depends_on")
        return cls(*written.common, start, to, contexts)

    def check(self, design: Design) -> None:
        """Refuse equal arms, an interaction without a size of its own, a single seed."""
        check_design(self, design)
        for expectation in self.expect:
            if not expectation.own_size:
                name = expectation.metric.name
                raise UserError(
                    f"expect: {name}: an interaction needs a size of its own, e.g. {name}: "
                    f"{{is: {expectation.direction}, matters_from: {expectation.matters_from:g}}}",
                    about="expect",
                )
        refuse_single_run(design)

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """From and to in the first context, then in the second."""
        ends = (self.start, self.to)
        arms = (make_arm(baseline, x, budget, c) for c in self.contexts for x in ends)
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """The difference in differences; facts hold the effect in each context."""
        judgement = judge_legs(question, self._judge_leg)
        kept, _ = judged_legs(question)
        return replace(judgement, facts={"within": [self._within(question, e) for e in kept]})

    def _judge_leg(self, question: Question, expectation: Expectation) -> Leg:
        contrast = self._contrast(question, expectation)
        return leg_of_one(expectation, two_alphas(question, contrast, expectation, 1).plain)

    def _pair(self, question: Question, context: Levels) -> tuple[Arm, Arm]:
        return find_pair(question.arms, self.start, self.to, context)

    def _contrast(self, question: Question, expectation: Expectation) -> Weighted:
        pairs = [self._pair(question, context) for context in self.contexts]
        labels = [arm.label for pair in pairs for arm in pair]
        names = [title(context, self.vocabulary) for context in self.contexts]
        contrast = Contrast(
            "interaction",
            expectation.metric,
            tuple(labels),
            (names[0],),
            (names[1],),
            change=change_text(self.start, self.to, self.vocabulary),
        )
        return Weighted(contrast, dict(zip(labels, (1.0, -1.0, -1.0, 1.0), strict=True)))

    def _within(self, question: Question, expectation: Expectation) -> list[str]:
        """The effect in each context, in words."""
        said = []
        for context in self.contexts:
            name = title(context, self.vocabulary)
            contrast = difference(expectation.metric, *self._pair(question, context), name)
            effect = two_alphas(question, contrast, expectation, 1).plain
            said.append(f"{estimate_text(effect)} with {name}")
        change = change_text(self.start, self.to, self.vocabulary)
        what = expectation.metric.title
        return [f"Within each context, {change} changes {what}: {listed(said)}."]

    @property
    def topic(self) -> str:
        """What depends on what."""
        factors = (listed(map(factor_title, levels)) for levels in (self.start, self.contexts[0]))
        return " by ".join(factors)

    @property
    def terms_text(self) -> str:
        """For example "depth 2 → 3 depends on width 64 → 256"."""
        change = change_text(self.start, self.to, self.vocabulary)
        return f"{change} depends on {change_text(*self.contexts, self.vocabulary)}"

    def null(self, leg: Leg) -> str:
        """No interaction."""
        return f"the effect on {leg.metric.title} is the same at both levels of the other factor"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """Whether one effect depends on the other factor."""
        return MEANINGS

    def findings(self, judgement: Judgement) -> tuple[str, ...]:
        """The effects within the contexts."""
        return tuple(s for said in judgement.facts.get("within", ()) for s in said)


MEANINGS: Mapping[Evidence, str] = {
    "supported": "The effect depends on the other factor {where}, in the claimed direction.",
    "refuted": "The effect depends on the other factor {where}, but in the opposite direction.",
    "no meaningful effect": "The effect does not depend on the other factor {where}: it changes by "
    "less than {size}, the smallest change that matters.",
    "inconclusive": "It is undecided {where} whether the effect depends on the other factor.",
}
