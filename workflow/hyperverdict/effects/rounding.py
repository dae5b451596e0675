"""The steps of scores that were rounded, or counted on few images, before they came to us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from hyperverdict.vocabulary.metrics import Metric

# Scores with more decimals, or of more images, count as exact.
MOST_DECIMALS = 5
# Scores with steps of at most this share of their size do not agree again and again by chance.
FINE_STEP = 5e-4
MOST_IMAGES = 1000
# Wider than what single precision does to a score.
TOLERANCE = 5e-8

Scores = npt.NDArray[np.float64]


def step_of(metric: Metric, values: Iterable[Mapping[int, float]]) -> float:
    """The step in which scores come, 0 for full precision.

    Steps of shares (all in [0, 1]) count as 0.1 at most, and as 0.01 where all are 0 or 1, which
    may be exact. The step of a ratio metric is that of its smallest score, on the log scale.
    """
    found = {float(value) for runs in values for value in runs.values() if np.isfinite(value)}
    scores = np.array(sorted(found))
    if not len(scores):
        return 0.0
    shares = bool(scores[0] >= 0 and scores[-1] <= 1)
    whole = not np.any((scores > 0) & (scores < 1))
    step = _decimal_step(scores, (2 if whole else 1) if shares else 0)
    if not step and shares and metric.is_fraction:
        step = _image_step(scores)
    if not metric.ratio:
        return step
    return step / float(scores[0]) if scores[0] > 0 else 0.0


def is_fine(step: float, size: float) -> bool:
    """Whether scores of this size that are equal again and again are no chance."""
    return step <= FINE_STEP * size


def _decimal_step(scores: Scores, fewest: int) -> float:
    for decimals in range(fewest, MOST_DECIMALS + 1):
        if _on_grid(scores, 10.0**decimals):
            return float(10.0**-decimals)
    return 0.0


def _image_step(scores: Scores) -> float:
    """1 / n for the smallest number n of images that these shares may have been counted on."""
    return next((1.0 / n for n in range(2, MOST_IMAGES + 1) if _on_grid(scores, float(n))), 0.0)


def _on_grid(scores: Scores, per_unit: float) -> bool:
    steps = scores * per_unit
    near = np.maximum(np.abs(scores), 1.0) * TOLERANCE * per_unit
    return bool(np.all(np.abs(steps - steps.round()) <= near))
