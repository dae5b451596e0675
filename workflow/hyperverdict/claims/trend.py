"""Trend: at least 3 ordered levels of one factor (4 to be free of a caveat).

Keys::

    trend: {depth: [1, 2, 3, 4]}      # from smallest to largest
    shape: every_step                 # or never_worse, or on_average
    expect: {accuracy: higher}

Shapes:
    on_average: the line fitted over log-level rises; judged on its change over the tested range.
    never_worse: every step's lower bound is above -delta, and last - first is supported.
    every_step: every adjacent difference is supported.

A single step refutes the last two when it is opposite at alpha / steps (for never_worse: opposite
beyond -delta, since smaller dips are within what the shape allows). Page's test is not used: with
a true dip it rejects.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hyperverdict.claims.conjunction import (
    TwoAlphas,
    all_hold,
    check_legs,
    judge_legs,
    two_alphas,
    weakest_grade,
)
from hyperverdict.claims.factors import (
    level_text,
    make_arm,
    read_factors,
    read_level,
    refuse_single_run,
    unique_arms,
)
from hyperverdict.claims.model import (
    Arm,
    Effect,
    Evidence,
    Judgement,
    Leg,
    Question,
    UnanswerableError,
)
from hyperverdict.claims.schemas import SHAPE, TREND
from hyperverdict.effects.effect import Contrast, difference
from hyperverdict.errors import UserError, nearest
from hyperverdict.study.model import Direction, Expectation, Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

SHAPES = ("every_step", "never_worse", "on_average")
LEAST_LEVELS = 3

RULES = {
    "every_step": "every adjacent step",
    "never_worse": "no step worse by the size that matters, and last against first",
    "on_average": "the fitted change over the whole range",
}

_TOLERANT: dict[Direction, Direction] = {"higher": "not_lower", "lower": "not_higher"}


class Trend:
    """See the module."""

    name = "trend"
    verb = "trend"
    keys = frozenset({"trend", "shape"})
    required = frozenset({"trend"})
    one_of: frozenset[str] = frozenset()
    schema: Mapping[str, Mapping[str, Any]] = {"trend": TREND, "shape": SHAPE}

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse unordered or repeated levels, a missing shape, too few levels, a single seed."""
        check_legs(hypothesis)
        check_directions(hypothesis)
        read_shape(hypothesis.terms)
        for budget in hypothesis.at_equal:
            self.arms(hypothesis, study, budget)
        refuse_few_levels(hypothesis.terms["trend"])
        refuse_single_run(hypothesis)

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """One arm a level, from smallest to largest."""
        factor, levels = read_trend(hypothesis.terms["trend"])
        arms = [make_arm(study, {factor: level}, budget) for level in levels]
        return unique_arms(arms, "trend")

    def judge(self, question: Question) -> Judgement:
        """The claimed shape, leg by leg; facts hold the fitted slope and every step."""
        judgement = judge_legs(question, self.name, judge_leg)
        return replace(judgement, facts=trend_facts(question, judgement))


def read_trend(raw: object, where: str = "trend") -> tuple[str, tuple[Any, ...]]:
    """The factor and its levels as written; UserError unless they are numbers in rising order."""
    factors = read_factors(raw, where, least=1)
    if len(factors) != 1:
        raise UserError(f"{where} must name one factor, not {', '.join(factors)}")
    [(factor, levels)] = factors.items()
    numbers = level_numbers(factor, levels)
    if list(numbers) != sorted(numbers):
        raise UserError(
            f"{where}: list the levels of {factor} from smallest to largest, not {list(levels)}"
        )
    return factor, levels


def level_numbers(factor: str, levels: Sequence[Any]) -> tuple[float, ...]:
    """Levels as numbers; UserError for a factor whose levels have no order."""
    numbers = []
    for raw in levels:
        value = read_level(factor, raw)
        if isinstance(value, Budget):
            value = value.amount
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise UserError(f"trend: {factor} has no order ({raw!r} is not a number); use compare")
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


def check_directions(
    hypothesis: Hypothesis,
    why: str = "a trend is higher or lower; for 'not lower' use shape: never_worse",
) -> None:
    """Refuse not_lower, not_higher and sizes where the type needs higher or lower."""
    for expectation in hypothesis.expect:
        if expectation.direction not in _TOLERANT or expectation.between is not None:
            raise UserError(f"expect: {expectation.metric}: {why}")


def refuse_few_levels(raw: object) -> None:
    """A trend over two levels is a comparison."""
    factor, levels = read_trend(raw)
    if len(levels) < LEAST_LEVELS:
        raise UnanswerableError(
            f"Tested {', '.join(level_text(factor, x) for x in levels)}: {len(levels)} levels "
            f"cannot show a trend; give {factor} at least 4 levels, or use compare"
        )


def scores(numbers: Sequence[float]) -> tuple[float, ...]:
    """Positions of the levels [K]: log2 where all are above 0, else the levels themselves."""
    return tuple(map(math.log2, numbers)) if min(numbers) > 0 else tuple(numbers)


