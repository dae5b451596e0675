"""Robustness: the effect by every other way of judging and without each seed, on one axis."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from hyperverdict.claims.wording import deciding_effect
from hyperverdict.effects.effect import Effect
from hyperverdict.figures import style
from hyperverdict.figures.data import budget_name, effect_row, hypothesis_of, replicate_of
from hyperverdict.figures.drawn import Cell, Drawn, Panel, Values, nothing
from hyperverdict.figures.forest import axis_label
from hyperverdict.figures.marks import MarkAxis, MarkRow, rows_panel
from hyperverdict.figures.runs import Runs
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.effects import effect_text
from hyperverdict.words.numbers import listed, plural, unit_of, upper

# More seeds than this are drawn by their extremes.
MOST_SEEDS = 10
COLUMNS = ("budget", "metric", "way", "without_seed", "estimate", "low", "high", "evidence")


class Way(NamedTuple):
    """One way of judging: its name, the seed left out, the effect and what it gives."""

    budget: str
    name: str
    seed: int | None
    estimate: float
    interval: tuple[float, float]
    evidence: str
    agrees: bool


class WaysInfo(NamedTuple):
    """All ways for one metric; the effects of the verdicts themselves come first."""

    effect: Effect
    ways: tuple[Way, ...]


def ways_info(report: HypothesisReport, metric: str) -> WaysInfo | None:
    """The ways of all budgets; None where no other way measured anything."""
    ways: list[Way] = []
    first = None
    for verdict in report.verdicts:
        effect = _effect(verdict, metric)
        if effect is None:
            continue
        others = list(_others(verdict, effect))
        if others:
            first = first or effect
            where = budget_name(verdict)
            own = effect.evidence
            ways.append(Way(where, "as judged", None, effect.estimate, effect.ci, own, True))
            ways += others
    return WaysInfo(first, tuple(ways)) if first else None


def _effect(verdict: Verdict, metric: str) -> Effect | None:
    for leg in verdict.judgement.judged_legs:
        effect = deciding_effect(leg)
        if leg.metric.name == metric and effect is not None and math.isfinite(effect.estimate):
            return effect
    return None


def _others(verdict: Verdict, effect: Effect) -> Iterator[Way]:
    name = contrast_name(effect.contrast)
    for line in verdict.sensitivity:
        found = [
            estimate
            for estimate in line.estimates
            if (estimate.metric, estimate.effect) == (effect.metric.name, name)
        ]
        if len(found) > MOST_SEEDS:
            ordered = sorted(found, key=lambda estimate: estimate.estimate)
            found = [*ordered[:2], *ordered[-2:]]
        for estimate in found:
            seed = estimate.without_seed
            said = line.name if seed is None else f"without {verdict.replicate} {seed}"
            yield Way(
                budget_name(verdict), said, seed, estimate.estimate, estimate.interval,
                line.evidence, line.agrees,
            )  # fmt: skip


def draw(report: HypothesisReport, study: Study, runs: Runs) -> Drawn:
    """One panel a claimed metric."""
    panels: dict[str, Panel] = {}
    rows: list[tuple[Cell, ...]] = []
    said: list[str] = []
    claim = hypothesis_of(report, study).claim
    for number, name in enumerate(dict.fromkeys(e.metric.name for e in claim.expect), 1):
        info = ways_info(report, name)
        if info is None:
            continue
        panels[f"effect{number}"] = _panel(info)
        said += [f"{way.budget}, {way.name}: {_numbers(way, info.effect)}" for way in info.ways]
        rows += [
            (w.budget, name, w.name, w.seed, w.estimate, *w.interval, w.evidence) for w in info.ways
        ]
    if not panels:
        return nothing(f"{report.id}: no other way of judging applies.")
    caption = (
        "Robustness: the effect as judged, by other ways of judging, and without single "
        f"{plural(replicate_of(report))}. The shaded band holds effects too small to matter."
    )
    text = f"Robustness of {report.id}. {listed(said)}."
    return Drawn("", caption, text, panels, Values(COLUMNS, tuple(rows)))


def _numbers(way: Way, effect: Effect) -> str:
    text = effect_text(replace(effect, estimate=way.estimate, ci=way.interval))
    return f"{text.change} ({text.interval})"


def _panel(info: WaysInfo) -> Panel:
    unit = unit_of(info.effect.contrast)
    band = effect_row(info.effect, "").band
    several = len({way.budget for way in info.ways}) > 1
    rows = [
        MarkRow(
            _label(way, several, info.effect),
            style.EVIDENCE_COLORS.get(way.evidence, style.INK) if way.name == "as judged"
            else style.MUTED,
            way.estimate,
            way.interval,
            band=band,
            marker="o" if way.name == "as judged" else "D",
        )
        for way in _merged(info.ways)
    ]  # fmt: skip
    axis = MarkAxis(
        axis_label(info.effect.contrast), unit.scale, "", True, unit.ratio,
        1.0 if unit.ratio else 0.0,
    )  # fmt: skip
    title = f"Robustness: {info.effect.metric.title}"
    return rows_panel(title, axis, rows)


def _merged(ways: tuple[Way, ...]) -> list[Way]:
    """Of the left-out seeds of a budget only the two extremes: the others lie between them."""
    kept = []
    for budget in dict.fromkeys(way.budget for way in ways):
        own = [way for way in ways if way.budget == budget]
        seeds = sorted((w for w in own if w.seed is not None), key=lambda way: way.estimate)
        kept += [way for way in own if way.seed is None]
        kept += seeds if len(seeds) <= 2 else [seeds[0], seeds[-1]]
    return kept


def _label(way: Way, several: bool, effect: Effect) -> str:
    name = f"{way.budget}, {way.name}" if several else upper(way.name)
    return f"{name}: {_numbers(way, effect)}"
