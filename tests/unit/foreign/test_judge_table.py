"""The same engine on somebody else's runs: what a study would refuse is a caveat."""

from __future__ import annotations

import time

import hyperverdict
import numpy as np
import pandas as pd
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign.judge import judge_table
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS

from tests.unit.foreign.asking import fired

BASE = """
study: elsewhere
data: imagenet
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  big:
    says: Large batches are less accurate.
    compare: {batch_size: {from: 256, to: 4096}}
    expect: {accuracy: lower}
"""


def _runs(seeds=6, **columns):
    """Batch 4096 is two points worse than 256."""
    random = np.random.default_rng(1)
    rows = [
        {
            "batch_size": batch,
            "seed": seed,
            "accuracy": 0.76 - 0.02 * (batch > 256) + random.normal(0, 0.001),
            "epochs": 90,
        }
        for batch in (256, 4096)
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows).assign(**columns)


def _judge(tmp_path, table, text=BASE, **options):
    file = tmp_path / "study.yaml"
    file.write_text(text)
    return judge_table(table, file, **options).report


def _verdict(report, hypothesis=0):
    return report.hypotheses[hypothesis].verdicts[0]


def _fired(report, hypothesis=0):
    return fired(_verdict(report, hypothesis))


def test_a_plain_table_is_judged(tmp_path):
    report = _judge(tmp_path, _runs())
    assert report.hypotheses[0].headline == "supported"
    assert _verdict(report).budget == "90 epochs"
    assert report.provisional == ""
    assert "undeclared_difference" not in _fired(report)


def test_nothing_stays_declared(tmp_path):
    before = dict(HYPERPARAMETERS)
    _judge(tmp_path, _runs(num_heads=8))
    assert before == HYPERPARAMETERS
    assert "imagenet" not in DATASETS


def test_an_undeclared_hyperparameter_that_differs_blocks(tmp_path):
    table = _runs()
    table["lr"] = np.where(table["batch_size"] > 256, 1.6, 0.1)
    report = _judge(tmp_path, table)
    assert report.hypotheses[0].headline == "inconclusive (confounded)"
    assert _fired(report)["undeclared_difference"] == (
        "blocks",
        "The arms also differ in learning rate.",
    )


def test_an_unknown_column_that_separates_the_arms_blocks_until_the_study_ignores_it(tmp_path):
    table = _runs()
    table["augmentation"] = np.where(table["batch_size"] > 256, "strong", "weak")
    report = _judge(tmp_path, table)
    assert report.hypotheses[0].headline == "inconclusive (confounded)"
    level, sentence = _fired(report)["separating_columns"]
    assert level == "blocks"
    assert sentence.startswith("augmentation also differs between the arms")
    assert "ignore: [augmentation]" in sentence
    ignored = _judge(tmp_path, table, BASE + "ignore: [augmentation]\n")
    assert ignored.hypotheses[0].headline == "supported"


def test_own_hyperparameters_can_be_factors(tmp_path):
    text = BASE.replace("batch_size: {from: 256, to: 4096}", "num_heads: {from: 4, to: 8}")
    table = _runs().rename(columns={"batch_size": "num_heads"})
    table["num_heads"] = table["num_heads"].map({256: 4, 4096: 8})
    report = _judge(tmp_path, table, text)
    assert report.hypotheses[0].headline == "supported"
    assert report.hypotheses[0].claim.startswith("num heads 4 → 8")


def test_optimizers_that_we_do_not_train_can_be_judged(tmp_path):
    text = BASE.replace("batch_size: {from: 256, to: 4096}", "optimizer: {from: LION, to: AdamW}")
    table = _runs().rename(columns={"batch_size": "optimizer"})
    table["optimizer"] = table["optimizer"].map({256: "lion", 4096: "adamw"})
    report = _judge(tmp_path, table, text)
    assert report.hypotheses[0].headline == "inconclusive (untuned)"


def test_unmatched_seeds_get_welch(tmp_path):
    table = _runs()
    table.loc[table["batch_size"] > 256, "seed"] += 100
    report = _judge(tmp_path, table)
    assert not _verdict(report).judgement.legs[0].effects[0].paired
    assert "unmatched_seeds" in _fired(report)


def test_no_seeds_at_all_get_welch(tmp_path):
    report = _judge(tmp_path, _runs().drop(columns="seed"))
    effect = _verdict(report).judgement.legs[0].effects[0]
    assert (effect.paired, effect.n) == (False, 6)
    assert "No column holds seeds: runs are not paired by seed." in _verdict(report).scope


