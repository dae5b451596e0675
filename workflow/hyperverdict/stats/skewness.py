"""Skewness, and how much of it a mean of n values can carry."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy

from hyperverdict.stats.intervals import Floats, spread
from hyperverdict.stats.thresholds import SKEWNESS_CARRIED

# Below this many values no skewness can be told from chance.
SKEWNESS_FROM = 5
# n and the skewness that 1% of normal samples exceed (200,000 samples each).
NORMAL = (
    (5, 2.08),
    (6, 2.10),
    (7, 2.06),
    (8, 2.00),
    (10, 1.88),
    (12, 1.75),
    (15, 1.61),
    (20, 1.41),
)


def skewness(values: Sequence[float] | Floats) -> float | None:
    """Skewness of values [n], adjusted for n; None below 5 values and where they do not vary.

    Source: Joanes and Gill, The Statistician 47 (1998), their G1; at most sqrt(n).
    """
    data = np.asarray(values, dtype=float)
    if len(data) < SKEWNESS_FROM or spread(data) == 0:
        return None
    return float(scipy.stats.skew(data, bias=False))


def skewness_carried(n: int) -> float:
    """The skewness up to which a t interval on n values is taken as it is.

    The larger of what the t test can carry, which grows with the root of n, and what 1% of normal
    samples of n exceed.
    """
    sizes, limits = zip(*NORMAL, strict=True)
    return max(SKEWNESS_CARRIED * math.sqrt(n), float(np.interp(n, sizes, limits)))
