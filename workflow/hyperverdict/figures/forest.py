"""Effects with their intervals against the band of sizes that do not matter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.effects.contrast import Contrast
from hyperverdict.figures import style
from hyperverdict.figures.data import EffectRow, by_metric, named_rows, verdict_title
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.words.numbers import Unit, digits, unit_of

if TYPE_CHECKING:
    from hyperverdict.records.collect import Tables

ROW_INCHES, LINE_INCHES = 0.44, 0.15
LABEL_WIDTH = 70
FOOTNOTE = "dots: single values; bar: confidence interval; shaded: too small to matter"
FOOTNOTE_INCHES = 0.25
BAND = "The shaded band holds effects too small to matter."


class ForestPanel(NamedTuple):
    """Effects in one unit, drawn under one another; `axis` says what they are."""

    title: str
    axis: str
    unit: Unit
    rows: tuple[EffectRow, ...]


class ForestInfo(NamedTuple):
    """One panel per budget and metric."""

    hypothesis: str
    panels: tuple[ForestPanel, ...]


def forest_info(report: HypothesisReport) -> ForestInfo:
    """Every effect of every budget."""
    panels = [
        forest_panel(verdict_title(verdict), effects[0].contrast, named_rows(effects))
        for verdict in report.verdicts
        for _, effects in by_metric(verdict)
    ]
    return ForestInfo(report.id, tuple(panel for panel in panels if panel.rows))


def forest_panel(title: str, contrast: Contrast, rows: tuple[EffectRow, ...]) -> ForestPanel:
    """A panel of effects in the unit of this contrast."""
    return ForestPanel(title, axis_label(contrast), unit_of(contrast), rows)


def draw(report: HypothesisReport, tables: Tables) -> Figure:
    """The forest figure; it needs no table."""
    return draw_info(forest_info(report))


def caption(report: HypothesisReport) -> str:
    """What its marks mean."""
    return f"Every effect with its interval and its single values. {BAND}"


def draw_info(info: ForestInfo) -> Figure:
    """The forest figure of its info."""
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
    lines = max(style.fit(row.label, LABEL_WIDTH).count("\n") for row in panel.rows)
    return 0.95 + (ROW_INCHES + LINE_INCHES * lines) * len(panel.rows)


def draw_panel(ax: Axes, panel: ForestPanel) -> None:
    """Rows from top to bottom; the band of each row in its own strip, since sizes may differ."""
    style.set_title(ax, panel.title)
    set_effect_axis(ax, panel.rows, panel.unit, which="x")
    for position, row in enumerate(panel.rows):
        color = style.EVIDENCE_COLORS.get(row.evidence, style.INK)
        low, high = (inside(v, ax.get_xlim()) for v in row.band)
        ax.fill_betweenx([position - 0.5, position + 0.5], low, high, color=style.BAND, lw=0)
        height = position + 0.15
        ax.plot(row.per_seed, [height] * len(row.per_seed), "o", ms=3, color=style.FAINT, zorder=2)
        ends = [inside(v, ax.get_xlim()) for v in row.interval]
        ax.plot(ends, [height, height], color=color, lw=2.2, zorder=3)
        if math.isfinite(row.estimate):
            ax.plot([row.estimate], [height], "o", ms=6, color=color, zorder=4)
        ax.annotate(
            style.fit(row.label, LABEL_WIDTH), (0, position - 0.47),
            xycoords=("axes fraction", "data"), fontsize=9, color=color, va="top", xytext=(3, 0),
            textcoords="offset points",
        )  # fmt: skip
    ax.axvline(1.0 if panel.unit.ratio else 0.0, color=style.MUTED, lw=1, zorder=1)
    ax.set_ylim(len(panel.rows) - 0.5, -0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(style.fit(panel.axis, 60))


def axis_label(contrast: Contrast) -> str:
    """What the axis of effects shows, with its unit."""
    name, unit = contrast.metric.title, unit_of(contrast)
    of = {"share": f"share of the variance in {name}", "interaction": f"effect on {name}"}
    what = of.get(contrast.kind, name)
    if unit.ratio:
        return f"times the {what}"
    return f"difference in {what} ({unit.many})" if unit.many else f"difference in {what}"


def set_effect_axis(ax: Axes, rows: tuple[EffectRow, ...], unit: Unit, *, which: str) -> None:
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
        axis.set_major_formatter(FuncFormatter(lambda v, _: digits(v, 4)))
        return
    set_limits(low, high)
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda v, _: _signed(v * unit.scale)))


def _signed(value: float) -> str:
    text = digits(round(value, 9), 4)
    return f"+{text}" if value > 1e-12 else text


def _limits(rows: tuple[EffectRow, ...], unit: Unit) -> tuple[float, float]:
    values = [1.0 if unit.ratio else 0.0]
    for row in rows:
        values += [*row.interval, *row.band, *row.per_seed, row.estimate]
    finite = [v for v in values if math.isfinite(v) and (v > 0 or not unit.ratio)]
    if unit.ratio:
        low, high = math.log(min(finite)), math.log(max(finite))
        margin = 0.08 * (high - low or 0.1)
        return math.exp(low - margin), math.exp(high + margin)
    margin = 0.08 * (max(finite) - min(finite) or 1.0)
    return min(finite) - margin, max(finite) + margin


def inside(value: float, limits: tuple[float, float]) -> float:
    """The value, or the limit beyond which it lies: endless intervals run to the edge."""
    return min(max(value, min(limits)), max(limits)) if not math.isnan(value) else math.nan