def test_one_run_per_arm_is_no_verdict_and_no_error(tmp_path):
    report = _judge(tmp_path, _runs(seeds=1))
    assert report.hypotheses[0].headline == "inconclusive (no replication)"
    assert "cannot answer it" in _fired(report)["design"][1]


def test_two_contexts_are_a_caveat(tmp_path):
    text = BASE.replace(
        "compare: {batch_size: {from: 256, to: 4096}}",
        "compare: {batch_size: {from: 256, to: 4096}}\n    in_every: {dropout: [0, 0.1]}",
    )
    table = pd.concat([_runs(dropout=0.0), _runs(dropout=0.1)])
    report = _judge(tmp_path, table, text)
    assert _fired(report)["few_contexts"] == (
        "caveat",
        "2 contexts: exceptions up to 78% are not excluded.",
    )


def test_nan_and_infinity_are_failures(tmp_path):
    table = _runs()
    table.loc[0, "accuracy"] = np.nan
    table.loc[1, "accuracy"] = np.inf
    report = _judge(tmp_path, table)
    failures = {f.arm: f.failed for f in _verdict(report).judgement.failures}
    assert failures == {"batch_size 256": 2, "batch_size 4096": 0}
    assert _fired(report)["failures_differ"][1].startswith("4 of 6 runs of batch size 256")


def test_mixed_fidelities_block(tmp_path):
    table = _runs()
    table.loc[table["seed"] < 3, "epochs"] = 1
    report = _judge(tmp_path, table)
    assert _fired(report)["mixed_fidelities"][0] == "blocks"
    assert "mixes runs of 1 and of 90 epochs" in _fired(report)["mixed_fidelities"][1]


def test_arms_trained_unequally_block(tmp_path):
    table = _runs()
    table.loc[table["batch_size"] > 256, "epochs"] = 30
    text = BASE + "    at_equal: [90 epochs]\n"
    report = _judge(tmp_path, table, text)
    assert report.hypotheses[0].headline == "inconclusive (no runs at this budget)"
    assert "No run of batch size 4096 was scored at 90 epochs" in _fired(report)["off_budget"][1]
    unstated = _judge(tmp_path, table)
    assert _fired(unstated)["unlike_progress"][0] == "blocks"
    assert unstated.hypotheses[0].headline == "inconclusive (confounded)"


def test_a_budget_that_no_run_had_is_said(tmp_path):
    report = _judge(tmp_path, _runs(), BASE + "    at_equal: [30 epochs]\n")
    assert report.hypotheses[0].headline == "inconclusive (no runs at this budget)"
    assert "its runs were scored at 90 epochs" in _fired(report)["off_budget"][1]


def test_an_unrecorded_budget_is_taken_on_trust(tmp_path):
    table = _runs().drop(columns="epochs")
    stated = _judge(tmp_path, table, BASE + "    at_equal: [90 epochs]\n")
    assert "taken on trust" in _fired(stated)["length_on_trust"][1]
    assert _verdict(stated).budget == "90 epochs"
    unstated = _judge(tmp_path, table)
    assert _verdict(unstated).budget == ""
    assert "the study states no budget" in _fired(unstated)["length_on_trust"][1]


def test_one_row_per_evaluation(tmp_path):
    random = np.random.default_rng(0)
    rows = [
        {
            "batch_size": batch,
            "seed": seed,
            "epoch": epoch,
            "accuracy": (0.76 - 0.02 * (batch > 256)) * (1 - 0.5**epoch) + random.normal(0, 1e-3),
            "val_loss": 1.0 / epoch,
        }
        for batch in (256, 4096)
        for seed in range(6)
        for epoch in range(1, 11)
    ]
    text = BASE + "    at_equal: [10 epochs, 2 epochs]\n"
    file = tmp_path / "study.yaml"
    file.write_text(text)
    judged = judge_table(pd.DataFrame(rows), file)
    late, early = judged.report.hypotheses[0].verdicts
    assert late.judgement.legs[0].effects[0].n == 6
    means = [v.arms[0].means["accuracy"] for v in (late, early)]
    assert means[0] == pytest.approx(0.76, abs=0.002)
    assert means[1] == pytest.approx(0.57, abs=0.002)
    assert len(judged.tables.curves) == 2 * 2 * 6 * 10
    assert late.arms[0].epochs == 10


def test_one_row_per_split(tmp_path):
    table = _runs()
    long = pd.concat([table.assign(split="train", accuracy=0.99), table.assign(split="test")])
    report = _judge(tmp_path, long)
    assert _verdict(report).arms[0].means["accuracy"] == pytest.approx(0.76, abs=0.01)


