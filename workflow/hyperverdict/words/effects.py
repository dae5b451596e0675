"""One effect in words: its size with its unit, its interval, its test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hyperverdict.effects.effect import Effect
from hyperverdict.words.contrasts import SAME, clause, contrast_name, measured_as
from hyperverdict.words.numbers import (
    AS_STATED,
    Unit,
    amount,
    confidence_text,
    count,
    decimals_of,
    digits,
    more_decimals,
    number,
    p_text,
    plural,
    size_text,
    times,
    times_decimals,
    unit_of,
    upper,
)


@dataclass(frozen=True)
class EffectText:
    """An effect's numbers in words.

    Attributes:
        change: "2.3 points higher", "3.4 times faster" or "the same".
        interval: "1.6 to 2.7 points" or "0.3 points lower to 2.7 points higher".
        whole_interval: the same for where it stands alone: "1.6 to 2.7 points higher".
        level: of the interval: "95%"; "" where none can be given.
        than: how the change goes on: "higher than", "the same as", "2.0 times as high as".
    """

    change: str
    interval: str
    level: str
    than: str = "than"
    whole_interval: str = "not known"

    @property
    def bracket(self) -> str:
        """The interval as an aside after the change."""
        if not self.level:
            return "(no interval can be given)"
        return f"({self.level} interval {self.interval})"


def level_text(effect: Effect) -> str:
    """The level of an effect's interval: 95%; "" where no alpha is left for one."""
    return confidence_text(effect.alpha) if effect.alpha > 0 else ""


def effect_text(effect: Effect) -> EffectText:
    """The effect's change and interval in words."""
    level = level_text(effect)
    if not effect.is_measured:
        return EffectText("not known", "not known", level)
    unit = unit_of(effect.contrast)
    change = _change(effect, unit)
    than = "as" if change == SAME or (unit.ratio and not unit.speed) else "than"
    whole = interval_text(effect.ci, unit, alone=True, bounds=effect.bounds)
    beside = interval_text(effect.ci, unit, bounds=effect.bounds)
    return EffectText(change, beside, level, than, whole)


def _change(effect: Effect, unit: Unit) -> str:
    value = effect.estimate
    if unit.ratio:
        if abs(value - 1) < 0.005:
            return SAME
        if unit.speed:
            return f"{times(_factor(value))} times {unit.higher if value > 1 else unit.lower}"
        return f"{times(value)} times {unit.as_much}"
    decimals = decimals_of(effect.ci, unit)
    if round(value * unit.scale, decimals) == 0:
        return SAME
    return f"{amount(value, unit, decimals)} {unit.higher if value > 0 else unit.lower}"


def interval_text(
    interval: tuple[float, float],
    unit: Unit,
    decimals: int | None = None,
    *,
    alone: bool = False,
    bounds: Sequence[float] = (),
) -> str:
    """An interval without signs: ends on both sides of no difference name their directions.

    Args:
        alone: no estimate beside it names the direction of both ends, so that it does.
        bounds: what readers compare it with, as stored (`Effect.bounds`). It has as many decimals
            as show on which side of each of them its ends lie.
    """
    low, high = interval
    if math.isinf(low) or math.isinf(high) or (unit.ratio and low <= 0):
        return "without bounds"
    if unit.ratio:
        return _ratio_interval(low, high, unit, alone, bounds)
    decimals = decimals_of(interval, unit) if decimals is None else decimals
    ends = [(end * unit.scale, decimals) for end in interval]
    decimals += more_decimals(ends, [bound * unit.scale for bound in bounds])
    if low >= 0 or high <= 0:
        near, far = sorted((abs(low), abs(high)))
        side = f" {unit.higher if low >= 0 else unit.lower}" if alone and far > 0 else ""
        return f"{number(near * unit.scale, decimals)} to {amount(far, unit, decimals)}{side}"
    below, above = (amount(v, unit, decimals) for v in (low, high))
    return f"{below} {unit.lower} to {above} {unit.higher}"


def _ratio_interval(
    low: float, high: float, unit: Unit, alone: bool, bounds: Sequence[float]
) -> str:
    if not unit.speed:
        more = more_decimals([(end, times_decimals(end)) for end in (low, high)], bounds)
        as_much = f" {unit.as_much}" if alone else ""
        return f"{times(low, more)} to {times(high, more)} times{as_much}"
    more = max(_more_of_speed(end, bounds) for end in (low, high))
    if low >= 1 or high <= 1:
        near, far = sorted((_factor(low), _factor(high)))
        side = f" {unit.higher if low >= 1 else unit.lower}" if alone and far > 1 else ""
        return f"{times(near, more)} to {times(far, more)} times{side}"
    return f"{times(1 / low, more)} times {unit.lower} to {times(high, more)} times {unit.higher}"


def _more_of_speed(end: float, bounds: Sequence[float]) -> int:
    """More decimals for the bounds on the side of an end: faster and slower are told in words."""
    beside = [_factor(bound) for bound in bounds if bound == 1 or (bound > 1) == (end > 1)]
    return more_decimals([(_factor(end), times_decimals(_factor(end)))], beside)


def _factor(ratio: float) -> float:
    """A ratio as a factor of at least 1: 0.25 -> 4."""
    if ratio == 0:
        return math.inf
    return ratio if ratio >= 1 else 1 / ratio


