"""Are there enough runs, and do they agree?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, caveat, check
from hyperverdict.effects.effect import Effect
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.stats.power import detectable_effect
from hyperverdict.stats.skewness import skewness, skewness_carried
from hyperverdict.stats.thresholds import CARRIES, FEW_SEEDS
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.numbers import count, number, size_text

# Arms that a sentence names.
MOST_NAMED = 3
FIND_OUT = "Find out why runs fail: more seeds of the same settings would fail as well."


@check(
    "blocks",
    title="At least two runs per arm",
    explains="Finished runs of every arm: a single one gives no estimate of the noise.",
    remedy="Train at least two seeds per arm; ten settle most effects that matter.",
)
def no_replication(context: CheckContext) -> Found:
    """Fewer than two finished runs in an arm."""
    if not context.arms or _only_times(context):
        return NOT_APPLICABLE
    finished = [a.summary.finished for a in context.arms]
    if min(finished) >= 2:
        return None
    lost = next((a for a in context.arms if a.summary.finished == 0 < len(a.rows)), None)
    if lost is not None:
        return blocks(_lost_sentence(context, lost), "all runs failed", 12, FIND_OUT)
    if max(finished) == 0:
        return blocks("No run has finished yet.", "no runs", 12)
    if set(finished) == {1}:
        sentence = "One run per arm gives no estimate of the noise."
    else:
        least = min(context.arms, key=lambda a: a.summary.finished)
        runs = count(least.summary.finished, "finished run")
        sentence = f"{least.title} has {runs}, which gives no estimate of the noise."
    failed = [a for a in context.arms if a.summary.finished < min(2, len(a.rows))]
    return blocks(sentence, "no replication", 12, FIND_OUT if failed else "")


def _lost_sentence(context: CheckContext, lost: ArmRuns) -> str:
    """How all runs of an arm ended, or those of all arms."""
    if all(a.summary.finished == 0 < len(a.rows) and a.ended == lost.ended for a in context.arms):
        runs = count(sum(len(a.rows) for a in context.arms), "run")
        return f"All {runs} {lost.ended}."
    n = len(lost.rows)
    return f"{f'All {n:,} runs' if n > 1 else 'The only run'} of {lost.title} {lost.ended}."


@check(
    "caveat",
    title="At least five seeds",
    explains="Effects that rest on two to four seeds: only large ones can be told from noise.",
    remedy="Plan ten seeds from the start; use a new study if this one has had its last look.",
)
def few_seeds(context: CheckContext) -> Found:
    """Two to four seeds detect only large effects."""
    measured = [e for e in context.effects if e.n >= 2 and not e.metric.is_time]
    if not measured:
        return NOT_APPLICABLE
    noisy = [e for e in measured if e.n < FEW_SEEDS]
    if not noisy:
        return None
    worst = max(noisy, key=lambda e: e.sd if math.isfinite(e.sd) else 0.0)
    few = count(worst.n, context.notes.replicate)
    if worst.alpha <= 0:
        return caveat(f"{few} are too few for a confidence sequence to settle anything.", 7)
    return caveat(f"{few} detect only effects above {_detectable(worst)}.", 7)


def _detectable(effect: Effect) -> str:
    """The size that this many seeds prove with 80% power, in the metric's unit."""
    # Of unequal arms the standard error is smaller than the SD and the smaller arm would give.
    noise = effect.standard_error * math.sqrt(effect.n)
    least = detectable_effect(noise, effect.n, effect.alpha)
    return size_text(math.exp(least) if effect.ratio else least, effect.contrast, 2)


@check(
    "caveat",
    title="Arms ran on the same seeds",
    explains="Whether arms share their seeds, so that differences can be taken seed by seed.",
    remedy="Train all arms on the same seeds.",
)
def unmatched_seeds(context: CheckContext) -> Found:
    """The seeds of the arms do not match."""
    if not context.effects:
        return NOT_APPLICABLE
    if all(effect.paired for effect in context.effects):
        return None
    shared = max(effect.pairs for effect in context.effects if not effect.paired)
    if shared:
        seeds = count(shared, context.notes.replicate)
        sentence = (
            f"The arms share only {seeds}. The interval uses these as pairs and the other runs "
            "unpaired."
        )
        return caveat(sentence, 3)
    sentence = "The arms do not share their seeds, so Welch's unpaired interval was used."
    return caveat(sentence, 3)


