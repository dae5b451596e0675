"""The probability that one run beats another, and how skewed a sample may be."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hyperverdict.stats.skewness import skewness, skewness_carried
from hyperverdict.stats.wins import paired_wins, unpaired_wins
from scipy import stats


def test_without_ties_the_interval_is_the_one_of_a_rate():
    oracle = stats.binomtest(9, 10).proportion_ci(method="exact")
    assert paired_wins(9, 0, 1) == pytest.approx((oracle.low, oracle.high))


@pytest.mark.parametrize(("win", "tie"), [(0.5, 0.0), (0.3, 0.4), (0.7, 0.2), (0.05, 0.9)])
def test_paired_intervals_cover_with_ties(win, tie):
    n, theta = 8, win + tie / 2
    inside = 0.0
    for wins, ties in product(range(n + 1), repeat=2):
        if wins + ties <= n:
            low, high = paired_wins(wins, ties, n - wins - ties)
            counts = [wins, ties, n - wins - ties]
            chance = stats.multinomial.pmf(counts, n, [win, tie, 1 - win - tie])
            inside += chance if low <= theta <= high else 0.0
    assert inside >= 0.95


def test_where_every_run_wins_the_unpaired_interval_is_the_paired_one():
    assert unpaired_wins(1.0, 10) == pytest.approx(paired_wins(10, 0, 0))
    assert unpaired_wins(0.0, 10) == pytest.approx(paired_wins(0, 0, 10))


def test_unpaired_intervals_hold_the_share_and_shrink():
    wide, narrow = unpaired_wins(0.8, 5), unpaired_wins(0.8, 50)
    assert wide[0] < narrow[0] < 0.8 < narrow[1] < wide[1]
    assert unpaired_wins(0.5, 0) == (0.0, 1.0)


@pytest.mark.parametrize("share", [0.0, 1e-15, 1e-4, 0.01, 0.5, 0.99, 1 - 1e-4, 1 - 1e-15, 1.0])
@pytest.mark.parametrize("n", [1, 5, 100])
def test_shares_near_the_ends_have_intervals_too(share, n):
    low, high = unpaired_wins(share, n)
    assert 0 <= low <= share <= high <= 1
    mirrored = unpaired_wins(1 - share, n)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-6)


def test_skewness_is_adjusted_for_n():
    data = [0.0] * 9 + [1.0]
    assert skewness(data) == pytest.approx(math.sqrt(10))
    assert skewness(data) == pytest.approx(stats.skew(data, bias=False))
    assert skewness([1.0] * 9) is None
    assert skewness([0.0, 0.0, 0.0, 1.0]) is None


def test_more_seeds_carry_more_skewness_once_chance_gives_less():
    assert skewness_carried(5) == pytest.approx(2.08)
    assert skewness_carried(11) == pytest.approx((1.88 + 1.75) / 2)
    assert skewness_carried(100) == pytest.approx(3.0)
    assert [n for n in range(5, 200) if skewness_carried(n) >= math.sqrt(n)] == []
    assert np.all(np.diff([skewness_carried(n) for n in range(25, 200)]) > 0)
