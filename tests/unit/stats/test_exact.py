from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hyperverdict.stats.exact import clopper_pearson, mcnemar_p, rate_ruled_out, sign_flip_p
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint


@pytest.mark.parametrize("n", [6, 7, 10, 13])
def test_sign_flip_agrees_with_enumeration(n):
    d = np.random.default_rng(n).normal(0.4, 1, n)
    sums = np.array(list(product([-1, 1], repeat=n))) @ d
    expected = np.mean(np.abs(sums) >= abs(d.sum()) - 1e-12)
    assert sign_flip_p(d) == pytest.approx(expected, abs=1e-12)


def test_sign_flip_agrees_with_scipy():
    d = np.random.default_rng(1).normal(0.4, 1, 8)
    oracle = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip_p(d) == pytest.approx(oracle.pvalue)


def test_sign_flip_counts_ties():
    assert sign_flip_p([0.01] * 6) == pytest.approx(2 / 64)
    assert sign_flip_p([0.1, -0.1] * 3) == 1.0
    assert sign_flip_p([0.0] * 6) == 1.0


def test_sign_flip_needs_six_pairs():
    assert sign_flip_p([1.0] * 5) is None
    assert sign_flip_p([1.0] * 20) == pytest.approx(2 / 2**20)


@pytest.mark.parametrize(("k", "n"), [(0, 5), (1, 5), (3, 7), (9, 10), (10, 10)])
def test_rate_intervals_are_two_sided_as_in_statsmodels(k, n):
    assert clopper_pearson(k, n) == pytest.approx(proportion_confint(k, n, method="beta"))


def test_rate_intervals_cover():
    """Two-sided at every rate: mixed with one-sided limits at 0 and n, coverage falls to .927."""
    n, rates = 10, np.linspace(0.01, 0.99, 99)
    intervals = [clopper_pearson(k, n) for k in range(n + 1)]
    for rate in rates:
        inside = [low <= rate <= high for low, high in intervals]
        assert stats.binom.pmf(np.arange(n + 1), n, rate)[inside].sum() >= 0.95


def test_no_failure_in_five_rules_out_rates_above_45_percent():
    assert rate_ruled_out(0, 5) == pytest.approx(0.45, abs=0.001)
    assert rate_ruled_out(0, 10) == pytest.approx(0.26, abs=0.002)
    assert rate_ruled_out(2, 10) == pytest.approx(proportion_confint(2, 10, 0.1, "beta")[1])
    assert (clopper_pearson(0, 0), rate_ruled_out(0, 0), rate_ruled_out(5, 5)) == ((0, 1), 1, 1)


@pytest.mark.parametrize(("b", "c"), [(0, 5), (2, 7), (4, 4), (0, 0)])
def test_mcnemar_agrees_with_statsmodels(b, c):
    expected = mcnemar([[3, b], [c, 2]], exact=True).pvalue if b + c else 1.0
    assert mcnemar_p(b, c) == pytest.approx(expected)
