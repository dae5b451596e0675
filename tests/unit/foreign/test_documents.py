"""docs/elsewhere.md tells the truth: its examples are read as they say, its tables list what is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hyperverdict.foreign.exports import EXPORTS, recognise
from hyperverdict.foreign.files import read_content
from hyperverdict.foreign.judge import judge_table, read_table
from hyperverdict.foreign.reading import ORDER, TITLES, read
from hyperverdict.foreign.skeleton import skeleton
from hyperverdict.foreign.wide import reshaped
from hyperverdict.study.strict_yaml import read_yaml
from hyperverdict.study.structure import Source, check_structure

PAGE = (Path(__file__).parents[3] / "docs/elsewhere.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"### ([^\n]*)\n(?:(?!###).)*?```(csv|json)\n(.*?)```\n\nis read as\n\n```text\n(.*?)\n```",
    PAGE,
    re.S,
)


def _table(kind, text):
    return reshaped(read_content(text.encode(), f"runs.{kind}"))


@pytest.mark.parametrize(
    ("kind", "text", "lines"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES]
)
def test_the_examples_are_read_as_the_page_says(kind, text, lines):
    runs = read_table(_table(kind, text), {}, Source())[0]
    assert "\n".join(read(runs).sections[0][1]) == lines


def test_every_export_has_an_example_and_a_row():
    shown = {recognise(_table(kind, text)).name for _, kind, text, _ in EXAMPLES}
    for export in EXPORTS:
        own = {
            name
            for e in EXPORTS
            if e.name == export.name
            for name in (*e.roles, *e.run, *e.from_zero)
        }
        assert export.name in shown
        assert f"| {export.name} | {len(own)} |" in PAGE


def test_every_role_has_a_row():
    for role in ORDER:
        assert f"\n| {TITLES[role].removesuffix('s')}" in PAGE


@pytest.mark.parametrize("name", ["W&B, table of runs", "Keras, `CSVLogger`", "Any other table"])
def test_a_skeleton_is_a_study_that_can_be_judged(tmp_path, name):
    kind, text = next((k, t) for title, k, t, _ in EXAMPLES if title == name)
    table = _table(kind, text)
    file = tmp_path / "study.yaml"
    file.write_text(skeleton(read_table(table, {}, Source())[0], "my runs!"))
    check_structure(read_yaml(file)[0], Source(file))
    if name == "Keras, `CSVLogger`":
        return  # One run, in which no setting varies, gives nothing to compare.
    assert len(judge_table(table, file).report.hypotheses) == 1


SCORES = "score\n0.5\n0.6\n0.7\n0.8\n"
UNDECIDED = {
    "no data": ("lr,acc\n0.1,0.5\n0.2,0.6\n", ["data"]),
    "no setting": ("data,acc\nmnist,0.5\nmnist,0.6\n", ["compare"]),
    "several data sets": ("data,lr,acc\nmnist,0.1,0.5\ndigits,0.2,0.6\n", ["data"]),
    "nothing but scores": (SCORES, ["data", "metrics", "compare", "expect"]),
    "everything": ("data,lr,acc\nmnist,0.1,0.5\nmnist,0.2,0.6\n", ["expect"]),
}


@pytest.mark.parametrize(("text", "keys"), UNDECIDED.values(), ids=UNDECIDED)
def test_a_skeleton_marks_what_the_table_does_not_say(tmp_path, text, keys):
    said = skeleton(read_table(_table("csv", text), {}, Source())[0], "runs")
    file = tmp_path / "study.yaml"
    file.write_text(said)
    check_structure(read_yaml(file)[0], Source(file))
    marked = {line.split(":")[0].strip() for line in said.splitlines() if "   # " in line}
    assert marked >= set(keys)
    assert ("data" in marked) == ("data" in keys)
    assert ("compare" in marked) == ("compare" in keys)
