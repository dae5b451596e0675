"""Optimum: one level (or each of several) is within the size that matters of the best.

Keys::

    best: {batch_size: [4, 16, 32, 64, 128, 256]}
    is: [128]                          # several levels: each of them
    expect: {accuracy: higher}         # what best means

Every other level is compared with the claimed one. Supported when no other level is better by
delta (each upper bound is below it, Hsu, Annals of Statistics 12 (1984)), refuted when one is: when
its one-sided lower bound at alpha / comparisons is above delta. Each of the two is wrong only where
the other is right, so that each may use all of alpha. A max-t critical value from the estimated
correlations is not used: at 5 to 10 seeds its error reaches .06 (docs/error-rates.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from hyperverdict.claims.conjunction import (
    all_hold,
    check_design,
    check_directions,
    judge_legs,
    judged_legs,
    opposite_tolerant,
    outcomes_of,
    two_alphas,
)
from hyperverdict.claims.factors import (
    factor_title,
    find_arm,
    levels_text,
    make_arm,
    read_factors,
    read_levels,
    refuse_single_run,
    unique_arms,
)
from hyperverdict.claims.model import Claim, Design, Judgement, Leg, Question, Written
from hyperverdict.claims.schemas import LEVEL, LEVELS
from hyperverdict.effects.contrast import difference
from hyperverdict.effects.effect import Evidence, Expectation, judge_effect
from hyperverdict.effects.measure import measure
from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.vocabulary import Vocabulary
from hyperverdict.words.numbers import listed

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
    "description": "the level claimed best, or a list: each is within matters_from of the best",
}


@dataclass(frozen=True)
class Optimum(Claim):
    """See the module.

    Attributes:
        levels: all that are compared.
        claimed: those claimed to be best.
    """

    factor: str
    levels: tuple[Level, ...]
    claimed: tuple[Level, ...]

    kind = "optimum"
    verb = "best"
    keys = frozenset({"best", "is"})
    required = frozenset({"best", "is"})
    figure = "levels"
    schema: ClassVar[Mapping[str, Any]] = {"best": BEST, "is": IS}

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses a claimed level that is not among the levels."""
        [(factor, levels)] = read_factors(written.vocabulary, written.terms["best"], "best").items()
        claimed = read_claimed(written.vocabulary, factor, levels, written.terms["is"])
        return cls(*written.common, factor, levels, claimed)

    def check(self, design: Design) -> None:
        """Refuse sizes, "not lower" and a single seed."""
        check_design(self, design)
        check_directions(self, "the best is the one that is higher or lower")
        refuse_single_run(design)

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """One arm a level, in the order written."""
        arms = (make_arm(baseline, {self.factor: level}, budget) for level in self.levels)
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """Leg by leg; facts hold the levels that the data leave within delta of the best."""
        judgement = judge_legs(question, self._judge_leg)
        kept, _ = judged_legs(question)
        sets = [[e.metric.title, not_excluded(question, e)] for e in kept]
        return replace(judgement, facts={"within_delta_of_best": sets})

    def _judge_leg(self, question: Question, expectation: Expectation) -> Leg:
        """Every other level against every claimed one."""
        arms = {level: find_arm(question.arms, {self.factor: level}) for level in self.levels}
        pairs = [(other, c) for c in self.claimed for other in self.levels if other != c]
        weaker = opposite_tolerant(expectation)
        effects = [
            two_alphas(
                question,
                difference(expectation.metric, arms[c], arms[other]),
                weaker,
                len(pairs),
            )
            for other, c in pairs
        ]
        return Leg(expectation, all_hold(effects), tuple(effect.shown for effect in effects))

    @property
    def topic(self) -> str:
        """The best level of its factor."""
        return f"best {factor_title(self.factor)}"

    @property
    def terms_text(self) -> str:
        """For example "best of batch size 4, 32, 128 is 128"."""
        levels = levels_text({self.factor: self.levels}, self.vocabulary)
        claimed = listed(self.vocabulary.spell(self.factor, level) for level in self.claimed)
        return f"best of {levels} is {claimed}"

    def null(self, leg: Leg) -> str:
        """Equal means."""
        return f"both levels have the same mean {leg.metric.title}"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """Whether the claimed level is best."""
        return MEANINGS

    def findings(self, judgement: Judgement) -> tuple[str, ...]:
        """Which levels may be the best."""
        return tuple(
            f"Levels that may be the best in {what}: {listed(names)}."
            for what, names in judgement.facts.get("within_delta_of_best", ())
        )


def read_claimed(
    vocabulary: Vocabulary, factor: str, levels: tuple[Level, ...], raw: Any
) -> tuple[Level, ...]:
    """The claimed levels: a level, or a list of them.

    A list is one level where it spells one of a factor whose levels are lists.
    """
    one = _level_or_none(vocabulary, factor, raw)
    if one in levels:
        return (one,)
    many = raw if isinstance(raw, (list, tuple)) else [raw]
    claimed = read_levels(vocabulary, factor, many, "is", minimum=1)
    for level, written in zip(claimed, many, strict=True):
        if level not in levels:
            names = ", ".join(vocabulary.spell(factor, x) for x in levels)
            raise UserError(f"is: {written!r} is not among the levels of best ({names})")
    if len(claimed) == len(levels):
        raise UserError("is: all levels of best are claimed; leave at least one to compare with")
    return claimed


def _level_or_none(vocabulary: Vocabulary, factor: str, raw: object) -> Level:
    try:
        return vocabulary.read(factor, raw)
    except UserError:
        return None


def not_excluded(question: Question, expectation: Expectation) -> list[str]:
    """Titles of the levels not proven worse than another by more than delta.

    Each comparison is one-sided at alpha / (K - 1).

    A level truly within delta of the best is left out with probability alpha at most.
    """
    weaker = opposite_tolerant(expectation)
    alpha = question.alpha / (len(question.arms) - 1)
    outcomes = outcomes_of(question, expectation.metric)

    def beats(other: Arm, arm: Arm) -> bool:
        measured = measure(outcomes, difference(expectation.metric, arm, other))
        effect = judge_effect(measured, weaker, alpha, question.look_rule, plan=False)
        return effect.evidence == "refuted"

    def beaten(arm: Arm) -> bool:
        return any(beats(other, arm) for other in question.arms if other is not arm)

    return [arm.title for arm in question.arms if not beaten(arm)]


MEANINGS: Mapping[Evidence, str] = {
    "supported": "The claimed level is within {size} of the best tested level {where}.",
    "refuted": "The claimed level is not the best {where}: at least one other tested level is "
    "better by more than {size}.",
    "no meaningful effect": "All tested levels do equally well {where}, to within {size}, so the "
    "claimed one is not better than the others.",
    "inconclusive": "It is undecided {where} whether the claimed level is within {size} of the "
    "best.",
}
