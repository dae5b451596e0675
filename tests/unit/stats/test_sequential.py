from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hyperverdict.stats import sequential
from hyperverdict.stats.boundaries import ALPHAS, RATIOS
from hyperverdict.stats.intervals import t_quantile, t_tail
from hyperverdict.stats.sequential import (
    SINGLE_LOOK,
    ConfidenceSequence,
    Scheduled,
    confidence_sequence,
    nominal_alphas,
    null_p_values,
    scheduled,
    sequence_t,
)


@pytest.mark.parametrize(("n", "t"), [(5, 8.45), (7, 4.64), (10, 3.87), (20, 3.42)])
def test_confidence_sequence_matches_the_contract(n, t):
    assert sequence_t(n, 0.05) == pytest.approx(t, abs=0.005)
    nominal = ConfidenceSequence().nominal(0.05, n)
    assert t_quantile(1 - nominal / 2, n - 1) == pytest.approx(t, abs=0.006)


def test_confidence_sequence_says_nothing_at_first():
    assert sequence_t(3, 0.05) == math.inf
    assert ConfidenceSequence().nominal(0.05, 3) == 0.0
    assert ConfidenceSequence(spent=1.0).nominal(0.05, 50) == 0.0


@pytest.mark.parametrize("alpha", [0.01, 0.05])
@pytest.mark.parametrize("n", [5, 10, 30])
def test_one_sided_use_of_the_sequence_is_conservative(n, alpha):
    assert ConfidenceSequence().nominal(alpha, n) <= t_tail(sequence_t(n, 2 * alpha), n - 1)


@cache
def fresh_p_values(looks, draws):
    return null_p_values(looks, draws, np.random.default_rng(99))


# The first O'Brien-Fleming boundary lies in a tail of 9e-5; its exact value is 16.04.
@pytest.mark.parametrize(
    ("spending", "boundaries"),
    [("pocock", (3.89, 2.96, 2.45)), ("obrien_fleming", (16.04, 3.63, 2.13))],
)
def test_boundaries_for_5_10_20_match_the_contract(spending, boundaries):
    alphas = nominal_alphas((5, 10, 20), spending, 0.05)
    found = [t_quantile(1 - a / 2, n - 1) for a, n in zip(alphas, (5, 10, 20), strict=True)]
    assert found == pytest.approx(boundaries, abs=0.012)


def test_default_spends_four_fifths_first():
    first, second = nominal_alphas((10, 20), "front_loaded", 0.05)
    assert first == pytest.approx(0.04)
    assert 0.01 < second < 0.04


@pytest.mark.parametrize(("looks", "spending"), list(RATIOS))
@pytest.mark.parametrize("alpha", [0.05, 0.0125, 0.03])
def test_stored_calibration_keeps_alpha_in_a_fresh_simulation(looks, spending, alpha):
    draws = 400_000
    p_values = fresh_p_values(looks, draws)
    nominal = nominal_alphas(looks, spending, alpha)
    ever = np.any([p <= a for p, a in zip(p_values, nominal, strict=True)], axis=0).mean()
    assert ever == pytest.approx(alpha, abs=4 * math.sqrt(alpha / draws))


def test_stored_calibration_is_reproduced_by_its_own_simulation():
    p_values = null_p_values((10, 20), 1_000_000, np.random.default_rng(5))
    stored = dict(zip(ALPHAS, RATIOS[(10, 20), "front_loaded"], strict=True))[0.05][0]
    found = sequential.calibrate(p_values, (0.04, 0.05))[1] / 0.05
    assert found == pytest.approx(stored, abs=0.01)


def test_an_unstored_schedule_is_calibrated_on_the_fly_and_repeatably():
    first = nominal_alphas((4, 8), "front_loaded", 0.05)
    nominal_alphas.cache_clear()
    assert first == nominal_alphas((4, 8), "front_loaded", 0.05)
    p_values = null_p_values((4, 8), 400_000, np.random.default_rng(2))
    ever = np.any([p <= a for p, a in zip(p_values, first, strict=True)], axis=0).mean()
    assert ever == pytest.approx(0.05, abs=0.002)


def test_tiny_alphas_fall_back_to_increments():
    assert nominal_alphas((10, 20), "front_loaded", 1e-4) == pytest.approx((8e-5, 2e-5))


def test_null_p_values_are_those_of_growing_samples():
    p_values = null_p_values((3, 7), 100_000, np.random.default_rng(1))
    x = np.random.default_rng(2).standard_normal((100_000, 7))
    t = np.abs(x.mean(1)) / (x.std(1, ddof=1) / math.sqrt(7))
    for level in (0.05, 0.5):
        assert np.mean(p_values[1] < level) == pytest.approx(level, abs=0.006)
    late = t > t_quantile(0.975, 6)
    early = np.abs(x[:, :3].mean(1)) / (x[:, :3].std(1, ddof=1) / math.sqrt(3))
    both = np.mean(late & (early > t_quantile(0.975, 2)))
    assert np.mean((p_values[0] < 0.05) & (p_values[1] < 0.05)) == pytest.approx(both, abs=0.004)


def test_rules_by_name():
    assert scheduled((10,), 0) is SINGLE_LOOK
    assert scheduled((10, 20), 1) == Scheduled(2, (10, 20), "even")
    assert scheduled((10, 20), 1, rules=1) == Scheduled(2, (10, 20), "front_loaded")
    assert scheduled((5, 10, 20), 0) == Scheduled(1, (5, 10, 20), "pocock")
    assert confidence_sequence(0.25) == ConfidenceSequence(0.75)
    assert SINGLE_LOOK.spent(0.05) == 0.05
    assert Scheduled(1).spent(0.05) == pytest.approx(0.04)
    assert Scheduled(2).spent(0.05) == pytest.approx(0.05)


def test_looks_must_rise():
    with pytest.raises(ValueError, match="rise"):
        nominal_alphas((20, 10), "pocock", 0.05)
