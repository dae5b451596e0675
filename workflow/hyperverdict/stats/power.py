"""Power of the direction and equivalence decisions, and the seeds they need.

Seeds are planned for the smallest effect of interest, never for the observed effect.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import scipy

from hyperverdict.stats.intervals import Floats, t_quantile

POWER = 0.8
UPPER_LIMIT = 0.8
MOST_SEEDS = 10_000_000
# Beyond this many seeds the sample SD is normal to four digits.
NORMAL_FROM = 200
NODES = 100
# Below this alpha the noncentral t distribution is replaced where few seeds make it slow.
FAR_TAIL = 1e-3

# Whether n seeds, judged at this nominal alpha, are enough.
Enough = Callable[[int, float], bool]
# How the seeds for a claim at alpha are searched, from a guess; a look rule has one of its own.
Search = Callable[[Enough, float, int], int]


def smallest(enough: Callable[[int], bool], guess: int = 2) -> int:
    """The smallest n from 2 for which `enough` holds: strides from a guess, then bisection."""
    if enough(guess):
        low, high = _last_failing(enough, guess)
    else:
        low, high = _first_passing(enough, guess)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _last_failing(enough: Callable[[int], bool], high: int) -> tuple[int, int]:
    """(n that is not enough, a larger n that is), striding down; 1 is never enough."""
    stride = 1
    while high > 2:
        low = max(2, high - stride)
        if not enough(low):
            return low, high
        high, stride = low, 2 * stride
    return 1, high


def _first_passing(enough: Callable[[int], bool], low: int) -> tuple[int, int]:
    """(n that is not enough, a larger n that is), striding up to MOST_SEEDS at most."""
    stride = 1
    while low < MOST_SEEDS:
        high = min(low + stride, MOST_SEEDS)
        if enough(high):
            return low, high
        low, stride = high, 2 * stride
    return MOST_SEEDS - 1, MOST_SEEDS


def single_look_seeds(enough: Enough, alpha: float, guess: int = 2) -> int:
    """The smallest number of seeds for a test at alpha that is the only look."""
    return smallest(lambda n: enough(n, alpha), guess)


def _guess(ratio: float, alpha: float) -> int:
    """Seeds for equivalence by the normal approximation, to start a search from."""
    z = float(scipy.special.ndtri(1 - alpha))
    n = (ratio * (z + float(scipy.special.ndtri((1 + POWER) / 2)))) ** 2 + z**2 / 2
    return max(2, round(min(n, MOST_SEEDS)))


def direction_power(n: int, ratio: float, alpha: float) -> float:
    """P(the t interval excludes 0 on the right side) when the effect is delta.

    Args:
        ratio: sigma / delta, both of the contrast per seed.
        alpha: two-sided.
    """
    if n < 2 or not 0 < alpha < 1:
        return 0.0
    if ratio == 0:
        return 1.0
    shift = math.sqrt(n) / ratio
    return 1 - float(scipy.special.nctdtr(n - 1, shift, t_quantile(1 - alpha / 2, n - 1)))


def equivalence_power(n: int, ratio: float, alpha: float) -> float:
    """P(CI at 1 - 2 alpha lies inside (-delta, delta)) when the effect is 0.

    Args as in `direction_power`. Integrates over the distribution of the sample SD, which beyond
    200 seeds is taken as normal with variance sigma^2 / (2 df).
    """
    if n < 2 or not 0 < alpha < 0.5:
        return 0.0
    if ratio == 0:
        return 1.0
    shift, critical = math.sqrt(n) / ratio, t_quantile(1 - alpha, n - 1)
    if n > NORMAL_FROM:
        spread = math.sqrt(1 + critical**2 / (2 * (n - 1)))
        return max(0.0, float(2 * scipy.special.ndtr((shift - critical) / spread) - 1))
    sd_ratios, weights = _sd_nodes(n)
    half = critical * sd_ratios
    inside: Floats = np.maximum(0.0, 2 * scipy.special.ndtr(shift - half) - 1)
    return float(weights @ inside)


@lru_cache(maxsize=NORMAL_FROM)
def _sd_nodes(n: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes of s / sigma for n seeds, and the probability that each stands for."""
    df = n - 1
    reach = 8 / math.sqrt(2 * df)
    low, high = max(0.0, 1 - reach), 1 + reach
    points, weights = _legendre()
    nodes = low + (high - low) * (points + 1) / 2
    density = np.exp((df - 1) * np.log(nodes) - df * (nodes**2 - 1) / 2)
    mass: Floats = weights * density
    return nodes, mass / mass.sum()


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(NODES)


@lru_cache(maxsize=4096)
def seeds_for_equivalence(ratio: float, alpha: float, search: Search = single_look_seeds) -> int:
    """Seeds that prove an effect of 0 smaller than delta with 80% power.

    Args:
        ratio: sigma / delta.
        search: the `seeds` of the look rule that will apply.
    """
    return search(
        lambda n, nominal: equivalence_power(n, ratio, nominal) >= POWER,
        alpha,
        _guess(ratio, alpha),
    )


def seeds_needed(
    sd: float, df: float, delta: float, alpha: float, search: Search = single_look_seeds
) -> tuple[int, int]:
    """Seeds that settle a contrast either way: at its SD, and at that SD's upper 80% limit."""
    return _either(sd / delta, alpha, search), _either(sd_limit(sd, df) / delta, alpha, search)


@lru_cache(maxsize=4096)
def _either(ratio: float, alpha: float, search: Search) -> int:
    def enough(n: int, nominal: float) -> bool:
        return (
            direction_power(n, ratio, nominal) >= POWER
            and equivalence_power(n, ratio, nominal) >= POWER
        )

    return search(enough, alpha, _guess(ratio, alpha))


def sd_limit(sd: float, df: float) -> float:
    """Upper 80% limit of the true SD: ``sd * sqrt(df / chi2.ppf(0.2, df))``."""
    return sd * math.sqrt(df / float(scipy.special.chdtri(df, UPPER_LIMIT)))


def detectable_effect(sd: float, n: int, alpha: float) -> float:
    """The effect that `n` seeds prove with 80% power, in the unit of `sd`; infinite at alpha 0."""
    if n < 2 or alpha <= 0:
        return math.inf
    if sd == 0:
        return 0.0
    if alpha < FAR_TAIL:
        # So far out the spread of the sample SD decides alone; the noncentral t is slow there.
        spread = math.sqrt(float(scipy.special.chdtri(n - 1, 1 - POWER)) / (n - 1))
        return sd * t_quantile(1 - alpha / 2, n - 1) * spread / math.sqrt(n)
    low, high = 0.0, 1.0
    while direction_power(n, 1 / high, alpha) < POWER:
        low, high = high, 2 * high
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (
            (low, middle) if direction_power(n, 1 / middle, alpha) >= POWER else (middle, high)
        )
    return sd * high