@check(
    "caveat",
    title="All planned runs are there",
    explains="Planned runs (configuration and seed) that no table holds.",
    remedy="Train the missing runs.",
)
def missing_runs(context: CheckContext) -> Found:
    """Planned runs are missing."""
    if not context.arms or context.elsewhere or _only_times(context):
        return NOT_APPLICABLE
    missing = sum(a.summary.missing for a in context.arms)
    if not missing:
        return None
    planned = sum(len(a.summary.seeds) for a in context.arms)
    which = [a.title for a in context.arms if a.summary.missing]
    where = ", ".join(which[:MOST_NAMED]) + (", ..." if len(which) > MOST_NAMED else "")
    sentence = (
        f"Planned {planned:,}, analysed {planned - missing:,}: {count(missing, 'run')} ({where}) "
        f"{'is' if missing == 1 else 'are'} missing."
    )
    return caveat(sentence, 6.5)


@check(
    "caveat",
    title="No single seed decides",
    explains="Whether leaving out one seed changes the verdict, and whether one seed makes up more "
    "than half of an effect.",
    remedy="Add seeds, so that no single one decides.",
)
def one_seed_carries(context: CheckContext) -> Found:
    """One seed makes up more than half of an effect, or leaving it out changes the verdict."""
    held = context.judgement.evidence
    flips = {seed: found for seed, found in context.leave_one_out.items() if found != held}
    decided = [e for e in context.effects if e.is_decided]
    if held == "inconclusive" or not (decided or flips):
        return NOT_APPLICABLE
    if flips:
        seed, evidence = next(iter(flips.items()))
        which = f"seed {seed}" if len(flips) == 1 else f"any one of {len(flips)} seeds"
        such = "" if len(flips) == 1 else f" (such as seed {seed})"
        sentence = (
            f"Fragile: leaving out {which}{such} changes the verdict from {held} to {evidence}."
        )
        return caveat(sentence, 6.8)
    for effect in decided:
        carrier = _carrier(effect)
        if carrier is not None:
            name = contrast_name(effect.contrast)
            return caveat(f"Seed {carrier} alone makes up more than half of {name}.", 3.5)
    return None


@check(
    "caveat",
    title="Differences not too skewed for the number of seeds",
    explains="The skewness of the differences behind every effect (unpaired: of the values of each "
    "arm). A mean with its t interval carries a skewness up to 0.3 times the root of the number of "
    "seeds; beyond it one tail errs twice as often as it should. Where over 1% of normal samples "
    "have more than that by chance, the limit is what 1% of them exceed. Collapses too rare to be "
    "among the runs cannot be seen: each verdict says which rates stay open.",
    remedy="Look at the runs at the long end, compare the trimmed mean, and add seeds.",
)
def too_skewed(context: CheckContext) -> Found:
    """The differences are too skewed for a mean of so few."""
    found = [(effect, *one) for effect in context.effects for one in _skewed(context, effect)]
    if not found:
        return NOT_APPLICABLE
    effect, skew, n = max(found, key=lambda one: abs(one[1]) / skewness_carried(one[2]))
    carried = skewness_carried(n)
    if abs(skew) <= carried:
        return None
    noun = "measurement" if effect.metric.is_time else context.notes.replicate
    what = "differences" if effect.paired else "scores"
    sentence = (
        f"The {what} behind {contrast_name(effect.contrast)} have skewness {number(skew, 1)} with "
        f"{count(n, noun)}; a mean carries up to {number(carried, 1)}, so a few runs may decide it."
    )
    return caveat(sentence, 6.2)


def _skewed(context: CheckContext, effect: Effect) -> Iterator[tuple[float, int]]:
    """(skewness, n) of the values that an effect is a mean of."""
    samples = [[math.log(v) if effect.ratio else v for _, v in effect.per_seed]]
    outcomes = context.question.outcomes.get(effect.metric.name)
    if not effect.paired and outcomes is not None:
        runs = [outcomes.finished().get(label, {}) for label in effect.contrast.arms]
        samples = [[math.log(v) if effect.ratio else v for v in r.values()] for r in runs]
    for sample in samples:
        skew = skewness(sample)
        if skew is not None:
            yield skew, len(sample)


def _carrier(effect: Effect) -> int | None:
    """The seed whose contrast is more than half of the sum."""
    if len(effect.per_seed) < 3 or not effect.about_direction:
        return None
    values = {seed: math.log(c) if effect.ratio else c for seed, c in effect.per_seed}
    total = sum(values.values())
    if total == 0:
        return None
    seed = max(values, key=lambda s: values[s] / total)
    return seed if values[seed] / total > CARRIES else None


def _only_times(context: CheckContext) -> bool:
    """Whether all judged legs are about time, which timing jobs measure without trained runs."""
    timed = context.metrics and all(metric.is_time for metric in context.metrics)
    return bool(timed) and context.timing is not None


CHECKS: tuple[Check, ...] = (
    no_replication,
    few_seeds,
    unmatched_seeds,
    missing_runs,
    one_seed_carries,
    too_skewed,
)
