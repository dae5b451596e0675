"""Configurations: one canonical path each, and budgets in canonical steps."""

import re

import pytest
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import (
    Budget,
    parse_budget,
    samples_after,
    steps_per_epoch,
    to_steps,
)
from hyperverdict.vocabulary.configuration import Baseline, configure, parse_path, path_pattern
from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS
from hyperverdict.vocabulary.vocabulary import OURS
from hypothesis import given
from hypothesis import strategies as st

STEPS = Budget("steps", 300)


def test_path_is_spelled_and_read_back():
    configuration = configure({"data": "digits", "width": 64, "depth": 3}, STEPS)
    assert configuration.path == (
        "data~digits/model~mlp/hidden_units~64x3/activation~relu/dropout~0/batch_size~64"
        "/optimizer~adam/learning_rate~0.001/schedule~constant/weight_decay~0/steps~300"
    )
    assert parse_path(configuration.path) == configuration


@pytest.mark.parametrize("rate", ["1e-3", 0.001, "0.0010"])
def test_two_spellings_are_one_path(rate):
    assert (
        "learning_rate~0.001/" in configure({"data": "digits", "learning_rate": rate}, STEPS).path
    )


def test_a_later_hyperparameter_at_its_frozen_default_changes_no_path():
    plain = configure({"data": "digits", "optimizer": "sgd_momentum"}, STEPS)
    same = configure({"data": "digits", "optimizer": "sgd_momentum", "momentum": 0.9}, STEPS)
    other = configure({"data": "digits", "optimizer": "sgd_momentum", "momentum": 0.5}, STEPS)
    assert plain.path == same.path
    assert other.path.endswith("/momentum~0.5/steps~300")
    assert parse_path(other.path) == other


def test_a_path_that_is_not_canonical_is_refused_with_the_canonical_one():
    path = configure({"data": "digits"}, STEPS).path
    with pytest.raises(UserError, match=r"learning_rate~0\.001/"):
        parse_path(path.replace("learning_rate~0.001", "learning_rate~1e-3"))


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_a_canonical_level_can_be_read_again(name):
    row = HYPERPARAMETERS[name]
    assert row.read(row.default) == row.default
    assert configure({name: row.default}, STEPS) == configure({}, STEPS)


def test_frozen_defaults():
    """Released defaults never change: paths of earlier runs depend on them."""
    spelled = {name: h.spell(h.default) for name, h in HYPERPARAMETERS.items()}
    assert spelled == {
        "data": "digits", "model": "mlp", "hidden_units": "256x2", "activation": "relu",
        "dropout": "0", "batch_size": "64", "optimizer": "adam", "learning_rate": "0.001",
        "schedule": "constant", "weight_decay": "0", "momentum": "0.9", "classes": "all",
        "train_samples": "0", "blocks": "2", "channels": "32", "kernel": "3", "pooling": "max",
        "normalisation": "none", "nesterov": "false", "beta1": "0.9", "beta2": "0.999",
        "warmup_steps": "0", "decay_factor": "0.1", "decay_steps": "0", "clip_norm": "0",
        "label_smoothing": "0", "initialisation": "default", "augmentation": "none",
        "initialisation_seed": "run", "data_order_seed": "run", "dropout_seed": "run",
        "augmentation_seed": "run",
    }  # fmt: skip


# A level of each hyperparameter that is not spelled at its default, and its spelling.
LATER = {
    "momentum": (0.5, "0.5"), "nesterov": (True, "true"), "beta1": (0, "0"), "beta2": ("0.99", "0.99"),
    "warmup_steps": (1e2, "100"), "decay_factor": (0.5, "0.5"), "decay_steps": (30, "30"),
    "clip_norm": (1, "1"), "label_smoothing": (0.1, "0.1"), "initialisation": ("orthogonal",) * 2,
    "augmentation": (["crop", "flip"], "flip-crop"), "blocks": (1, "1"), "channels": ("8", "8"), "kernel": (5, "5"), "pooling": ("stride",) * 2,
    "normalisation": ("batch",) * 2, "classes": ([3, 1], "1-3"), "train_samples": (100, "100"),
    "initialisation_seed": (0, "0"), "data_order_seed": ("7", "7"), "dropout_seed": (1, "1"),
    "augmentation_seed": (2, "2"),
}  # fmt: skip


