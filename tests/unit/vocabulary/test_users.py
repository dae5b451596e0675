"""Models and data sets of the user's own as rows of a vocabulary, in paths and in calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.vocabulary import datasets
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure, parse_path
from hyperverdict.vocabulary.users import (
    Users,
    model_arguments,
    prepared_name,
    read_prepared_name,
)
from hyperverdict.vocabulary.vocabulary import OURS, Vocabulary, of_users

MODELS = """
from typing import Literal
def net(shape, classes, *, stages=2, pool: Literal["max", "mean"] = "max", dropout=0.0, scale=1.0): ...
def wide(shape, classes, *, width, depth=2): ...
def units(shape, classes, *, hidden_units=(256, 256)): ...
def lists(shape, classes, *, filters=[16, 32], rates=(0.5, 1), most: int | None = None): ...
def old(configuration, shape, classes): ...
def old_and_new(configuration, shape, classes, *, stages=2): ...
def any_of_them(*arguments): ...
def late(shape, classes, filters=16, *, stages=2): ...
dynamic = make()
"""
DATA = """
def load(*, noise=0.1, form="blobs", shuffled=True): ...
def rooted(root, count=3, *, noise=0.1): ...
"""
STEPS = Budget("steps", 40)


@pytest.fixture
def vocabulary(tmp_path):
    """Makes a vocabulary that finds the modules."""
    (tmp_path / "nets.py").write_text(MODELS)
    (tmp_path / "sets.py").write_text(DATA)

    def make(models=(), data=(), **data_sets):
        return Vocabulary(users=Users((tmp_path,), data_sets)).knowing(models, data)

    return make


def test_declared_hyperparameters_are_read_spelled_and_found_again(vocabulary):
    known = vocabulary(["nets:net"])
    chosen = configure({"model": "nets:net", "stages": "3", "pool": "mean"}, STEPS, known)
    assert chosen.path.endswith("weight_decay~0/pool~mean/stages~3/steps~40")
    # As a job parses it, which reads the declaration itself.
    assert parse_path(chosen.path, of_users(known.users.plain())) == chosen
    assert (chosen["stages"], chosen["pool"], chosen["scale"]) == (3, "mean", 1)


def test_defaults_change_no_path(vocabulary):
    plain = configure({"model": "nets:net"}, STEPS, OURS)
    assert configure({"model": "nets:net"}, STEPS, vocabulary(["nets:net"])).path == plain.path
    assert configure({}, STEPS, vocabulary(["nets:net"])).path == configure({}, STEPS).path


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stages": 2.5}, "stages: 2.5 must be a whole number"),
        ({"pool": "min"}, "pool: 'min' is not allowed; allowed: max, mean"),
        ({"scale": "x"}, "scale: 'x' is not a number"),
        ({"stage": 3}, "unknown hyperparameter 'stage'; did you mean 'stages'"),
    ],
)
def test_wrong_levels_are_refused(vocabulary, settings, message):
    with pytest.raises(UserError, match=message):
        configure({"model": "nets:net", **settings}, STEPS, vocabulary(["nets:net"]))


def test_a_declared_hyperparameter_is_inert_with_other_models(vocabulary):
    known = vocabulary(["nets:net", "nets:wide"])
    ours = configure({"stages": 3}, STEPS, known)
    assert "stages" in ours.inert
    assert ours.path == configure({}, STEPS).path  # a run has one path in all studies
    own = configure({"model": "nets:net", "stages": 3}, STEPS, known)
    assert "stages" not in own.inert
    assert ours.differing(own) == own.differing(ours) == ("model",)


def test_what_a_model_does_not_take_is_inert_with_it(vocabulary):
    known = vocabulary(["nets:net", "nets:wide", "nets:units", "nets:old"])
    inert = {
        name: set(configure({"model": f"nets:{name}"}, STEPS, known).inert)
        & {"hidden_units", "activation", "dropout"}
        for name in ("net", "wide", "units", "old")
    }
    assert inert == {
        "net": {"hidden_units", "activation"},
        "wide": {"activation", "dropout"},
        "units": {"activation", "dropout"},
        "old": set(),
    }
    assert not {"hidden_units", "activation", "dropout"} & set(configure({}, STEPS, known).inert)


@pytest.mark.parametrize(
    ("model", "settings", "arguments"),
    [
        ("net", {"stages": 3}, {"stages": 3, "pool": "max", "dropout": 0.0, "scale": 1.0}),
        ("wide", {"width": 8, "depth": 3}, {"width": 8, "depth": 3}),
        ("units", {"hidden_units": [8, 4]}, {"hidden_units": (8, 4)}),
        ("lists", {"filters": [8]}, {"filters": [8], "rates": [0.5, 1.0], "most": None}),
        ("old", {}, {}),
        ("old_and_new", {}, {"stages": 2}),
    ],
)
def test_a_model_is_called_with_what_it_takes(vocabulary, model, settings, arguments):
    known = vocabulary([f"nets:{model}"])
    chosen = configure({"model": f"nets:{model}", **settings}, STEPS, known)
    given = model_arguments(known.users.models[f"nets:{model}"], chosen)
    assert given == arguments
    assert [type(value) for value in given.values()] == [type(v) for v in arguments.values()]


def test_layers_of_unequal_width_have_no_width(vocabulary):
    known = vocabulary(["nets:wide"])
    chosen = configure({"model": "nets:wide", "hidden_units": [8, 4]}, STEPS, known)
    with pytest.raises(UserError, match=r"hidden_units \[8, 4\] has none that all layers share"):
        model_arguments(known.users.models["nets:wide"], chosen)


def test_the_older_contract_is_called_with_the_whole_configuration(vocabulary):
    names = ["nets:old", "nets:old_and_new", "nets:any_of_them", "nets:dynamic", "nets:net"]
    models = vocabulary(names).users.models
    assert [models[name].whole for name in names] == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(shape): ...", "f is called with two positional arguments.*and takes shape"),
        ("def f(): ...", "and takes none; def f"),
        ("def f(a, b, c, d): ...", "takes a, b, c, d"),
        ("def f(shape, classes, channels): ...", r"write channels after the \*: def f\(shape"),
        ("def f(shape, classes, **more): ...", r"takes any argument \(\*\*\)"),
        ("def f(shape, classes, *, a): ...", "argument a cannot be a hyperparameter without a def"),
        ("def f(shape, classes, *, a=None): ...", "argument a has the default None, which does not say its kind; annotate it"),
        ("def f(shape, classes, *, a=['x']): ...", r"its default \['x'\] is no list of numbers"),
        ("def f(shape, classes, *, a=2 ** 3): ...", "which only running the code would tell"),
        ("def f(shape, classes, *, a: dict = 1): ...", "annotated as dict; allowed: int"),
        ("def f(shape, classes, *, a: int = 'x'): ...", "argument a cannot be .*not a number"),
        ("def f(shape, classes, *, a: bool = 1): ...", "must be true or false"),
        ("from typing import Literal\ndef f(s, c, *, a: Literal['x'] = 'y'): ...", "'y' is not all"),
        ("def f(shape, classes, *, seed=1): ...", "'seed' has a meaning of its own"),
        ("def f(shape, classes, *, hardware='x'): ...", "'hardware' has a meaning of its own"),
        ("def f(shape, classes, *, test_x=1): ...", "'test_x' has a meaning of its own"),
        ("def f(shape, classes, *, größe=1): ...", "must be a word of letters, digits"),
        ("def f(shape, classes, *, a__b=1): ...", "must be a word of letters, digits"),
        ("def f(shape, classes, *, data='x'): ...", "data has a meaning of its own"),
        ("def f(shape, classes, *, dropout=0.5): ...", "dropout has the default 0.5.* default 0. Leave"),
        ("def f(shape, classes, *, dropout=None): ...", "dropout has the default None; .* the default 0"),
        ("def f(shape, classes, *, depth=3): ...", "depth has the default 3.*the default 2"),
        ("def f(shape, classes, *, hidden_units=(8,)): ...", r"default \(8,\).*the default 256x2"),
        ("def f(shape, classes, *, train_samples=5): ...", "the default all"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_called_or_declared_is_one_message(tmp_path, source, message):
    (tmp_path / "m.py").write_text(source)
    with pytest.raises(UserError, match=message) as caught:
        Users((tmp_path,)).knowing(["m:f"], [])
    assert "m.py, line " in str(caught.value)


def test_an_argument_before_the_star_is_said_to_be_no_hyperparameter(vocabulary):
    known = vocabulary(["nets:late"])
    assert "filters" not in known.hyperparameters
    with pytest.raises(UserError, match=r"nets:late .* takes it before the \*"):
        configure({"model": "nets:late", "filters": 3}, STEPS, known)


def test_one_name_has_one_meaning_in_a_study(tmp_path):
    (tmp_path / "m.py").write_text(
        "def f(shape, classes, *, a=1): ...\ndef same(shape, classes, *, a=1): ...\n"
        "def other(shape, classes, *, a=2): ...\ndef load(*, a=1): ...\n"
    )
    users = Users((tmp_path,))
    both = Vocabulary(users=users).knowing(["m:f", "m:same"])
    assert both.hyperparameters["a"].acts_with == {"model": frozenset({"m:f", "m:same"})}
    with pytest.raises(UserError, match=r"a is declared twice.*default 1.*default 2.*rename one"):
        Vocabulary(users=users).knowing(["m:f", "m:other"])
    with pytest.raises(UserError, match=r"a is declared twice.*to models or to data"):
        Vocabulary(users=users).knowing(["m:f"], ["m:load"])


# --- data sets ---


def test_arguments_of_a_data_function_name_its_prepared_copy(vocabulary):
    known = vocabulary(data=["sets:load"])
    plain = configure({"data": "sets:load"}, STEPS, known)
    assert plain.prepared == "sets:load"
    noisy = configure({"data": "sets:load", "noise": 0.2, "shuffled": False}, STEPS, known)
    assert noisy.prepared == "sets:load~noise~0.2~shuffled~false"
    assert noisy.path.startswith("data~sets:load/model~mlp/")
    assert noisy.path.endswith("/noise~0.2/shuffled~false/steps~40")
    assert configure({"noise": 0.2}, STEPS, known).prepared == "digits"
    data, arguments = read_prepared_name(noisy.prepared, known.users)
    assert data.call == "sets:load"
    assert arguments == {"noise": 0.2, "form": "blobs", "shuffled": False}


@pytest.mark.parametrize("text", ["a b", "~", "/", "..", "ü{x}", "%", "a~b/c", "x" * 60, "="])
def test_any_text_makes_one_name_that_reads_back(vocabulary, text):
    known = vocabulary(data=["sets:load"])
    chosen = configure({"data": "sets:load", "form": text}, STEPS, known)
    assert read_prepared_name(chosen.prepared, known.users)[1]["form"] == text
    assert "/" not in chosen.prepared
    assert parse_path(chosen.path, known)["form"] == text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sets:load~noise~0.20", "not canonical; ask for 'sets:load~noise~0.2'"),
        ("sets:load~noise~0.1", "not canonical; ask for 'sets:load'"),
        ("sets:load~noise", "not canonical"),
        ("sets:load~nose~1", "has no argument 'nose'; did you mean 'noise'"),
        ("digits~noise~1", "takes no arguments"),
    ],
)
def test_a_wrong_name_of_a_prepared_copy_is_refused(vocabulary, name, message):
    with pytest.raises(UserError, match=message):
        read_prepared_name(name, vocabulary(data=["sets:load"]).users)


def test_arguments_that_a_study_fixes_are_no_hyperparameters(vocabulary):
    known = vocabulary(
        data=["noisy", "there"],
        noisy={"call": "sets:load", "noise": 1},
        there={"call": "sets:rooted", "root": "data/x", "count": 4},
    )
    noisy = known.users.data["noisy"]
    assert noisy.fixed == {"noise": 1.0}
    assert isinstance(noisy.fixed["noise"], float)
    assert set(noisy.declares) == {"form", "shuffled"}
    assert known.hyperparameters["form"].acts_with == {"data": frozenset({"noisy"})}
    given = read_prepared_name("there~noise~0.5", known.users)[1]
    assert given == {"root": "data/x", "count": 4, "noise": 0.5}


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"call": "sets:load", "nose": 1}, "load has no argument 'nose'; did you mean 'noise'"),
        ({"call": "sets:load", "noise": "x"}, "noise: 'x' is not a number"),
        ({"call": "sets:rooted"}, "rooted needs root, which nothing gives"),
        ({"call": "sets:lod"}, "did you mean 'load'"),
    ],
)
def test_a_wrong_definition_of_a_data_set_is_refused(vocabulary, definition, message):
    with pytest.raises(UserError, match=message):
        vocabulary(data=["mine"], mine=definition)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(*, dropout=0.0): ...", "dropout is the name of a hyperparameter of training"),
        ("def f(*, train_samples=0): ...", "train_samples is the name of a hyperparameter"),
        ("def f(**more): ...", "takes any argument"),
        ("def f(path): ...", "f needs path, which nothing gives; state it under `data_sets`"),
    ],
)
def test_a_data_function_that_cannot_be_called_or_declared(tmp_path, source, message):
    (tmp_path / "m.py").write_text(source)
    with pytest.raises(UserError, match=message):
        Users((tmp_path,)).knowing([], ["m:f"])


def test_an_unknown_data_set_is_refused_with_the_nearest(vocabulary):
    known = vocabulary(flowers={"folder": "x"})
    for name, near in (("flower", "flowers"), ("digit", "digits")):
        with pytest.raises(UserError, match=f"unknown data set '{name}'; did you mean '{near}'"):
            configure({"data": name}, STEPS, known)


def test_files_are_looked_for_beside_the_study_first(tmp_path):
    first, second = tmp_path / "study", tmp_path / "here"
    for folder in (first, second):
        folder.mkdir()
    (second / "pictures").mkdir()
    (second / "a.npz").touch()
    (first / "a.npz").touch()
    users = Users(
        (first, second),
        {"p": {"folder": "pictures", "size": 8}, "a": {"npz": "a.npz"}, "b": {"npz": "b.npz"}},
    ).knowing([], ["p", "a", "b"])
    assert users.data["p"].folder == str(second / "pictures")
    assert users.data["p"].size == 8
    assert users.data["a"].npz == str(first / "a.npz")
    assert users.data["b"].npz == str(first / "b.npz")


# --- sizes ---


def write_facts(name, **facts):
    file = Path("resources/prepared") / name / "facts.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    counts = {"train": [60, 30], "validation": [20, 10], "test": [20, 11]}
    content = {"data": name, "shape": [1, 4, 4], "class_counts": counts, **facts}
    file.write_text(json.dumps(content))


class Preparer:
    """Writes facts when asked to."""

    def __init__(self):
        self.met, self.needed = [], []

    def meet(self, name, users):
        self.met.append(name)

    def need(self, name, users):
        self.needed.append(name)
        write_facts(name)


def test_sizes_of_own_data_come_from_their_facts(vocabulary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = vocabulary(data=["sets:load"])
    settings = {"data": "sets:load", "batch_size": 10}
    assert configure(settings, STEPS, known).data_facts is None
    with pytest.raises(UserError, match="'sets:load' is not known before it is prepared"):
        configure(settings, Budget("epochs", 2), known)
    write_facts("sets:load")
    assert configure(settings, Budget("epochs", 2), known).budget == Budget("steps", 18)
    assert configure(settings, Budget("samples", 95), known).budget == Budget("steps", 10)
    two = configure(
        {**settings, "classes": [0, 1], "train_samples": 50}, Budget("epochs", 1), known
    )
    assert two.budget == Budget("steps", 5)
    facts = two.data_facts
    assert (facts.sizes(), facts.sizes((0,)), facts.shape) == (
        (90, 30, 31),
        (60, 20, 20),
        (1, 4, 4),
    )
    with pytest.raises(UserError, match=r"classes: \[2\] are not in sets:load; allowed: 0 to 1"):
        configure({**settings, "classes": [0, 2]}, STEPS, known)
    with pytest.raises(UserError, match="train_samples: 90 of sets:load, which has 90"):
        configure({**settings, "train_samples": 90}, STEPS, known)


def test_another_copy_has_other_sizes_and_a_new_one_is_seen(vocabulary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = vocabulary(data=["sets:load"])
    write_facts("sets:load~noise~0.2")
    noisy = configure({"data": "sets:load", "noise": 0.2}, STEPS, known)
    assert noisy.train_size == 90
    counts = {"train": [6, 3], "validation": [2, 1], "test": [2, 1]}
    write_facts(noisy.prepared, class_counts=counts)
    assert noisy.train_size == 9


def test_data_are_prepared_only_where_a_size_is_needed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sets.py").write_text(DATA)
    preparer = Preparer()
    known = Vocabulary(users=Users((tmp_path,), preparer=preparer)).knowing([], ["sets:load"])
    configure({"data": "sets:load"}, STEPS, known)
    assert (preparer.needed, set(preparer.met)) == ([], {"sets:load"})
    epochs = configure({"data": "sets:load"}, Budget("epochs", 1), known)
    assert (preparer.needed, epochs.budget) == (["sets:load"], Budget("steps", 2))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"data": "x", "shape": [1]}'])
def test_damaged_or_older_facts_tell_no_sizes(tmp_path, content):
    file = tmp_path / "x/facts.json"
    file.parent.mkdir()
    file.write_text(content)
    assert datasets.prepared_facts("x", tmp_path) is None


def test_the_name_of_a_copy_of_ours_is_its_own():
    assert prepared_name(None, "digits", {}) == "digits"


def test_a_handle_that_a_model_does_not_take_is_inert_with_it(tmp_path):
    (tmp_path / "m.py").write_text("def f(shape, classes, *, width, channels): ...\n")
    known = Vocabulary(users=Users((tmp_path,))).knowing(["m:f"])
    own = configure({"model": "m:f"}, STEPS, known)
    names = ("width", "depth", "hidden_units", "channels", "kernel")
    assert [own.is_inert(name) for name in names] == [False, True, False, False, True]
    cnn = configure({"model": "cnn"}, STEPS, known)
    assert [cnn.is_inert(name) for name in names] == [True, True, True, False, False]
    mlp = configure({}, STEPS, known)
    assert [mlp.is_inert(name) for name in names] == [False, False, False, True, True]
