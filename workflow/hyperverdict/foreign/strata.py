"""Arms that hold the levels of a further setting in other shares: the comparison level by level.

Where a setting's shares differ, the plain difference of the arms holds part of the setting's own
effect (Simpson's paradox). The stratified one does not: sum over levels of (share of the level) x
(difference within it), with Welch's standard error. Source: Cochran, Biometrics 24 (1968).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from hyperverdict.effects.effect import Expectation
from hyperverdict.effects.rounding import step_of
from hyperverdict.foreign.arms import ClaimArms
from hyperverdict.foreign.content import Codes
from hyperverdict.foreign.progress import Floats
from hyperverdict.stats.decision import Outcome, decide
from hyperverdict.stats.intervals import welch

# Runs of a level that each arm needs for an estimate of its noise.
LEAST = 2


def holds_within(claim: ClaimArms, codes: Codes, alpha: float) -> bool:
    """Whether every comparison of two arms gives the same outcome level by level.

    Args:
        codes: the level (or combination of levels) of every run of the table [R].
    """
    return all(
        _outcome(first, second, leg, alpha, stratified=True)
        == _outcome(first, second, leg, alpha, stratified=False)
        for leg in claim.hypothesis.claim.expect
        for first, second in _pairs(claim, leg, codes)
    )


# (scores [n] on the judged scale, their levels [n]) of the finished runs of an arm.
_Arm = tuple[Floats, Codes]


def _pairs(claim: ClaimArms, leg: Expectation, codes: Codes) -> Iterator[tuple[_Arm, _Arm]]:
    for group in claim.groups:
        arms = [_arm(claim, place, leg, codes) for place in group]
        yield from combinations(arms, 2)


def _arm(claim: ClaimArms, place: int, leg: Expectation, codes: Codes) -> _Arm:
    selected = claim.selections[place]
    values = selected.scores[leg.metric.name]
    known = np.isfinite(values) & ((values > 0) | (not leg.metric.ratio))
    scores = np.log(values[known]) if leg.metric.ratio else values[known]
    return scores, codes[selected.runs[known]]


def _outcome(
    first: _Arm, second: _Arm, leg: Expectation, alpha: float, *, stratified: bool
) -> Outcome | None:
    """The outcome of second - first; None where a level has too few runs."""
    if leg.share_of_variance:
        return None
    delta = math.log(leg.matters_from) if leg.metric.ratio else leg.matters_from
    values: Sequence[Floats] = (first[0], second[0])
    step = step_of(leg.metric, [dict(enumerate(v.tolist())) for v in values])
    parts = [(-1.0, first[0]), (1.0, second[0])]
    if stratified:
        parts = []
        levels, counts = np.unique(np.concatenate([first[1], second[1]]), return_counts=True)
        for level, n in zip(levels, counts, strict=True):
            share = n / counts.sum()
            parts += [(s * share, v[c == level]) for s, (v, c) in ((-1, first), (1, second))]
    if min(len(v) for _, v in parts) < LEAST:
        return None
    return decide(welch(parts, step), delta, alpha, leg.direction).outcome
