"""Was anything picked by its results: the levels of a claim, or the runs of an arm?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from statistics import fmean

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, caveat, check
from hyperverdict.claims.factors import factor_title
from hyperverdict.claims.optimum import Optimum
from hyperverdict.claims.trend import Trend
from hyperverdict.effects.effect import Effect, Evidence
from hyperverdict.effects.outcomes import Arm, Outcomes
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.words.numbers import count, listed

# Levels and arms that a sentence names.
MOST_NAMED = 4
UNDECIDED: frozenset[Evidence] = frozenset({"inconclusive", "estimated"})


@check(
    "blocks",
    "caveat",
    title="Levels were not picked by their results",
    explains="Whether runs exist of more levels than the claim names, and it names the extreme "
    "one: the best of 40 levels beats the first in a quarter of studies in which all are equal. "
    "The claim is then judged again, corrected for that choice (Bonferroni over the K - 1 "
    "comparisons with the picked level, after Hsu's multiple comparisons with the best; over all "
    "K (K - 1) / 2 pairs where both ends are extreme; for a best level and a trend, with all "
    "levels in its range). A verdict that does not hold then is blocked. Claims that were "
    "registered before their results cannot have picked a level.",
    remedy="Name all levels in the claim (`best:` or `trend:`), or judge the picked level on seeds "
    "that no run has used.",
)
def picked_levels(context: CheckContext) -> Found:
    """More levels exist than the claim names, and it names the extreme one."""
    if not context.judged or context.claim.reads != "final":
        return NOT_APPLICABLE
    if context.status.registered == "registered":
        return None
    beside = context.beside
    if not beside.arms or context.judgement.evidence in UNDECIDED:
        return None
    if isinstance(context.claim, (Optimum, Trend)):
        return _with_all_levels(context, context.claim)
    return _by_pairs(context)


def _by_pairs(context: CheckContext) -> Found:
    """A claim on differences of two arms, of which one (or both) is the extreme of all levels."""
    comparisons, found = 0, None
    for effect, start, to in context.pairs:
        others = context.beside.of(start.arm.context)
        ends = _extremes(context, effect, start, to, others)
        if not ends:
            continue
        levels = 2 + len(others) + context.beside.more
        m = levels * (levels - 1) // 2 if len(ends) > 1 else levels - 1
        if m > comparisons:
            comparisons, found = m, (ends, levels)
    if found is None:
        return None
    ends, levels = found
    harder = replace(context.question, alpha=context.question.alpha / comparisons)
    evidence = context.claim.judge(harder).evidence
    which = listed(f"{title} has the {what}" for title, what in ends)
    sentence = f"{which} of the {levels:,} levels in these runs"
    pairs = f"corrected for the choice among {comparisons:,} comparisons"
    return _found(context, f"{sentence}; {pairs}", evidence, levels)


def _found(context: CheckContext, sentence: str, evidence: Evidence, levels: int) -> Found:
    held = context.judgement.evidence
    if evidence == held:
        return caveat(f"{sentence}, the evidence stays {held}.", 6.2)
    word = f"picked from {levels:,} levels"
    return blocks(f"{sentence}, the evidence is {evidence} instead of {held}.", word, 9.6)


def _extremes(
    context: CheckContext, effect: Effect, start: ArmRuns, to: ArmRuns, others: Iterable[Arm]
) -> list[tuple[str, str]]:
    """(title, "highest accuracy" or "lowest accuracy") of the ends that no other level exceeds.

    Of an effect shown to be too small to matter: the level closest to the other one.
    """
    name, what = effect.metric.name, effect.metric.title
    own, besides = context.question.outcomes[name], context.beside.outcomes.get(name)
    means = [_mean(besides, arm.label) for arm in others] if besides else []
    means = [mean for mean in means if math.isfinite(mean)]
    first, second = _mean(own, start.label), _mean(own, to.label)
    if not means or not (math.isfinite(first) and math.isfinite(second)):
        return []
    if context.judgement.evidence == "no meaningful effect":
        gap = abs(second - first)
        close = [to.title] if all(abs(m - first) >= gap for m in means) else []
        close = close or ([start.title] if all(abs(m - second) >= gap for m in means) else [])
        return [(title, f"{what} closest to the other") for title in close]
    (low, bottom), (high, top) = sorted([(first, start.title), (second, to.title)])
    ends = [(top, f"highest {what}")] if high >= max(means) else []
    return ends + ([(bottom, f"lowest {what}")] if low <= min(means) else [])


def _mean(outcomes: Outcomes, label: str) -> float:
    values = [v for v in outcomes.values.get(label, {}).values() if math.isfinite(v)]
    return fmean(values) if values else math.nan


def _with_all_levels(context: CheckContext, claim: Optimum | Trend) -> Found:
    """A best level, or a trend, judged with the levels that it leaves out."""
    others = [a for a in context.beside.arms if _is_within(claim, a.settings[claim.factor])]
    if not others:
        return None
    arms = {arm.settings[claim.factor]: arm for arm in (*context.question.arms, *others)}
    levels = tuple(arms)
    if isinstance(claim, Trend):
        levels = tuple(sorted(levels, key=_number))
    extended = replace(claim, levels=levels)
    question = context.beside.with_these(context.question, others)
    ordered = tuple(arms[level] for level in levels)
    question = replace(question, claim=extended, arms=ordered)
    factor = factor_title(claim.factor)
    shown = [arm.title for arm in others[:MOST_NAMED]]
    more = len(others) - len(shown)
    named = listed([*shown, f"{more:,} more"] if more else shown)
    sentence = f"These runs have more levels of {factor} than the claim names ({named}); with them"
    return _found(context, sentence, extended.judge(question).evidence, len(levels))


def _is_within(claim: Optimum | Trend, level: object) -> bool:
    """Whether a level belongs among the claim's: any for a best one, one in range for a trend."""
    if isinstance(claim, Optimum):
        return True
    if isinstance(level, bool) or not isinstance(level, (int, float)):
        return False
    return _number(claim.levels[0]) < level < _number(claim.levels[-1])


