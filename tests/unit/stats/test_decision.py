from __future__ import annotations

import pytest
from hyperverdict.stats.decision import decide
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
    [(-0.3, "supported"), (-0.4, "inconclusive"), (-3.9, "inconclusive"), (-4.0, "refuted")],
)
def test_not_lower_is_non_inferior_by_delta(value, expected):
    assert judged(value, "not_lower")[0] == expected
    assert judged(-value, "not_higher")[0] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, "supported"), (1.9, "inconclusive"), (-2.0, "refuted"), (12.0, "refuted")],
)
def test_a_claim_on_size_is_supported_when_proven_inside(value, expected):
    assert judged(value, between=(0.0, 10.0))[0] == expected
