"""Ticks in equal steps, written exactly: a label never rounds the place where it stands."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, Formatter, MaxNLocator, NullLocator

from hyperverdict.words.numbers import number

# No tick needs more decimals in the reader's unit.
MOST_DECIMALS = 9


def decimals_of(values: Sequence[float]) -> int:
    """The fewest decimals that write all values exactly, up to the noise of floats."""
    size = max((abs(value) for value in values), default=0.0)
    for decimals in range(MOST_DECIMALS):
        if all(abs(round(v, decimals) - v) <= 1e-9 * max(size, 1e-12) for v in values):
            return decimals
    return MOST_DECIMALS


class Exact(Formatter):
    """Labels of ticks with as many decimals as their places need, all the same.

    Attributes:
        scale: from stored to shown; suffix: after every number; signed: a plus before gains.
        same: whether all ticks have the same decimals; not on log axes.
    """

    def __init__(
        self, scale: float = 1.0, suffix: str = "", *, signed: bool = False, same: bool = True
    ) -> None:
        self.scale, self.suffix, self.signed, self.same = scale, suffix, signed, same

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of one tick, wherever it stands."""
        return self._text(x, decimals_of([x * self.scale]))

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """The labels of all ticks of an axis."""
        if not self.same:
            return [self(value) for value in values]
        decimals = decimals_of([value * self.scale for value in values])
        return [self._text(value, decimals) for value in values]

    def _text(self, x: float, decimals: int) -> str:
        value = round(x * self.scale, MOST_DECIMALS)
        plus = "+" if self.signed and value > 0 else ""
        return f"{plus}{number(value, decimals)}{self.suffix}"


def number_axis(
    ax: Axes, which: str, scale: float = 1.0, suffix: str = "", *, most: int = 5,
    signed: bool = False,
) -> None:  # fmt: skip
    """Round ticks in equal steps on a linear axis, at most `most` steps.

    Args:
        which: "x" or "y".
        scale: from stored values to shown ones: 100 for percent and points.
    """
    axis = _axis(ax, which)
    axis.set_major_locator(Round(scale, most))
    axis.set_major_formatter(Exact(scale, suffix, signed=signed))


class Round(MaxNLocator):
    """Ticks that are round as shown: steps of 1, 2 or 5 times a power of ten."""

    def __init__(self, scale: float, most: int) -> None:
        super().__init__(most, steps=[1, 2, 5, 10], min_n_ticks=2)
        self.scale = scale

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Those of the shown values."""
        ticks = super().tick_values(vmin * self.scale, vmax * self.scale)
        return [float(tick) / self.scale for tick in ticks]


def log_axis(ax: Axes, which: str, *, most: int = 6) -> None:
    """A log scale with a few round ticks, written exactly."""
    axis = _axis(ax, which)
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(FixedLocator(ratio_ticks(low, high, most)))
    axis.set_major_formatter(Exact(same=False))
    axis.set_minor_locator(NullLocator())


def _axis(ax: Axes, which: str) -> Axis:
    return ax.xaxis if which == "x" else ax.yaxis


def ratio_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` + 1 round numbers between two positive limits of a log axis, three or more.

    Over less than a factor of ten they stand in equal steps, else at equal or similar ratios.
    """
    if high / low >= 10:
        decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        for steps in ((1,), (1, 3), (1, 2, 5)):
            found = [m * 10.0**d for d in decades for m in steps if low <= m * 10.0**d <= high]
            if len(found) >= 3:
                return found[:: max(1, math.ceil(len(found) / most))]
    for number_of_steps in range(min(most, 4), 12):
        locator = MaxNLocator(number_of_steps, steps=[1, 2, 5, 10])
        ticks = [float(tick) for tick in locator.tick_values(low, high) if low <= tick <= high]
        if len(ticks) >= 3:
            break
    return ticks
