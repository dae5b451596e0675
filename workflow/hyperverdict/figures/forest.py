"""Effects with their intervals against the band of sizes that do not matter."""

from __future__ import annotations

import math
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.figures import style
from hyperverdict.figures.data import EffectRow, budget_title, by_metric, leg_unit, named_rows
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.words import numbers as units

ROW_INCHES = 0.44
FOOTNOTE = "dots: seeds; bar: confidence interval; shaded: too small to matter"
FOOTNOTE_INCHES = 0.25


class ForestPanel(NamedTuple):
    """Effects in one unit, drawn under one another."""

    title: str
    metric: str
    unit: units.Unit
    rows: tuple[EffectRow, ...]


class ForestInfo(NamedTuple):
    """One panel per budget and metric."""

    hypothesis: str
    panels: tuple[ForestPanel, ...]


def forest_info(report: HypothesisReport, study: Study) -> ForestInfo:
    """Every effect of every budget."""
    panels = [
        ForestPanel(
            f"{budget_title(verdict.budget)}: {units.metric_title(leg.metric)}",
            leg.metric,
            leg_unit(leg, report.kind, study),
            named_rows(effects, verdict),
        )
        for verdict in report.verdicts
        for leg, effects in by_metric(verdict)
    ]
    return ForestInfo(report.id, tuple(panel for panel in panels if panel.rows))


def draw(info: ForestInfo) -> Figure:
    """The forest figure."""
    if not info.panels:
        return style.sentence_figure(f"{info.hypothesis}: there is no measured effect to draw.")
    with style.look():
        heights = [panel_inches(panel) for panel in info.panels]
        figure = style.new_figure(sum(heights) + FOOTNOTE_INCHES)
        axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
        for panel, ax in zip(info.panels, axes, strict=True):
            draw_panel(ax, panel)
        style.footnote(figure, FOOTNOTE)
    return figure


def panel_inches(panel: ForestPanel) -> float:
    """Height of a panel with its title and axis."""
    return 0.95 + ROW_INCHES * len(panel.rows)


def draw_panel(ax: Axes, panel: ForestPanel) -> None:
    """Rows from top to bottom; the band of each row in its own strip, since sizes may differ."""
    ax.set_title(panel.title)
    set_effect_axis(ax, panel.rows, panel.unit, which="x")
    for position, row in enumerate(panel.rows):
        color = style.EVIDENCE_COLORS.get(row.evidence, style.INK)
        low, high = (_inside(v, ax.get_xlim()) for v in row.band)
        ax.fill_betweenx([position - 0.5, position + 0.5], low, high, color=style.BAND, lw=0)
        ax.plot(
            row.per_seed, [position] * len(row.per_seed), "o", ms=3, color=style.FAINT, zorder=2
        )
        ends = [_inside(v, ax.get_xlim()) for v in row.interval]
        ax.plot(ends, [position, position], color=color, lw=2.2, zorder=3)
        if math.isfinite(row.estimate):
            ax.plot([row.estimate], [position], "o", ms=6, color=color, zorder=4)
        text = f"{row.label}: {row.evidence}" if row.label else row.evidence
        ax.annotate(
            text, (0, position - 0.3), xycoords=("axes fraction", "data"), fontsize=9,
            color=color, va="center", xytext=(3, 0), textcoords="offset points",
        )  # fmt: skip
    ax.axvline(units.neutral(panel.unit.ratio), color=style.MUTED, lw=1, zorder=1)
    ax.set_ylim(len(panel.rows) - 0.5, -0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(effect_axis_label(panel.metric, panel.unit))


def effect_axis_label(metric: str, unit: units.Unit) -> str:
    """What the effect axis shows, with its unit."""
    name = units.metric_title(metric)
    if unit.share:
        return f"difference in share of the variance of {name} (points)"
    if unit.ratio:
        return f"times the {name}" if unit.time else f"ratio of {name}"
    return f"difference in {name} ({unit.many})" if unit.many else f"difference in {name}"


def set_effect_axis(ax: Axes, rows: tuple[EffectRow, ...], unit: units.Unit, *, which: str) -> None:
    """Limits that show every finite number and the band, and ticks in the reader's unit."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

    low, high = _limits(rows, unit)
    axis = ax.xaxis if which == "x" else ax.yaxis
    set_limits = ax.set_xlim if which == "x" else ax.set_ylim
    if unit.ratio:
        (ax.set_xscale if which == "x" else ax.set_yscale)("log")
        set_limits(low, high)
        ticks = style.ratio_ticks(low, high)
        axis.set_ticks(ticks)
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda v, _: units.short(v)))
        return
    set_limits(low, high)
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda v, _: _signed(v * unit.scale)))


def _signed(value: float) -> str:
    text = units.short(round(value, 9))
    return f"+{text}" if value > 1e-12 else text


def _limits(rows: tuple[EffectRow, ...], unit: units.Unit) -> tuple[float, float]:
    values = [units.neutral(unit.ratio)]
    for row in rows:
        values += [*row.interval, *row.band, *row.per_seed, row.estimate]
    finite = [v for v in values if math.isfinite(v) and (v > 0 or not unit.ratio)]
    if unit.ratio:
        low, high = math.log(min(finite)), math.log(max(finite))
        margin = 0.08 * (high - low or 0.1)
        return math.exp(low - margin), math.exp(high + margin)
    margin = 0.08 * (max(finite) - min(finite) or 1.0)
    return min(finite) - margin, max(finite) + margin


def _inside(value: float, limits: tuple[float, float]) -> float:
    """The value, or the limit beyond which it lies: endless intervals run to the edge."""
    return min(max(value, min(limits)), max(limits)) if not math.isnan(value) else math.nan
