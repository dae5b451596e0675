"""The look of all figures: narrow enough for a phone, colour-blind-safe, reproducible."""

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

from hyperverdict.figures.data import ArmTexts
from hyperverdict.figures.text import shown

# At 390 px a figure of this width shows its 10 pt text at about 9 px.
WIDTH_INCHES = 5.2

INK = "#222222"
MUTED = "#6b6b6b"
FAINT = "#c9c9c9"
BAND = "#e9e4d4"

# Okabe and Ito's palette without yellow and with darker sky, distinct under colour blindness.
ARM_COLORS = ("#0072B2", "#D55E00", "#009E73", "#A8518A", "#B77900", "#2C7FA6", "#444444")
ARM_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P")

EVIDENCE_COLORS: Mapping[str, str] = {
    "supported": "#0072B2",
    "refuted": "#C44E00",
    "no meaningful effect": "#444444",
    "inconclusive": "#8a6d00",
    "true by arithmetic": "#0072B2",
    "estimated": "#6b6b6b",
}

# Labels beside the axes: more or longer ones go into a legend.
MOST_BESIDE = 8
LONGEST_BESIDE = 18
LONGEST_IN_LEGEND = 64

_SETTINGS: dict[str, Any] = {
    # Labels hold any text: a dollar sign starts no formula.
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "hyperverdict",
    "font.family": "sans-serif",
    # Verdana and DejaVu Sans have nearly the same widths, so the layout holds in browsers.
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Geneva"],
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": "#ececec",
    "grid.linewidth": 0.8,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.h_pad": 0.06,
    "lines.solid_capstyle": "round",
}


@contextmanager
def look() -> Iterator[None]:
    """The settings under which figures are built and written."""
    with mpl.rc_context(cast(Any, _SETTINGS)):
        yield


def new_figure(height_inches: float) -> Figure:
    """An empty figure of the common width."""
    return Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")


def footnote(figure: Figure, text: str) -> None:
    """A line below all axes that says what the marks mean."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=8.5, color=MUTED)


class SentenceFigure(Figure):
    """A figure that says in words why there is nothing to draw."""

    sentence: str = ""


def sentence_figure(sentence: str) -> SentenceFigure:
    """A figure that says in words why there is nothing to draw; a page leaves it out."""
    with look():
        figure = SentenceFigure(figsize=(WIDTH_INCHES, 1.1), layout="constrained")
        figure.sentence = sentence
        lines = textwrap.fill(sentence, 58)
        figure.text(0.5, 0.5, lines, ha="center", va="center", color=MUTED, fontsize=11)
    return figure


def arm_colors(labels: Sequence[str]) -> dict[str, Any]:
    """One colour per arm: the palette for few, a dark-to-light ramp for many."""
    if len(labels) <= len(ARM_COLORS):
        return dict(zip(labels, ARM_COLORS, strict=False))
    import seaborn as sns

    return dict(
        zip(labels, sns.color_palette("viridis", len(labels) + 2)[: len(labels)], strict=True)
    )


def arm_dashes(labels: Sequence[str]) -> dict[str, Any]:
    """One dash pattern per arm, so that arms stay apart in grey print."""
    return {label: ARM_DASHES[i % len(ARM_DASHES)] for i, label in enumerate(labels)}


def percent_axis(axes: Axes, which: str) -> None:
    """Writes a fraction's axis in percent."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axis = axes.yaxis if which == "y" else axes.xaxis
    low, high = axis.get_view_interval()
    axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(
        PercentFormatter(1.0, decimals=0 if high - low > 0.03 else 1, symbol="%")
    )


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
    text = shown(text)
    if len(text) > width * lines:
        kept = (width * lines - 3) // 2
        text = f"{text[:kept]} … {text[-kept:]}"
    return textwrap.fill(text, width)


def set_title(ax: Axes, text: str) -> None:
    """A title that stays inside the figure."""
    ax.set_title(fit(text, 60))


def fits_beside(texts: ArmTexts) -> bool:
    """Whether names are few and short enough to stand beside the axes instead of a legend."""
    titles = texts.titles.values()
    return len(titles) <= MOST_BESIDE and max(map(len, titles), default=0) <= LONGEST_BESIDE


def legend_inches(texts: ArmTexts) -> float:
    """Height of the legend that stands in for names beside the axes."""
    if fits_beside(texts):
        return 0.0
    names = _legend_names(texts, texts.short)
    lines = sum(max(name.count("\n") + 1 for name in row) for row in _rows(names))
    return 0.165 * lines + 0.35


def _legend_names(texts: ArmTexts, labels: Iterable[str]) -> list[str]:
    return [fit(texts.short[label], LONGEST_IN_LEGEND) for label in labels]


def _rows(names: Sequence[str]) -> list[Sequence[str]]:
    columns = _columns(names)
    return [names[i : i + columns] for i in range(0, len(names), columns)]


def _columns(names: Sequence[str]) -> int:
    longest = max((len(line) for name in names for line in name.split("\n")), default=0)
    return 4 if longest <= 10 else 3 if longest <= 18 else 2 if longest <= 30 else 1


def label_beside(
    ax: Axes, ends: Mapping[str, float], colors: Mapping[str, Any], texts: ArmTexts
) -> None:
    """Names in their colours at the right of the axes, each at the height of its line's end."""
    low, high = ax.get_ylim()
    heights = spread(list(ends.values()), 0.09 * (high - low), low, high)
    for label, height in zip(ends, heights, strict=True):
        ax.annotate(
            texts.titles[label], (1, height), xycoords=("axes fraction", "data"), fontsize=9,
            color=colors[label], va="center", xytext=(4, 0), textcoords="offset points",
            annotation_clip=False,
        )  # fmt: skip


def legend_below(
    figure: Figure, handles: Mapping[str, Any], texts: ArmTexts, note: str = ""
) -> None:
    """A legend below all axes, for names that are too many or too long to stand beside."""
    names = _legend_names(texts, handles)
    legend = figure.legend(
        list(handles.values()), names, title="\n".join(filter(None, (note, texts.factors))),
        loc="outside lower left", ncols=_columns(names), frameon=False, fontsize=8,
        title_fontsize=8.5, alignment="left", handlelength=1.6, columnspacing=1.0,
        labelspacing=0.25,
    )  # fmt: skip
    legend.get_title().set_color(MUTED)


def ratio_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two positive limits of a log axis, few enough to read."""
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    for steps in (
        (1,),
        (1, 3),
        (1, 2, 5),
        (1, 1.5, 2, 3, 5, 7),
        (1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 8, 9),
    ):
        ticks = [m * 10.0**d for d in decades for m in steps if low <= m * 10.0**d <= high]
        if len(ticks) >= 3:
            return ticks[:: max(1, math.ceil(len(ticks) / 6))]
    return sorted({low, math.sqrt(low * high), high})
