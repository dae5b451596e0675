"""How the arms learn: mean over seeds with a band, over steps, samples and seconds side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.figures import style, svg, ticks
from hyperverdict.figures.data import (
    ROUGH,
    ArmTexts,
    arm_at,
    arm_texts,
    budget_name,
    drawn_metric,
    finding,
    scores_text,
    timed_seconds,
)
from hyperverdict.figures.drawn import Drawn, Panel, Values, nothing
from hyperverdict.figures.runs import ArmLook, Runs
from hyperverdict.figures.selection import left_out, shown_arms
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.vocabulary.budget import Budget, shown_budget
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, listed, upper, value_text

if TYPE_CHECKING:
    import pandas as pd

SPLIT = "validation_curve"
# Ends further apart than this factor are shown on a log scale.
LOG_FROM = 5.0
# Ends of arms this close are one place.
SAME_PLACE = 0.01
POSITIONS = ("step", "samples", "epoch", "train_seconds")


class Scale(NamedTuple):
    """One horizontal axis: the column with the positions, and the kind of budgets it counts."""

    panel: str
    column: str
    title: str
    kind: str


class Curve(NamedTuple):
    """One arm at one budget: at [T] evaluations the positions by column, mean, sd and seeds.

    Attributes:
        name: the arm at its budget, for people.
        timed: its seconds are those of the arm without other jobs.
    """

    arm: str
    budget: str
    name: str
    timed: bool
    positions: Mapping[str, tuple[float, ...]]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    n: tuple[int, ...]


class Line(NamedTuple):
    """Where a budget ends, and what it is."""

    x: float
    name: str


class CurvesPanel(NamedTuple):
    """One axis with the budgets that end at one place of it."""

    scale: Scale
    log: bool
    lines: tuple[Line, ...]


class CurvesInfo(NamedTuple):
    """All curves, and the axes on which they are shown.

    Attributes:
        arms: the names of all arms; shown: the labels of those with a curve here, in order.
        all_arms: how many arms have runs.
    """

    hypothesis: str
    metric: Metric
    axis: str
    arms: ArmTexts
    shown: tuple[str, ...]
    all_arms: int
    curves: tuple[Curve, ...]
    panels: tuple[CurvesPanel, ...]


def curves_info(report: HypothesisReport, study: Study, runs: Runs) -> CurvesInfo:
    """The curves of the claimed metric, or of the study's where the claimed one has none."""
    metric = drawn_metric(report, study)
    if metric.curve not in runs.curves.columns:
        metric = study.shown_metric
    labels = tuple(dict.fromkeys(arm.label for v in report.verdicts for arm in v.arms))
    shown = shown_arms(report, metric, labels)
    curves = tuple(_curves(report, shown, metric, runs))
    kept = tuple(label for label in shown if any(curve.arm == label for curve in curves))
    panels = tuple(
        _panel(scale, report, curves) for scale in _scales(report, study) if _known(scale, curves)
    )
    own = study.vocabulary.training is not None
    axis = metric.title if own else f"validation {metric.curve.replace('_', ' ')}"
    texts = arm_texts(report).of(kept)
    return CurvesInfo(report.id, metric, axis, texts, kept, len(labels), curves, panels)


def _curves(
    report: HypothesisReport, shown: tuple[str, ...], metric: Metric, runs: Runs
) -> Iterator[Curve]:
    """Every run that differs from those before: budgets may end at the same step."""
    if metric.curve not in runs.curves.columns:
        return
    seen = set()
    for verdict in report.verdicts:
        for arm in verdict.arms:
            if arm.label in shown and (arm.label, arm.path) not in seen:
                seen.add((arm.label, arm.path))
                curve = _curve(arm, verdict, metric.curve, runs.curve(arm))
                if curve is not None:
                    yield curve


def _curve(arm: ArmSummary, verdict: Verdict, metric: str, rows: pd.DataFrame) -> Curve | None:
    own = rows[(rows["split"] == SPLIT) & rows[metric].notna()] if len(rows) else rows
    if own.empty:
        return None
    # Seeds share the steps of their evaluations but not the seconds.
    columns = [name for name in POSITIONS if name in own.columns]
    grouped = own.assign(step_=own["step"])[["step_", *columns, metric]].groupby("step_", sort=True)
    means, scores = grouped[columns].mean(), grouped[metric]
    whole = timed_seconds(arm, verdict)
    timed = arm.is_ours and whole > 0 and arm.steps > 0
    if timed:
        # Every step takes equally long, whatever ran beside it.
        means["train_seconds"] = means["step"] * (whole / arm.steps)
    return Curve(
        arm.label,
        budget_name(verdict),
        arm_at(arm, verdict),
        timed,
        {name: tuple(map(float, means[name])) for name in POSITIONS if name in means},
        tuple(map(float, scores.mean())),
        tuple(map(float, scores.std().fillna(0.0))),
        tuple(map(int, scores.count())),
    )


