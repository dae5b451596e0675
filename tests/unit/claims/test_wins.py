"""One new run against another: pairs, ties, failures, runs without a partner."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hyperverdict.effects.contrast import Contrast, named
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.effects.wins import open_rate, win_of
from hyperverdict.stats.wins import paired_wins, unpaired_wins
from hyperverdict.vocabulary.metrics import RECORDED

from .judging import NAN

ACCURACY, LOSS = RECORDED["accuracy"], RECORDED["loss"]
CONTRAST = Contrast("difference", ACCURACY, ("a", "b"), ("a",), ("b",))


def win(a, b, metric=ACCURACY):
    return win_of(Outcomes(metric, {"a": a, "b": b}), replace(CONTRAST, metric=metric))


def seeded(values, start=0):
    return dict(enumerate(values, start))


A = seeded([0.70, 0.71, 0.72, 0.73, 0.74])


def test_pairs_of_one_seed_are_counted():
    found = win(A, seeded([0.75, 0.72, 0.71, 0.74, 0.75]))
    assert (found.share, found.runs, found.paired) == (0.8, 5, True)
    assert found.interval == pytest.approx(paired_wins(4, 0, 1))


def test_ties_count_half_and_a_failed_run_loses():
    found = win(A | {5: NAN, 6: NAN, 7: 0.7}, seeded([0.75, 0.71, 0.75, 0.8, 0.8, 0.1, NAN, NAN]))
    # Wins: 0, 2, 3, 4 and 5; ties: 1 and the two that failed in both arms; lost: 7.
    assert found.share == pytest.approx(6 / 8)
    assert found.interval == pytest.approx(paired_wins(5, 2, 1))


def test_better_is_what_the_metric_says():
    b = seeded([0.75, 0.72, 0.73, 0.74, 0.75])
    assert win(A, b).share == 1.0
    assert win(A, b, LOSS).share == 0.0
    assert win(A, b, replace(LOSS, better=None)).share == 1.0
    assert win(A, b | {0: NAN}, LOSS).share == 0.0


def test_single_runs_are_compared_each_with_each():
    b = seeded([0.745, 0.75, 0.715, 0.71], 100)
    found = win(A, b)
    assert (found.runs, found.paired) == (4, False)
    assert found.share == pytest.approx((5 + 5 + 2 + 1.5) / 20)
    assert found.interval == pytest.approx(unpaired_wins(found.share, 4))


def test_of_partly_shared_seeds_the_larger_part_is_used():
    mostly = win(A, seeded([0.75] * 5, 1))
    assert (mostly.runs, mostly.paired) == (4, True)
    seldom = win(A, seeded([0.75] * 5, 4))
    assert (seldom.runs, seldom.paired) == (4, False)


def test_only_differences_of_two_arms_have_it():
    assert win({}, {}) is None
    outcomes = Outcomes(ACCURACY, {"a": A, "b": A})
    assert win_of(outcomes, named("epoch", ACCURACY, "a", "b").contrast) is None


def test_the_arm_that_tells_least_is_named():
    found = open_rate({"a": (0, 10), "b": (0, 5), "c": (0, 0)})
    assert (found.arm, found.runs, found.failed) == ("b", 5, 0)
    assert found.rate == pytest.approx(0.451, abs=0.001)
    assert open_rate({"a": (0, 10), "b": (2, 10)}).arm == "b"
    assert open_rate({"c": (0, 0)}) is None
