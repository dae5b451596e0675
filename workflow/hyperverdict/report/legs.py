"""The one conclusion over all budgets: each part of a claim, ticked or crossed per budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hyperverdict.claims.model import Leg
from hyperverdict.claims.wording import claimed, deciding_effect
from hyperverdict.effects.effect import Evidence
from hyperverdict.figures.data import budget_name
from hyperverdict.report.badges import Badge, evidence_badge
from hyperverdict.report.conclusion import conclude
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.words.effects import effect_text
from hyperverdict.words.numbers import full_stop, listed, upper

# The answer to "does this part hold?"
ANSWERS: Mapping[Evidence, str] = {
    "supported": "yes",
    "refuted": "no",
    "no meaningful effect": "no difference that matters",
    "inconclusive": "undecided",
    "estimated": "estimated only",
    "true by arithmetic": "yes, by arithmetic",
}
NOT_TESTED = "not tested"
# What counts against a claim of several parts.
AGAINST: frozenset[Evidence] = frozenset({"refuted", "no meaningful effect"})


class LegCell(NamedTuple):
    """What one budget says of one part: its answer as a mark and a word, and the effect.

    Attributes:
        why: why there is no answer, or "".
    """

    badge: Badge
    effect: str
    why: str


class LegRow(NamedTuple):
    """One part of a claim over all budgets, in the order of the columns."""

    claim: str
    cells: tuple[LegCell, ...]


class LegTable(NamedTuple):
    """Parts by budgets."""

    budgets: tuple[str, ...]
    rows: tuple[LegRow, ...]


def leg_table(report: HypothesisReport) -> LegTable:
    """Every part of a claim at every budget; empty where the claim has no parts that are tested."""
    claims = {_part(leg): claimed(leg) for v in report.verdicts for leg in v.judgement.legs}
    by_budget = [{_part(leg): leg for leg in v.judgement.legs} for v in report.verdicts]
    return LegTable(
        tuple(map(budget_name, report.verdicts)),
        tuple(
            LegRow(
                upper(claim),
                tuple(
                    _cell(verdict, legs.get(part))
                    for verdict, legs in zip(report.verdicts, by_budget, strict=True)
                ),
            )
            for part, claim in claims.items()
        ),
    )


def _part(leg: Leg) -> tuple[object, ...]:
    """What makes legs at several budgets one part of the claim."""
    expected = leg.expectation
    return expected.metric.name, expected.direction, expected.between, expected.share_of_variance


def _cell(verdict: Verdict, leg: Leg | None) -> LegCell:
    if leg is None or leg.dropped_because:
        why = leg.dropped_because if leg else ""
        return LegCell(Badge(NOT_TESTED, "–", "untested"), "", why)
    effect = deciding_effect(leg)
    measured = effect is not None and effect.is_measured
    text = effect_text(effect) if effect is not None and measured else None
    said = f"{text.change} ({text.interval})" if text else ""
    if _is_blocked(verdict):
        word = verdict.blocking.headline if verdict.blocking else ""
        return LegCell(evidence_badge("no verdict", "inconclusive"), said, word)
    return LegCell(evidence_badge(ANSWERS[leg.evidence], leg.evidence), said, "")


def _is_blocked(verdict: Verdict) -> bool:
    counted = verdict.judgement.evidence == "true by arithmetic"
    return verdict.blocking is not None and not counted


def answer(report: HypothesisReport, study: Study) -> str:
    """The one conclusion over all budgets: of a single verdict in full, of several part by part."""
    if len(report.verdicts) != 1:
        return over_budgets(report) if report.verdicts else ""
    full = conclude(report, report.verdicts[0], study).meaning
    return " ".join(filter(None, (full, stricter(report))))


def over_budgets(report: HypothesisReport) -> str:
    """The verdicts of several budgets, then what each part contributes.

    "Refuted at 5 seconds; supported at 300 steps. Training faster: yes at every budget. Test
    accuracy lower: no at 5 seconds; yes at 300 steps."
    """
    table = leg_table(report)
    by_verdict: dict[str, list[str]] = {}
    for verdict, budget in zip(report.verdicts, table.budgets, strict=True):
        by_verdict.setdefault(verdict.headline, []).append(budget)
    verdicts = full_stop(upper(_at_budgets(by_verdict, len(table.budgets))))
    parts = [_sentence(row, table.budgets) for row in table.rows] if len(table.rows) > 1 else []
    return " ".join(filter(None, (verdicts, *parts, stricter(report))))


def stricter(report: HypothesisReport) -> str:
    """Why a claim is undecided although a part of it speaks against it; "" where none is.

    Each part is shown at alpha, and refutes the whole claim at alpha / parts.
    """
    at = [budget_name(v) for v in report.verdicts if _is_open_against(v)]
    if not at:
        return ""
    where = "" if len(at) == len(report.verdicts) else f" at {listed(at)}"
    return (
        f"One part alone can refute the claim, but only by stronger evidence than is there{where}: "
        "each part shares the error rate with the others."
    )


def _is_open_against(verdict: Verdict) -> bool:
    judgement = verdict.judgement
    return (
        judgement.evidence == "inconclusive"
        and not _is_blocked(verdict)
        and len(judgement.judged_legs) > 1
        and any(leg.evidence in AGAINST for leg in judgement.judged_legs)
    )


def _sentence(row: LegRow, budgets: Sequence[str]) -> str:
    answers: dict[str, list[str]] = {}
    for cell, budget in zip(row.cells, budgets, strict=True):
        why = f" ({cell.why})" if cell.why and cell.badge.text != NOT_TESTED else ""
        answers.setdefault(f"{cell.badge.text}{why}", []).append(budget)
    return full_stop(f"{row.claim}: {_at_budgets(answers, len(budgets))}")


def _at_budgets(answers: Mapping[str, Sequence[str]], budgets: int) -> str:
    """ "yes at 5 seconds; no at 300 steps"."""
    if budgets == 1:
        return next(iter(answers))
    if len(answers) == 1:
        return f"{next(iter(answers))} at every budget"
    return "; ".join(f"{answer} at {listed(at)}" for answer, at in answers.items())
