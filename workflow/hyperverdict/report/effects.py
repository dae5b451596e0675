"""One effect in words: its size with its unit, its interval, its test."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hyperverdict.claims.base import Effect, Leg
from hyperverdict.figures import units
from hyperverdict.figures.units import Unit

# How the fitted change of a trend is named.
FITTED = "fitted change from "


@dataclass(frozen=True)
class Told:
    """An effect's numbers in words.

    Attributes:
        change: "2.3 points higher", "3.4 times faster" or "the same".
        interval: "1.6 to 2.7 points" or "0.3 points lower to 2.7 points higher".
        level: "95 %".
    """

    change: str
    interval: str
    level: str

    @property
    def bracket(self) -> str:
        """The interval as an aside after the change."""
        return f"({self.level} interval {self.interval})"


def tell(effect: Effect, unit: Unit) -> Told:
    """The effect's change and interval in words."""
    level = units.confidence_text(effect.alpha)
    low, high = effect.ci1
    if math.isnan(effect.estimate):
        return Told("not known", "unknown", level)
    if unit.ratio:
        return Told(_ratio_change(effect.estimate, unit), _ratio_interval(low, high, unit), level)
    decimals = units.decimals_for((high - low) * unit.scale, at_most=4)
    change = _change(effect.estimate, unit, decimals)
    return Told(change, _interval(low, high, unit, decimals), level)


def _change(value: float, unit: Unit, decimals: int) -> str:
    if round(value * unit.scale, decimals) == 0:
        return "the same"
    return f"{units.amount(value, unit, decimals)} {unit.higher if value > 0 else unit.lower}"


def _interval(low: float, high: float, unit: Unit, decimals: int) -> str:
    if math.isinf(low) and math.isinf(high):
        return "without bounds"
    if low >= 0 or high <= 0:
        near, far = sorted((abs(low), abs(high)))
        return f"{units.number(near * unit.scale, decimals)} to {units.amount(far, unit, decimals)}"
    below, above = (units.amount(v, unit, decimals) for v in (low, high))
    return f"{below} {unit.lower} to {above} {unit.higher}"


def _ratio_change(ratio: float, unit: Unit) -> str:
    if abs(ratio - 1) < 0.005:
        return "the same"
    if unit.time:
        return f"{_times(units.factor(ratio))} times {unit.higher if ratio > 1 else unit.lower}"
    return f"{_times(ratio)} times as high"


def _ratio_interval(low: float, high: float, unit: Unit) -> str:
    if low <= 0 or math.isinf(high):
        return "without bounds"
    if not unit.time:
        return f"{_times(low)} to {_times(high)} times"
    if low >= 1 or high <= 1:
        near, far = sorted((units.factor(low), units.factor(high)))
        return f"{_times(near)} to {_times(far)} times"
    return f"{_times(1 / low)} times {unit.lower} to {_times(high)} times {unit.higher}"


def _times(value: float) -> str:
    """A factor: two decimals near 1, one up to 100."""
    return units.number(value, 2 if value < 3 else 1 if value < 100 else 0)


def subject(effect: Effect, unit: Unit, kind: str) -> str:
    """What the change is said of: "test accuracy", "training"."""
    if unit.time:
        return "training"
    if kind == "learning curve" and effect.metric in ("accuracy", "error", "loss"):
        return f"validation {effect.metric}"
    return units.metric_title(effect.metric)


def sentence(effect: Effect, unit: Unit, kind: str) -> str:
    """The effect as one sentence with its interval."""
    told = tell(effect, unit)
    context = f"With {units.plain(effect.context)}, " if effect.context else ""
    return _upper(f"{context}{_said(effect, unit, kind, told)} {told.bracket}.")


def _said(effect: Effect, unit: Unit, kind: str, told: Told) -> str:
    to, dash, start = effect.name.partition(" - ")
    simple = bool(dash) and " - " not in start and "(" not in effect.name
    what, to, start = subject(effect, unit, kind), units.plain(to), units.plain(start)
    same = told.change == "the same"
    if effect.name.startswith(FITTED):
        first, _, last = units.plain(effect.name.removeprefix(FITTED)).partition(" to ")
        size = "at the same value" if same else told.change
        return (
            f"the line fitted over the levels puts {what} {size} at {last} {_as(same)} at {first}"
        )
    if not simple:
        size = "zero" if same else told.change
        return f"the contrast “{units.plain(effect.name)}” in {what} was {size}"
    if kind == "importance":
        if same:
            return f"{to} and {start} explained equal shares of the variance in {what}"
        return f"{to} explained {told.change} of the variance in {what} than {start}"
    if kind == "learning curve":
        verb = "did not change" if same else f"became {told.change}"
        return f"from {start} to {to}, {what} {verb}"
    if same:
        return f"{what} was on average the same with {to} as with {start}"
    return f"{what} was {told.change} with {to} than with {start}"


def test_sentence(effect: Effect, unit: Unit) -> str:
    """Test, n, statistic and p value of one effect."""
    if effect.n < 2 or math.isnan(effect.t):
        return "With fewer than two seeds per arm no test is possible."
    if effect.paired:
        what = "logarithms of the ratios" if effect.ratio else "differences"
        test = f"A two-sided one-sample t test on the {effect.n} {what} per seed"
    else:
        test = f"Welch’s two-sided t test on unpaired seeds (at least {effect.n} per arm)"
    df = effect.df if math.isfinite(effect.df) else effect.n - 1
    gives = f"gives t({units.short(df)}) = {units.number(effect.t, 2)}, {units.p_text(effect.p)}"
    size = units.matters_text(effect.delta, unit)
    if math.isnan(effect.p_equivalence):
        return f"{test} {gives}."
    small = f"the test that {_small(effect, unit, size)} gives {units.p_text(effect.p_equivalence)}"
    return f"{test} {gives}; {small}."


def _small(effect: Effect, unit: Unit, size: str) -> str:
    """What the test behind `p_equivalence` would prove."""
    if effect.direction == "not_lower":
        return f"it is not {unit.lower} by {size} or more"
    if effect.direction == "not_higher":
        return f"it is not {unit.higher} by {size} or more"
    return f"the effect is smaller than {size}"


def deciding_effect(leg: Leg) -> Effect | None:
    """The effect that the leg's verdict hangs on.

    The weakest of a supported leg, else the first whose evidence is the leg's.
    """
    if not leg.effects:
        return None
    same = [effect for effect in leg.effects if effect.evidence == leg.evidence]
    if leg.evidence == "supported" and same:
        return max(same, key=lambda effect: effect.p if not math.isnan(effect.p) else 1.0)
    return (same or list(leg.effects))[0]


def _as(same: bool) -> str:
    return "as" if same else "than"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
