"""The figures of a study: one row here, one module each, one caption in workflow/report.

The module of a figure has `draw(subject, study, runs)`, which gives a `Drawn`: its panels, its
words and its values. The subject is a `HypothesisReport`, or a `Heatmap` for heatmaps. Importing
this package loads neither matplotlib nor pandas; drawing does.

`draw_all` writes one SVG per panel, one CSV with the values per figure and the index; a page takes
from these what there is to show (`pictures`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hyperverdict.errors import UserError
from hyperverdict.figures.drawn import Drawn, nothing
from hyperverdict.figures.svg import inline
from hyperverdict.runs.layout import checksum_of, file_sha256
from hyperverdict.runs.sealed import DamagedError, read_json
from hyperverdict.study.model import Heatmap, Hypothesis, Study
from hyperverdict.words.isolation import guarded
from hyperverdict.words.numbers import full_stop
from hyperverdict.words.safe import cut, xml

if TYPE_CHECKING:
    from hyperverdict.figures.runs import Runs
    from hyperverdict.records.tables import Tables
    from hyperverdict.verdicts.model import HypothesisReport, StudyReport

INDEX_FILE = "figures.json"
# In characters; names may be of any length.
LONGEST_TITLE, LONGEST_TEXT = 400, 4_000
Panels = Callable[[Hypothesis | Heatmap, Study], tuple[str, ...]]


def _one_panel(_subject: Hypothesis | Heatmap, _study: Study) -> tuple[str, ...]:
    return ("",)


def _three_axes(_subject: Hypothesis | Heatmap, _study: Study) -> tuple[str, ...]:
    return ("steps", "samples", "seconds")


def _by_metric(subject: Hypothesis | Heatmap, _study: Study) -> tuple[str, ...]:
    """What was measured, and the effects on each claimed metric."""
    if isinstance(subject, Heatmap):
        return ()
    metrics = dict.fromkeys(expectation.metric.name for expectation in subject.claim.expect)
    return ("data", *(f"effect{number}" for number, _ in enumerate(metrics, 1)))


def _per_budget_if_tuned(subject: Hypothesis | Heatmap, _study: Study) -> tuple[str, ...]:
    """One panel a budget at which values were tuned; () for a hypothesis without."""
    if isinstance(subject, Heatmap) or not subject.tune:
        return ()
    return tuple(f"budget{number}" for number, _ in enumerate(subject.budgets, 1))


def _by_claimed_metric(subject: Hypothesis | Heatmap, study: Study) -> tuple[str, ...]:
    """One panel a claimed metric; () for what trains nothing."""
    return tuple(name for name in _by_metric(subject, study) if name != "data")


class FigureKind(NamedTuple):
    """One kind of figure.

    Attributes:
        name: of its module, of its caption's file, and in the names of its files.
        category: where it stands in Snakemake's own report.
        shows: what one figure is about.
        panels: the names of its panels, known before any run; () where there is no such figure.
    """

    name: str
    category: str
    shows: Literal["hypothesis", "heatmap"] = "hypothesis"
    panels: Panels = _one_panel

    @property
    def module(self) -> ModuleType:
        """The module that draws it."""
        return import_module(f"hyperverdict.figures.{self.name}")


FIGURES = (
    FigureKind("effect", "Verdicts", panels=_by_metric),
    FigureKind("tuning", "Tuning", panels=_per_budget_if_tuned),
    FigureKind("robustness", "Robustness", panels=_by_claimed_metric),
    FigureKind("curves", "Learning curves", panels=_three_axes),
    FigureKind("cost", "Score against cost"),
    FigureKind("heatmap", "Heatmaps", "heatmap"),
)


class FigureFile(NamedTuple):
    """One figure of a study: its kind, the id of what it shows, and the names of its panels."""

    kind: FigureKind
    id: str
    panels: tuple[str, ...] = ("",)

    @property
    def key(self) -> str:
        """Its name, also the stem of its files: ``H1.effect``."""
        return f"{self.id}.{self.kind.name}"

    def svg(self, panel: str) -> str:
        """The name of a panel's file: ``H1.effect.svg``, ``H1.curves.seconds.svg``."""
        return ".".join(filter(None, (self.key, panel, "svg")))

    @property
    def csv(self) -> str:
        """The name of the file that holds its values."""
        return f"{self.key}.csv"


class Picture(NamedTuple):
    """A figure in a page.

    Attributes:
        title: the finding; text: what it shows, with its numbers; caption: what its marks mean.
        panels: inline SVG, one a panel; none where drawing failed, which the caption then says.
        files: what to link -> file name beside the panels: ``SVG``, ``CSV``.
        is_linked: the page links its files and does not show it.
    """

    key: str
    title: str
    text: str
    caption: str
    panels: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    is_linked: bool = False


def expected(study: Study) -> tuple[FigureFile, ...]:
    """All figures of a study; every one is always written."""
    subjects: tuple[Hypothesis | Heatmap, ...] = (*study.hypotheses, *study.heatmaps)
    return tuple(file for subject in subjects for file in _files(subject, study))


def expected_files(study: Study) -> tuple[str, ...]:
    """The names of all files that `draw_all` writes beside the panels: values and index."""
    return (*(file.csv for file in expected(study)), INDEX_FILE)


def _files(subject: Hypothesis | Heatmap, study: Study) -> Iterator[FigureFile]:
    shows = "heatmap" if isinstance(subject, Heatmap) else "hypothesis"
    for kind in FIGURES:
        if kind.shows == shows and (panels := kind.panels(subject, study)):
            yield FigureFile(kind, subject.id, panels)


def _stated(subject: HypothesisReport | Heatmap, study: Study) -> Hypothesis | Heatmap:
    if isinstance(subject, Heatmap):
        return subject
    return next(h for h in study.hypotheses if h.id == subject.id)


