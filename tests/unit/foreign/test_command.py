"""`hyperverdict judge` and `hyperverdict read`: the reading stands before the verdict."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hyperverdict.cli import main

STUDY = """
study: mine
data: some_images
hypotheses:
  H1:
    says: More bits help.
    compare: {act_bits: {from: 4, to: 8}}
    expect: {accuracy: higher}
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {"Name": f"w{w}_a{a}", "State": "finished", "config.act_bits": a, "config.weight_bits": w,
         "summary.test_acc": 0.5 + w / 50 + a / 100 + (w * a % 7) / 2000}
        for w in (2, 4, 8)
        for a in (4, 8)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv("runs.csv", index=False)
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path


def test_judge_prints_and_writes_the_reading_before_the_verdict(place, capsys):
    assert main(["judge", "runs.csv", "study.yaml", "--out", "out"]) == 0
    printed = capsys.readouterr().out
    page = (place / "out/report.html").read_text()
    page = page[page.index("<main>") :]
    for text in (printed, page):
        assert text.index("How the table was read") < text.index("More bits help.")
        assert "config.weight_bits as weight_bits: 2, 4 and 8" in text
        assert "act bits 4: 3 runs, 3 setting combinations" in text
        assert "3 seeds" not in text
    assert (place / "out/tables/verdicts.tex").exists()


def test_judge_as_json_prints_nothing_else(place, capsys):
    assert main(["judge", "runs.csv", "study.yaml", "--out", "out", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((place / "out/verdicts.json").read_text())


def test_read_prints_the_reading_alone_and_writes_a_study_that_can_be_judged(place, capsys):
    (place / "study.yaml").unlink()
    assert main(["read", "runs.csv"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("How the table was read\n  Format: export of W&B.")
    assert "Wrote study.yaml" in printed
    assert main(["judge", "runs.csv", "study.yaml", "--out", "out"]) == 0
    capsys.readouterr()
    assert main(["read", "runs.csv"]) == 0
    assert "study.yaml exists and is left as it is." in capsys.readouterr().out


def test_read_heeds_a_study_and_says_what_it_selects(place, capsys):
    (place / "study.yaml").write_text(STUDY + "baseline: {weight_bits: 4, warmup: 10}\n")
    assert main(["read", "runs.csv", "study.yaml"]) == 0
    printed = capsys.readouterr().out
    assert "The study selects 2 runs: weight_bits 4" in printed
    assert "taken on trust: warmup 10." in printed
    assert not (place / "results").exists()


def test_what_is_wrong_is_one_message_and_exit_code_1(place, capsys):
    (place / "study.yaml").write_text(STUDY.replace("to: 8", "to: 16"))
    assert main(["judge", "runs.csv", "study.yaml"]) == 1
    said = capsys.readouterr()
    assert "no row has 16; its levels are 4 and 8; the nearest is 8" in said.err
    assert not (place / "results").exists()
