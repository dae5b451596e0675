"""From outcomes to effects: pairing by seeds, failures, ratios on the log scale, the decision."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hyperverdict.claims.model import Effect, Outcomes
from hyperverdict.errors import UserError
from hyperverdict.stats.decision import Claim, decide
from hyperverdict.stats.exact import mcnemar_p, sign_flip_p
from hyperverdict.stats.intervals import (
    Estimate,
    above_p,
    correlation,
    equivalence_p,
    one_sample,
    rounding_sd,
    t_statistic,
    t_tail,
    two_sided_p,
    welch,
)
from hyperverdict.stats.power import sd_limit, seeds_for_equivalence, seeds_needed
from hyperverdict.stats.sequential import SINGLE_LOOK, LookRule
from hyperverdict.study.model import Expectation, Metric

# Above this share of failed runs in an arm, the finished ones no longer speak for it.
MOST_FAILURES = 0.2
# Exact McNemar p up to which the failure rates of two arms are taken to differ.
RATES_DIFFER = 0.05
# Pairs are formed when this share of the smaller arm's seeds is matched.
MATCHED = 0.75
# Last words of metrics' names; of other metrics nobody knows which way is better.
LOWER_IS_BETTER = frozenset(
    {"error", "err", "loss", "time", "seconds", "perplexity", "ppl", "mse", "rmse", "mae", "nll"}
    | {"wer", "cer", "fid"}
)
HIGHER_IS_BETTER = frozenset(
    {"accuracy", "acc", "precision", "recall", "f1", "auc", "auroc", "map", "iou", "bleu", "rouge"}
    | {"score", "reward", "return", "success", "r2"}
)


@dataclass(frozen=True)
class Contrast:
    """What is measured: a weighted sum of arms, by label.

    Attributes:
        weights: arm label -> weight; +1 and -1 for a difference.
        context: for `Effect.context`.
    """

    name: str
    weights: Mapping[str, float]
    context: str = ""


@dataclass(frozen=True)
class Measured:
    """A contrast as measured, on the scale it is judged on (log for ratio metrics).

    Attributes:
        failures_point: 0 when failures do not decide; else +1 or -1, the sign of the contrast
            that they speak for, or nan when they speak for none.
    """

    contrast: Contrast
    metric: Metric
    estimate: Estimate
    per_seed: tuple[tuple[int, float], ...]
    correlation: float | None
    sign_flip_p: float | None = None
    failures_point: float = 0.0


def difference(to: str, start: str, context: str = "") -> Contrast:
    """The contrast of two arms, named by their labels."""
    return Contrast(f"{to} - {start}", {to: 1.0, start: -1.0}, context)


def measure(outcomes: Outcomes, contrast: Contrast) -> Measured:
    """Estimate a contrast from finished runs: per seed when seeds match, else by Welch.

    Whether seeds match is read off the seeds that were run, failed ones included, never off values.

    Raises UserError for a value of 0 or below in a ratio metric.
    """
    values = {label: _scaled(outcomes, label) for label in contrast.weights}
    finished = {label: _finished(runs) for label, runs in values.items()}
    point = _failures_point(outcomes.metric, contrast, values)
    if _seeds_match([set(runs) for runs in values.values()]):
        per_seed = paired_contrast(finished, contrast.weights)
        floor = rounding_sd(outcomes.step, contrast.weights.values())
        estimate = one_sample([value for _, value in per_seed], floor)
        pairing = _pair_correlation(finished, contrast.weights)
        flips = sign_flip_p([value for _, value in per_seed])
        return Measured(contrast, outcomes.metric, estimate, per_seed, pairing, flips, point)
    arms = [(weight, list(finished[label].values())) for label, weight in contrast.weights.items()]
    estimate = welch(arms, outcomes.step)
    return Measured(contrast, outcomes.metric, estimate, (), None, None, point)


def paired_contrast(
    values: Mapping[str, Mapping[int, float]], weights: Mapping[str, float]
) -> tuple[tuple[int, float], ...]:
    """(seed, weighted sum) over the seeds that every arm finished, in seed order."""
    common = set.intersection(*(set(values[label]) for label in weights))
    return tuple(
        (seed, math.fsum(weight * values[label][seed] for label, weight in weights.items()))
        for seed in sorted(common)
    )


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
        expectation: what is claimed; its `matters_from` must already be the metric's, or None.
        alpha: two-sided, after corrections within the claim, before the look rule.
        looks: what this look may use of alpha.
        plan: count the seeds that an inconclusive effect still needs (most of the time it takes).
    """
    metric, estimate = measured.metric, measured.estimate
    size = metric.matters_from if expectation.matters_from is None else expectation.matters_from
    delta = math.log(size) if metric.ratio else size
    between = _between(expectation, metric)
    nominal = looks.nominal(alpha, estimate.n)
    claim: Claim = expectation.direction
    decision = decide(estimate, delta, nominal, claim, between)
    effect = Effect(
        name=measured.contrast.name,
        metric=metric.name,
        ratio=metric.ratio,
        direction=claim,
        evidence=decision.outcome,
        grade=decision.grade,
        n=estimate.n,
        estimate=_shown(estimate.value, metric),
        sd=estimate.sd,
        alpha=nominal,
        delta=size,
        ci1=(_shown(decision.ci1[0], metric), _shown(decision.ci1[1], metric)),
        ci2=(_shown(decision.ci2[0], metric), _shown(decision.ci2[1], metric)),
        t=t_statistic(estimate),
        p=two_sided_p(estimate),
        p_equivalence=_size_p(estimate, delta, claim),
        per_seed=tuple((seed, _shown(value, metric)) for seed, value in measured.per_seed),
        paired=bool(measured.per_seed) or estimate.n == 0,
        correlation=measured.correlation,
        sign_flip_p=measured.sign_flip_p,
        df=estimate.df,
        between=expectation.between,
        context=measured.contrast.context,
    )
    effect = _heed_failures(effect, measured)
    undecided = effect.evidence == "inconclusive" and not effect.failures_decide
    if plan and undecided and estimate.df > 0:
        needed = _needed(estimate, delta, alpha, claim, looks, between)
        effect = replace(effect, seeds_needed=needed)
    return effect


