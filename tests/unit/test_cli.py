"""The command `hyperverdict`: one message for what is wrong, exit code 1, no traceback."""

import json

import pytest
from hyperverdict.cli import main

STUDY = "study: s\ndata: digits\nhypotheses:\n  H:\n    says: x\n    compare: {depth: {from: 1, to: 2}}\n    expect: {accuracy: higher}\n"


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "s.yaml"
    file.write_text(STUDY)
    return file


def test_check_says_what_a_study_holds(study, capsys):
    assert main(["check", str(study)]) == 0
    assert "study s, 1 hypotheses, 0 explorations; valid" in capsys.readouterr().out


def test_check_names_the_line_of_yaml_that_does_not_parse(study, capsys):
    study.write_text(STUDY.replace("data: digits", "data: [digits"))
    assert main(["check", str(study)]) == 1
    assert "line 3" in capsys.readouterr().err


def test_show_before_the_study_has_run(study, capsys):
    assert main(["show", str(study)]) == 1
    assert "run the study first" in capsys.readouterr().err


def test_schema_is_json(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "HyperVerdict study"
