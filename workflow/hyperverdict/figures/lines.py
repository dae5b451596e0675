"""An interaction: one line per context from one level to the other, with intervals."""

from __future__ import annotations

import math
from typing import NamedTuple

from matplotlib.figure import Figure

from hyperverdict.figures import scores, style, svg, ticks
from hyperverdict.figures.data import budget_name, drawn_metric, finite, seed_values
from hyperverdict.figures.drawn import Cell, Panel
from hyperverdict.figures.runs import Runs
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import upper, value_text

# Apart from each other, so that intervals do not hide one another.
SHIFT = 0.035


class ContextLine(NamedTuple):
    """One context at one budget: [2] means and intervals, from one level to the other."""

    name: str
    budget: str
    ends: tuple[str, str]
    means: tuple[float, float]
    intervals: tuple[tuple[float, float] | None, tuple[float, float] | None]


class LinesInfo(NamedTuple):
    """The lines of all contexts and budgets."""

    metric: Metric
    change: str
    lines: tuple[ContextLine, ...]


def lines_info(report: HypothesisReport, study: Study, runs: Runs) -> LinesInfo | None:
    """The two ends of the effect in each context; None where a side has no score."""
    metric, lines, change = drawn_metric(report, study), [], ""
    for verdict in report.verdicts:
        by_label = {arm.label: arm for arm in verdict.arms}
        for effect in verdict.judgement.effects:
            contrast = effect.contrast
            if contrast.kind != "interaction" or effect.metric.name != metric.name:
                continue
            change = contrast.change
            names = (*contrast.start, *contrast.to)
            pairs = (contrast.arms[:2], contrast.arms[2:])
            for name, pair in zip(names, pairs, strict=False):
                arms = [by_label[label] for label in pair if label in by_label]
                line = _line(name, budget_name(verdict), arms, metric, runs)
                lines += [line] if line else []
    return LinesInfo(metric, change, tuple(lines)) if lines else None


def _line(
    name: str, budget: str, arms: list[ArmSummary], metric: Metric, runs: Runs
) -> ContextLine | None:
    if len(arms) != 2:
        return None
    found = [finite(seed_values(runs.rows(arm), arm, metric)) for arm in arms]
    if not all(found):
        return None
    (first, low), (second, high) = map(scores.mean_interval, found)
    varied = [k for k in arms[0].settings if arms[0].settings[k] != arms[1].settings.get(k)]
    ends = [", ".join(f"{k.replace('_', ' ')} {arm.settings[k]}" for k in varied) for arm in arms]
    return ContextLine(name, budget, (ends[0], ends[1]), (first, second), (low, high))


def part(report: HypothesisReport, study: Study, runs: Runs) -> Panel | None:
    """The picture; the scores of the arms where the contexts have none."""
    info = lines_info(report, study, runs)
    if info is None:
        return scores.part(report, study, runs)
    title = f"{upper(info.metric.title)} from {info.change}, by context"
    said = "; ".join(
        f"{line.name}, {line.budget}: {value_text(line.means[0], info.metric)} to "
        f"{value_text(line.means[1], info.metric)}"
        for line in info.lines
    )
    return Panel(draw_lines(info, title), f"{title}. {said}.")


def draw_lines(info: LinesInfo, title: str) -> Figure:
    """Parallel lines: no interaction."""
    several = len({line.budget for line in info.lines}) > 1
    with style.look():
        figure = style.new_figure(2.9 + 0.24 * len(info.lines))
        ax = figure.subplots()
        style.set_title(ax, title)
        for number, line in enumerate(info.lines):
            color = style.ARM_COLORS[number % len(style.ARM_COLORS)]
            dash = style.ARM_DASHES[number % len(style.ARM_DASHES)]
            at = [x + SHIFT * (number - (len(info.lines) - 1) / 2) for x in (0, 1)]
            named = f"{line.name}, {line.budget}" if several else line.name
            said = [value_text(mean, info.metric) for mean in line.means]
            label = style.fit(f"{named}: {said[0]} to {said[1]}", 40)
            ax.plot(at, line.means, color=color, ls=dash, lw=2, marker="o", ms=7, label=label,
                    gid=svg.tip(label), zorder=4)  # fmt: skip
            for x, ends in zip(at, line.intervals, strict=True):
                if ends and all(map(math.isfinite, ends)):
                    ax.plot([x, x], ends, color=color, lw=2.4, zorder=3)
        ax.set_xticks([0, 1], [style.fit(end, 18) for end in info.lines[0].ends])
        ax.set_xlim(-0.35, 1.35)
        ax.grid(visible=False, axis="x")
        percent = info.metric.is_fraction
        ticks.number_axis(ax, "y", 100.0 if percent else 1.0, "%" if percent else "")
        figure.legend(loc="outside lower left", frameon=False, fontsize=style.SMALL)
    return figure


def values(report: HypothesisReport, study: Study, runs: Runs) -> list[tuple[Cell, ...]]:
    """Every mean: (part, budget, metric, name, seed, value, low, high)."""
    return scores.values(report, study, runs)


def caption(report: HypothesisReport, study: Study, runs: Runs) -> str:
    """What its marks mean."""
    if lines_info(report, study, runs) is None:
        return scores.caption(report, study, runs)
    return "Lines: means with 95% intervals in each context. Parallel lines are no interaction."