def test_a_grid_is_averaged_over_what_the_claim_leaves_open(tmp_path):
    table = pd.concat([_runs(dropout=0.0), _runs(dropout=0.5)])
    report = _judge(tmp_path, table)
    assert _verdict(report).judgement.legs[0].effects[0].n == 6
    assert any("averaged over dropout 0 and 0.5" in s for s in _verdict(report).scope)


def test_the_stated_baseline_selects_runs(tmp_path):
    other = _runs(dropout=0.5, accuracy=0.1)
    table = pd.concat([_runs(dropout=0.0), other])
    text = BASE.replace("hypotheses:", "baseline: {dropout: 0}\nhypotheses:")
    report = _judge(tmp_path, table, text)
    assert _verdict(report).arms[0].means["accuracy"] > 0.7


def test_an_arm_without_rows_names_the_levels_there_are(tmp_path):
    with pytest.raises(UserError, match="batch_size: no row has 4096; its level is 256"):
        _judge(tmp_path, _runs().query("batch_size == 256"))


def test_a_combination_that_no_row_holds_is_named(tmp_path):
    table = pd.concat([_runs(dropout=0.0), _runs(dropout=0.5).query("batch_size == 256")])
    text = BASE.replace("hypotheses:", "baseline: {dropout: 0.5}\nhypotheses:")
    report = _judge(tmp_path, table, text)
    assert report.hypotheses[0].headline == "inconclusive (no runs)"
    sentence = "No run of the table is batch size 4096 with the baseline's dropout 0.5."
    assert sentence in _fired(report)["design"][1]


def test_times_without_hardware_are_not_comparable(tmp_path):
    text = BASE.replace("{accuracy: lower}", "{train_time: lower}")
    table = _runs(runtime=100.0)
    table["runtime"] += table["seed"] + 50 * (table["batch_size"] == 256)
    report = _judge(tmp_path, table, text)
    assert "nothing states on which hardware" in _fired(report)["times_not_comparable"][1]
    one = _judge(tmp_path, table.assign(gpu="A100"), text)
    assert "times_not_comparable" not in _fired(one)
    mixed = table.assign(gpu=np.where(table["batch_size"] > 256, "A100", "H100"))
    assert (
        "hardware differs (A100 and H100)"
        in _fired(_judge(tmp_path, mixed, text))["times_not_comparable"][1]
    )


def test_a_maximum_over_epochs_is_said(tmp_path):
    report = _judge(tmp_path, _runs().rename(columns={"accuracy": "best_val_acc"}))
    assert _fired(report)["maximum_over_epochs"][0] == "caveat"
    chosen = _judge(tmp_path, _runs().rename(columns={"accuracy": "best_test_acc"}))
    assert _fired(chosen)["selected_on_reported_split"][0] == "blocks"


def test_a_wandb_export(tmp_path):
    table = _runs().rename(columns={"accuracy": "test/acc"})
    table["Name"] = [f"run-{i}" for i in range(len(table))]
    table["State"] = ["finished"] * (len(table) - 1) + ["crashed"]
    table["Runtime"] = 100
    report = _judge(tmp_path, table)
    assert "Read as an export of W&B." in _verdict(report).scope
    assert _verdict(report).arms[1].finished == 5


