"""Rows of marks on one axis: dots, an interval, a middle; the form of most figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.figures import style, svg, ticks
from hyperverdict.figures.drawn import Panel

ROW_INCHES, LINE_INCHES, AXIS_INCHES = 0.48, 0.17, 0.85
# Of a row, below its label.
MARKS_INCHES = 0.27
LABEL_WIDTH = 44
# An interval beyond this many times the other marks is cut at the edge.
WIDEST = 2.5


class MarkRow(NamedTuple):
    """One row, in stored units.

    Attributes:
        label: its name and number, above its marks; tip: what hovering tells.
        dots: single values; interval: its ends, None without one; middle: nan for none.
        band: what lies behind it: effects too small to matter, or a claimed range.
        claimed: the claimed range, drawn as an outline, or None.
    """

    label: str
    color: str
    middle: float
    interval: tuple[float, float] | None = None
    dots: tuple[float, ...] = ()
    band: tuple[float, float] | None = None
    claimed: tuple[float, float] | None = None
    marker: str = "o"
    tip: str = ""


class MarkAxis(NamedTuple):
    """The axis that all rows share.

    Attributes:
        title: what it shows, with its unit.
        scale: from stored to shown; suffix: after its numbers; signed: a plus before gains.
        ratio: on a log scale; neutral: where a line stands, None for none.
    """

    title: str
    scale: float = 1.0
    suffix: str = ""
    signed: bool = False
    ratio: bool = False
    neutral: float | None = None


def rows_panel(title: str, axis: MarkAxis, rows: Sequence[MarkRow], note: str = "") -> Panel:
    """The picture of rows, with their numbers for those who do not see it."""
    said = "; ".join(row.label for row in rows)
    return Panel(draw_rows(title, axis, rows, note), f"{title}. {said}.")


def draw_rows(title: str, axis: MarkAxis, rows: Sequence[MarkRow], note: str = "") -> Figure:
    """Rows from top to bottom, each with its label above its marks."""
    labels = [style.fit(row.label, LABEL_WIDTH, 3) for row in rows]
    heights = [ROW_INCHES + LINE_INCHES * label.count("\n") for label in labels]
    inches = AXIS_INCHES + sum(heights) + (0.35 if note else 0.0)
    inches += 0.2 if len(title) > style.TITLE_WIDTH else 0.0
    with style.look():
        figure = style.new_figure(inches)
        ax = figure.subplots()
        style.set_title(ax, title)
        _set_axis(ax, axis, rows)
        top = 0.0
        for row, label, height in zip(rows, labels, heights, strict=True):
            _draw_row(ax, row, label, top, height, axis)
            top += height
        ax.set_ylim(top, 0)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.grid(visible=False)
        ax.set_xlabel(style.fit(axis.title, 42))
        if note:
            style.footnote(figure, note)
    return figure


def _draw_row(
    ax: Axes, row: MarkRow, label: str, top: float, height: float, axis: MarkAxis
) -> None:
    limits = ax.get_xlim()
    gid = svg.tip(row.tip or row.label)
    # Below the label only: no text stands on marks.
    strip = [top + height - MARKS_INCHES, top + height]
    if row.band:
        low, high = (inside(v, limits) for v in row.band)
        ax.fill_betweenx(strip, low, high, color=style.BAND, lw=0, zorder=0)
    if row.claimed:
        low, high = (inside(v, limits) for v in row.claimed)
        ax.fill_betweenx(strip, low, high, fc="none", ec=style.MUTED, lw=1, ls="--", zorder=0)
    if axis.neutral is not None:
        ax.plot([axis.neutral] * 2, strip, color=style.MUTED, lw=1, zorder=1)
    y = top + height - 0.13
    shown = [v for v in row.dots if math.isfinite(v) and (v > 0 or not axis.ratio)]
    if shown:
        ax.plot(shown, [y] * len(shown), "o", ms=3.2, color=style.FAINT, mew=0, zorder=2)
    if row.interval and not any(map(math.isnan, row.interval)):
        ends = [inside(v, limits) for v in row.interval]
        ax.plot(ends, [y, y], color=row.color, lw=2.4, zorder=3, gid=gid)
        _draw_cuts(ax, row, y)
    if math.isfinite(row.middle):
        ax.plot([row.middle], [y], row.marker, ms=7, color=row.color, zorder=4, gid=gid)
    ax.annotate(
        label, (0, top + 0.02), xycoords=("axes fraction", "data"), fontsize=style.SMALL,
        color=style.INK, va="top", xytext=(1, 0), textcoords="offset points",
    )  # fmt: skip


def _draw_cuts(ax: Axes, row: MarkRow, y: float) -> None:
    """A pointed end where an interval goes on beyond the axis."""
    low, high = ax.get_xlim()
    first, last = row.interval or (low, high)
    for beyond, place, marker in ((first < low, low, "<"), (last > high, high, ">")):
        if beyond:
            ax.plot([place], [y], marker, ms=6, color=row.color, clip_on=False, zorder=3)


def _set_axis(ax: Axes, axis: MarkAxis, rows: Sequence[MarkRow]) -> None:
    low, high = _limits(rows, axis)
    if axis.ratio:
        ax.set_xscale("log")
        ax.set_xlim(low, high)
        ticks.log_axis(ax, "x", most=5)
    else:
        ax.set_xlim(low, high)
        ticks.number_axis(ax, "x", axis.scale, axis.suffix, most=5, signed=axis.signed)


def _limits(rows: Sequence[MarkRow], axis: MarkAxis) -> tuple[float, float]:
    """Limits that show all marks and bands; intervals as far as they leave these readable."""
    firm = [] if axis.neutral is None else [axis.neutral]
    for row in rows:
        firm += [row.middle, *row.dots, *(row.band or ()), *(row.claimed or ())]
    ends = [end for row in rows for end in row.interval or ()]
    kept, loose = _judged(firm, axis.ratio), _judged(ends, axis.ratio)
    if not kept:
        kept = loose or [0.0]
    middle = (min(kept) + max(kept)) / 2
    reach = WIDEST * ((max(kept) - min(kept)) / 2 or 1.0)
    wide = [min(max(end, middle - reach), middle + reach) for end in loose]
    low, high = min([*kept, *wide]), max([*kept, *wide])
    margin = 0.06 * (high - low or 1.0)
    low, high = low - margin, high + margin
    return (math.exp(low), math.exp(high)) if axis.ratio else (low, high)


def _judged(values: Iterable[float], ratio: bool) -> list[float]:
    finite = [v for v in values if math.isfinite(v) and (v > 0 or not ratio)]
    return [math.log(v) for v in finite] if ratio else finite


def inside(value: float, limits: tuple[float, float]) -> float:
    """The value, or the limit beyond which it lies: endless intervals run to the edge."""
    return min(max(value, min(limits)), max(limits)) if not math.isnan(value) else math.nan
