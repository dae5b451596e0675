"""Two arms, seed by seed: what each seed scored under both, and beside it the effect."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.effects.effect import Effect
from hyperverdict.figures import forest, style
from hyperverdict.figures.data import (
    EffectRow,
    budget_title,
    by_metric,
    dots_text,
    effect_row,
    finite,
    pair_of,
    seed_values,
    verdict_title,
)
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.effects import effect_text
from hyperverdict.words.numbers import Unit, decimals_for, number, times, unit_of, upper, value_text

if TYPE_CHECKING:
    import pandas as pd

    from hyperverdict.records.collect import Tables

PANEL_INCHES = 2.25
SEEDS_AT, MEAN_AT = -0.2, 0.35


class PairsPanel(NamedTuple):
    """One budget and metric.

    Attributes:
        arms: titles of the two arms, from and to.
        seeds: [n] seeds that have a value in either arm.
        values: [2][n] final values, nan where a run failed or is missing.
        paired: whether the seeds of both arms belong together.
    """

    title: str
    metric: Metric
    unit: Unit
    arms: tuple[str, str]
    seeds: tuple[int, ...]
    values: tuple[tuple[float, ...], tuple[float, ...]]
    effect: EffectRow
    paired: bool


class PairsInfo(NamedTuple):
    """Panels with values per arm, and forests for the effects that have none (times)."""

    hypothesis: str
    panels: tuple[PairsPanel, ...]
    forests: tuple[forest.ForestPanel, ...]


def pairs_info(report: HypothesisReport, final: pd.DataFrame) -> PairsInfo:
    """One panel per budget and metric; effects without table values are gathered per metric."""
    panels: list[PairsPanel] = []
    gathered: dict[str, list[tuple[str, Effect]]] = {}
    for verdict in report.verdicts:
        for leg, effects in by_metric(verdict):
            for effect in effects:
                panel = _panel(verdict, effect, final)
                if panel is not None:
                    panels.append(panel)
                elif math.isfinite(effect.estimate):
                    label = f"{budget_title(verdict)}: {_change(effect)}"
                    gathered.setdefault(leg.metric.title, []).append((label, effect))
    forests = tuple(
        forest.forest_panel(
            upper(title), rows[0][1].contrast, tuple(effect_row(e, label) for label, e in rows)
        )
        for title, rows in gathered.items()
    )
    return PairsInfo(report.id, tuple(panels), forests)


def _change(effect: Effect) -> str:
    text = effect_text(effect)
    return f"{text.change} ({text.interval})"


def _panel(verdict: Verdict, effect: Effect, final: pd.DataFrame) -> PairsPanel | None:
    arms = pair_of(effect, verdict.arms)
    if arms is None:
        return None
    per_arm = [seed_values(final, arm, effect.metric) for arm in arms]
    if not all(finite(values) for values in per_arm):
        return None
    seeds = tuple(sorted({*per_arm[0], *per_arm[1]}))
    start, to = (tuple(values.get(seed, math.nan) for seed in seeds) for values in per_arm)
    return PairsPanel(
        verdict_title(verdict),
        effect.metric,
        unit_of(effect.contrast),
        (arms[0].title, arms[1].title),
        seeds,
        (start, to),
        effect_row(effect, ""),
        effect.paired,
    )


def draw(report: HypothesisReport, tables: Tables) -> Figure:
    """The paired figure: a row of two axes per panel, then the forests."""
    info = pairs_info(report, tables.final)
    if not info.panels and not info.forests:
        return style.sentence_figure(f"{info.hypothesis}: no pair of runs has finished yet.")
    with style.look():
        heights = [PANEL_INCHES] * len(info.panels) + [forest.panel_inches(p) for p in info.forests]
        figure = style.new_figure(sum(heights) + forest.FOOTNOTE_INCHES)
        grid = figure.add_gridspec(len(heights), 2, height_ratios=heights, width_ratios=(3, 2))
        for position, panel in enumerate(info.panels):
            draw_pairs(figure.add_subplot(grid[position, 0]), panel)
            draw_effect(figure.add_subplot(grid[position, 1]), panel)
        for position, rows in enumerate(info.forests, len(info.panels)):
            forest.draw_panel(figure.add_subplot(grid[position, :]), rows)
        style.footnote(figure, forest.FOOTNOTE)
    return figure


def caption(report: HypothesisReport) -> str:
    """What its marks mean."""
    beside = "The effect stands beside them with its interval."
    return f"{dots_text(report)} {beside} {forest.BAND}"


def draw_pairs(ax: Axes, panel: PairsPanel) -> None:
    """A grey line per seed between the arms, and the mean of each arm in its colour.

    Seeds that do not belong together are dots without lines.
    """
    style.set_title(ax, panel.title)
    line = "-" if panel.paired else ""
    for start, to in zip(*panel.values, strict=True):
        ax.plot([0, 1], [start, to], line, color=style.FAINT, lw=1.1, marker="o", ms=3, zorder=2)
    for x, values in enumerate(panel.values):
        kept = [v for v in values if math.isfinite(v)]
        mean, color = sum(kept) / len(kept), style.ARM_COLORS[x]
        ax.plot([x], [mean], style.MARKERS[x], ms=8, color=color, zorder=4)
        ax.annotate(
            value_text(mean, panel.metric), (x, mean), color=color, fontweight="bold",
            ha="right" if x == 0 else "left", va="center",
            xytext=(-8 if x == 0 else 8, 0), textcoords="offset points",
        )  # fmt: skip
    ax.set_xlim(-0.75, 1.75)
    ax.set_xticks([0, 1], [style.fit(arm, 16, 3) for arm in panel.arms])
    ax.set_ylabel(style.fit(panel.metric.title, 30))
    ax.grid(visible=False, axis="x")
    if panel.metric.is_fraction:
        style.percent_axis(ax, "y")


def draw_effect(ax: Axes, panel: PairsPanel) -> None:
    """The effect with its interval, each seed's difference, and the band that does not matter."""
    row = panel.effect
    color = style.EVIDENCE_COLORS.get(row.evidence, style.INK)
    forest.set_effect_axis(ax, (row,), panel.unit, which="y")
    limits = ax.get_ylim()
    ax.axhspan(*row.band, color=style.BAND, lw=0, zorder=0)
    ax.axhline(1.0 if panel.unit.ratio else 0.0, color=style.MUTED, lw=1, zorder=1)
    ax.plot([SEEDS_AT] * len(row.per_seed), row.per_seed, "o", ms=3.5, color="#9a9a9a", zorder=2)
    ends = [forest.inside(v, limits) for v in row.interval]
    ax.plot([MEAN_AT, MEAN_AT], ends, color=color, lw=2.4, zorder=3)
    ax.plot([MEAN_AT], [row.estimate], "o", ms=7, color=color, zorder=4)
    ax.annotate(
        _effect_text(panel), (MEAN_AT, row.estimate), color=color, fontweight="bold",
        va="center", xytext=(9, 0), textcoords="offset points",
    )  # fmt: skip
    ax.set_xlim(-0.5, 1.5)
    ax.set_xticks([SEEDS_AT, MEAN_AT], ["single", "mean"])
    ax.grid(visible=False, axis="x")
    ax.set_ylabel(f"effect ({panel.unit.many})" if panel.unit.many else "effect")


def _effect_text(panel: PairsPanel) -> str:
    row, unit = panel.effect, panel.unit
    if unit.ratio:
        return f"×{times(row.estimate)}"
    width = (row.interval[1] - row.interval[0]) * unit.scale
    text = number(row.estimate * unit.scale, decimals_for(width))
    return text if text.startswith("−") else f"+{text}"
