"""Means over pairs of different seeds, and their jackknife over seeds.

Noise of different seeds is independent, so a mean over pairs of them is unbiased where a mean over
single seeds is not. Source: U-statistics, Hoeffding, Annals of Mathematical Statistics 19 (1948),
with the jackknife of Arvesen, Annals of Mathematical Statistics 40 (1969).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from hyperverdict.stats.intervals import Floats


def mean_over_pairs(table: Floats) -> float:
    """Mean of a table [n, n] off its diagonal, over what is known; nan where nothing is."""
    known = ~np.isnan(table)
    np.fill_diagonal(known, False)
    pairs = int(known.sum())
    return float(table.sum(where=known)) / pairs if pairs else float("nan")


def pseudo_values(statistic: Callable[..., float], *tables: Floats) -> Floats:
    """Jackknife pseudo-values [n] of a statistic of tables [n, n] over pairs of seeds.

    Their mean and spread are those of the statistic; of a mean over pairs the mean is exact.
    Source: Tukey's pseudo-values, as in Miller, "The jackknife: a review", Biometrika 61 (1974).
    """
    n = len(tables[0])
    whole = statistic(*tables)
    seeds = np.arange(n)
    without = [statistic(*(t[np.ix_(k, k)] for t in tables)) for k in combinations(seeds, n - 1)]
    # combinations leaves out the last seed first.
    left_out = np.asarray(without[::-1])
    return n * whole - (n - 1) * left_out
