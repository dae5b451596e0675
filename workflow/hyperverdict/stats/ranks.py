"""Exact one-sided rank tests in which values may be infinite: failed runs rank worst.

They need only the order of the values, so that a failed run counts as worse than any finished one
without a number that nobody measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy

from hyperverdict.stats.exact import signed_sums
from hyperverdict.stats.intervals import Floats

# Above these numbers of runs the normal approximation is off by less than a tenth of p near 0.05.
SIGNED_TO = 36
RANK_SUM_TO = 60


def signed_rank_p(differences: Sequence[float] | Floats, null: float = 0.0) -> float:
    """One-sided p against "the differences [n] are at most `null`", by flipping signs of ranks.

    Differences may be infinite; those that equal `null` are left out, equal ones share their rank.
    1 where none is left. Source: Wilcoxon, Biometrics Bulletin 1 (1945), with the distribution over
    all 2^n signs, which ties leave exact.
    """
    shifted = np.asarray(differences, dtype=float) - null
    shifted = shifted[shifted != 0]
    if not len(shifted):
        return 1.0
    ranks = scipy.stats.rankdata(np.abs(shifted))
    # Half ranks are exact in binary, so that sums are equal where they should be.
    observed = float(ranks @ np.sign(shifted))
    if len(ranks) > SIGNED_TO:
        return float(scipy.special.ndtr(-observed / math.sqrt(float(ranks @ ranks))))
    half = len(ranks) // 2
    left, right = signed_sums(ranks[:half]), np.sort(signed_sums(ranks[half:]))
    at_least = len(right) - np.searchsorted(right, observed - left, side="left")
    return float(at_least.sum()) / 2.0 ** len(ranks)


def rank_sum_p(
    lower: Sequence[float] | Floats, upper: Sequence[float] | Floats, null: float = 0.0
) -> float:
    """One-sided p against "`upper` [m] is larger than `lower` [n] by at most `null`".

    The exact permutation distribution of the rank sum, which ties leave exact; values may be
    infinite. 1 where either is empty. Source: Mann and Whitney, Annals of Mathematical Statistics
    18 (1947).
    """
    below, above = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float) - null
    if not (len(below) and len(above)):
        return 1.0
    total = len(below) + len(above)
    if total > RANK_SUM_TO:
        test = scipy.stats.mannwhitneyu(above, below, alternative="greater", method="asymptotic")
        return 1.0 if math.isnan(test.pvalue) else float(test.pvalue)
    doubled = np.rint(2 * scipy.stats.rankdata(np.concatenate([above, below]))).astype(int)
    observed = int(doubled[: len(above)].sum())
    ways = _ways(doubled.tolist(), len(above))
    return float(ways[observed:].sum() / ways.sum())


def _ways(ranks: Sequence[int], chosen: int) -> Floats:
    """How many sets of `chosen` of the ranks have each sum: [sum of all ranks + 1]."""
    ways = np.zeros((chosen + 1, sum(ranks) + 1))
    ways[0, 0] = 1.0
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank].copy()
    found: Floats = ways[chosen]
    return found
