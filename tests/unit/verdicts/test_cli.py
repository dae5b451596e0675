"""The command: judge writes everything a study gets; replicates edits one line."""

from __future__ import annotations

import pytest
from hyperverdict.cli import main
from hyperverdict.errors import UserError
from hyperverdict.study.edit import set_replicates
from hyperverdict.study.file import load_study
from hyperverdict.verdicts.store import read_verdicts

from tests.unit.verdicts.synthetic import REFLECTION
from tests.unit.verdicts.test_judge_table import BASE, _runs


def test_judge_writes_verdicts_tables_figures_and_report(tmp_path, capsys):
    study, runs, out = tmp_path / "study.yaml", tmp_path / "runs.csv", tmp_path / "out"
    study.write_text(BASE)
    _runs().to_csv(runs, index=False)
    assert main(["judge", str(runs), str(study), "--out", str(out)]) == 0
    assert read_verdicts(out / "verdicts.json").hypotheses[0].headline == "supported"
    for name in (
        "report.html",
        "tables/verdicts.csv",
        "tables/final.csv",
        "figures/big.effect.svg",
    ):
        assert (out / name).stat().st_size > 0
    assert "report.html" in capsys.readouterr().out


def test_bad_input_is_one_message_and_writes_nothing(tmp_path, capsys):
    study, out = tmp_path / "study.yaml", tmp_path / "out"
    study.write_text(BASE)
    assert main(["judge", str(tmp_path / "runs.csv"), str(study), "--out", str(out)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "runs.csv does not exist" in error
    assert not out.exists()


def test_replicates_are_added_and_raised_and_nothing_else_changes(tmp_path):
    study = tmp_path / "study.yaml"
    text = REFLECTION.replace("  H5:\n", "  H5:   # depth\n")
    study.write_text(text)
    assert main(["replicates", str(study), "H5", "12"]) == 0
    edited = study.read_text()
    assert edited.replace("    replicates: 12\n", "", 1) == text
    assert main(["replicates", str(study), "H5", "20"]) == 0
    assert (
        study.read_text() == edited.replace("12", "20", 1) or "replicates: 20" in study.read_text()
    )
    seeds = {h.id: len(h.seeds) for h in load_study(study).hypotheses}
    assert seeds == {"H1": 6, "H4": 6, "H5": 20, "wide": 6}


def test_replicates_in_flow_style(tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(
        "study: s\ndata: digits\nhypotheses:\n"
        "  A: {says: a, compare: {depth: {from: 2, to: 3}}, expect: {accuracy: higher}}\n"
    )
    set_replicates(study, "A", 7)
    assert len(load_study(study).hypotheses[0].seeds) == 7


@pytest.mark.parametrize(
    ("id_", "number", "said"),
    [("H9", 10, "no hypothesis 'H9'"), ("H1", 0, "replicates 0 must be a whole number")],
)
def test_replicates_refuses(tmp_path, id_, number, said):
    study = tmp_path / "study.yaml"
    study.write_text(REFLECTION)
    with pytest.raises(UserError, match=said):
        set_replicates(study, id_, number)
    assert study.read_text() == REFLECTION
