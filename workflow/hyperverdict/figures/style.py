"""The look of all figures: as wide as a phone, colour-blind-safe, the same bytes every time."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.figures import palette
from hyperverdict.figures.data import ArmTexts
from hyperverdict.figures.palette import light
from hyperverdict.figures.runs import DASHES, MARKERS
from hyperverdict.figures.ticks import number_axis, ratio_ticks
from hyperverdict.words.safe import cut, xml

__all__ = ["ARM_DASHES", "MARKERS", "ratio_ticks"]

# A figure is 340 units wide. Where a phone's page is 358 px wide, text of 11 units is 11.6 px high.
WIDTH_INCHES = 340 / 72
SIZE, SMALL = 12, 11

INK, MUTED, FAINT = light("--ink"), light("--soft"), light("--faint")
BAND, GRID, PAPER = light("--band"), light("--grid"), light("--paper")
ARM_COLORS = tuple(map(light, palette.ARMS))
ARM_DASHES = DASHES
EVIDENCE_COLORS: Mapping[str, str] = {
    evidence: light(name) for evidence, name in palette.EVIDENCE.items()
}

# Labels beside the axes: more or longer ones go into a legend.
MOST_BESIDE = 8
LONGEST_BESIDE = 16
LONGEST_IN_LEGEND = 42
TITLE_WIDTH = 36

_SETTINGS: dict[str, Any] = {
    # Labels hold any text: a dollar sign starts no formula.
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "hyperverdict",
    "font.family": "sans-serif",
    # Verdana and DejaVu Sans have nearly the same widths, so the layout holds in browsers.
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Geneva"],
    "font.size": SIZE,
    "axes.titlesize": SIZE,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": SMALL,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": SMALL,
    "legend.title_fontsize": SMALL,
    "text.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "figure.constrained_layout.h_pad": 0.06,
    "lines.solid_capstyle": "round",
}


@contextmanager
def look() -> Iterator[None]:
    """The settings under which figures are built and written: seaborn's, then ours.

    Setting and restoring all of them takes a tenth of the time of a figure: inside itself it does
    nothing.
    """
    import seaborn as sns

    if mpl.rcParams["svg.hashsalt"] == _SETTINGS["svg.hashsalt"]:
        yield
        return
    with mpl.rc_context({**cast(Any, sns.axes_style("whitegrid")), **cast(Any, _SETTINGS)}):
        yield


def new_figure(height_inches: float) -> Figure:
    """An empty figure of the common width."""
    return Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")


def footnote(figure: Figure, text: str) -> None:
    """A line below all axes that says what the marks mean."""
    figure.supxlabel(fit(text, 46), x=0.01, ha="left", fontsize=SMALL, color=MUTED)


def sentence_figure(sentence: str) -> Figure:
    """A figure that says in words why there is nothing to draw; a page leaves it out."""
    with look():
        figure = new_figure(1.1)
        figure.text(0.5, 0.5, fit(sentence, 46, 4), ha="center", va="center", color=MUTED)
    return figure


def arm_colors(labels: Sequence[str]) -> dict[str, Any]:
    """One colour per arm of a figure that knows no study; see `Runs.look` for those that do."""
    return {label: ARM_COLORS[i % len(ARM_COLORS)] for i, label in enumerate(labels)}


def arm_dashes(labels: Sequence[str]) -> dict[str, Any]:
    """One dash pattern per arm, so that arms stay apart in grey print."""
    return {label: ARM_DASHES[i % len(ARM_DASHES)] for i, label in enumerate(labels)}


def percent_axis(axes: Axes, which: str) -> None:
    """Writes a fraction's axis in percent."""
    number_axis(axes, which, 100.0, "%")


def spread(
    positions: Sequence[float], gap: float, low: float = -math.inf, high: float = math.inf
) -> list[float]:
    """The positions, moved where needed so that neighbours are `gap` apart, inside the limits."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    moved = list(positions)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    if not order:
        return moved
    shift = sum(moved[i] - positions[i] for i in order) / len(order)
    shift = max(shift, moved[order[-1]] - high)
    shift = min(shift, moved[order[0]] - low)
    return [place - shift for place in moved]


def fit(text: str, width: int, lines: int = 2) -> str:
    """The text in lines of `width` characters; its middle is cut out where that is too little."""
    return textwrap.fill(cut(xml(text), width * lines), width)


def set_title(ax: Axes, text: str) -> None:
    """A title that stays inside the figure."""
    ax.set_title(fit(text, TITLE_WIDTH))


def fits_beside(texts: ArmTexts) -> bool:
    """Whether names are few and short enough to stand beside the axes instead of a legend."""
    titles = texts.titles.values()
    return len(titles) <= MOST_BESIDE and max(map(len, titles), default=0) <= LONGEST_BESIDE


def legend_inches(texts: ArmTexts) -> float:
    """Height of the legend that stands in for names beside the axes."""
    if fits_beside(texts):
        return 0.0
    names = legend_names(texts, texts.short)
    lines = sum(max(name.count("\n") + 1 for name in row) for row in _rows(names))
    return 0.21 * lines + 0.4


def legend_names(texts: ArmTexts, labels: Iterable[str]) -> list[str]:
    """The names of arms as legends write them."""
    return [fit(texts.short[label], LONGEST_IN_LEGEND) for label in labels]


def _rows(names: Sequence[str]) -> list[Sequence[str]]:
    columns = legend_columns(names)
    return [names[i : i + columns] for i in range(0, len(names), columns)]


def legend_columns(names: Sequence[str]) -> int:
    """How many of these names fit beside one another."""
    longest = max((len(line) for name in names for line in name.split("\n")), default=0)
    return 4 if longest <= 6 else 3 if longest <= 10 else 2 if longest <= 18 else 1


def label_beside(
    ax: Axes, ends: Mapping[str, float], colors: Mapping[str, Any], texts: ArmTexts
) -> None:
    """Names in ink at the right of the axes, joined in their colours to their lines' ends."""
    low, high = ax.get_ylim()
    heights = spread(list(ends.values()), 0.11 * (high - low), low, high)
    across = ax.get_yaxis_transform()
    for label, height in zip(ends, heights, strict=True):
        ax.plot(
            [1.0, 1.035], [ends[label], height], color=colors[label], lw=2, clip_on=False,
            transform=across, solid_capstyle="butt",
        )  # fmt: skip
        ax.annotate(
            xml(texts.titles[label]), (1.035, height), xycoords=("axes fraction", "data"),
            fontsize=SMALL, color=INK, va="center", xytext=(3, 0), textcoords="offset points",
            annotation_clip=False,
        )  # fmt: skip


def legend_below(
    figure: Figure, handles: Mapping[str, Any], texts: ArmTexts, note: str = ""
) -> None:
    """A legend below all axes, for names that are too many or too long to stand beside."""
    names = legend_names(texts, handles)
    heading = "\n".join(filter(None, (note, fit(texts.factors, LONGEST_IN_LEGEND))))
    legend = figure.legend(
        list(handles.values()), names, title=heading, loc="outside lower left",
        ncols=legend_columns(names), frameon=False, alignment="left", handlelength=1.8,
        columnspacing=1.0, labelspacing=0.25,
    )  # fmt: skip
    legend.get_title().set_color(MUTED)
