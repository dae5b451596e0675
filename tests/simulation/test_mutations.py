"""Each way of judging that the engine must not use makes a gate fail."""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.stats.decision import decide
from hyperverdict.stats.intervals import equivalence_p, one_sample, two_sided_p
from scipy import stats

from .simulate import ALPHA, DELTA, FAST, generator, judge, limit, normal, rate, verdicts
from .test_claim_gates import bonferroni, engine_rule, family_error, supported_by_survivors

# Where a gate allows more than this, the mutation is caught.
COVERAGE_GATE = 0.95 - 0.0065


@pytest.mark.parametrize("n", [3, 5])
def test_bootstrap_intervals_for_t_fail_coverage(n):
    data = normal(200, n, 0, 1)
    inside = []
    for d in data:
        found = stats.bootstrap(
            (d,), np.mean, n_resamples=499, method="BCa", vectorized=True, random_state=1
        ).confidence_interval
        inside.append(found.low <= 0 <= found.high)
    assert np.mean(inside) < COVERAGE_GATE - 0.03


def holm(family):
    """Holm on the smaller of the two p values."""
    estimates = [one_sample(d) for d in family]
    p = [min(two_sided_p(e), equivalence_p(e, DELTA)) for e in estimates]
    outcomes = ["inconclusive"] * len(family)
    for step, i in enumerate(np.argsort(p)):
        level = ALPHA / (len(family) - step)
        if p[i] > level:
            break
        outcomes[i] = decide(estimates[i], DELTA, level, "higher").outcome
    return outcomes


def test_holm_for_bonferroni_fails_the_family_error():
    # All six are right to be supported, which loosens the levels at which "no effect" is wrong.
    cell = {"rho": 0, "n": 10, "theta": 1, "sigma": 0.5, "replications": FAST}
    assert family_error(bonferroni, **cell) <= limit(ALPHA, FAST)
    assert family_error(holm, **cell) > limit(ALPHA, FAST)


def drop_failures(pair):
    """What a table gives when its empty cells are dropped."""
    both = ~np.isnan(pair).any(axis=0)
    return judge(pair[1, both] - pair[0, both]) if both.sum() > 1 else "inconclusive"


def test_dropped_failures_fail_the_failure_gate():
    assert supported_by_survivors(engine_rule, 10, 0.5, FAST // 2) <= limit(ALPHA, FAST // 2)
    assert supported_by_survivors(drop_failures, 10, 0.5, FAST // 2) > limit(ALPHA, FAST // 2)


def evaluations(replications, n, looks):
    """Per-seed metric [replications, n] as (last, maximum) over noisy evaluations of one value."""
    random = generator("looks", replications, n, looks)
    level = random.standard_normal((replications, n))
    seen = level[..., None] + random.standard_normal((replications, n, looks))
    return seen[..., -1], seen.max(axis=-1)


def test_max_for_last_fails_the_wrong_verdict_gate():
    few, many = evaluations(FAST, 5, 3), evaluations(FAST, 5, 30)
    last, best = (verdicts(10 * (b - a)) for a, b in zip(few, many, strict=True))
    assert rate(last, "supported") + rate(last, "refuted") <= limit(ALPHA, FAST)
    assert rate(best, "supported") > limit(ALPHA, FAST)
