"""Failed runs in a contrast: what it is when they rank worst, and whether arms fail alike.

The finished runs of an arm that loses its worst ones look better than the arm is. So what they show
counts only where it also holds with every failed run ranked worst for its arm; where the arms fail
equally often, as far as an exact test can tell, failures decide nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import scipy

from hyperverdict.stats.exact import mcnemar_p
from hyperverdict.stats.ranks import rank_sum_p, signed_rank_p
from hyperverdict.stats.thresholds import FAIL_ALIKE
from hyperverdict.vocabulary.metrics import Metric

Values = Mapping[str, Mapping[int, float]]
# What rounding may take from an exact p of 1.
ROUNDING = 1e-9


@dataclass(frozen=True)
class WorstRanked:
    """A contrast in which every failed run ranks worst for its arm.

    Attributes:
        alike: the exact test of the arms' failure rates (McNemar where seeds match, Fisher where
            they do not) gives p = 1: at most one failure more on one side.
        paired: where seeds match, the contrasts [n] per seed; infinite where runs failed.
        unpaired: where they do not, (values of the from side [n], of the to side [m]).

    Either holds one entry for every end of the metric that may be the worst one: two where nobody
    says which is better. Both are empty where no rank test exists.
    """

    alike: bool
    paired: tuple[tuple[float, ...], ...] = ()
    unpaired: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = ()

    def above_p(self, null: float) -> float:
        """One-sided p against "the contrast is at most `null`"; 1 where nothing tests it."""
        found = [signed_rank_p(d, null) for d in self.paired]
        found += [rank_sum_p(start, to, null) for start, to in self.unpaired]
        return max(found, default=1.0)

    def below_p(self, null: float) -> float:
        """One-sided p against "the contrast is at least `null`"."""
        found = [signed_rank_p([-x for x in d], -null) for d in self.paired]
        found += [rank_sum_p(to, start, -null) for start, to in self.unpaired]
        return max(found, default=1.0)


def worst_ranked(
    metric: Metric, weights: Mapping[str, float], values: Values, *, matched: bool
) -> WorstRanked | None:
    """A contrast with failed runs ranked worst; None where no run failed.

    Args:
        values: arm -> seed -> value on the judged scale, nan where the run failed.
        matched: contrasts are taken seed by seed.
    """
    runs = [values[label] for label in weights]
    if all(math.isfinite(value) for of_arm in runs for value in of_arm.values()):
        return None
    if matched:
        return _by_seed(metric, weights, values)
    alike = _fail_alike(weights, values)
    if len(weights) != 2:
        return WorstRanked(alike)
    start, to = sorted(weights, key=lambda label: weights[label])
    sides = tuple((_ranked(values[start], end), _ranked(values[to], end)) for end in _worst(metric))
    return WorstRanked(alike, unpaired=sides)


def fail_alike(values: Values) -> bool:
    """Whether all arms fail equally often, for what has no rank test: shares of variance.

    Between arms on the same seeds McNemar's exact p is 1 where they differ by one failure at most.
    """
    failed = [sum(not math.isfinite(v) for v in runs.values()) for runs in values.values()]
    return max(failed, default=0) - min(failed, default=0) <= 1


def _by_seed(metric: Metric, weights: Mapping[str, float], values: Values) -> WorstRanked:
    """Contrasts per seed; those in which failures cancel, as in both of two arms, are ties."""
    common = set.intersection(*(set(values[label]) for label in weights))
    finite: list[float] = []
    signs: list[float] = []  # of the failed runs' weights, where runs failed
    for seed in sorted(common):
        of_arms = {label: values[label][seed] for label in weights}
        lost = math.fsum(w for k, w in weights.items() if not math.isfinite(of_arms[k]))
        if all(map(math.isfinite, of_arms.values())):
            finite.append(math.fsum(w * of_arms[k] for k, w in weights.items()))
        elif not math.isclose(lost, 0.0, abs_tol=1e-12):
            signs.append(math.copysign(1.0, lost))
    alike = mcnemar_p(signs.count(1.0), signs.count(-1.0)) >= FAIL_ALIKE - ROUNDING
    views = tuple((*finite, *(sign * end for sign in signs)) for end in _worst(metric))
    return WorstRanked(alike, paired=views)


def _worst(metric: Metric) -> tuple[float, ...]:
    """The value of a failed run, by which end is better; both ends where nobody says."""
    if metric.better is None:
        return -math.inf, math.inf
    return (-math.inf,) if metric.better == "higher" else (math.inf,)


def _ranked(runs: Mapping[int, float], worst: float) -> tuple[float, ...]:
    return tuple(value if math.isfinite(value) else worst for value in runs.values())


def _fail_alike(weights: Mapping[str, float], values: Values) -> bool:
    """Fisher's exact test of failed against finished runs, arms pooled by the sign of the weight.

    Source: Fisher, Statistical Methods for Research Workers, 5th edition (1934).
    """
    table = [[0, 0], [0, 0]]
    for label, weight in weights.items():
        for value in values[label].values() if weight else ():
            table[weight > 0][math.isfinite(value)] += 1
    return float(scipy.stats.fisher_exact(table).pvalue) >= FAIL_ALIKE - ROUNDING
