"""Checks 3, 4, 5, 23, 24: are there enough runs, and do they speak with one voice?"""

from __future__ import annotations

import math

from hyperverdict.checks.context import Case
from hyperverdict.claims.model import Effect
from hyperverdict.stats.power import detectable_effect
from hyperverdict.study.model import TIME_METRIC
from hyperverdict.verdicts.model import Check
from hyperverdict.words.counting import count, number_word, size

FEW = 5
CARRIES = 0.5


def no_replication(case: Case) -> Check | None:
    """3 B: fewer than two runs in an arm."""
    if not case.arms or case.judgement.kind == "definitional":
        return None
    finished = [a.summary.finished for a in case.arms]
    if min(finished) >= 2 or _only_times(case):
        return None
    if max(finished) == 0:
        return Check("3", "blocks", "No run has finished yet: no verdict.", "no runs", 12)
    if set(finished) == {1}:
        sentence = "One run per arm: no noise estimate, no verdict."
    else:
        least = min(case.arms, key=lambda a: a.summary.finished)
        runs = count(least.summary.finished, "finished run")
        sentence = f"{least.arm.label} has {runs}: no noise estimate, no verdict."
    return Check("3", "blocks", sentence, "no replication", 12)


def few_seeds(case: Case) -> Check | None:
    """4 C: two to four seeds detect only large effects."""
    noisy = [e for e in case.effects() if 2 <= e.n < FEW and e.metric != TIME_METRIC]
    if not noisy:
        return None
    worst = max(noisy, key=lambda e: e.sd if math.isfinite(e.sd) else 0.0)
    smallest = _detectable(worst)
    sentence = f"{number_word(worst.n)} seeds detect only effects above {smallest}."
    return Check("4", "caveat", sentence, gravity=7)


def _detectable(effect: Effect) -> str:
    """The size that this many seeds prove with 80% power, in the metric's unit."""
    least = detectable_effect(effect.sd, effect.n, effect.alpha)
    return size(math.exp(least) if effect.ratio else least, effect.metric, effect.ratio)


def unmatched_seeds(case: Case) -> Check | None:
    """5 C: the seeds of paired arms do not match."""
    if all(e.paired for e in case.effects()):
        return None
    return Check("5", "caveat", "Seeds do not match; Welch's unpaired interval used.", gravity=3)


def missing_runs(case: Case) -> Check | None:
    """23 C: planned runs are missing."""
    missing = sum(a.summary.missing for a in case.arms)
    planned = sum(len(a.summary.seeds) for a in case.arms)
    if not missing or case.foreign or _only_times(case):
        return None
    which = [a.arm.label for a in case.arms if a.summary.missing]
    where = ", ".join(which[:3]) + (", ..." if len(which) > 3 else "")
    are = "is" if missing == 1 else "are"
    sentence = (
        f"Planned {planned:,}, analysed {planned - missing:,}: "
        f"{count(missing, 'run')} ({where}) {are} missing."
    )
    return Check("23", "caveat", sentence, gravity=6.5)


def one_seed_carries(case: Case) -> Check | None:
    """24 C: one seed makes more than half of an effect, or leaving it out flips the verdict."""
    held = case.judgement.evidence
    without = case.source.get("leave_one_out", {})
    flips = {seed: evidence for seed, evidence in without.items() if evidence != held}
    if flips and held != "inconclusive":
        seed, evidence = next(iter(flips.items()))
        carried = (
            f"Seed {seed} alone carries this: without it"
            if len(flips) == 1
            else f"It hangs by a thread: without any one of {len(flips)} seeds (such as {seed})"
        )
        sentence = f"{carried} the evidence is {evidence!s} instead of {held!s}."
        return Check("24", "caveat", sentence, gravity=6.8)
    for effect in case.effects():
        seed = _carrier(effect)
        if seed is not None:
            sentence = f"Seed {seed} alone makes more than half of {effect.name}."
            return Check("24", "caveat", sentence, gravity=3.5)
    return None


def _carrier(effect: Effect) -> int | None:
    """The seed whose contrast is more than half of the sum, for effects that decided something."""
    if effect.evidence not in ("supported", "refuted") or len(effect.per_seed) < 3:
        return None
    if effect.direction not in ("higher", "lower") or effect.between is not None:
        return None
    values = {seed: math.log(c) if effect.ratio else c for seed, c in effect.per_seed}
    total = sum(values.values())
    if total == 0:
        return None
    seed = max(values, key=lambda s: values[s] / total)
    return seed if values[seed] / total > CARRIES else None


def _only_times(case: Case) -> bool:
    """Whether all judged legs are about time, which timing jobs measure without trained runs."""
    judged = {leg.metric for leg in case.judgement.legs if not leg.dropped_because}
    return judged == {TIME_METRIC} and case.timing is not None


CHECKS = (no_replication, few_seeds, unmatched_seeds, missing_runs, one_seed_carries)
