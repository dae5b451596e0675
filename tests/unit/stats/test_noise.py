"""Shares of random sources in the variance between seeds, and predictions for new contexts."""

import numpy as np
import pytest
from hyperverdict.stats.noise import source_share
from hyperverdict.stats.prediction import new_context


def made(rng, n, source, rest, together=0.0):
    """Runs with one seed for everything, and those with the source of one and the rest of the next."""
    a, b = source**0.5 * rng.standard_normal(n), rest**0.5 * rng.standard_normal(n)
    both = together**0.5 * rng.standard_normal((n, n))
    here = np.arange(n)
    following = np.roll(here, -1)
    return a + b + both[here, here], a + b[following] + both[here, following]


@pytest.mark.parametrize("n", [5, 10])
@pytest.mark.parametrize(
    ("source", "rest", "together"), [(0.8, 0.2, 0), (0.5, 0.5, 0), (0.05, 0.95, 0), (0.4, 0.3, 0.3)]
)
def test_the_interval_covers_the_true_share(n, source, rest, together):
    rng = np.random.default_rng(3)
    true = (source + together) / (source + rest + 2 * together)
    found = [source_share(*made(rng, n, source, rest, together), 0.05) for _ in range(1000)]
    covered = np.mean([low <= true <= high for low, high in (f.interval for f in found)])
    assert covered >= 0.95 - 3 * (0.05 * 0.95 / 1000) ** 0.5
    assert np.mean([f.share for f in found]) == pytest.approx(true, abs=0.08)


def test_a_source_that_does_all_or_nothing():
    own = np.array([1.0, 2.0, 4.0, 3.0, 7.0])
    assert source_share(own, own, 0.05).share == 1.0
    assert source_share(own, np.roll(own, -1), 0.05).share == 0.0
    assert source_share(np.ones(5), np.ones(5), 0.05) is None
    assert source_share([1.0, 2.0], [2.0, 1.0], 0.05) is None


def test_a_prediction_covers_the_effect_in_a_new_context():
    rng = np.random.default_rng(5)
    hits = []
    for _ in range(1000):
        effects = 1 + 0.5 * rng.standard_normal(7)
        error = 0.2
        found = new_context(effects[:6] + error * rng.standard_normal(6), [error] * 6, 0.05)
        hits.append(found.interval[0] <= effects[6] <= found.interval[1])
    assert 0.93 <= np.mean(hits) <= 0.98


def test_two_contexts_predict_nothing():
    assert new_context([1.0, 2.0], [0.1, 0.1], 0.05) is None
    assert new_context([1.0, 2.0, 3.0], [0.1, 0.0, 0.1], 0.05) is None


def test_contexts_that_agree_predict_what_they_say():
    found = new_context([1.0, 1.01, 0.99, 1.0], [0.1] * 4, 0.05)
    assert found.between_sd == 0.0
    assert found.mean == pytest.approx(1.0)
