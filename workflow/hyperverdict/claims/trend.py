"""Trend: at least 3 ordered levels of one factor (4 to be free of a caveat).

Keys::

    trend: {depth: [1, 2, 3, 4]}      # from smallest to largest
    shape: every_step                 # or never_worse, or on_average
    expect: {accuracy: higher}

Shapes:
    on_average: the line fitted over log-level rises; judged on its change over the tested range.
    never_worse: every step's lower bound is above -delta, and last - first is supported.
    every_step: every adjacent difference is supported.

What counts against a claim shares alpha. A single step refutes every_step when it is opposite, two-
sided at alpha / steps, and never_worse when it is opposite beyond -delta, one-sided at half of
alpha / steps, since smaller dips are within what that shape allows. The other half of alpha is for
"no meaningful effect": every step is negligible (every_step), or no step is worse and last - first
is negligible (never_worse). Page's test is not used: with a true dip it rejects.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, Self

from hyperverdict.claims.conjunction import (
    TwoAlphas,
    all_hold,
    check_design,
    check_directions,
    every_step,
    judge_legs,
    leg_of,
    tolerant,
    two_alphas,
)
from hyperverdict.claims.factors import (
    factor_title,
    levels_text,
    make_arm,
    read_factors,
    refuse_single_run,
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
from hyperverdict.claims.schemas import SHAPE, TREND
from hyperverdict.effects.contrast import Weighted, difference, fit
from hyperverdict.effects.effect import Effect, Evidence, Expectation
from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.vocabulary.vocabulary import Vocabulary

SHAPES = {
    "every_step": "every step",
    "never_worse": "no step worse, and the last level better than the first",
    "on_average": "on average over the range",
}
MINIMUM_LEVELS = 3


@dataclass(frozen=True)
class Trend(Claim):
    """See the module.

    Attributes:
        levels: of the one factor, from smallest to largest.
    """

    factor: str
    levels: tuple[Level, ...]
    shape: str

    kind = "trend"
    verb = "trend"
    keys = frozenset({"trend", "shape"})
    required = frozenset({"trend"})
    schema: ClassVar[Mapping[str, Any]] = {"trend": TREND, "shape": SHAPE}
    figure = "levels"

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses levels that have no order or are not in order, and a missing shape."""
        factor, levels = read_trend(written.vocabulary, written.terms["trend"])
        return cls(*written.common, factor, levels, read_shape(written.terms))

    def check(self, design: Design) -> None:
        """Refuse too few levels and a single seed."""
        check_design(self, design)
        check_directions(self)
        refuse_few_levels(self.factor, self.levels, self.vocabulary)
        refuse_single_run(design)

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """One arm a level, from smallest to largest."""
        arms = (make_arm(baseline, {self.factor: level}, budget) for level in self.levels)
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """The claimed shape, leg by leg; facts hold the fitted slope."""
        judgement = judge_legs(question, self._judge_leg)
        return replace(judgement, facts=self._slopes(question, judgement))

    def _judge_leg(self, question: Question, expectation: Expectation) -> Leg:
        evidence, effects = judge_shape(
            question, question.arms, self.factor, expectation, self.shape
        )
        return leg_of(expectation, evidence, effects)

    def _slopes(self, question: Question, judgement: Judgement) -> dict[str, Any]:
        """Per metric the fitted slope (per doubling where levels are above 0) with its interval."""
        numbers = level_numbers(self.factor, self.levels)
        positions = scores(numbers)
        slopes = {}
        for leg in judgement.legs:
            if leg.is_judged:
                contrast = fitted_change(leg.metric, question.arms, self.factor)
                change = two_alphas(question, contrast, leg.expectation, 1).plain
                slopes[leg.metric.name] = _slope(change, positions[-1] - positions[0])
        unit = "per doubling" if min(numbers) > 0 else f"per unit of {factor_title(self.factor)}"
        return {"slopes": slopes, "slope_unit": unit}

    @property
    def topic(self) -> str:
        """Its factor."""
        return factor_title(self.factor)

    @property
    def terms_text(self) -> str:
        """For example "trend over depth 1, 2, 3, 4, every step"."""
        levels = levels_text({self.factor: self.levels}, self.vocabulary)
        return f"trend over {levels}, {SHAPES[self.shape]}"

    def null(self, leg: Leg) -> str:
        """No change."""
        return f"{leg.metric.title} does not change with the level"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """A refuted trend says what refutes it; without an effect, what is too small."""
        slots = _Slots(how=_how(judgement, self.shape), what=NEGLIGIBLE_PARTS[self.shape])
        changed: tuple[Evidence, ...] = ("refuted", "no meaningful effect")
        return {**MEANINGS, **{kind: MEANINGS[kind].format_map(slots) for kind in changed}}


