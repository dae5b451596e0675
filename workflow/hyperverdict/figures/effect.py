"""The figure of the effects, in the form that the claim asks for."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from hyperverdict.claims.model import FigureForm
from hyperverdict.figures import forest, levels, pairs
from hyperverdict.figures.data import effects_text, hypothesis_of
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport

if TYPE_CHECKING:
    from hyperverdict.records.collect import Tables

FORMS: Mapping[FigureForm, ModuleType] = {"pairs": pairs, "levels": levels, "forest": forest}


def form_of(report: HypothesisReport, study: Study) -> ModuleType:
    """The module that draws the effects of this hypothesis."""
    return FORMS[hypothesis_of(report, study).claim.figure]


def draw(report: HypothesisReport, study: Study, tables: Tables) -> Figure:
    """The effects of one hypothesis."""
    figure: Figure = form_of(report, study).draw(report, tables)
    return figure


def caption(report: HypothesisReport, study: Study) -> str:
    """What its marks mean."""
    return str(form_of(report, study).caption(report))


def alt_text(report: HypothesisReport, study: Study) -> str:
    """The verdicts and effects that it shows."""
    return effects_text(report)
