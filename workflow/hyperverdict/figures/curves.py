"""How the arms learn: mean over seeds with a band of one standard deviation, per budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.figures import style
from hyperverdict.figures.data import (
    ArmTexts,
    arm_texts,
    budget_title,
    drawn_metric,
    scores_text,
)
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.vocabulary.budget import shown_budget
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import digits, plain

if TYPE_CHECKING:
    import pandas as pd

    from hyperverdict.records.collect import Tables

SPLIT = "validation_curve"
FOOTNOTE = "line: mean; band: ± 1 standard deviation"

# What the horizontal axis shows, by the budget's kind.
AXES = {
    "steps": ("step", "train steps"),
    "samples": ("samples", "images seen"),
    "epochs": ("epoch", "epochs (full passes)"),
    "seconds": ("train_seconds", "training seconds"),
}


class Curve(NamedTuple):
    """One arm: [T] positions, mean and standard deviation over n seeds (0 for one seed)."""

    label: str
    n: int
    x: tuple[float, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]


class CurvesPanel(NamedTuple):
    """One budget; `x_title` names the horizontal axis."""

    title: str
    x_title: str
    curves: tuple[Curve, ...]


class CurvesInfo(NamedTuple):
    """One panel per budget that has curves. `arms` are all arms, in order, for the colours.

    `split` is what stands before the metric on the vertical axis.
    """

    hypothesis: str
    metric: Metric
    arms: ArmTexts
    panels: tuple[CurvesPanel, ...]
    split: str = "validation "


def curves_info(report: HypothesisReport, study: Study, curves: pd.DataFrame) -> CurvesInfo:
    """Validation curves of every arm at every budget, of the claimed metric where it has them."""
    metric = drawn_metric(report, study)
    if metric.curve not in curves.columns:
        metric = study.shown_metric
    own = study.vocabulary.training is not None
    panels = (_panel(verdict, metric.curve, curves, own) for verdict in report.verdicts)
    kept = tuple(panel for panel in panels if panel.curves)
    return CurvesInfo(report.id, metric, arm_texts(report), kept, "" if own else "validation ")


def _panel(verdict: Verdict, metric: str, curves: pd.DataFrame, own: bool) -> CurvesPanel:
    """One budget; a training of the user's own counts in the unit that it is told."""
    kind = shown_budget(verdict.budget).kind if verdict.budget else "steps"
    column, title = AXES.get(kind, ("step", kind.replace("_", " ")))
    title = kind.replace("_", " ") if own else title
    drawn = (_curve(arm, metric, column, curves) for arm in verdict.arms)
    return CurvesPanel(budget_title(verdict), title, tuple(c for c in drawn if c is not None))


def _curve(arm: ArmSummary, metric: str, column: str, curves: pd.DataFrame) -> Curve | None:
    if curves.empty or metric not in curves.columns:
        return None
    own = (curves["path"] == arm.path) & (curves["split"] == SPLIT) & curves["seed"].isin(arm.seeds)
    rows = curves[own & curves[metric].notna()]
    if rows.empty:
        return None
    column = column if column in rows.columns else "step"
    # Seeds share the steps of their evaluations but not the seconds: group by step.
    grouped = rows.groupby("step", sort=True)
    return Curve(
        arm.label,
        int(rows["seed"].nunique()),
        tuple(float(v) for v in grouped[column].mean()),
        tuple(float(v) for v in grouped[metric].mean()),
        tuple(float(v) for v in grouped[metric].std().fillna(0.0)),
    )


def draw(report: HypothesisReport, study: Study, tables: Tables) -> Figure:
    """The learning-curve figure."""
    return draw_info(curves_info(report, study, tables.curves))


def caption(report: HypothesisReport, study: Study) -> str:
    """What its marks mean."""
    what = _curves_of(study)
    return f"{what}: the mean with a band of one standard deviation."


def alt_text(report: HypothesisReport, study: Study) -> str:
    """What it shows, with the mean scores."""
    scores = scores_text(report, drawn_metric(report, study))
    return f"{_curves_of(study)} of the arms of {report.id}, one panel per budget.{scores}"


def _curves_of(study: Study) -> str:
    own = study.vocabulary.training is not None
    return "Scores along the training" if own else "Validation curves"


def draw_info(info: CurvesInfo) -> Figure:
    """The learning-curve figure of its info."""
    if not info.panels:
        return style.sentence_figure(f"{info.hypothesis}: no learning curves are recorded for it.")
    with style.look():
        height = 2.4 * len(info.panels) + 0.25 + style.legend_inches(info.arms)
        figure = style.new_figure(height)
        axes = figure.subplots(len(info.panels), 1, squeeze=False)[:, 0]
        handles: dict[str, object] = {}
        for panel, ax in zip(info.panels, axes, strict=True):
            handles |= draw_panel(ax, panel, info)
        if style.fits_beside(info.arms):
            style.footnote(figure, FOOTNOTE)
        else:
            style.legend_below(figure, handles, info.arms, FOOTNOTE)
    return figure


def draw_panel(ax: Axes, panel: CurvesPanel, info: CurvesInfo) -> dict[str, object]:
    """Lines with bands, labelled at their right ends where labels fit; label -> line."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    labels = tuple(info.arms.titles)
    colors, dashes = style.arm_colors(labels), style.arm_dashes(labels)
    handles: dict[str, object] = {}
    style.set_title(ax, panel.title)
    for curve in panel.curves:
        color = colors[curve.label]
        low = [m - s for m, s in zip(curve.mean, curve.sd, strict=True)]
        high = [m + s for m, s in zip(curve.mean, curve.sd, strict=True)]
        ax.fill_between(curve.x, low, high, color=color, alpha=0.16, lw=0)
        marker = "o" if len(curve.x) == 1 else ""
        handles[curve.label] = ax.plot(
            curve.x, curve.mean, color=color, ls=dashes[curve.label], lw=1.9, marker=marker
        )[0]
    ax.set_xlabel(panel.x_title)
    ax.set_ylabel(f"{info.split}{plain(info.metric.curve)}")
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: digits(v, 4)))
    if info.metric.is_fraction:
        style.percent_axis(ax, "y")
    if style.fits_beside(info.arms):
        ends = {curve.label: curve.mean[-1] for curve in panel.curves}
        style.label_beside(ax, ends, colors, info.arms)
    return handles
