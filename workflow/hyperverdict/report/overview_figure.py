"""The overview picture as a figure file, for documents that hold no HTML."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.figures import style
from hyperverdict.figures.io import write
from hyperverdict.report.overview import Axis, Group, Overview, Row, Strip, overview
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.words.numbers import count

COLORS = {
    "supported": style.EVIDENCE_COLORS["supported"],
    "refuted": style.EVIDENCE_COLORS["refuted"],
    "negligible": style.EVIDENCE_COLORS["no meaningful effect"],
    "inconclusive": style.EVIDENCE_COLORS["inconclusive"],
}
# A row of a budget, and the line with the claim above the rows of a hypothesis.
ROW_INCHES, CLAIM_INCHES = 0.34, 0.3
TITLE_INCHES, AXIS_INCHES = 0.5, 0.85
WIDTH_INCHES = 9.0
# More rows than this make a figure longer than a page; the rest is counted.
MOST_ROWS = 40


def write_overview(report: StudyReport, path: Path) -> Path:
    """Draw the overview of a study into a file."""
    return write(draw_overview(overview(report)), path)


def draw_overview(shown: Overview) -> Figure:
    """All rows of the overview, at most the first `MOST_ROWS`."""
    if not shown.groups:
        return style.sentence_figure("This study claims nothing.")
    groups, left_out = _first(shown.groups)
    height = CLAIM_INCHES * len(groups) + ROW_INCHES * sum(max(1, len(g.rows)) for g in groups)
    with style.look():
        whole = height + TITLE_INCHES + AXIS_INCHES
        figure = Figure(figsize=(WIDTH_INCHES, whole))
        figure.subplots_adjust(
            left=0.01,
            right=0.99,
            top=1 - TITLE_INCHES / whole,
            bottom=AXIS_INCHES / whole,
            wspace=0.12,
        )
        widths = [1.9, *[2.6] * len(shown.axes), 2.4]
        axes = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
        for ax in axes:
            ax.set_ylim(height, 0)
            ax.set_facecolor("none")
        for ax in (axes[0], axes[-1]):
            ax.set_axis_off()
            ax.set_xlim(0, 1)
        for ax, axis in zip(axes[1:-1], shown.axes, strict=True):
            _set_axis(ax, axis)
        _draw_groups(axes, groups)
        note = f"{count(left_out, 'further row')} not shown. " if left_out else ""
        level = f"{shown.level} " if shown.level else ""
        figure.text(
            0.01, 0.06 / whole,
            f"{note}Point and line: effect with its {level}interval. Shaded: too small to matter. "
            "Arrow: the direction that is claimed.",
            fontsize=9, color=style.MUTED, va="bottom",
        )  # fmt: skip
    return figure


def _first(groups: tuple[Group, ...]) -> tuple[list[Group], int]:
    """The groups that fit, and how many rows are left out."""
    kept: list[Group] = []
    room = MOST_ROWS
    for group in groups:
        if room <= 0:
            break
        kept.append(group._replace(rows=group.rows[:room]))
        room -= max(1, len(group.rows))
    shown = sum(len(group.rows) for group in kept)
    return kept, sum(len(group.rows) for group in groups) - shown


def _set_axis(ax: Axes, axis: Axis) -> None:
    ax.set_xlim(0, 100)
    ax.set_title(style.fit(axis.title, 28, 2), fontsize=10)
    ax.set_xticks([tick.at for tick in axis.ticks], [tick.text for tick in axis.ticks])
    ax.set_yticks([])
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(f"← {axis.below}      {axis.above} →", color=style.MUTED)


def _draw_groups(axes: list[Axes], groups: list[Group]) -> None:
    y = 0.0
    for group in groups:
        y += CLAIM_INCHES
        claim = style.fit(f"{group.id}  {group.says}", 110, 1)
        axes[0].text(0, y - 0.08, claim, fontweight="bold", va="bottom")
        for row in group.rows:
            _draw_row(axes, row, y + ROW_INCHES / 2)
            y += ROW_INCHES
        if not group.rows:
            axes[-1].text(0, y + ROW_INCHES / 2, f"{group.badge.sign} {group.badge.text}")
            y += ROW_INCHES


def _draw_row(axes: list[Axes], row: Row, y: float) -> None:
    axes[0].text(0, y, style.fit(row.budget, 26, 1), va="center")
    color = COLORS.get(row.badge.style, style.INK)
    text = style.fit(f"{row.badge.sign} {row.badge.text}", 32, 2)
    axes[-1].text(0, y, text, va="center", color=color, fontweight="bold")
    if row.text and len(axes) > 2:
        axes[1].text(0, y, style.fit(row.text, 60, 2), va="center", fontsize=8.5)
    for ax, cell in zip(axes[1:-1], row.cells, strict=True):
        if cell.strip:
            _draw_strip(ax, cell.strip, y)


def _draw_strip(ax: Axes, strip: Strip, y: float) -> None:
    half, color = 0.4 * ROW_INCHES, COLORS.get(strip.style, style.INK)
    ax.fill_between(strip.band, y - half, y + half, color=style.BAND, lw=0, zorder=0)
    middle = sum(strip.band) / 2
    ax.plot([middle, middle], [y - half, y + half], color=style.MUTED, lw=1, zorder=1)
    if strip.arrow:
        ax.annotate(
            "", (middle + 9 * strip.arrow, y - 0.6 * half), (middle, y - 0.6 * half),
            arrowprops={"arrowstyle": "->", "color": style.MUTED, "lw": 1}, annotation_clip=False,
        )  # fmt: skip
    if strip.interval:
        ax.plot(strip.interval, [y, y], color=color, lw=2.2, zorder=2)
    ax.plot([strip.estimate], [y], "o", ms=6, color=color, zorder=3)
