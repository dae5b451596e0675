"""Measuring a contrast: pairing by seeds, failures, ratios on the log scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hyperverdict.effects.contrast import Contrast, Weighted
from hyperverdict.effects.failures import WorstRanked, worst_ranked
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.errors import UserError
from hyperverdict.stats.exact import sign_flip_p
from hyperverdict.stats.intervals import Estimate, correlation, one_sample, rounding_sd, welch
from hyperverdict.stats.overlapping import partly_paired
from hyperverdict.stats.thresholds import MATCHED
from hyperverdict.stats.trimmed import trimmed_one_sample, trimmed_welch


@dataclass(frozen=True)
class Measured:
    """A contrast as measured, on the scale it is judged on (log for ratio metrics).

    Attributes:
        pairs: seeds that every arm shares and finished; 0 when unpaired.
        worst: the contrast with failed runs ranked worst; None where none failed.
    """

    contrast: Contrast
    estimate: Estimate
    per_seed: tuple[tuple[int, float], ...]
    correlation: float | None
    sign_flip_p: float | None = None
    pairs: int = 0
    worst: WorstRanked | None = None


def measure(outcomes: Outcomes, weighted: Weighted) -> Measured:
    """Estimate a contrast from finished runs.

    Per seed when the seeds match, by Welch when they do not, and by both parts where some seeds of
    two arms match and others do not. Which it is, is read off the seeds that were run, failed ones
    included, never off values. Of a shared seed with a failed run nothing is used.

    Raises UserError for a value of 0 or below in a ratio metric.
    """
    contrast, weights = weighted
    values = {label: _scaled(outcomes, label) for label in weights}
    seeds = {label: set(runs) for label, runs in values.items()}
    if _seeds_match(list(seeds.values())):
        worst = _worst_ranked(outcomes, weights, values, matched=True)
        per_seed = paired_contrast({k: _finished(v) for k, v in values.items()}, weights)
        floor = rounding_sd(outcomes.step, weights.values())
        contrasts = [value for _, value in per_seed]
        one = trimmed_one_sample if outcomes.trimmed else one_sample
        pairing, flips = _pair_correlation(values, weights), sign_flip_p(contrasts)
        estimate = one(contrasts, floor)
        return Measured(contrast, estimate, per_seed, pairing, flips, len(per_seed), worst)
    worst = _worst_ranked(outcomes, weights, values, matched=False)
    two = len(weights) == 2
    finished = {k: _finished(v) for k, v in (_whole_pairs(values) if two else values).items()}
    pairs = len(set.intersection(*map(set, finished.values()))) if two else 0
    pairing = _pair_correlation(values, weights) if pairs else None
    of_arms = [(weight, list(finished[label].values())) for label, weight in weights.items()]
    if outcomes.trimmed:
        estimate = trimmed_welch(of_arms, outcomes.step)
    elif pairs:
        start, to = sorted(weights, key=lambda label: weights[label])
        estimate = partly_paired(finished[start], finished[to], outcomes.step)
    else:
        estimate = welch(of_arms, outcomes.step)
    return Measured(contrast, estimate, (), pairing, None, pairs, worst)


def _worst_ranked(
    outcomes: Outcomes,
    weights: Mapping[str, float],
    values: Mapping[str, Mapping[int, float]],
    *,
    matched: bool,
) -> WorstRanked | None:
    worst = worst_ranked(outcomes.metric, weights, values, matched=matched)
    return replace(worst, alike=False) if worst and outcomes.absent else worst


def paired_contrast(
    values: Mapping[str, Mapping[int, float]], weights: Mapping[str, float]
) -> tuple[tuple[int, float], ...]:
    """(seed, weighted sum) over the seeds that every arm finished, in seed order."""
    common = set.intersection(*(set(values[label]) for label in weights))
    return tuple(
        (seed, math.fsum(weight * values[label][seed] for label, weight in weights.items()))
        for seed in sorted(common)
    )


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


def _whole_pairs(values: Mapping[str, Mapping[int, float]]) -> dict[str, dict[int, float]]:
    """Two arms without the shared seeds of which a run failed."""
    first, second = values.values()
    broken = {
        seed
        for seed in first.keys() & second.keys()
        if not (math.isfinite(first[seed]) and math.isfinite(second[seed]))
    }
    return {k: {s: v for s, v in runs.items() if s not in broken} for k, runs in values.items()}


def _seeds_match(seeds: Sequence[set[int]]) -> bool:
    """Whether arms were run on the same seeds, missing runs aside.

    They were where all share most of the seeds that any has, and, of two arms, where one has no
    seed that the other lacks.
    """
    common, union = set.intersection(*seeds), set.union(*seeds)
    nested = len(seeds) != 2 or common in seeds
    return nested and len(common) >= MATCHED * len(union)


def _pair_correlation(
    values: Mapping[str, Mapping[int, float]], weights: Mapping[str, float]
) -> float | None:
    if len(weights) != 2:
        return None
    first, second = (_finished(values[label]) for label in weights)
    seeds = sorted(first.keys() & second.keys())
    return correlation([first[s] for s in seeds], [second[s] for s in seeds])
