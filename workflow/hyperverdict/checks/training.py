"""What state of training does the number stand for?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hyperverdict.checks.context import CheckContext, extremes
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, caveat, check
from hyperverdict.claims.model import Leg
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.outcomes.values import is_counted
from hyperverdict.vocabulary.metrics import RECORDED, Metric
from hyperverdict.words.numbers import count, digits, size_text, value_text

Floats = npt.NDArray[np.float64]

MINIMUM_POINTS = 4
LOSS = RECORDED["loss"]
# Loss at which overfitting shows when the study states no size for losses.
LOSS_MATTERS_FROM = 0.01


@dataclass(frozen=True)
class MeanCurve:
    """One arm's curve over training, averaged over seeds.

    Attributes:
        steps: [T]; progress: [T], 0 to 1; epochs: [T]; values: [T].
    """

    steps: Floats
    progress: Floats
    epochs: Floats
    values: Floats


def mean_curve(a: ArmRuns, split: str, metric: Metric) -> MeanCurve | None:
    """Mean over seeds at each evaluation, on the scale that is judged; None below 4 evaluations."""
    arrays = a.curve_arrays
    if not len(a.curve) or not metric.curve or metric.curve not in arrays:
        return None
    values = arrays[metric.curve].astype(float)
    kept = (arrays["split"] == split) & (arrays["step"] > 0) & np.isfinite(values)
    steps, place = np.unique(arrays["step"][kept].astype(float), return_inverse=True)
    if len(steps) < MINIMUM_POINTS:
        return None
    counts = np.bincount(place)
    epochs = np.bincount(place, arrays["epoch"][kept].astype(float)) / counts
    means = np.bincount(place, values[kept]) / counts
    if metric.complement_of:
        means = 1.0 - means
    if metric.ratio:
        means = np.log(np.maximum(means, np.finfo(float).tiny))
    return MeanCurve(steps, steps / steps[-1], epochs, means)


def _curve_leg(context: CheckContext) -> Leg | None:
    """The first judged leg on a metric that has a validation curve and a better direction."""
    legs = (leg for leg in context.judged if leg.metric.curve and leg.metric.better)
    return next((leg for leg in legs if not leg.metric.is_time), None)


def _margin(metric: Metric) -> float:
    """Half the size that matters, on the scale that is judged; infinite where none is stated."""
    size = metric.matters_from or math.inf
    return (math.log(size) if metric.ratio else size) / 2


@check(
    "caveat",
    title="Training had levelled off",
    explains="The validation curve of every arm: one that would gain more than half the size that "
    "matters in a further quarter of the training may change the ranking.",
    remedy="Train longer, or judge the claim at a larger budget as well.",
)
def still_improving(context: CheckContext) -> Found:
    """Slope over the last quarter x a further quarter > delta / 2."""
    leg = _curve_leg(context)
    # A claim on epochs is about the improvement itself.
    if leg is None or context.claim.reads == "epochs":
        return NOT_APPLICABLE
    metric = leg.metric
    sign = -1.0 if metric.better == "lower" else 1.0
    curves = ((a.title, mean_curve(a, "validation_curve", metric)) for a in context.arms)
    gains = {title: sign * quarter_gain(curve) for title, curve in curves if curve is not None}
    if not gains:
        return NOT_APPLICABLE
    best = max(gains, key=lambda title: gains[title])
    if gains[best] <= _margin(metric):
        return None
    gain = size_text(math.exp(gains[best]) if metric.ratio else gains[best], metric, 2)
    sentence = (
        f"{best} was still improving: at the pace of its last quarter, by {gain} more in a further "
        "quarter. Longer training may change the ranking."
    )
    return caveat(sentence, 5.5)


def quarter_gain(curve: MeanCurve) -> float:
    """Least-squares slope over the last quarter of training x a further quarter."""
    last = curve.progress >= 0.75
    if last.sum() < 2:
        last = np.arange(len(last)) >= len(last) - 2
    slope = float(np.polyfit(curve.progress[last], curve.values[last], 1)[0])
    return 0.25 * slope


@check(
    "caveat",
    title="The order of the arms had settled",
    explains="The validation curves of both arms of a difference: whether their order in the last "
    "half of the training was the other way round.",
    remedy="Judge the claim at several budgets, because the order changes during training.",
)
def curves_cross(context: CheckContext) -> Found:
    """The order in the last half of training is not the order at its end."""
    leg = _curve_leg(context)
    if leg is None:
        return NOT_APPLICABLE
    looked = False
    for effect, start, to in context.pairs:
        if effect.metric != leg.metric:
            continue
        first, second = (mean_curve(a, "validation_curve", leg.metric) for a in (start, to))
        if first is None or second is None:
            continue
        looked = True
        at = crossing(first, second, _margin(leg.metric))
        if at is not None:
            sentence = (
                f"The order depends on when training stops: at {at:.0%} of the training "
                f"{start.title} and {to.title} were in the opposite order."
            )
            return caveat(sentence, 5.2)
    return None if looked else NOT_APPLICABLE


def crossing(first: MeanCurve, second: MeanCurve, margin: float) -> float | None:
    """The latest progress in the last half at which the final order was reversed by > `margin`."""
    grid = np.linspace(0.5, 1.0, 21)
    lead = np.interp(grid, second.progress, second.values) - np.interp(
        grid, first.progress, first.values
    )
    reversed_by = -np.sign(lead[-1]) * lead
    where = np.flatnonzero(reversed_by > margin)
    return float(grid[where[-1]]) if len(where) else None


@check(
    "caveat",
    title="No overfitting",
    explains="Whether the validation loss of an arm rose again while its training loss fell.",
    remedy="Stop earlier, or add regularisation to the overfitting arm.",
)
def overfitting(context: CheckContext) -> Found:
    """Validation loss rises by more than matters while training loss falls."""
    stated = context.study.metrics.get(LOSS.name, LOSS)
    delta = LOSS_MATTERS_FROM if stated.ratio else stated.matters_from or LOSS_MATTERS_FROM
    looked, found = False, []
    for a in context.arms:
        validation = mean_curve(a, "validation_curve", LOSS)
        train = mean_curve(a, "train", LOSS)
        if validation is None or train is None:
            continue
        looked = True
        after = overfits_after(validation, train, delta)
        if after is not None:
            found.append((after, a.title))
    if not found:
        return None if looked else NOT_APPLICABLE
    (epoch, title), more = min(found), len(found) - 1
    others = f" (and {count(more, 'other arm')})" if more else ""
    sentence = (
        f"Overfitting after epoch {digits(epoch, 2)} in {title}{others}: the validation loss rose."
    )
    return caveat(sentence, 2.5)


def overfits_after(validation: MeanCurve, train: MeanCurve, delta: float) -> float | None:
    """The epoch of the lowest validation loss, when it rose since and training loss fell."""
    lowest = int(np.argmin(validation.values))
    rise = validation.values[-1] - validation.values[lowest]
    then = float(np.interp(validation.steps[lowest], train.steps, train.values))
    return float(validation.epochs[lowest]) if rise > delta and train.values[-1] < then else None


@check(
    "blocks",
    "caveat",
    title="Scores are not the best of many epochs",
    explains="Tables from elsewhere whose metric is the best of all epochs, which is better than "
    "the final one by chance. It blocks where arms had unequal numbers of evaluations.",
    remedy="Report the final evaluation, or the epoch that validation chooses.",
)
def maximum_over_epochs(context: CheckContext) -> Found:
    """The metric is a maximum over epochs."""
    if context.elsewhere is None:
        return NOT_APPLICABLE
    column = context.elsewhere.maximum
    if not column:
        return None
    looks = {a.title: _evaluations(a) for a in context.arms}
    known = [n for n in looks.values() if n > 1]
    if len(set(known)) > 1:
        most, least = extremes(looks)
        sentence = (
            f"{column} is the best of unequal numbers of evaluations: {looks[most]} for {most}, "
            f"{looks[least]} for {least}."
        )
        return blocks(sentence, "maximum over epochs", 7)
    if known:
        sentence = (
            f"{column} is the best of {known[0]} evaluations, which makes it better by about "
            f"{digits(expected_maximum(known[0]), 2)} standard deviations of their noise."
        )
    else:
        sentence = (
            f"{column} is the best of an unknown number of evaluations, which makes it better."
        )
    return caveat(sentence, 6.2)


def _evaluations(a: ArmRuns) -> int:
    if not len(a.curve):
        return 0
    counts = a.curve.groupby("seed")["step"].nunique()
    return int(counts.median()) if len(counts) else 0


def expected_maximum(k: int) -> float:
    """E[max of k standard normals], by Blom's approximation of normal order statistics (1958)."""
    import scipy

    return float(scipy.special.ndtri((k - 0.375) / (k + 0.25))) if k > 1 else 0.0


