"""The one vocabulary of numbers: counts, lists, amounts with their unit, values, p values.

Effects are stored in the metric's own unit (accuracy as a fraction, times as ratios); readers get
percentage points and "3.4 times". Every number that a user reads comes from here, so that units,
decimals, plurals and minus signs are the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.effect import Effect
from hyperverdict.vocabulary.metrics import Metric

# Significant digits of a size that somebody stated: all of them, without the noise of floats.
AS_STATED = 9
# No interval gets more decimals than these for the sake of a bound.
MOST_DECIMALS = 9


@dataclass(frozen=True)
class Unit:
    """How effects on one metric are written.

    Attributes:
        scale: multiplies a stored difference before it is written.
        one, many: the unit's name after 1 and after other amounts; "" for plain numbers.
        ratio: effects are ratios; `scale` does not apply.
        speed: ratios are written as faster and slower.
        higher, lower: the comparatives of this metric.
        as_much: how a ratio that is no speed goes on: "2.0 times as high".
    """

    scale: float = 1.0
    one: str = ""
    many: str = ""
    ratio: bool = False
    speed: bool = False
    higher: str = "higher"
    lower: str = "lower"
    as_much: str = "as high"


_SHARE = Unit(100.0, "point", "points", higher="more", lower="less")
# Time along one training only grows, and an effect has no speed: no "twice as slow" for these.
_AS_MUCH = {"epoch": "as long", "interaction": "as large", "conditional": "as large"}
_SPEED = Unit(ratio=True, speed=True, higher="slower", lower="faster")


def unit_of(of: Metric | Contrast) -> Unit:
    """The unit of effects on a metric, or of one contrast."""
    if isinstance(of, Contrast):
        if of.kind == "share":
            return _SHARE
        if of.kind in _AS_MUCH and of.ratio and of.metric.is_time:
            return Unit(ratio=True, as_much=_AS_MUCH[of.kind])
        return unit_of(of.metric)
    if of.ratio:
        return _SPEED if of.is_time else Unit(ratio=True)
    if of.is_fraction:
        return Unit(100.0, "point", "points")
    return Unit(1.0, _singular(of.unit), of.unit)


def _singular(unit: str) -> str:
    """The unit after 1: nats -> nat; abbreviations such as ms stay."""
    return unit.removesuffix("s") if len(unit) > 3 and not unit.endswith("ss") else unit


def plain(name: str) -> str:
    """One of our own names for people: ``batch_size`` -> ``batch size``. Never for labels."""
    return name.replace("_", " ")


def upper(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """The text with a small first letter."""
    return text[:1].lower() + text[1:]


def full_stop(sentence: str) -> str:
    """The sentence with a stop at its end."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def count(amount: int, noun: str, many: str = "") -> str:
    """``1 seed``, ``3 seeds``, ``2 hypotheses``, ``1,200 runs``."""
    return f"{amount:,} {noun if amount == 1 else many or plural(noun)}"


