from __future__ import annotations

import math

import numpy as np
import pytest
from hyperverdict.stats.decision import decide
from hyperverdict.stats.intervals import (
    correlation,
    equivalence_p,
    interval,
    one_sample,
    rounding_sd,
    t_statistic,
    two_sided_p,
    welch,
)
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired

RANDOM = np.random.default_rng(7)
SAMPLES = [RANDOM.normal(0.01, 0.02, n) for n in (2, 3, 5, 10, 40)]


@pytest.mark.parametrize("sample", SAMPLES, ids=len)
def test_one_sample_agrees_with_statsmodels(sample):
    oracle = DescrStatsW(sample)
    t, p, df = oracle.ttest_mean(0)
    estimate = one_sample(sample)
    assert (t_statistic(estimate), two_sided_p(estimate), estimate.df) == pytest.approx((t, p, df))
    assert interval(estimate, 0.05) == pytest.approx(oracle.tconfint_mean(0.05))


@pytest.mark.parametrize("sample", SAMPLES, ids=len)
def test_tost_agrees_with_statsmodels(sample):
    p, _, _ = ttost_paired(sample, np.zeros(len(sample)), -0.01, 0.01)
    assert equivalence_p(one_sample(sample), 0.01) == pytest.approx(p)


def test_welch_agrees_with_scipy():
    a, b = SAMPLES[2], SAMPLES[3] * 4
    oracle = stats.ttest_ind(b, a, equal_var=False)
    estimate = welch([(1.0, b), (-1.0, a)])
    assert t_statistic(estimate) == pytest.approx(oracle.statistic)
    assert two_sided_p(estimate) == pytest.approx(oracle.pvalue)
    low, high = oracle.confidence_interval(0.95)
    assert interval(estimate, 0.05) == pytest.approx((low, high))
    assert estimate.n == 5


def test_rounding_floor_is_u_over_root_six_for_a_difference():
    assert rounding_sd(0.01) == pytest.approx(0.01 / math.sqrt(6))
    assert one_sample([0.1, 0.1, 0.1], rounding_sd(0.01)).sd == pytest.approx(0.01 / math.sqrt(6))
    assert one_sample([0.1, 0.3, 0.2], rounding_sd(0.01)).sd == pytest.approx(0.1)


def test_rounding_errors_are_no_spread():
    d = [0.1 + 0.2, 0.3, 0.3]
    assert one_sample(d).sd == 0.0
    assert two_sided_p(one_sample(d)) == 0.0
    assert two_sided_p(one_sample([0.0, 0.0])) == 1.0


@pytest.mark.parametrize("values", [[], [0.3]])
def test_without_noise_estimate_nothing_is_known(values):
    estimate = one_sample(values)
    assert interval(estimate, 0.05) == (-math.inf, math.inf)
    assert math.isnan(two_sided_p(estimate))
    assert decide(estimate, 0.01, 0.05, "higher").outcome == "inconclusive"


def test_correlation_is_none_where_it_means_nothing():
    assert correlation([1, 2], [1, 2]) is None
    assert correlation([1, 1, 1], [1, 2, 3]) is None
    assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