def sentence(effect: Effect) -> str:
    """The effect as one sentence with its interval.

    A negligible effect also gets the interval that proves it.
    """
    contrast, unit = effect.contrast, unit_of(effect.contrast)
    if not effect.is_measured:
        return unmeasured(effect)
    text = effect_text(effect)
    context = f"with {contrast.context}, " if contrast.context else ""
    body = clause(contrast, text.change, text.than)
    sentence = upper(f"{context}{body} {text.bracket}")
    if effect.between is not None:
        sentence += f"; the claim says {_claimed_size(effect, unit)}"
    if effect.evidence != "no meaningful effect":
        return f"{sentence}."
    level = confidence_text(min(1.0, 2 * each_side(effect)))
    size = size_text(effect.delta, contrast)
    decimals = decimals_of(effect.ci, unit)
    inner = interval_text(effect.ci_equivalence, unit, decimals, bounds=effect.bounds)
    return f"{sentence}; the {level} interval, {inner}, lies within {size} of no difference."


def each_side(effect: Effect) -> float:
    """The alpha of each side of the interval that decides sizes."""
    each = effect.one_sided_alpha
    return effect.alpha if each is None else each


def unmeasured(effect: Effect) -> str:
    """Why an effect has no estimate, as one sentence."""
    contrast = effect.contrast
    if contrast.kind == "share" and effect.n >= 3:
        of = f"in {contrast.metric.title} "
        return f"The variance {of}between settings cannot be told from noise with these runs."
    if contrast.kind == "share" and effect.n > 0:
        only = count(effect.n, "set of runs", "sets of runs")
        return (
            f"Only {only} finished in every setting, too few to estimate shares of the variance "
            f"in {contrast.metric.title}."
        )
    return f"No finished runs show {measured_as(contrast)} for {contrast_name(contrast)}."


def _claimed_size(effect: Effect, unit: Unit) -> str:
    """The claimed range of an effect, in the words of its interval: "0 to 1 point higher"."""
    low, high = effect.between or (0.0, 0.0)
    if unit.ratio and not unit.speed:
        ends = (digits(end, AS_STATED) for end in effect.claimed_range or ())
        return f"{' to '.join(ends)} times {unit.as_much}"
    direction = unit.lower if effect.direction in ("lower", "not_higher") else unit.higher
    if unit.ratio:
        sizes = (digits(max(size, 1.0), AS_STATED) for size in (low, high))
        return f"{' to '.join(sizes)} times {direction}"
    near = digits(low * unit.scale, AS_STATED)
    return f"{near} to {amount(high, unit, significant=AS_STATED)} {direction}"


def used_test(effect: Effect, replicate: str = "seed", sequence: bool = False) -> str:
    """The test as a methods section names it: "a one-sample t test on the differences per seed".

    Args:
        replicate: what its values are paired by.
        sequence: a confidence sequence took the place of the t interval.
    """
    if sequence:
        return f"a confidence sequence on {_tested(effect, replicate)}"
    test = "a one-sample t test" if effect.paired else "Welch’s t test"
    if not effect.paired and effect.pairs:
        test = "the t test for partly paired samples of Derrick et al. (2017)"
    return f"{test} on {_tested(effect, replicate)}"


def _tested(effect: Effect, replicate: str) -> str:
    """What the test is done on."""
    scale = "logarithms of the ratios" if effect.ratio else "differences"
    per = "per measurement" if effect.metric.is_time else f"per {replicate}"
    if not effect.paired:
        of = "the logarithms of the values" if effect.ratio else "the values"
        shared = f"{count(effect.pairs, replicate)} paired" if effect.pairs else "unpaired"
        return f"{of}, {shared}"
    match effect.contrast.kind:
        case "share":
            return "jackknife pseudo-values of the difference in explained variance"
        case "interaction" | "conditional":
            return f"the {scale} of two effects {per}"
        case "epoch":
            return f"the {scale} between epochs of one training {per}"
        case "strategy":
            return f"jackknife pseudo-values of the {scale} between the winners {per}"
        case "fit":
            return f"the change of the line fitted {per}"
    return f"the {scale} {per}"


def result_of_test(effect: Effect, replicate: str = "seed") -> str:
    """Test, n, statistic and p value of one effect."""
    if effect.contrast.kind == "share" and effect.n > 0 and not effect.is_measured:
        return f"No test is possible. {unmeasured(effect)}"
    if effect.n < 2 or math.isnan(effect.t):
        return f"With fewer than two finished {plural(replicate)} per arm no test is possible."
    n = f"n = {effect.n}" if effect.paired else f"at least {count(effect.n, replicate)} per arm"
    test = f"{upper(used_test(effect, replicate))} (two-sided, {n})"
    df = effect.df if math.isfinite(effect.df) else effect.n - 1
    gives = f"gives t({digits(df, 4)}) = {number(effect.t, 2)}, {p_text(effect.p)}"
    if math.isnan(effect.p_equivalence):
        return f"{test} {gives}."
    small = f"the test that {_small(effect)} gives {p_text(effect.p_equivalence)}"
    return f"{test} {gives}; {small}."


def _small(effect: Effect) -> str:
    """What the test behind `p_equivalence` would prove."""
    size, unit = size_text(effect.delta, effect.contrast), unit_of(effect.contrast)
    if effect.between is not None:
        return f"it is {_claimed_size(effect, unit)}"
    if effect.direction == "not_lower":
        return f"it is not {unit.lower} by {size} or more"
    if effect.direction == "not_higher":
        return f"it is not {unit.higher} by {size} or more"
    return f"the effect is smaller than {size}"