def slope_weights(positions: Sequence[float]) -> tuple[float, ...]:
    """Weights [K] of the least-squares slope on `positions`."""
    centre = math.fsum(positions) / len(positions)
    squares = math.fsum((x - centre) ** 2 for x in positions)
    return tuple((x - centre) / squares for x in positions)


def fitted_change(arms: Sequence[Arm], factor: str, context: str = "") -> Contrast:
    """The fitted line's change from the first to the last arm, as a contrast."""
    numbers = level_numbers(factor, [arm.settings[factor] for arm in arms])
    positions = scores(numbers)
    span = positions[-1] - positions[0]
    weights = [w * span for w in slope_weights(positions)]
    name = f"fitted change from {arms[0].label} to {arms[-1].label}"
    labels = [arm.label for arm in arms]
    return Contrast(name, dict(zip(labels, weights, strict=True)), context)


def steps_of(arms: Sequence[Arm], context: str = "") -> tuple[Contrast, ...]:
    """Adjacent differences, in order [K - 1]."""
    pairs = zip(arms[1:], arms[:-1], strict=True)
    return tuple(difference(to.label, start.label, context) for to, start in pairs)


def tolerant(expectation: Expectation) -> Expectation:
    """The same leg as "not worse": not_lower for higher, not_higher for lower."""
    return replace(expectation, direction=_TOLERANT[expectation.direction])


def judge_leg(question: Question, expectation: Expectation) -> Leg:
    """One leg of a trend in one context."""
    shape = read_shape(question.hypothesis.terms)
    evidence, effects = judge_shape(question, question.arms, expectation, shape)
    shown = tuple(e.shown for e in effects)
    grade = weakest_grade([e.grade for e in shown]) if evidence == "supported" else ""
    return Leg(expectation.metric, expectation.direction, evidence, shown, RULES[shape], grade)


def judge_shape(
    question: Question,
    arms: Sequence[Arm],
    expectation: Expectation,
    shape: str,
    parts: int = 1,
    context: str = "",
) -> tuple[Evidence, tuple[TwoAlphas, ...]]:
    """Evidence for a shape over ordered arms, and the effects it rests on.

    Args:
        parts: further parts of the claim (contexts) that share alpha when refuting.
    """
    factor = next(iter(arms[0].settings))
    if shape == "on_average":
        change = two_alphas(question, fitted_change(arms, factor, context), expectation, parts)
        return all_hold([change]), (change,)
    steps = len(arms) - 1
    contrasts = steps_of(arms, context)
    if shape == "every_step":
        effects = tuple(two_alphas(question, c, expectation, steps * parts) for c in contrasts)
        return _every_step(effects), effects
    weaker = tolerant(expectation)
    effects = tuple(two_alphas(question, c, weaker, steps * parts) for c in contrasts)
    ends = difference(arms[-1].label, arms[0].label, context)
    last = two_alphas(question, ends, expectation, parts)
    return _never_worse(effects, last), (*effects, last)


def _every_step(steps: Sequence[TwoAlphas]) -> Evidence:
    if any(e.strict.evidence == "refuted" for e in steps):
        return "refuted"
    if all(e.plain.evidence == "supported" for e in steps):
        return "supported"
    negligible = all(e.plain.evidence == "no meaningful effect" for e in steps)
    return "no meaningful effect" if negligible else "inconclusive"


def _never_worse(steps: Sequence[TwoAlphas], last: TwoAlphas) -> Evidence:
    if any(e.strict.evidence == "refuted" for e in steps) or last.strict.evidence == "refuted":
        return "refuted"
    if last.strict.evidence == "no meaningful effect":
        return "no meaningful effect"
    held = all(e.plain.evidence == "supported" for e in steps)
    return "supported" if held and last.plain.evidence == "supported" else "inconclusive"


def trend_facts(question: Question, judgement: Judgement) -> dict[str, Any]:
    """Per metric the fitted slope (per doubling where levels are above 0) with its interval."""
    factor = next(iter(question.arms[0].settings))
    numbers = level_numbers(factor, [arm.settings[factor] for arm in question.arms])
    positions = scores(numbers)
    facts: dict[str, Any] = {"factor": factor, "levels": list(numbers), "slopes": {}}
    for leg in judgement.legs:
        if leg.dropped_because:
            continue
        expectation = next(e for e in question.hypothesis.expect if e.metric == leg.metric)
        contrast = fitted_change(question.arms, factor)
        change = two_alphas(question, contrast, expectation, 1).plain
        facts["slopes"][leg.metric] = _slope(change, positions[-1] - positions[0])
    facts["slope_unit"] = "per doubling" if min(numbers) > 0 else f"per unit of {factor}"
    return facts


def _slope(change: Effect, span: float) -> dict[str, Any]:
    def per_unit(value: float) -> float:
        return value ** (1 / span) if change.ratio else value / span

    return {
        "estimate": per_unit(change.estimate),
        "ci1": [per_unit(change.ci1[0]), per_unit(change.ci1[1])],
        "change": change.estimate,
        "change_ci1": list(change.ci1),
        "evidence": change.evidence,
    }


TYPE = Trend()
