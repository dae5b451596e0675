"""Frozen defaults: added once, never changed, compared."""

from __future__ import annotations

import pytest
from hyperverdict.errors import UserError
from hyperverdict.runs.declared import check_frozen, freeze, read_frozen
from hyperverdict.runs.sealed import read_json


def test_defaults_are_added_and_never_changed(tmp_path):
    file = tmp_path / "deep/model~my_models:cnn.json"
    assert read_frozen(file) == {}
    freeze(file, {"channels": 16, "kernels": (3, 5)})
    freeze(file, {"channels": 32, "pooling": "max"})
    assert read_frozen(file) == {"channels": 16, "kernels": (3, 5), "pooling": "max"}


def test_what_else_is_in_the_file_stays(tmp_path):
    file = tmp_path / "training.json"
    file.write_text('{"command": "python a.py", "defaults": {"a": 1}}')
    freeze(file, {"b": 2})
    assert read_json(file) == {"command": "python a.py", "defaults": {"a": 1, "b": 2}}


def test_a_file_without_defaults_is_written_once(tmp_path):
    file = tmp_path / "model.json"
    freeze(file, {})
    assert read_json(file) == {"defaults": {}}
    stamp = file.stat().st_mtime_ns
    freeze(file, {})
    assert file.stat().st_mtime_ns == stamp


@pytest.mark.parametrize("other", [17, True, "16", (16,), None])
def test_another_default_is_refused_naming_both_and_the_file(tmp_path, other):
    file = tmp_path / "model.json"
    freeze(file, {"channels": 16})
    with pytest.raises(UserError, match=r"channels has the default .* default 16 \(.*model.json\)"):
        check_frozen(file, {"channels": other})


def test_true_and_1_are_two_defaults(tmp_path):
    freeze(tmp_path / "m.json", {"bias": True})
    check_frozen(tmp_path / "m.json", {"bias": True})
    with pytest.raises(UserError, match=r"bias has the default 1, .* default true"):
        check_frozen(tmp_path / "m.json", {"bias": 1})


def test_the_same_and_new_defaults_pass(tmp_path):
    file = tmp_path / "model.json"
    check_frozen(file, {"channels": 16})
    freeze(file, {"channels": 16, "dropout": 0.5, "kernels": (3, 5)})
    check_frozen(file, {"channels": 16.0, "dropout": 0.5, "kernels": [3, 5], "later": 1})


@pytest.mark.parametrize("text", ["{", "[]", '{"defaults": []}', "\xff"])
def test_a_damaged_file_is_refused(tmp_path, text):
    file = tmp_path / "model.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=r"model.json .*restore it"):
        check_frozen(file, {"channels": 16})
    with pytest.raises(UserError, match=r"model.json .*restore it"):
        freeze(file, {"channels": 16})