def plural(noun: str) -> str:
    """Several of it: seeds, hypotheses, studies, classes."""
    if noun.endswith("is"):
        return f"{noun[:-2]}es"
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def listed(items: Iterable[object], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    words = [str(item) for item in items]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def seeds_text(seeds: Iterable[int]) -> str:
    """Seeds, runs of neighbours shortened: ``0 to 9``, ``3``, ``0 to 4, 7 and 9``."""
    groups: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if groups and seed == groups[-1][-1] + 1:
            groups[-1].append(seed)
        else:
            groups.append([seed])
    parts: list[object] = []
    for group in groups:
        parts += [f"{group[0]} to {group[-1]}"] if len(group) > 2 else group
    return listed(parts)


def number(value: float, decimals: int) -> str:
    """A number with thousands separators and a true minus sign; "unknown" for nan."""
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else "∞" if value > 0 else "−∞"
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def digits(value: float, significant: int = 3) -> str:
    """A number with some significant digits and no trailing zeros; whole digits are all kept.

    0.00123456 -> 0.00123, 1234.5 -> 1,234, 1.10 -> 1.1.
    """
    if not math.isfinite(value) or value == 0:
        return number(value, 0)
    decimals = max(0, significant - 1 - math.floor(math.log10(abs(value))))
    text = number(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals_for(width: float, at_most: int = 4) -> int:
    """Decimals in which a width spans at least eight steps: 0.86 -> 1, 13 -> 0."""
    if not math.isfinite(width) or width == 0:
        return 1
    return min(at_most, max(0, math.ceil(-math.log10(abs(width) / 8))))


def decimals_of(interval: tuple[float, float], unit: Unit) -> int:
    """Decimals for an interval and its estimate; one more where an end would read as zero."""
    decimals = decimals_for((interval[1] - interval[0]) * unit.scale)
    if interval[0] == interval[1] != 0:
        # No width says how many: two significant digits.
        size = abs(interval[0]) * unit.scale
        decimals = max(1, min(4, 1 - math.floor(math.log10(size))))
    zeros = (end != 0 and round(end * unit.scale, decimals) == 0 for end in interval)
    return decimals + any(zeros)


def amount(value: float, unit: Unit, decimals: int | None = None, significant: int = 4) -> str:
    """The size of a difference with its unit and no sign: 0.0234 -> 2.3 points."""
    scaled = abs(value) * unit.scale
    text = digits(scaled, significant) if decimals is None else number(scaled, decimals)
    return f"{text} {unit.one if text == '1' else unit.many}".strip()


def times(value: float, more: int = 0) -> str:
    """A factor: two decimals near 1, one up to 100, and `more`."""
    return number(value, times_decimals(value) + more)


def times_decimals(value: float) -> int:
    """Decimals of a factor."""
    return 2 if value < 3 else 1 if value < 100 else 0


def more_decimals(ends: Iterable[tuple[float, int]], bounds: Sequence[float]) -> int:
    """How many more decimals show on which side of every bound each end of an interval lies.

    An end within a billionth of a bound counts as on it.

    Args:
        ends: each with the decimals that it has; bounds: in the unit of the ends, as readers see
            both.
    """
    apart = [
        (end, decimals, bound)
        for end, decimals in ends
        for bound in bounds
        if not _equal(end, bound)
    ]

    def shown(more: int) -> bool:
        written = ((round(end, d + more), end, bound) for end, d, bound in apart)
        return all(
            not _equal(text, bound) and (text > bound) == (end > bound)
            for text, end, bound in written
        )

    return next(filter(shown, range(MOST_DECIMALS)), MOST_DECIMALS)


def _equal(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def size_text(value: float, of: Metric | Contrast, significant: int = AS_STATED) -> str:
    """A size of effect without direction: 1.5 points, 1.1 times, 0.02 nats.

    Args:
        value: in the metric's unit; a ratio for ratio metrics.
        of: what it is a size of.
        significant: fewer for sizes that were estimated than for those that somebody stated.
    """
    unit = unit_of(of)
    if unit.ratio:
        return f"{digits(value, significant)} times"
    return amount(value, unit, significant=significant)


def estimate_text(effect: Effect) -> str:
    """The estimate of an effect with its sign: +1.5 points, −0.02 nats, 3.4 times."""
    unit = unit_of(effect.contrast)
    if not effect.is_measured:
        return "unknown"
    if unit.ratio:
        return f"{times(effect.estimate)} times"
    decimals = decimals_of(effect.ci, unit)
    text = amount(effect.estimate, unit, decimals)
    if round(effect.estimate * unit.scale, decimals) == 0:
        return text
    return f"{'−' if effect.estimate < 0 else '+'}{text}"


def value_text(value: float, metric: Metric) -> str:
    """A metric's value, not a difference: accuracy 0.7812 -> 78.1%, a loss 0.412 -> 0.412 nats."""
    if math.isnan(value):
        return "no result"
    if metric.is_fraction:
        return percent_text(value)
    if metric.is_time:
        return f"{digits(value, 4)} s"
    return f"{digits(value, 4)} {metric.unit}".strip()


def percent_text(share: float, decimals: int = 1) -> str:
    """A share of 1 in percent: 0.7812 -> 78.1%."""
    return f"{number(100 * share, decimals)}%"


def confidence_text(alpha: float) -> str:
    """The level of an interval at 1 - alpha: 95%, 98.75%."""
    return f"{100 * (1 - alpha):.4g}%"


def p_text(p: float) -> str:
    """A p value: p = 0.0123, p < 0.0001."""
    if math.isnan(p):
        return "p unknown"
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}" if p < 0.01 else f"p = {p:.3f}"
