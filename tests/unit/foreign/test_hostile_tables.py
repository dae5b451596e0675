"""Tables with any characters are read; cells kept from being formulas are what they were."""

import json

import pandas as pd
import pytest
from hyperverdict.cli import main
from hyperverdict.foreign.files import read_runs
from hyperverdict.records.tables import Tables, read_tables, write_tables
from hyperverdict.words.safe import csv_cell

FORMULAS = ("=1+1", "@SUM(A1)", "-1+cmd", "+x", "'=quoted", "plain", "-0.5", "'plain")


def test_a_csv_of_ours_is_read_back_as_it_was(tmp_path):
    final = pd.DataFrame({"=net": FORMULAS, "seed": range(8), "test_accuracy": [-0.5] * 8})
    write_tables(Tables(final, pd.DataFrame({"step": [1]})), tmp_path)
    text = (tmp_path / "final.csv").read_text()
    assert text.startswith("'=net,seed,test_accuracy\n'=1+1,0,-0.5\n'@SUM(A1),1,-0.5\n")
    assert [str(cell) for cell in read_runs([tmp_path / "final.csv"]).columns["=net"]] == [
        *FORMULAS
    ]
    pd.testing.assert_frame_equal(read_tables(tmp_path).final, final, check_dtype=False)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_that_a_spreadsheet_protected_is_its_text(text, tmp_path):
    file = tmp_path / "runs.csv"
    file.write_text(f"net,seed\n{csv_cell(text)},1\nother,2\n")
    assert str(read_runs([file]).columns["net"][0]) == text


@pytest.mark.parametrize("text", [r"a\ud800b", r"\udc00", r"\ud83d\ude00\ud83d"])
def test_half_characters_in_json_are_question_marks(text, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [{"net": net, "seed": seed, "test_accuracy": 0.5} for net in "ab" for seed in (1, 2)]
    file = tmp_path / "runs.json"
    file.write_text(json.dumps(rows).replace('"a"', f'"{text}"').replace('"seed"', f'"s{text}"'))
    assert main(["read", str(file)]) == 0
    assert "?" in capsys.readouterr().out
