"""Headlines: evidence capped by validity, budgets side by side, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hyperverdict.claims.model import Judgement
from hyperverdict.study.model import TIME_METRIC
from hyperverdict.verdicts.model import Check, HypothesisReport, Verdict
from hyperverdict.words.counting import digits, listed

DEPENDS = "depends on the budget"
CONCLUSIVE = ("supported", "refuted", "no meaningful effect")
FAILURES_DECIDE = "failures decide it"


def headline(judgement: Judgement, checks: Iterable[Check], failures: str = "") -> str:
    """The evidence, or "inconclusive" with the word of the gravest check that blocks it.

    Args:
        failures: failed runs in words ("2 of 6 of depth 3 diverged"), which the headline carries.
    """
    word = next((check.word for check in checks if check.level == "blocks"), "")
    if word and judgement.evidence != "true by arithmetic":
        return f"inconclusive ({word})"
    if judgement.evidence == "inconclusive":
        effects = (effect for leg in judgement.legs for effect in leg.effects)
        if failures and any(effect.failures_decide for effect in effects):
            return f"inconclusive ({FAILURES_DECIDE}: {failures})"
    return f"{judgement.evidence} ({failures})" if failures else str(judgement.evidence)


def decided(verdict: Verdict) -> Judgement:
    """The judgement that counts: the corrected one of a primary hypothesis, else the raw one."""
    return verdict.corrected or verdict.judgement


def over_budgets(verdicts: Sequence[Verdict]) -> str:
    """One headline for all budgets.

    Budgets differ when their evidence does: two different conclusions, on the claim or on one of
    its legs, make "depends on the budget"; a conclusion at some budgets and none at others names
    them, because "not yet known" is no difference.
    """
    headlines = list(dict.fromkeys(verdict.headline for verdict in verdicts))
    if len(headlines) < 2:
        return headlines[0] if headlines else "not judged"
    if _conclusions_differ(verdicts):
        return DEPENDS
    groups = {h: [v.budget for v in verdicts if v.headline == h] for h in headlines}
    order = sorted(groups, key=lambda h: h.startswith("inconclusive"))
    return "; ".join(f"{h} at {listed(groups[h])}" for h in order)


def _conclusions_differ(verdicts: Sequence[Verdict]) -> bool:
    judgements = [decided(verdict) for verdict in verdicts]
    evidence = {str(judgement.evidence) for judgement in judgements}
    if len(evidence & set(CONCLUSIVE)) > 1:
        return True
    legs: dict[str, set[str]] = {}
    for judgement in judgements:
        for leg in judgement.legs:
            legs.setdefault(leg.metric, set()).add(str(leg.evidence))
    turns = any(len(found & set(CONCLUSIVE)) > 1 for found in legs.values())
    return turns and len(evidence) > 1


def main_caveat(reports: Sequence[HypothesisReport]) -> str:
    """The gravest check of the study, with where it says just that; "" when none fired."""
    levels = {"blocks": 100.0, "caveat": 0.0}
    fired = [
        (levels[check.level] + check.gravity, check)
        for report in reports
        for verdict in report.verdicts
        for check in verdict.checks
        if check.level in levels
    ]
    if not fired:
        return ""
    gravest = max(fired, key=lambda entry: entry[0])[1]
    ids_at: dict[str, list[str]] = {}  # budgets in words -> hypotheses
    for report in reports:
        at = [v for v in report.verdicts if any(c.sentence == gravest.sentence for c in v.checks)]
        if at:
            all_of_them = len(at) == len(report.verdicts)
            budgets = listed([verdict.budget for verdict in at])
            ids_at.setdefault("" if all_of_them else f" at {budgets}", []).append(report.id)
    where = "; ".join(f"{listed(ids)}{at}" for at, ids in ids_at.items())
    return f"{where}: {gravest.sentence}"


def next_step(reports: Sequence[HypothesisReport]) -> str:
    """The most useful next thing: mend what blocks, else settle the cheapest open verdict."""
    blocked = [
        (check.gravity, report.id, verdict.budget, check)
        for report in reports
        for verdict in report.verdicts
        for check in verdict.checks
        if check.level == "blocks"
    ]
    if blocked:
        _, id_, budget, check = max(blocked, key=lambda entry: entry[0])
        at = f" at {budget}" if budget else ""
        return f"{REMEDIES.get(check.number, 'Mend what blocks it')} ({id_}{at})."
    open_verdicts = [
        (verdict.cost_hours[1] if verdict.cost_hours else float("inf"), report.id, verdict)
        for report in reports
        for verdict in report.verdicts
        if verdict.seeds_needed
    ]
    if open_verdicts:
        _, id_, verdict = min(open_verdicts, key=lambda entry: entry[0])
        return _more_seeds(id_, verdict)
    timed = [
        f"{report.id}{_at(verdict)}"
        for report in reports
        for verdict in report.verdicts
        if verdict.headline == "inconclusive" and _only_time_is_open(verdict)
    ]
    if timed:
        return f"Measure the times again on an idle machine: only they keep {listed(timed)} open."
    return "Nothing is open: state the next claim."


def _only_time_is_open(verdict: Verdict) -> bool:
    undecided = {leg.metric for leg in decided(verdict).legs if leg.evidence == "inconclusive"}
    dropped = {leg.metric for leg in decided(verdict).legs if leg.dropped_because}
    return undecided - dropped == {TIME_METRIC}


def _at(verdict: Verdict) -> str:
    return f" at {verdict.budget}" if verdict.budget else ""


REMEDIES = {
    "1": "Give the arms the budget that the claim holds equal",
    "2": "Hold everything but the factor equal",
    "3": "Run more seeds: five at least, ten by default",
    "6": "Tune the learning rate of each optimizer: add tune: {learning_rate: [...]}",
    "9": "Score the winner on seeds that did not choose it",
    "13": "Report the final evaluation, or the epoch that validation chooses",
    "14": "Choose on validation and score on test once",
    "15": "Time the arms in turn in one job of their own",
    "16": "Compare runs of equal training only",
    "22": "Count the runs that failed or were stopped, instead of leaving them out",
    "27": "Run all arms with one version of code and data",
    "29": "Find out why all runs of an arm are alike",
    "30": "Check that the factor reaches the training code",
}


def _more_seeds(id_: str, verdict: Verdict) -> str:
    low, high = verdict.seeds_needed or (0, 0)
    seeds = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    price = ""
    if verdict.cost_hours:
        price = f", about {hours_text(verdict.cost_hours)} of {verdict.processor} time"
    settled = f"{id_}{_at(verdict)} would be settled by {seeds} seeds{price}"
    if verdict.command:
        look = ""
        if verdict.next_look is not None and verdict.next_look < low:
            look = f" (the next registered look, at {verdict.next_look}, may leave it open)"
        return f"{settled}{look}: {verdict.command}"
    if verdict.registered:
        return f"{settled}, in a study of its own: its registered looks have used all of alpha"
    return settled


def hours_text(hours: tuple[float, float]) -> str:
    """A range of hours, in seconds or minutes where it is short."""
    low, high = hours
    for unit, per_hour in (("hours", 1), ("minutes", 60), ("seconds", 3600)):
        if high * per_hour >= 1 or unit == "seconds":
            ends = [digits(low * per_hour, 2), digits(high * per_hour, 2)]
            shown = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
            return f"{shown} {unit}"
    return ""
