"""Exact tests and intervals: sign flips, binomial rates, paired failures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy

from hyperverdict.stats.intervals import Floats

# Below this many pairs even the most extreme outcome has a two-sided p above 0.05.
SIGN_FLIP_FROM = 6
SIGN_FLIP_TO = 36


def sign_flip_p(contrasts: Sequence[float] | Floats) -> float | None:
    """Exact two-sided p over all 2^n sign assignments of the per-seed contrasts [n].

    None below 6 contrasts, where it cannot reach 0.05, and above 36, where t is as good.
    Sums of two halves are combined by sorting, which takes 2^(n/2) steps.
    """
    values = np.asarray(contrasts, dtype=float)
    n = len(values)
    if not SIGN_FLIP_FROM <= n <= SIGN_FLIP_TO:
        return None
    # A sum that equals the observed one but for rounding counts as at least as extreme.
    observed = abs(float(values.sum())) - 1e-9 * float(np.abs(values).sum())
    if observed <= 0:
        return 1.0
    left, right = _signed_sums(values[: n // 2]), np.sort(_signed_sums(values[n // 2 :]))
    above = len(right) - np.searchsorted(right, observed - left, side="left")
    return min(1.0, 2 * float(above.sum()) / 2.0**n)


def _signed_sums(values: Floats) -> Floats:
    """All sums of +-values: [n] -> [2^n]."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def clopper_pearson(events: int, total: int, alpha: float = 0.05) -> tuple[float, float]:
    """Exact interval at 1 - alpha for a rate.

    When no event (or nothing but events) was seen, the interval is one-sided, so that "0 of 5 rules
    out rates above 45%" is said at 1 - alpha. Source: Clopper and Pearson, Biometrika 26 (1934).
    """
    if total == 0:
        return 0.0, 1.0
    if events in (0, total):
        bound = alpha ** (1 / total)
        return (0.0, 1 - bound) if events == 0 else (bound, 1.0)
    low = scipy.special.betaincinv(events, total - events + 1, alpha / 2)
    high = scipy.special.betaincinv(events + 1, total - events, 1 - alpha / 2)
    return float(low), float(high)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Exact two-sided McNemar p from the numbers of pairs in which only one arm failed."""
    discordant = only_first + only_second
    if discordant == 0:
        return 1.0
    return min(1.0, 2 * float(scipy.special.bdtr(min(only_first, only_second), discordant, 0.5)))