def pictures(
    subject: HypothesisReport | Heatmap, study: Study, folder: Path | None
) -> tuple[Picture, ...]:
    """The figures of one hypothesis or heatmap that show something, for a page.

    Args:
        folder: where `draw_all` wrote them; without its index there are none.
    """
    if folder is None or not (index := folder / INDEX_FILE).exists():
        return ()
    try:
        content = read_json(index)
    except DamagedError as error:
        raise UserError(
            f"{index} is damaged ({error}); start the study again, and its figures are drawn again"
        ) from None
    entries, checksums = content["figures"], content.get("sha256", {})
    keys = (file.key for file in _files(_stated(subject, study), study))
    known = (
        guarded(k, partial(_picture, k, entries.get(k), folder, checksums), partial(_broken, k))
        for k in keys
    )
    return tuple(picture for picture in known if picture is not None)


def damaged_figure(folder: Path) -> str:
    """Why figures that `draw_all` wrote cannot be used; "" where they can, or there are none."""
    try:
        checksums = read_json(folder / INDEX_FILE).get("sha256", {})
    except FileNotFoundError:
        return ""
    except (OSError, DamagedError) as error:
        return f"{INDEX_FILE} is damaged ({error})"
    for name, checksum in checksums.items():
        file = folder / name
        if not file.is_file():
            return f"{name} is missing"
        if file_sha256(file) != checksum:
            return f"{name} is damaged (its checksum does not fit)"
    return ""


def _picture(
    key: str, entry: Mapping[str, Any] | None, folder: Path, checksums: Mapping[str, str]
) -> Picture | None:
    if entry is None or (entry["empty"] and not entry["failed"]):
        return None
    panels = tuple(
        _inline(folder / panel["file"], panel["label"], checksums) for panel in entry["panels"]
    )
    files = [(f"SVG {panel['name']}".strip(), panel["file"]) for panel in entry["panels"]]
    values = [("CSV", entry["csv"])] if panels else []
    title, text, caption = entry["title"], entry["text"], entry["caption"]
    return Picture(key, title, text, caption, panels, (*files, *values))


def _inline(file: Path, label: str, checksums: Mapping[str, str]) -> str:
    content = file.read_bytes()
    found = checksum_of(content)
    if checksums.get(file.name, found) != found:
        raise UserError(f"{file} is damaged (its checksum does not fit)")
    return inline(content.decode(), file.stem, label)


def _broken(key: str, problem: str) -> Picture:
    return Picture(key, "", problem, problem)


def draw(
    subject: HypothesisReport | Heatmap, study: Study, tables: Tables | Runs
) -> Iterator[tuple[FigureFile, Drawn]]:
    """The figures of one hypothesis or heatmap; what fails in drawing one stays there."""
    from hyperverdict.figures.runs import Runs

    runs = tables if isinstance(tables, Runs) else Runs(tables)
    for file in _files(_stated(subject, study), study):
        if not_judged := _not_judged(subject):
            yield file, nothing(not_judged)
        else:
            yield (
                file,
                guarded(
                    file.key,
                    partial(file.kind.module.draw, subject, study, runs),
                    partial(nothing, failed=True),
                ),
            )


def _not_judged(subject: HypothesisReport | Heatmap) -> str:
    """That a hypothesis was not judged, and why; "" where it was."""
    because = "" if isinstance(subject, Heatmap) else subject.failed_because
    return full_stop(f"{subject.id} was not judged: {because}") if because else ""


def draw_all(report: StudyReport, study: Study, tables: Tables, folder: Path) -> Mapping[str, Path]:
    """Draw and write every figure of a study, its values and the index; file name -> file."""
    from hyperverdict.figures.io import write_index
    from hyperverdict.figures.memory import collected_between
    from hyperverdict.figures.runs import Runs
    from hyperverdict.figures.style import look

    runs = Runs(tables, report.hypotheses)
    subjects: tuple[HypothesisReport | Heatmap, ...] = (*report.hypotheses, *study.heatmaps)
    written: dict[str, Path] = {}
    entries: dict[str, Any] = {}
    with look(), collected_between() as collect:
        for subject in subjects:
            for file, drawn in draw(subject, study, runs):
                entry, paths = _write(file, drawn, folder)
                entries[file.key] = entry
                written |= paths
            collect()
    checksums = {name: file_sha256(file) for name, file in written.items()}
    written[INDEX_FILE] = write_index(entries, checksums, folder / INDEX_FILE)
    return written


def _write(file: FigureFile, drawn: Drawn, folder: Path) -> tuple[dict[str, Any], dict[str, Path]]:
    """Write a figure's panels, those without anything to show as a sentence, and its values."""
    from hyperverdict.figures.io import write, write_values
    from hyperverdict.figures.style import sentence_figure

    written: dict[str, Path] = {}
    entry: dict[str, Any] = {
        "title": cut(xml(drawn.title), LONGEST_TITLE),
        "text": cut(xml(drawn.text), LONGEST_TEXT),
        "caption": cut(xml(drawn.caption), LONGEST_TEXT),
        "empty": xml(drawn.nothing),
        "failed": drawn.failed,
        "csv": file.csv,
        "panels": [],
    }
    for name in file.panels:
        path = folder / file.svg(name)
        panel = drawn.panels.get(name)
        figure = panel.figure if panel else sentence_figure(drawn.nothing or "Nothing to show.")
        written[path.name] = write(figure, path, entry["title"] or file.key, entry["text"])
        if panel:
            label = xml(panel.label) or entry["text"]
            entry["panels"].append({"name": name, "file": path.name, "label": label})
    written[file.csv] = write_values(drawn.values, folder / file.csv)
    return entry, written
