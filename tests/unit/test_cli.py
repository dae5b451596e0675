"""The command `hyperverdict`: what it writes and prints, and its exit codes."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hyperverdict.cli import main
from hyperverdict.study.load import load_study
from hyperverdict.verdicts.format import schema
from hyperverdict.verdicts.store import read_verdicts, write_verdicts
from jsonschema import Draft202012Validator

from tests.unit.verdicts.synthetic import judged

STUDY = """study: s
data: digits
seeds: 6
hypotheses:
  H:   # the only one
    says: x
    compare: {depth: {from: 1, to: 2}}
    expect: {accuracy: higher}
"""
TABLE_STUDY = """
study: elsewhere
data: imagenet
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  big:
    says: Large batches are less accurate.
    compare: {batch_size: {from: 256, to: 4096}}
    expect: {accuracy: lower}
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "s.yaml"
    file.write_text(STUDY)
    return file


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A study file and runs in which batch 4096 is two points worse than 256."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    rows = [
        {
            "batch_size": batch,
            "seed": seed,
            "accuracy": 0.76 - 0.02 * (batch > 256) + random.normal(0, 0.001),
            "epochs": 90,
        }
        for batch in (256, 4096)
        for seed in range(6)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "runs.csv", index=False)
    (tmp_path / "study.yaml").write_text(TABLE_STUDY)
    return tmp_path


def _judge(folder, *more):
    files = [str(folder / "runs.csv"), str(folder / "study.yaml")]
    return main(["judge", *files, "--out", str(folder / "out"), *more])


def test_judge_writes_verdicts_tables_figures_and_report(table, capsys):
    assert _judge(table) == 0
    out = table / "out"
    assert read_verdicts(out / "verdicts.json").hypotheses[0].headline == "supported"
    for name in (
        "report.html",
        "tables/verdicts.csv",
        "tables/final.csv",
        "figures/big.effect.data.svg",
    ):
        assert (out / name).stat().st_size > 0
    assert "report.html" in capsys.readouterr().out


def test_judge_prints_the_document_and_nothing_else(table, capsys):
    assert _judge(table, "--json") == 0
    printed = capsys.readouterr().out
    assert printed == (table / "out/verdicts.json").read_text()
    document = json.loads(printed)
    Draft202012Validator(schema()).validate(document)
    assert document["trained_elsewhere"]
    assert document["hypotheses"][0]["headline"] == "supported"


def test_show_prints_the_table_or_the_document_of_a_judged_study(study, tmp_path, capsys):
    folder = tmp_path / "results/studies/s"
    write_verdicts(judged(load_study(study), tmp_path / "runs"), folder)
    assert main(["show", str(study)]) == 0
    assert "Next: H" in capsys.readouterr().out
    assert main(["show", str(study), "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.out == (folder / "verdicts.json").read_text()
    assert not printed.err
    later = (folder / "verdicts.json").stat().st_mtime + 5
    os.utime(study, (later, later))
    assert main(["show", str(study), "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.out == (folder / "verdicts.json").read_text()
    assert "was changed after these verdicts" in printed.err


def test_bad_input_is_one_message_on_stderr_and_writes_nothing(table, capsys):
    (table / "runs.csv").unlink()
    assert _judge(table, "--json") == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "runs.csv does not exist" in printed.err
    assert not (table / "out").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["judge"], ["judge", "runs.csv"], ["seeds", "s.yaml", "H", "many"], ["mend"]]
)
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


@pytest.mark.parametrize("command", [[], ["judge"], ["show"], ["check"], ["seeds"]])
def test_help_states_the_exit_codes(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    assert stopped.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "exit codes: 0 done, 1 refused" in shown


def test_seeds_are_set_and_nothing_else_changes(study, capsys):
    assert main(["seeds", str(study), "H", "12"]) == 0
    assert len(load_study(study).hypotheses[0].seeds) == 12
    assert "# the only one" in study.read_text()
    assert main(["seeds", str(study), "X", "12"]) == 1
    assert "no hypothesis 'X'" in capsys.readouterr().err


def test_check_says_what_a_study_holds(study, capsys):
    assert main(["check", str(study)]) == 0
    assert "study s, 1 hypothesis, 0 heatmaps; valid" in capsys.readouterr().out


def test_check_reads_every_file_and_names_the_errors_of_each(study, tmp_path, capsys):
    wrong = [tmp_path / name for name in ("a.yaml", "b.yaml")]
    wrong[0].write_text(study.read_text().replace("says:", "sayz:"))
    wrong[1].write_text("stdy: b\ndata: digitz\n")
    assert main(["check", str(wrong[0]), str(study), str(wrong[1])]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{study}: study ")
    lines = printed.err.splitlines()
    assert lines[0].startswith(f"hyperverdict: {wrong[0]}, line ")
    assert lines[1] == f"{wrong[1]}: 2 errors"
    assert [line.partition(":")[0] for line in lines[2:]] == ["  line 1, stdy", "  line 2, data"]


def test_check_names_the_line_of_yaml_that_does_not_parse(study, capsys):
    study.write_text(STUDY.replace("data: digits", "data: [digits"))
    assert main(["check", str(study)]) == 1
    assert "line 3" in capsys.readouterr().err


def test_show_before_the_study_has_run(study, capsys):
    assert main(["show", str(study)]) == 1
    assert "run the study first" in capsys.readouterr().err


def test_show_does_not_mix_a_smoke_run_with_the_study(study, tmp_path, capsys):
    folder = tmp_path / "results/smoke/studies/s"
    report = judged(load_study(study), tmp_path / "runs")
    write_verdicts(replace(report, provisional="smoke run (10 steps)"), folder)
    assert main(["show", str(study)]) == 1
    assert "`--smoke` shows the estimates of its smoke run" in capsys.readouterr().err
    assert main(["show", str(study), "--smoke"]) == 0
    printed = capsys.readouterr().out
    assert "Not judged: smoke run (10 steps)" in printed
    assert "results/smoke/studies/s/report.html" in printed


def test_schemas_are_json(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "HyperVerdict study"
    assert main(["schema", "--verdicts"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()
