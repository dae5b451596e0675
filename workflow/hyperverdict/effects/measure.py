"""Measuring a contrast: pairing by seeds, failures, ratios on the log scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hyperverdict.effects.contrast import Contrast, Weighted
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.errors import UserError
from hyperverdict.stats.exact import mcnemar_p, sign_flip_p
from hyperverdict.stats.intervals import Estimate, correlation, one_sample, rounding_sd, welch
from hyperverdict.vocabulary.metrics import Metric

# Above this share of failed runs in an arm, the finished ones no longer speak for it.
MOST_FAILURES = 0.2
# Exact McNemar p up to which the failure rates of two arms are taken to differ.
RATES_DIFFER = 0.05
# Pairs are formed when this share of the smaller arm's seeds is matched.
MATCHED = 0.75


@dataclass(frozen=True)
class Measured:
    """A contrast as measured, on the scale it is judged on (log for ratio metrics).

    Attributes:
        failures_point: 0 when failures do not decide; else +1 or -1, the sign of the contrast
            that they speak for, or nan when they speak for none.
    """

    contrast: Contrast
    estimate: Estimate
    per_seed: tuple[tuple[int, float], ...]
    correlation: float | None
    sign_flip_p: float | None = None
    failures_point: float = 0.0


def measure(outcomes: Outcomes, weighted: Weighted) -> Measured:
    """Estimate a contrast from finished runs: per seed when seeds match, else by Welch.

    Whether seeds match is read off the seeds that were run, failed ones included, never off values.

    Raises UserError for a value of 0 or below in a ratio metric.
    """
    contrast, weights = weighted
    values = {label: _scaled(outcomes, label) for label in weights}
    finished = {label: _finished(runs) for label, runs in values.items()}
    point = _failures_point(outcomes.metric, weights, values)
    if _seeds_match([set(runs) for runs in values.values()]):
        per_seed = paired_contrast(finished, weights)
        floor = rounding_sd(outcomes.step, weights.values())
        estimate = one_sample([value for _, value in per_seed], floor)
        pairing = _pair_correlation(finished, weights)
        flips = sign_flip_p([value for _, value in per_seed])
        return Measured(contrast, estimate, per_seed, pairing, flips, point)
    arms = [(weight, list(finished[label].values())) for label, weight in weights.items()]
    estimate = welch(arms, outcomes.step)
    return Measured(contrast, estimate, (), None, None, point)


def paired_contrast(
    values: Mapping[str, Mapping[int, float]], weights: Mapping[str, float]
) -> tuple[tuple[int, float], ...]:
    """(seed, weighted sum) over the seeds that every arm finished, in seed order."""
    common = set.intersection(*(set(values[label]) for label in weights))
    return tuple(
        (seed, math.fsum(weight * values[label][seed] for label, weight in weights.items()))
        for seed in sorted(common)
    )


def _scaled(outcomes: Outcomes, label: str) -> dict[int, float]:
    """seed -> value on the judged scale, nan where the run failed."""
    runs = outcomes.values.get(label, {})
    if not outcomes.metric.ratio:
        return {seed: float(value) for seed, value in runs.items()}
    for seed, value in runs.items():
        if value <= 0:
            raise UserError(
                f"{outcomes.metric.name} of {label!r}, seed {seed}, is {value!r}: "
                "a ratio needs values above 0"
            )
    return {seed: math.log(value) for seed, value in runs.items()}


def _finished(runs: Mapping[int, float]) -> dict[int, float]:
    return {seed: value for seed, value in runs.items() if math.isfinite(value)}


def _seeds_match(seeds: Sequence[set[int]]) -> bool:
    """Whether arms were run on the same seeds, missing runs aside."""
    smallest = min(len(s) for s in seeds)
    return len(set.intersection(*seeds)) >= MATCHED * smallest


def _pair_correlation(
    finished: Mapping[str, Mapping[int, float]], weights: Mapping[str, float]
) -> float | None:
    if len(weights) != 2:
        return None
    first, second = (finished[label] for label in weights)
    seeds = sorted(first.keys() & second.keys())
    return correlation([first[s] for s in seeds], [second[s] for s in seeds])


def _failures_point(
    metric: Metric, weights: Mapping[str, float], values: Mapping[str, Mapping[int, float]]
) -> float:
    """Whether failures decide, and the sign of the contrast they speak for (see `Measured`)."""
    failed = {k: {s for s, v in runs.items() if not math.isfinite(v)} for k, runs in values.items()}
    if not any(failed.values()):
        return 0.0
    rates = {k: len(failed[k]) / len(values[k]) if values[k] else 0.0 for k in values}
    many = any(rate > MOST_FAILURES for rate in rates.values())
    if len(weights) != 2:
        return math.nan if many else 0.0
    first, second = weights
    unequal = mcnemar_p(len(failed[first] - failed[second]), len(failed[second] - failed[first]))
    if not many and unequal > RATES_DIFFER:
        return 0.0
    if rates[first] == rates[second]:
        return math.nan
    survivor = first if rates[first] < rates[second] else second
    better = {"higher": 1.0, "lower": -1.0, None: math.nan}[metric.better]
    return math.copysign(1.0, weights[survivor]) * better
