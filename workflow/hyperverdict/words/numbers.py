"""How numbers are written for people: points, times, nats, percent, and labels without underscores.

Effects are stored in the metric's own unit (accuracy as a fraction, times as ratios); readers get
percentage points and "3.4 times faster".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hyperverdict.study.model import RECORDED_METRICS, TIME_METRIC

FRACTION = RECORDED_METRICS["accuracy"]
SHARE_UNIT = "share of variance"


@dataclass(frozen=True)
class Unit:
    """How effects on one metric are written.

    Attributes:
        scale: multiplies a stored difference before it is written.
        one, many: the unit's name after 1 and after other amounts; "" for plain numbers.
        ratio: effects are ratios; `scale` does not apply.
        time: ratios are told as faster and slower.
        share: differences are shares of the variance.
        higher, lower: the comparatives of this metric.
        as_much: how a ratio that is not told as faster or slower goes on: "2.0 times as high".
    """

    scale: float = 1.0
    one: str = ""
    many: str = ""
    ratio: bool = False
    time: bool = False
    share: bool = False
    higher: str = "higher"
    lower: str = "lower"
    as_much: str = "as high"


def unit_of(metric: str, *, ratio: bool = False, share: bool = False, unit: str = "") -> Unit:
    """The unit of effects on `metric`; `share` for claims on shares of variance."""
    if share:
        return Unit(100.0, "point", "points", share=True, higher="more", lower="less")
    if metric == TIME_METRIC:
        if ratio:
            return Unit(ratio=True, time=True, higher="slower", lower="faster")
        return Unit(1.0, "second", "seconds", higher="longer", lower="shorter")
    if ratio:
        return Unit(ratio=True)
    unit = unit or RECORDED_METRICS.get(metric, "")
    if unit == FRACTION or unit.startswith("fraction"):
        return Unit(100.0, "point", "points")
    if metric == "loss":
        return Unit(1.0, "nat", "nats")
    return Unit(1.0, unit, unit)


def plain(label: str) -> str:
    """A label for people: ``batch_size 128`` -> ``batch size 128``, with a true minus sign."""
    return label.replace("_", " ").replace(" - ", " − ")


def metric_title(metric: str) -> str:
    """The metric's name in sentences and on axes: test accuracy, test error, training time."""
    if metric in ("accuracy", "error", "loss"):
        return f"test {metric}"
    return "training time" if metric == TIME_METRIC else plain(metric)


def decimals_for(width: float, at_most: int = 4) -> int:
    """Decimals in which a width spans at least eight steps: 0.86 -> 1, 13 -> 0."""
    if not math.isfinite(width) or width == 0:
        return 1
    return min(at_most, max(0, math.ceil(-math.log10(abs(width) / 8))))


def number(value: float, decimals: int) -> str:
    """A number with thousands separators, a true minus sign, and words for what is none."""
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def short(value: float) -> str:
    """A number with up to four significant digits and no trailing zeros: 1.10 -> 1.1."""
    if not math.isfinite(value) or value == 0:
        return number(value, 0)
    decimals = max(0, 3 - math.floor(math.log10(abs(value))))
    text = number(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(amount: int, one: str, many: str = "") -> str:
    """``1 seed``, ``10 seeds``."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def amount(value: float, unit: Unit, decimals: int | None = None) -> str:
    """The size of a difference with its unit and no sign: 0.0234 -> 2.3 points."""
    scaled = abs(value) * unit.scale
    text = short(scaled) if decimals is None else number(scaled, decimals)
    name = unit.one if text == "1" else unit.many
    return f"{text} {name}".strip()


def matters_text(delta: float, unit: Unit) -> str:
    """The smallest effect of interest: 1 point, 1.1 times, 0.05 nats."""
    return f"{short(delta)} times" if unit.ratio else amount(delta, unit)


def factor(ratio: float) -> float:
    """A ratio as a factor of at least 1: 0.25 -> 4."""
    if ratio == 0:
        return math.inf
    return ratio if ratio >= 1 else 1 / ratio


def band(delta: float, *, ratio: bool) -> tuple[float, float]:
    """Effects too small to matter, in the effect's stored unit."""
    return (1 / delta, delta) if ratio and delta > 0 else (-delta, delta)


def neutral(ratio: bool) -> float:
    """The effect that says "no difference"."""
    return 1.0 if ratio else 0.0


def level_text(metric: str, value: float) -> str:
    """A metric's value, not a difference: accuracy 0.7812 -> 78.1 %."""
    if math.isnan(value):
        return "no result"
    if metric == TIME_METRIC:
        return f"{short(value)} s"
    if RECORDED_METRICS.get(metric) == FRACTION:
        return f"{number(100 * value, 1)} %"
    return short(value)


def p_text(p: float) -> str:
    """A p value: p = 0.0123, p < 0.0001."""
    if math.isnan(p):
        return "p unknown"
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}" if p < 0.01 else f"p = {p:.3f}"


def confidence_text(alpha: float) -> str:
    """The level of an interval at 1 - alpha: 95 %, 98.75 %."""
    return f"{100 * (1 - alpha):.4g} %"
