"""Own models and data sets as a study names them: found, declared, frozen, with the study's line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hyperverdict.design.plan import make_plan
from hyperverdict.errors import UserError
from hyperverdict.runs.sealed import read_json
from hyperverdict.study.load import load_study
from hyperverdict.study.users import declared_file, freeze_declared
from hyperverdict.vocabulary.users import Users
from hyperverdict.vocabulary.vocabulary import OURS

FROZEN = Path("results/declared")
MODELS = """
def net(shape, classes, *, stages=2, dropout=0.0): ...
def other(shape, classes, *, heads=1): ...
def old(configuration, shape, classes): ...
"""
DATA = "def load(*, noise=0.1): ...\n"
STUDY = """study: own
data: digits
seeds: 5
baseline: {model: "nets:net", budget: 40 steps}
hypotheses:
  H:
    says: More stages are better.
    compare: {stages: {from: 2, to: 3}}
    expect: {accuracy: higher}
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Loads a study from a folder below the working folder, beside which the modules lie."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "studies"
    folder.mkdir()
    (folder / "nets.py").write_text(MODELS)
    (folder / "sets.py").write_text(DATA)

    def load(text=STUDY):
        (folder / "study.yaml").write_text(text)
        return load_study("studies/study.yaml")

    return load


def paths(study):
    return list(make_plan(study).runs)


def test_arguments_of_a_model_are_factors(load):
    first, second = paths(load())
    assert first.endswith("weight_decay~0/steps~40")
    assert second == first.replace("/steps~40", "/stages~3/steps~40")


def test_a_model_may_be_a_level_and_our_runs_keep_their_path(load):
    claim = '{model: {from: mlp, to: "nets:other"}}'
    study = load(STUDY.replace("{stages: {from: 2, to: 3}}", claim))
    first, second = paths(study)
    plain = load(STUDY.replace("{stages: {from: 2, to: 3}}", "{width: {from: 256, to: 8}}").replace(
        'model: "nets:net", ', ""))  # fmt: skip
    assert first == paths(plain)[0]
    assert "model~nets:other/" in second
    assert {"stages", "heads"} <= set(study.vocabulary.hyperparameters)


def test_a_study_without_anything_of_its_own_has_our_vocabulary(load):
    study = load(STUDY.replace('model: "nets:net", ', "").replace("stages", "depth"))
    assert study.vocabulary.hyperparameters == OURS.hyperparameters
    assert not study.vocabulary.users.any


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nets:net", "net:net", r"line 4, baseline.model: model 'net:net': module 'net' is neither"),
        ("nets:net", "nets:nett", r"line 4, .*nets.py has no 'nett'; did you mean 'net'"),
        ("stages:", "stage:", r"line 8, .*unknown hyperparameter 'stage'; did you mean 'stages'"),
        ("from: 2", "from: 2.5", r"line 8, .*stages: 2.5 must be a whole number"),
        ("{stages: {from: 2, to: 3}}", "{heads: {from: 1, to: 2}}", "unknown hyperparameter 'heads'"),
        ("{stages: {from: 2, to: 3}}", "{activation: {from: relu, to: tanh}}", "line 6, .*activation has no effect with model nets:net"),
        ("data: digits", "data: sets:lod", r"line 2, data: data set 'sets:lod': .*did you mean 'load'"),
        ("data: digits", "data: digit", "line 2, data: unknown data set 'digit'; did you mean 'digits'"),
        ("data: digits", "data: a\ndata_sets: {a: {folder: x, npz: y}}", "line 3, .*found folder and npz"),
        ("data: digits", "data: a\ndata_sets: {a: {size: 3}}", "one of folder, npz, call; found none"),
        ("data: digits", "data: a\ndata_sets: {a: {npz: y, size: 3}}", "unknown key 'size' beside npz"),
        ("data: digits", "data: a\ndata_sets: {a: {folder: y, sise: 3}}", "did you mean 'size'"),
        ("data: digits", "data: digits\ndata_sets: {mnist: {npz: y}}", "'mnist' is a data set that is known"),
        ("data: digits", "data: b\ndata_sets: {bb: {npz: y}}", "unknown data set 'b'; did you mean 'bb'"),
        ("data: digits", 'data: a\ndata_sets: {a: {call: "sets:load", nose: 1}}', "no argument 'nose'"),
        ("data: digits", "data: a\ndata_sets: {a: {call: sets}}", "line 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_message_with_the_line_of_the_study(load, old, new, message):
    assert old in STUDY
    with pytest.raises(UserError, match=message) as caught:
        load(STUDY.replace(old, new))
    assert "studies/study.yaml" in str(caught.value)


def test_names_are_found_wherever_a_study_has_them(load):
    study = load(
        STUDY.replace("compare: {stages: {from: 2, to: 3}}",
                      'compare: {width: {from: 8, to: 16}}\n'
                      '    in_every: {data: [digits, "sets:load", noisy], model: [mlp, "nets:old"]}')
        .replace("data: digits", 'data: digits\ndata_sets: {noisy: {call: "sets:load", noise: 1}}')
        .replace('model: "nets:net", ', "")
    )  # fmt: skip
    assert set(study.vocabulary.users.models) == {"nets:old"}
    assert set(study.vocabulary.users.data) == {"sets:load", "noisy"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nets:net", "here:net"),
        ("nets:net", "os:system"),
        ("nets:net", "subprocess:run"),
        ("nets:net", "numpy.f2py:main"),
        ("nets:net", "hyperverdict.cli:main"),
        ("data: digits", 'data: "here:load"'),
        ("data: digits", "data: noisy\ndata_sets: {noisy: {call: here:load}}"),
        ("data: digits", "data: digits\ndata_sets: {noisy: {call: shutil:rmtree}}"),
    ],
)
def test_a_function_from_elsewhere_needs_a_package_that_the_study_names(load, tmp_path, old, new):
    (tmp_path / "here.py").write_text(MODELS + "\ndef load(): ...\n")
    with pytest.raises(UserError, match=r"not in the study's folder .*add packages: \[\w+\]"):
        load(STUDY.replace(old, new))


