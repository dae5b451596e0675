"""Ordered levels: every seed's line over the levels, and the contrasts that decide the trend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.claims.factors import factor_title
from hyperverdict.claims.model import Leg
from hyperverdict.figures import forest, style
from hyperverdict.figures.data import (
    by_metric,
    dots_text,
    finite,
    named_rows,
    seed_values,
    verdict_title,
)
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import digits, value_text

if TYPE_CHECKING:
    import pandas as pd

    from hyperverdict.records.collect import Tables

LEVELS_INCHES = 2.4


class LevelsPanel(NamedTuple):
    """One budget and metric over K ordered levels.

    Attributes:
        levels: [K] values of the factor, ascending.
        seeds: [n]; values: [n][K], nan where a run failed or is missing.
    """

    title: str
    metric: Metric
    factor: str
    levels: tuple[float, ...]
    seeds: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]
    effects: forest.ForestPanel


class LevelsInfo(NamedTuple):
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


def levels_info(report: HypothesisReport, final: pd.DataFrame) -> LevelsInfo:
    """Levels with every seed's values and, below, the contrasts."""
    panels, forests = [], []
    for verdict in report.verdicts:
        for leg, effects in by_metric(verdict):
            rows = forest.forest_panel(
                verdict_title(verdict), effects[0].contrast, named_rows(effects)
            )
            panel = _levels(verdict, leg, rows, final) if rows.rows else None
            if panel is not None:
                panels.append(panel)
            elif rows.rows:
                forests.append(rows)
    return LevelsInfo(report.id, tuple(panels), tuple(forests))


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
        verdict_title(verdict),
        leg.metric,
        factor_title(factor),
        tuple(float(arm.settings[factor]) for arm in arms),
        seeds,
        tuple(tuple(v.get(seed, math.nan) for v in per_arm) for seed in seeds),
        rows._replace(title=f"Effects on {leg.metric.title}"),
    )


def draw(report: HypothesisReport, tables: Tables) -> Figure:
    """The trend figure: levels, then the effects below them, per budget."""
    info = levels_info(report, tables.final)
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


def caption(report: HypothesisReport) -> str:
    """What its marks mean."""
    below = "The dark line is the mean. The effects stand below with their intervals."
    return f"{dots_text(report)} {below} {forest.BAND}"


def draw_levels(ax: Axes, panel: LevelsPanel) -> None:
    """One grey line per seed, the mean in ink with its value at each level."""
    import numpy as np
    from matplotlib.ticker import NullFormatter, NullLocator

    style.set_title(ax, panel.title)
    values = np.array(panel.values, dtype=float)
    for row in values:
        ax.plot(panel.levels, row, color=style.FAINT, lw=1.1, marker="o", ms=3, zorder=2)
    known = ~np.isnan(values).all(axis=0)
    levels = np.array(panel.levels)[known]
    means = np.nanmean(values[:, known], axis=0)
    ax.plot(levels, means, color=style.ARM_COLORS[0], lw=2.2, marker="o", ms=6, zorder=4)
    for level, mean in zip(levels, means, strict=True):
        ax.annotate(
            value_text(mean, panel.metric), (level, mean), color=style.ARM_COLORS[0],
            fontsize=9, fontweight="bold", ha="center", xytext=(0, 7), textcoords="offset points",
        )  # fmt: skip
    if min(panel.levels) > 0:
        ax.set_xscale("log")
    ax.margins(x=0.09, y=0.22)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xticks(panel.levels, [digits(level, 4).replace(",", "") for level in panel.levels])
    ax.set_xlabel(panel.factor)
    ax.set_ylabel(style.fit(panel.metric.title, 34))
    if panel.metric.is_fraction:
        style.percent_axis(ax, "y")
