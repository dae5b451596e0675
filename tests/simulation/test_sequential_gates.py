"""Looking more than once."""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.stats.sequential import SINGLE_LOOK, ConfidenceSequence, Scheduled

from .simulate import ALPHA, FAST, FULL, judge, limit, normal, wrong


def verdict_after_looks(d, rules):
    """The first conclusive verdict of looks (n, rule), else inconclusive."""
    for n, rule in rules:
        outcome = judge(d[:n], looks=rule)
        if outcome != "inconclusive":
            return outcome
    return "inconclusive"


def ever_wrong(d, theta, rules):
    """Whether any look gives a wrong verdict, even after an earlier conclusive one."""
    return any(wrong(judge(d[:n], looks=rule), theta) for n, rule in rules)


def scheduled(looks, spending):
    return [(n, Scheduled(k, looks, spending)) for k, n in enumerate(looks, 1)]


RULES = {
    "default": scheduled((10, 20), "front_loaded"),
    "pocock": scheduled((5, 10, 20), "pocock"),
    "obrien_fleming": scheduled((5, 10, 20), "obrien_fleming"),
    "confidence sequence": [(n, ConfidenceSequence()) for n in range(3, 21)],
    "extension": [(10, Scheduled(1)), *((n, ConfidenceSequence(0.8)) for n in range(11, 20))],
}
CELLS = [(0, 1), (0, 2), (1, 0.5), (1, 1), (1, 2)]


def wrong_share(rules, theta, sigma, replications):
    data = normal(replications, max(n for n, _ in rules), theta, sigma)
    return float(np.mean([ever_wrong(d, theta, rules) for d in data]))


@pytest.mark.parametrize("name", RULES)
def test_looks_quickly(name):
    assert wrong_share(RULES[name], 0, 2, FAST) <= limit(ALPHA, FAST)


@pytest.mark.slow
@pytest.mark.parametrize(("theta", "sigma"), CELLS)
@pytest.mark.parametrize("name", RULES)
def test_looks(name, theta, sigma):
    replications = FULL if len(RULES[name]) < 4 else FULL // 4
    assert wrong_share(RULES[name], theta, sigma, replications) <= limit(ALPHA, replications)


@pytest.mark.slow
def test_peeking_with_a_plain_t_is_wrong_in_a_quarter():
    """What the looks guard against: peeking after each of 3..20 seeds."""
    peeking = [(n, SINGLE_LOOK) for n in range(3, 21)]
    data = normal(FULL // 4, 20, 0, 1e6)
    share = np.mean([ever_wrong(d, 0, peeking) for d in data])
    assert share == pytest.approx(0.23, abs=0.03)


@pytest.mark.slow
def test_a_second_look_gains_power():
    data = normal(FULL // 4, 20, 1, 1.5)
    one = np.mean([judge(d[:10]) == "supported" for d in data])
    two = np.mean([verdict_after_looks(d, RULES["default"]) == "supported" for d in data])
    assert two > one + 0.15
