"""Does the claim reach past what was run?"""

from __future__ import annotations

from collections.abc import Sequence

from hyperverdict.checks.context import SHAPE_FACTORS, SIZE_NEUTRAL, CheckContext, spread
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, caveat, check
from hyperverdict.claims.factors import factor_title
from hyperverdict.claims.importance import ImportanceClaim
from hyperverdict.claims.optimum import Optimum
from hyperverdict.claims.trend import Trend
from hyperverdict.effects.effect import Effect
from hyperverdict.stats.decision import UPWARD
from hyperverdict.stats.thresholds import (
    MINIMUM_CONTEXTS,
    MUCH_LARGER,
    NOTABLE_SPREAD,
    RESOLVED_FROM,
    TREND_LEVELS,
)
from hyperverdict.words.numbers import count, digits, listed, percent_text, size_text


@check(
    "blocks",
    title="Runs of an arm trained for one length",
    explains="Runs of one arm that stopped at different amounts of training, as successive halving "
    "makes them: their mean mixes several budgets.",
    remedy="Compare runs of equal training only.",
)
def mixed_fidelities(context: CheckContext) -> Found:
    """Runs of one arm stopped at different amounts of training."""
    if not context.arms:
        return NOT_APPLICABLE
    for a in context.arms:
        for kind in ("epochs", "steps"):
            finished = a.finished
            if kind not in finished:
                continue
            amounts = sorted({float(x) for x in finished[kind].dropna()})
            if len(amounts) > 1 and spread(amounts) > NOTABLE_SPREAD:
                low, high = digits(amounts[0]), digits(amounts[-1])
                sentence = f"{a.title} mixes runs of {low} and of {high} {kind}."
                return blocks(sentence, "mixed fidelities", 9.8)
    return None


@check(
    "caveat",
    title="Levels reach as far as the claim",
    explains="Trends over fewer than four levels, and best levels at the edge of those tested.",
    remedy="Add levels up to where the claim reaches.",
)
def past_the_levels(context: CheckContext) -> Found:
    """A trend with fewer than four levels, or the best level at the edge."""
    claim = context.claim
    levels = _ordered_levels(context)
    if not isinstance(claim, (Trend, Optimum)) or not levels:
        return NOT_APPLICABLE
    if isinstance(claim, Trend) and len(levels) < TREND_LEVELS:
        sentence = (
            f"Tested {_range(levels)}, {count(len(levels), 'level')}: a trend needs four, and "
            "nothing is known beyond them."
        )
        return caveat(sentence, 4.8)
    edge = _best_edge(context, levels)
    if edge is None:
        return None
    side = "above" if edge == max(levels) else "below"
    sentence = (
        f"Tested {_range(levels)}; nothing is known {side} {digits(edge)}, where the best is."
    )
    return caveat(sentence, 4)


def _ordered_levels(context: CheckContext) -> list[float]:
    """Numeric levels of the one compared factor, ascending; empty otherwise."""
    if len(context.compared) != 1:
        return []
    (factor,) = context.compared
    levels = {a.arm.settings[factor] for a in context.arms}
    numbers = [float(x) for x in levels if isinstance(x, (int, float)) and not isinstance(x, bool)]
    return sorted(numbers) if len(numbers) == len(levels) else []


def _range(levels: Sequence[float]) -> str:
    return f"{digits(levels[0])} to {digits(levels[-1])}"


def _best_edge(context: CheckContext, levels: Sequence[float]) -> float | None:
    (factor,) = context.compared
    leg = next(iter(context.judged), None)
    if leg is None or not all(leg.metric.name in a.summary.means for a in context.arms):
        return None
    sign = 1 if leg.expectation.direction in UPWARD else -1
    best = max(context.arms, key=lambda a: a.summary.means[leg.metric.name] * sign)
    level = float(best.arm.settings[factor])
    return level if level in (levels[0], levels[-1]) else None


@check(
    "caveat",
    title="At least three contexts",
    explains="Claims over contexts (always, only in): few of them leave many exceptions possible.",
    remedy="Add contexts; each one narrows the exceptions that are still possible.",
)
def few_contexts(context: CheckContext) -> Found:
    """Fewer than three contexts for a claim that is judged in contexts."""
    n = int(context.judgement.facts.get("contexts", 0))
    if not n:
        return NOT_APPLICABLE
    if n >= MINIMUM_CONTEXTS:
        return None
    bound = percent_text(1 - 0.05 ** (1 / n), 0)
    return caveat(f"{count(n, 'context')}: exceptions up to {bound} are not excluded.", 5.8)


@check(
    "caveat",
    title="Test images resolve the effect",
    explains="Whether the size that matters, or a decided effect, is below what the number of test "
    "images or the decimals of the scores can show.",
    remedy="Use a larger test set or more decimals, or claim a larger effect.",
)
def below_resolution(context: CheckContext) -> Found:
    """Delta or a decided effect is below what test images or steps of scores resolve."""
    looked = False
    for effect in context.effects:
        outcomes = context.question.outcomes.get(effect.metric.name)
        if outcomes is None or not outcomes.step or effect.ratio or not effect.is_measured:
            continue
        looked = True
        limit = RESOLVED_FROM * max(outcomes.step, context.image_errors.get(effect.contrast, 0.0))
        sought = _too_small(effect, limit)
        if sought is not None:
            means = (
                f"{round(1 / outcomes.resolution):,} test images are too few"
                if outcomes.resolution >= outcomes.rounding
                else f"Scores in steps of {digits(outcomes.rounding)} are too coarse"
            )
            size = size_text(sought, effect.contrast, 2)
            return caveat(f"{means} to show a difference of {size} reliably.", 5)
    return None if looked else NOT_APPLICABLE


def _too_small(effect: Effect, limit: float) -> float | None:
    """The size sought that is below the limit: the size that matters, or a decided effect's."""
    if 0 < effect.delta < limit:
        return effect.delta
    decided = effect.is_decided and effect.about_direction
    return abs(effect.estimate) if decided and 0 < abs(effect.estimate) < limit else None


@check(
    "caveat",
    title="Networks of similar size",
    explains="Parameters and FLOPs of arms of different depth or width: a larger network may win "
    "by its size alone.",
    remedy="Compare arms of equal parameter count as well.",
)
def larger_networks(context: CheckContext) -> Found:
    """Parameters or FLOPs differ > 1.5x in a depth or width claim."""
    factors = context.compared & SHAPE_FACTORS
    if context.elsewhere and not context.compared <= SIZE_NEUTRAL:
        factors = context.compared
    if not factors or isinstance(context.claim, ImportanceClaim):
        return NOT_APPLICABLE
    for group in context.contexts():
        for what, amounts in (
            ("parameters", [a.summary.parameters for a in group]),
            ("FLOPs", [a.summary.flops_per_sample for a in group]),
        ):
            if spread(amounts) > MUCH_LARGER:
                return caveat(_larger_sentence(context, what, spread(amounts)), 3)
    return None


def _larger_sentence(context: CheckContext, what: str, ratio: float) -> str:
    factors = sorted(context.compared & SHAPE_FACTORS or context.compared)
    also = "also changes" if len(factors) == 1 else "also change"
    by = percent_text(ratio - 1, 0) if ratio < 2 else f"{digits(ratio, 2)} times"
    return f"{listed(map(factor_title, factors))} {also} the number of {what}, by up to {by}."


CHECKS: tuple[Check, ...] = (
    mixed_fidelities,
    past_the_levels,
    few_contexts,
    below_resolution,
    larger_networks,
)
