"""Every declared figure is written, whatever there is to draw, and always with the same bytes."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from hyperverdict import figures
from hyperverdict.errors import UserError
from hyperverdict.figures import effect, style
from hyperverdict.figures.drawn import Drawn, Panel, Values
from hyperverdict.figures.io import write
from hyperverdict.figures.runs import Runs
from hyperverdict.foreign.judge import judge_table
from hyperverdict.records.tables import Tables
from hyperverdict.report import html

from tests.unit.report import made_runs, samples

STUDY, REPORT, TABLES = samples.whole()
KEYS = tuple(file.key for file in figures.expected(STUDY))
FILES = {f.svg(panel) for f in figures.expected(STUDY) for panel in f.panels} | {
    *figures.expected_files(STUDY)
}


def text_of(path):
    return "\n".join(t for t in ElementTree.parse(path).getroot().itertext() if t.strip())


def test_all_expected_figures_are_written_as_text_svg(tmp_path):
    paths = figures.draw_all(REPORT, STUDY, TABLES, tmp_path)
    assert set(paths) == FILES
    assert KEYS[0] == "H1.effect"
    assert KEYS[-1] == "size.heatmap"
    assert all(path.stat().st_size < 150_000 for path in paths.values())
    drawn = text_of(paths["H1.effect.effect2.svg"])
    assert "Effect on test accuracy" in drawn
    assert "300 steps: 3.00 points higher" in drawn.replace("\n", " ")
    assert "Batch size 4 at 300 steps: 70.0%" in text_of(paths["H1.effect.data.svg"])
    assert {p.name for p in tmp_path.iterdir()} == FILES


def test_equal_figures_are_equal_bytes(tmp_path):
    first = figures.draw_all(REPORT, STUDY, TABLES, tmp_path / "a")
    second = figures.draw_all(REPORT, STUDY, TABLES, tmp_path / "b")
    assert [p.read_bytes() for p in first.values()] == [p.read_bytes() for p in second.values()]


def test_without_runs_every_figure_says_so_in_words(tmp_path):
    counted = samples.hypothesis_report("definitional", "true by arithmetic")
    bare = tuple(replace(counted, id=h.id) for h in REPORT.hypotheses)
    nothing = Tables(TABLES.final.iloc[:0], TABLES.curves.iloc[:0])
    paths = figures.draw_all(replace(REPORT, hypotheses=bare), STUDY, nothing, tmp_path)
    assert set(paths) == FILES
    for path in paths.values():
        if path.suffix == ".svg":
            said = text_of(path).replace("\n", " ")
            assert " no " in f" {said} ", said
    for subject in (*bare, *STUDY.heatmaps):
        assert figures.pictures(subject, STUDY, tmp_path) == ()


@pytest.mark.parametrize(("kind", "evidence"), samples.every_combination())
def test_every_type_and_verdict_can_be_drawn(kind, evidence):
    study, report = samples.judged(kind, evidence)
    if kind == "definitional":
        tables = Tables(*made_runs.empty_tables())
    else:
        tables = made_runs.tables_of(study, made_runs.scores(kind, evidence, 20))
    drawn = effect.draw(report.hypotheses[0], study, Runs(tables, report.hypotheses))
    assert "data" in drawn.panels
    assert ("effect1" in drawn.panels) == (kind != "definitional")
    assert drawn.values.rows
    assert drawn.caption


def test_other_formats_are_refused_by_name(tmp_path):
    with pytest.raises(UserError, match=r"plot\.gif.*\.svg, \.png, \.pdf"):
        write(style.sentence_figure("x"), tmp_path / "plot.gif")


def test_naming_figures_loads_no_plotting_library():
    heavy = "('matplotlib', 'pandas', 'seaborn')"
    code = f"import sys, hyperverdict.figures; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_figure_is_its_module_a_row_of_the_table_and_its_caption():
    captions = Path(__file__).parents[3] / "workflow" / "report"
    for kind in figures.FIGURES:
        assert callable(kind.module.draw)
        assert (captions / f"{kind.name}.rst").exists()


def _titled(report, study, runs):
    figure = style.new_figure(1)
    figure.suptitle(f"{report.id}: added")
    text, values = f"Added for {report.id}.", Values((), ())
    return Drawn("", "An added figure.", text, {"": Panel(figure)}, values)


def test_a_new_figure_needs_its_module_and_a_row_of_the_table(monkeypatch, tmp_path):
    """Its third file is the caption, which the test above asks for."""
    module = ModuleType("hyperverdict.figures.added")
    module.draw = _titled
    monkeypatch.setitem(sys.modules, module.__name__, module)
    added = figures.FigureKind("added", "Added")
    monkeypatch.setattr(figures, "FIGURES", (*figures.FIGURES, added))
    assert "H5.added" in [file.key for file in figures.expected(STUDY)]
    paths = figures.draw_all(REPORT, STUDY, TABLES, tmp_path)
    assert "H5: added" in text_of(paths["H5.added.svg"])
    page = html.render(STUDY, REPORT, tmp_path, {})
    assert "An added figure." in page
    assert 'aria-label="Added for H5."' in page


def test_every_figure_has_words_with_its_numbers(tmp_path):
    figures.draw_all(REPORT, STUDY, TABLES, tmp_path)
    shown = [p for h in REPORT.hypotheses for p in figures.pictures(h, STUDY, tmp_path)]
    effects = {p.key: p.text for p in shown if p.key.endswith(".effect")}
    assert "3.00 points lower (2.80 to 3.20 points)" in effects["H1.effect"]
    assert "At 300 steps: refuted." in effects["H1.effect"]
    curves = next(p for p in shown if p.key == "H1.curves")
    assert curves.text.endswith("batch size 4 70.0% and batch size 128 73.0%.")
    [heatmap] = figures.pictures(STUDY.heatmaps[0], STUDY, tmp_path)
    assert heatmap.text.startswith("Heatmap. Test accuracy over width and depth at 300 steps: ")
    assert "width 16, depth 1: " in heatmap.text
    assert "(n = " in heatmap.text


def test_no_figure_of_a_table_without_seeds_says_seed(tmp_path):
    rows = [
        {"width": width, "test_accuracy": 0.7 + 0.01 * i + 0.001 * (run % 3)}
        for i, width in enumerate((16, 64, 256))
        for run in range(6)
    ]
    expect = {"says": "Width helps.", "expect": {"accuracy": "higher"}}
    study = {
        "study": "seedless",
        "metrics": {"accuracy": {"matters_from": 0.01}},
        "hypotheses": {
            "pair": {**expect, "compare": {"width": {"from": 16, "to": 64}}},
            "trend": {**expect, "trend": {"width": [16, 64, 256]}, "shape": "every_step"},
        },
        "explore": {"grid": {"grid": {"width": [16, 64, 256]}}},
    }
    done = judge_table(pd.DataFrame(rows), study)
    subjects = (*done.report.hypotheses, *done.study.heatmaps)
    figures.draw_all(done.report, done.study, done.tables, tmp_path)
    shown = [p for subject in subjects for p in figures.pictures(subject, done.study, tmp_path)]
    assert [p.key for p in shown if "dots are single runs" in p.caption] == [
        "pair.effect",
        "trend.effect",
    ]
    assert not [p for p in shown if "seed" in f"{p.text} {p.caption}".lower()]


def test_the_words_of_a_blocked_verdict_never_say_its_evidence(tmp_path):
    study, report = samples.judged("comparison", "supported")
    blocked = samples.blocked_report(report.hypotheses[0])
    tables = made_runs.tables_of(study, made_runs.scores("comparison", "supported", 10))
    figures.draw_all(replace(report, hypotheses=(blocked,)), study, tables, tmp_path)
    text = figures.pictures(blocked, study, tmp_path)[0].text
    assert "At 300 steps: inconclusive (untuned)." in text
    assert "supported" not in text


def test_labels_of_any_text_are_drawn_as_they_are(tmp_path):
    study, report = samples.judged("comparison", "supported")
    [hypothesis] = report.hypotheses
    [verdict] = hypothesis.verdicts
    titles = ("a $x_1 - b; <b>", "🙂 \\frac{1} _a_ $y$")
    arms = tuple(replace(a, title=t) for a, t in zip(verdict.arms, titles, strict=True))
    odd = replace(hypothesis, verdicts=(replace(verdict, arms=arms),))
    tables = made_runs.tables_of(study, made_runs.scores("comparison", "supported", 10))
    paths = figures.draw_all(replace(report, hypotheses=(odd,)), study, tables, tmp_path)
    for key in ("H1.effect.data", "H1.curves.steps"):
        said = text_of(paths[f"{key}.svg"]).replace("\n", " ").lower()
        assert all(title.lower() in said for title in titles), said


def test_a_table_without_curves_or_costs_is_drawn_in_words(tmp_path):
    study, report = samples.judged("comparison", "supported")
    tables = made_runs.tables_of(study, made_runs.scores("comparison", "supported", 10))
    final = tables.final[["path", "seed", "failed", "test_accuracy"]]
    bare = Tables(final, pd.DataFrame(columns=tables.curves.columns))
    paths = figures.draw_all(report, study, bare, tmp_path)
    assert "73.0%" in text_of(paths["H1.effect.data.svg"])
    for panel in ("steps", "samples", "seconds"):
        assert "no learning curves" in text_of(paths[f"H1.curves.{panel}.svg"]).replace("\n", " ")
