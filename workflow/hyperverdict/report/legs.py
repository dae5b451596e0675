"""The one conclusion over all budgets: each part of a claim, ticked or crossed per budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hyperverdict.claims.model import Leg
from hyperverdict.claims.wording import claimed, deciding_effect
from hyperverdict.effects.effect import Evidence
from hyperverdict.figures.data import budget_name
from hyperverdict.report.badges import Badge, evidence_badge
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
    claims = dict.fromkeys(claimed(leg) for v in report.verdicts for leg in v.judgement.legs)
    by_budget = [{claimed(leg): leg for leg in v.judgement.legs} for v in report.verdicts]
    return LegTable(
        tuple(map(budget_name, report.verdicts)),
        tuple(
            LegRow(
                upper(claim),
                tuple(
                    _cell(verdict, legs.get(claim))
                    for verdict, legs in zip(report.verdicts, by_budget, strict=True)
                ),
            )
            for claim in claims
        ),
    )


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


def over_budgets(table: LegTable) -> str:
    """The table in a sentence per part: "Training faster: yes at 5 seconds, no at 300 steps."."""
    return " ".join(_sentence(row, table.budgets) for row in table.rows)


def _sentence(row: LegRow, budgets: Sequence[str]) -> str:
    answers: dict[str, list[str]] = {}
    for cell, budget in zip(row.cells, budgets, strict=True):
        why = f" ({cell.why})" if cell.why and cell.badge.text != NOT_TESTED else ""
        answers.setdefault(f"{cell.badge.text}{why}", []).append(budget)
    if len(budgets) == 1:
        return full_stop(f"{row.claim}: {next(iter(answers))}")
    if len(answers) == 1:
        return full_stop(f"{row.claim}: {next(iter(answers))} at every budget")
    return full_stop(f"{row.claim}: {'; '.join(_parts(answers))}")


def _parts(answers: Mapping[str, Iterable[str]]) -> list[str]:
    return [f"{answer} at {listed(at)}" for answer, at in answers.items()]