@check(
    "caveat",
    title="Scores leave room for differences",
    explains="Whether all arms are within the size that matters of a perfect score, or of the "
    "score of guessing.",
    remedy="Use harder data or a smaller budget, so that differences can show.",
)
def ceiling_or_floor(context: CheckContext) -> Found:
    """All arms within delta of the best or of the chance score."""
    looked = False
    for name, outcomes in context.question.outcomes.items():
        metric = outcomes.metric
        means = [a.summary.means[name] for a in context.arms if name in a.summary.means]
        delta = metric.matters_from
        # A ratio that matters is no distance from a perfect score.
        comparable = metric.is_fraction and metric.better and not metric.ratio
        if not comparable or delta is None or len(means) < 2:
            continue
        looked = True
        scores = means if metric.better == "higher" else [1 - mean for mean in means]
        if min(scores) > 1 - delta:
            return caveat("Ceiling: all arms are near the best possible score.", 4.2)
        chance = _chance(context.arms) if is_counted(metric) else None
        if chance is not None and max(scores) < chance + delta:
            level = value_text(chance if metric.better == "higher" else 1 - chance, metric)
            return caveat(f"Floor: all arms score as guessing does ({level}).", 4.2)
    return None if looked else NOT_APPLICABLE


def _chance(arms: Iterable[ArmRuns]) -> float | None:
    """The accuracy of guessing, for our own runs on data sets of known classes."""
    shares = set()
    for a in arms:
        facts = a.arm.data_facts
        if facts is None:
            return None
        shares.add(1 / len(a.arm.configuration["classes"] or facts.class_counts))
    return max(shares, default=None)


@check(
    "caveat",
    title="Runs of all arms fail equally often",
    explains="The share of runs of each arm that ended without a result: the mean covers only the "
    "rest.",
    remedy="Find out why runs fail before comparing the finished ones.",
)
def failures_differ(context: CheckContext) -> Found:
    """Failure rates differ between arms."""
    failures = [f for f in context.judgement.failures if f.total]
    if len(context.arms) < 2:
        return NOT_APPLICABLE
    rates = [f.failed / f.total for f in failures]
    if not rates or math.isclose(max(rates), min(rates)):
        return None
    worst = failures[rates.index(max(rates))]
    sentence = (
        f"{worst.total - worst.failed} of {count(worst.total, 'run')} of "
        f"{context.by_label[worst.arm].title} finished; its mean covers only those."
    )
    return caveat(sentence, 7.5)


CHECKS: tuple[Check, ...] = (
    still_improving,
    curves_cross,
    overfitting,
    maximum_over_epochs,
    ceiling_or_floor,
    failures_differ,
)
