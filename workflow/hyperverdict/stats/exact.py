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
    left, right = signed_sums(values[: n // 2]), np.sort(signed_sums(values[n // 2 :]))
    above = len(right) - np.searchsorted(right, observed - left, side="left")
    return min(1.0, 2 * float(above.sum()) / 2.0**n)


def signed_sums(values: Floats) -> Floats:
    """All sums of +-values: [n] -> [2^n]."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def clopper_pearson(events: int, total: int, alpha: float = 0.05) -> tuple[float, float]:
    """Exact two-sided interval at 1 - alpha for a rate; [0, 1] without any run.

    Source: Clopper and Pearson, Biometrika 26 (1934); computed by scipy.
    """
    if total == 0:
        return 0.0, 1.0
    found = scipy.stats.binomtest(events, total).proportion_ci(1 - alpha, method="exact")
    return float(found.low), float(found.high)


def rate_ruled_out(events: int, total: int, alpha: float = 0.05) -> float:
    """The rate above which `events` of `total` rule out all others, at 1 - alpha.

    The one-sided upper limit of Clopper and Pearson: 0 of 5 rule out rates above 45%, 0 of 10 rates
    above 26%. 1 without any run.
    """
    if total == 0:
        return 1.0
    test = scipy.stats.binomtest(events, total, alternative="less")
    return float(test.proportion_ci(1 - alpha, method="exact").high)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Exact two-sided McNemar p from the numbers of pairs in which only one arm failed.

    Source: McNemar, Psychometrika 12 (1947), with the exact binomial tail.
    """
    discordant = only_first + only_second
    if discordant == 0:
        return 1.0
    return min(1.0, 2 * float(scipy.special.bdtr(min(only_first, only_second), discordant, 0.5)))
