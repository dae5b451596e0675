"""Failed runs decide every type of claim alike: what must hold, must hold with them ranked worst."""

from __future__ import annotations

import numpy as np
import pytest

from .asking import COMPARE, SHARE, ask, ask_curves, make_hypothesis
from .judging import ACCURACY, NAN

SEEDS = 10
NOISE = 0.002 * np.random.default_rng(4).standard_normal((12, SEEDS))
TREND = {"trend": {"width": [16, 64, 256]}}
DEEPER = {"compare": {"depth": {"from": 2, "to": 3}}}
OWN = {"accuracy": {"is": "higher", "matters_from": 0.01}}
CONTEXTS = {**DEEPER, "in_every": {"width": [16, 64, 256]}}

# (terms, expect, means of the arms that support it, the arm whose failures are against it)
SUPPORTED = {
    "comparison": (COMPARE, ACCURACY, (0.70, 0.73), 1),
    "lower": (COMPARE, {"accuracy": "lower"}, (0.73, 0.70), 0),
    "not lower": (COMPARE, {"accuracy": "not_lower"}, (0.70, 0.70), 1),
    "size": (COMPARE, {"accuracy": {"higher_by": [0.01, 0.05]}}, (0.70, 0.73), 1),
    "every step": ({**TREND, "shape": "every_step"}, ACCURACY, (0.70, 0.73, 0.76), 2),
    "never worse": ({**TREND, "shape": "never_worse"}, ACCURACY, (0.70, 0.73, 0.76), 2),
    "on average": ({**TREND, "shape": "on_average"}, ACCURACY, (0.70, 0.73, 0.76), 2),
    "universal": ({**CONTEXTS, "shape": "every_step"}, ACCURACY, (0.70, 0.73) * 3, 3),
    "no worse anywhere": ({**CONTEXTS, "shape": "never_worse"}, ACCURACY, (0.70, 0.70) * 3, 3),
    "interaction": (
        {**DEEPER, "depends_on": {"width": {"from": 64, "to": 256}}},
        OWN,
        (0.70, 0.70, 0.70, 0.75),
        3,
    ),
    "conditional": (
        {**DEEPER, "only_in": {"width": {"yes": [64], "no": [256]}}},
        ACCURACY,
        (0.70, 0.75, 0.70, 0.70),
        1,
    ),
    "best": ({"best": {"width": [16, 64, 256]}, "is": [64]}, ACCURACY, (0.70, 0.73, 0.70), 1),
    "importance": (
        {"matters_more": {"these": {"width": [16, 64]}, "than": {"depth": [2, 3]}}},
        {"accuracy": SHARE},
        (0.70, 0.70, 0.75, 0.75),
        3,
    ),
}


def judged(name, failed=(), also=()):
    """The claim on arms of which `failed` seeds of the arm against it fail, and `also` of others."""
    terms, expect, means, against = SUPPORTED[name]
    values = (np.array(means)[:, None] + NOISE[: len(means)]).tolist()
    for arm, row in enumerate(values):
        for seed in failed if arm == against else also:
            row[seed] = NAN
    return ask(make_hypothesis(terms, expect), {"accuracy": values})


@pytest.mark.parametrize("name", SUPPORTED)
def test_failures_against_the_claim_leave_it_open(name):
    assert judged(name).evidence == "supported"
    lost = judged(name, [0, 3, 5, 7])
    assert (lost.evidence, lost.failures_decide) == ("inconclusive", True)


@pytest.mark.parametrize("name", SUPPORTED)
def test_equal_failures_leave_it_supported(name):
    both = judged(name, [0, 3], [0, 3])
    assert (both.evidence, both.failures_decide) == ("supported", False)


@pytest.mark.parametrize("name", SUPPORTED)
def test_one_failure_leaves_it_supported(name):
    assert judged(name, [4]).evidence == "supported"


def test_a_training_that_ends_early_counts_against_the_later_epochs():
    hypothesis = make_hypothesis({"each": {"epoch": "1..3"}}, ACCURACY)
    whole = [[0.6, 0.7 + x, 0.8 + 2 * x] for x in NOISE[0]]
    assert ask_curves(hypothesis, {"accuracy": whole}).evidence == "supported"
    ended = [curve[: 1 if seed < 4 else 3] for seed, curve in enumerate(whole)]
    found = ask_curves(hypothesis, {"accuracy": ended})
    assert (found.evidence, found.failures_decide) == ("inconclusive", True)


def test_a_claim_refuted_by_one_part_is_not_open_because_of_another():
    """The second context fails too often to say anything; the third refutes the claim."""
    terms, expect, means, _ = SUPPORTED["universal"]
    values = (np.array((*means[:4], 0.73, 0.70))[:, None] + NOISE[:6]).tolist()
    for seed in (0, 3, 5, 7):
        values[3][seed] = NAN
    found = ask(make_hypothesis(terms, expect), {"accuracy": values})
    assert (found.evidence, found.failures_decide) == ("refuted", False)
    assert not any("depends on the failed runs" in note for note in found.notes)