def _number(level: object) -> float:
    return float(level) if isinstance(level, (int, float)) else math.nan


@check(
    "blocks",
    "caveat",
    title="Arms hold all their seeds",
    explains="How many runs each arm was planned with, how many exist and how many are used, where "
    "one arm has fewer than another: the best 5 of 10 runs against 10 are better in a fifth of "
    "studies in which nothing is. Absent runs count as failed ones: the claim is judged again with "
    "each ranked worst for its arm, and a verdict that does not hold then is blocked.",
    remedy="Add the absent runs, or rows that say how they ended.",
)
def unequal_arms(context: CheckContext) -> Found:
    """Runs are absent in some arms that others have."""
    decided = context.judgement.evidence != "estimated"
    if not (context.judged and decided and context.claim.reads == "final"):
        return NOT_APPLICABLE
    absent = _absent(context)
    if not any(absent.values()):
        return None
    outcomes = {
        name: found if found.metric.is_time else _with_absent(found, absent)
        for name, found in context.question.outcomes.items()
    }
    evidence = context.claim.judge(replace(context.question, outcomes=outcomes)).evidence
    sentence = _absent_sentence(context, absent)
    held = context.judgement.evidence
    if held in ("inconclusive", evidence):
        return caveat(f"{sentence}.", 6.4)
    return blocks(
        f"{sentence}: if the absent runs had been the arm's worst, the evidence would be "
        f"{evidence} instead of {held}.",
        "runs absent in one arm",
        9.4,
    )


def _absent(context: CheckContext) -> dict[str, tuple[int, ...]]:
    """Arm label -> seeds that it lacks; numbers of no seed where seeds tell nothing."""
    found: dict[str, tuple[int, ...]] = {}
    ours, pending = context.elsewhere is None, context.notes.pending
    for group in context.contexts():
        held = {a.label: {*map(int, a.rows["seed"]), *pending.get(a.label, ())} for a in group}
        if ours:
            planned = set(context.question.seeds)
            lacking = {label: planned - seeds for label, seeds in held.items()}
        elif set.intersection(*held.values()):
            lacking = _of_shared_seeds(held)
        else:
            most = max(map(len, held.values()))
            lacking = {
                label: {-1 - i for i in range(most - len(seeds))} for label, seeds in held.items()
            }
        if len(set(map(len, lacking.values()))) > 1:
            found |= {label: tuple(sorted(seeds)) for label, seeds in lacking.items()}
    return found


def _of_shared_seeds(held: Mapping[str, set[int]]) -> dict[str, set[int]]:
    """What each arm lacks of the seeds that were planned.

    Those are the seeds of arms that hold a row of numbers without a gap, where others have gaps and
    numbers of their own: seeds that were restarted under other numbers. Else all seeds there are.
    """
    whole = [seeds for seeds in held.values() if max(seeds) - min(seeds) + 1 == len(seeds)]
    gaps = len(whole) < len(held)
    planned = set.union(*whole) if whole and gaps else set.union(*held.values())
    return {label: planned - seeds for label, seeds in held.items()}


def _with_absent(outcomes: Outcomes, absent: Mapping[str, tuple[int, ...]]) -> Outcomes:
    """The outcomes with absent runs as failed ones; seeds that only one arm has stay."""
    values = {
        label: {**dict.fromkeys(absent.get(label, ()), math.nan), **runs}
        for label, runs in outcomes.values.items()
    }
    return replace(outcomes, values=values, absent=True)


def _absent_sentence(context: CheckContext, absent: Mapping[str, tuple[int, ...]]) -> str:
    """Planned, present and used runs of the arms that lack some, and of those that lack none."""
    lacking = [a for a in context.arms if absent.get(a.label)]
    parts = []
    for a in lacking[:MOST_NAMED]:
        n = len(a.rows)
        parts.append(
            f"{a.title} has {count(n, 'run')} of {n + len(absent[a.label])} "
            f"({'planned' if context.elsewhere is None else 'present in another arm'}), "
            f"{a.summary.finished} used"
        )
    return "; ".join(parts) + ("; ..." if len(lacking) > MOST_NAMED else "")


CHECKS: tuple[Check, ...] = (picked_levels, unequal_arms)
