"""Other columns that go with the arms, and those that may."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.foreign.asking import concludes, difference, fired, rows, study, verdict


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
        num_params=lambda a, s: 1000 + a, created_at=lambda a, s: f"2024-01-0{a + 1} 10:00:0{s}",
    )  # fmt: skip
    concludes(verdict(table, study({"lr": (1e-3, 1e-2)})), estimate=difference())
