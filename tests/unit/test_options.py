"""Which study and how it is run; one message for what is wrong, naming the nearest option."""

from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.options import Options, read_module_options, read_options, study_of_module
from hyperverdict.study.model import Smoke
from hyperverdict.vocabulary.budget import KINDS, Budget


def test_nothing_set_is_a_normal_run():
    assert read_options({}) == Options()
    assert Options().results == "results"


@pytest.mark.parametrize("kind", KINDS)
def test_any_unit_of_a_budget_makes_a_smoke_run(kind):
    options = read_options({kind: 10, "seeds": 2})
    assert options.smoke == Smoke(Budget(kind, 10), 2)
    assert options.results == "results/smoke"


def test_a_smoke_run_may_have_only_few_seeds_or_only_a_small_budget():
    assert read_options({"seeds": 2}).smoke == Smoke(None, 2)
    assert read_options({"steps": 10}).smoke == Smoke(Budget("steps", 10), None)


def test_other_options_make_no_smoke_run():
    assert read_options({"tensorboard": "false"}) == Options(tensorboard=False)


@pytest.mark.parametrize(
    ("value", "printed"), [("yes", True), (True, True), ("No", False), (False, False), (None, None)]
)
def test_pdfs_are_asked_for_declined_or_left_to_the_machine(value, printed):
    raw = {} if value is None else {"pdf": value}
    assert read_options(raw).pdf is printed
    assert read_module_options({"study": "x.yaml", **raw}).pdf is printed


def test_what_it_says_gives_it_again():
    smoke = read_options({"steps": 10, "seeds": 1}).smoke
    assert (str(smoke), smoke.option) == ("10 steps, 1 seed", "steps=10 seeds=1")
    assert str(read_options({"epochs": 1}).smoke) == "1 epoch"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"steps": 0}, ("steps=0", "at least 1")),
        ({"steps": "ten"}, ("steps=ten", "whole number")),
        ({"steps": 1.5}, ("steps=1.5", "whole number")),
        ({"steps": True}, ("steps=True", "whole number")),
        ({"seeds": 0}, ("seeds=0", "at least 1")),
        ({"seeds": -1}, ("seeds=-1", "at least 1")),
        ({"steps": 10, "epochs": 1}, ("steps=10 epochs=1", "one budget")),
        ({"step": 10}, ("'step'", "did you mean 'steps'?")),
        ({"seed": 10}, ("'seed'", "did you mean 'seeds'?")),
        ({"tensorbord": "true"}, ("did you mean 'tensorboard'?",)),
        ({"alpha": 0.1}, ("file alone", "allowed: ")),
        ({"tensorboard": 3}, ("true or false",)),
        ({"pdf": "maybe"}, ("pdf=maybe", "yes or no")),
        ({"pd": "yes"}, ("did you mean 'pdf'?",)),
    ],
)
def test_wrong_options_are_one_message(raw, words):
    with pytest.raises(UserError) as refused:
        read_options(raw)
    assert all(word in str(refused.value) for word in words), refused.value


def test_the_units_are_those_of_the_study():
    assert read_options({"trees": 5}, ("trees",)).smoke.budget.amount == 5
    with pytest.raises(UserError, match="did you mean 'trees'"):
        read_options({"tree": 5}, ("trees",))


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "a.yaml": "study: a\nhypotheses: {}\n",
        "b.yaml": "study: b\nexplore: {}\n",
        "parent.yaml": "study: a.yaml\nsteps: 3\n",
        "parent.json": '{"samples": "x"}',
        "broken.yaml": "a: [",
    }.items():
        Path(name).write_text(text)


@pytest.mark.parametrize(
    ("config", "configfiles", "study"),
    [
        ({"study": "a.yaml"}, [], "a.yaml"),
        ({"study": Path("a.yaml")}, [], "a.yaml"),
        ({"study": "a.yaml"}, ["parent.yaml", "parent.json", "broken.yaml"], "a.yaml"),
        ({"study": "a.yaml"}, ["./a.yaml"], "a.yaml"),
        ({}, ["b.yaml"], "b.yaml"),
        ({"other": 1}, ["parent.json", "b.yaml"], "b.yaml"),
    ],
)
def test_a_modules_config_names_the_study(files, config, configfiles, study):
    assert study_of_module(config, configfiles) == Path(study)


@pytest.mark.parametrize(
    ("config", "configfiles", "words"),
    [
        ({}, [], "names no study"),
        ({}, ["parent.yaml"], "names no study"),
        ({}, ["a.yaml", "b.yaml"], "names no study"),
        ({"study": "a"}, [], "'a', which is not a file"),
        ({"study": {"name": "a"}}, [], "not a file"),
        ({"study": "a.yaml"}, ["b.yaml"], "names the study a.yaml, and --configfile names b.yaml"),
    ],
)
def test_a_module_without_one_study_is_refused(files, config, configfiles, words):
    with pytest.raises(UserError) as refused:
        study_of_module(config, configfiles)
    assert words in str(refused.value)


def test_keys_of_the_workflow_that_uses_the_module_are_not_ours():
    config = {"study": "a.yaml", "steps": "many", "seeds": [], "samples": "units.tsv"}
    assert read_module_options(config) == Options()
    smoke = read_module_options(config | {"smoke": {"steps": 4, "seeds": 1}, "tensorboard": False})
    assert smoke == Options(tensorboard=False, smoke=Smoke(Budget("steps", 4), 1))


@pytest.mark.parametrize(
    ("smoke", "words"),
    [(True, "must read like"), ({"step": 4}, "did you mean 'steps'"), ({"steps": 0}, "at least 1")],
)
def test_a_wrong_smoke_run_of_a_module_is_refused(smoke, words):
    with pytest.raises(UserError, match=words):
        read_module_options({"smoke": smoke})
