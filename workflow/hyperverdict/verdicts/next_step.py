"""What comes next: one function decides for every verdict, and the study's is the most urgent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from hyperverdict.study.edit import MAXIMUM_SEEDS
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.verdicts.seeds_needed import needed_seeds, needed_text
from hyperverdict.words.commands import time_again

SETTLED = "All claims are settled."
CLOSED = (
    "The registered looks have used all of alpha, so more seeds would not be judged. To go on, "
    "state the claim in a study of its own, on seeds that no run has used."
)
# The check after which times are measured again.
TIMES_CHECK = "times_not_comparable"
TIME_AGAIN = "Measure the times again, on a machine without other work."
SETTLED_HERE = "Settled for this scope; other budgets, data or contexts would widen it."


class Urgency(IntEnum):
    """Why something comes next, the most urgent first."""

    FAILED = 0
    BLOCKED = 1
    FAILURES = 2
    MISSING = 3
    SEEDS = 4
    TIMES = 5
    OPEN = 6
    CAVEAT = 7
    NOTHING = 8


@dataclass(frozen=True)
class NextStep:
    """What comes next for one verdict.

    Attributes:
        sentence: what to do.
        weight: order within one urgency, smallest first: minus the gravity, or hours.
    """

    urgency: Urgency
    sentence: str
    weight: float = 0.0


def next_step(verdict: Verdict, study: str | Path | None = None) -> NextStep:
    """What comes next for a verdict: remove what blocks it, settle it, or answer its caveats.

    Args:
        study: the study file, for commands that need it.
    """
    evidence = verdict.judgement.evidence
    if evidence == "true by arithmetic":
        return NextStep(Urgency.NOTHING, "Nothing needs to be trained.")
    blocking = verdict.blocking
    if blocking is not None:
        again = _timing_command(verdict, study) if blocking.id == TIMES_CHECK else ""
        sentence = f"{TIME_AGAIN}{again}" if again else blocking.remedy
        return NextStep(Urgency.BLOCKED, sentence, -blocking.gravity)
    if verdict.judgement.failures_decide:
        sentence = "Find out why runs fail: the failed runs decide this claim."
        return NextStep(Urgency.FAILURES, sentence)
    if evidence in ("inconclusive", "estimated"):
        return _settling(verdict, study)
    caveat = next((check for check in verdict.caveats if check.remedy), None)
    if caveat is not None:
        again = _timing_command(verdict, study) if caveat.id == TIMES_CHECK else ""
        sentence = f"{TIME_AGAIN}{again}" if again else caveat.remedy
        return NextStep(Urgency.CAVEAT, sentence, -caveat.gravity)
    return NextStep(Urgency.NOTHING, SETTLED_HERE)


def _timing_command(verdict: Verdict, study: str | Path | None) -> str:
    """How the arms are timed again; "" for runs that were not made here."""
    if study is None or not verdict.arms or not all(arm.is_ours for arm in verdict.arms):
        return ""
    return f" Run `{time_again(study)}`."


def _settling(verdict: Verdict, study: str | Path | None) -> NextStep:
    """What settles an open verdict."""
    look = verdict.next_look
    if any(arm.missing for arm in verdict.arms):
        return NextStep(Urgency.MISSING, "Train the missing runs.")
    if verdict.closed and not _only_time_is_open(verdict):
        return NextStep(Urgency.OPEN, CLOSED)
    if look is None:
        if _only_time_is_open(verdict):
            sentence = "Measure the times again on an idle machine: only they are undecided."
            return NextStep(Urgency.TIMES, sentence + _timing_command(verdict, study))
        if verdict.judgement.evidence == "estimated":
            sentence = "Remove `quick: true` from the study file and train all seeds for a verdict."
            return NextStep(Urgency.OPEN, sentence)
        return NextStep(Urgency.OPEN, "Add seeds and judge again.")
    hours = look.cost_hours[1] if look.cost_hours else float("inf")
    needed = needed_text(look)
    if look.command:
        short = look.seeds is not None and look.seeds < look.seeds_needed[0]
        may = f" (the next registered look, at {look.seeds:,}, may leave it open)" if short else ""
        return NextStep(Urgency.SEEDS, f"{needed}{may}. Run `{look.command}`.", hours)
    if look.seeds_needed[0] > MAXIMUM_SEEDS and all(arm.is_ours for arm in verdict.arms):
        sentence = (
            f"The effect is too small to settle with at most {MAXIMUM_SEEDS:,} seeds: about "
            f"{needed_seeds(look)} per arm would settle it."
        )
        return NextStep(Urgency.OPEN, sentence, hours)
    return NextStep(Urgency.SEEDS, f"{needed}.", hours)


def _only_time_is_open(verdict: Verdict) -> bool:
    legs = [leg for leg in verdict.judgement.legs if leg.is_judged]
    undecided = [leg for leg in legs if leg.evidence == "inconclusive"]
    return bool(undecided) and all(leg.metric.is_time for leg in undecided)


def study_step(reports: Iterable[HypothesisReport], study: str | Path | None = None) -> str:
    """The most urgent of all verdicts' next steps, with where; the gravest and cheapest first."""
    steps: list[tuple[NextStep, str]] = []
    for report in reports:
        if report.failed_because:
            because = f"could not be judged: {report.failed_because}"
            steps.append((NextStep(Urgency.FAILED, because), report.id))
        for verdict in report.verdicts:
            at = f" at {verdict.held_budget}" if verdict.held_budget else ""
            steps.append((next_step(verdict, study), f"{report.id}{at}:"))
    open_steps = [entry for entry in steps if entry[0].urgency is not Urgency.NOTHING]
    if not open_steps:
        return SETTLED
    first, where = min(open_steps, key=lambda entry: (entry[0].urgency, entry[0].weight))
    return f"{where} {first.sentence}"
