"""Arms that trained for different lengths, in whatever unit; arms at a budget."""

from __future__ import annotations

import pandas as pd
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign.judge import judge_table

from tests.unit.foreign.asking import blocked, concludes, difference, rows, score, study, verdict


@pytest.mark.parametrize(
    "column",
    ["training_iteration", "timesteps_total", "num_episodes", "tokens_seen", "env_steps", "rounds"],
)
def test_arms_at_unlike_points_of_any_progress_block(column):
    lengths = lambda arm, seed: 10 if arm == 0 or seed > 4 else 3  # noqa: E731
    table = rows([1e-3, 1e-2], effect=-0.1, **{column: lengths})
    blocked(verdict(table, study({"lr": (1e-3, 1e-2)}, "lower")), "unlike_progress")


@pytest.mark.parametrize("column", ["epochs", "global_step", "samples_seen"])
def test_arms_at_unlike_lengths_block_without_a_stated_budget(column):
    lengths = lambda arm, seed: 1000 if arm == 0 else 300  # noqa: E731
    table = rows([1e-3, 1e-2], effect=-0.1, **{column: lengths})
    found = verdict(table, study({"lr": (1e-3, 1e-2)}, "lower"))
    assert found.headline == "inconclusive (confounded)"


def _ticks():
    return pd.DataFrame(
        {"lr": lr, "seed": seed, "ticks": tick, "test_acc": score(arm, seed) + tick / 100}
        for arm, lr in enumerate([1e-3, 1e-2])
        for seed in range(6)
        for tick in range(1, 11 if arm == 0 else 6)
    )


def test_a_column_that_rises_along_every_run_is_progress():
    table = _ticks()
    table["run_id"] = table["lr"].astype(str) + table["seed"].astype(str)
    assert "ticks" in blocked(verdict(table, study({"lr": (1e-3, 1e-2)})), "unlike_progress")


def test_a_column_that_may_be_progress_or_a_setting_is_refused_with_both_readings():
    with pytest.raises(UserError, match=r"columns: {ticks: ticks} for a setting, or a unit"):
        verdict(_ticks(), study({"lr": (1e-3, 1e-2)}))
    steps = study({"lr": (1e-3, 1e-2)}, columns={"steps": "ticks"}, at_equal=["5 steps"])
    concludes(verdict(_ticks(), steps), estimate=difference())


def test_early_stopped_trials_of_optuna_are_no_runs():
    table = rows([1e-3, 1e-2], seeds=8, name="params_lr", metric="value", effect=-0.1)
    table = table.rename(columns={"seed": "user_attrs_seed"}).assign(number=range(16))
    table["state"] = ["COMPLETE"] * 8 + ["COMPLETE", "PRUNED"] * 4
    blocked(verdict(table, study({"lr": (1e-3, 1e-2)}, "lower")), "survivors_only")


def _lengths(unit, lengths, effects):
    return pd.concat(
        rows([64, 256], name="width", effect=effect).assign(**{unit: length})
        for length, effect in zip(lengths, effects, strict=True)
    ).reset_index(drop=True)


@pytest.mark.parametrize(
    ("column", "unit", "ids"),
    [
        ("steps", "steps", True), ("config.epochs", "epochs", True), ("samples_seen", "samples", False),
        ("trainer/global_step", "steps", False),
    ],
)  # fmt: skip
def test_runs_of_several_lengths_are_judged_each_at_its_own(column, unit, ids):
    table = _lengths(column, (10, 50, 100), (-0.03, -0.01, 0.02))
    if ids:
        table["run_id"] = [f"r{i}" for i in range(len(table))]
    at = [f"10 {unit}", f"100 {unit}"]
    judged = judge_table(table, study({"width": (64, 256)}, at_equal=at))
    early, late = judged.report.hypotheses[0].verdicts
    concludes(early, "refuted", difference(effect=-0.03))
    concludes(late, "supported", difference(effect=0.02))
    assert any("12 runs of other lengths left out" in s for s in early.scope) == ids


@pytest.mark.parametrize("ids", [True, False])
def test_pieces_of_a_resumed_run_are_one_run(ids):
    log = pd.DataFrame(
        {"lr": lr, "seed": seed, "epoch": epoch, "test_acc": score(arm, seed) - (10 - epoch) / 50,
         "piece": piece}
        for arm, lr in enumerate([1e-3, 1e-2])
        for seed in range(6)
        for piece, epochs in (("a", range(1, 7)), ("b", range(6, 11)))
        for epoch in epochs
    )  # fmt: skip
    # What the first piece scored last is not what the run that went on had there.
    log.loc[(log["piece"] == "a") & (log["epoch"] == 6), "test_acc"] -= 0.3
    if ids:
        log["run_id"] = log["lr"].astype(str) + log["seed"].astype(str) + log["piece"]
    table = log.drop(columns="piece")
    judged = judge_table(table, study({"lr": (1e-3, 1e-2)}, at_equal=["6 epochs", "10 epochs"]))
    for found in judged.report.hypotheses[0].verdicts:
        concludes(found, estimate=difference())
        assert found.judgement.effects[0].n == 6


def test_a_score_between_evaluations_is_none():
    table = pd.DataFrame(
        {"lr": lr, "seed": seed, "epoch": epoch, "test_acc": score(arm, seed)}
        for arm, lr in enumerate([1e-3, 1e-2])
        for seed in range(6)
        for epoch in (5, 10)
    )
    sentence = blocked(
        verdict(table, study({"lr": (1e-3, 1e-2)}, at_equal=["8 epochs"])), "off_budget"
    )
    assert "its runs were scored at 5 and 10 epochs" in sentence
