from __future__ import annotations

import pytest
from hyperverdict.stats.decision import decide, decide_apart
from hyperverdict.stats.intervals import Estimate

# With a huge df and standard error 1, CI1 at alpha .05 is +-1.96 and CI2 +-1.645.
DELTA = 2.0


def judged(value, claim="higher", between=None, error=1.0):
    decision = decide(Estimate(value, error, error, 1e9, 100), DELTA, 0.05, claim, between)
    return decision.outcome, decision.grade


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.0, 1.0, ("no meaningful effect", "")),
        (0.2, 1.0, ("no meaningful effect", "")),
        (0.3, 0.1, ("no meaningful effect", "detectable but negligible")),
        (1.0, 1.0, ("inconclusive", "")),
        (1.97, 1.0, ("supported", "direction only")),
        (3.97, 1.0, ("supported", "at least the SESOI")),
        (-1.97, 1.0, ("refuted", "direction only")),
        (-3.97, 1.0, ("refuted", "at least the SESOI")),
    ],
)
def test_the_three_sides(value, error, expected):
    assert judged(value, error=error) == expected
    mirrored = {"supported": "refuted", "refuted": "supported"}
    assert judged(value, "lower", error=error) == (
        mirrored.get(expected[0], expected[0]),
        expected[1],
    )


def test_equivalence_comes_before_direction():
    assert judged(0.3, error=0.1)[0] == "no meaningful effect"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-0.3, "supported"), (-0.4, "inconclusive"), (-3.6, "inconclusive"), (-3.7, "refuted")],
)
def test_not_lower_is_one_sided_both_ways(value, expected):
    assert judged(value, "not_lower")[0] == expected
    assert judged(-value, "not_higher")[0] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "supported"),
        (1.7, "supported"),
        (1.6, "inconclusive"),
        (8.4, "inconclusive"),
        (-1.9, "inconclusive"),
        (-2.0, "refuted"),
        (11.9, "inconclusive"),
        (12.0, "refuted"),
    ],
)
def test_a_range_is_supported_by_two_one_sided_tests_and_refuted_by_a_two_sided_one(
    value, expected
):
    assert judged(value, between=(0.0, 10.0))[0] == expected


@pytest.mark.parametrize("claim", ["higher", "lower"])
@pytest.mark.parametrize(
    ("direction", "size", "expected"),
    [
        (1.9, 3.0, ("inconclusive", "")),
        (2.0, 1.0, ("supported", "direction only")),
        (2.0, 4.0, ("supported", "at least the SESOI")),
        (-2.0, 1.0, ("refuted", "direction only")),
        (9.0, 0.2, ("no meaningful effect", "detectable but negligible")),
        (0.1, 0.2, ("no meaningful effect", "")),
    ],
)
def test_a_direction_and_a_size_may_be_estimated_apart(claim, direction, size, expected):
    sign = 1 if claim == "higher" else -1
    estimates = [Estimate(sign * value, 1.0, 1.0, 1e9, 100) for value in (direction, size)]
    decision = decide_apart(*estimates, DELTA, 0.05, claim)
    assert (decision.outcome, decision.grade) == expected
    assert decision.ci == pytest.approx((sign * size - 1.96, sign * size + 1.96), abs=1e-3)
