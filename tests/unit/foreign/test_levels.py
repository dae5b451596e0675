"""Levels of settings: however they are spelled, one level is one arm."""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.errors import UserError

from tests.unit.foreign.asking import (
    concludes,
    difference,
    first,
    judge,
    rows,
    study,
    two_batches,
    verdict,
)


@pytest.mark.parametrize("level", ["none", None, "None"])
@pytest.mark.parametrize("cell", ["", "None", "null", None])
def test_an_empty_cell_is_the_level_none(cell, level):
    table = rows([cell, "cosine"], name="lr_scheduler", epochs=20)
    concludes(verdict(table, study({"lr_scheduler": (level, "cosine")})), estimate=difference())


def test_an_empty_cell_among_numbers_is_the_level_none():
    table = rows([np.nan, 0.5], name="dropout", epochs=20)
    concludes(verdict(table, study({"dropout": ("none", 0.5)})), estimate=difference())


@pytest.mark.parametrize(
    ("name", "cells", "levels"),
    [
        ("lr", np.array([0.001, 0.01], np.float32), (1e-3, 1e-2)),
        ("lr", (0.0010000000474974513, 0.009999999776482582), ("1e-3", 0.01)),
        ("lr", (0.0010000000474974513, 0.01), (1e-3, 1e-2)),
        ("lr", np.geomspace(1e-3, 1e-2, 2) * (1 + 1e-15), (1e-3, 1e-2)),
        ("lr", ("1e-15", "1e-14"), (1e-15, 1e-14)),
        ("train_size", ("1,000", "10,000"), (1000, 10000)),
        ("train_size", ("1 000", "10 000"), (1000, 10000)),
        ("layers", ("[64, 64]", "[256, 256]"), ([64, 64], [256, 256])),
        ("layers", ("(64, 64)", "(256, 256)"), ([64, 64], [256, 256])),
        ("layers", ((64, 64), (256, 256)), ([64, 64], [256, 256])),
        ("layers", ("64-64", "256-256"), ([64, 64], [256, 256])),
        ("acts", ("[relu, tanh]", "[gelu, gelu]"), (["relu", "tanh"], ["gelu", "gelu"])),
        ("use_ema", (False, True), ("no", "yes")),
        ("use_ema", (0, 1), (False, True)),
        ("use_ema", ("no", "yes"), (False, True)),
        ("optimizer.name", ("torch.optim.sgd.SGD", "<class 'torch.optim.adam.Adam'>"), ("sgd", "adam")),
        ("act", ("ReLU()", "GELU()"), ("relu", "gelu")),
        ("dataset", ("CIFAR-10", "Fashion MNIST"), ("cifar10", "fashion_mnist")),
        ("dataset", ("/data/cifar10/", "/data/svhn/"), ("cifar10", "svhn")),
    ],
)  # fmt: skip
def test_levels_in_any_spelling(name, cells, levels):
    table = rows(list(cells), name=name, epochs=20)
    # Optimizers need a tuned learning rate; the study says that there was one.
    stated = study({name: levels}, data="")
    stated["hypotheses"]["H1"]["tune"] = {"lr": [1e-3, 1e-2]} if "optim" in name else {}
    if not stated["hypotheses"]["H1"]["tune"]:
        del stated["hypotheses"]["H1"]["tune"]
    found = verdict(table, stated)
    assert found.judgement.effects[0].estimate == pytest.approx(difference())
    assert found.judgement.effects[0].evidence == "supported"


@pytest.mark.parametrize(
    ("name", "cells", "levels", "words"),
    [
        (
            "lr",
            (0.00123456, 0.0109876),
            (1e-3, 1e-2),
            "no row has 0.001; .* the nearest is 0.00123456",
        ),
        ("optim", ("adam", "sgd"), ("adm", "sgd"), "no row has adm; .* the nearest is adam"),
        ("layers", ("[64, 64]", "[256]"), ([64], [256]), r"no row has \[64\]"),
        ("use_ema", ("a", "b"), ("yes", "b"), "no row has yes; its levels are a and b"),
        ("lr", ("1e-15", "1e-14"), (1e-15, 1e-13), "no row has 1e-13"),
    ],
)
def test_a_level_that_no_row_has_names_those_there_are(name, cells, levels, words):
    with pytest.raises(UserError, match=words) as refusal:
        verdict(rows(list(cells), name=name, epochs=20), study({name: levels}))
    assert "seeds" not in str(refusal.value)


def test_a_level_of_a_context_that_no_row_has_is_refused():
    table = rows([1e-3, 1e-2], epochs=20).assign(dropout=0.1)
    claim = {"compare": {"lr": {"from": 1e-3, "to": 1e-2}}, "in_every": {"dropout": [0.1, 0.2]}}
    with pytest.raises(UserError, match=r"dropout: no row has 0.2; its level is 0.1"):
        verdict(table, study(claim))


@pytest.mark.parametrize("kind", ["Int64", "category", "string", "float32", "bool"])
def test_data_frames_of_every_dtype(kind):
    levels = {"bool": (False, True), "float32": (0.001, 0.01)}.get(kind, (64, 512))
    table = rows(levels, name="factor", epochs=20)
    table["factor"] = table["factor"].astype(kind)
    if kind == "Int64":
        table = table.astype({"seed": "Int64", "epochs": "Int64", "test_acc": "Float64"})
    concludes(verdict(table, study({"factor": levels})), estimate=difference())


def test_two_spellings_of_one_level_are_one_arm(tmp_path):
    table = two_batches().astype({"batch_size": object})
    table.loc[0, "batch_size"] = "2.56e2"
    table.loc[11, "batch_size"] = "4096.0"
    judged = judge(tmp_path, table)
    assert [a.finished for a in first(judged).arms] == [6, 6]