def test_an_mlflow_export(tmp_path):
    table = _runs().rename(
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
    report = _judge(tmp_path, table)
    assert "Read as an export of MLflow." in _verdict(report).scope
    assert _fired(report)["undeclared_difference"][1] == "The arms also differ in weight decay."


def test_an_optuna_export(tmp_path):
    table = _runs().rename(
        columns={"batch_size": "params_batch_size", "seed": "user_attrs_seed", "accuracy": "value"}
    )
    table["number"] = range(len(table))
    table["state"] = ["COMPLETE"] * (len(table) - 1) + ["PRUNED"]
    table["duration"] = "0 days 00:00:12.5"
    report = _judge(tmp_path, table)
    assert "Read as an export of Optuna." in _verdict(report).scope
    assert any(
        s.startswith("1 of 6 runs of batch size 4096 failed") for s in _verdict(report).scope
    )


def test_compare_in_a_notebook():
    found = hyperverdict.compare(
        _runs(),
        {"batch_size": (256, 4096)},
        {"accuracy": "lower"},
        matters_from={"accuracy": 0.005},
    )
    assert found.headline == "supported"
    text = repr(found)
    assert text.startswith("How the table was read")
    assert "SUPPORTED: batch size 256 → 4096: test accuracy lower" in text
    assert "supported (at least the SESOI); claimed lower, matters from 0.5 points; 6 seeds" in text
    html = found._repr_html_()
    assert "<table>" in html
    assert "supported" in html


def test_compare_escapes_and_refuses():
    table = _runs().rename(columns={"batch_size": "<b>"})
    assert "<b>256" not in hyperverdict.compare(table, {"<b>": (256, 4096)})._repr_html_()
    with pytest.raises(UserError, match="matters_from of 'f1' is missing"):
        hyperverdict.compare(_runs(f1=0.5), {"batch_size": (256, 4096)}, {"f1": "higher"})
    with pytest.raises(UserError, match="must be \\(from, to\\)"):
        hyperverdict.compare(_runs(), {"batch_size": 256})


def test_a_hundred_thousand_rows_take_seconds(tmp_path):
    random = np.random.default_rng(0)
    batch, width, seed, epoch = np.meshgrid(
        [4, 16, 64, 128, 256], [16, 64, 256, 1024], range(100), range(1, 51), indexing="ij"
    )
    table = pd.DataFrame(
        {
            "batch_size": batch.ravel(),
            "width": width.ravel(),
            "seed": seed.ravel(),
            "epoch": epoch.ravel(),
        }
    )
    gained = (1 - 0.5 ** table["epoch"]) * (0.6 + 0.01 * np.log2(table["width"]))
    table["accuracy"] = gained + random.normal(0, 0.005, len(table))
    assert len(table) == 100_000
    text = """
study: big
data: fashion_mnist
hypotheses:
  wide: {says: w, trend: {width: [16, 64, 256, 1024]}, shape: every_step,
         expect: {accuracy: higher}, at_equal: [50 epochs, 5 epochs]}
  small: {says: b, compare: {batch_size: {from: 256, to: 4}}, expect: {accuracy: higher},
          at_equal: [50 epochs]}
  every: {says: e, trend: {width: [16, 64, 256, 1024]}, in_every: {batch_size: [4, 16, 64, 128]},
          shape: every_step, expect: {accuracy: higher}, at_equal: [50 epochs]}
"""
    start = time.process_time()
    report = _judge(tmp_path, table, text)
    assert time.process_time() - start < 10
    assert [h.headline for h in report.hypotheses] == [
        "supported",
        "no meaningful effect",
        "supported",
    ]


def test_four_thousand_columns_take_seconds(tmp_path):
    random = np.random.default_rng(0)
    table = _runs(seeds=50)
    wide = {f"config.c{i}": i % 7 for i in range(2000)}
    wide |= {f"m{i}_loss": random.normal(size=len(table)) for i in range(1500)}
    wide |= {f"unknown{i}": random.normal(size=len(table)) for i in range(500)}
    table = pd.concat([table, pd.DataFrame(wide, index=table.index)], axis=1)
    start = time.process_time()
    report = _judge(tmp_path, table)
    assert time.process_time() - start < 10
    assert report.hypotheses[0].headline == "supported"


def test_explorations_and_times_of_exports(tmp_path):
    text = BASE.replace("{accuracy: lower}", "{train_time: lower}") + (
        "explore:\n  grid: {grid: {batch_size: [256, 4096]}, budget: 90 epochs}\n"
    )
    table = _runs(Runtime=100.0, gpu="A100")
    table["Runtime"] += table["seed"] + 50 * (table["batch_size"] == 256)
    table["Name"], table["State"] = [f"r{i}" for i in range(len(table))], "finished"
    file = tmp_path / "study.yaml"
    file.write_text(text)
    judged = judge_table(table, file)
    assert "'Runtime' of W&B counts start-up" in _fired(judged.report)["times_not_comparable"][1]
    assert judged.study.heatmaps[0].seeds == tuple(range(6))
    # Six rows for each arm of the claim and for each cell of the grid.
    assert len(judged.tables.final) == 24


def test_two_spellings_of_one_level_are_one_arm(tmp_path):
    table = _runs().astype({"batch_size": object})
    table.loc[0, "batch_size"] = "2.56e2"
    table.loc[11, "batch_size"] = "4096.0"
    report = _judge(tmp_path, table)
    assert [a.finished for a in _verdict(report).arms] == [6, 6]


def test_nothing_is_inferred_that_the_table_does_not_say():
    found = hyperverdict.compare(_runs(), {"batch_size": (256, 4096)}, {"accuracy": "lower"})
    assert {(a.steps, a.samples) for a in found.verdict.arms} == {(0, 0)}
    assert not any(
        "digits" in sentence or "updates" in sentence for sentence in found.verdict.scope
    )
