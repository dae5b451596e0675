"""The overview picture: a row per hypothesis and budget, one axis per metric.

Everything is plain values; positions are percent of the width of a strip, so that the template can
draw strips of any width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from hyperverdict.claims.model import Leg
from hyperverdict.claims.wording import claimed, deciding_effect
from hyperverdict.effects.effect import Effect
from hyperverdict.figures.data import budget_name
from hyperverdict.report import opening
from hyperverdict.report.badges import (
    Badge,
    Standing,
    evidence_badge,
    hypothesis_badge,
    overall,
    standing,
    verdict_badge,
)
from hyperverdict.report.conclusion import shortest
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.effects import effect_text, level_text
from hyperverdict.words.isolation import guarded
from hyperverdict.words.numbers import Unit, digits, unit_of, upper
from hyperverdict.words.safe import LONGEST_CLAIM, cut

# An interval beyond this many times the largest estimate or band is cut at the edge.
WIDEST = 2.5
# Ends of an axis, in percent of the strip: marks at the ends stay inside.
MARGIN = 4.0
# More metrics than this would leave strips too narrow to read; their rows say the effect in words.
MOST_AXES = 3

# Name and title of the metric, and whether it is a share of its variance.
AxisKey = tuple[str, str, bool]


class Tick(NamedTuple):
    """A tick of an axis: its place in percent, its text."""

    at: float
    text: str


class Axis(NamedTuple):
    """What all rows share for one metric.

    Attributes:
        name: "Test accuracy"; title: the same with its unit.
        below, above: what lies left and right of no difference.
        neutral: where "no difference" is, in percent.
    """

    name: str
    title: str
    below: str
    above: str
    neutral: float
    ticks: tuple[Tick, ...]


class Strip(NamedTuple):
    """One effect on its axis, places in percent.

    Attributes:
        band: effects too small to matter.
        interval: ends; cut: whether they go on beyond the axis.
        arrow: the claimed direction: 1 to the right, -1 to the left, 0 for none.
        style: of the evidence on this leg; text: the numbers; label: the numbers with what they
            are about.
    """

    band: tuple[float, float]
    interval: tuple[float, float] | None
    cut: tuple[bool, bool]
    estimate: float
    arrow: int
    style: str
    text: str
    label: str


class Cell(NamedTuple):
    """What a row shows of one metric: a strip, or words where there is nothing to draw."""

    strip: Strip | None
    text: str = ""


class Row(NamedTuple):
    """One hypothesis at one budget."""

    budget: str
    badge: Badge
    standing: Standing
    cells: tuple[Cell, ...]
    text: str


class Group(NamedTuple):
    """The rows of one hypothesis."""

    id: str
    says: str
    badge: Badge
    standing: Standing
    note: str
    rows: tuple[Row, ...]


class Overview(NamedTuple):
    """The whole picture; `level` is that of the intervals, "" where they differ."""

    axes: tuple[Axis, ...]
    groups: tuple[Group, ...]
    level: str


class _Scale(NamedTuple):
    """An axis with the limits by which positions are computed (log of a ratio)."""

    key: AxisKey
    unit: Unit
    low: float
    high: float
    axis: Axis

    def place(self, value: float) -> float:
        """The position of a value in percent, inside the axis."""
        inner = (_judged(value, self.unit) - self.low) / (self.high - self.low)
        return MARGIN + min(max(inner, 0.0), 1.0) * (100 - 2 * MARGIN)

    def beyond(self, value: float) -> bool:
        """Whether a value lies outside the axis."""
        judged = _judged(value, self.unit)
        return not self.low - 1e-12 <= judged <= self.high + 1e-12


def overview(report: StudyReport) -> Overview:
    """The overview of a study, hypotheses in the order of the study file."""
    shown = [
        (leg, effect)
        for hypothesis in report.hypotheses
        for verdict in hypothesis.verdicts
        for leg, effect in _deciding(verdict)
    ]
    scales = _scales([effect for _, effect in shown])[:MOST_AXES]
    levels = {level for _, effect in shown if (level := level_text(effect))}
    groups = tuple(_group(hypothesis, scales) for hypothesis in report.hypotheses)
    used = [
        place
        for place in range(len(scales))
        if any(row.cells[place].strip for group in groups for row in group.rows)
    ]
    return Overview(
        tuple(scales[place].axis for place in used),
        tuple(_on_axes(group, used) for group in groups),
        levels.pop() if len(levels) == 1 else "",
    )


def _on_axes(group: Group, used: Sequence[int]) -> Group:
    """A group with the cells of some axes."""
    rows = (row._replace(cells=tuple(row.cells[place] for place in used)) for row in group.rows)
    return group._replace(rows=tuple(rows))


def _group(report: HypothesisReport, scales: Sequence[_Scale]) -> Group:
    return Group(
        report.id,
        cut(report.says, LONGEST_CLAIM),
        hypothesis_badge(report),
        overall(report),
        " ".join(filter(None, (opening.post_hoc(report), opening.failure(report)))),
        tuple(_row(report, verdict, scales) for verdict in report.verdicts),
    )


def _row(report: HypothesisReport, verdict: Verdict, scales: Sequence[_Scale]) -> Row:
    found = {_key(effect): (leg, effect) for leg, effect in reversed(_deciding(verdict))}
    # A part without an axis is said in words, with the others: a verdict may rest on it.
    drawn = bool(found) and found.keys() <= {scale.key for scale in scales}
    cells = tuple(_cell(scale, found) if drawn else Cell(None) for scale in scales)
    return Row(
        budget_name(verdict),
        verdict_badge(verdict),
        standing(verdict),
        cells,
        "" if drawn else guarded(report.id, partial(shortest, verdict), str),
    )


def _cell(scale: _Scale, found: dict[AxisKey, tuple[Leg, Effect]]) -> Cell:
    if scale.key not in found:
        return Cell(None)
    leg, effect = found[scale.key]
    return Cell(_strip(scale, leg, effect))


def _strip(scale: _Scale, leg: Leg, effect: Effect) -> Strip:
    low, high = effect.ci
    bounded = math.isfinite(low) and math.isfinite(high) and (low > 0 or not scale.unit.ratio)
    text = effect_text(effect)
    band = (
        (1 / effect.delta, effect.delta)
        if scale.unit.ratio and effect.delta > 0
        else (-effect.delta, effect.delta)
    )
    about = contrast_name(effect.contrast)
    numbers = f"{text.change} ({text.interval})" if bounded else text.change
    several = f", {effect.evidence}" if len(leg.effects) > 1 else ""
    # A claim on several effects is as good as the one that decides it.
    which = f", the one of {len(leg.effects)} effects that decides" if len(leg.effects) > 1 else ""
    return Strip(
        (scale.place(band[0]), scale.place(band[1])),
        (scale.place(low), scale.place(high)) if bounded else None,
        (scale.beyond(low), scale.beyond(high)) if bounded else (False, False),
        scale.place(effect.estimate),
        _arrow(effect),
        evidence_badge("", leg.evidence).style,
        f"{numbers}{which}",
        f"{about}: {numbers}; claimed: {claimed(leg)}{several}",
    )


def _arrow(effect: Effect) -> int:
    """The side that the claim names; none for a claim that something is not higher or lower."""
    return {"higher": 1, "lower": -1}.get(effect.direction, 0)


def _deciding(verdict: Verdict) -> list[tuple[Leg, Effect]]:
    """Every judged leg with the effect that decides it, as far as it was measured."""
    found = ((leg, deciding_effect(leg)) for leg in verdict.judgement.judged_legs)
    return [
        (leg, effect)
        for leg, effect in found
        if effect is not None
        and math.isfinite(effect.estimate)
        and (effect.estimate > 0 or not effect.ratio)
    ]


def _key(effect: Effect) -> AxisKey:
    """What shares an axis: one metric on one part of the data, in one unit.

    A claim on epochs reads validation scores, under the same name as the test scores of others.
    """
    return effect.metric.name, effect.metric.title, effect.contrast.kind == "share"


def _judged(value: float, unit: Unit) -> float:
    """A value on the scale of the axis: ratios by their logarithm."""
    if not unit.ratio:
        return value
    return math.log(value) if value > 0 else -math.inf


def _scales(effects: Sequence[Effect]) -> list[_Scale]:
    """One axis per metric and unit, that of most effects first."""
    grouped: dict[AxisKey, list[Effect]] = {}
    for effect in effects:
        grouped.setdefault(_key(effect), []).append(effect)
    ordered = sorted(grouped.items(), key=lambda entry: -len(entry[1]))
    return [_scale(key, found) for key, found in ordered]


def _scale(key: AxisKey, effects: Sequence[Effect]) -> _Scale:
    unit = unit_of(effects[0].contrast)
    if any(effect.contrast.kind == "difference" for effect in effects):
        unit = unit_of(next(e for e in effects if e.contrast.kind == "difference").contrast)
    low, high = _limits(effects, unit)
    metric = effects[0].metric
    blank = _Scale(key, unit, low, high, Axis("", "", "", "", 50.0, ()))
    title = f"share of the variance in {metric.title}" if key[2] else metric.title
    neutral = 1.0 if unit.ratio else 0.0
    ticks = tuple(Tick(round(blank.place(v), 2), text) for v, text in _ticks(low, high, unit))
    many = "times" if unit.ratio else unit.many
    axis = Axis(
        upper(title),
        f"{upper(title)} ({many})" if many else upper(title),
        unit.lower,
        unit.higher,
        round(blank.place(neutral), 2),
        ticks,
    )
    return blank._replace(axis=axis)


def _limits(effects: Sequence[Effect], unit: Unit) -> tuple[float, float]:
    """Limits that show every estimate and band; intervals as far as they leave these readable."""
    firm = [0.0]
    for effect in effects:
        firm.append(_judged(effect.estimate, unit))
        delta = effect.delta
        firm += [-math.log(delta), math.log(delta)] if unit.ratio and delta > 0 else [-delta, delta]
    finite = [v for v in firm if math.isfinite(v)]
    reach = WIDEST * (max(map(abs, finite)) or 1.0)
    ends = [_judged(end, unit) for effect in effects for end in effect.ci]
    kept = [min(max(end, -reach), reach) for end in ends if math.isfinite(end)]
    low, high = min([*finite, *kept]), max([*finite, *kept])
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def _ticks(low: float, high: float, unit: Unit) -> Iterable[tuple[float, str]]:
    """Ticks in equal steps (of a ratio: round factors), in the unit that readers see."""
    if unit.ratio:
        from hyperverdict.figures.style import ratio_ticks

        for value in ratio_ticks(math.exp(low), math.exp(high)):
            yield value, f"×{digits(value, 3)}"
        return
    from matplotlib.ticker import MaxNLocator

    scaled = (low * unit.scale, high * unit.scale)
    for value in MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(*scaled):
        if scaled[0] - 1e-9 <= value <= scaled[1] + 1e-9:
            text = digits(round(float(value), 9), 4)
            yield float(value) / unit.scale, f"+{text}" if value > 1e-12 else text
