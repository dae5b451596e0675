"""Looking again under the ledger's rules: peeking, few seeds, provisional reports, growing tables.

The rules' alphas are the engine's; only the decision is vectorised, and checked against the engine.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy
from hyperverdict import compare
from hyperverdict.stats.decision import decide
from hyperverdict.stats.families import FamilyAlphas, max_t_alphas
from hyperverdict.stats.intervals import one_sample
from hyperverdict.stats.sequential import (
    DEFAULT_LOOKS,
    FIRST_SHARE,
    SINGLE_LOOK,
    ConfidenceSequence,
    FirstLook,
    scheduled,
)

from .simulate import ALPHA, DELTA, FULL, generator, judge, limit, normal
from .simulate import wrong as is_wrong

OPEN, NONE, SUPPORTED, REFUTED = range(4)
NAMES = {
    "inconclusive": OPEN,
    "no meaningful effect": NONE,
    "supported": SUPPORTED,
    "refuted": REFUTED,
}


def outcomes(d, alpha):
    """Verdicts [replications] on per-seed contrasts [replications, n], claimed higher."""
    n = d.shape[1]
    if alpha <= 0:
        return np.full(len(d), OPEN)
    mean, error = d.mean(axis=1), d.std(axis=1, ddof=1) / np.sqrt(n)
    wide = scipy.special.stdtrit(n - 1, 1 - alpha / 2) * error
    narrow = scipy.special.stdtrit(n - 1, 1 - alpha) * error
    none = (mean - narrow > -DELTA) & (mean + narrow < DELTA)
    return np.select(
        [none, mean - wide > 0, mean + wide < 0], [NONE, SUPPORTED, REFUTED], default=OPEN
    )


def wrong_of(found, theta):
    """Which verdicts contradict the true effect."""
    return {
        NONE: np.full(len(found), abs(theta) >= DELTA) & (found == NONE),
        SUPPORTED: (theta <= 0) & (found == SUPPORTED),
        REFUTED: (theta >= 0) & (found == REFUTED),
    }


def ever_wrong(data, theta, rules, alpha=ALPHA):
    """Share of replications [., n] in which any look (n, rule) is wrong."""
    wrong = np.zeros(len(data), dtype=bool)
    for n, rule in rules:
        found = outcomes(data[:, :n], rule.nominal(alpha, n))
        wrong |= np.any(list(wrong_of(found, theta).values()), axis=0)
    return float(wrong.mean())


def settled(data, rules):
    """Share that some look settles."""
    found = [outcomes(data[:, :n], rule.nominal(ALPHA, n)) != OPEN for n, rule in rules]
    return float(np.any(found, axis=0).mean())


def goes_on(first, last):
    """A first look at few seeds, then a look after each further seed."""
    after = ConfidenceSequence(FIRST_SHARE)
    return [(first, FirstLook()), *((n, after) for n in range(first + 1, last + 1))]


def table_goes_on(first, last):
    """A first judgement of a table, then one after each further run."""
    return [(first, SINGLE_LOOK), *goes_on(first, last)[1:]]


TWO = [(n, scheduled(DEFAULT_LOOKS, k)) for k, n in enumerate(DEFAULT_LOOKS)]
EARLIER = [(n, scheduled(DEFAULT_LOOKS, k, rules=1)) for k, n in enumerate(DEFAULT_LOOKS)]
# A first look at 10 seeds, then one after each further seed.
EXTENDED = [TWO[0], *((n, ConfidenceSequence(0.5)) for n in range(11, 31))]
RULES = {
    "10 and 20": TWO,
    "10 and 20, earlier": EARLIER,
    "few seeds": goes_on(3, 30),
    "five seeds": goes_on(5, 30),
    "extended": EXTENDED,
    "table of few runs": table_goes_on(3, 30),
    "table of ten runs": table_goes_on(10, 30),
}
CELLS = [(0, 1), (0, 4), (1, 0.5), (1, 1), (1, 2), (-1, 1)]


def test_the_vectorised_decision_is_the_engines():
    for theta, sigma, rule in ((0, 1, TWO[0][1]), (1, 1, FirstLook()), (0, 0.5, SINGLE_LOOK)):
        data = normal(300, 10, theta, sigma)
        found = outcomes(data, rule.nominal(ALPHA, 10))
        assert [NAMES[judge(d, looks=rule)] for d in data] == found.tolist()


@pytest.mark.parametrize(("theta", "sigma"), CELLS)
@pytest.mark.parametrize("name", RULES)
def test_all_looks_together_keep_alpha(name, theta, sigma):
    data = normal(FULL, 30, theta, sigma)
    assert ever_wrong(data, theta, RULES[name]) <= limit(ALPHA, FULL)


def test_a_plain_first_look_and_a_sequence_at_alpha_would_not_keep_it():
    """Why a first look at few seeds takes only a share."""
    rules = [(5, SINGLE_LOOK), *((n, ConfidenceSequence()) for n in range(6, 31))]
    assert ever_wrong(normal(4 * FULL, 30, 0, 4), 0, rules) > limit(ALPHA, 4 * FULL)


def test_a_first_look_at_few_seeds_does_not_end_a_claim():
    data = normal(FULL, 20, 1, 1)
    frozen = settled(data, [(3, SINGLE_LOOK)])
    assert settled(data, goes_on(3, 20)) > frozen + 0.3


def test_half_and_half_settles_more_by_twenty_seeds():
    """The decision in docs/ledger.md."""
    for theta, gain in ((1, 0.05), (0, 0.1)):
        data = normal(FULL, 20, theta, 1.5)
        assert settled(data, TWO) > settled(data, EARLIER) + gain
        assert settled(data, TWO[:1]) < settled(data, EARLIER[:1])


def provisional(rule):
    """Reports while the runs come in, after each of 3 to 20 seeds."""
    return [(n, rule) for n in range(3, 21)]


def test_provisional_reports_are_estimates_with_a_sequence():
    data = normal(FULL, 20, 0, 4)
    assert ever_wrong(data, 0, provisional(SINGLE_LOOK)) > 0.2
    assert ever_wrong(data, 0, provisional(ConfidenceSequence())) <= limit(ALPHA, FULL)


def anytime_coverage(arms, theta=0.0):
    """Share of replications whose sequence covers the effect at every number of seeds looked at.

    Args:
        arms: per-seed values [replications, n], or two arms of them that share no seed.
    """
    first, second = arms if isinstance(arms, tuple) else (arms, None)
    covered = np.ones(len(first), dtype=bool)
    for n in range(3, first.shape[1] + 1):
        nominal = ConfidenceSequence().nominal(ALPHA, n)
        if nominal <= 0:
            continue
        mean, variance, df = _welch(first[:, :n], second, n)
        half = scipy.special.stdtrit(df, 1 - nominal / 2) * np.sqrt(variance)
        covered &= np.abs(mean - theta) <= half
    return covered.mean()


def _welch(first, second, n):
    mean, variance = first.mean(axis=1), first.var(axis=1, ddof=1) / n
    if second is None:
        return mean, variance, n - 1
    other = second[:, : 2 * n]
    more = other.var(axis=1, ddof=1) / other.shape[1]
    parts = variance**2 / (n - 1) + more**2 / (other.shape[1] - 1)
    df = (variance + more) ** 2 / parts if n >= 5 else n - 1
    return other.mean(axis=1) - mean, variance + more, df


@pytest.mark.parametrize("arms", ["paired", "unpaired", "unequal noise", "heavy tails"])
def test_the_interval_beside_every_verdict_covers_at_all_looks(arms):
    random = generator("anytime", arms)
    if arms == "paired":
        data = random.standard_normal((FULL, 30))
    elif arms == "heavy tails":
        data = random.standard_t(3, (FULL, 30))
    else:
        noise = 4 if arms == "unequal noise" else 1
        small = noise * random.standard_normal((FULL // 2, 30))
        data = (small, random.standard_normal((FULL // 2, 60)))
    assert anytime_coverage(data) >= 1 - limit(ALPHA, FULL // 2)


# Families of primary claims on shared seeds.


def family(m, rho, n, theta, sigma, replications):
    """Contrasts per seed [replications, n, m], correlated between the claims."""
    random = generator("max-t", m, rho, n, repr(theta), sigma)
    common = random.standard_normal((replications, n, 1))
    own = random.standard_normal((replications, n, m))
    return np.asarray(theta) + sigma * (np.sqrt(rho) * common + np.sqrt(1 - rho) * own)


def family_shares(m, rho, n, theta, sigma, replications, level=ALPHA):
    """(any wrong verdict, true effects supported) of a family, by the engine's alphas."""
    theta = np.broadcast_to(np.asarray(theta, dtype=float), (m,))
    wrong, found = [], []
    for d in family(m, rho, n, theta, sigma, replications):
        alphas = max_t_alphas(d, m, level) or FamilyAlphas(level / m, level / m)
        outcomes = [
            decide(one_sample(c), DELTA, alphas.two_sided, "higher", None, alphas.one_sided).outcome
            for c in d.T
        ]
        wrong.append(any(is_wrong(o, t) for o, t in zip(outcomes, theta, strict=True)))
        found.append(np.mean([o == "supported" for o in outcomes]))
    return float(np.mean(wrong)), float(np.mean(found))


