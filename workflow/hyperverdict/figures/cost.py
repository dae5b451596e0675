"""What accuracy costs: every run's score against its training time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.figures import style
from hyperverdict.figures.data import (
    ArmTexts,
    arm_texts,
    budget_title,
    drawn_metric,
    finished,
    metric_column,
    scores_text,
)
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import digits

if TYPE_CHECKING:
    import pandas as pd

    from hyperverdict.records.collect import Tables

COSTS = {
    "train_seconds": "training seconds per run (jobs side by side)",
    "samples": "images seen per run",
}

# Costs closer than this factor are shown on an axis of this span, so that they look alike.
MINIMUM_SPAN = 3.0


class Cloud(NamedTuple):
    """One arm (its label) at one budget: [n] costs and values of its finished seeds."""

    arm: str
    budget: str
    costs: tuple[float, ...]
    values: tuple[float, ...]


class CostInfo(NamedTuple):
    """All arms at all budgets on one pair of axes; `cost` is the column that was drawn."""

    hypothesis: str
    metric: Metric
    cost: str
    arms: ArmTexts
    budgets: tuple[str, ...]
    clouds: tuple[Cloud, ...]


def cost_info(report: HypothesisReport, study: Study, final: pd.DataFrame) -> CostInfo:
    """Training seconds where every run has them, else samples."""
    metric = drawn_metric(report, study)
    paths = {arm.path for verdict in report.verdicts for arm in verdict.arms}
    rows = final[final["path"].isin(paths)] if not final.empty else final
    timed = "train_seconds" in rows.columns and bool((rows["train_seconds"] > 0).all())
    cost = "train_seconds" if timed else "samples"
    clouds = [
        _cloud(arm, budget_title(verdict), metric, cost, rows)
        for verdict in report.verdicts
        for arm in verdict.arms
    ]
    budgets = tuple(dict.fromkeys(map(budget_title, report.verdicts)))
    kept = tuple(cloud for cloud in clouds if cloud.values)
    return CostInfo(report.id, metric, cost, arm_texts(report), budgets, kept)


def _cloud(arm: ArmSummary, budget: str, metric: Metric, cost: str, rows: pd.DataFrame) -> Cloud:
    column = metric_column(metric, rows)
    if column is None or cost not in rows.columns:
        return Cloud(arm.label, budget, (), ())
    own = rows[(rows["path"] == arm.path) & rows["seed"].isin(arm.seeds)]
    own = finished(own)
    own = own[own[column].notna() & (own[cost] > 0)]
    costs, values = (tuple(float(v) for v in own[name]) for name in (cost, column))
    return Cloud(arm.label, budget, costs, values)


def draw(report: HypothesisReport, study: Study, tables: Tables) -> Figure:
    """The cost figure."""
    return draw_info(cost_info(report, study, tables.final))


def caption(report: HypothesisReport, study: Study) -> str:
    """What its axis shows."""
    if not all(arm.is_ours for verdict in report.verdicts for arm in verdict.arms):
        return "What the score costs, as far as the table says it."
    return (
        "What the score costs. The seconds come from jobs that ran side by side; claims about time "
        "rest on a separate timing job instead."
    )


def alt_text(report: HypothesisReport, study: Study) -> str:
    """What it shows, with the mean scores."""
    scores = scores_text(report, drawn_metric(report, study))
    return f"Scores of {report.id} against the cost of each run.{scores}"


def draw_info(info: CostInfo) -> Figure:
    """Colour is the arm, shape is the budget, large marks are means."""
    if not info.clouds:
        return style.sentence_figure(
            f"{info.hypothesis}: no run with a recorded cost has finished."
        )
    with style.look():
        figure = style.new_figure(2.9 + style.legend_inches(info.arms))
        ax = figure.subplots()
        colors = style.arm_colors(tuple(info.arms.titles))
        markers = {b: style.MARKERS[i % len(style.MARKERS)] for i, b in enumerate(info.budgets)}
        ax.set_xscale("log")
        ends: dict[str, tuple[float, float]] = {}
        handles: dict[str, object] = {}
        for cloud in info.clouds:
            color, marker = colors[cloud.arm], markers[cloud.budget]
            ax.plot(cloud.costs, cloud.values, marker, ms=4, color=color, alpha=0.3, mew=0)
            # The middle of a cloud on a log axis is the geometric mean.
            middle = math.exp(sum(map(math.log, cloud.costs)) / len(cloud.costs))
            mean = sum(cloud.values) / len(cloud.values)
            [large] = ax.plot([middle], [mean], marker, ms=9, color=color, mec="white", zorder=4)
            handles.setdefault(cloud.arm, large)
            if cloud.arm not in ends or middle > ends[cloud.arm][0]:
                ends[cloud.arm] = (middle, mean)
        _decorate(ax, info)
        if style.fits_beside(info.arms):
            means = {arm: mean for arm, (_, mean) in ends.items()}
            style.label_beside(ax, means, colors, info.arms)
        else:
            style.legend_below(figure, handles, info.arms)
        if len(info.budgets) > 1:
            _label_budgets(figure, ax, markers)
    return figure


def _decorate(ax: Axes, info: CostInfo) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.margins(x=0.08, y=0.12)
    ax.set_xlabel(f"{COSTS[info.cost]}, log scale")
    ax.set_ylabel(style.fit(info.metric.title, 34))
    low, high = ax.get_xlim()
    if high / low < MINIMUM_SPAN:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(MINIMUM_SPAN), middle * math.sqrt(MINIMUM_SPAN)
        ax.set_xlim(low, high)
    ax.xaxis.set_major_locator(FixedLocator(style.ratio_ticks(low, high)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: digits(v, 4)))
    ax.xaxis.set_minor_locator(NullLocator())
    if info.metric.is_fraction:
        style.percent_axis(ax, "y")


def _label_budgets(figure: Figure, ax: Axes, markers: dict[str, str]) -> None:
    for budget, marker in markers.items():
        ax.plot([], [], marker, color=style.MUTED, ms=6, label=budget)
    figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=9)
