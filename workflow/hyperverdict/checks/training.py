"""Checks 10 to 13, 18, 22: what state of training does the number stand for?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hyperverdict.checks.context import ArmRuns, Case
from hyperverdict.study.model import Metric
from hyperverdict.verdicts.model import Check
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.words.counting import count, digits, size

Floats = npt.NDArray[np.float64]

CURVE_METRICS = {"accuracy": "accuracy", "error": "accuracy", "loss": "loss"}
LEAST_POINTS = 4
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


def mean_curve(a: ArmRuns, split: str, column: str) -> MeanCurve | None:
    """Mean over seeds at each evaluation; None below 4 evaluations."""
    arrays = a.curve_arrays
    if not len(a.curve) or column not in arrays:
        return None
    values = arrays[column].astype(float)
    kept = (arrays["split"] == split) & (arrays["step"] > 0) & np.isfinite(values)
    steps, place = np.unique(arrays["step"][kept].astype(float), return_inverse=True)
    if len(steps) < LEAST_POINTS:
        return None
    counts = np.bincount(place)
    epochs = np.bincount(place, arrays["epoch"][kept].astype(float)) / counts
    return MeanCurve(steps, steps / steps[-1], epochs, np.bincount(place, values[kept]) / counts)


def _curve_metric(case: Case) -> Metric | None:
    """The first judged metric that has a validation curve."""
    for leg in case.judgement.legs:
        if leg.metric in CURVE_METRICS and not leg.dropped_because:
            return case.question.study.metrics.get(leg.metric)
    return None


def still_improving(case: Case) -> Check | None:
    """10 C: slope over the last quarter x remaining quarter > delta / 2."""
    metric = _curve_metric(case)
    # A learning curve claims that it still improves.
    if metric is None or case.judgement.kind == "learning curve":
        return None
    column = CURVE_METRICS[metric.name]
    gains = {}
    for a in case.arms:
        curve = mean_curve(a, "validation_curve", column)
        if curve is not None:
            gains[a.arm.label] = quarter_gain(curve) * (-1 if column == "loss" else 1)
    best = max(gains, key=lambda label: gains[label], default=None)
    if best is None or gains[best] <= metric.matters_from / 2:
        return None
    sentence = (
        f"{best} was still improving ({size(gains[best], metric.name)} in a further quarter of "
        "the training); the ranking may change with longer training."
    )
    return Check("10", "caveat", sentence, gravity=5.5)


def quarter_gain(curve: MeanCurve) -> float:
    """Least-squares slope over the last quarter of training x a further quarter."""
    last = curve.progress >= 0.75
    if last.sum() < 2:
        last = np.arange(len(last)) >= len(last) - 2
    slope = float(np.polyfit(curve.progress[last], curve.values[last], 1)[0])
    return 0.25 * slope


def curves_cross(case: Case) -> Check | None:
    """11 C: the order in the last half of training is not the order at its end."""
    metric = _curve_metric(case)
    if metric is None:
        return None
    column = CURVE_METRICS[metric.name]
    for effect in case.effects():
        pair = case.pair(effect)
        if pair is None or effect.metric != metric.name:
            continue
        curves = [mean_curve(a, "validation_curve", column) for a in pair]
        if curves[0] is None or curves[1] is None:
            continue
        at = crossing(curves[0], curves[1], metric.matters_from / 2)
        if at is not None:
            sentence = (
                f"The order depends on when you stop: at {at:.0%} of the training "
                f"{pair[0].arm.label} and {pair[1].arm.label} stood the other way round."
            )
            return Check("11", "caveat", sentence, gravity=5.2)
    return None


def crossing(first: MeanCurve, second: MeanCurve, margin: float) -> float | None:
    """The latest progress in the last half at which the final order was reversed by > `margin`."""
    grid = np.linspace(0.5, 1.0, 21)
    lead = np.interp(grid, second.progress, second.values) - np.interp(
        grid, first.progress, first.values
    )
    reversed_by = -np.sign(lead[-1]) * lead
    where = np.flatnonzero(reversed_by > margin)
    return float(grid[where[-1]]) if len(where) else None


def overfitting(case: Case) -> Check | None:
    """12 C: validation loss rises by more than matters while training loss falls."""
    loss = case.question.study.metrics.get("loss")
    delta = loss.matters_from if loss and not loss.ratio else LOSS_MATTERS_FROM
    found = []
    for a in case.arms:
        validation = mean_curve(a, "validation_curve", "loss")
        train = mean_curve(a, "train", "loss")
        after = overfits_after(validation, train, delta) if validation and train else None
        if after is not None:
            found.append((after, a.arm.label))
    if not found:
        return None
    (epoch, label), more = min(found), len(found) - 1
    others = f" (and {count(more, 'other arm')})" if more else ""
    sentence = (
        f"Overfitting after epoch {digits(epoch, 2)} in {label}{others}: validation loss rose."
    )
    return Check("12", "caveat", sentence, gravity=2.5)


def overfits_after(validation: MeanCurve, train: MeanCurve, delta: float) -> float | None:
    """The epoch of the lowest validation loss, when it rose since and training loss fell."""
    lowest = int(np.argmin(validation.values))
    rise = validation.values[-1] - validation.values[lowest]
    then = float(np.interp(validation.steps[lowest], train.steps, train.values))
    return float(validation.epochs[lowest]) if rise > delta and train.values[-1] < then else None


def maximum_over_epochs(case: Case) -> Check | None:
    """13 B/C: the metric is a maximum over epochs; B where arms had unequal numbers of looks."""
    if not case.source.get("maximum"):
        return None
    looks = {a.arm.label: _evaluations(a) for a in case.arms}
    known = [n for n in looks.values() if n > 1]
    column = case.source["maximum"]
    if len(set(known)) > 1:
        most, least = max(looks, key=lambda k: looks[k]), min(looks, key=lambda k: looks[k])
        sentence = (
            f"{column} is the best of unequal numbers of looks: {most} had {looks[most]}, "
            f"{least} {looks[least]}."
        )
        return Check("13", "blocks", sentence, "maximum over epochs", 7)
    if known:
        adds = expected_maximum(known[0])
        sentence = (
            f"{column} is the best of {known[0]} looks, which makes it better by about "
            f"{digits(adds, 2)} standard deviations of the noise between looks."
        )
    else:
        sentence = f"{column} is the best of an unknown number of looks, and better for that."
    return Check("13", "caveat", sentence, gravity=6.2)


def _evaluations(a: ArmRuns) -> int:
    if not len(a.curve):
        return 0
    counts = a.curve.groupby("seed")["step"].nunique()
    return int(counts.median()) if len(counts) else 0


def expected_maximum(k: int) -> float:
    """E[max of k standard normals], by Blom's approximation of normal order statistics (1958)."""
    import scipy

    return float(scipy.special.ndtri((k - 0.375) / (k + 0.25))) if k > 1 else 0.0


