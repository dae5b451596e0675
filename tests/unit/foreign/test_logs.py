"""Logs of trainers: epochs that count from 0, rows of validation and of training."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml
from hyperverdict.errors import UserError
from hyperverdict.foreign.files import read_runs
from hyperverdict.foreign.judge import judge_table

from tests.unit.foreign.asking import concludes, difference, score, study, verdict


def _log(start=1, epochs=10, **more):
    return pd.DataFrame(
        {"batch_size": bs, "seed": seed, "epoch": epoch + start - 1,
         "val_acc": score(arm, seed, 0.05 if epoch <= 5 else -0.02) - (epochs - epoch) / 40, **more}
        for arm, bs in enumerate([64, 512])
        for seed in range(6)
        for epoch in range(1, epochs + 1)
    )  # fmt: skip


def _both(table, **more):
    stated = study({"batch_size": (64, 512)}, "lower", at_equal=["5 epochs", "10 epochs"], **more)
    return judge_table(table, stated).report.hypotheses[0].verdicts


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (1, {}),
        (0, {}),
        (0, {"columns": {"epochs": "epoch + 1", "accuracy": "val_acc"}}),
    ],
)
def test_the_fifth_epoch_is_found_wherever_the_count_starts(start, more):
    early, late = _both(_log(start), **more)
    concludes(early, "refuted", difference(effect=0.05))
    concludes(late, "supported", difference(effect=-0.02))
    assert any("counts from 0" in s for s in early.scope) == (start == 0)


def test_a_planned_number_of_epochs_tells_where_the_count_starts():
    early, late = _both(_log(0, 12, **{"config.epochs": 12}))
    concludes(early, "refuted", difference(effect=0.05))
    concludes(late, "supported", difference(effect=-0.02))


def test_a_count_from_zero_that_may_be_either_is_refused_with_both_readings():
    with pytest.raises(UserError, match=r"columns: {epochs: epoch \+ 1} for the first"):
        _both(_log(0, 12))
    early, _ = _both(_log(0, 12), columns={"epochs": "epoch"})
    concludes(early, "supported", difference(effect=-0.02))


def test_a_keras_log_is_judged_on_validation_and_its_training_scores_are_no_claim():
    table = _log(0).rename(columns={"val_acc": "val_accuracy"})
    table = table.assign(accuracy=0.99, loss=0.1, val_loss=0.2)
    early, late = _both(table)
    concludes(early, "refuted", difference(effect=0.05))
    concludes(late, "supported", difference(effect=-0.02))


def _lightning():
    for arm, bs in enumerate([64, 512]):
        for seed in range(6):
            log = []
            for epoch in range(10):
                at = {"epoch": epoch, "step": 100 * (epoch + 1) - 1}
                log.append({**at, "val_acc": score(arm, seed, -0.02) - (9 - epoch) / 50})
                log.append({**at, "train_acc": 0.99, "train_loss_epoch": 0.1})
            end = score(arm, seed, -0.05)
            log.append({"epoch": 10, "step": 1000, "test_acc": end})
            yield bs, seed, pd.DataFrame(log)


@pytest.mark.parametrize(
    ("columns", "effect"),
    [({"accuracy": "val_acc"}, -0.02), ({}, -0.05), ({"accuracy": "test_acc"}, -0.05)],
)
@pytest.mark.parametrize("shape", ["table", "folder"])
def test_a_lightning_log(tmp_path, shape, columns, effect):
    parts = []
    for version, (bs, seed, log) in enumerate(_lightning()):
        if shape == "table":
            parts.append(log.assign(version=f"version_{version}", batch_size=bs, seed=seed))
            continue
        folder = tmp_path / "lightning_logs" / f"version_{version}"
        folder.mkdir(parents=True)
        log.to_csv(folder / "metrics.csv", index=False)
        (folder / "hparams.yaml").write_text(yaml.dump({"batch_size": bs, "seed": seed}))
    table = pd.concat(parts) if parts else read_runs([tmp_path / "lightning_logs"])
    stated = study({"batch_size": (64, 512)}, "lower", at_equal=["10 epochs"], columns=columns)
    concludes(verdict(table, stated), estimate=difference(effect=effect))
