"""A simulated study, and which verdicts on it are wrong.

Scores are in units of delta = 1; one unit is one point of accuracy about 80%. Only numpy is needed,
so that every judge draws the same studies in whatever environment it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BASE, POINT, CHANCE = 0.80, 0.01, 0.10
LEVELS = 40
LOOKS = tuple(range(3, 31))

SUPPORTED, REFUTED, NONE, OPEN = "supported", "refuted", "no meaningful effect", "inconclusive"


@dataclass(frozen=True)
class Arm:
    """Seeds [n] and scores [n] of one arm, in the order in which they were run; nan where a run
    failed."""

    seeds: npt.NDArray[np.int64]
    scores: Floats

    @property
    def finished(self) -> Floats:
        """Scores of the runs that did not fail."""
        return self.scores[~np.isnan(self.scores)]


@dataclass(frozen=True)
class Study:
    """One study of the claim "the score of `to` is higher than that of `start`".

    Attributes:
        theta: the true mean difference `to` - `start`, failed runs with the scores that they would
            have had.
        folds: scores [n, folds] of each arm, where the runs are folds of seeds.
        fresh: runs of the two arms with seeds that had no part in naming them.
    """

    arms: Mapping[str, Arm]
    theta: float
    start: str = "A"
    to: str = "B"
    folds: Mapping[str, Floats] = field(default_factory=dict)
    fresh: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def pair(self) -> tuple[Arm, Arm]:
        """The two arms of the claim."""
        return self.arms[self.start], self.arms[self.to]

    def paired(self) -> tuple[Floats, Floats]:
        """Scores of the seeds that finished in both arms."""
        first, second = self.pair
        _, i, j = np.intersect1d(first.seeds, second.seeds, return_indices=True)
        a, b = first.scores[i], second.scores[j]
        both = ~np.isnan(a) & ~np.isnan(b)
        return a[both], b[both]


def wrong(verdict: str, theta: float) -> bool:
    """Whether a verdict contradicts the true effect."""
    if verdict == SUPPORTED:
        return theta <= 0
    if verdict == REFUTED:
        return theta >= 0
    return verdict == NONE and abs(theta) >= 1


def right_direction(verdict: str, theta: float) -> bool:
    """Whether a verdict claims the true direction."""
    return (verdict == SUPPORTED and theta > 0) or (verdict == REFUTED and theta < 0)
