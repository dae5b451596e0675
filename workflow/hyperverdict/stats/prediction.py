"""What to expect in a context that was not tested: the effect as a random one over contexts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

# With fewer contexts nothing is known of how they differ.
FEWEST_CONTEXTS = 3


class Prediction(NamedTuple):
    """The effect over contexts: mean, standard deviation between them, and where a new one lies."""

    mean: float
    between_sd: float
    interval: tuple[float, float]


def new_context(
    estimates: Sequence[float], errors: Sequence[float], alpha: float
) -> Prediction | None:
    """Prediction interval for the effect in a new context.

    Args:
        estimates: [k] effects in the contexts.
        errors: [k] their standard errors.
        alpha: two-sided.

    Variance between contexts by DerSimonian and Laird (1986); interval with k - 2 degrees of
    freedom (Higgins, Thompson and Spiegelhalter 2009, equation 12). It supposes that contexts are
    drawn at random from those that one cares for. None with fewer than three.
    """
    effects, variances = np.asarray(estimates, float), np.asarray(errors, float) ** 2
    k = len(effects)
    if k < FEWEST_CONTEXTS or not np.isfinite(effects).all() or not (variances > 0).all():
        return None
    weights = 1 / variances
    fixed = float((weights * effects).sum() / weights.sum())
    excess = float((weights * (effects - fixed) ** 2).sum()) - (k - 1)
    scale = float(weights.sum() - (weights**2).sum() / weights.sum())
    between = max(0.0, excess / scale)
    weights = 1 / (variances + between)
    mean = float((weights * effects).sum() / weights.sum())
    reach = float(stats.t.ppf(1 - alpha / 2, k - 2)) * (between + 1 / float(weights.sum())) ** 0.5
    return Prediction(mean, between**0.5, (mean - reach, mean + reach))
