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
from scipy import optimize, special

Floats = NDArray[np.float64]

# With fewer means a distribution of true values cannot be told from noise.
FEWEST = 4
_POINTS, _ROUNDS = 120, 300


def noise_variances(values: ArrayLike) -> Floats:
    """Variance [K] of one run about the mean of its cell.

    Good cells are often steadier than bad ones, so each cell has its own variance; a few runs say
    little of it, so it is moderated by those of all cells (Smyth 2004, "Linear models and empirical
    Bayes methods", section 6.2).

    Args:
        values: [K, n] cells by seeds; nan where there is no run. Where all are there, what a seed
            adds to every cell is no noise; its median over the cells is taken out.

    nan everywhere where fewer than two cells have two runs.
    """
    table = np.asarray(values, float)
    known = np.isfinite(table)
    counts = known.sum(axis=1)
    means = np.where(known, table, 0.0).sum(axis=1) / np.maximum(counts, 1)
    residuals = np.where(known, table - means[:, None], 0.0)
    if known.all():
        residuals = residuals - np.median(residuals, axis=0)
        residuals = residuals - residuals.mean(axis=1, keepdims=True)
        # What a mean over the cells would take with it.
        residuals = residuals * np.sqrt(len(table) / max(len(table) - 1, 1))
    return _moderated((residuals**2).sum(axis=1), counts - 1.0)


def _moderated(squares: Floats, df: Floats) -> Floats:
    """Variances [K] from sums of squares [K] with `df` [K], drawn towards each other."""
    estimated = df > 0
    own = np.divide(squares, df, out=np.zeros_like(squares), where=estimated)
    some = estimated & (own > 0)
    if some.sum() < 2:
        return np.full(len(squares), own[some].mean() if some.any() else np.nan)
    half = df[some] / 2
    logs = np.log(own[some]) - special.digamma(half) + np.log(half)
    excess = float(logs.var(ddof=1) - special.polygamma(1, half).mean())
    if excess <= 0:
        return np.full(len(squares), float(np.exp(logs.mean())))
    prior = float(optimize.brentq(lambda x: special.polygamma(1, x) - excess, 1e-4, 1e8))
    usual = float(np.exp(logs.mean() + special.digamma(prior) - np.log(prior)))
    return (2 * prior * usual + df.clip(0) * own) / (2 * prior + df.clip(0))


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
