"""Two arms of which some seeds match and others do not: pairs and single runs in one estimate."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from hyperverdict.stats.intervals import (
    SATTERTHWAITE_FROM,
    Estimate,
    correlation,
    rounding_sd,
    satterthwaite,
    spread,
    welch,
)

# Pairs below which their correlation is taken as 0.
CORRELATED_FROM = 3


def partly_paired(
    start: Mapping[int, float], to: Mapping[int, float], resolution: float = 0.0
) -> Estimate:
    """Mean of `to` minus mean of `start` (seed -> value), of which some seeds are shared.

    The variance is Welch's less twice the covariance that the shared seeds give:
    ``v1/n1 + v2/n2 - 2 r s1 s2 m / (n1 n2)`` for m shared seeds, whose correlation is r. Degrees of
    freedom lie between those of the pairs, m - 1, and Welch's, by the share of single runs. Below 5
    runs in an arm they are the smallest arm's n - 1, as in `welch`.

    Source: Derrick, Russ, Toher and White, Journal of Modern Applied Statistical Methods 16 (2017),
    their statistic for unequal variances. The correlation of fewer than 3 pairs is taken as 0.
    """
    shared = sorted(start.keys() & to.keys())
    arms = ((-1.0, list(start.values())), (1.0, list(to.values())))
    apart = welch(arms, resolution)
    if apart.df <= 0 or len(shared) < CORRELATED_FROM:
        return apart
    first, second = (np.asarray(values, dtype=float) for _, values in arms)
    floor = rounding_sd(resolution, (1.0,))
    s1, s2 = max(spread(first), floor), max(spread(second), floor)
    n1, n2, m = len(first), len(second), len(shared)
    r = correlation([start[s] for s in shared], [to[s] for s in shared]) or 0.0
    parts = (s1**2 / n1, s2**2 / n2)
    variance = math.fsum(parts) - 2 * r * s1 * s2 * m / (n1 * n2)
    if variance <= 0:
        return apart
    df = apart.df
    if min(n1, n2) >= SATTERTHWAITE_FROM:
        between = satterthwaite(parts, (n1 - 1, n2 - 1))
        singles = n1 + n2 - 2 * m
        df = (m - 1) + (between - m + 1) * singles / (n1 + n2)
    return Estimate(apart.value, apart.sd, math.sqrt(variance), df, min(n1, n2))
