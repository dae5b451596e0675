"""Importance of groups of factors: shares of variance over a declared grid, across seeds.

The true mean of a cell is the grand mean plus ANOVA components. The variance that a group of
factors explains, ``I_G = sum over components inside G of mean square``, is estimated without bias
by products across seeds, ``mean_{s != s'} <m_s, m_s'> / L``, because noise of different seeds is
independent; a plain sum of squares would add noise variance to every component.

Which group explains more is asked of ``I_A - I_B``, a mean over pairs of seeds with its jackknife
(`stats.jackknife`). How much more is asked of the shares, which are ratios: where the signal is
low, the jackknife of a ratio is too short, so that it says nothing of the direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hyperverdict.stats.intervals import Estimate, Floats
from hyperverdict.stats.jackknife import mean_over_pairs, pseudo_values


@dataclass(frozen=True)
class Importance:
    """Shares of the grid's variance.

    Attributes:
        these, than: share of each group's own components (main effects and interactions inside).
        cross: share of the interactions between the groups.
        single: share of each factor's main effect, in axis order; single_estimates: the same with
            their jackknife over seeds.
        difference: these - than, with its jackknife over seeds; without degrees of freedom where
            some seeds agree on no variance at all, so that nothing can be said of shares.
        excess: the same difference in variance, not in its share: these - than in the metric's unit
            squared, with its jackknife over seeds.
        pseudo_values: [n], whose mean and spread are the difference's.
        total: variance of the cell means, in the metric's unit squared.
        varies: any seed has cells that differ at all.
    """

    these: float
    than: float
    cross: float
    single: tuple[float, ...]
    difference: Estimate
    excess: Estimate
    pseudo_values: Floats
    total: float
    varies: bool = True
    single_estimates: tuple[Estimate, ...] = ()


def importance(table: Floats, these: Sequence[int], than: Sequence[int]) -> Importance:
    """Compare two groups of factors.

    Args:
        table: [n, L_1, ..., L_k], metric per seed and cell of the full grid; n at least 3.
        these, than: axes of the two groups, numbered from 0 for L_1; together all of them.

    Raises ValueError when there are fewer than 3 seeds or the groups do not share out the axes.
    """
    data = np.asarray(table, dtype=float)
    if len(data) < 3:
        raise ValueError(f"{len(data)} seeds: importance needs at least 3")
    if sorted([*these, *than]) != list(range(data.ndim - 1)):
        raise ValueError(f"groups {these} and {than} must share out {data.ndim - 1} factors")
    parts = [_inside(data, these), _inside(data, than), data - _over(data, range(data.ndim - 1))]
    grams = [_gram(part) for part in parts]
    mains = [_gram(_inside(data, [axis])) for axis in range(data.ndim - 1)]
    singles = [_share(main, grams[2]) for main in mains]
    single_estimates = tuple(_estimate(pseudo_values(_share, main, grams[2])) for main in mains)
    first, second = (_share(gram, grams[2]) for gram in grams[:2])
    pseudo = pseudo_values(_share, grams[0] - grams[1], grams[2])
    difference = _estimate(pseudo)
    excess = _estimate(pseudo_values(mean_over_pairs, grams[0] - grams[1]))
    total = mean_over_pairs(grams[2])
    varies = bool(np.ptp(data.reshape(len(data), -1), axis=1).any())
    cross = 1 - first - second
    return Importance(
        first, second, cross, tuple(singles), difference, excess, pseudo, total, varies,
        single_estimates,
    )  # fmt: skip


def _estimate(pseudo: Floats) -> Estimate:
    """Mean and spread of the pseudo-values [n]; nothing where seeds show no variance to share."""
    n = len(pseudo)
    if not np.isfinite(pseudo).all():
        return Estimate(float("nan"), float("nan"), float("inf"), 0.0, n)
    sd = float(pseudo.std(ddof=1))
    return Estimate(float(pseudo.mean()), sd, sd / n**0.5, n - 1.0, n)


def _inside(data: Floats, axes: Sequence[int]) -> Floats:
    """All components inside a group: the mean over the other factors, minus the grand mean."""
    others = [axis for axis in range(data.ndim - 1) if axis not in axes]
    part = _over(data, others) - _over(data, range(data.ndim - 1))
    return np.broadcast_to(part, data.shape)


def _over(data: Floats, axes: Sequence[int] | range) -> Floats:
    """Mean over factor axes, kept as axes of length 1; [n, ...] -> [n, ...]."""
    if not len(axes):
        return data
    mean: Floats = data.mean(axis=tuple(axis + 1 for axis in axes), keepdims=True)
    return mean


def _gram(part: Floats) -> Floats:
    """<m_s, m_s'> / L for all pairs of seeds: [n, ...] -> [n, n]."""
    flat = part.reshape(len(part), -1)
    gram: Floats = flat @ flat.T / flat.shape[1]
    return gram


def _share(part: Floats, total: Floats) -> float:
    whole = mean_over_pairs(total)
    return mean_over_pairs(part) / whole if whole > 0 else float("nan")
