"""Conclusions in plain sentences: findings, meaning, what would change it, what to do next."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hyperverdict.claims.model import Claim, Failures, Judgement, Leg
from hyperverdict.claims.wording import (
    claimed,
    deciding_effect,
    effects_summary,
    meaning,
    negligible_part,
    tally,
    unmeasured_leg,
)
from hyperverdict.effects.contrast import Contrast
from hyperverdict.figures.data import hypothesis_of, where_text
from hyperverdict.stats.decision import DIRECTION_ONLY
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.verdicts.next_step import next_step
from hyperverdict.verdicts.quick import after_smoke
from hyperverdict.verdicts.rare import rare_sentences
from hyperverdict.verdicts.seeds_needed import needed_text
from hyperverdict.verdicts.sensitivity import TRIMMED, trimmed_text
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.effects import interval_text, result_of_test, sentence
from hyperverdict.words.numbers import (
    amount,
    count,
    full_stop,
    listed,
    percent_text,
    plural,
    unit_of,
    upper,
)

# A leg of more effects is summed up by counts and the effect that decides it.
MOST_SENTENCES = 6

SETTLED = (
    "More {replicates} of the same configurations are unlikely to change this. Another training "
    "length, learning rate or data set may: the verdict holds only for its scope."
)
OPEN_SIZE = (
    "The direction is settled, the size is not: with more {replicates} the effect may turn out too "
    "small to matter."
)
OPEN_SIZE_CLOSED = (
    "The direction is settled, the size is not; the registered looks have used all of alpha, so "
    "more {replicates} would not be judged."
)

FRAGILE = "More {replicates} may change this, because few of them carry it."
DISPUTED = "More {replicates} may change this, because not every way of judging agrees."


@dataclass(frozen=True)
class Conclusion:
    """What is said about one hypothesis at one budget.

    Attributes:
        findings: sentences with effects, intervals, failures, notes.
        test: null hypothesis, test, n and p of the effect that decides.
        meaning: what it means for the claim as it was written.
        change: what would change the verdict.
        next: what to do now.
    """

    findings: tuple[str, ...]
    test: str
    meaning: str
    change: str
    next: str

    @property
    def text(self) -> str:
        """Everything as one paragraph."""
        parts = (*self.findings, self.test, self.meaning, self.change, self.next)
        return " ".join(part for part in parts if part)


def conclude(report: HypothesisReport, verdict: Verdict, study: Study) -> Conclusion:
    """The conclusion of one hypothesis at one budget."""
    claim = hypothesis_of(report, study).claim
    return Conclusion(
        findings=tuple(_findings(verdict, claim)),
        test=_test(verdict, claim),
        meaning=_meaning(verdict, claim),
        change=_change(verdict),
        next=after_smoke(study.smoke) if study.smoke else next_step(verdict, study.path).sentence,
    )


def _findings(verdict: Verdict, claim: Claim) -> Iterator[str]:
    """What was measured, effect by effect, and what else is known."""
    judgement = verdict.judgement
    for leg in judgement.legs:
        yield from _leg_findings(leg)
    for said in (*claim.findings(judgement), *judgement.notes):
        yield full_stop(upper(said))
    titles = {arm.label: arm.title for arm in verdict.arms}
    messages = {arm.label: arm.messages for arm in verdict.arms}
    for failures in judgement.failures:
        if failures.failed:
            yield _failures(failures, titles.get(failures.arm, failures.arm))
            yield from map(full_stop, messages.get(failures.arm, ()))
    yield from rare_sentences(verdict, _told(judgement))
    yield from _anytime(verdict)
    yield from _image_sentence(verdict)
    yield from (share.sentence for share in verdict.noise)
    yield from verdict.variation
    if verdict.untestable_reason:
        yield full_stop(verdict.untestable_reason)
    if verdict.uncorrected not in (None, judgement.evidence):
        yield (
            "Without the correction for the family of primary hypotheses the verdict would be "
            f"“{verdict.uncorrected}”."
        )


def _told(judgement: Judgement) -> Iterator[Contrast]:
    """The contrasts of which the findings tell: of a leg with many effects the one that decides."""
    for leg in judgement.judged_legs:
        decisive = deciding_effect(leg)
        if len(leg.effects) <= MOST_SENTENCES:
            yield from (effect.contrast for effect in leg.effects)
        elif decisive is not None:
            yield decisive.contrast


def _leg_findings(leg: Leg) -> Iterator[str]:
    decisive = deciding_effect(leg)
    if leg.dropped_because:
        yield full_stop(f"The part “{claimed(leg)}” was not judged: {leg.dropped_because}")
    elif decisive is None or not any(effect.is_measured for effect in leg.effects):
        yield unmeasured_leg(leg)
    elif len(leg.effects) <= MOST_SENTENCES:
        yield from map(sentence, leg.effects)
    else:
        yield tally(leg)
        yield sentence(decisive)


def _failures(failures: Failures, arm: str) -> str:
    """How many runs of an arm failed, and what rates that leaves possible."""
    low, high = (percent_text(rate, 0) for rate in failures.rate_interval)
    return (
        f"{failures.failed} of {count(failures.total, 'run')} of {arm} ended without a result "
        f"(95% interval of the failure rate: {low} to {high})."
    )


def _anytime(verdict: Verdict) -> Iterator[str]:
    """What holds however often anybody looks."""
    said, evidence = anytime_text(verdict), verdict.anytime_evidence
    if said and len(verdict.anytime) == 1 and evidence not in (None, "estimated"):
        yield f"{said}; this confidence sequence alone would give “{evidence}”."
    elif said:
        yield f"{said}."


def anytime_text(verdict: Verdict) -> str:
    """What stays valid however often anybody looks: the interval of the one effect.

    Of several effects the evidence alone; the table of effects shows the interval of each.
    """
    if not verdict.anytime:
        return ""
    if len(verdict.anytime) > 1:
        alone = verdict.anytime_evidence
        holds = "By the intervals that stay valid however often you look, the verdict is"
        return "" if alone == "estimated" else f"{holds} “{alone}”"
    contrast, interval = verdict.anytime[0]
    if not all(map(math.isfinite, interval)):
        few = plural(verdict.replicate)
        return f"Too few {few} for an interval that stays valid however often you look"
    bounds = next((e.bounds for e in verdict.judgement.effects if e.contrast == contrast), ())
    ends = interval_text(interval, unit_of(contrast), alone=True, bounds=bounds)
    return f"Valid however often you look: {ends}"


def _image_sentence(verdict: Verdict) -> Iterator[str]:
    errors = {c: error for c, error in verdict.image_errors if c.kind != "share"}
    if not errors:
        return
    contrast, error = max(errors.items(), key=lambda entry: entry[1])
    most = "" if len(errors) == 1 else "at most "
    yield (
        f"Another test set of this size would shift a difference by {most}about "
        f"{amount(error, unit_of(contrast), 2)} (one standard error); "
        f"the intervals above cover {plural(verdict.replicate)} only."
    )


def _test(verdict: Verdict, claim: Claim) -> str:
    """Null hypothesis, test and p of the effect that decides each leg."""
    if verdict.judgement.evidence == "estimated":
        return ""
    sentences = []
    for leg in verdict.judgement.judged_legs:
        effect = deciding_effect(leg)
        if effect is not None:
            of = f" for {contrast_name(effect.contrast)}" if len(leg.effects) > 1 else ""
            sentences.append(f"The null hypothesis{of} is that {claim.null(leg)}.")
            sentences.append(result_of_test(effect, verdict.replicate))
    if sentences and verdict.sequential:
        sentences.append("The verdict rests on the confidence sequence, not on this p value.")
    return " ".join(sentences)


def _meaning(verdict: Verdict, claim: Claim) -> str:
    """What the evidence means for the reader's claim."""
    judgement, check, where = verdict.judgement, verdict.blocking, where_text(verdict)
    if check is not None and judgement.evidence != "true by arithmetic":
        return (
            f"The numbers alone would give “{judgement.evidence}” {where}, but they do not count "
            f"as a verdict. {full_stop(upper(check.sentence))}"
        )
    if judgement.evidence == "estimated" and any(arm.missing for arm in verdict.arms):
        return f"Runs are missing, so these are estimates {where}, and no verdict."
    return meaning(claim, judgement, where)


