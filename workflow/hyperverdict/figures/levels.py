"""Ordered levels: means with intervals, every run, and the levels near the best."""

from __future__ import annotations

import math
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from hyperverdict.claims.factors import factor_title
from hyperverdict.figures import scores, style, svg, ticks
from hyperverdict.figures.data import budget_name, drawn_metric, finite, seed_values
from hyperverdict.figures.drawn import Cell, Panel
from hyperverdict.figures.runs import Runs
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import digits, upper, value_text


class LevelsLine(NamedTuple):
    """One budget over K ordered levels.

    Attributes:
        levels: [K] values of the factor, ascending; means, intervals: [K].
        seeds: [n]; values: [n][K], nan where a run failed or is missing.
        best: [K] whether no other level is proven better by the size that matters.
    """

    budget: str
    levels: tuple[float, ...]
    means: tuple[float, ...]
    intervals: tuple[tuple[float, float] | None, ...]
    seeds: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]
    best: tuple[bool, ...]


class LevelsInfo(NamedTuple):
    """The lines of all budgets."""

    metric: Metric
    factor: str
    lines: tuple[LevelsLine, ...]


def ordered_factor(arms: tuple[ArmSummary, ...]) -> str | None:
    """The one numeric setting that differs between all arms, or None."""
    names = {name for arm in arms for name in arm.settings}
    found = []
    for name in names:
        levels = [arm.settings.get(name) for arm in arms]
        numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in levels)
        if numeric and len(set(levels)) == len(arms) > 1:
            found.append(name)
    return found[0] if len(found) == 1 else None


def levels_info(report: HypothesisReport, study: Study, runs: Runs) -> LevelsInfo | None:
    """Levels with every seed's values; None where the arms have no numeric order or no scores."""
    metric = drawn_metric(report, study)
    factors = {ordered_factor(verdict.arms) for verdict in report.verdicts}
    factor = factors.pop() if len(factors) == 1 else None
    if factor is None:
        return None
    lines = [_line(verdict, factor, metric, runs) for verdict in report.verdicts]
    kept = tuple(line for line in lines if line is not None)
    return LevelsInfo(metric, factor_title(factor), kept) if kept else None


def _line(verdict: Verdict, factor: str, metric: Metric, runs: Runs) -> LevelsLine | None:
    arms = sorted(verdict.arms, key=lambda arm: float(arm.settings[factor]))
    per_arm = [seed_values(runs.rows(arm), arm, metric) for arm in arms]
    if not any(finite(found) for found in per_arm):
        return None
    seeds = tuple(sorted({seed for found in per_arm for seed in found}))
    middles = [scores.mean_interval(finite(found)) for found in per_arm]
    near = dict(verdict.judgement.facts.get("within_delta_of_best", ())).get(metric.title, ())
    return LevelsLine(
        budget_name(verdict),
        tuple(float(arm.settings[factor]) for arm in arms),
        tuple(mean for mean, _ in middles),
        tuple(ends for _, ends in middles),
        seeds,
        tuple(tuple(found.get(seed, math.nan) for found in per_arm) for seed in seeds),
        tuple(arm.title in near for arm in arms),
    )


def part(report: HypothesisReport, study: Study, runs: Runs) -> Panel | None:
    """The picture of the levels; the scores of the arms where these have no numeric order."""
    info = levels_info(report, study, runs)
    if info is None:
        return scores.part(report, study, runs)
    title = f"{upper(info.metric.title)} by {info.factor}"
    said = "; ".join(
        f"{line.budget}, {info.factor} {digits(level, 4)}: {value_text(mean, info.metric)}"
        for line in info.lines
        for level, mean in zip(line.levels, line.means, strict=True)
    )
    return Panel(draw_levels(info, title), f"{title}. {said}.")


def draw_levels(info: LevelsInfo, title: str) -> Figure:
    """One line per budget; grey dots are runs, open rings the levels near the best."""
    several = len(info.lines) > 1
    with style.look():
        figure = style.new_figure(3.0 + 0.3 * several)
        ax = figure.subplots()
        style.set_title(ax, title)
        for number, line in enumerate(info.lines):
            color = style.ARM_COLORS[number % len(style.ARM_COLORS)] if several else style.INK
            _draw_line(ax, line, info.metric, color, named=not several)
        if all(level > 0 for line in info.lines for level in line.levels):
            ax.set_xscale("log")
        levels = sorted({level for line in info.lines for level in line.levels})
        shown = levels if len(levels) <= 7 else levels[:: math.ceil(len(levels) / 7)]
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xticks(shown, [digits(level, 4).replace(",", "") for level in shown])
        ax.margins(x=0.09, y=0.16)
        ax.set_xlabel(info.factor)
        percent = info.metric.is_fraction
        ticks.number_axis(ax, "y", 100.0 if percent else 1.0, "%" if percent else "")
        if several:
            ax.legend(frameon=False, fontsize=style.SMALL)
    return figure


def _draw_line(ax: Axes, line: LevelsLine, metric: Metric, color: str, named: bool) -> None:
    for row in line.values:
        ax.plot(line.levels, row, "o", ms=3, color=style.FAINT, mew=0, zorder=2)
    ax.plot(line.levels, line.means, color=color, lw=1.8, zorder=3, label=line.budget)
    tops = [max((row[k] for row in line.values if math.isfinite(row[k])), default=math.nan)
            for k in range(len(line.levels))]  # fmt: skip
    for level, mean, ends, best, top in zip(
        line.levels, line.means, line.intervals, line.best, tops, strict=True
    ):
        if not math.isfinite(mean):
            continue
        gid = svg.tip(f"{digits(level, 4)}: {value_text(mean, metric)}")
        if ends:
            ax.plot([level, level], ends, color=color, lw=2.4, zorder=4, gid=gid)
        ax.plot([level], [mean], "o", ms=7, color=color, zorder=5, gid=gid)
        if best:
            ax.plot([level], [mean], "o", ms=13, mfc="none", mec=color, mew=1.6, zorder=4)
        if named:
            ax.annotate(
                value_text(mean, metric), (level, max([top, *(ends or ())])),
                fontsize=style.SMALL, color=style.INK, ha="center", xytext=(0, 8),
                textcoords="offset points",
            )  # fmt: skip


def values(report: HypothesisReport, study: Study, runs: Runs) -> list[tuple[Cell, ...]]:
    """Every value: (part, budget, metric, name, seed, value, low, high)."""
    info = levels_info(report, study, runs)
    if info is None:
        return scores.values(report, study, runs)
    rows: list[tuple[Cell, ...]] = []
    for line in info.lines:
        for position, level in enumerate(line.levels):
            name = f"{info.factor} {digits(level, 6)}"
            shared = ("level", line.budget, info.metric.name, name)
            low, high = line.intervals[position] or (None, None)
            rows.append((*shared, None, line.means[position], low, high))
            rows += [
                (*shared, seed, row[position], None, None)
                for seed, row in zip(line.seeds, line.values, strict=True)
                if math.isfinite(row[position])
            ]
    return rows


def caption(report: HypothesisReport, study: Study, runs: Runs) -> str:
    """What its marks mean."""
    info = levels_info(report, study, runs)
    if info is None:
        return scores.caption(report, study, runs)
    said = "Levels: dots are single runs; marks are means with 95% intervals."
    near = any(any(line.best) for line in info.lines)
    return (
        f"{said} Rings: no other level is proven better by a size that matters." if near else said
    )
