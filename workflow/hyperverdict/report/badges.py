"""Verdicts as coloured labels, the same on the page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from hyperverdict.effects.effect import Evidence
from hyperverdict.verdicts.headline import DEPENDS
from hyperverdict.verdicts.model import HypothesisReport, Verdict

Standing = Evidence | Literal["depends", "failed"]

# Sign and style class of each standing; the sign keeps badges apart without colour.
_LOOKS: Mapping[Standing, tuple[str, str]] = {
    "supported": ("✓", "supported"),
    "refuted": ("✗", "refuted"),
    "no meaningful effect": ("≈", "negligible"),
    "inconclusive": ("?", "inconclusive"),
    "estimated": ("~", "inconclusive"),
    "true by arithmetic": ("=", "supported"),
    "depends": ("±", "depends"),
    "failed": ("!", "inconclusive"),
}


class Badge(NamedTuple):
    """A verdict as a coloured label."""

    text: str
    sign: str
    style: str


def standing(verdict: Verdict) -> Standing:
    """The evidence as far as the checks let it count."""
    evidence = verdict.judgement.evidence
    counted_out = verdict.blocking is not None and evidence != "true by arithmetic"
    return "inconclusive" if counted_out else evidence


def overall(report: HypothesisReport) -> Standing:
    """The standing over all budgets: that of the first that is settled where some are open."""
    if report.failed_because or not report.verdicts:
        return "failed"
    if report.headline == DEPENDS:
        return "depends"
    found = map(standing, report.verdicts)
    return next((one for one in found if one != "inconclusive"), "inconclusive")


def verdict_badge(verdict: Verdict) -> Badge:
    """The label of one verdict."""
    return Badge(verdict.headline, *_LOOKS[standing(verdict)])


def hypothesis_badge(report: HypothesisReport) -> Badge:
    """The label of a hypothesis over all its budgets."""
    return Badge(report.headline, *_LOOKS[overall(report)])


def evidence_badge(text: str, evidence: Evidence) -> Badge:
    """A label with a text of its own that looks like this evidence."""
    return Badge(text, *_LOOKS[evidence])
