"""What the uncertainty of a verdict is made of: random sources, test images, data sets.

It says what would narrow an interval: more seeds, more test images or more data sets.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from hyperverdict.checks.context import CheckContext
from hyperverdict.effects.effect import Effect
from hyperverdict.outcomes.values import RunIndex, metric_column, scores_on
from hyperverdict.stats.noise import source_share
from hyperverdict.stats.prediction import new_context
from hyperverdict.study.noise import swapped_runs
from hyperverdict.verdicts.model import NoiseShare
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.effects import interval_text
from hyperverdict.words.numbers import (
    confidence_text,
    count,
    full_stop,
    percent_text,
    plain,
    unit_of,
)

# Beyond this share of the variance one part decides what would narrow the interval.
MOST_OF_IT = 2 / 3


def noise_shares(context: CheckContext, runs: RunIndex) -> tuple[NoiseShare, ...]:
    """Share of every source that the hypothesis names, for every metric that is no time."""
    hypothesis = context.hypothesis
    if not hypothesis.noise or len(context.arms) != 2:
        return ()
    metrics = dict.fromkeys(e.metric for e in context.claim.expect if not e.metric.is_time)
    found = (
        _share(context, runs, metric, source) for metric in metrics for source in hypothesis.noise
    )
    return tuple(share for share in found if share is not None)


def _share(context: CheckContext, runs: RunIndex, metric: Metric, source: str) -> NoiseShare | None:
    hypothesis, arms = context.hypothesis, context.question.arms
    start, to = arms[0].label, arms[1].label
    own = {arm.label: _scores(runs, arm.configuration.path, metric) for arm in arms}
    swapped: dict[str, dict[int, float]] = {start: {}, to: {}}
    for run in swapped_runs(hypothesis, arms):
        if run.source == source:
            value = _scores(runs, run.configuration.path, metric).get(run.seed, math.nan)
            swapped[run.arm][run.source_seed] = value
    seeds = hypothesis.seeds
    whole = [own[to].get(s, math.nan) - own[start].get(s, math.nan) for s in seeds]
    mixed = [swapped[to].get(s, math.nan) - swapped[start].get(s, math.nan) for s in seeds]
    if not all(map(math.isfinite, (*whole, *mixed))):
        return None
    share = source_share(whole, mixed, context.study.alpha)
    if share is None:
        return None
    low, high = (percent_text(end, 0) for end in share.interval)
    sentence = (
        f"{percent_text(share.share, 0)} of the variance of the {plain(metric.name)} difference "
        f"between seeds comes from {plain(source)} ({low} to {high}, from {share.seeds} seeds)."
    )
    return NoiseShare(source, metric.name, share.share, share.interval, share.seeds, sentence)


def _scores(runs: RunIndex, path: str, metric: Metric) -> Mapping[int, float]:
    """seed -> score on the judged scale: logarithms for ratio metrics."""
    rows = runs.rows(path)
    if not len(rows):
        return {}
    scores = scores_on(rows, metric, metric_column(metric, map(str, rows.columns)))
    if metric.ratio:
        return {s: math.log(v) if v > 0 else math.nan for s, v in scores.items()}
    return scores


def variation_sentences(context: CheckContext) -> tuple[str, ...]:
    """What would narrow the intervals, and what to expect of a data set that was not tested."""
    return (*_narrowing(context), *_new_data(context))


def _narrowing(context: CheckContext) -> Iterator[str]:
    """Whether seeds or test images make up most of what is unknown, for the largest image error."""
    known = [
        (effect, context.image_errors[effect.contrast])
        for effect in context.effects
        if effect.contrast in context.image_errors and effect.paired and effect.n > 1
    ]
    if not known:
        return
    effect, images = max(known, key=lambda one: one[1])
    # Of several effects, each has a share of its own.
    several = len({other.contrast for other, _ in known}) > 1
    this = f"the effect {contrast_name(effect.contrast)}" if several else "this effect"
    seeds = effect.standard_error
    whole = seeds**2 + images**2
    if whole <= 0:
        return
    share = images**2 / whole
    if share > MOST_OF_IT:
        yield (
            f"For other seeds and other test images, {percent_text(share, 0)} of what is unknown "
            f"of {this} comes from the test images: more seeds would narrow it little, more "
            "test images would."
        )
    elif share < 1 - MOST_OF_IT:
        yield (
            f"For other seeds and other test images, {percent_text(1 - share, 0)} of what is "
            f"unknown of {this} comes from the seeds: more seeds narrow it, more test images "
            "would do little."
        )
    else:
        yield (
            f"For other seeds and other test images, {percent_text(1 - share, 0)} of what is "
            f"unknown of {this} comes from the seeds and {percent_text(share, 0)} from the "
            "test images: narrowing it takes more of both."
        )


def _new_data(context: CheckContext) -> Iterator[str]:
    """The prediction for a new data set, where one change was measured in several."""
    by_metric: dict[Metric, dict[str, Effect]] = {}
    for effect in context.effects:
        data = _only_data(context, effect)
        if data:
            by_metric.setdefault(effect.metric, {})[data] = effect
    for metric, effects in by_metric.items():
        if metric.ratio:
            continue
        found = new_context(
            [effect.estimate for effect in effects.values()],
            [effect.standard_error for effect in effects.values()],
            context.study.alpha,
        )
        if found is None:
            continue
        bounds = next(iter(effects.values())).bounds
        ends = interval_text(found.interval, unit_of(metric), alone=True, bounds=bounds)
        yield full_stop(
            f"On a new data set like these {count(len(effects), 'data set')}, the effect on "
            f"{plain(metric.name)} would be {ends} "
            f"({confidence_text(context.study.alpha)} prediction interval)"
        )


def _only_data(context: CheckContext, effect: Effect) -> str:
    """The data set of an effect whose context is a data set and nothing else; "" for others."""
    pair = effect.contrast.pair
    if pair is None or not effect.is_measured or effect.n < 2:
        return ""
    held = [arm.context for arm in context.question.arms if arm.label in pair]
    if len(held) != 2 or held[0] != held[1] or set(held[0]) != {"data"}:
        return ""
    return str(held[0]["data"])
