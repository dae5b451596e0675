"""Arms of unequal size, arms that share some seeds, and means without their extremes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hyperverdict.stats.intervals import interval, one_sample, t_statistic, welch
from hyperverdict.stats.overlapping import partly_paired
from hyperverdict.stats.trimmed import trimmed_one_sample, trimmed_welch
from scipy import stats

RANDOM = np.random.default_rng(11)


def test_below_five_runs_the_smallest_arm_gives_the_degrees_of_freedom():
    small, large = RANDOM.normal(0, 1, 4), RANDOM.normal(0, 1, 20)
    assert welch([(1.0, small), (-1.0, large)]).df == 3
    assert welch([(1.0, large), (-1.0, small[:2])]).df == 1
    five = RANDOM.normal(0, 1, 5)
    oracle = stats.ttest_ind(large, five, equal_var=False)
    assert welch([(1.0, large), (-1.0, five)]).df == pytest.approx(oracle.df)


def test_seeds_are_planned_for_arms_of_equal_new_size():
    a, b = RANDOM.normal(0, 1, 5), RANDOM.normal(0, 3, 50)
    expected = math.hypot(a.std(ddof=1), b.std(ddof=1))
    assert welch([(1.0, b), (-1.0, a)]).sd == pytest.approx(expected)


def seeded(values, start=0):
    return dict(enumerate(values, start))


def test_arms_without_a_shared_seed_are_welch():
    a, b = RANDOM.normal(0, 1, 8), RANDOM.normal(0, 1, 9)
    found = partly_paired(seeded(a), seeded(b, 100))
    assert found == welch([(-1.0, a), (1.0, b)])


def test_all_shared_seeds_give_the_paired_interval():
    a = RANDOM.normal(0, 1, 9)
    b = a + RANDOM.normal(0.3, 0.5, 9)
    found, paired = partly_paired(seeded(a), seeded(b)), one_sample(b - a)
    assert (found.value, found.standard_error, found.df) == pytest.approx(
        (paired.value, paired.standard_error, paired.df)
    )


def test_some_shared_seeds_narrow_the_interval():
    shared = RANDOM.normal(0, 1, 8)
    a = {**seeded(shared), 20: 0.1, 21: -0.4}
    b = {**seeded(shared + RANDOM.normal(0, 0.3, 8)), 30: 0.3, 31: -0.2}
    found, apart = partly_paired(a, b), welch([(-1.0, list(a.values())), (1.0, list(b.values()))])
    assert found.value == pytest.approx(apart.value)
    assert found.standard_error < apart.standard_error
    assert 7 < found.df < apart.df


def test_two_shared_seeds_say_nothing_about_their_correlation():
    a, b = {0: 1.0, 1: 2.0, 2: 1.5, 3: 1.1, 4: 0.9}, {0: 1.1, 1: 2.1, 7: 1.4, 8: 1.2, 9: 0.8}
    assert partly_paired(a, b) == welch([(-1.0, list(a.values())), (1.0, list(b.values()))])


def test_the_trimmed_t_agrees_with_yuen_for_two_arms():
    a, b = RANDOM.normal(0, 1, 10), RANDOM.normal(1, 2, 15)
    oracle = stats.ttest_ind(b, a, trim=0.2, equal_var=False)
    found = trimmed_welch([(1.0, b), (-1.0, a)])
    assert (t_statistic(found), found.df) == pytest.approx((oracle.statistic, oracle.df))


def test_the_trimmed_t_of_one_sample_is_yuens_with_a_second_sample_that_never_varies():
    d = RANDOM.normal(0.4, 1, 12)
    oracle = stats.ttest_ind(d, np.full(12, 0.0), trim=0.2, equal_var=False)
    found = trimmed_one_sample(d)
    assert (t_statistic(found), found.df) == pytest.approx((oracle.statistic, oracle.df))


def test_one_collapsed_run_hardly_moves_a_trimmed_mean():
    d = [0.030, 0.031, 0.029, 0.032, 0.028, 0.030, 0.031, 0.029, 0.030, -0.7]
    assert interval(trimmed_one_sample(d), 0.05)[0] > 0.02
    assert interval(one_sample(d), 0.05)[0] < 0


@pytest.mark.parametrize("d", [[], [0.3], [0.1, 0.2, 0.4]])
def test_nothing_is_trimmed_off_few_seeds(d):
    found, plain = trimmed_one_sample(d), one_sample(d)
    assert interval(found, 0.05) == pytest.approx(interval(plain, 0.05))
    assert found.n == plain.n


def test_rounding_is_the_least_spread_of_a_trimmed_mean_too():
    assert trimmed_one_sample([0.01] * 10, 0.004).standard_error > 0
    assert trimmed_welch([(1.0, [0.5] * 6), (-1.0, [0.4] * 6)], 0.01).standard_error > 0
