"""One module per figure: `..._info` says what is drawn, `draw` draws it.

Importing this package loads neither matplotlib nor pandas; drawing does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hyperverdict.study.model import Exploration, Study
from hyperverdict.verdicts.model import HypothesisReport, StudyReport

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

HYPOTHESIS_FIGURES = ("effect", "curves", "cost")

# Claims whose levels are drawn on an axis; comparisons are drawn pair by pair, others as a forest.
PAIRED_KINDS = ("comparison", "trade-off")
TREND_KINDS = ("trend",)


def hypothesis_key(hypothesis_id: str, figure: str) -> str:
    """The name of a hypothesis's figure, also its file's stem: ``H1.effect``."""
    return f"{hypothesis_id}.{figure}"


def exploration_key(exploration_id: str) -> str:
    """The name of an exploration's figure, also its file's stem: ``size.heatmap``."""
    return f"{exploration_id}.heatmap"


def expected(study: Study) -> tuple[str, ...]:
    """The names of all figures of a study; every one is always written."""
    own = [hypothesis_key(h.id, figure) for h in study.hypotheses for figure in HYPOTHESIS_FIGURES]
    return (*own, *(exploration_key(e.id) for e in study.explorations))


def draw_hypothesis(
    report: HypothesisReport, study: Study, final: pd.DataFrame, curves: pd.DataFrame
) -> dict[str, Figure]:
    """The figures of one hypothesis by name: effect, curves, cost."""
    from hyperverdict.figures import cost, learning_curves

    return {
        "effect": draw_effect(report, study, final),
        "curves": learning_curves.draw(learning_curves.curves_info(report, study, curves)),
        "cost": cost.draw(cost.cost_info(report, study, final)),
    }


def draw_effect(report: HypothesisReport, study: Study, final: pd.DataFrame) -> Figure:
    """The figure of the effects, in the form that the claim's type asks for."""
    from hyperverdict.figures import forest, paired, trend

    if report.kind in PAIRED_KINDS:
        return paired.draw(paired.paired_info(report, study, final))
    if report.kind in TREND_KINDS:
        return trend.draw(trend.trend_info(report, study, final))
    return forest.draw(forest.forest_info(report, study))


def draw_exploration(exploration: Exploration, study: Study, final: pd.DataFrame) -> Figure:
    """The heatmap of an exploration."""
    from hyperverdict.figures import heatmap

    return heatmap.draw(heatmap.heatmap_info(exploration, study, final))


def write(figure: Figure, path: Path) -> Path:
    """Write a figure as .svg, .png or .pdf; the same figure gives the same bytes."""
    from hyperverdict.figures import io

    return io.write(figure, path)


def draw_all(
    report: StudyReport, study: Study, final: pd.DataFrame, curves: pd.DataFrame, folder: Path
) -> Mapping[str, Path]:
    """Draw and write every figure of a study; name -> file."""
    paths: dict[str, Path] = {}
    for hypothesis in report.hypotheses:
        for name, figure in draw_hypothesis(hypothesis, study, final, curves).items():
            key = hypothesis_key(hypothesis.id, name)
            paths[key] = write(figure, Path(folder) / f"{key}.svg")
    for exploration in study.explorations:
        key = exploration_key(exploration.id)
        figure = draw_exploration(exploration, study, final)
        paths[key] = write(figure, Path(folder) / f"{key}.svg")
    return paths
