"""What every arm scored: each seed, the mean and its interval, one axis for all budgets."""

from __future__ import annotations

import math
from typing import NamedTuple

from hyperverdict.figures.data import arm_at, budget_name, drawn_metric, finite, seed_values
from hyperverdict.figures.drawn import Cell, Panel
from hyperverdict.figures.marks import MarkAxis, MarkRow, rows_panel
from hyperverdict.figures.runs import Runs
from hyperverdict.figures.selection import left_out, shown_arms
from hyperverdict.stats.intervals import interval, one_sample
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import upper, value_text

# More rows than this are a table, not a picture.
MOST_ROWS = 20
# Of the interval of a mean.
ALPHA = 0.05


class ArmScores(NamedTuple):
    """One arm at one budget: its values by seed, and mean with its 95% interval."""

    label: str
    title: str
    budget: str
    values: tuple[tuple[int, float], ...]
    mean: float
    interval: tuple[float, float] | None


class ScoresInfo(NamedTuple):
    """The arms that are drawn, and how many are not."""

    metric: Metric
    arms: tuple[ArmScores, ...]
    left_out: int
    all_arms: int


def mean_interval(values: list[float]) -> tuple[float, tuple[float, float] | None]:
    """Mean and 95% t interval; no interval below two values."""
    estimate = one_sample(values)
    if len(values) < 2:
        return (values[0] if values else math.nan), None
    return estimate.value, interval(estimate, ALPHA)


def scores_info(report: HypothesisReport, study: Study, runs: Runs) -> ScoresInfo:
    """The scores of every arm at every budget, on the metric that is drawn."""
    metric = drawn_metric(report, study)
    labels = tuple(dict.fromkeys(arm.label for v in report.verdicts for arm in v.arms))
    shown = set(shown_arms(report, metric, labels))
    found = []
    for verdict in report.verdicts:
        for arm in verdict.arms:
            if arm.label not in shown:
                continue
            values = seed_values(runs.rows(arm), arm, metric)
            kept = finite(values)
            if kept:
                mean, ends = mean_interval(kept)
                pairs = tuple(sorted(values.items()))
                where = budget_name(verdict)
                found.append(ArmScores(arm.label, arm_at(arm, verdict), where, pairs, mean, ends))
    drawn = tuple(found[:MOST_ROWS])
    return ScoresInfo(metric, drawn, len(labels) - len(shown), len(labels))


def part(report: HypothesisReport, study: Study, runs: Runs) -> Panel | None:
    """The picture; None where no run has a score."""
    info = scores_info(report, study, runs)
    if not info.arms:
        return None
    rows = [
        MarkRow(
            f"{upper(arm.title)}: {value_text(arm.mean, info.metric)}",
            look.color,
            arm.mean,
            arm.interval,
            tuple(v for _, v in arm.values),
            marker=look.marker,
            tip=f"{arm.title}: mean {value_text(arm.mean, info.metric)} of {len(arm.values)}",
        )
        for arm in info.arms
        for look in (runs.look(report, arm.label),)
    ]
    title = upper(info.metric.title)
    return rows_panel(title, score_axis(info.metric), rows)


def score_axis(metric: Metric) -> MarkAxis:
    """An axis of values of a metric."""
    if metric.is_fraction:
        return MarkAxis(upper(metric.title), 100.0, "%")
    unit = f" ({metric.unit})" if metric.unit else ""
    return MarkAxis(f"{upper(metric.title)}{unit}")


def values(report: HypothesisReport, study: Study, runs: Runs) -> list[tuple[Cell, ...]]:
    """Every score: (part, budget, metric, name, seed, value, low, high)."""
    info = scores_info(report, study, runs)
    rows: list[tuple[Cell, ...]] = []
    for arm in info.arms:
        shared = ("score", arm.budget, info.metric.name, arm.title)
        low, high = arm.interval or (None, None)
        rows.append((*shared, None, arm.mean, low, high))
        rows += [(*shared, seed, v, None, None) for seed, v in arm.values if math.isfinite(v)]
    return rows


def caption(report: HypothesisReport, study: Study, runs: Runs) -> str:
    """What its marks mean, and which arms are left out."""
    info = scores_info(report, study, runs)
    said = "Scores: dots are single runs, the mark is their mean with a 95% interval."
    return f"{said} {left_out(info.left_out, info.all_arms)}" if info.left_out else said
