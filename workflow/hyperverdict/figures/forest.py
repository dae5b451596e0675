"""Effects with their intervals against the band of sizes that do not matter, one axis a metric."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from hyperverdict.claims.wording import deciding_effect
from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.effect import Effect
from hyperverdict.figures import style
from hyperverdict.figures.data import EffectRow, budget_name, effect_row
from hyperverdict.figures.drawn import Cell, Panel
from hyperverdict.figures.marks import MarkAxis, MarkRow, rows_panel
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.effects import effect_text
from hyperverdict.words.numbers import Unit, count, unit_of, upper

# More effects of one metric than this are summed up; those that decide come first.
MOST_ROWS = 20
CAPTION = (
    "Effects: dots are single values, the line is the interval. The shaded band holds effects too "
    "small to matter."
)
CLAIMED = "A dashed outline is the size that is claimed."


class EffectLine(NamedTuple):
    """One effect of one budget, and how it is named beside the others."""

    budget: str
    name: str
    effect: Effect
    row: EffectRow


class EffectsInfo(NamedTuple):
    """All effects on one metric over all budgets.

    Attributes:
        lines: those that are drawn, at most `MOST_ROWS`; left_out: how many are not.
    """

    title: str
    axis: str
    unit: Unit
    lines: tuple[EffectLine, ...]
    left_out: int


def effects_info(report: HypothesisReport, metric: str) -> EffectsInfo | None:
    """The measured effects on a metric; None where there are none."""
    found = [
        (verdict, effect)
        for verdict in report.verdicts
        for effect in _ordered(verdict, metric)
        if math.isfinite(effect.estimate) and (effect.estimate > 0 or not effect.ratio)
    ]
    if not found:
        return None
    several = len(report.verdicts) > 1
    lines = []
    for verdict, effect in found[:MOST_ROWS]:
        alone = sum(1 for v, _ in found if v is verdict) == 1
        text = effect_text(effect)
        name = contrast_name(effect.contrast)
        where = budget_name(verdict)
        label = where if several and alone else f"{where}: {name}" if several else name
        said = f"{label}: {text.change} ({text.interval})"
        lines.append(EffectLine(where, name, effect, effect_row(effect, said)))
    contrast = found[0][1].contrast
    title = f"Effect on {contrast.metric.title}"
    if contrast.kind == "share":
        title = f"Difference in shares of the variance in {contrast.metric.title}"
    return EffectsInfo(
        title, axis_label(contrast), unit_of(contrast), tuple(lines), len(found) - len(lines)
    )


def _ordered(verdict: Verdict, metric: str) -> Iterator[Effect]:
    """The effects of one verdict on a metric, the one that decides first where there are many."""
    seen: set[Contrast] = set()
    for leg in verdict.judgement.judged_legs:
        if leg.metric.name != metric:
            continue
        decisive = deciding_effect(leg)
        many = len(leg.effects) > MOST_ROWS
        effects = [decisive, *leg.effects] if many and decisive else list(leg.effects)
        for effect in effects:
            if effect.contrast not in seen:
                seen.add(effect.contrast)
                yield effect


def effect_panel(info: EffectsInfo) -> Panel:
    """The picture of the effects on one metric."""
    rows = [
        MarkRow(
            line.row.label,
            style.EVIDENCE_COLORS.get(line.row.evidence, style.INK),
            line.row.estimate,
            line.row.interval,
            line.row.per_seed,
            line.row.band,
            line.effect.claimed_range,
            tip=f"{line.row.label}; {line.row.evidence}",
        )
        for line in info.lines
    ]
    unit = info.unit
    axis = MarkAxis(info.axis, unit.scale, "", True, unit.ratio, 1.0 if unit.ratio else 0.0)
    note = f"{count(info.left_out, 'further effect')} in the CSV file" if info.left_out else ""
    return rows_panel(info.title, axis, rows, note)


def effect_values(report: HypothesisReport) -> list[tuple[Cell, ...]]:
    """Every effect with its numbers: (part, budget, metric, name, seed, value, low, high)."""
    rows: list[tuple[Cell, ...]] = []
    for verdict in report.verdicts:
        for effect in verdict.judgement.effects:
            shared = ("effect", budget_name(verdict), effect.metric.name)
            name = contrast_name(effect.contrast)
            rows.append((*shared, name, None, effect.estimate, *effect.ci))
            rows += [(*shared, name, seed, v, None, None) for seed, v in effect.per_seed]
    return rows


def axis_label(contrast: Contrast) -> str:
    """What the axis of effects shows, with its unit."""
    name, unit = contrast.metric.title, unit_of(contrast)
    of = {"share": f"share of the variance in {name}", "interaction": f"effect on {name}"}
    what = of.get(contrast.kind, name)
    if unit.ratio:
        return upper(f"times the {what}")
    return upper(f"difference in {what} ({unit.many})" if unit.many else f"difference in {what}")
