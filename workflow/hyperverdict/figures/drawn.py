"""What the module of a figure gives: its panels, its words, the values that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = str | int | float | None


class Values(NamedTuple):
    """The values that a figure shows, for its CSV file: column names and rows of as many cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Panel(NamedTuple):
    """One picture of a figure, a file of its own.

    Attributes:
        label: what tells it from the figure's other panels, for those who do not see it.
    """

    figure: Figure
    label: str = ""


class Drawn(NamedTuple):
    """One figure of one hypothesis or heatmap.

    Attributes:
        title: the finding with effect and budget.
        caption: what its marks mean; text: what it shows, with its numbers, instead of the picture.
        panels: name (`FigureKind.panels`) -> panel; a panel without anything to show is left out.
        values: what is drawn.
        nothing: why there is nothing to draw; then the page leaves the figure out.
        failed: whether drawing failed; `nothing` says how, and the page says it too.
    """

    title: str
    caption: str
    text: str
    panels: Mapping[str, Panel]
    values: Values
    nothing: str = ""
    failed: bool = False


def nothing(because: str, *, failed: bool = False) -> Drawn:
    """A figure that has nothing to show, and why, as a sentence."""
    return Drawn("", because, because, {}, Values((), ()), because, failed)