def contrast_effect(
    outcomes: Outcomes,
    contrast: Contrast,
    expectation: Expectation,
    alpha: float,
    looks: LookRule = SINGLE_LOOK,
) -> Effect:
    """Measure and decide one contrast."""
    return judge_effect(measure(outcomes, contrast), expectation, alpha, looks)


def higher_is_better(metric: Metric) -> bool | None:
    """Whether more of the metric is better, by the last word of its name; None when unknown."""
    word = metric.name.lower().rpartition("_")[2]
    return True if word in HIGHER_IS_BETTER else False if word in LOWER_IS_BETTER else None


def _scaled(outcomes: Outcomes, label: str) -> dict[int, float]:
    """seed -> value on the judged scale, nan where the run failed."""
    runs = outcomes.values.get(label, {})
    if not outcomes.metric.ratio:
        return {seed: float(value) for seed, value in runs.items()}
    for seed, value in runs.items():
        if value <= 0:
            raise UserError(
                f"{outcomes.metric.name} of {label!r}, seed {seed}, is {value!r}: "
                "a ratio needs values above 0"
            )
    return {seed: math.log(value) for seed, value in runs.items()}


def _finished(runs: Mapping[int, float]) -> dict[int, float]:
    return {seed: value for seed, value in runs.items() if math.isfinite(value)}


def _seeds_match(seeds: Sequence[set[int]]) -> bool:
    """Whether arms were run on the same seeds, missing runs aside."""
    smallest = min(len(s) for s in seeds)
    return len(set.intersection(*seeds)) >= MATCHED * smallest


def _pair_correlation(
    finished: Mapping[str, Mapping[int, float]], weights: Mapping[str, float]
) -> float | None:
    if len(weights) != 2:
        return None
    first, second = (finished[label] for label in weights)
    seeds = sorted(first.keys() & second.keys())
    return correlation([first[s] for s in seeds], [second[s] for s in seeds])


def _failures_point(
    metric: Metric, contrast: Contrast, values: Mapping[str, Mapping[int, float]]
) -> float:
    """Whether failures decide, and the sign of the contrast they speak for (see `Measured`)."""
    failed = {k: {s for s, v in runs.items() if not math.isfinite(v)} for k, runs in values.items()}
    if not any(failed.values()):
        return 0.0
    rates = {k: len(failed[k]) / len(values[k]) if values[k] else 0.0 for k in values}
    many = any(rate > MOST_FAILURES for rate in rates.values())
    if len(contrast.weights) != 2:
        return math.nan if many else 0.0
    first, second = contrast.weights
    unequal = mcnemar_p(len(failed[first] - failed[second]), len(failed[second] - failed[first]))
    if not many and unequal > RATES_DIFFER:
        return 0.0
    if rates[first] == rates[second]:
        return math.nan
    survivor = first if rates[first] < rates[second] else second
    better = {True: 1.0, False: -1.0, None: math.nan}[higher_is_better(metric)]
    return math.copysign(1.0, contrast.weights[survivor]) * better


def _heed_failures(effect: Effect, measured: Measured) -> Effect:
    """Inconclusive when failures decide, unless they and a proven effect point the same way."""
    point = measured.failures_point
    if point == 0.0:
        return effect
    proven = effect.ci1[0] > _shown(0.0, measured.metric) or effect.ci1[1] < _shown(
        0.0, measured.metric
    )
    directed = effect.evidence in ("supported", "refuted") and proven
    if directed and point * measured.estimate.value > 0:
        return effect
    return replace(effect, evidence="inconclusive", grade="", failures_decide=True)


def _between(expectation: Expectation, metric: Metric) -> tuple[float, float] | None:
    if expectation.between is None:
        return None
    low, high = expectation.between
    if metric.ratio:
        low, high = math.log(max(low, 1.0)), math.log(max(high, 1.0))
    return (low, high) if expectation.direction == "higher" else (-high, -low)


def _size_p(estimate: Estimate, delta: float, claim: Claim) -> float:
    """TOST p; the one-sided p of non-inferiority where that is the claim."""
    if claim == "not_lower":
        return above_p(estimate, -delta)
    if claim == "not_higher":
        return t_tail(-t_statistic(estimate, delta), estimate.df)
    return equivalence_p(estimate, delta)


def _needed(
    estimate: Estimate,
    delta: float,
    alpha: float,
    claim: Claim,
    looks: LookRule,
    between: tuple[float, float] | None,
) -> tuple[int, int]:
    """Seeds for direction and equivalence; for non-inferiority and sizes, equivalence alone.

    A size is proven when CI1 lies inside the claimed range: equivalence at alpha / 2 about its
    middle.
    """
    sd, df = estimate.sd, estimate.df
    if between is not None:
        delta, alpha = (between[1] - between[0]) / 2, alpha / 2
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
