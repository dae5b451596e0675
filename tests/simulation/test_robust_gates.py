"""Unequal arms, failed runs and rare collapse: what they do to verdicts.

The figures of docs/error-rates.md, "Failures, unequal arms and rare collapse", are those of these
simulations at 10,000 studies.
"""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.effects.contrast import named
from hyperverdict.effects.effect import contrast_effect
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.stats.intervals import Estimate, two_sided_p, welch
from hyperverdict.stats.overlapping import partly_paired
from scipy import stats

from .claims_engine import HIGHER, METRIC
from .simulate import ALPHA, generator, limit, rate
from .test_claim_gates import survivors
from .test_mutations import drop_failures

STUDIES = 4_000
FEW = 1_000
CONTRAST = named("difference", METRIC, "a", "b")


# Arms of unequal size and unequal noise


def wrong_share(estimates: list[Estimate]) -> float:
    """How often there is an effect where there is none."""
    return float(np.mean([two_sided_p(e) < ALPHA for e in estimates]))


def unequal_arms(sizes, sds, replications=STUDIES):
    random = generator("unequal", sizes, sds)
    first, second = (
        sd * random.standard_normal((replications, n)) for n, sd in zip(sizes, sds, strict=True)
    )
    return [welch([(-1.0, a), (1.0, b)]) for a, b in zip(first, second, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(2, 20), (3, 20), (3, 10), (4, 20), (5, 20), (3, 3)])
@pytest.mark.parametrize("sds", [(1, 1), (4, 1), (1, 4)])
def test_unequal_arms_keep_alpha(sizes, sds):
    assert wrong_share(unequal_arms(sizes, sds)) <= limit(ALPHA, STUDIES)


def test_satterthwaite_below_five_runs_does_not():
    random = generator("unequal", (2, 20), (4, 1))
    first, second = 4 * random.standard_normal((STUDIES, 2)), random.standard_normal((STUDIES, 20))
    p = stats.ttest_ind(second, first, axis=1, equal_var=False).pvalue
    assert np.mean(p < ALPHA) > limit(ALPHA, STUDIES)


def partly_shared(shared, alone, rho, sds, replications=STUDIES):
    """Estimates of two arms that share some seeds, whose scores correlate, and not the others."""
    random = generator("partly", shared, alone, rho, sds)
    common = np.sqrt(rho) * random.standard_normal((replications, shared))
    arms = []
    for n, sd in zip(alone, sds, strict=True):
        own = random.standard_normal((replications, shared + n))
        own[:, :shared] = common + np.sqrt(1 - rho) * own[:, :shared]
        arms.append(sd * own)
    first = [range(shared + alone[0])] * replications
    second = [[*range(shared), *range(100, 100 + alone[1])]] * replications
    return [
        partly_paired(dict(zip(i, a.tolist())), dict(zip(j, b.tolist())))  # noqa: B905
        for i, j, a, b in zip(first, second, *arms, strict=True)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shared", "alone"), [(3, (1, 1)), (3, (0, 7)), (3, (5, 5)), (5, (2, 15)), (8, (2, 2))]
)
@pytest.mark.parametrize(("rho", "sds"), [(0, (1, 1)), (0.5, (4, 1)), (0.9, (1, 4)), (0.9, (1, 1))])
def test_partly_shared_seeds_keep_alpha(shared, alone, rho, sds):
    assert wrong_share(partly_shared(shared, alone, rho, sds)) <= limit(ALPHA, STUDIES)


def width(estimate: Estimate) -> float:
    return float(estimate.standard_error * stats.t.ppf(1 - ALPHA / 2, estimate.df))


def test_pairs_and_single_runs_together_tell_more_than_either():
    found = partly_shared(5, (5, 5), 0.5, (1, 1), FEW)
    both = np.median([width(e) for e in found])
    random = generator("partly", "alone")
    a, b = random.standard_normal((2, FEW, 10))
    apart = np.median([width(welch([(-1.0, x), (1.0, y)])) for x, y in zip(a, b, strict=True)])
    pairs = stats.t.ppf(0.975, 4) * np.median(random.standard_normal((FEW, 5)).std(1, ddof=1))
    assert both < 0.95 * apart
    assert both < 0.95 * pairs / np.sqrt(5)


# Failures


def judged(pair):
    """The engine's evidence on two arms [2, n] that share their seeds; nan where a run failed."""
    values = {arm: dict(enumerate(v)) for arm, v in zip("ab", pair.tolist(), strict=True)}
    return contrast_effect(Outcomes(METRIC, values), CONTRAST, HIGHER, ALPHA).evidence


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_survivors_of_the_worst_runs_seldom_support(n, share):
    found = [judged(pair) for pair in survivors(STUDIES // 2, n, share)]
    assert rate(found, "supported") <= limit(ALPHA, STUDIES // 2)


def test_dropping_failures_supports_too_often():
    pairs = survivors(FEW, 20, 0.2)
    assert rate([drop_failures(pair) for pair in pairs], "supported") > limit(ALPHA, FEW)
    assert rate([judged(pair) for pair in pairs], "supported") <= limit(ALPHA, FEW)


def harmless(replications, n, theta, share):
    """Arms [replications, 2, n] whose differences have SD 1; every run fails with this chance."""
    random = generator("harmless", n, theta, share)
    arms = random.standard_normal((replications, 2, n)) / np.sqrt(2)
    arms[:, 1] += theta
    arms[random.random(arms.shape) < share] = np.nan
    return arms


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.2])
def test_harmless_failures_at_equal_rates_cost_little_power(share):
    """Against dropping failed pairs, which costs no more than the runs that are lost."""
    pairs = harmless(STUDIES // 2, 5, 2.0, share)
    kept = rate([judged(pair) for pair in pairs], "supported")
    assert kept >= 0.88 * rate([drop_failures(pair) for pair in pairs], "supported")