def ceiling_or_floor(case: Case) -> Check | None:
    """18 C: all arms within delta of the best or of the chance score."""
    for name, outcomes in case.question.outcomes.items():
        means = [a.summary.means[name] for a in case.arms if name in a.summary.means]
        if name not in ("accuracy", "error") or len(means) < 2:
            continue
        scores = means if name == "accuracy" else [1 - m for m in means]
        delta = outcomes.metric.matters_from
        if min(scores) > 1 - delta:
            return Check("18", "caveat", "Ceiling: differences cannot show.", gravity=4.2)
        chance = None if case.foreign else _chance(case.arms)
        if chance is not None and max(scores) < chance + delta:
            sentence = (
                f"Floor: all arms are at chance ({size(chance, name)}); differences cannot show."
            )
            return Check("18", "caveat", sentence, gravity=4.2)
    return None


def _chance(arms: Iterable[ArmRuns]) -> float | None:
    """The accuracy of guessing, for data sets of known classes."""
    shares = set()
    for a in arms:
        configuration = a.arm.configuration
        if configuration.data not in DATASETS:
            return None
        shares.add(1 / len(configuration.classes or DATASETS[configuration.data].class_counts))
    return max(shares, default=None)


def failures_differ(case: Case) -> Check | None:
    """22 C: failure rates differ between arms."""
    rates = {f.arm: f.failed / f.total for f in case.judgement.failures if f.total}
    if not rates or math.isclose(max(rates.values()), min(rates.values())):
        return None
    worst = max(case.judgement.failures, key=lambda f: f.failed / max(f.total, 1))
    survived = worst.total - worst.failed
    sentence = (
        f"{survived} of {worst.total} runs of {worst.arm} survived; the mean describes survivors."
    )
    return Check("22", "caveat", sentence, gravity=7.5)


CHECKS = (
    still_improving,
    curves_cross,
    overfitting,
    maximum_over_epochs,
    ceiling_or_floor,
    failures_differ,
)
