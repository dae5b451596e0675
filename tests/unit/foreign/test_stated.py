"""What a study says names columns and selects rows, is refused by name, or is taken on trust."""

from __future__ import annotations

import pandas as pd
import pytest
from hyperverdict.errors import UserError

from tests.unit.foreign.asking import concludes, difference, rows, study, verdict


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("config.learning_rate", "lr"), ("config.lr", "learning_rate"), ("config.lr", "config.lr"),
        ("optimizer.lr", "lr"), ("Learning Rate", "learning_rate"), ("base_lr", "lr"),
    ],
)  # fmt: skip
def test_a_claim_may_use_any_word_for_a_column(column, said):
    table = rows([0.001, 0.01], name=column, epochs=20)
    concludes(verdict(table, study({said: (1e-3, 1e-2)})), estimate=difference())


def test_an_mlflow_column_under_its_short_name():
    table = rows([64, 512], epochs=20).rename(
        columns={"lr": "params.bs", "seed": "params.seed", "test_acc": "metrics.test_acc"}
    )
    table["run_id"] = [f"{i:032x}" for i in range(len(table))]
    concludes(verdict(table, study({"batch_size": (64, 512)})), estimate=difference())


@pytest.mark.parametrize("said", ["heads", "n_attention_heads"])
def test_the_studys_own_word_for_a_column(said):
    table = rows([4, 8], name="n_attention_heads", epochs=20)
    stated = study({said: (4, 8)}, columns={"heads": "n_attention_heads"})
    concludes(verdict(table, stated), estimate=difference())


def test_a_word_for_two_columns_is_refused_with_both():
    table = rows([1, 2], name="model.lr", epochs=20).assign(**{"head.lr": lambda t: t["model.lr"]})
    with pytest.raises(UserError, match=r"'lr' may be 'model.lr' or 'head.lr'"):
        verdict(table, study({"lr": (1, 2)}))


def _two_settings(name, levels):
    """At the second level of another setting the effect is turned round."""
    right = rows(["no", "yes"], name="use_aug", epochs=20).assign(**{name: levels[0]})
    wrong = rows(["no", "yes"], name="use_aug", epochs=20, effect=-0.2).assign(**{name: levels[1]})
    return pd.concat([right, wrong], ignore_index=True)


@pytest.mark.parametrize(
    ("column", "levels", "said", "level"),
    [
        ("dropout_rate", (0.5, 0.1), "dropout", 0.5),
        ("config/optim", ("torch.optim.adam.Adam", "torch.optim.sgd.SGD"), "optimizer", "adam"),
        ("hidden_units", ("[64, 64]", "[256]"), "hidden_units", [64, 64]),
        ("ema", ("True", "False"), "ema", True),
        ("arch", ("ResNet-18", "ViT"), "model", "resnet18"),
    ],
)
def test_the_baseline_selects_rows_in_any_spelling(column, levels, said, level):
    stated = study({"use_aug": ("no", "yes")}, baseline={said: level, "budget": "20 epochs"})
    concludes(verdict(_two_settings(column, levels), stated), estimate=difference())


def test_the_data_set_selects_rows():
    table = _two_settings("dataset", ("CIFAR-10", "ImageNet"))
    concludes(verdict(table, study({"use_aug": ("no", "yes")}, data="cifar10")))
    with pytest.raises(UserError, match=r"data: no row has mnist; its levels are CIFAR-10 and"):
        verdict(table, study({"use_aug": ("no", "yes")}, data="mnist"))


def test_a_slip_in_the_baseline_is_refused_and_an_unknown_setting_is_taken_on_trust():
    table = _two_settings("dropout", (0.5, 0.1))
    with pytest.raises(UserError, match=r"no column holds 'droput'; did you mean 'dropout'\?"):
        verdict(table, study({"use_aug": ("no", "yes")}, baseline={"droput": 0.5}))
    stated = study({"use_aug": ("no", "yes")}, baseline={"dropout": 0.5, "warmup": 100})
    found = verdict(table, stated)
    concludes(found, estimate=difference())
    assert any("taken on trust: warmup 100" in sentence for sentence in found.scope)
