"""Names, levels and titles may hold any text; no figure breaks, and nothing in it acts."""

import csv
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from hyperverdict import figures
from hyperverdict.words.safe import xml

from tests.unit.report import made_runs, samples

HOSTILE = {
    "long": "x" * 5_000,
    "long words": "very long name " * 400,
    "formula": r"$\badcommand{$ $x_1^2$ \frac",
    "control": "a\x00b\x1b[31mred\x07\x0b\x1f\x7f\x85c",
    "emoji": "🙂👩‍👩‍👧 ❤️",
    "right to left": "שלום \u202e abc \u2066 def",
    "surrogate": "\ud800 lone \udfff",
    "not a character": "\ufffe and \uffff",
    "markup": "</title></svg><script>alert(1)</script><svg onload=alert(1)> ]]> &amp; \" '",
    "separator": "one\ue000two tip:three",
    "lines": "first\r\nsecond\u2028third\tfourth",
    "empty": "",
}
KINDS = ("comparison", "trend", "universal", "importance", "optimum", "strategy", "learning curve")


def hostile(kind, text):
    """A judged claim whose arms, headline, sentence and budgets all hold a text."""
    study, report = samples.judged(kind, "supported")
    [hypothesis] = report.hypotheses
    verdicts = tuple(
        replace(
            verdict,
            headline=text,
            arms=tuple(
                replace(arm, title=f"{i} {text}", settings={text or "name": f"{text}{i}"})
                for i, arm in enumerate(verdict.arms)
            ),
        )
        for verdict in hypothesis.verdicts
    )
    changed = replace(hypothesis, says=text, headline=text, verdicts=verdicts)
    tables = made_runs.tables_of(
        study,
        made_runs.scores(kind, "supported", 20),
        "supported" if kind == "learning curve" else "",
    )
    return study, replace(report, hypotheses=(changed,)), tables


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_any_text_leaves_every_figure_whole(kind, text, tmp_path):
    study, report, tables = hostile(kind, text)
    paths = figures.draw_all(report, study, tables, tmp_path)
    entries = json.loads(paths[figures.INDEX_FILE].read_text())["figures"]
    assert not [key for key, entry in entries.items() if entry["failed"]]
    for path in paths.values():
        if path.suffix == ".svg":
            root = ElementTree.parse(path).getroot()
            assert not [e for e in root.iter() if e.tag.endswith("script")]
            assert float(root.get("viewBox").split()[2]) == pytest.approx(340)
        elif path.suffix == ".csv":
            list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    for picture in figures.pictures(report.hypotheses[0], study, tmp_path):
        for panel in picture.panels:
            root = ElementTree.fromstring(panel)
            assert "<script" not in panel
            assert not [k for e in root.iter() for k in e.attrib if k.startswith("on")]
            assert len(panel) < 60_000


def test_names_of_any_length_leave_the_picture_its_place(tmp_path):
    study, report, tables = hostile("comparison", HOSTILE["long words"])
    figures.draw_all(report, study, tables, tmp_path)
    root = ElementTree.parse(tmp_path / "H1.curves.steps.svg").getroot()
    assert float(root.get("viewBox").split()[3]) < 500
    drawn = max(len(t.text or "") for t in root.iter() if t.tag.endswith("}text"))
    assert drawn < 80


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\x00b", "a\ufffdb"),
        ("\x1b[31mred", "red"),
        ("\ud800x", "\ufffdx"),
        ("\u202eabc", "abc"),
        ("a\n b\t c", "a b c"),
        ("שלום", "שלום"),
        ("🙂", "🙂"),
        ("<b> & $x$", "<b> & $x$"),
    ],
)
def test_text_without_what_no_file_holds(text, clean):
    assert xml(text) == clean
    assert xml("a\n b", lines=True) == "a\nb"
