"""Folders of runs, several files, nested cells and tables of one row a score."""

from __future__ import annotations

import json

import pandas as pd
import yaml
from hyperverdict.foreign.files import read_runs
from hyperverdict.foreign.judge import judge_table

from tests.unit.foreign.asking import concludes, difference, first, rows, score, study, verdict


def test_a_folder_of_runs_with_settings_beside_them_or_in_their_names(tmp_path):
    for place in ("ray", "names", "hydra"):
        for _, row in rows([1e-3, 1e-2], epochs=20).iterrows():
            name = f"lr={row['lr']:g},seed={int(row['seed'])}"
            folder = (
                tmp_path
                / place
                / (name if place != "ray" else f"trial_{name[3:8]}_{row['seed']:g}")
            )
            folder.mkdir(parents=True)
            metrics = [
                {"epochs": e, "test_acc": row["test_acc"] - (20 - e) / 100} for e in (10, 20)
            ]
            pd.DataFrame(metrics).to_csv(folder / "progress.csv", index=False)
            settings = {"lr": float(row["lr"]), "seed": int(row["seed"])}
            if place == "ray":
                (folder / "params.json").write_text(json.dumps(settings))
                (folder / "result.json").write_text("{}")
            if place == "hydra":
                (folder / ".hydra").mkdir()
                (folder / ".hydra" / "config.yaml").write_text(yaml.dump({"optim": settings}))
        found = verdict(None, study({"lr": (1e-3, 1e-2)}, at_equal=["20 epochs"]), tmp_path / place)
        concludes(found, estimate=difference())


def test_several_files_are_one_table(tmp_path):
    files = []
    for level, part in rows([1e-3, 1e-2], epochs=20).groupby("lr"):
        files.append(tmp_path / f"runs_lr={level:g}.csv")
        part.drop(columns="lr").to_csv(files[-1], index=False)
    found = first(judge_table(read_runs(files), study({"lr": (1e-3, 1e-2)})))
    concludes(found, estimate=difference())


def test_scalars_of_tensorboard_are_joined_by_run_and_tag(tmp_path):
    files = []
    for arm, lr in enumerate([0.001, 0.01]):
        for seed in range(6):
            for tag in ("test_acc", "loss"):
                steps = pd.DataFrame(
                    {"Wall time": 1.7e9, "Step": [100, 200], "Value": score(arm, seed)}
                )
                files.append(tmp_path / f"run-lr={lr},seed={seed}-tag-{tag}.csv")
                steps.to_csv(files[-1], index=False)
    table = read_runs(files)
    concludes(first(judge_table(table, study({"lr": (1e-3, 1e-2)}, at_equal=["200 steps"]))),
              estimate=difference())  # fmt: skip


def test_the_public_api_of_wandb_gives_cells_that_are_mappings():
    table = rows([1e-3, 1e-2], epochs=20)
    cells = pd.DataFrame(
        {
            "name": f"run-{i}", "state": "finished",
            "config": {"lr": row["lr"], "seed": row["seed"], "optimizer": {"name": "adam"}},
            "summary": {"test_acc": row["test_acc"], "_step": 100, "epochs": row["epochs"]},
        }
        for i, row in enumerate(table.to_dict("records"))
    )  # fmt: skip
    concludes(verdict(cells, study({"lr": (1e-3, 1e-2)})), estimate=difference())
    as_text = cells.astype({"config": str, "summary": str})
    concludes(verdict(as_text, study({"lr": (1e-3, 1e-2)})), estimate=difference())


def test_one_row_a_score_is_turned_into_one_column_a_metric():
    table = rows([1e-3, 1e-2], epochs=20)
    long = pd.concat([
        table.rename(columns={"test_acc": "value"}).assign(metric="test_acc"),
        table.rename(columns={"test_acc": "value"}).assign(metric="train_acc", value=0.9),
    ])  # fmt: skip
    concludes(verdict(long, study({"lr": (1e-3, 1e-2)})), estimate=difference())
