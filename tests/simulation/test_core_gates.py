"""Wrong verdicts, coverage and power of the core rule."""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.stats.intervals import interval, one_sample, rounding_sd

from .simulate import ALPHA, FAST, FULL, generator, limit, normal, rate, verdicts, wrong_rate

SEEDS = (3, 5, 10, 20)
THETAS = (-2, -1, 0, 0.5, 1, 2)
SIGMAS = (0.5, 1, 2)


def assert_seldom_wrong(n, theta, sigma, replications):
    outcomes = verdicts(normal(replications, n, theta, sigma))
    assert wrong_rate(outcomes, theta) <= limit(ALPHA, replications)


@pytest.mark.parametrize("n", SEEDS)
@pytest.mark.parametrize(("theta", "sigma"), [(0, 0.5), (1, 0.5), (1, 1), (-1, 2)])
def test_wrong_verdicts_quickly(n, theta, sigma):
    assert_seldom_wrong(n, theta, sigma, FAST)


@pytest.mark.slow
@pytest.mark.parametrize("n", SEEDS)
@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("theta", THETAS)
def test_wrong_verdicts(n, theta, sigma):
    assert_seldom_wrong(n, theta, sigma, FULL)


def noise(kind, replications, n):
    random = generator(kind, n)
    if kind == "t3":
        return random.standard_t(3, (replications, n)), 0.0
    if kind == "ties":
        # Two arms of SD 1 on a metric with steps of 2: most differences are 0 or +-2.
        arms = 2.0 * np.round(random.normal(0, 1, (2, replications, n)) / 2)
        return arms[1] - arms[0], rounding_sd(2.0)
    return random.standard_normal((replications, n)), 0.0


def coverage(kind, n, replications):
    data, floor = noise(kind, replications, n)
    intervals = [interval(one_sample(d, floor), ALPHA) for d in data]
    return float(np.mean([low <= 0 <= high for low, high in intervals]))


@pytest.mark.parametrize("n", SEEDS)
def test_coverage_quickly(n):
    assert coverage("normal", n, FAST) == pytest.approx(0.95, abs=0.021)


@pytest.mark.slow
@pytest.mark.parametrize("n", SEEDS)
def test_coverage(n):
    assert coverage("normal", n, FULL) == pytest.approx(0.95, abs=0.0065)


@pytest.mark.slow
@pytest.mark.parametrize("n", SEEDS)
@pytest.mark.parametrize("kind", ["t3", "ties"])
def test_coverage_under_heavy_tails_and_ties(kind, n):
    assert coverage(kind, n, FULL) >= 0.94


@pytest.mark.slow
@pytest.mark.parametrize(("n", "power"), [(5, 0.40), (10, 0.79), (20, 0.95)])
def test_power(n, power):
    outcomes = verdicts(normal(FULL, n, 1, 1))
    assert rate(outcomes, "supported") == pytest.approx(power, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "power"), [(5, 0.29), (10, 0.80), (20, 0.99)])
def test_power_to_prove_no_effect(n, power):
    outcomes = verdicts(normal(FULL, n, 0, 1))
    assert rate(outcomes, "no meaningful effect") == pytest.approx(power, abs=0.02)