SIZE = 2_000
OPPOSITE = (1, -1, 1, -1, 1, -1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("m", "rho", "n", "theta", "sigma"),
    [
        (6, 0, 10, 0, 4),
        (6, 0.8, 10, 0, 4),
        (12, 0.8, 20, 0, 4),
        (6, 0, 10, 1, 0.5),
        (6, 0.8, 10, 1, 0.5),
        (6, 0.8, 10, OPPOSITE, 0.5),
        (2, 1, 20, (1, -1), 0.5),
        (6, 0.8, 10, (0, 0, 0, 5, 5, 5), 2),
    ],
)
def test_a_family_judged_by_max_t_keeps_alpha(m, rho, n, theta, sigma):
    assert family_shares(m, rho, n, theta, sigma, SIZE)[0] <= limit(ALPHA, SIZE)


@pytest.mark.slow
def test_max_t_finds_more_than_bonferroni_where_claims_are_correlated():
    found = family_shares(12, 0.8, 20, 1, 1, 300)[1]
    data = family(12, 0.8, 20, 1, 1, 300)
    plain = np.mean([outcomes(data[:, :, k], ALPHA / 12) == SUPPORTED for k in range(12)])
    assert found > plain + 0.04


def test_few_seeds_and_independent_claims_keep_bonferroni():
    few = [max_t_alphas(d, 6, ALPHA) for d in family(6, 0.8, 9, 0, 1, 50)]
    assert few == [None] * 50
    apart = [max_t_alphas(d, 6, ALPHA) for d in family(6, 0, 20, 0, 1, 200)]
    assert np.mean([alphas is None for alphas in apart]) > 0.9


