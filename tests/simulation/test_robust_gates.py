"""Unequal arms, failed runs and rare collapse: what they do to verdicts.

The figures of docs/error-rates.md, "Failures, unequal arms and rare collapse", are those of these
simulations at 10,000 studies.
"""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.effects.contrast import Contrast, named
from hyperverdict.effects.effect import contrast_effect
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.effects.wins import win_of
from hyperverdict.stats.exact import rate_ruled_out
from hyperverdict.stats.intervals import Estimate, two_sided_p, welch
from hyperverdict.stats.overlapping import partly_paired
from hyperverdict.stats.skewness import skewness, skewness_carried
from hyperverdict.stats.trimmed import trimmed_one_sample, trimmed_welch
from scipy import stats

from .claims_engine import HIGHER, METRIC
from .simulate import ALPHA, generator, limit, normal, rate, verdicts
from .test_claim_gates import survivors
from .test_mutations import drop_failures

STUDIES = 4_000
FEW = 1_000
CONTRAST = named("difference", METRIC, "a", "b")
DIFFERENCE = Contrast("difference", METRIC, ("a", "b"), ("a",), ("b",))


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


# Rare collapse in one arm, which no rule on the mean can see


def collapsing(replications, n, share, ordinary, sigma, size=20.0):
    """Differences [replications, n] with this mean and SD, of which this share is 20 delta lower."""
    random = generator("collapse", n, share, ordinary, sigma)
    d = ordinary + sigma * random.standard_normal((replications, n))
    return d - size * (random.random(d.shape) < share)


# B equals A but for its collapses; the true mean is at least delta lower.
NOTHING = {"ordinary": 0.0, "sigma": 0.5}
# B is better by delta but for its collapses; the true mean is at most 0.
BETTER = {"ordinary": 1.0, "sigma": 1.0}


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.1])
def test_a_mean_does_not_see_rare_collapse(share):
    """The limit that every verdict states: no rule on the mean keeps alpha here."""
    nothing = rate(verdicts(collapsing(FEW, 10, share, **NOTHING)), "no meaningful effect")
    better = rate(verdicts(collapsing(FEW, 10, share, **BETTER)), "supported")
    assert limit(ALPHA, FEW) < nothing < 0.65
    assert limit(ALPHA, FEW) < better < 0.55


@pytest.mark.parametrize("rate_of_collapse", [0.01, 0.05, 0.1, 0.2, 0.5])
@pytest.mark.parametrize("n", [3, 10, 20])
def test_the_rate_left_open_is_seldom_too_small(n, rate_of_collapse):
    kept = [rate_ruled_out(k, n) >= rate_of_collapse for k in range(n + 1)]
    assert stats.binom.pmf(np.arange(n + 1), n, rate_of_collapse)[kept].sum() >= 0.95


def skewed_share(data):
    return float(np.mean([abs(skewness(d) or 0.0) > skewness_carried(len(d)) for d in data]))


@pytest.mark.parametrize("n", [5, 7, 9, 10, 13, 20, 30])
def test_normal_differences_are_seldom_too_skewed(n):
    assert skewed_share(normal(FEW, n, 0, 1)) <= limit(0.01, FEW)


@pytest.mark.parametrize("n", [5, 10, 20])
def test_a_collapse_among_the_runs_is_too_skewed(n):
    data = normal(FEW, n, 0, 1)
    data[:, 0] -= 20
    assert skewed_share(data) >= 0.95


def beats(sizes, draw, replications=FEW):
    """How often the interval of P(b beats a) covers it; runs of the arms share no seed."""
    random = generator("beats", sizes, draw.__name__)
    many = draw(random, 400_000)
    truth = np.mean(many[1] > many[0]) + np.mean(many[1] == many[0]) / 2
    inside = []
    for _ in range(replications):
        a, b = draw(random, max(sizes))
        first, second = dict(enumerate(a[: sizes[0]])), dict(enumerate(b[: sizes[1]], 1000))
        found = win_of(Outcomes(METRIC, {"a": first, "b": second}), DIFFERENCE)
        inside.append(found.interval[0] <= truth <= found.interval[1])
    return float(np.mean(inside))


def shifted(random, n):
    return random.standard_normal(n), 0.7 + random.standard_normal(n)


def mostly_tied(random, n):
    return random.integers(0, 3, n).astype(float), random.integers(0, 4, n).astype(float)


def one_collapses(random, n):
    return random.standard_normal(n), 3 + random.standard_normal(n) - 20 * (random.random(n) < 0.1)


@pytest.mark.slow
@pytest.mark.parametrize("draw", [shifted, mostly_tied, one_collapses])
@pytest.mark.parametrize("sizes", [(3, 3), (10, 10), (5, 30)])
def test_the_probability_to_beat_is_covered(draw, sizes):
    assert beats(sizes, draw) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / FEW)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "level"), [(5, 0.066), (7, 0.061), (10, 0.055), (20, ALPHA)])
def test_trimmed_means_of_normal_differences(n, level):
    """With few seeds they err a little more often than alpha: a sensitivity line, no verdict."""
    found = [trimmed_one_sample(d) for d in normal(STUDIES, n, 0, 1)]
    assert wrong_share(found) <= limit(level, STUDIES)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(5, 5), (6, 20), (10, 10)])
def test_trimmed_means_of_unpaired_arms_keep_alpha(sizes):
    random = generator("trimmed", sizes)
    first, second = (
        sd * random.standard_normal((STUDIES, n)) for n, sd in zip(sizes, (4, 1), strict=True)
    )
    found = [trimmed_welch([(-1.0, a), (1.0, b)]) for a, b in zip(first, second, strict=True)]
    assert wrong_share(found) <= limit(ALPHA, STUDIES)
