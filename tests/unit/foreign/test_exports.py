"""Exports of W&B, MLflow and Optuna, judged."""

from __future__ import annotations

import numpy as np

from tests.unit.foreign.asking import BATCHES, fired, first, judge, two_batches


def test_a_wandb_export(tmp_path):
    table = two_batches().rename(columns={"accuracy": "test/acc"})
    table["Name"] = [f"run-{i}" for i in range(len(table))]
    table["State"] = ["finished"] * (len(table) - 1) + ["crashed"]
    table["Runtime"] = 100
    judged = judge(tmp_path, table)
    assert "Read as an export of W&B." in first(judged).scope
    assert first(judged).arms[1].finished == 5


def test_an_mlflow_export(tmp_path):
    table = two_batches().rename(
        columns={
            "accuracy": "metrics.test_acc",
            "batch_size": "params.batch_size",
            "seed": "params.seed",
            "epochs": "params.epochs",
        }
    )
    table["run_id"] = [f"{i:032x}" for i in range(len(table))]
    table["status"] = "FINISHED"
    table["params.wd"] = np.where(table["params.batch_size"] > 256, "0.1", "0.0")
    judged = judge(tmp_path, table)
    assert "Read as an export of MLflow." in first(judged).scope
    assert (
        fired(first(judged))["undeclared_difference"][1] == "The arms also differ in weight decay."
    )


def test_an_optuna_export(tmp_path):
    table = two_batches().rename(
        columns={"batch_size": "params_batch_size", "seed": "user_attrs_seed", "accuracy": "value"}
    )
    table["number"] = range(len(table))
    table["state"] = ["COMPLETE"] * (len(table) - 1) + ["PRUNED"]
    table["duration"] = "0 days 00:00:12.5"
    judged = judge(tmp_path, table)
    assert "Read as an export of Optuna." in first(judged).scope
    assert any(s.startswith("1 of 6 runs of batch size 4096 failed") for s in first(judged).scope)


def test_explorations_and_times_of_exports(tmp_path):
    text = BATCHES.replace("{accuracy: lower}", "{train_time: lower}") + (
        "explore:\n  grid: {grid: {batch_size: [256, 4096]}, budget: 90 epochs}\n"
    )
    table = two_batches(Runtime=100.0, gpu="A100")
    table["Runtime"] += table["seed"] + 50 * (table["batch_size"] == 256)
    table["Name"], table["State"] = [f"r{i}" for i in range(len(table))], "finished"
    judged = judge(tmp_path, table, text)
    assert "'Runtime' of W&B counts start-up" in fired(first(judged))["times_not_comparable"][1]
    assert judged.study.heatmaps[0].seeds == tuple(range(6))
    # Six rows for each arm of the claim and for each cell of the grid.
    assert len(judged.tables.final) == 24