def _scales(report: HypothesisReport, study: Study) -> tuple[Scale, ...]:
    """The axes that there may be; a training of the user's own counts in a unit of its own."""
    kinds = {budget.kind for verdict in report.verdicts if (budget := _budget(verdict))}
    seconds = Scale("seconds", "train_seconds", "training seconds", "seconds")
    if study.vocabulary.training is not None:
        kind = next((k for k in kinds if k not in ("samples", "seconds")), "steps")
        column = "epoch" if kind == "epochs" else "step"
        samples = Scale("samples", "samples", "samples seen", "samples")
        return (Scale("steps", column, kind.replace("_", " "), kind), samples, seconds)
    images = Scale("samples", "samples", "images seen", "samples")
    if kinds == {"epochs"}:
        images = Scale("samples", "epoch", "epochs (full passes)", "epochs")
    return (Scale("steps", "step", "train steps", "steps"), images, seconds)


def _budget(verdict: Verdict) -> Budget | None:
    return shown_budget(verdict.budget) if verdict.budget and not verdict.budget_varies else None


def _known(scale: Scale, curves: Iterable[Curve]) -> bool:
    """Whether every curve says where it is on this axis, and there is more than a place."""
    found = [curve.positions.get(scale.column, ()) for curve in curves]
    whole = all(xs and all(map(math.isfinite, xs)) for xs in found)
    return bool(found) and whole and len({x for xs in found for x in xs}) > 1


def _panel(scale: Scale, report: HypothesisReport, curves: tuple[Curve, ...]) -> CurvesPanel:
    ends = [curve.positions[scale.column][-1] for curve in curves]
    starts = [curve.positions[scale.column][0] for curve in curves]
    log = min(starts) > 0 and max(ends) >= LOG_FROM * min(ends)
    lines: dict[float, str] = {}
    for verdict in report.verdicts:
        place = _place(scale, verdict, curves)
        if place is not None:
            lines[place] = f"{lines[place]}, {verdict.budget}" if place in lines else verdict.budget
    return CurvesPanel(scale, log, tuple(Line(x, lines[x]) for x in sorted(lines)))


def _place(scale: Scale, verdict: Verdict, curves: tuple[Curve, ...]) -> float | None:
    """Where a budget ends: the place that it names, or the one at which all its arms end."""
    budget = _budget(verdict)
    if budget is None:
        return None
    if budget.kind == scale.kind:
        return float(budget.amount)
    name = budget_name(verdict)
    ends = [c.positions[scale.column][-1] for c in curves if c.budget == name]
    if len(ends) < len(verdict.arms) or max(ends) - min(ends) > SAME_PLACE * max(ends):
        return None
    return sum(ends) / len(ends)


def draw(report: HypothesisReport, study: Study, runs: Runs) -> Drawn:
    """The learning curves of one hypothesis."""
    info = curves_info(report, study, runs)
    if not info.panels:
        return nothing(f"{info.hypothesis}: no learning curves are recorded for it.")
    looks = {label: runs.look(report, label) for label in info.shown}
    panels = {
        panel.scale.panel: Panel(
            draw_panel(panel, info, looks), f"{upper(info.axis)} over {panel.scale.title}."
        )
        for panel in info.panels
    }
    title = finding(report, info.metric)
    return Drawn(title, caption(info, report), alt_text(info, report), panels, values(info))


def caption(info: CurvesInfo, report: HypothesisReport) -> str:
    """What its marks mean, and which arms are left out."""
    ours = all(arm.is_ours for verdict in report.verdicts for arm in verdict.arms)
    rough = ours and not all(curve.timed for curve in info.curves)
    parts = ["Line: mean over seeds; band: one standard deviation; dot: last evaluation."]
    if any(panel.lines for panel in info.panels):
        parts.append("Dotted: budgets that end all arms at one place of the axis.")
    if any(curve.n[-1] < max(curve.n) for curve in info.curves):
        parts.append("Where runs ended early, the mean covers only the rest.")
    if rough and any(panel.scale.column == "train_seconds" for panel in info.panels):
        parts.append(ROUGH)
    if left := info.all_arms - len(info.shown):
        parts.append(left_out(left, info.all_arms))
    return " ".join(parts)


def alt_text(info: CurvesInfo, report: HypothesisReport) -> str:
    """What it shows: how every arm ended, with n and spread."""
    ends = listed(_end_text(curve, info) for curve in info.curves)
    scores = scores_text(report, info.metric) if info.all_arms == len(info.shown) else ""
    return f"{upper(info.axis)} at the last evaluation: {ends}.{scores}"


