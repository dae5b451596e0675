"""Simulated studies and how often the engine is wrong about them.

Everything is judged by the engine itself; only the drawing of data is vectorised. Effects are in
units of delta = 1, claimed higher.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
from hyperverdict.stats.decision import Outcome, decide
from hyperverdict.stats.intervals import one_sample
from hyperverdict.stats.sequential import SINGLE_LOOK, LookRule

Data = npt.NDArray[np.float64]
Judge = Callable[[Data], Outcome]

DELTA = 1.0
ALPHA = 0.05
FULL = 10_000
FAST = 1_000


def generator(*key: object) -> np.random.Generator:
    """A generator of its own for every cell of a simulation, the same in every run."""
    return np.random.default_rng([ord(c) for c in repr(key)])


def normal(replications: int, n: int, theta: float, sigma: float) -> Data:
    """Per-seed contrasts [replications, n]."""
    return theta + sigma * generator(n, theta, sigma).standard_normal((replications, n))


def judge(
    d: Data, alpha: float = ALPHA, looks: LookRule = SINGLE_LOOK, floor: float = 0.0
) -> Outcome:
    """The engine's verdict on per-seed contrasts [n]."""
    return decide(one_sample(d, floor), DELTA, looks.nominal(alpha, len(d)), "higher").outcome


def verdicts(data: Data, judge: Judge = judge) -> list[Outcome]:
    """One verdict for each replication."""
    return [judge(d) for d in data]


def wrong(outcome: Outcome, theta: float) -> bool:
    """Whether a verdict contradicts the true effect."""
    return {
        "supported": theta <= 0,
        "refuted": theta >= 0,
        "no meaningful effect": abs(theta) >= DELTA,
        "inconclusive": False,
    }[outcome]


def wrong_rate(outcomes: Iterable[Outcome], theta: float) -> float:
    return float(np.mean([wrong(outcome, theta) for outcome in outcomes]))


def rate(outcomes: Iterable[str], wanted: str) -> float:
    return float(np.mean([outcome == wanted for outcome in outcomes]))


def limit(level: float, replications: int) -> float:
    """The level plus 3 Monte-Carlo standard errors: 0.0565 for 0.05 and 10,000."""
    return level + 3 * math.sqrt(level * (1 - level) / replications)
