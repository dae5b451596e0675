"""Composite claims: how often a claim that does not hold is supported, and the reverse."""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.stats.importance import importance
from hyperverdict.stats.intervals import interval

from .claims_engine import COMPARISON, ONLY_IN, TIME, TIME_LOWER, UNIVERSAL, Claim, optimum, trend
from .claims_engine import HIGHER as ACCURACY_HIGHER
from .simulate import ALPHA, DELTA, FAST, FULL, generator, judge, limit, rate, wrong

N = 10
SIZE = 2_500


def families(m, rho, n, theta, sigma, replications):
    """Per-seed contrasts [replications, m, n] of m hypotheses, correlated between hypotheses."""
    random = generator("family", m, rho, n, theta, sigma)
    common = random.standard_normal((replications, 1, n))
    own = random.standard_normal((replications, m, n))
    return theta + sigma * (np.sqrt(rho) * common + np.sqrt(1 - rho) * own)


def bonferroni(family):
    """The engine's rule: each hypothesis at alpha / m."""
    return [judge(d, ALPHA / len(family)) for d in family]


def family_error(rule, rho, n, theta, sigma, replications, m=6):
    data = families(m, rho, n, theta, sigma, replications)
    return np.mean([any(wrong(v, theta) for v in rule(family)) for family in data])


FAMILY_CELLS = [(5, 0, 1), (10, 0, 1), (20, 0, 1), (10, 1, 0.5), (10, 1, 1), (20, 0, 2)]


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0, 0.8])
@pytest.mark.parametrize(("n", "theta", "sigma"), FAMILY_CELLS)
def test_family_error(rho, n, theta, sigma):
    assert family_error(bonferroni, rho, n, theta, sigma, FULL) <= 0.055


def shares(terms, means, sigma, replications, n=N, *expect):
    """Share of each evidence over replications of a claim with these arm means."""
    claim = Claim(terms, *expect)
    random = generator(repr(terms), means, sigma, n)
    noise = sigma * random.standard_normal((replications, len(means), n))
    found = [claim.judge(np.array(means)[:, None] + e).evidence for e in noise]
    return {kind: rate(found, kind) for kind in ("supported", "refuted", "no meaningful effect")}


# A seed's noise has SD sigma in each arm, so differences have sigma * sqrt(2).
NULL_CONTEXT = (0, 5, 0, 5, 0, 0)
FLAT_STEP = (0, 5, 5, 10)


def test_one_null_context_is_seldom_universal_quickly():
    assert shares(UNIVERSAL, NULL_CONTEXT, 1, FAST)["supported"] <= limit(0.025, FAST)


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 10])
def test_one_null_context_is_seldom_universal(n):
    assert shares(UNIVERSAL, NULL_CONTEXT, 1, FULL, n)["supported"] <= limit(0.025, FULL)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.2, 1.0])
def test_a_true_universal_is_seldom_refuted(sigma):
    assert shares(UNIVERSAL, (0, 1, 0, 1, 0, 1), sigma, SIZE)["refuted"] <= limit(ALPHA, SIZE)


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 10])
def test_one_flat_step_is_seldom_monotone(n):
    found = shares(trend("every_step"), FLAT_STEP, 1, FULL, n)
    assert found["supported"] <= limit(0.025, FULL)
    assert found["refuted"] <= limit(ALPHA, FULL)


@pytest.mark.slow
def test_a_dip_of_delta_is_seldom_never_worse():
    found = shares(trend("never_worse"), (0, 5, 4, 9), 0.5, SIZE)
    assert found["supported"] <= limit(ALPHA, SIZE)
    assert found["refuted"] <= limit(ALPHA, SIZE)


@pytest.mark.slow
def test_a_flat_line_is_seldom_rising_on_average():
    found = shares(trend("on_average"), (0, 0, 0, 0), 1, SIZE)
    assert found["supported"] + found["refuted"] <= limit(ALPHA, SIZE)


@pytest.mark.slow
@pytest.mark.parametrize(
    "means",
    [(0, 0, 0, -5), (0, 5, 0, 1), (0, -1, 0, -5), (0, 5, 0, 5)],
    ids=["nothing in yes", "delta in no", "hurts in both", "the same in both"],
)
def test_only_in_is_seldom_supported_when_one_part_is_missing(means):
    assert shares(ONLY_IN, means, 0.5, SIZE)["supported"] <= limit(ALPHA, SIZE)


@pytest.mark.slow
def test_a_true_only_in_is_seldom_refuted():
    assert shares(ONLY_IN, (0, 1, 0, 0), 0.5, SIZE)["refuted"] <= limit(ALPHA, SIZE)


