"""Single claim types: each may be wrong with probability alpha, however many ways it has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hyperverdict.claims import importance as importance_claims
from hyperverdict.claims import learning_curve
from hyperverdict.claims import strategy as strategy_claims
from hyperverdict.claims import trend as trend_claims
from hyperverdict.effects.effect import Expectation
from hyperverdict.stats.decision import decide

from .claims_engine import COMPARISON, METRIC, Claim, trend
from .simulate import ALPHA, DELTA, FAST, generator, limit, rate
from .test_claim_gates import shares

SIZE = 2_000
NOT_LOWER = Expectation(METRIC, "not_lower", DELTA)
BETWEEN = Expectation(METRIC, "higher", DELTA, between=(0.0, 3.0 * DELTA))
WIDTHS = [16, 64, 256, 1024, 2048, 4096]


def against(found):
    """How often a claim is contradicted, in either way."""
    return found["refuted"] + found["no meaningful effect"]


def universal(contexts, shape="on_average", levels=3):
    depths = list(range(1, contexts + 1))
    return {"trend": {"width": WIDTHS[:levels]}, "in_every": {"depth": depths}, "shape": shape}


# Universal: one context's "no meaningful effect" counts at alpha / contexts, whatever the shape.


@pytest.mark.parametrize("contexts", [3, 6, 12])
def test_a_rise_of_delta_in_every_context_is_seldom_refuted(contexts):
    size = FAST
    found = shares(universal(contexts), (0.0, 0.5, 1.0) * contexts, 0.3, size)
    assert against(found) <= limit(ALPHA, size)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["on_average", "never_worse", "every_step"])
@pytest.mark.parametrize("contexts", [3])
def test_a_true_universal_trend_is_seldom_refuted(shape, contexts):
    means = {"on_average": (0, 0.5, 1), "never_worse": (0, 2, 1), "every_step": (0, 1, 2)}[shape]
    found = shares(universal(contexts, shape), means * contexts, 0.4, SIZE)
    assert against(found) <= limit(ALPHA, SIZE)


# Never worse: refuting and "no meaningful effect" share alpha.

JUST_NEVER_WORSE = {4: (0, 3, 2, 1), 6: (0, 5, 4, 3, 2, 1)}


@pytest.mark.parametrize(("levels", "sigma"), [(4, 0.4), (6, 0.1)])
def test_dips_just_below_delta_are_seldom_held_against_never_worse(levels, sigma):
    terms = {"trend": {"width": WIDTHS[:levels]}, "shape": "never_worse"}
    found = shares(terms, JUST_NEVER_WORSE[levels], sigma, SIZE)
    assert against(found) <= limit(ALPHA, SIZE)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.3])
def test_a_dip_of_delta_is_seldom_supported_or_called_no_effect(sigma):
    found = shares(trend("never_worse"), (0, 1, 0, 1), sigma, SIZE)
    assert found["supported"] + found["no meaningful effect"] <= limit(ALPHA, SIZE)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.5])
def test_one_step_of_delta_is_seldom_held_against_every_step(sigma):
    terms = {"trend": {"width": WIDTHS}, "shape": "every_step"}
    found = shares(terms, (0, 1, 1, 1, 1, 1), sigma, SIZE)
    assert against(found) <= limit(ALPHA, SIZE)


def test_never_worse_is_still_found():
    rising = shares(trend("never_worse"), (0, 1, 2, 3), 0.5, FAST)
    flat = shares(trend("never_worse"), (0, 0, 0, 0), 0.3, FAST)
    assert rising["supported"] >= 0.95
    assert flat["no meaningful effect"] >= 0.9


# Claims on a size: two one-sided tests, each at alpha.


def judged_sizes(expectation, theta, n, replications, sigma=DELTA):
    """Verdicts on differences with this mean and SD."""
    claim = Claim(COMPARISON, expectation)
    noise = generator("sizes", expectation.direction, theta, n).standard_normal((replications, n))
    zeros = np.zeros(n)
    return [claim.judge(np.array([zeros, theta + sigma * d])).evidence for d in noise]


@pytest.mark.parametrize("n", [5, 10, 20])
def test_not_lower_is_wrong_with_probability_alpha_either_way(n):
    found = judged_sizes(NOT_LOWER, -DELTA, n, SIZE)
    assert rate(found, "supported") <= limit(ALPHA, SIZE)
    assert rate(found, "refuted") <= limit(ALPHA, SIZE)


@pytest.mark.parametrize("theta", [0.0, 3.0 * DELTA])
@pytest.mark.parametrize("n", [5, 10])
def test_a_range_is_wrong_with_probability_alpha_at_its_ends(theta, n):
    found = judged_sizes(BETWEEN, theta, n, SIZE)
    assert rate(found, "supported") <= limit(ALPHA, SIZE)
    assert rate(found, "refuted") <= limit(ALPHA, SIZE)


def test_power_of_claims_on_sizes():
    """.39 and .64 where both are two-sided at alpha (n = 5; 3,000 replications)."""
    worse = judged_sizes(NOT_LOWER, -2 * DELTA, 5, 3_000)
    inside = judged_sizes(BETWEEN, 1.5 * DELTA, 7, 3_000)
    assert rate(worse, "refuted") >= 0.54
    assert rate(inside, "supported") >= 0.80


@pytest.mark.parametrize("sigma", [0.7, 1.5])
def test_the_seeds_planned_for_a_range_settle_it(sigma):
    middle = 1.5 + sigma / 2**0.5 * np.array([1.0, -1.0])
    [effect] = Claim(COMPARISON, BETWEEN).judge(np.array([np.zeros(2), middle])).effects
    [needed, _] = effect.seeds_needed
    found = judged_sizes(BETWEEN, 1.5, needed, 2_000, sigma)
    assert 0.8 - 3 * 0.009 <= rate(found, "supported") <= 0.93


# Optimum: refuted by one-sided bounds at alpha / (K - 1).


def best_of(levels):
    return {"best": {"width": WIDTHS[:levels]}, "is": [WIDTHS[0]]}


@pytest.mark.parametrize("sigma", [2.0])
def test_a_level_that_all_others_beat_by_delta_is_seldom_refuted(sigma):
    found = shares(best_of(6), (0, 1, 1, 1, 1, 1), sigma, FAST, 5)
    assert found["refuted"] <= limit(ALPHA, FAST)


def test_power_to_refute_a_best_level():
    """One of five others is better by 2 SDs of the differences beyond delta: .55 two-sided."""
    found = shares(best_of(6), (0, 0, 0, 0, 0, 1 + 2 * 2**0.5), 1.0, FAST, 5)
    assert found["refuted"] >= 0.73 - 3 * 0.014


# Learning curve: the plateau is tested from the last epoch backwards.

EPOCHS = 8


def plateaus(curve, sigma, n, replications):
    """The plateau epochs found on curves [EPOCHS] of a mean with noise of SD sigma at each end."""
    claim = Claim({"each": {"epoch": f"1..{EPOCHS}"}})
    noise = sigma * generator("plateau", curve, sigma, n).standard_normal((replications, n, EPOCHS))
    judged = (claim.judge_curves(np.array(curve) + e) for e in noise)
    return [dict(judgement.facts["plateaus"])["validation accuracy"] for judgement in judged]


@pytest.mark.parametrize("sigma", [0.3, 0.7])
def test_no_plateau_is_claimed_where_delta_is_still_to_come(sigma):
    found = plateaus((0.0,) * (EPOCHS - 1) + (DELTA,), sigma, 10, FAST)
    assert np.mean([epoch is not None for epoch in found]) <= limit(ALPHA, FAST)


def test_a_plateau_is_not_put_too_early():
    """From epoch 3 on nothing is gained; at epoch 2 exactly delta is still to come."""
    found = plateaus((0.0, 2.0, *(3.0,) * (EPOCHS - 2)), 0.3, 10, FAST)
    early = [epoch is not None and epoch < 3 for epoch in found]
    assert np.mean(early) <= limit(ALPHA, FAST)
    assert np.mean([epoch == 3 for epoch in found]) >= 0.9


# Importance: the direction is that of the explained variances, not of their shares.

SHARE = Expectation(METRIC, "higher", 0.05, own_size=True, share_of_variance=True)
TWO_BY_TWO = {"matters_more": {"these": {"width": [16, 64]}, "than": {"depth": [1, 2]}}}


def importances(these, than, noise, n, replications):
    """Verdicts on a 2 x 2 grid with these main effects."""
    claim = Claim(TWO_BY_TWO, SHARE)
    means = np.array([w * these + d * than for w in (-1, 1) for d in (-1, 1)])
    random = generator("importances", these, than, noise, n)
    errors = noise * random.standard_normal((replications, 4, n))
    return [claim.judge(means[:, None] + e).evidence for e in errors]


@pytest.mark.parametrize(("n", "noise"), [(3, 0.3), (5, 1.5), (10, 2.0), (20, 3.0)])
def test_groups_of_equal_importance_are_seldom_told_apart(n, noise):
    """.06 to .09 where the direction is judged on the shares (n = 5 to 20)."""
    found = importances(1.0, 1.0, noise, n, SIZE)
    assert rate(found, "supported") + rate(found, "refuted") <= limit(ALPHA, SIZE)


@pytest.mark.parametrize("noise", [0.03, 0.3])
def test_a_share_larger_by_delta_is_seldom_called_equal(noise):
    found = importances(0.525**0.5, 0.475**0.5, noise, 10, FAST)
    assert rate(found, "no meaningful effect") + rate(found, "refuted") <= limit(ALPHA, FAST)


def test_the_more_important_group_is_found():
    assert rate(importances(1.0, 0.5, 0.7, 10, FAST), "supported") >= 0.74


# Strategy: all orders of a search, every seed searched and every other one fresh.

GRID = {"width": WIDTHS[:4], "depth": [1, 2, 3, 4]}


def strategy(trials, search="random"):
    return {"search": search, "than": "grid", "over": GRID, "trials": trials}


def searched(terms, means, delta, noise, n, replications):
    """Verdicts on cells [16] with these means; noise is new for validation and for the test."""
    claim = Claim(terms, replace(HIGHER_OR_LOWER, matters_from=delta))
    random = generator("searched", repr(terms), means, noise, n)
    shape = (replications, 2, 16, n)
    errors = 0.3 * noise * random.standard_normal(shape)
    errors += noise * random.standard_normal((replications, 1, 16, n))
    tables = np.array(means)[:, None] + errors
    return [claim.judge_selection(seen, fresh).evidence for seen, fresh in tables]


HIGHER_OR_LOWER = Expectation(METRIC, "higher", DELTA)
# The best cell is one of the grid's 12; random search misses it in a quarter of its orders.
ONE_PEAK = (*(0.0,) * 7, 1.0, *(0.0,) * 8)


@pytest.mark.parametrize(("n", "noise"), [(4, 0.05), (10, 0.05), (10, 0.3)])
def test_searches_that_differ_by_delta_are_seldom_called_equal(n, noise):
    """All of the studies where each seed draws one order from its number (10 seeds)."""
    found = searched(strategy(12), ONE_PEAK, 0.25, noise, n, FAST // 2)
    assert rate(found, "no meaningful effect") <= limit(ALPHA, FAST // 2)
    assert rate(found, "supported") <= limit(ALPHA, FAST // 2)


@pytest.mark.parametrize("n", [4, 10, 20])
def test_searches_of_equal_cells_are_seldom_told_apart(n):
    found = searched(strategy(5), (0.0,) * 16, 1.0, 1.0, n, FAST // 2)
    assert rate(found, "supported") + rate(found, "refuted") <= limit(ALPHA, FAST // 2)


def test_the_better_search_is_found():
    """The peak is none of the grid's 4 cells; random search finds it in 5 of 16 orders."""
    found = searched(strategy(5), (*(0.0,) * 5, 1.0, *(0.0,) * 10), 0.1, 0.1, 10, FAST // 4)
    assert rate(found, "supported") >= 0.9


# Mutations: ways of judging that the engine must not use make a gate above fail.


def test_no_effect_of_one_context_at_plain_alpha_refutes_too_often(monkeypatch):
    monkeypatch.setattr(trend_claims, "all_hold", lambda effects: effects[0].plain.evidence)
    found = shares(universal(6), (0.0, 0.5, 1.0) * 6, 0.3, FAST // 2)
    assert against(found) > 2 * limit(ALPHA, FAST // 2)


def test_alpha_for_each_way_contradicts_never_worse_too_often(monkeypatch):
    def each_at_alpha(steps, last):
        if any(step.strict.evidence == "refuted" for step in steps):
            return "refuted"
        return last.plain.evidence

    monkeypatch.setattr(trend_claims, "_never_worse", each_at_alpha)
    terms = {"trend": {"width": WIDTHS}, "shape": "never_worse"}
    assert against(shares(terms, JUST_NEVER_WORSE[6], 0.1, SIZE)) > limit(ALPHA, SIZE)


def test_a_forward_scan_finds_plateaus_that_are_none(monkeypatch):
    monkeypatch.setattr(learning_curve.LearningCurve, "_plateau", forward_scan)
    found = plateaus((0.0,) * (EPOCHS - 1) + (DELTA,), 0.3, 10, FAST // 2)
    assert np.mean([epoch is not None for epoch in found]) > 2 * limit(ALPHA, FAST // 2)


def forward_scan(claim, question, expectation):
    """The first epoch from which the remaining gain is proven small, whatever comes later."""
    backwards = learning_curve.opposite_tolerant(expectation)
    steps = ((e, learning_curve._step) for e in claim.epochs[:-1])
    proven = (
        e
        for e, step in steps
        if step(question, backwards, e, claim.epochs[-1], 1).plain.evidence == "supported"
    )
    return next(proven, None)


def test_directions_judged_on_shares_are_wrong_too_often(monkeypatch):
    monkeypatch.setattr(
        importance_claims, "decide_apart", lambda direction, size, *rest: decide(size, *rest)
    )
    found = importances(1.0, 1.0, 3.0, 20, SIZE)
    assert rate(found, "supported") + rate(found, "refuted") > limit(ALPHA, SIZE)


def test_one_order_for_all_calls_searches_equal_that_are_not(monkeypatch):
    def one_order(shape, trials, scores):
        picked = np.zeros(len(scores))
        picked[max(range(trials), key=lambda cell: scores[cell])] = 1.0
        return picked

    monkeypatch.setattr(
        strategy_claims, "SEARCHES", {**strategy_claims.SEARCHES, "random": one_order}
    )
    found = searched(strategy(12), ONE_PEAK, 0.25, 0.05, 10, FAST // 10)
    assert rate(found, "no meaningful effect") > 0.9
