"""A search strategy: what the winners of both searches scored."""

from __future__ import annotations

import math
from typing import NamedTuple

from hyperverdict.claims.searches import SEARCH_TITLES
from hyperverdict.figures import scores, style
from hyperverdict.figures.data import budget_name, replicate_of
from hyperverdict.figures.drawn import Cell, Panel
from hyperverdict.figures.marks import MarkRow, rows_panel
from hyperverdict.figures.runs import Runs
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import upper, value_text


class Winners(NamedTuple):
    """One search at one budget: what the winner of each search seed scored on the other seeds."""

    budget: str
    metric: Metric
    search: str
    values: tuple[float, ...]


def winners_info(report: HypothesisReport) -> tuple[Winners, ...]:
    """The winners of every search, as far as they were replayed."""
    found = []
    for verdict in report.verdicts:
        metrics = {leg.metric.name: leg.metric for leg in verdict.judgement.legs}
        for name, searches in dict(verdict.judgement.facts.get("winners", {})).items():
            for search, values in searches.items():
                kept = tuple(float(v) for v in values if math.isfinite(float(v)))
                if kept and name in metrics:
                    found.append(Winners(budget_name(verdict), metrics[name], search, kept))
    return tuple(found)


def part(report: HypothesisReport, study: Study, runs: Runs) -> Panel | None:
    """The picture; None where nothing was replayed."""
    found = winners_info(report)
    if not found:
        return scores.part(report, study, runs)
    several = len({one.budget for one in found}) > 1
    metric = found[0].metric
    searches = list(dict.fromkeys(one.search for one in found))
    rows = []
    for one in (one for one in found if one.metric.name == metric.name):
        look = searches.index(one.search) % len(style.ARM_COLORS)
        mean, _ = scores.mean_interval(list(one.values))
        name = upper(SEARCH_TITLES.get(one.search, one.search))
        label = f"{name}{f', {one.budget}' if several else ''}: {value_text(mean, metric)}"
        rows.append(
            MarkRow(
                label,
                style.ARM_COLORS[look],
                mean,
                (min(one.values), max(one.values)),
                one.values,
                marker=style.MARKERS[look],
            )
        )
    title = f"{upper(metric.title)} of the winners"
    return rows_panel(title, scores.score_axis(metric), rows)


def values(report: HypothesisReport, study: Study, runs: Runs) -> list[tuple[Cell, ...]]:
    """Every winner's score: (part, budget, metric, name, seed, value, low, high)."""
    return [
        ("winner", one.budget, one.metric.name, one.search, position, value, None, None)
        for one in winners_info(report)
        for position, value in enumerate(one.values)
    ]


def caption(report: HypothesisReport, study: Study, runs: Runs) -> str:
    """What its marks mean."""
    if not winners_info(report):
        return scores.caption(report, study, runs)
    return (
        f"Winners: a dot is what the search on one {replicate_of(report)} found, scored on all "
        "others; the mark is the mean, the line the range."
    )
