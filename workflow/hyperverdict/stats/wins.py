"""The probability that one new run beats another, with intervals that hold for any distribution.

It is P(better) + P(tie) / 2: a tie counts half.
"""

from __future__ import annotations

import math

import scipy

from hyperverdict.stats.exact import clopper_pearson

Interval = tuple[float, float]

TINY = 1e-12


def paired_wins(wins: int, ties: int, losses: int, alpha: float = 0.05) -> Interval:
    """Exact interval at 1 - alpha from independent pairs.

    The lower end counts ties as losses, the upper end as wins, so that it covers with ties too:
    P(win) <= P(win) + P(tie) / 2 <= P(win) + P(tie). Source: Clopper and Pearson, Biometrika 26
    (1934); without ties it is the interval behind the sign test.
    """
    total = wins + ties + losses
    return clopper_pearson(wins, total, alpha)[0], clopper_pearson(wins + ties, total, alpha)[1]


def unpaired_wins(share: float, smaller: int, alpha: float = 0.05) -> Interval:
    """Conservative interval at 1 - alpha from two independent samples.

    Args:
        share: of all pairs of one run of each arm that are wins, ties counted half.
        smaller: runs of the smaller arm.

    The share is a mean over ways to pair the runs, of `smaller` independent pairs each, so that
    ``P(share >= x) <= exp(-smaller * KL(x, theta))`` for the true probability theta. Source:
    Hoeffding, Journal of the American Statistical Association 58 (1963), theorem 1 and section 5a.
    """
    if smaller == 0:
        return 0.0, 1.0
    most = math.log(2 / alpha) / smaller

    def excess(theta: float) -> float:
        terms = scipy.special.rel_entr([share, 1 - share], [theta, 1 - theta])
        return float(terms.sum()) - most

    low, high = TINY, 1 - TINY
    # Beyond these ends the bound lies nearer to 0 or 1 than anybody can tell.
    reached_low = share > low and excess(low) > 0
    reached_high = share < high and excess(high) > 0
    return (
        float(scipy.optimize.brentq(excess, low, share)) if reached_low else 0.0,
        float(scipy.optimize.brentq(excess, share, high)) if reached_high else 1.0,
    )