def _change(verdict: Verdict) -> str:
    """What would change the verdict."""
    judgement = verdict.judgement
    if judgement.evidence == "true by arithmetic":
        return "Other numbers of levels would change the number of combinations, not the claim."
    if verdict.blocking is not None:
        return "Once this is fixed, the same test gives a verdict."
    if judgement.evidence in ("inconclusive", "estimated"):
        said = _undecided(verdict)
    else:
        said = _settled(verdict).format(replicates=plural(verdict.replicate))
    differing = [
        f"{line.name} ({line.evidence}{f', {line.detail}' if line.detail else ''})"
        for line in verdict.sensitivity
        if not line.agrees
    ]
    return f"{said} It differs when judged by: {listed(differing)}." if differing else said


def settled(verdict: Verdict) -> str:
    """What holds for every settled verdict whose ways of judging agree."""
    return SETTLED.format(replicates=plural(verdict.replicate))


def _settled(verdict: Verdict) -> str:
    """What would change a verdict that counts."""
    if any(check.id == "one_seed_carries" for check in verdict.fired):
        return FRAGILE
    if not all(line.agrees for line in verdict.sensitivity):
        return DISPUTED
    if verdict.judgement.grade != DIRECTION_ONLY:
        return SETTLED
    return OPEN_SIZE_CLOSED if verdict.closed else OPEN_SIZE


