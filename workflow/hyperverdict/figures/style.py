"""The look of all figures: narrow enough for a phone, colour-blind-safe, reproducible."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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

_SETTINGS: dict[str, Any] = {
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


def sentence_figure(sentence: str) -> Figure:
    """A figure that says in words why there is nothing to draw."""
    with look():
        figure = new_figure(1.1)
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
    from matplotlib.ticker import PercentFormatter

    axis = axes.yaxis if which == "y" else axes.xaxis
    low, high = axis.get_view_interval()
    axis.set_major_formatter(
        PercentFormatter(1.0, decimals=0 if high - low > 0.03 else 1, symbol=" %")
    )


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """The positions, moved up where needed so that neighbours are at least `gap` apart."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    moved = list(positions)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    if order:
        shift = sum(moved[i] - positions[i] for i in order) / len(order)
        moved = [m - shift for m in moved]
    return moved


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
