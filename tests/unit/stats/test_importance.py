from __future__ import annotations

import math

import numpy as np
import pytest
from hyperverdict.stats.images import image_standard_error
from hyperverdict.stats.importance import importance
from hyperverdict.stats.intervals import interval

SHAPE = (2, 3, 2)
A = np.array([-1.0, 1.0])[:, None, None]
B = np.array([-1.0, 0.0, 1.0])[None, :, None]
C = np.array([-0.5, 0.5])[None, None, :]


def seeds(mean, n=3, noise=0.0):
    random = np.random.default_rng(4)
    return np.broadcast_to(mean, (n, *SHAPE)) + noise * random.standard_normal((n, *SHAPE))


def test_shares_of_a_known_table():
    found = importance(seeds(A + B + C), [0, 2], [1])
    total = 1 + 2 / 3 + 1 / 4
    assert (found.these, found.than, found.total) == pytest.approx(
        (1.25 / total, 2 / 3 / total, total)
    )
    assert found.single == pytest.approx((1 / total, 2 / 3 / total, 0.25 / total))
    assert found.cross == pytest.approx(0)
    assert found.difference.value == pytest.approx(found.these - found.than)


def test_interactions_inside_a_group_are_its_own_and_between_groups_are_cross():
    inside = importance(seeds(A + B + A * C), [0, 2], [1])
    assert inside.these == pytest.approx(1.25 / (1.25 + 2 / 3))
    between = importance(seeds(A + B + A * C), [0], [1, 2])
    assert between.cross == pytest.approx(0.25 / (1.25 + 2 / 3))


def test_noise_is_not_counted_as_importance():
    found = [
        importance(
            np.broadcast_to(A, (5, *SHAPE))
            + np.random.default_rng(i).standard_normal((5, *SHAPE)) * 0.5,
            [0],
            [1, 2],
        ).than
        for i in range(200)
    ]
    assert np.mean(found) == pytest.approx(0, abs=0.01)


def test_a_seed_effect_common_to_all_cells_changes_nothing():
    table = seeds(A + B, n=4, noise=0.1)
    shifted = table + np.arange(4.0)[:, None, None, None]
    first, second = (importance(t, [0], [1, 2]) for t in (table, shifted))
    assert first.difference.value == pytest.approx(second.difference.value)


def test_pseudo_values_follow_their_seeds():
    table = seeds(A + B, n=4, noise=0.3)
    order = [2, 0, 3, 1]
    found = importance(table, [0], [1, 2]).pseudo_values
    assert importance(table[order], [0], [1, 2]).pseudo_values == pytest.approx(found[order])


def test_without_variance_nothing_is_said():
    found = importance(seeds(0 * A), [0], [1, 2])
    assert interval(found.difference, 0.05) == (-math.inf, math.inf)


def test_wrong_input():
    with pytest.raises(ValueError, match="2 seeds"):
        importance(seeds(A, n=2), [0], [1, 2])
    with pytest.raises(ValueError, match="share out"):
        importance(seeds(A), [0], [0, 1])


def test_image_standard_error():
    random = np.random.default_rng(0)
    a, b = random.random((2, 1000)) < 0.8
    d = b.astype(float) - a
    assert image_standard_error(d) == pytest.approx(d.std(ddof=1) / math.sqrt(1000))
    assert math.isnan(image_standard_error(d[:1]))
