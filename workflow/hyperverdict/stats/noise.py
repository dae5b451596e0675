"""Which source of randomness the spread between seeds comes from.

Every random source of a training (initial weights, data order, dropout) has a seed. A run takes
all of them from one seed; a swapped run takes one source from seed j and the rest from the next
seed, k. It differs from run k in that source alone, and from run j in the rest alone. Half the mean
squared difference of such pairs is the variance that the differing part causes while all else is
held fixed (its total effect; Jansen 1999, "Analysis of variance designs for model output"). The
share of a source is its part of the two: its share of the variance where it does not interact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats


@dataclass(frozen=True)
class Share:
    """Share of the variance between seeds, 0 to 1, with its interval at level 1 - alpha."""

    share: float
    interval: tuple[float, float]
    seeds: int


def source_share(own: Sequence[float], swapped: Sequence[float], alpha: float) -> Share | None:
    """Share of one source in the variance between seeds.

    Args:
        own: [n] values of runs with one seed each for everything.
        swapped: [n] values: the source's seed as in `own`, the rest from the next run (the last
            from the first).
        alpha: two-sided.

    The interval is a jackknife over seeds, with n - 1 degrees of freedom, on the log odds of the
    share. None with fewer than three seeds, or where nothing varies.
    """
    whole, mixed = np.asarray(own, float), np.asarray(swapped, float)
    n = len(whole)
    source = (mixed - np.roll(whole, -1)) ** 2
    rest = (mixed - whole) ** 2
    if n < 3 or not (source.any() or rest.any()):
        return None
    found = float(source.sum() / (source.sum() + rest.sum()))
    # Without a seed both differences that it takes part in are gone.
    sources = source.sum() - source - np.roll(source, 1)
    rests = rest.sum() - rest - np.roll(rest, 1)
    if not source.any() or not rest.any():
        return Share(found, (found, found), n)
    if not (sources > 0).all() or not (rests > 0).all():
        return Share(found, (0.0, 1.0), n)
    odds = np.log(sources / rests)
    error = float(np.sqrt((n - 1) / n * ((odds - odds.mean()) ** 2).sum()))
    reach = float(stats.t.ppf(1 - alpha / 2, n - 1)) * error
    low, high = special.expit(special.logit(found) + np.array([-reach, reach]))
    return Share(found, (float(low), float(high)), n)