class _Slots(dict[str, str]):
    """Fills the slots that it holds and leaves the others."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _how(judgement: Judgement, shape: str) -> str:
    """What refutes a trend."""
    legs = [leg for leg in judgement.judged_legs if leg.evidence == "refuted"]
    if shape == "on_average":
        return "over the tested range it goes the other way"
    if shape == "every_step":
        return "at least one step goes the other way"
    steps = [effect for leg in legs for effect in leg.effects[:-1]]
    if any(effect.evidence == "refuted" for effect in steps):
        return "at least one step is worse by {size} or more"
    return "the last level is worse than the first"


def read_trend(
    vocabulary: Vocabulary, raw: Mapping[str, Any], where: str = "trend"
) -> tuple[str, tuple[Level, ...]]:
    """The factor and its levels; UserError unless they are numbers in rising order."""
    [(factor, levels)] = read_factors(vocabulary, raw, where, minimum=1).items()
    row = vocabulary.hyperparameters.get(factor)
    for level in levels:
        if row is not None and level in row.words:
            raise UserError(
                f"{where}: {vocabulary.show(factor, level)!r} has no place in the order of "
                f"{factor}; write the number"
            )
    numbers = level_numbers(factor, levels)
    if list(numbers) != sorted(numbers):
        written = next(iter(raw.values()))
        raise UserError(
            f"{where}: list the levels of {factor} from smallest to largest, not {list(written)}"
        )
    return factor, levels


def level_numbers(factor: str, levels: Sequence[Level]) -> tuple[float, ...]:
    """Levels as numbers; UserError for a factor whose levels have no order."""
    kinds = {level.kind for level in levels if isinstance(level, Budget)}
    if len(kinds) > 1:
        raise UserError(
            f"trend: the training lengths mix {' and '.join(sorted(kinds))}; write all of them in "
            "one unit"
        )
    numbers = []
    for level in levels:
        value = level.amount if isinstance(level, Budget) else level
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise UserError(
                f"trend: the levels of {factor} have no order ({value!r} is not a number); "
                "use compare"
            )
        numbers.append(float(value))
    return tuple(numbers)


def read_shape(terms: Mapping[str, Any]) -> str:
    """The claimed shape; UserError when missing or unknown, naming the three."""
    if "shape" not in terms:
        raise UserError(f"shape is missing: which trend is claimed? ({', '.join(SHAPES)})")
    shape = str(terms["shape"])
    if shape not in SHAPES:
        raise UserError(f"shape {shape!r} is not known; {nearest(shape, SHAPES)}")
    return shape


def refuse_few_levels(factor: str, levels: Sequence[Level], vocabulary: Vocabulary) -> None:
    """A trend over two levels is a comparison."""
    if len(levels) < MINIMUM_LEVELS:
        raise UnanswerableError(
            f"tested {', '.join(vocabulary.spell(factor, x) for x in levels)}: {len(levels)} "
            f"levels cannot show a trend; give {factor} at least 4 levels, or use compare"
        )


def scores(numbers: Sequence[float]) -> tuple[float, ...]:
    """Positions of the levels [K]: log2 where all are above 0, else the levels themselves."""
    return tuple(map(math.log2, numbers)) if min(numbers) > 0 else tuple(numbers)


def slope_weights(positions: Sequence[float]) -> tuple[float, ...]:
    """Weights [K] of the least-squares slope on `positions`."""
    centre = math.fsum(positions) / len(positions)
    squares = math.fsum((x - centre) ** 2 for x in positions)
    return tuple((x - centre) / squares for x in positions)


def fitted_change(metric: Metric, arms: Sequence[Arm], factor: str, context: str = "") -> Weighted:
    """The fitted line's change from the first to the last arm, as a contrast."""
    numbers = level_numbers(factor, [arm.settings[factor] for arm in arms])
    positions = scores(numbers)
    span = positions[-1] - positions[0]
    return fit(metric, arms, [w * span for w in slope_weights(positions)], context)


def judge_shape(
    question: Question,
    arms: Sequence[Arm],
    factor: str,
    expectation: Expectation,
    shape: str,
    parts: int = 1,
    context: str = "",
) -> tuple[Evidence, tuple[TwoAlphas, ...]]:
    """Evidence for a shape over ordered arms, and the effects it rests on.

    Args:
        parts: parts of the claim (contexts) that share alpha, this one included. Whatever counts
            against the claim is read at alpha / parts.
    """
    metric = expectation.metric
    if shape == "on_average":
        contrast = fitted_change(metric, arms, factor, context)
        change = two_alphas(question, contrast, expectation, parts)
        return all_hold([change]), (change,)
    steps = len(arms) - 1
    contrasts = [difference(metric, start, to, context) for start, to in pairwise(arms)]
    if shape == "every_step":
        effects = tuple(two_alphas(question, c, expectation, steps * parts) for c in contrasts)
        return every_step(effects, alone=parts == 1), effects
    weaker = tolerant(expectation)
    effects = tuple(two_alphas(question, c, weaker, steps * parts).sharing for c in contrasts)
    ends = difference(metric, arms[0], arms[-1], context)
    last = two_alphas(question, ends, expectation, parts).sharing
    return _never_worse(effects, last), (*effects, last)


def _never_worse(steps: Sequence[TwoAlphas], last: TwoAlphas) -> Evidence:
    if any(e.strict.evidence == "refuted" for e in steps) or last.strict.evidence == "refuted":
        return "refuted"
    if not all(e.plain.evidence == "supported" for e in steps):
        return "inconclusive"
    # Only then, so that a false claim cannot be wrong in two ways: supported, or without an effect.
    if last.strict.evidence == "no meaningful effect":
        return "no meaningful effect"
    return "supported" if last.plain.evidence == "supported" else "inconclusive"


def _slope(change: Effect, span: float) -> dict[str, Any]:
    def per_unit(value: float) -> float:
        return value ** (1 / span) if change.ratio else value / span

    return {
        "estimate": per_unit(change.estimate),
        "interval": [per_unit(change.ci[0]), per_unit(change.ci[1])],
        "change": change.estimate,
        "change_interval": list(change.ci),
        "evidence": change.evidence,
    }


MEANINGS: Mapping[Evidence, str] = {
    "supported": "The trend holds over the tested levels {where}; other levels were not tested.",
    "refuted": "The trend in {metric} does not hold {where}: {how}.",
    "no meaningful effect": "There is no trend that matters {where}: {what} below {size}.",
    "inconclusive": "The trend is undecided {where}: with these seeds, at least one change between "
    "levels is too small to tell from noise.",
}
NEGLIGIBLE_PARTS = {
    "every_step": "the change from each level to the next is",
    "never_worse": "no step is worse, and over the whole tested range the change is",
    "on_average": "over the whole tested range the change is",
}
