"""Which cell a search picks, over all its orders."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hyperverdict.claims.searches import (
    MOST_ORDERS,
    grid_search,
    one_at_a_time,
    random_search,
    search_orders,
)

SCORES = np.array([0.3, 0.1, 0.9, 0.3, 0.5, -np.inf])


@pytest.mark.parametrize("trials", [1, 2, 3, 5])
def test_random_search_is_the_mean_over_all_orders(trials):
    picked = np.zeros(len(SCORES))
    orders = list(permutations(range(len(SCORES))))
    for order in orders:
        picked[max(order[:trials], key=lambda i: SCORES[i])] += 1 / len(orders)
    assert random_search((2, 3), trials, SCORES) == pytest.approx(picked)


@pytest.mark.parametrize("search", [random_search, grid_search, one_at_a_time])
def test_shares_are_of_all_orders(search):
    assert search((2, 3), 4, SCORES).sum() == pytest.approx(1)
    assert search((2, 3), 4, np.full(6, -np.inf)).sum() == pytest.approx(1)


@pytest.mark.parametrize("search", [random_search, grid_search])
def test_equal_scores_share_alike(search):
    tried = grid_search((2, 3), 4, np.zeros(6)) > 0
    expected = tried / tried.sum() if search is grid_search else np.full(6, 1 / 6)
    assert search((2, 3), 4, np.zeros(6)) == pytest.approx(expected)


def test_the_grid_is_evenly_spaced_and_finer_in_the_longer_factor():
    tried = grid_search((5, 3), 6, np.zeros(15)).reshape(5, 3) > 0
    assert [list(np.flatnonzero(tried.any(axis=k))) for k in (1, 0)] == [[0, 2, 4], [0, 2]]


def test_one_factor_after_the_other_reaches_the_peak_of_a_slope_in_every_order():
    rising = np.add.outer(np.arange(3), np.arange(3)).ravel().astype(float)
    assert one_at_a_time((3, 3), 9, rising)[-1] == pytest.approx(1)


def test_which_factor_comes_first_does_not_decide():
    """With three trials one factor is searched, whichever comes first."""
    scores = np.zeros((3, 3))
    scores[2, 1], scores[1, 2] = 1.0, 0.5
    shares = one_at_a_time((3, 3), 3, scores.ravel()).reshape(3, 3)
    assert shares[2, 1] == pytest.approx(0.5)
    assert shares[1, 2] == pytest.approx(0.5)


def test_orders_are_all_or_a_thousand_that_are_always_the_same():
    assert len(set(search_orders((2, 3)))) == 2 * 2 * 6
    many = search_orders((4, 4))
    assert len(many) == MOST_ORDERS
    search_orders.cache_clear()
    assert search_orders((4, 4)) == many
