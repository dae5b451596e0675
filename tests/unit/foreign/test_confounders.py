"""Other columns that go with the arms, and those that may."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.unit.foreign.asking import blocked, concludes, difference, fired, rows, study, verdict


@pytest.mark.parametrize(
    "cell",
    [
        lambda arm, seed: "strong" if arm else "weak",
        lambda arm, seed: "strong" if arm and seed > 3 else "weak",
        lambda arm, seed: arm * (seed % 2),
    ],
)
@pytest.mark.parametrize("name", ["augment", "weight_decay", "config.warmup"])
def test_a_setting_that_goes_with_the_arms_wholly_or_in_part_blocks(name, cell):
    table = rows([1e-3, 1e-2], epochs=20, **{name: cell})
    found = verdict(table, study({"lr": (1e-3, 1e-2)}))
    assert found.headline == "inconclusive (confounded)"
    named = {"weight_decay": "weight decay", "config.warmup": "warmup"}.get(name, name)
    assert named in " ".join(sentence for _, sentence in fired(found).values())
    ignored = verdict(table, study({"lr": (1e-3, 1e-2)}, ignore=[name]))
    concludes(ignored, estimate=difference())


@pytest.mark.parametrize(
    "name", ["warmup_steps", "eval_steps", "steps_per_epoch", "config.warmup_epochs"]
)
def test_a_setting_named_like_progress_is_a_setting(name):
    table = rows([1e-3, 1e-2], epochs=20, **{name: lambda arm, seed: (100, 500)[seed % 2]})
    concludes(verdict(table, study({"lr": (1e-3, 1e-2)})), estimate=difference())
    along = rows([1e-3, 1e-2], epochs=20, **{name: lambda arm, seed: (100, 500)[arm]})
    assert verdict(along, study({"lr": (1e-3, 1e-2)})).headline == "inconclusive (confounded)"


def test_the_best_epoch_is_a_result():
    table = rows([1e-3, 1e-2], epochs=20, best_epoch=lambda arm, seed: 5 + 10 * arm + seed % 5)
    concludes(verdict(table, study({"lr": (1e-3, 1e-2)})), estimate=difference())


def test_a_setting_may_be_held_equal_instead():
    table = pd.concat([
        rows([1e-3, 1e-2], epochs=20, augment="weak"),
        rows([1e-2], epochs=20, augment="strong", effect=0.0),
    ])  # fmt: skip
    assert verdict(table, study({"lr": (1e-3, 1e-2)})).headline == "inconclusive (confounded)"
    held = study({"lr": (1e-3, 1e-2)}, baseline={"augment": "weak"})
    concludes(verdict(table, held), estimate=difference())


def test_costs_remarks_and_results_may_differ_between_the_arms():
    table = rows(
        [1e-3, 1e-2], epochs=20, runtime=lambda a, s: 100 + 50 * a + s, host=lambda a, s: f"n{a}",
        notes=lambda a, s: f"try {a}", train_loss=lambda a, s: 0.1 + a + s / 100,
        num_params=1000, created_at=lambda a, s: f"2024-01-0{a + 1} 10:00:0{s}",
    )  # fmt: skip
    concludes(verdict(table, study({"lr": (1e-3, 1e-2)})), estimate=difference())


SIZES = ["train_size", "test_size", "n_train", "num_classes", "val_size"]


@pytest.mark.parametrize("prefix", ["", "config.", "metrics."])
@pytest.mark.parametrize("name", SIZES)
def test_amounts_of_data_that_go_with_the_arms_block(name, prefix):
    """Whatever an export calls them: MLflow lists them among its metrics."""
    ids = {"run_id": lambda a, s: f"{a}{s}", "status": "FINISHED"} if prefix == "metrics." else {}
    table = rows([1e-3, 1e-2], epochs=20, **{prefix + name: lambda a, s: (1000, 500)[a]}, **ids)
    if ids:
        table = table.rename(columns={"test_acc": "metrics.test_acc", "lr": "params.lr"})
        table["experiment_id"] = 1
    assert verdict(table, study({"lr": (1e-3, 1e-2)})).headline == "inconclusive (confounded)"


@pytest.mark.parametrize("name", ["parameters", "num_params", "flops", "gflops"])
def test_sizes_of_networks_block_where_no_factor_implies_them(name):
    table = rows([1e-3, 1e-2], epochs=20, **{name: lambda a, s: (1000, 1001)[a]})
    assert "trained different networks" in blocked(
        verdict(table, study({"lr": (1e-3, 1e-2)})), "undeclared_difference"
    )
    equal = rows([1e-3, 1e-2], epochs=20, **{name: 1000})
    concludes(verdict(equal, study({"lr": (1e-3, 1e-2)})), estimate=difference())


@pytest.mark.parametrize("factor", ["width", "num_heads", "backbone"])
def test_sizes_that_the_factor_implies_are_a_caveat(factor):
    table = rows([64, 256], epochs=20, name=factor, num_params=lambda a, s: (1000, 4000)[a])
    found = verdict(table, study({factor: (64, 256)}))
    concludes(found, estimate=difference())
    assert fired(found)["larger_networks"][0] == "caveat"


def test_words_under_the_name_of_a_result_are_a_setting():
    table = rows([1e-3, 1e-2], epochs=20, precision=lambda a, s: ("fp32", "fp16")[a])
    assert verdict(table, study({"lr": (1e-3, 1e-2)})).headline == "inconclusive (confounded)"


def test_other_data_folders_block_and_other_machines_are_named():
    table = rows([1e-3, 1e-2], epochs=20, data_dir=lambda a, s: f"/data/{a}")
    assert "data_dir" in blocked(verdict(table, study({"lr": (1e-3, 1e-2)})), "separating_columns")
    machines = rows([1e-3, 1e-2], epochs=20, gpu=lambda a, s: ("A100", "V100")[a])
    found = verdict(machines, study({"lr": (1e-3, 1e-2)}))
    concludes(found)
    assert "A100" in fired(found)["different_devices"][1]


def _shares(n, first, second, gap, effect):
    """Arms on seeds of their own; shares of adam as given, adam better by `gap`, B by `effect`."""
    random = np.random.default_rng(4)
    cells = [
        {"lr": lr, "seed": 100 * arm + i, "epochs": 20, "momentum": (0.5, 0.9)[i < share * n],
         "test_acc": round(0.7 + gap * (i < share * n) + effect * arm + random.normal(0, 0.01), 7)}
        for arm, (lr, share) in enumerate([(1e-3, first), (1e-2, second)])
        for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(cells)


def test_simpsons_trap_at_shares_that_a_threshold_let_pass():
    claim = study({"lr": (1e-3, 1e-2)}, "lower")
    found = verdict(_shares(50, 0.60, 0.36, 0.05, 0.0), claim)
    assert found.judgement.evidence == "supported"  # What the mixture shows: nothing is there.
    assert "levels of momentum in other shares" in blocked(found, "uneven_shares")


def test_shares_that_change_nothing_are_a_caveat():
    claim = study({"lr": (1e-3, 1e-2)})
    found = verdict(_shares(25, 0.60, 0.36, 0.05, 0.1), claim)
    concludes(found)
    assert fired(found)["uneven_shares"][0] == "caveat"
    even = verdict(_shares(25, 0.60, 0.60, 0.05, 0.1), claim)
    assert "uneven_shares" not in fired(even)


def test_the_effect_that_a_setting_hides_is_not_refuted():
    """B is better within each momentum, and worse in the mixture."""
    claim = study({"lr": (1e-3, 1e-2)})
    found = verdict(_shares(25, 0.76, 0.24, 0.1, 0.02), claim)
    assert found.judgement.evidence == "refuted"
    blocked(found, "uneven_shares")
