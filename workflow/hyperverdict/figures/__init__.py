"""The figures of a study: one row here, one module each, one caption in workflow/report.

The module of a figure has `draw(subject, study, tables)`, `caption(subject, study)` and
`alt_text(subject, study)`; the subject is a `HypothesisReport`, or a `Heatmap` for heatmaps.
Importing this package loads neither matplotlib nor pandas; drawing does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal, NamedTuple

from hyperverdict.study.model import Heatmap, Hypothesis, Study
from hyperverdict.words.isolation import guarded
from hyperverdict.words.numbers import full_stop

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hyperverdict.records.collect import Tables
    from hyperverdict.verdicts.model import HypothesisReport, StudyReport


class FigureKind(NamedTuple):
    """One kind of figure.

    Attributes:
        name: of its module, of its caption's file, and in the names of its files.
        category: where it stands in Snakemake's own report.
        shows: what one figure is about.
    """

    name: str
    category: str
    shows: Literal["hypothesis", "heatmap"] = "hypothesis"

    @property
    def module(self) -> ModuleType:
        """The module that draws it."""
        return import_module(f"hyperverdict.figures.{self.name}")


FIGURES = (
    FigureKind("effect", "Verdicts"),
    FigureKind("curves", "Learning curves"),
    FigureKind("cost", "Score against cost"),
    FigureKind("heatmap", "Heatmaps", "heatmap"),
)


class FigureFile(NamedTuple):
    """One figure of a study: its kind, and the id of the hypothesis or heatmap that it shows."""

    kind: FigureKind
    id: str

    @property
    def key(self) -> str:
        """Its name, also its file's stem: ``H1.effect``."""
        return f"{self.id}.{self.kind.name}"


class Picture(NamedTuple):
    """A figure in a page: its key, its text for those who do not see it, its caption."""

    key: str
    text: str
    caption: str


def expected(study: Study) -> tuple[FigureFile, ...]:
    """All figures of a study; every one is always written."""
    subjects: tuple[Hypothesis | Heatmap, ...] = (*study.hypotheses, *study.heatmaps)
    return tuple(file for subject in subjects for file in _files(subject))


def pictures(subject: HypothesisReport | Heatmap, study: Study) -> tuple[Picture, ...]:
    """The figures of one hypothesis or heatmap, with their words.

    One that was not judged has one, which says so; what fails in the words of a figure stays there.
    """
    files = tuple(_files(subject))
    if not_judged := _not_judged(subject):
        return (Picture(files[0].key, not_judged, not_judged),)
    return tuple(_picture(file, subject, study) for file in files)


def _picture(file: FigureFile, subject: HypothesisReport | Heatmap, study: Study) -> Picture:
    module = file.kind.module
    return guarded(
        file.key,
        lambda: Picture(file.key, module.alt_text(subject, study), module.caption(subject, study)),
        lambda problem: Picture(file.key, problem, problem),
    )


def _not_judged(subject: HypothesisReport | Heatmap) -> str:
    """That a hypothesis was not judged, and why; "" where it was."""
    because = "" if isinstance(subject, Heatmap) else subject.failed_because
    return full_stop(f"{subject.id} was not judged: {because}") if because else ""


def draw(
    subject: HypothesisReport | Heatmap, study: Study, tables: Tables
) -> Iterator[tuple[str, Figure]]:
    """The figures of one hypothesis or heatmap, each with its key."""
    from hyperverdict.figures.style import sentence_figure

    for file in _files(subject):
        if not_judged := _not_judged(subject):
            yield file.key, sentence_figure(not_judged)
        else:
            one = partial(file.kind.module.draw, subject, study, tables)
            yield file.key, guarded(file.key, one, sentence_figure)


def _files(subject: Hypothesis | HypothesisReport | Heatmap) -> Iterator[FigureFile]:
    shows = "heatmap" if isinstance(subject, Heatmap) else "hypothesis"
    return (FigureFile(kind, subject.id) for kind in FIGURES if kind.shows == shows)


def draw_all(report: StudyReport, study: Study, tables: Tables, folder: Path) -> Mapping[str, Path]:
    """Draw and write every figure of a study; key -> file."""
    from hyperverdict.figures.io import write

    subjects: tuple[HypothesisReport | Heatmap, ...] = (*report.hypotheses, *study.heatmaps)
    return {
        key: write(figure, folder / f"{key}.svg")
        for subject in subjects
        for key, figure in draw(subject, study, tables)
    }
