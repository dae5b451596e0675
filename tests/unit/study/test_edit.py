"""The number of seeds is written into a study file, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.study.edit import set_seeds
from hyperverdict.study.strict_yaml import read_yaml

ROOT = Path(__file__).parents[3]
STUDIES = [ROOT / "config/config.yaml", *sorted((ROOT / "config/studies").glob("*.yaml"))]
TEXT = """\
# A study.
study: s
data: digits
baseline: {width: 256, learning_rate: 1e-3, budget: 38_400 samples}   # held fixed

hypotheses:
  A:   # depth
    # why
    says: 'One more layer: better.'
    compare: {depth: {from: 2, to: 3}}   # levels

    expect: {accuracy: higher}
    # the end

  B: {says: b, compare: {depth: {from: 2, to: 3}}, expect: {accuracy: higher}}
"""


@pytest.fixture
def study(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(TEXT)
    return file


def test_seeds_are_added_and_raised_and_every_other_byte_stays(study):
    set_seeds(study, "A", 12)
    edited = study.read_text()
    assert edited.replace("    seeds: 12\n", "", 1) == TEXT
    set_seeds(study, "A", 20)
    assert study.read_text() == edited.replace("seeds: 12", "seeds: 20")
    assert read_yaml(study)[0]["hypotheses"]["A"]["seeds"] == 20


def test_flow_style(study):
    set_seeds(study, "B", 7)
    assert study.read_text() == TEXT.replace("B: {says: b", "B: {seeds: 7, says: b")


def test_the_older_key_is_raised_where_it_stands(study):
    old = TEXT.replace(
        "    compare: {depth: {from: 2, to: 3}}   #",
        "    replicates: 5  # x\n    compare: {depth: {from: 2, to: 3}}   #",
    )
    study.write_text(old)
    set_seeds(study, "A", 20)
    assert study.read_text() == old.replace("replicates: 5 ", "replicates: 20 ")


def test_line_ends_and_a_missing_last_one_stay(study):
    raw = TEXT.rstrip("\n").replace("\n", "\r\n").encode()
    study.write_bytes(raw)
    set_seeds(study, "A", 12)
    assert study.read_bytes().replace(b"    seeds: 12\r\n", b"", 1) == raw


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_shipped_study_can_be_edited(tmp_path, path):
    content, _ = read_yaml(path)
    for hypothesis, entry in content["hypotheses"].items():
        file = tmp_path / "study.yaml"
        file.write_text(path.read_text())
        set_seeds(file, hypothesis, 33)
        assert read_yaml(file)[0]["hypotheses"][hypothesis] == {**entry, "seeds": 33}


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("{width: 256,", "{ width:   256,"),
        TEXT.replace("study: s", "study:   s"),
        "---\n" + TEXT + "...\n",
        TEXT.replace("  ", "    "),
        TEXT.replace("    expect:", "    primary: True\n    expect:"),
        TEXT.replace("'One more layer: better.'", '"One more \\u00e9\n      layer."'),
        TEXT.replace("38_400 samples", "1_0e1 steps"),
        TEXT.replace("# levels", "# levels   "),
    ],
    ids=["braces", "aligned", "document", "indented", "True", "two lines", "1_0", "trailing"],
)
def test_any_layout_can_be_edited_and_stays(study, text):
    study.write_text(text)
    set_seeds(study, "A", 20)
    edited = study.read_text()
    assert "".join(edited.split()).replace("seeds:20", "", 1) == "".join(text.split())
    assert read_yaml(study)[0]["hypotheses"]["A"]["seeds"] == 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT.replace("  A:   # depth", "  A: &a") + "  C: {<<: *a, says: c}\n", "edited safely"),
        (TEXT.replace("    says:", "    seeds:\n    - 1\n    - 2\n    says:"), "lists its seeds"),
        (TEXT.replace("    says:", "    seeds: [1, 2, 3]\n    says:"), "lists its seeds"),
        (TEXT.replace("    says:", "    seeds: 3\n    replicates: 3\n    says:"), "older name"),
        (TEXT + "  C:\n", "no hypothesis 'A'"),
        (TEXT + "looks: [5, 10]\n", r"no look is listed at 20 seeds: looks: \[5, 10\]"),
        ("study: s\n", "the file has no hypotheses"),
        (TEXT.replace("    says:", "    seeds: &n 10\n    says:"), "set `seeds: 20` under A"),
        ("seeds: &n 10\n" + TEXT.replace("    says:", "    seeds: *n\n    says:"), "`seeds: 20`"),
        (TEXT.replace("    says:", "    seeds: !!int 10\n    says:"), "set `seeds: 20` under A"),
    ],
    ids=[
        "merge",
        "block list",
        "list",
        "both keys",
        "empty",
        "looks",
        "no hypotheses",
        "anchor",
        "alias",
        "tag",
    ],
)
def test_what_cannot_be_edited_is_left_alone(study, text, said):
    id_ = "C" if text.endswith("  C:\n") else "A"
    study.write_text(text)
    with pytest.raises(UserError, match=said if id_ == "A" else "'C' has no content"):
        set_seeds(study, id_, 20)
    assert study.read_text() == text
    assert [file.name for file in study.parent.iterdir()] == ["study.yaml"]


@pytest.mark.parametrize(
    ("id_", "number", "said"),
    [
        ("H9", 10, "no hypothesis 'H9'"),
        ("A", 0, "seeds: 0 must be a whole number from 2 to 1000"),
        ("A", 1001, "seeds: 1001 must be a whole number from 2 to 1000"),
    ],
)
def test_refusals(study, id_, number, said):
    with pytest.raises(UserError, match=said):
        set_seeds(study, id_, number)
    assert study.read_text() == TEXT
