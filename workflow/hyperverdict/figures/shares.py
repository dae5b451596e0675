"""Importance: the share of the variance that each hyperparameter explains, with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from hyperverdict.claims.factors import factor_title
from hyperverdict.figures import style
from hyperverdict.figures.data import budget_name
from hyperverdict.figures.drawn import Cell, Panel
from hyperverdict.figures.marks import MarkAxis, MarkRow, rows_panel
from hyperverdict.figures.runs import Runs
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.words.numbers import percent_text, upper

MOST_ROWS = 20


class Share(NamedTuple):
    """One hyperparameter: share of the variance, interval (None for none), and its group."""

    budget: str
    metric: str
    name: str
    share: float
    interval: tuple[float, float] | None
    claimed: bool


def shares_info(report: HypothesisReport) -> tuple[Share, ...]:
    """All shares, the largest first; none where no variance stands out from the noise."""
    found = []
    for verdict in report.verdicts:
        for metric, facts in dict(verdict.judgement.facts.get("shares", {})).items():
            these = {n for e in verdict.judgement.effects for n in e.contrast.to}
            found += [
                share
                for share in _shares(budget_name(verdict), metric, facts, these)
                if math.isfinite(share.share)
            ]
    return tuple(sorted(found, key=lambda share: (share.budget, -share.share)))


def _shares(budget: str, metric: str, facts: Mapping[str, Any], these: set[str]) -> list[Share]:
    ends = facts.get("intervals", {})
    return [
        Share(
            budget,
            metric,
            factor_title(name),
            float(share),
            _pair(ends.get(name)),
            factor_title(name) in these,
        )
        for name, share in facts.get("single", {}).items()
    ]


def _pair(ends: Any) -> tuple[float, float] | None:
    return (float(ends[0]), float(ends[1])) if ends else None


def part(report: HypothesisReport, study: Study, runs: Runs) -> Panel | None:
    """The picture; None without shares."""
    shares = shares_info(report)
    if not shares:
        return None
    several = len({share.budget for share in shares}) > 1
    first, second = style.ARM_COLORS[:2]
    rows = [
        MarkRow(
            f"{share.name}{f', {share.budget}' if several else ''}: {percent_text(share.share)}",
            first if share.claimed else second,
            share.share,
            share.interval,
            marker="o" if share.claimed else "s",
            band=None,
        )
        for share in shares[:MOST_ROWS]
    ]
    title = "Share of the variance that each explains"
    axis = MarkAxis(upper("share of the variance (%)"), 100.0, "%", neutral=0.0)
    return rows_panel(title, axis, rows)


def values(report: HypothesisReport, study: Study, runs: Runs) -> list[tuple[Cell, ...]]:
    """Every share: (part, budget, metric, name, seed, value, low, high)."""
    return [
        ("share", s.budget, s.metric, s.name, None, s.share, *(s.interval or (None, None)))
        for s in shares_info(report)
    ]


def caption(report: HypothesisReport, study: Study, runs: Runs) -> str:
    """What its marks mean."""
    if not shares_info(report):
        return ""
    return (
        "Shares: round marks belong to the group that the claim names, square ones to the other; "
        "lines are 95% jackknife intervals."
    )