def test_every_later_hyperparameter_is_in_the_table_of_this_test():
    assert set(LATER) == {name for name, row in HYPERPARAMETERS.items() if not row.core}


@pytest.mark.parametrize("name", LATER)
def test_a_default_is_absent_from_the_path_and_any_other_level_parses_back(name):
    plain = configure({"data": "digits"}, STEPS)
    assert f"/{name}~" not in plain.path
    assert configure({"data": "digits", name: HYPERPARAMETERS[name].default}, STEPS) == plain
    level, spelled = LATER[name]
    other = configure({"data": "digits", name: level}, STEPS)
    assert other.path == plain.path.replace("/steps", f"/{name}~{spelled}/steps")
    assert parse_path(other.path) == other
    row = HYPERPARAMETERS[name]
    assert row.read(row.spell(other[name])) == other[name]


def test_all_later_hyperparameters_at_once_parse_back():
    levels = {name: level for name, (level, _) in LATER.items()}
    configuration = configure({"data": "digits", **levels}, STEPS)
    assert parse_path(configuration.path) == configuration


def test_all_later_hyperparameters_are_wildcards():
    levels = {name: level for name, (level, _) in LATER.items()}
    pattern = re.sub(r"\{(\w+),((?:[^{}]|\{\w+\})*)\}", r"(?P<\1>\2)", path_pattern(OURS))
    for settings in ({}, {"hidden_units": []}, levels):
        found = re.fullmatch(pattern, configure({"data": "digits", **settings}, STEPS).path)
        assert found is not None
        assert found["extras"].count("~") == (len(levels) if settings is levels else 0)


@pytest.mark.parametrize(("name", "raw", "level"), [
    ("clip_norm", "none", 0), ("clip_norm", 0, 0), ("clip_norm", "0", 0), ("clip_norm", 0.5, 0.5),
    ("decay_steps", "a third of the run", 0), ("decay_steps", 0, 0), ("decay_steps", "50", 50),
    ("train_samples", "all", 0), ("nesterov", "false", False), ("nesterov", True, True),
    ("hidden_units", [], ()), ("hidden_units", "none", ()),
    ("augmentation", "none", ()), ("augmentation", [], ()), ("augmentation", "flip", ("flip",)),
    ("augmentation", ["trivial_augment", "flip"], ("flip", "trivial_augment")),
])  # fmt: skip
def test_words_for_levels(name, raw, level):
    assert HYPERPARAMETERS[name].read(raw) == level


@pytest.mark.parametrize(("name", "raw", "message"), [
    ("schedule", "expontial", "did you mean 'exponential'"),
    ("initialisation", "kaiming", "did you mean 'kaiming_normal'"),
    ("nesterov", "yes", "must be true or false"),
    ("nesterov", 1, "must be true or false"),
    ("clip_norm", -1, "must be above 0"),
    ("clip_norm", False, "is not a number"),
    ("decay_factor", 1, "must be above 0 and below 1"),
    ("decay_factor", 0, "must be above 0 and below 1"),
    ("decay_steps", 2.5, "must be a whole number"),
    ("label_smoothing", 1, "at least 0 and below 1"),
    ("beta2", 1, "at least 0 and below 1"),
    ("warmup_steps", 0.1, "must be a whole number"),
    ("augmentation", "flop", "did you mean 'flip'"),
    ("augmentation", ["crop", 3], "3 is not allowed"),
    ("augmentation", True, "True is not allowed; allowed: none, flip, crop, trivial_augment"),
])  # fmt: skip
def test_impossible_levels_are_refused(name, raw, message):
    with pytest.raises(UserError, match=f"{name}: .*{message}"):
        configure({"data": "digits", name: raw}, STEPS)


@pytest.mark.parametrize(("settings", "inert"), [
    ({}, {"momentum", "nesterov", "decay_factor", "decay_steps"}),
    ({"optimizer": "sgd"}, {"momentum", "nesterov", "beta1", "beta2", "decay_factor", "decay_steps"}),
    ({"optimizer": "sgd_momentum", "schedule": "step"}, {"beta1", "beta2"}),
    ({"optimizer": "sgd_momentum", "schedule": "exponential", "momentum": 0},
     {"beta1", "beta2", "nesterov"}),
    ({"optimizer": "adamw", "schedule": "cosine"}, {"momentum", "nesterov", "decay_factor", "decay_steps"}),
])  # fmt: skip
def test_what_does_nothing_beside_the_optimizer_and_the_schedule(settings, inert):
    configuration = configure({"data": "digits", **settings}, STEPS)
    assert (
        set(configuration.inert)
        - {"blocks", "channels", "kernel", "pooling", "normalisation"}
        - {"dropout_seed", "augmentation_seed"}
        == inert
    )


@given(
    st.lists(st.integers(1, 2048), max_size=12),
    st.floats(1e-6, 10),
    st.floats(0, 0.99),
    st.integers(1, 4096),
    st.integers(1, 10**6),
)
def test_every_configuration_survives_its_path(units, rate, dropout, batch_size, steps):
    raw = {"data": "digits", "hidden_units": units, "learning_rate": rate,
           "dropout": dropout, "batch_size": batch_size}  # fmt: skip
    configuration = configure(raw, Budget("steps", steps))
    assert parse_path(configuration.path) == configuration
    assert all(len(part.encode()) <= 255 for part in configuration.path.split("/"))


def test_a_component_longer_than_file_systems_take_is_refused():
    with pytest.raises(UserError, match="hidden_units"):
        _ = configure({"data": "digits", "hidden_units": list(range(1, 200))}, STEPS).path


@pytest.mark.parametrize(
    ("baseline", "levels", "units"),
    [
        ({"width": 8, "depth": 2}, {"depth": 3}, (8, 8, 8)),
        ({"hidden_units": (8, 8)}, {"depth": 3}, (8, 8, 8)),
        ({"width": 8, "depth": 2}, {"hidden_units": (4,)}, (4,)),
    ],
)
def test_width_and_depth_replace_their_half_of_the_baseline(baseline, levels, units):
    configuration = Baseline({"data": "digits", **baseline}).configure(levels, STEPS)
    assert configuration["hidden_units"] == units


def test_depth_cannot_vary_over_layers_of_unequal_width():
    with pytest.raises(UserError, match="unequal width"):
        Baseline({"data": "digits", "hidden_units": (8, 4)}).configure({"depth": 3}, STEPS)


def test_a_hyperparameter_that_does_nothing_is_inert_and_trains_the_same():
    one, other = (configure({"data": "digits", "momentum": m}, STEPS) for m in (0.5, 0.8))
    assert one != other
    assert "momentum" in one.inert
    assert one.effective == other.effective
    with_momentum = configure({"data": "digits", "optimizer": "sgd_momentum"}, STEPS)
    assert "momentum" not in with_momentum.inert


def test_budgets_become_steps():
    # 1079 training images of digits: 17 steps of 64 a pass, the last of 55.
    assert steps_per_epoch(64, 1079) == 17
    assert to_steps(Budget("epochs", 5), 64, 1079) == Budget("steps", 85)
    assert to_steps(Budget("samples", 1079), 64, 1079) == Budget("steps", 17)
    assert to_steps(Budget("samples", 1080), 64, 1079) == Budget("steps", 18)
    assert to_steps(Budget("seconds", 5), 64, 1079) == Budget("seconds", 5)
    assert samples_after(18, 64, 1079) == 1079 + 64


@given(st.integers(1, 500), st.integers(1, 5000), st.integers(1, 20000))
def test_samples_are_reached_and_not_by_a_step_more(batch_size, train_size, samples):
    steps = to_steps(Budget("samples", samples), batch_size, train_size).amount
    assert samples_after(steps, batch_size, train_size) >= samples
    assert samples_after(steps - 1, batch_size, train_size) < samples


@pytest.mark.parametrize(
    "text", ["300", "steps 300", "-5 steps", "0 epochs", "1.5 steps", "x steps"]
)
def test_bad_budgets_are_refused(text):
    with pytest.raises(UserError):
        parse_budget(text)
