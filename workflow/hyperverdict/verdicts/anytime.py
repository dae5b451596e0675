"""What stays valid however often anybody looks: a confidence sequence beside every effect.

A t interval is right at the look that it was planned for. A confidence sequence covers the effect
at all numbers of seeds at once, so a partial report, a top-up and a table that is judged again and
again cannot mislead. Source: Wang and Ramdas, "Anytime-valid t-tests and confidence sequences"
(2023); `stats.sequential.sequence_t` has the formula.

It is exact for contrasts per seed. Unpaired arms use its boundary with the Welch interval of the
smaller arm's size (checked by simulation); repeats of a search and shares of variance are computed
anew from all seeds at every look, and for them it is an approximation.
"""

from __future__ import annotations

import math
from dataclasses import replace

from hyperverdict.claims.model import Question
from hyperverdict.effects.effect import Effect, Evidence
from hyperverdict.stats.intervals import Estimate, interval
from hyperverdict.stats.sequential import ConfidenceSequence

Interval = tuple[float, float]


def anytime_interval(effect: Effect, alpha: float) -> Interval:
    """The confidence sequence of an effect at 1 - alpha, in its unit; without bounds at first."""
    if not effect.is_measured or not effect.df > 0:
        return (0.0 if effect.ratio else -math.inf), math.inf
    value = math.log(effect.estimate) if effect.ratio else effect.estimate
    estimate = Estimate(value, effect.sd, effect.standard_error, effect.df, effect.n)
    low, high = interval(estimate, ConfidenceSequence().nominal(alpha, effect.n))
    return (_exp(low), _exp(high)) if effect.ratio else (low, high)


def anytime_evidence(question: Question) -> Evidence:
    """The evidence on a question if all its intervals were confidence sequences."""
    return question.claim.judge(replace(question, look_rule=ConfidenceSequence())).evidence


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf
