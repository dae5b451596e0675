"""Headlines: evidence capped by validity, and budgets side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hyperverdict.checks.model import CheckResult
from hyperverdict.claims.model import Judgement
from hyperverdict.effects.effect import Evidence
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.words.numbers import listed

DEPENDS = "depends on the budget"
NOT_JUDGED = "not judged"
CONCLUSIVE: frozenset[Evidence] = frozenset({"supported", "refuted", "no meaningful effect"})

Conclusions = tuple[tuple[str, tuple[str, ...]], ...]


def headline(judgement: Judgement, blocking: CheckResult | None, failures: str = "") -> str:
    """The evidence, or "inconclusive" with the word of the gravest check that blocks it.

    Args:
        failures: failed runs in words ("2 of 6 runs of depth 3 diverged"), which it carries.
    """
    evidence = judgement.evidence
    if blocking is not None and evidence != "true by arithmetic":
        return f"inconclusive ({blocking.headline})"
    if failures and judgement.failures_decide:
        failures = f"failures decide it: {failures}"
    return f"{evidence} ({failures})" if failures else evidence


def conclusions(verdicts: Sequence[Verdict]) -> Conclusions:
    """(headline, budgets) of every distinct headline, conclusive ones first."""
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.headline, []).append(verdict)
    ordered = sorted(groups.items(), key=lambda group: not _is_conclusive(group[1][0]))
    return tuple((text, _held(group)) for text, group in ordered)


def _held(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """The budgets that verdicts hold equal."""
    return tuple(verdict.held_budget for verdict in verdicts if not verdict.budget_varies)


def over_budgets(verdicts: Sequence[Verdict]) -> str:
    """One headline for all budgets.

    Budgets differ when their evidence does: two different conclusions, on the claim or on one of
    its legs, make "depends on the budget"; a conclusion at some budgets and none at others names
    them, because "not yet known" is not a difference.
    """
    found = conclusions(verdicts)
    if len(found) < 2:
        return found[0][0] if found else NOT_JUDGED
    if _conclusions_differ(verdicts):
        return DEPENDS
    return "; ".join(f"{text} at {listed(at)}" if at else text for text, at in found)


def _is_conclusive(verdict: Verdict) -> bool:
    return verdict.blocking is None and verdict.judgement.evidence != "inconclusive"


def _conclusions_differ(verdicts: Sequence[Verdict]) -> bool:
    evidence = {verdict.judgement.evidence for verdict in verdicts}
    if len(evidence & CONCLUSIVE) > 1:
        return True
    legs: dict[str, set[Evidence]] = {}
    for verdict in verdicts:
        for leg in verdict.judgement.legs:
            legs.setdefault(leg.metric.name, set()).add(leg.evidence)
    turns = any(len(found & CONCLUSIVE) > 1 for found in legs.values())
    return turns and len(evidence) > 1


def main_caveat(reports: Iterable[HypothesisReport]) -> str:
    """The gravest thing to know of the study, with where it holds; "" when nothing is wrong."""
    reports = tuple(reports)
    failed = [report.id for report in reports if report.failed_because]
    if failed:
        return f"{listed(failed)} could not be judged because of an error."
    fired = [
        check
        for report in reports
        for verdict in report.verdicts
        for check in verdict.fired
        if check.level != "information"
    ]
    if not fired:
        return ""
    gravest = max(fired, key=lambda check: (check.level == "blocks", check.gravity))
    ids_at: dict[str, list[str]] = {}  # budgets in words -> hypotheses
    for report in reports:
        says = [v for v in report.verdicts if _says(v, gravest)]
        if says:
            at = _held(says)
            where = "" if len(says) == len(report.verdicts) or not at else f" at {listed(at)}"
            ids_at.setdefault(where, []).append(report.id)
    where = "; ".join(f"{listed(ids)}{at}" for at, ids in ids_at.items())
    return f"{where}: {gravest.sentence}"


def _says(verdict: Verdict, gravest: CheckResult) -> bool:
    return any(c.id == gravest.id and c.sentence == gravest.sentence for c in verdict.fired)