def _end_text(curve: Curve, info: CurvesInfo) -> str:
    mean, sd = value_text(curve.mean[-1], info.metric), value_text(curve.sd[-1], info.metric)
    spread = f" ± {sd}" if curve.n[-1] > 1 else ""
    seeds = count(curve.n[-1], "seed")
    return f"{curve.name} {mean}{spread} ({seeds})"


def values(info: CurvesInfo) -> Values:
    """Every point that is drawn."""
    columns = ("arm", "budget", *POSITIONS, f"mean_{info.metric.curve}", "sd", "seeds")
    rows = [
        (
            info.arms.titles[curve.arm],
            curve.budget,
            *(_cell(curve.positions.get(name), i) for name in POSITIONS),
            curve.mean[i],
            curve.sd[i] if curve.n[i] > 1 else None,
            curve.n[i],
        )
        for curve in info.curves
        for i in range(len(curve.mean))
    ]
    return Values(columns, tuple(rows))


def _cell(positions: tuple[float, ...] | None, i: int) -> float | None:
    return positions[i] if positions and math.isfinite(positions[i]) else None


def draw_panel(panel: CurvesPanel, info: CurvesInfo, looks: Mapping[str, ArmLook]) -> Figure:
    """Lines with bands, named beside the axes or in a legend below."""
    beside = style.fits_beside(info.arms)
    with style.look():
        figure = style.new_figure(2.7 + style.legend_inches(info.arms))
        ax = figure.subplots()
        handles = {curve.arm: _draw_curve(ax, curve, panel, info, looks) for curve in info.curves}
        ordered = {label: handles[label] for label in info.shown}
        _set_axes(ax, panel, info)
        _draw_lines(ax, panel)
        if beside:
            colors = {label: look.color for label, look in looks.items()}
            style.label_beside(ax, _longest_ends(panel, info), colors, info.arms)
        else:
            style.legend_below(figure, ordered, info.arms)
    return figure


def _longest_ends(panel: CurvesPanel, info: CurvesInfo) -> dict[str, float]:
    """Where the longest curve of each arm ends; nothing where a single arm needs no name."""
    if info.all_arms == 1:
        return {}
    column = panel.scale.column
    ordered = sorted(info.curves, key=lambda curve: curve.positions[column][-1])
    ends = {curve.arm: curve.mean[-1] for curve in ordered}
    return {label: ends[label] for label in info.shown}


def _draw_curve(
    ax: Axes, curve: Curve, panel: CurvesPanel, info: CurvesInfo, looks: Mapping[str, ArmLook]
) -> object:
    look, x = looks[curve.arm], curve.positions[panel.scale.column]
    text = svg.tip(_end_text(curve, info))
    low = [m - s for m, s in zip(curve.mean, curve.sd, strict=True)]
    high = [m + s for m, s in zip(curve.mean, curve.sd, strict=True)]
    ax.fill_between(x, low, high, color=look.color, alpha=0.14, lw=0)
    ax.plot(x[-1:], curve.mean[-1:], "o", color=look.color, ms=5, gid=text, zorder=4)
    [line] = ax.plot(x, curve.mean, color=look.color, ls=look.dash, lw=2, gid=text, zorder=3)
    return line


def _set_axes(ax: Axes, panel: CurvesPanel, info: CurvesInfo) -> None:
    ax.set_xlabel(f"{panel.scale.title}{', log scale' if panel.log else ''}")
    ax.set_ylabel(style.fit(info.axis, 26))
    if panel.log:
        ticks.log_axis(ax, "x", most=4)
    else:
        ticks.number_axis(ax, "x", most=4)
    percent = info.metric.is_fraction
    ticks.number_axis(ax, "y", 100.0 if percent else 1.0, "%" if percent else "")


def _draw_lines(ax: Axes, panel: CurvesPanel) -> None:
    """A dotted line at each budget, named above the axes."""
    low, high = ax.get_xlim()
    for line in panel.lines:
        ax.axvline(line.x, color=style.MUTED, ls=(0, (1, 2)), lw=1.2, zorder=1)
        place, left, right = (math.log(v) if panel.log else v for v in (line.x, low, high))
        where = (place - left) / (right - left)
        ax.annotate(
            style.fit(line.name, 26), (line.x, 1), xycoords=("data", "axes fraction"),
            xytext=(0, 3), textcoords="offset points", fontsize=style.SMALL, color=style.MUTED,
            ha="left" if where < 0.25 else "right" if where > 0.75 else "center", va="bottom",
        )  # fmt: skip
