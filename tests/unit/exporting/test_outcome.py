"""The word that an export leaves in a study's folder."""

import json

import pytest
from hyperverdict.exporting.outcome import OUTCOME_FILE, outcome_words, read_outcome
from hyperverdict.runs.sealed import json_bytes

WHOLE = {
    "uri": "store",
    "problem": "",
    "experiment": "e",
    "experiment_id": "1",
    "runs": 4,
    "new": 1,
}


def test_a_whole_outcome_is_a_line(tmp_path):
    (tmp_path / OUTCOME_FILE).write_text(json.dumps(WHOLE))
    said = outcome_words(read_outcome(tmp_path), "")
    assert said == "MLflow: 4 runs, 1 of them new, in the experiment e of store\n"
    (tmp_path / OUTCOME_FILE).write_text(json.dumps({"uri": "store", "problem": "no room"}))
    assert "Not exported to MLflow: no room" in outcome_words(read_outcome(tmp_path), "again")


def test_a_damaged_outcome_is_as_none(tmp_path):
    whole = json_bytes(WHOLE)
    (tmp_path / OUTCOME_FILE).write_bytes(whole)
    assert "4 runs, 1 of them new" in outcome_words(read_outcome(tmp_path), "")
    (tmp_path / OUTCOME_FILE).write_bytes(whole.replace(b'"new": 1', b'"new": 3'))
    assert outcome_words(read_outcome(tmp_path), "") == ""


@pytest.mark.parametrize("key", ["uri", "problem", "experiment", "runs", "new"])
@pytest.mark.parametrize("value", [None, [1], "absent"])
def test_an_edited_outcome_is_as_none(tmp_path, key, value):
    edited = {**WHOLE, key: value}
    if value == "absent":
        del edited[key]
    (tmp_path / OUTCOME_FILE).write_text(json.dumps(edited))
    assert outcome_words(read_outcome(tmp_path), "") == ""
