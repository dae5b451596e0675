"""Every declared figure is written, whatever there is to draw, and always with the same bytes."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest
from hyperverdict import figures
from hyperverdict.errors import UserError

from tests.unit.report import samples

STUDY = samples.study()


def tables():
    report = samples.report()
    final = samples.final_table(report.hypotheses)
    final = pd.concat([final, samples.exploration_table(STUDY)]).drop_duplicates(["path", "seed"])
    return report, final, samples.curves_table(final)


def text_of(path):
    return "\n".join(t for t in ElementTree.parse(path).getroot().itertext() if t.strip())


def test_all_expected_figures_are_written_as_text_svg(tmp_path):
    report, final, curves = tables()
    paths = figures.draw_all(report, STUDY, final, curves, tmp_path)
    assert tuple(paths) == figures.expected(STUDY)
    assert all(path.stat().st_size < 150_000 for path in paths.values())
    effect = text_of(paths["H1.effect"])
    assert "At 300 steps: refuted" in effect
    assert "too small to matter" in effect
    assert not [p for p in tmp_path.iterdir() if p.suffix == ".part"]


def test_equal_figures_are_equal_bytes(tmp_path):
    report, final, curves = tables()
    first = figures.draw_all(report, STUDY, final, curves, tmp_path / "a")
    second = figures.draw_all(report, STUDY, final, curves, tmp_path / "b")
    assert [p.read_bytes() for p in first.values()] == [p.read_bytes() for p in second.values()]


def test_without_runs_every_figure_says_so_in_words(tmp_path):
    report, final, curves = tables()
    bare = [
        samples.hypothesis_report("definitional", "true by arithmetic", id=h.id)
        for h in report.hypotheses
    ]
    report = samples.StudyReport(**{**vars(report), "hypotheses": tuple(bare)})
    paths = figures.draw_all(report, STUDY, final.iloc[:0], curves.iloc[:0], tmp_path)
    assert tuple(paths) == figures.expected(STUDY)
    for path in paths.values():
        said = text_of(path).replace("\n", " ")
        assert " no " in f" {said} ", said


@pytest.mark.parametrize(("kind", "evidence"), samples.every_combination())
def test_every_type_and_verdict_can_be_drawn(kind, evidence):
    report = samples.hypothesis_report(kind, evidence)
    final = (
        samples.final_table((report,)) if report.verdicts[0].arms else pd.DataFrame({"path": []})
    )
    assert figures.draw_effect(report, STUDY, final).axes or kind == "definitional"


def test_other_formats_are_refused_by_name(tmp_path):
    from hyperverdict.figures import style

    with pytest.raises(UserError, match=r"plot\.gif.*\.svg, \.png, \.pdf"):
        figures.write(style.sentence_figure("x"), tmp_path / "plot.gif")


def test_naming_figures_loads_no_plotting_library():
    heavy = "('matplotlib', 'pandas', 'seaborn')"
    code = f"import sys, hyperverdict.figures; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
