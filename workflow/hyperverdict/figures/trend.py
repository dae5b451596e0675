"""Ordered levels: every seed's line over the levels, and the contrasts that decide the trend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.claims.model import Leg
from hyperverdict.figures import forest, style
from hyperverdict.figures.data import (
    budget_title,
    by_metric,
    finite,
    leg_unit,
    named_rows,
    seed_values,
    verdict_title,
)
from hyperverdict.study.model import RECORDED_METRICS, Study
from hyperverdict.verdicts.model import ArmSummary, HypothesisReport, Verdict
from hyperverdict.words import numbers as units

if TYPE_CHECKING:
    import pandas as pd

LEVELS_INCHES = 2.4


class LevelsPanel(NamedTuple):
    """One budget and metric over K ordered levels.

    Attributes:
        levels: [K] values of the factor, ascending.
        seeds: [n]; values: [n][K], nan where a run failed or is missing.
    """

    title: str
    metric: str
    factor: str
    levels: tuple[float, ...]
    seeds: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]
    effects: forest.ForestPanel


class TrendInfo(NamedTuple):
    """One panel per budget and metric that the final table holds; forests for the others."""

    hypothesis: str
    panels: tuple[LevelsPanel, ...]
    forests: tuple[forest.ForestPanel, ...]


def ordered_factor(arms: tuple[ArmSummary, ...]) -> str | None:
    """The one numeric setting that differs between all arms, or None."""
    names = {name for arm in arms for name in arm.settings}
    found = []
    for name in names:
        levels = [arm.settings.get(name) for arm in arms]
        numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in levels)
        if numeric and len(set(levels)) == len(arms) > 1:
            found.append(name)
    return found[0] if len(found) == 1 else None


def trend_info(report: HypothesisReport, study: Study, final: pd.DataFrame) -> TrendInfo:
    """Levels with every seed's values and, below, the contrasts."""
    panels: list[LevelsPanel] = []
    forests: list[forest.ForestPanel] = []
    for verdict in report.verdicts:
        for leg, effects in by_metric(verdict):
            rows = forest.ForestPanel(
                f"{budget_title(verdict.budget)}: {units.metric_title(leg.metric)}",
                leg.metric,
                leg_unit(leg, report.kind, study),
                named_rows(effects, verdict),
            )
            panel = _levels(verdict, leg, rows, final)
            if panel is not None:
                panels.append(panel)
            elif rows.rows:
                forests.append(rows)
    return TrendInfo(report.id, tuple(panels), tuple(forests))


def _levels(
    verdict: Verdict, leg: Leg, rows: forest.ForestPanel, final: pd.DataFrame
) -> LevelsPanel | None:
    factor = ordered_factor(verdict.arms)
    if factor is None:
        return None
    arms = sorted(verdict.arms, key=lambda arm: float(arm.settings[factor]))
    per_arm = [seed_values(final, arm, leg.metric) for arm in arms]
    if not any(finite(values) for values in per_arm):
        return None
    seeds = tuple(sorted({seed for values in per_arm for seed in values}))
    return LevelsPanel(
        verdict_title(verdict, leg.evidence),
        leg.metric,
        factor,
        tuple(float(arm.settings[factor]) for arm in arms),
        seeds,
        tuple(tuple(v.get(seed, math.nan) for v in per_arm) for seed in seeds),
        rows._replace(title=f"Effects on {units.metric_title(leg.metric)}"),
    )


def draw(info: TrendInfo) -> Figure:
    """The trend figure: levels, then the effects below them, per budget."""
    if not info.panels and not info.forests:
        return style.sentence_figure(f"{info.hypothesis}: no run of this trend has finished yet.")
    with style.look():
        below = [panel.effects for panel in info.panels]
        heights: list[float] = []
        for rows in below:
            heights += [LEVELS_INCHES, forest.panel_inches(rows)]
        heights += [forest.panel_inches(rows) for rows in info.forests]
        figure = style.new_figure(sum(heights) + forest.FOOTNOTE_INCHES)
        axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
        for position, panel in enumerate(info.panels):
            draw_levels(axes[2 * position], panel)
            forest.draw_panel(axes[2 * position + 1], panel.effects)
        for ax, rows in zip(axes[2 * len(info.panels) :], info.forests, strict=True):
            forest.draw_panel(ax, rows)
        style.footnote(figure, forest.FOOTNOTE)
    return figure


def draw_levels(ax: Axes, panel: LevelsPanel) -> None:
    """One grey line per seed, the mean in ink with its value at each level."""
    import numpy as np
    from matplotlib.ticker import NullFormatter, NullLocator

    ax.set_title(panel.title)
    values = np.array(panel.values, dtype=float)
    for row in values:
        ax.plot(panel.levels, row, color=style.FAINT, lw=1.1, marker="o", ms=3, zorder=2)
    known = ~np.isnan(values).all(axis=0)
    levels = np.array(panel.levels)[known]
    means = np.nanmean(values[:, known], axis=0)
    ax.plot(levels, means, color=style.ARM_COLORS[0], lw=2.2, marker="o", ms=6, zorder=4)
    for level, mean in zip(levels, means, strict=True):
        ax.annotate(
            units.level_text(panel.metric, mean), (level, mean), color=style.ARM_COLORS[0],
            fontsize=9, fontweight="bold", ha="center", xytext=(0, 7), textcoords="offset points",
        )  # fmt: skip
    if min(panel.levels) > 0:
        ax.set_xscale("log")
    ax.margins(x=0.09, y=0.22)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xticks(panel.levels, [units.short(level).replace(",", "") for level in panel.levels])
    ax.set_xlabel(units.plain(panel.factor))
    ax.set_ylabel(units.metric_title(panel.metric))
    if RECORDED_METRICS.get(panel.metric) == units.FRACTION:
        style.percent_axis(ax, "y")
