from __future__ import annotations

import math

import numpy as np
import pytest
from hyperverdict.stats import power
from hyperverdict.stats.intervals import t_quantile
from hyperverdict.stats.sequential import ConfidenceSequence, Scheduled
from statsmodels.stats.power import TTestPower


def seeds_for_direction(ratio, search=power.single_look_seeds):
    return search(lambda n, nominal: power.direction_power(n, ratio, nominal) >= 0.8, 0.05)


TABLE = {0.5: (5, 4), 0.75: (7, 7), 1: (10, 11), 1.5: (20, 21), 2: (34, 36), 3: (73, 79)}


@pytest.mark.parametrize("ratio", TABLE)
def test_seeds_needed_match_the_contract(ratio):
    found = seeds_for_direction(ratio), power.seeds_for_equivalence(ratio, 0.05)
    assert found == TABLE[ratio]


@pytest.mark.parametrize(("n", "ratio"), [(5, 1), (10, 1), (20, 2), (50, 1.5)])
def test_direction_power_agrees_with_statsmodels(n, ratio):
    # statsmodels' "larger" at alpha / 2 is the right side alone, as is ours.
    oracle = TTestPower().power(1 / ratio, n, 0.025, alternative="larger")
    assert power.direction_power(n, ratio, 0.05) == pytest.approx(oracle, abs=1e-6)


@pytest.mark.parametrize(("n", "ratio"), [(5, 1), (10, 1), (20, 1.5)])
def test_equivalence_power_agrees_with_simulation(n, ratio):
    random = np.random.default_rng(3)
    mean = random.standard_normal(200_000) * ratio / math.sqrt(n)
    sd = ratio * np.sqrt(random.chisquare(n - 1, 200_000) / (n - 1))
    half = t_quantile(0.95, n - 1) * sd / math.sqrt(n)
    simulated = np.mean(np.abs(mean) + half < 1)
    assert power.equivalence_power(n, ratio, 0.05) == pytest.approx(simulated, abs=0.004)


def test_normal_approximation_takes_over_smoothly():
    n = power.NORMAL_FROM
    for function in (power.direction_power, power.equivalence_power):
        near, far = math.sqrt(n) / 2.9, math.sqrt(n + 1) / 2.9
        assert function(n, near, 0.05) == pytest.approx(function(n + 1, far, 0.05), abs=1e-3)


def test_detectable_effect_inverts_power():
    effect = power.detectable_effect(0.02, 8, 0.05)
    assert power.direction_power(8, 0.02 / effect, 0.05) == pytest.approx(0.8, abs=1e-6)
    assert power.detectable_effect(0.02, 1, 0.05) == math.inf


def test_under_the_default_looks_the_answer_is_a_look_or_a_fresh_study():
    assert seeds_for_direction(0.6, Scheduled(look=0).seeds) == 10
    assert seeds_for_direction(1.2, Scheduled(look=1).seeds) == 20
    assert seeds_for_direction(2, Scheduled(look=1).seeds) == 34
    assert seeds_for_direction(0.1, Scheduled(look=2).seeds) == 21


def test_an_unregistered_extension_needs_more_seeds():
    assert seeds_for_direction(1, ConfidenceSequence().seeds) > 10


def test_no_noise_needs_two_seeds_and_huge_noise_ends():
    assert power.seeds_needed(0.0, 4, 0.01, 0.05) == (2, 2)
    assert power.seeds_needed(1e9, 4, 0.01, 0.05) == (power.MOST_SEEDS, power.MOST_SEEDS)