def _undecided(verdict: Verdict) -> str:
    """What would decide an open verdict."""
    judgement, more = verdict.judgement, f"more {plural(verdict.replicate)}"
    if judgement.failures_decide:
        return f"Fewer failed runs would decide it; {more} alone would not."
    undecided = [leg for leg in judgement.judged_legs if leg.evidence == "inconclusive"]
    if undecided and all(leg.metric.is_time for leg in undecided):
        return "More precise measurements of the time would narrow the interval."
    if verdict.closed:
        return f"{upper(more)} of this study would not be judged."
    return f"{upper(more)} would narrow the interval."


def brief(verdict: Verdict) -> str:
    """All that one line says: the effects, what would settle them, what stands beside."""
    return " ".join(filter(None, (shortest(verdict), *beside(verdict))))


def shortest(verdict: Verdict) -> str:
    """The effects, and what would settle what is open."""
    judgement = verdict.judgement
    said = [effects_summary(judgement) or next(iter(judgement.notes), "")]
    said += [negligible_part(judgement), verdict.untestable_reason]
    if judgement.evidence == "inconclusive" and verdict.next_look is not None:
        said.append(needed_text(verdict.next_look))
    return " ".join(full_stop(text) for text in said if text)


def left_open(verdict: Verdict) -> str:
    """Which collapse rates its seeds leave open; "" where nothing is said of them."""
    return " ".join(map(full_stop, rare_sentences(verdict, ())))


def beside(verdict: Verdict) -> tuple[str, ...]:
    """Sentences that stand beside the effects: what means hide, and what holds at any look."""
    judgement = verdict.judgement
    decisive = [x.contrast for x in map(deciding_effect, judgement.judged_legs) if x is not None]
    scored = [contrast for contrast in decisive if not contrast.metric.is_time]
    said = list(rare_sentences(verdict, scored or decisive))
    said += [trimmed_text(line) for line in verdict.sensitivity if line.name == TRIMMED]
    said.append(anytime_text(verdict))
    return tuple(full_stop(text) for text in said if text)