def test_a_named_package_may_be_anywhere(load, tmp_path):
    (tmp_path / "here.py").write_text(MODELS)
    study = STUDY.replace("nets:", "here:")
    assert "stages" in load(f"{study}packages: [here]\n").vocabulary.hyperparameters
    users = load(f"{study}packages: [here]\n").vocabulary.users
    assert Users.of_plain(users.plain()).packages == ("here",)
    with pytest.raises(UserError, match=r"module 'here' is here.py, which is not in"):
        load(f"{study}packages: [her, here.inner]\n")


def test_what_identifies_a_study_does_not_depend_on_the_packages_that_it_names(load):
    one, other = load(), load(f"{STUDY}packages: [here]\n")
    assert one.hypotheses == other.hypotheses


def test_reading_a_study_imports_nothing_of_the_users(load, tmp_path):
    (tmp_path / "studies/nets.py").write_text(MODELS + "\nraise SystemExit('imported')\n")
    load()


# --- frozen defaults ---


def test_defaults_are_frozen_once_and_another_one_is_refused(load, tmp_path):
    study = load(STUDY.replace("data: digits", 'data: "sets:load"'))
    freeze_declared(study.vocabulary.users, FROZEN)
    file = declared_file(FROZEN, "model", "nets:net")
    assert file.name == "model~nets.net.json"
    assert read_json(file) == {"defaults": {"stages": 2}}
    assert read_json(declared_file(FROZEN, "data", "sets:load")) == {"defaults": {"noise": 0.1}}
    nets = tmp_path / "studies/nets.py"
    nets.write_text(MODELS.replace("stages=2", "stages=3, later=1"))
    with pytest.raises(
        UserError, match=r"nets.py, line 2: stages has the default 3, but.*default 2"
    ):
        load()
    nets.write_text(MODELS.replace("stages=2", "stages=2, later=1"))
    freeze_declared(load().vocabulary.users, FROZEN)
    assert read_json(file) == {"defaults": {"stages": 2, "later": 1}}


def test_a_data_set_with_fixed_arguments_freezes_what_its_function_declares(load):
    named = 'data: a\ndata_sets: {a: {call: "sets:load", noise: 0.5}}'
    freeze_declared(load(STUDY.replace("data: digits", named)).vocabulary.users, FROZEN)
    assert read_json(declared_file(FROZEN, "data", "sets:load")) == {"defaults": {}}
