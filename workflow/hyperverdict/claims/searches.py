"""Searches over a grid: which cell each of them would pick, averaged over all its orders.

A search with `trials` tries picks the cell with the best score among those that it tried. Which
ones it tries may hang on an order: that of the cells (random search), or of the factors and their
levels (one at a time). No order is the claim's, so none decides: every cell has the share of all
orders in which it is picked. Cells of equal score share alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import permutations, product

import numpy as np
import numpy.typing as npt

from hyperverdict.stats.intervals import Floats

# Shares [cells] by which a search picks each cell, from the grid's shape, the number of trials and
# the scores [cells] (larger is better, -inf where the run failed).
Search = Callable[[tuple[int, ...], int, Floats], Floats]
# What one order of a one-at-a-time search is: its factors, and the levels of each factor.
Order = tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]

# Orders that are averaged where there are more; the same ones in every study.
MOST_ORDERS = 1_000
ORDERS_SEED = 20_260_501


def grid_search(shape: tuple[int, ...], trials: int, scores: Floats) -> Floats:
    """The finest sub-grid of evenly spaced levels with at most `trials` cells.

    Longer factors are refined first. It has no order.
    """
    counts = [1] * len(shape)
    while True:
        room = [
            axis
            for axis in range(len(shape))
            if counts[axis] < shape[axis]
            and math.prod(counts) // counts[axis] * (counts[axis] + 1) <= trials
        ]
        if not room:
            break
        counts[min(room, key=lambda axis: (counts[axis] / shape[axis], axis))] += 1
    levels = [_spread(n, k) for n, k in zip(shape, counts, strict=True)]
    return _best(scores, np.ravel_multi_index(np.ix_(*levels), shape).ravel())


def _spread(levels: int, count: int) -> list[int]:
    """`count` evenly spaced positions among `levels`; the middle one when it is one."""
    if count == 1:
        return [(levels - 1) // 2]
    return sorted({round(i * (levels - 1) / (count - 1)) for i in range(count)})


def _best(scores: Floats, tried: npt.NDArray[np.intp]) -> Floats:
    """Equal shares [cells] of the best among the cells tried."""
    winners = tried[scores[tried] == scores[tried].max()]
    shares = np.zeros(len(scores))
    shares[winners] = 1 / len(winners)
    return shares


def random_search(shape: tuple[int, ...], trials: int, scores: Floats) -> Floats:
    """Distinct cells in random order: the exact mean over all orders.

    ``P(none of the best r of N cells is among k tried) = C(N - r, k) / C(N, k)`` (hypergeometric).
    """
    cells = len(scores)
    _, group, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    better = np.concatenate([[0], np.cumsum(counts)])
    orders = math.comb(cells, trials)
    missed = np.array([math.comb(cells - int(r), trials) / orders for r in better])
    shares: Floats = ((missed[:-1] - missed[1:]) / counts)[group]
    return shares


def one_at_a_time(shape: tuple[int, ...], trials: int, scores: Floats) -> Floats:
    """The best level of one factor after the other, from the middle, until trials are used up.

    The mean over all orders of the factors and of the levels of each, or over 1,000 of them.
    """
    orders = search_orders(shape)
    shares = np.zeros(len(scores))
    ranked = scores.reshape(shape)
    for order in orders:
        shares[np.ravel_multi_index(_climb(ranked, trials, order), shape)] += 1 / len(orders)
    return shares


def _climb(scores: Floats, trials: int, order: Order) -> tuple[int, ...]:
    """The cell that a one-at-a-time search picks in one order."""
    factors, levels = order
    best = tuple((n - 1) // 2 for n in scores.shape)
    tried = {best: float(scores[best])}
    improved = True
    while improved and len(tried) < trials:
        improved = False
        for axis in factors:
            for level in levels[axis]:
                cell = (*best[:axis], level, *best[axis + 1 :])
                if cell not in tried and len(tried) < trials:
                    tried[cell] = float(scores[cell])
            winner = max(tried, key=tried.__getitem__)
            improved, best = improved or winner != best, winner
    return best


@lru_cache(maxsize=16)
def search_orders(shape: tuple[int, ...]) -> Sequence[Order]:
    """All orders of the factors and their levels, or 1,000 random ones where there are more."""
    axes = range(len(shape))
    if math.prod(map(math.factorial, (len(shape), *shape))) <= MOST_ORDERS:
        levels = product(*(permutations(range(n)) for n in shape))
        return tuple(product(permutations(axes), levels))
    random = np.random.default_rng(ORDERS_SEED)

    def shuffled(n: int) -> tuple[int, ...]:
        return tuple(random.permutation(n).tolist())

    return tuple((shuffled(len(shape)), tuple(map(shuffled, shape))) for _ in range(MOST_ORDERS))


SEARCHES: Mapping[str, Search] = {
    "random": random_search,
    "grid": grid_search,
    "one_at_a_time": one_at_a_time,
}
SEARCH_TITLES = {
    "random": "random search",
    "grid": "grid search",
    "one_at_a_time": "one-at-a-time search",
}
