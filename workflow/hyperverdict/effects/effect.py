"""Effects: a measured contrast, its intervals and the decision on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from hyperverdict.effects.contrast import Contrast, Weighted
from hyperverdict.effects.failures import WorstRanked
from hyperverdict.effects.measure import Measured, measure
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.stats.decision import AT_LEAST, DIRECTION_ONLY, UPWARD, decide
from hyperverdict.stats.decision import Claim as Direction
from hyperverdict.stats.families import one_sided_alpha
from hyperverdict.stats.intervals import (
    Estimate,
    above_p,
    below_p,
    equivalence_p,
    t_statistic,
    two_sided_p,
)
from hyperverdict.stats.power import sd_limit, seeds_for_equivalence, seeds_needed
from hyperverdict.stats.sequential import SINGLE_LOOK, LookRule
from hyperverdict.vocabulary.metrics import Metric

Evidence = Literal[
    "supported",
    "refuted",
    "inconclusive",
    "no meaningful effect",
    "true by arithmetic",
    "estimated",
]


@dataclass(frozen=True)
class Expectation:
    """One leg of a claim: what is expected of a metric.

    Attributes:
        direction: what is claimed of ``to - from`` (or of the type's own contrast).
        matters_from: smallest effect of interest of this leg: its own, else the metric's.
        own_size: the leg states a size of its own.
        between: (low, high) of a claim on size such as ``higher_by: [0, 0.01]``.
        share_of_variance: the leg is about shares of variance (importance).
    """

    metric: Metric
    direction: Direction
    matters_from: float
    own_size: bool = False
    between: tuple[float, float] | None = None
    share_of_variance: bool = False


@dataclass(frozen=True)
class Effect:
    """One contrast as measured: its estimate, intervals and verdict.

    Estimate, intervals, delta and per-seed values are in the metric's unit (ratios for ratio
    metrics).

    Attributes:
        n: seeds behind it (unpaired: of the smallest arm).
        sd: of the contrast per seed, after the floor; on the log scale for ratio metrics.
        alpha: the two-sided alpha of `ci`, after corrections within the claim and for looks.
        delta: the size that matters.
        one_sided_alpha: of each side of `ci_equivalence`: `alpha`, but in a family judged by max-t;
            None stands for `alpha`.
        ci: interval at 1 - alpha; ci_equivalence: at 1 - 2 one_sided_alpha. Infinite where there
            is no noise estimate.
        p: two-sided, of no effect; p_equivalence: TOST against delta; for ``not_lower`` and
            ``not_higher`` the one-sided p of non-inferiority, for `between` TOST against its ends.
        per_seed: (seed, contrast) of the finished pairs; empty when unpaired.
        grade: "at least the SESOI", "direction only", "detectable but negligible" or "".
        seeds_needed: (at s, at the upper 80% limit of s) to settle an inconclusive effect, or None.
        df: degrees of freedom, n - 1 when paired.
        between: sizes (low, high) claimed in `direction` (ratio metrics: ratios above 1), or None.
        pairs: seeds that its arms share and finished: `n` when paired, 0 when unpaired, between
            when some seeds match and others do not.
        standard_error: of the estimate; on the log scale for ratio metrics.
        failures_decide: inconclusive because what the finished runs show does not hold with the
            failed ones ranked worst.
    """

    contrast: Contrast
    direction: Direction
    evidence: Evidence
    grade: str
    n: int
    estimate: float
    sd: float
    alpha: float
    delta: float
    ci: tuple[float, float]
    ci_equivalence: tuple[float, float]
    t: float
    p: float
    p_equivalence: float
    per_seed: tuple[tuple[int, float], ...] = ()
    paired: bool = True
    correlation: float | None = None
    sign_flip_p: float | None = None
    seeds_needed: tuple[int, int] | None = None
    df: float = float("nan")
    between: tuple[float, float] | None = None
    failures_decide: bool = False
    pairs: int = 0
    standard_error: float = float("nan")
    one_sided_alpha: float | None = None

    @property
    def metric(self) -> Metric:
        """The metric of its contrast."""
        return self.contrast.metric

    @property
    def ratio(self) -> bool:
        """Whether it is a ratio."""
        return self.contrast.ratio

    @property
    def is_measured(self) -> bool:
        """Whether there is an estimate at all."""
        return not math.isnan(self.estimate)

    @property
    def is_decided(self) -> bool:
        """Whether what is claimed of it was found, or the opposite."""
        return self.evidence in ("supported", "refuted")

    @property
    def claimed_range(self) -> tuple[float, float] | None:
        """The sizes claimed as the effect is measured: below its neutral value where less is."""
        if self.between is None:
            return None
        low, high = self.between
        upward = self.direction in UPWARD
        if self.ratio:
            low, high = max(low, 1.0), max(high, 1.0)
            return (low, high) if upward else (1 / high, 1 / low)
        return (low, high) if upward else (0.0 - high, 0.0 - low)

    @property
    def bounds(self) -> tuple[float, ...]:
        """What its intervals are compared with: no difference, and the sizes that decide."""
        sizes = self.claimed_range
        if sizes is None:
            ratio = self.ratio and self.delta > 0
            sizes = (1 / self.delta if ratio else -self.delta, self.delta)
        return (self.contrast.neutral, *sizes)

    @property
    def about_direction(self) -> bool:
        """Whether it is claimed to be above or below 0, not merely within or not beyond a size."""
        return self.direction in ("higher", "lower") and self.between is None


def judge_effect(
    measured: Measured,
    expectation: Expectation,
    alpha: float,
    looks: LookRule = SINGLE_LOOK,
    *,
    plan: bool = True,
) -> Effect:
    """Decide one contrast.

    Args:
        expectation: what is claimed.
        alpha: two-sided, after corrections within the claim, before the look rule.
        looks: what this look may use of alpha.
        plan: count the seeds that an inconclusive effect still needs (most of the time it takes).
    """
    metric, estimate = measured.contrast.metric, measured.estimate
    size = expectation.matters_from
    delta = math.log(size) if metric.ratio else size
    between = _between(expectation, metric)
    nominal = looks.nominal(alpha, estimate.n)
    claim = expectation.direction
    one_sided = one_sided_alpha(looks, alpha, estimate.n)
    decision = decide(estimate, delta, nominal, claim, between, one_sided)
    effect = Effect(
        contrast=measured.contrast,
        direction=claim,
        evidence=decision.outcome,
        grade=decision.grade,
        n=estimate.n,
        estimate=_shown(estimate.value, metric),
        sd=estimate.sd,
        alpha=nominal,
        one_sided_alpha=one_sided,
        delta=size,
        ci=(_shown(decision.ci[0], metric), _shown(decision.ci[1], metric)),
        ci_equivalence=(
            _shown(decision.ci_equivalence[0], metric),
            _shown(decision.ci_equivalence[1], metric),
        ),
        t=t_statistic(estimate),
        p=two_sided_p(estimate),
        p_equivalence=_size_p(estimate, delta, claim, between),
        per_seed=tuple((seed, _shown(value, metric)) for seed, value in measured.per_seed),
        paired=bool(measured.per_seed) or estimate.n == 0,
        correlation=measured.correlation,
        sign_flip_p=measured.sign_flip_p,
        df=estimate.df,
        between=expectation.between,
        pairs=measured.pairs,
        standard_error=estimate.standard_error,
    )
    if measured.worst is not None and not measured.worst.alike:
        effect = _heed_failures(effect, measured.worst, Asserted(estimate, delta, between))
    undecided = effect.evidence == "inconclusive" and not effect.failures_decide
    if plan and undecided and estimate.df > 0:
        needed = _needed(estimate, delta, alpha, claim, looks, between)
        effect = replace(effect, seeds_needed=needed)
    return effect


def contrast_effect(
    outcomes: Outcomes,
    contrast: Weighted,
    expectation: Expectation,
    alpha: float,
    looks: LookRule = SINGLE_LOOK,
) -> Effect:
    """Measure and decide one contrast."""
    return judge_effect(measure(outcomes, contrast), expectation, alpha, looks)


class Asserted(NamedTuple):
    """What an outcome asserts of a contrast, on the judged scale."""

    estimate: Estimate
    delta: float
    between: tuple[float, float] | None

    def limits(self, outcome: Evidence, claim: Direction) -> tuple[float, float]:
        """(low, high) between which the outcome asserts that the contrast lies."""
        if self.between is not None:
            return self._of_size(outcome, self.between)
        if outcome == "no meaningful effect":
            return -self.delta, self.delta
        upward = (claim in UPWARD) == (outcome == "supported")
        edge = 0.0
        if claim in ("not_lower", "not_higher"):
            edge = -self.delta if claim == "not_lower" else self.delta
        return (edge, math.inf) if upward else (-math.inf, edge)

    def _of_size(self, outcome: Evidence, between: tuple[float, float]) -> tuple[float, float]:
        if outcome == "supported":
            return between
        below = self.estimate.value < between[0]
        return (-math.inf, between[0]) if below else (between[1], math.inf)


def _heed_failures(effect: Effect, worst: WorstRanked, asserted: Asserted) -> Effect:
    """Inconclusive where an outcome does not also hold with every failed run ranked worst.

    Each limit that the outcome asserts is tested one-sided at the effect's alpha by an exact rank
    test, so that a false outcome is as seldom as its own test makes it, and seldomer than alpha
    where the runs that fail are an arm's worst ones. "At least the SESOI" must hold too, else the
    direction alone is graded.
    """

    def holds(low: float, high: float) -> bool:
        above = low == -math.inf or worst.above_p(low) <= effect.alpha
        return above and (high == math.inf or worst.below_p(high) <= effect.alpha)

    if effect.evidence == "inconclusive":
        return effect
    low, high = asserted.limits(effect.evidence, effect.direction)
    if not holds(low, high):
        return replace(effect, evidence="inconclusive", grade="", failures_decide=True)
    if effect.grade == AT_LEAST:
        size = (asserted.delta, math.inf) if low == 0 else (-math.inf, -asserted.delta)
        return effect if holds(*size) else replace(effect, grade=DIRECTION_ONLY)
    return effect


def _between(expectation: Expectation, metric: Metric) -> tuple[float, float] | None:
    if expectation.between is None:
        return None
    low, high = expectation.between
    if metric.ratio:
        low, high = math.log(max(low, 1.0)), math.log(max(high, 1.0))
    return (low, high) if expectation.direction == "higher" else (-high, -low)


def _size_p(
    estimate: Estimate, delta: float, claim: Direction, between: tuple[float, float] | None
) -> float:
    """TOST p, of the claimed range where there is one; non-inferiority is one-sided."""
    if between is not None:
        return max(above_p(estimate, between[0]), below_p(estimate, between[1]))
    if claim == "not_lower":
        return above_p(estimate, -delta)
    if claim == "not_higher":
        return below_p(estimate, delta)
    return equivalence_p(estimate, delta)


def _needed(
    estimate: Estimate,
    delta: float,
    alpha: float,
    claim: Direction,
    looks: LookRule,
    between: tuple[float, float] | None,
) -> tuple[int, int]:
    """Seeds for direction and equivalence; for non-inferiority and sizes, equivalence alone.

    A size is proven when CI2 lies inside the claimed range: equivalence about its middle.
    """
    sd, df = estimate.sd, estimate.df
    if between is not None:
        delta = (between[1] - between[0]) / 2
    elif claim in ("higher", "lower"):
        return seeds_needed(sd, df, delta, alpha, looks.seeds)
    ratios = (sd / delta, sd_limit(sd, df) / delta)
    low, high = (seeds_for_equivalence(r, alpha, search=looks.seeds) for r in ratios)
    return low, high


def _shown(value: float, metric: Metric) -> float:
    """Back from the judged scale to the metric's unit."""
    if not metric.ratio:
        return value
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf
