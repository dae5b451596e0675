"""Numbers, budgets and names as people write them elsewhere, and what to write here."""

from __future__ import annotations

import pytest
from hyperverdict.errors import UserError, match, nearest
from hyperverdict.foreign import names
from hyperverdict.vocabulary import aliases
from hyperverdict.vocabulary.aliases import is_seed, length_unit, metric_meant, own_name
from hyperverdict.vocabulary.budget import KINDS, Budget, parse_budget
from hyperverdict.vocabulary.hyperparameters import as_number
from hyperverdict.vocabulary.spellings import budget_meant, number_hint
from hyperverdict.vocabulary.vocabulary import OURS

NUMBERS = {
    "0,001": "; a decimal comma? write 0.001",
    "-1,5": "; a decimal comma? write -1.5",
    ",5": "; a decimal comma? write 0.5",
    "1.000,5": "; a decimal comma? write 1000.5",
    "1,000": "; write 1000 or 1.000",
    "1,000.5": "; write 1000.5",
    "1,000,000": "; write 1000000",
    "1'000": "; write 1000",
    "1 000": "; write 1000",
    "1%": "; write 0.01",
    "1,5 percent": "; write 0.015",
    "10^-3": "; write 1e-3",
    "2*10**-4": "; write 2e-4",
    "10⁻³": "; write 1e-3",
    "1 e-3": "; write 1e-3",
    "1e−3": "; write 1e-3",
    "“0.1”": "; write 0.1",
    "300steps": "; write 300",
    "10k": "; write 10000",
    "1/8": "; write 0.125",
    "None": "; leave the line out for the default",
    "1/0": "",
    "abc": "",
    "": "",
    "1e999": "",
    "1.2.3": "",
}


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_that_is_spelled_otherwise(text):
    assert number_hint(text) == NUMBERS[text]
    with pytest.raises(UserError, match="is not a "):
        as_number(text)


def test_what_is_no_text_has_its_own_words():
    assert number_hint(None) == "; write a value, or leave the line out"
    assert number_hint([1]) == "; write one number, not a list"
    assert number_hint(True) == number_hint({}) == ""


BUDGETS = {
    "300steps": "300 steps",
    "300_steps": "300 steps",
    "steps: 300": "300 steps",
    "5 min": "300 seconds",
    "1.5 h": "5400 seconds",
    "5k updates": "5000 steps",
    "1.000 iterations": "1000 steps",
    "1,000 step": "1000 steps",
    "5 max_epochs": "5 epochs",
    "2,5 epochs": "",
    "five steps": "",
    "300": "",
    "300 steps or more": "",
}


@pytest.mark.parametrize("text", BUDGETS)
def test_a_budget_that_is_spelled_otherwise(text):
    assert budget_meant(text, KINDS) == BUDGETS[text]


def test_only_the_units_of_a_training_are_suggested():
    assert budget_meant("5k trees", ("trees",)) == "5000 trees"
    assert budget_meant("5 min", ("trees",)) == budget_meant("300 updates", ("trees",)) == ""


@pytest.mark.parametrize("text", ["2,5 epochs", "38,40 steps", "1.000 steps", "1,00 steps"])
def test_a_comma_or_point_that_may_mean_two_things_is_refused(text):
    with pytest.raises(UserError, match="is not a number"):
        parse_budget(text)


def test_a_comma_between_thousands_is_read():
    assert parse_budget("1,038,400 samples") == Budget("samples", 1_038_400)


@pytest.mark.parametrize("word", [name for names in aliases.SETTINGS.values() for name in names])
def test_every_name_of_a_column_is_known_in_studies_too(word):
    """But for train_size, which is train_samples in studies."""
    ours = names.setting_of(word)
    assert own_name(word, OURS.described) == {"train_size": "train_samples"}.get(ours, ours)


def test_every_suggested_name_exists():
    known = {*OURS.described, "budget", "train_size"}
    assert {*aliases.SETTINGS, *aliases._IN_STUDIES} <= known


def test_a_list_of_units_belongs_to_every_layer():
    assert own_name("layers", OURS.described, 3) == "depth"
    assert own_name("layers", OURS.described, [64, 64]) == "hidden_units"


def test_names_are_looked_up_among_those_that_are_known():
    assert own_name("learning_rate", ("heads", "lr")) == "lr"
    assert own_name("lr", ("lr",)) == "lr"
    assert own_name("wd", ("heads", "lr")) == ""
    assert metric_meant("val_acc", ("accuracy",)) == "accuracy"
    assert metric_meant("accuracy", ("acc", "loss")) == "acc"
    assert metric_meant("bleu", ("acc",)) == ""


def test_words_for_the_length_and_the_seeds():
    words = ["epochs", "max_epochs", "num_train_steps", "iterations", "seconds", "heads", "tokens"]
    assert [length_unit(w) for w in words] == [
        "epochs",
        "epochs",
        "steps",
        "steps",
        "seconds",
        "",
        "",
    ]
    assert is_seed("random_seed")
    assert is_seed("n_seeds")
    assert not is_seed("seedling")


def test_case_and_punctuation_do_not_matter_for_the_nearest_name():
    known = ("fashion_mnist", "mnist", "cifar10", "sgd")
    assert [match(w, known) for w in ("FashionMNIST", "CIFAR-10", "SGD")] == [
        "fashion_mnist", "cifar10", "sgd",
    ]  # fmt: skip
    assert match("", known) == match("---", known) == ""
    assert nearest("zzz", known).startswith("allowed: ")
