"""What a score costs: every run's score against its training time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from hyperverdict.figures import style, svg, ticks
from hyperverdict.figures.data import (
    ROUGH,
    ArmTexts,
    arm_at,
    arm_texts,
    budget_title,
    drawn_metric,
    finished,
    metric_column,
    timed_seconds,
)
from hyperverdict.figures.drawn import Drawn, Panel, Values, nothing
from hyperverdict.figures.runs import ArmLook, Runs
from hyperverdict.figures.selection import left_out, shown_arms
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, digits, listed, value_text

if TYPE_CHECKING:
    import pandas as pd

COSTS = {
    "train_seconds": "training seconds per run",
    "samples": "images seen per run",
}
ALONE = "The seconds are those of the timing job."

# Costs closer than this factor are shown on an axis of this span, so that they look alike.
MINIMUM_SPAN = 3.0


class Cloud(NamedTuple):
    """One arm (its label) at one budget: [n] seeds, costs and values of its finished runs.

    Attributes:
        name: the arm at its budget, for people.
    """

    arm: str
    budget: str
    name: str
    seeds: tuple[int, ...]
    costs: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def middle(self) -> tuple[float, float]:
        """The means of the costs and of the values."""
        return fmean(self.costs), fmean(self.values)


class CostInfo(NamedTuple):
    """All arms at all budgets on one pair of axes.

    Attributes:
        cost: the column that was drawn.
        timed: its seconds were measured without other jobs, alike for all runs of an arm.
        arms: the names of the arms that stand out; shown: their labels, in order.
        all_arms: how many arms have runs.
    """

    hypothesis: str
    metric: Metric
    cost: str
    timed: bool
    arms: ArmTexts
    shown: tuple[str, ...]
    all_arms: int
    budgets: tuple[str, ...]
    clouds: tuple[Cloud, ...]


def cost_info(report: HypothesisReport, study: Study, final: pd.DataFrame) -> CostInfo:
    """Training seconds where every run has them, else samples.

    Seconds that were measured without other jobs, where all arms have them; else those that the
    runs recorded.
    """
    claimed = drawn_metric(report, study)
    metric = claimed.at_the_end or claimed
    paths = {arm.path for verdict in report.verdicts for arm in verdict.arms}
    rows = finished(final[final["path"].isin(paths)]) if not final.empty else final
    recorded = "train_seconds" in rows.columns and bool((rows["train_seconds"] > 0).all())
    arms = [(arm, verdict) for verdict in report.verdicts for arm in verdict.arms]
    # A table from elsewhere knows the seconds of each run, and no timing of its own.
    timed = all(arm.is_ours and timed_seconds(arm, verdict) > 0 for arm, verdict in arms)
    cost = "train_seconds" if timed or recorded else "samples"
    kept = tuple(c for v in report.verdicts for c in _clouds(v, metric, cost, timed, rows))
    labels = tuple(dict.fromkeys(cloud.arm for cloud in kept))
    shown = shown_arms(report, metric, labels)
    budgets = tuple(dict.fromkeys(map(budget_title, report.verdicts)))
    texts = arm_texts(report).of(shown)
    return CostInfo(report.id, metric, cost, timed, texts, shown, len(labels), budgets, kept)


def _clouds(
    verdict: Verdict, metric: Metric, cost: str, timed: bool, rows: pd.DataFrame
) -> Iterator[Cloud]:
    """The arms of one budget whose runs say what they cost."""
    column = metric_column(metric, rows)
    if timed and not rows.empty:
        rows = rows.assign(**{cost: rows["path"].map(_seconds_by_path(verdict))})
    if column is None or cost not in rows.columns or rows.empty:
        return
    known = rows[rows[column].notna() & (rows[cost] > 0)]
    groups = known.groupby("path", sort=False).indices
    seeds, costs, values = (known[name].to_numpy() for name in ("seed", cost, column))
    for arm in verdict.arms:
        own = set(arm.seeds)
        found = [i for i in groups.get(arm.path, ()) if int(seeds[i]) in own]
        if found:
            yield Cloud(
                arm.label,
                budget_title(verdict),
                arm_at(arm, verdict),
                tuple(int(seeds[i]) for i in found),
                tuple(float(costs[i]) for i in found),
                tuple(float(values[i]) for i in found),
            )


def _seconds_by_path(verdict: Verdict) -> dict[str, float]:
    return {arm.path: timed_seconds(arm, verdict) for arm in verdict.arms}


def draw(report: HypothesisReport, study: Study, runs: Runs) -> Drawn:
    """The score of every run against its cost."""
    info = cost_info(report, study, runs.final)
    if not info.clouds:
        return nothing(f"{info.hypothesis}: no run with a recorded cost has finished.")
    looks = {label: runs.look(report, label) for label in info.shown}
    titles = arm_texts(report).titles
    panel = Panel(draw_info(info, looks))
    words = (title(info), caption(info, report), alt_text(info))
    return Drawn(*words, {"": panel}, values(info, titles))


def title(info: CostInfo) -> str:
    """The best mean score and the lowest mean cost."""
    wanted = min if info.metric.better == "lower" else max
    best = wanted(info.clouds, key=lambda cloud: cloud.middle[1])
    cheapest = min(info.clouds, key=lambda cloud: cloud.middle[0])
    of = info.metric.title
    if best == cheapest:
        return f"Best mean {of} at the lowest cost: {_said(best, info)}."
    return f"Best mean {of}: {_said(best, info)}. Lowest cost: {_said(cheapest, info)}."


def _said(cloud: Cloud, info: CostInfo) -> str:
    cost, mean = cloud.middle
    unit = "s" if info.cost == "train_seconds" else "images"
    score = value_text(mean, info.metric)
    return f"{cloud.name}, {score} for {digits(cost, 2)} {unit} per run"


def caption(info: CostInfo, report: HypothesisReport) -> str:
    """What its marks and its axis show."""
    what = " Colour: arm; shape: budget." if len(info.budgets) > 1 else ""
    parts = [f"Small marks: runs; large marks: means.{what}"]
    if left := info.all_arms - len(info.shown):
        parts.append(f"{left_out(left, info.all_arms)} Those are grey, a dot per mean.")
    if info.cost == "train_seconds" and all(a.is_ours for v in report.verdicts for a in v.arms):
        parts.append(ALONE if info.timed else ROUGH)
    return " ".join(parts)


def alt_text(info: CostInfo) -> str:
    """The means with n and cost, of the arms that stand out."""
    means = listed(
        f"{_said(cloud, info)} ({count(len(cloud.values), 'run')})"
        for cloud in info.clouds
        if cloud.arm in info.shown
    )
    return f"Mean {info.metric.title} against {COSTS[info.cost]}: {means}."


def values(info: CostInfo, titles: Mapping[str, str]) -> Values:
    """Every run."""
    rows = [
        (titles[cloud.arm], cloud.budget, *run)
        for cloud in info.clouds
        for run in zip(cloud.seeds, cloud.costs, cloud.values, strict=True)
    ]
    return Values(("arm", "budget", "seed", info.cost, info.metric.name), tuple(rows))


def draw_info(info: CostInfo, looks: Mapping[str, ArmLook]) -> Figure:
    """Colour is the arm, shape is the budget, large marks are means."""
    several = len(info.budgets) > 1
    with style.look():
        figure = style.new_figure(2.8 + 0.25 * several + style.legend_inches(info.arms))
        ax = figure.subplots()
        ax.set_xscale("log")
        markers = {b: style.MARKERS[i % len(style.MARKERS)] for i, b in enumerate(info.budgets)}
        _draw_others(ax, info)
        handles: dict[str, object] = {}
        for cloud in info.clouds:
            if cloud.arm in looks:
                tip = svg.tip(f"{_said(cloud, info)} ({count(len(cloud.values), 'run')})")
                large = _draw_cloud(ax, cloud, looks[cloud.arm].color, markers[cloud.budget], tip)
                handles.setdefault(cloud.arm, large)
        _decorate(ax, info)
        if style.fits_beside(info.arms):
            colors = {label: look.color for label, look in looks.items()}
            style.label_beside(ax, _ends(info) if info.all_arms > 1 else {}, colors, info.arms)
        else:
            style.legend_below(figure, handles, info.arms)
        if several:
            _label_budgets(figure, ax, markers)
    return figure


def _draw_cloud(ax: Axes, cloud: Cloud, color: str, marker: str, tip: str) -> object:
    cost, mean = cloud.middle
    ax.plot(cloud.costs, cloud.values, marker, ms=4, color=color, alpha=0.35, mew=0, zorder=3)
    [large] = ax.plot([cost], [mean], marker, ms=9, color=color, mec=style.PAPER, gid=tip, zorder=4)
    return large


def _draw_others(ax: Axes, info: CostInfo) -> None:
    """The means of the arms that do not stand out, as one path: many marks would be large."""
    ends = [cloud.middle for cloud in info.clouds if cloud.arm not in info.shown]
    if ends:
        places = [place for end in ends for place in (end, end)]
        path = Path(places, [Path.MOVETO, Path.LINETO] * len(ends))
        path.should_simplify = False
        ax.add_patch(PathPatch(path, ec=style.FAINT, fc="none", lw=4, capstyle="round", zorder=2))
        ax.update_datalim(ends)
        ax.autoscale_view()


def _ends(info: CostInfo) -> dict[str, float]:
    """The mean value of each arm where it cost most, the name's height beside the axes."""
    clouds = sorted(info.clouds, key=lambda cloud: cloud.middle[0])
    means = {cloud.arm: cloud.middle[1] for cloud in clouds}
    return {label: means[label] for label in info.shown if label in means}


def _decorate(ax: Axes, info: CostInfo) -> None:
    ax.margins(x=0.08, y=0.12)
    ax.set_xlabel(style.fit(f"{COSTS[info.cost]}, log scale", 46))
    ax.set_ylabel(style.fit(info.metric.title, 28))
    low, high = ax.get_xlim()
    if high / low < MINIMUM_SPAN:
        middle = math.sqrt(low * high)
        ax.set_xlim(middle / math.sqrt(MINIMUM_SPAN), middle * math.sqrt(MINIMUM_SPAN))
    ticks.log_axis(ax, "x", most=5)
    percent = info.metric.is_fraction
    ticks.number_axis(ax, "y", 100.0 if percent else 1.0, "%" if percent else "")


def _label_budgets(figure: Figure, ax: Axes, markers: Mapping[str, str]) -> None:
    for budget, marker in markers.items():
        ax.plot([], [], marker, color=style.MUTED, ms=6, label=style.fit(budget, 20))
    figure.legend(
        loc="outside upper left", ncols=2, frameon=False, fontsize=style.SMALL, handletextpad=0.2
    )
