"""The winner's curse: what the best of many noisy means is worth."""

import numpy as np
import pytest
from hyperverdict.stats.shrinkage import corrected_means, noise_variances


def best_bias(truth, noise=1.0, n=3, studies=400, correct=True):
    """Mean of (what is said of the best cell - its true value), and its Monte-Carlo error."""
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(studies):
        true = truth(rng)
        table = true[:, None] + noise * rng.standard_normal((len(true), n))
        # A seed that is easy in every cell is no noise.
        table += 5 * rng.standard_normal(n)
        means = table.mean(axis=1)
        said = corrected_means(means, noise_variances(table) / n) if correct else means
        best = int(means.argmax())
        errors.append(said[best] - true[best] - (means.mean() - true.mean()))
    return float(np.mean(errors)), float(np.std(errors) / np.sqrt(studies))


GRIDS = {
    "equal": lambda rng: np.zeros(40),
    "normal": lambda rng: 0.5 * rng.standard_normal(40),
    "a third collapsed": lambda rng: np.where(
        np.arange(12) < 4, -20.0, 0.5 * rng.standard_normal(12)
    ),
    "rising": lambda rng: np.linspace(0, 2, 12),
}


@pytest.mark.parametrize("grid", GRIDS)
def test_the_best_of_a_grid_is_worth_less_than_it_looks_and_the_correction_says_how_much(grid):
    raw, _ = best_bias(GRIDS[grid], correct=False)
    corrected, error = best_bias(GRIDS[grid])
    assert raw > 0.5
    assert abs(corrected) < 0.25 * raw + 3 * error


def test_a_best_cell_far_above_the_others_is_left_alone():
    means = [0.1, 0.11, 0.1, 0.12, 0.9]
    corrected = corrected_means(means, 0.0001)
    assert corrected[-1] == pytest.approx(0.9, abs=0.01)
    assert (corrected >= min(means)).all()
    assert (corrected <= max(means)).all()


@pytest.mark.parametrize(
    ("means", "variance"),
    [([0.1, 0.2, 0.3], 1.0), ([0.5] * 6, 1.0), ([0.1, 0.2, 0.3, 0.4], 0.0)],
)
def test_nothing_is_corrected_without_four_different_means_and_noise(means, variance):
    assert corrected_means(means, variance).tolist() == means


def test_good_cells_that_are_steadier_are_not_corrected_by_the_noise_of_bad_ones():
    """With one variance for all cells the best of these looks 1 worse than it is."""
    rng = np.random.default_rng(2)
    noise, errors = np.linspace(3, 0.4, 12), []
    for _ in range(400):
        true = np.linspace(-6, 0, 12) + 0.2 * rng.standard_normal(12)
        table = true[:, None] + noise[:, None] * rng.standard_normal((12, 3))
        means = table.mean(axis=1)
        best = int(means.argmax())
        errors.append(corrected_means(means, noise_variances(table) / 3)[best] - true[best])
    assert abs(np.mean(errors)) < 0.4


def test_the_noise_of_a_seed_that_all_cells_share_is_taken_out_where_all_have_run():
    rng = np.random.default_rng(0)
    table = rng.standard_normal((200, 1)) + 10 * rng.standard_normal(5)
    table = table + 0.5 * rng.standard_normal((200, 5))
    assert noise_variances(table).mean() == pytest.approx(0.25, rel=0.1)
    table[0, 0] = np.nan
    assert noise_variances(table).mean() > 10


def test_noise_is_moderated_and_unknown_without_repeated_runs():
    rng = np.random.default_rng(1)
    equal = noise_variances(rng.standard_normal((300, 3)))
    assert np.std(equal) < 0.3  # each by itself would spread by 1
    assert np.isnan(noise_variances([[1.0], [2.0]])).all()
    assert np.isfinite(noise_variances([[1.0, 2.0], [1.0, np.nan], [3.0, 5.0]])).all()