# A table that is judged after every run, by the ledger itself.


class Given:
    """A look whose alpha the ledger gave."""

    def __init__(self, alpha):
        self.alpha = alpha

    def nominal(self, alpha, n):
        return self.alpha


def looks_of_the_ledger(folder, sizes):
    """(n, rule) of each look at a table that grows, as `compare` with a ledger judges it."""
    random = generator("table")
    scores = 0.7 + 0.01 * random.standard_normal((2, max(sizes)))
    found = []
    for n in sizes:
        rows = [
            {"batch_size": level, "seed": seed, "accuracy": scores[arm, seed]}
            for arm, level in enumerate((4, 128))
            for seed in range(n)
        ]
        change = {"batch_size": (4, 128)}
        judged = compare(pd.DataFrame(rows), change, ledger=folder / "looks.jsonl")
        found.append((n, Given(judged.verdict.judgement.effects[0].alpha)))
    return found


def test_a_table_looked_at_after_every_run_keeps_alpha(tmp_path):
    data = normal(FULL, 30, 0, 4)
    plain = ever_wrong(data, 0, [(n, SINGLE_LOOK) for n in range(3, 31)])
    assert plain > 0.24
    rules = looks_of_the_ledger(tmp_path, range(3, 31))
    assert rules[0][1].alpha == pytest.approx(ALPHA)
    assert ever_wrong(data, 0, rules) <= limit(ALPHA, FULL)
    for theta, sigma in ((1, 1), (-1, 1), (1, 2)):
        assert ever_wrong(normal(FULL, 30, theta, sigma), theta, rules) <= limit(ALPHA, FULL)