@pytest.mark.slow
def test_a_trade_off_with_one_null_leg_is_seldom_supported():
    claim = Claim(COMPARISON, ACCURACY_HIGHER, TIME_LOWER)
    random = generator("trade-off")
    found = []
    for _ in range(SIZE):
        accuracy = random.standard_normal((2, N))
        times = np.exp(0.01 * random.standard_normal((2, N)) - np.log([[1], [2]]))
        found.append(claim.judge(accuracy, (TIME, times)).evidence)
    assert rate(found, "supported") <= limit(0.025, SIZE)


FIVE = (0, 0, 0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.3, 1.0])
def test_a_level_worse_by_delta_is_seldom_called_best(sigma):
    found = shares(optimum(64), (0, 0, 0, 1, 0), sigma, SIZE)
    assert found["supported"] <= limit(ALPHA, SIZE)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.3, 1.0])
@pytest.mark.parametrize("means", [FIVE, (1, 1, 0, 1, 1)])
def test_a_level_within_delta_is_seldom_refuted(means, sigma):
    assert shares(optimum(64), means, sigma, SIZE)["refuted"] <= limit(ALPHA, SIZE)


@pytest.mark.slow
@pytest.mark.parametrize("means", [FIVE, (0, 0, 0, 1, 0), (1, 1, 0, 1, 1)])
def test_levels_within_delta_cover_a_good_level(means):
    """Width 64 is within delta of the best in all three; it must seldom be left out."""
    claim = Claim(optimum(64))
    noise = 0.5 * generator("cover", means).standard_normal((SIZE // 4, 5, N))
    facts = [claim.judge(np.array(means)[:, None] + e).facts for e in noise]
    left_out = ["width 64" not in dict(f["within_delta_of_best"])["test accuracy"] for f in facts]
    assert np.mean(left_out) <= limit(ALPHA, SIZE // 4)


# Importance: a 2 x 2 x 3 x 2 grid with main effects of these sizes and an interaction across.
SHAPE = (2, 2, 3, 2)


def cell_means(sizes, across):
    means = np.zeros(SHAPE)
    for axis, size in enumerate(sizes):
        positions = np.linspace(-1, 1, SHAPE[axis])
        shape = [1, 1, 1, 1]
        shape[axis] = SHAPE[axis]
        means = means + size * positions.reshape(shape)
    first = np.linspace(-1, 1, 2).reshape(2, 1, 1, 1)
    last = np.linspace(-1, 1, 2).reshape(1, 1, 1, 2)
    return means + across * first * last


SCENARIOS = {
    "equal": ((1, 0.5, 1, 0.5), 0.0),
    "these": ((1, 1, 0.5, 0), 0.3),
    "than": ((0.3, 0, 1, 1), 0.3),
}


def importance_coverage(name, n, noise, replications):
    means = cell_means(*SCENARIOS[name])
    exact = importance(np.broadcast_to(means, (3, *SHAPE)), [0, 1], [2, 3]).difference.value
    random = generator("importance", name, n, noise)
    inside = []
    for _ in range(replications):
        # A seed shifts all cells together, beside the noise of each cell.
        shift = random.standard_normal((n, 1, 1, 1, 1))
        table = means + shift + noise * random.standard_normal((n, *SHAPE))
        low, high = interval(importance(table, [0, 1], [2, 3]).difference, ALPHA)
        inside.append(low <= exact <= high)
    return float(np.mean(inside))


def test_importance_coverage_quickly():
    assert importance_coverage("than", 10, 1.0, FAST) >= 0.95 - 3 * 0.0069


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 10, 20])
@pytest.mark.parametrize("noise", [0.2, 1.0])
@pytest.mark.parametrize("name", SCENARIOS)
def test_importance_coverage(name, n, noise):
    # 0.95 less 3 Monte-Carlo standard errors, less the half point that a jackknife may lack.
    assert importance_coverage(name, n, noise, 2_000) >= 0.95 - 3 * 0.0049 - 0.005


# Failures: B's worst runs diverge, so that its survivors look better than they are.


def survivors(replications, n, share, theta=0.0):
    """Arms [replications, 2, n]; B's runs below its `share` quantile are nan."""
    random = generator("failures", n, share, theta)
    arms = random.standard_normal((replications, 2, n)) * 2 * DELTA
    arms[:, 1] += theta
    threshold = theta + 2 * DELTA * np.quantile(random.standard_normal(100_000), share)
    arms[:, 1][arms[:, 1] < threshold] = np.nan
    return arms


def supported_by_survivors(rule, n, share, replications):
    return rate([rule(pair) for pair in survivors(replications, n, share)], "supported")


def engine_rule(pair, claim=Claim(COMPARISON)):  # noqa: B008  one claim for all replications
    return claim.judge(pair).evidence


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 10, 20])
def test_survivors_do_not_support_a_claim(n):
    assert supported_by_survivors(engine_rule, n, 0.5, SIZE) <= limit(ALPHA, SIZE)
