"""One effect in words: its size with its unit, its interval, its test."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hyperverdict.claims.model import Effect, Leg
from hyperverdict.words import numbers as units
from hyperverdict.words.contrasts import EFFECT_WITH, FITTED
from hyperverdict.words.numbers import Unit

SAME = "the same"


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
    if not measured(effect):
        return Told("not known", "not known", level)
    return Told(_change(effect, unit), interval_text(effect.ci1, unit), level)


def measured(effect: Effect) -> bool:
    """Whether there is an estimate at all."""
    return not math.isnan(effect.estimate)


def _change(effect: Effect, unit: Unit) -> str:
    value = effect.estimate
    if unit.ratio:
        if abs(value - 1) < 0.005:
            return SAME
        if unit.time:
            return f"{_times(units.factor(value))} times {unit.higher if value > 1 else unit.lower}"
        return f"{_times(value)} times {unit.as_much}"
    decimals = _decimals(effect.ci1, unit)
    if round(value * unit.scale, decimals) == 0:
        return SAME
    return f"{units.amount(value, unit, decimals)} {unit.higher if value > 0 else unit.lower}"


def interval_text(interval: tuple[float, float], unit: Unit, decimals: int | None = None) -> str:
    """An interval without signs: ends on both sides of zero name their directions."""
    low, high = interval
    if math.isinf(low) or math.isinf(high) or (unit.ratio and low <= 0):
        return "without bounds"
    if unit.ratio:
        return _ratio_interval(low, high, unit)
    decimals = _decimals(interval, unit) if decimals is None else decimals
    if low >= 0 or high <= 0:
        near, far = sorted((abs(low), abs(high)))
        return f"{units.number(near * unit.scale, decimals)} to {units.amount(far, unit, decimals)}"
    below, above = (units.amount(v, unit, decimals) for v in (low, high))
    return f"{below} {unit.lower} to {above} {unit.higher}"


def _decimals(interval: tuple[float, float], unit: Unit) -> int:
    """Decimals for an interval and its estimate; one more where an end would read as zero."""
    decimals = units.decimals_for((interval[1] - interval[0]) * unit.scale)
    zeros = (end != 0 and round(end * unit.scale, decimals) == 0 for end in interval)
    return decimals + any(zeros)


def _ratio_interval(low: float, high: float, unit: Unit) -> str:
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
    """The effect, under its shown name, as one sentence with its interval.

    A negligible effect also gets the interval that proves it.
    """
    what = subject(effect, unit, kind)
    context = f"with {units.plain(effect.context)}, " if effect.context else ""
    if not measured(effect):
        name = units.plain(effect.name)
        return upper(f"{context}no finished pair of runs tells {what} for “{name}”.")
    told = tell(effect, unit)
    said = upper(f"{context}{_said(effect, unit, kind, told)} {told.bracket}")
    if effect.between is not None:
        said += f"; the claim says {_claimed_size(effect, unit)}"
    if effect.evidence != "no meaningful effect":
        return f"{said}."
    level = units.confidence_text(min(1.0, 2 * effect.alpha))
    size = units.matters_text(effect.delta, unit)
    inner = interval_text(effect.ci2, unit, _decimals(effect.ci1, unit))
    return f"{said}; the {level} interval, {inner}, lies within {size} of no difference."


def _claimed_size(effect: Effect, unit: Unit) -> str:
    """The claimed range of an effect: "0 to 1 point higher"."""
    low, high = effect.between or (0.0, 0.0)
    if unit.ratio:
        return f"{units.short(low)} to {units.short(high)} times"
    direction = unit.lower if effect.direction in ("lower", "not_higher") else unit.higher
    return f"{units.short(low * unit.scale)} to {units.amount(high, unit)} {direction}"


def _said(effect: Effect, unit: Unit, kind: str, told: Told) -> str:
    """The clause that the sentence is built around."""
    what, same = subject(effect, unit, kind), told.change == SAME
    to, dash, start = units.plain(effect.name).partition(" − ")
    than = "as" if same else "than"
    if effect.name.startswith(FITTED):
        first, _, last = units.plain(effect.name.removeprefix(FITTED)).partition(" to ")
        size = "at the same value" if same else told.change
        return f"the line fitted over the levels puts {what} {size} at {last} {than} at {first}"
    if not dash or " − " in start or "(" in effect.name:
        name = units.plain(effect.name)
        return f"the contrast “{name}” in {what} was {'zero' if same else told.change}"
    if effect.name.startswith(EFFECT_WITH):
        with_to, with_start = (part.removeprefix("effect ") for part in (to, start))
        return f"the effect on {what} was {told.change} {with_to} {than} {with_start}"
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
        return "With fewer than two finished seeds per arm no test is possible."
    if effect.paired:
        what = "logarithms of the ratios" if effect.ratio else "differences"
        test = f"A two-sided one-sample t test on the {effect.n} {what} per seed"
    else:
        test = f"Welch’s two-sided t test on unpaired seeds (at least {effect.n} per arm)"
    df = effect.df if math.isfinite(effect.df) else effect.n - 1
    gives = f"gives t({units.short(df)}) = {units.number(effect.t, 2)}, {units.p_text(effect.p)}"
    if math.isnan(effect.p_equivalence):
        return f"{test} {gives}."
    small = f"the test that {_small(effect, unit)} gives {units.p_text(effect.p_equivalence)}"
    return f"{test} {gives}; {small}."


def _small(effect: Effect, unit: Unit) -> str:
    """What the test behind `p_equivalence` would prove."""
    size = units.matters_text(effect.delta, unit)
    if effect.direction == "not_lower":
        return f"it is not {unit.lower} by {size} or more"
    if effect.direction == "not_higher":
        return f"it is not {unit.higher} by {size} or more"
    return f"the effect is smaller than {size}"


def deciding_effect(leg: Leg) -> Effect | None:
    """The effect that the leg's verdict hangs on.

    The weakest of a supported leg, else the first whose evidence is the leg's; a leg may also be
    refuted by an effect that is proven negligible.
    """
    if not leg.effects:
        return None
    same = [effect for effect in leg.effects if effect.evidence == leg.evidence]
    if leg.evidence == "supported" and same:
        return max(same, key=_weakness)
    if leg.evidence == "refuted" and not same:
        same = [effect for effect in leg.effects if effect.evidence == "no meaningful effect"]
    return (same or list(leg.effects))[0]


def _weakness(effect: Effect) -> float:
    p = effect.p_equivalence if effect.direction.startswith("not_") else effect.p
    return 1.0 if math.isnan(p) else p


def upper(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
