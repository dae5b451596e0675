"""The winner's curse: what the best of many noisy means is worth, corrected for its being picked.

Every mean is a true value plus noise of known variance. The distribution of the true values is
estimated from all means by nonparametric maximum likelihood (Kiefer and Wolfowitz 1956, computed by
EM on a grid as in Koenker and Mizera 2014); the posterior mean of each is its corrected value.
Under that prior no further correction for picking the largest is needed (Efron 2011, "Tweedie's
formula and selection bias"). A normal prior (James and Stein) does not fit grids: with a third of
the cells collapsed it leaves the best one as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# With fewer means a distribution of true values cannot be told from noise.
FEWEST = 4
_POINTS, _ROUNDS = 120, 300


def noise_variance(values: ArrayLike) -> float:
    """Variance of one run about the mean of its cell, pooled over the cells.

    Args:
        values: [K, n] cells by seeds; nan where there is no run. Where all are there, what a seed
            adds to every cell is no noise and is taken out (two-way analysis of variance).

    nan where no cell has two runs.
    """
    table = np.asarray(values, float)
    cells, seeds = table.shape
    known = np.isfinite(table)
    counts = known.sum(axis=1)
    means = np.where(known, table, 0.0).sum(axis=1) / np.maximum(counts, 1)
    residuals = np.where(known, table - means[:, None], 0.0)
    df = int(np.maximum(counts - 1, 0).sum())
    if known.all() and cells > 1:
        residuals = residuals - residuals.mean(axis=0)
        df = (cells - 1) * (seeds - 1)
    return float((residuals**2).sum() / df) if df else float("nan")


def corrected_means(means: ArrayLike, variances: ArrayLike) -> Floats:
    """The means [K], each corrected by what all of them say of true values.

    Args:
        means: [K] finite means.
        variances: [K] or one: variance of each mean.

    Returns the means themselves where fewer than `FEWEST` are given, where they are all equal, or
    where there is no noise.
    """
    found = np.asarray(means, float)
    spread = np.broadcast_to(np.asarray(variances, float), found.shape)
    if len(found) < FEWEST or not np.ptp(found) or not (spread > 0).all():
        return found
    support = np.linspace(found.min(), found.max(), _POINTS)
    exponents = -((found[:, None] - support) ** 2) / (2 * spread[:, None])
    # Each row relative to its largest: far cells would have no likelihood anywhere.
    likelihood = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    weights = np.full(_POINTS, 1 / _POINTS)
    for _ in range(_ROUNDS):
        posterior = likelihood * weights
        posterior /= posterior.sum(axis=1, keepdims=True)
        weights = posterior.mean(axis=0)
    corrected: Floats = posterior @ support
    return corrected
