"""One new run of an arm against one of another: which is better, as somebody meets who trains once.

A mean hides how often the better arm loses, and rare collapses most of all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.stats.exact import rate_ruled_out
from hyperverdict.stats.wins import paired_wins, unpaired_wins

ALPHA = 0.05


@dataclass(frozen=True)
class Win:
    """How often one new run of the `to` arm beats one of the `start` arm.

    Attributes:
        share: of the pairs that were run; ties count half, a failed run loses to a finished one.
        interval: exact 95% interval of the probability.
        runs: seeds that were paired, or runs of the smaller arm.
        paired: pairs are of one seed; else of every run of one arm with every run of the other.
    """

    share: float
    interval: tuple[float, float]
    runs: int
    paired: bool


@dataclass(frozen=True)
class OpenRate:
    """What the runs of an arm leave open: no mean shows collapses that are rarer than this.

    Attributes:
        arm: the arm that leaves most open (its label).
        runs, failed: of this arm.
        rate: one-sided 95% upper limit of the share of its runs that fail or collapse.
    """

    arm: str
    runs: int
    failed: int
    rate: float


def win_of(outcomes: Outcomes, contrast: Contrast) -> Win | None:
    """The probability that `to` beats `start`; None for what is no difference of two arms.

    Where most seeds are shared, pairs are of one seed; where there are more single runs in both
    arms, these alone are used, so that all pairs are independent. Better is what the metric says,
    and higher where nobody says.
    """
    if contrast.pair is None:
        return None
    start, to = (_worth(outcomes, label) for label in contrast.pair)
    shared = sorted(start.keys() & to.keys())
    alone = [[v for s, v in arm.items() if s not in shared] for arm in (start, to)]
    single = min(map(len, alone))
    if not shared and not single:
        return None
    if len(shared) >= single:
        differences = [_sign(to[s], start[s]) for s in shared]
        wins, losses = differences.count(1), differences.count(-1)
        ties = len(shared) - wins - losses
        share = (wins + ties / 2) / len(shared)
        return Win(share, paired_wins(wins, ties, losses, ALPHA), len(shared), paired=True)
    first, second = (np.array(values) for values in alone)
    better, equal = second[:, None] > first[None, :], second[:, None] == first[None, :]
    share = float(better.mean() + equal.mean() / 2)
    return Win(share, unpaired_wins(share, single, ALPHA), single, paired=False)


def _worth(outcomes: Outcomes, label: str) -> Mapping[int, float]:
    """seed -> value, larger is better; failed runs are worst."""
    sign = -1.0 if outcomes.metric.better == "lower" else 1.0
    runs = outcomes.values.get(label, {})
    return {s: sign * v if math.isfinite(v) else -math.inf for s, v in runs.items()}


def _sign(a: float, b: float) -> int:
    return (a > b) - (a < b)


def open_rate(runs: Mapping[str, tuple[int, int]]) -> OpenRate | None:
    """What the arm that tells least leaves open, from arm -> (failed, run); None without runs."""
    rates = [
        OpenRate(arm, total, failed, rate_ruled_out(failed, total, ALPHA))
        for arm, (failed, total) in runs.items()
        if total
    ]
    return max(rates, key=lambda rate: rate.rate, default=None)
