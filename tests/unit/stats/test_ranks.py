"""Rank tests in which values may be infinite."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pytest
from hyperverdict.stats.ranks import rank_sum_p, signed_rank_p
from scipy import stats

INF = math.inf
RANDOM = np.random.default_rng(3)


@pytest.mark.parametrize("n", [5, 9, 20])
def test_signed_ranks_agree_with_scipy(n):
    d = RANDOM.normal(0.4, 1, n)
    expected = stats.wilcoxon(d, alternative="greater", method="exact").pvalue
    assert signed_rank_p(d) == pytest.approx(expected)
    assert signed_rank_p(d + 2.0, 2.0) == pytest.approx(expected)


def test_signed_ranks_of_many_seeds_are_near_the_exact_ones():
    d = RANDOM.normal(0.3, 1, 45)
    expected = stats.wilcoxon(d, alternative="greater", method="exact").pvalue
    assert signed_rank_p(d) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("d", [[-INF, 0.3, 0.2, 0.5, 0.1], [INF, INF, -INF, 0.2, 0.2, -0.1]])
def test_signed_ranks_with_failures_and_ties_are_exact(d):
    ranks = stats.rankdata(np.abs(d))
    sums = np.array(list(product([-1, 1], repeat=len(d)))) @ ranks
    assert signed_rank_p(d) == pytest.approx(np.mean(sums >= ranks @ np.sign(d)))


def test_five_better_seeds_are_just_enough():
    assert signed_rank_p([0.1, 0.2, 0.3, 0.4, 0.5]) == pytest.approx(1 / 32)
    assert signed_rank_p([INF, 0.2, 0.3, 0.4, 0.5]) == pytest.approx(1 / 32)
    assert signed_rank_p([-INF, 0.2, 0.3, 0.4, 0.5]) > 0.3
    assert signed_rank_p([0.0, 0.0]) == 1.0


def test_rank_sums_agree_with_scipy():
    a, b = RANDOM.normal(0, 1, 6), RANDOM.normal(1, 1, 9)
    expected = stats.mannwhitneyu(b, a, alternative="greater", method="exact").pvalue
    assert rank_sum_p(a, b) == pytest.approx(expected)
    assert rank_sum_p(a - 1.0, b, 1.0) == pytest.approx(expected)


def test_rank_sums_with_failures_and_ties_are_exact():
    lower, upper = [0.1, 0.2, 0.2, -INF], [-INF, 0.2, 0.4, 0.5, 0.6]
    ranks = stats.rankdata([*upper, *lower])
    sums = [sum(chosen) for chosen in combinations(ranks, len(upper))]
    expected = np.mean(np.array(sums) >= ranks[: len(upper)].sum())
    assert rank_sum_p(lower, upper) == pytest.approx(expected)


def test_rank_sums_of_many_runs_are_near_the_exact_ones():
    a, b = RANDOM.normal(0, 1, 30), RANDOM.normal(0.5, 1, 31)
    expected = stats.mannwhitneyu(b, a, alternative="greater", method="exact").pvalue
    assert rank_sum_p(a, b) == pytest.approx(expected, rel=0.1)
    assert rank_sum_p([], [1.0]) == 1.0
