"""Means without their extremes: what an effect is when single runs cannot move it far."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hyperverdict.stats.intervals import Estimate, Floats, rounding_sd, satterthwaite, spread

# Share of the values that is cut from either end.
TRIM = 0.2
# Below this many values nothing is cut.
TRIMMED_FROM = 5


def trimmed_one_sample(values: Sequence[float] | Floats, floor_sd: float = 0.0) -> Estimate:
    """20% trimmed mean of per-seed contrasts [n] with its t interval.

    Its variance is the winsorised sum of squares over h (h - 1), where h values are kept, with
    h - 1 degrees of freedom. Source: Tukey and McLaughlin, Sankhya A 25 (1963); Yuen, Biometrika 61
    (1974) has the same for two samples.
    """
    mean, variance, kept = _trimmed(np.asarray(values, dtype=float), floor_sd)
    if kept < 2:
        return Estimate(mean, math.nan, math.inf, 0.0, len(values))
    error = math.sqrt(variance)
    return Estimate(mean, error * math.sqrt(len(values)), error, kept - 1.0, len(values))


def trimmed_welch(
    arms: Sequence[tuple[float, Sequence[float] | Floats]], resolution: float = 0.0
) -> Estimate:
    """Sum of weight x 20% trimmed mean over independent arms, as `intervals.welch` for means.

    Source: Yuen, Biometrika 61 (1974). For two arms that keep 5 values or more it is scipy's
    ``ttest_ind(trim=0.2, equal_var=False)``, which has neither a floor nor more than two arms.
    """
    floor = rounding_sd(resolution, (1.0,))
    found = [(w, *_trimmed(np.asarray(v, dtype=float), floor), len(v)) for w, v in arms]
    n = min(size for *_, size in found)
    if n == 0:
        return Estimate(math.nan, math.nan, math.inf, 0.0, 0)
    value = math.fsum(weight * mean for weight, mean, *_ in found)
    if n < 2:
        return Estimate(value, math.nan, math.inf, 0.0, n)
    parts = [weight**2 * variance for weight, _, variance, _, _ in found]
    df = satterthwaite(parts, [kept - 1 for *_, kept, _ in found])
    sd = math.sqrt(math.fsum(p * size for p, (*_, size) in zip(parts, found, strict=True)))
    return Estimate(value, sd, math.sqrt(math.fsum(parts)), df, n)


def _trimmed(values: Floats, floor_sd: float) -> tuple[float, float, int]:
    """(trimmed mean, variance of it, values kept); of less than 2 values the variance is nan."""
    n = len(values)
    if n < 2:
        return (float(values[0]) if n else math.nan), math.nan, n
    cut = int(TRIM * n)
    ordered = np.sort(values)
    kept = ordered[cut : n - cut]
    winsorised = np.clip(ordered, kept[0], kept[-1])
    sd = max(spread(winsorised), floor_sd)
    return float(kept.mean()), sd**2 * (n - 1) / (len(kept) * (len(kept) - 1)), len(kept)
