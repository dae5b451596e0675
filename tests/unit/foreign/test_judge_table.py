"""The same engine on somebody else's runs: what a study would refuse is a caveat."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS

from tests.unit.foreign.asking import BATCHES, fired, first, judge, two_batches


def test_a_plain_table_is_judged(tmp_path):
    judged = judge(tmp_path, two_batches())
    assert judged.report.hypotheses[0].headline == "supported"
    assert first(judged).budget == "90 epochs"
    assert judged.report.provisional == ""
    assert "undeclared_difference" not in fired(first(judged))


def test_nothing_stays_declared(tmp_path):
    before = dict(HYPERPARAMETERS)
    judge(tmp_path, two_batches(num_heads=8))
    assert before == HYPERPARAMETERS
    assert "imagenet" not in DATASETS


def test_an_undeclared_hyperparameter_that_differs_blocks(tmp_path):
    table = two_batches()
    table["lr"] = np.where(table["batch_size"] > 256, 1.6, 0.1)
    judged = judge(tmp_path, table)
    assert judged.report.hypotheses[0].headline == "inconclusive (confounded)"
    assert fired(first(judged))["undeclared_difference"] == (
        "blocks",
        "The arms also differ in learning rate.",
    )


def test_an_unknown_column_that_separates_the_arms_blocks_until_the_study_ignores_it(tmp_path):
    table = two_batches()
    table["augmentation"] = np.where(table["batch_size"] > 256, "strong", "weak")
    judged = judge(tmp_path, table)
    assert judged.report.hypotheses[0].headline == "inconclusive (confounded)"
    level, sentence = fired(first(judged))["separating_columns"]
    assert level == "blocks"
    assert sentence.startswith("augmentation also differs between the arms")
    assert "ignore: [augmentation]" in sentence
    ignored = judge(tmp_path, table, BATCHES + "ignore: [augmentation]\n")
    assert ignored.report.hypotheses[0].headline == "supported"


def test_own_hyperparameters_can_be_factors(tmp_path):
    text = BATCHES.replace("batch_size: {from: 256, to: 4096}", "num_heads: {from: 4, to: 8}")
    table = two_batches().rename(columns={"batch_size": "num_heads"})
    table["num_heads"] = table["num_heads"].map({256: 4, 4096: 8})
    judged = judge(tmp_path, table, text)
    assert judged.report.hypotheses[0].headline == "supported"
    assert judged.report.hypotheses[0].claim.startswith("num heads 4 → 8")


def test_optimizers_that_we_do_not_train_can_be_judged(tmp_path):
    text = BATCHES.replace(
        "batch_size: {from: 256, to: 4096}", "optimizer: {from: LION, to: AdamW}"
    )
    table = two_batches().rename(columns={"batch_size": "optimizer"})
    table["optimizer"] = table["optimizer"].map({256: "lion", 4096: "adamw"})
    judged = judge(tmp_path, table, text)
    assert judged.report.hypotheses[0].headline == "inconclusive (untuned)"


def test_unmatched_seeds_get_welch(tmp_path):
    table = two_batches()
    table.loc[table["batch_size"] > 256, "seed"] += 100
    judged = judge(tmp_path, table)
    assert not first(judged).judgement.legs[0].effects[0].paired
    assert "unmatched_seeds" in fired(first(judged))


def test_no_seeds_at_all_get_welch(tmp_path):
    judged = judge(tmp_path, two_batches().drop(columns="seed"))
    effect = first(judged).judgement.legs[0].effects[0]
    assert (effect.paired, effect.n) == (False, 6)
    assert "No column holds seeds: runs are not paired by seed." in first(judged).scope


def test_one_run_per_arm_is_no_verdict_and_no_error(tmp_path):
    judged = judge(tmp_path, two_batches(seeds=1))
    assert judged.report.hypotheses[0].headline == "inconclusive (no replication)"
    assert "cannot answer it" in fired(first(judged))["design"][1]


def test_two_contexts_are_a_caveat(tmp_path):
    text = BATCHES.replace(
        "compare: {batch_size: {from: 256, to: 4096}}",
        "compare: {batch_size: {from: 256, to: 4096}}\n    in_every: {dropout: [0, 0.1]}",
    )
    table = pd.concat([two_batches(dropout=0.0), two_batches(dropout=0.1)])
    judged = judge(tmp_path, table, text)
    assert fired(first(judged))["few_contexts"] == (
        "caveat",
        "2 contexts: exceptions up to 78% are not excluded.",
    )


def test_nan_and_infinity_are_failures(tmp_path):
    table = two_batches()
    table.loc[0, "accuracy"] = np.nan
    table.loc[1, "accuracy"] = np.inf
    judged = judge(tmp_path, table)
    failures = {f.arm: f.failed for f in first(judged).judgement.failures}
    assert failures == {"batch_size 256": 2, "batch_size 4096": 0}
    assert fired(first(judged))["failures_differ"][1].startswith("4 of 6 runs of batch size 256")


def test_mixed_fidelities_block(tmp_path):
    table = two_batches()
    table.loc[table["seed"] < 3, "epochs"] = 1
    judged = judge(tmp_path, table)
    assert fired(first(judged))["mixed_fidelities"][0] == "blocks"
    assert "mixes runs of 1 and of 90 epochs" in fired(first(judged))["mixed_fidelities"][1]


def test_arms_trained_unequally_block(tmp_path):
    table = two_batches()
    table.loc[table["batch_size"] > 256, "epochs"] = 30
    text = BATCHES + "    at_equal: [90 epochs]\n"
    judged = judge(tmp_path, table, text)
    assert judged.report.hypotheses[0].headline == "inconclusive (no runs at this budget)"
    assert (
        "No run of batch size 4096 was scored at 90 epochs" in fired(first(judged))["off_budget"][1]
    )
    unstated = judge(tmp_path, table)
    assert fired(first(unstated))["unlike_progress"][0] == "blocks"
    assert unstated.report.hypotheses[0].headline == "inconclusive (confounded)"


def test_a_budget_that_no_run_had_is_said(tmp_path):
    judged = judge(tmp_path, two_batches(), BATCHES + "    at_equal: [30 epochs]\n")
    assert judged.report.hypotheses[0].headline == "inconclusive (no runs at this budget)"
    assert "its runs were scored at 90 epochs" in fired(first(judged))["off_budget"][1]


def test_an_unrecorded_budget_is_taken_on_trust(tmp_path):
    table = two_batches().drop(columns="epochs")
    stated = judge(tmp_path, table, BATCHES + "    at_equal: [90 epochs]\n")
    assert "taken on trust" in fired(first(stated))["length_on_trust"][1]
    assert first(stated).budget == "90 epochs"
    unstated = judge(tmp_path, table)
    assert first(unstated).budget == ""
    assert "the study states no budget" in fired(first(unstated))["length_on_trust"][1]


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
    text = BATCHES + "    at_equal: [10 epochs, 2 epochs]\n"
    judged = judge(tmp_path, pd.DataFrame(rows), text)
    late, early = judged.report.hypotheses[0].verdicts
    assert late.judgement.legs[0].effects[0].n == 6
    means = [v.arms[0].means["accuracy"] for v in (late, early)]
    assert means[0] == pytest.approx(0.76, abs=0.002)
    assert means[1] == pytest.approx(0.57, abs=0.002)
    assert len(judged.tables.curves) == 2 * 2 * 6 * 10
    assert late.arms[0].epochs == 10


def test_one_row_per_split(tmp_path):
    table = two_batches()
    long = pd.concat([table.assign(split="train", accuracy=0.99), table.assign(split="test")])
    judged = judge(tmp_path, long)
    assert first(judged).arms[0].means["accuracy"] == pytest.approx(0.76, abs=0.01)


def test_a_grid_is_averaged_over_what_the_claim_leaves_open(tmp_path):
    table = pd.concat([two_batches(dropout=0.0), two_batches(dropout=0.5)])
    judged = judge(tmp_path, table)
    assert first(judged).judgement.legs[0].effects[0].n == 6
    assert any("averaged over dropout 0 and 0.5" in s for s in first(judged).scope)


def test_the_stated_baseline_selects_runs(tmp_path):
    other = two_batches(dropout=0.5, accuracy=0.1)
    table = pd.concat([two_batches(dropout=0.0), other])
    text = BATCHES.replace("hypotheses:", "baseline: {dropout: 0}\nhypotheses:")
    judged = judge(tmp_path, table, text)
    assert first(judged).arms[0].means["accuracy"] > 0.7


def test_an_arm_without_rows_names_the_levels_there_are(tmp_path):
    with pytest.raises(UserError, match="batch_size: no row has 4096; its level is 256"):
        judge(tmp_path, two_batches().query("batch_size == 256"))


def test_a_combination_that_no_row_holds_is_named(tmp_path):
    table = pd.concat(
        [two_batches(dropout=0.0), two_batches(dropout=0.5).query("batch_size == 256")]
    )
    text = BATCHES.replace("hypotheses:", "baseline: {dropout: 0.5}\nhypotheses:")
    judged = judge(tmp_path, table, text)
    assert judged.report.hypotheses[0].headline == "inconclusive (no runs)"
    sentence = "No run of the table is batch size 4096 with the baseline's dropout 0.5."
    assert sentence in fired(first(judged))["design"][1]


def test_times_without_hardware_are_not_comparable(tmp_path):
    text = BATCHES.replace("{accuracy: lower}", "{train_time: lower}")
    table = two_batches(runtime=100.0)
    table["runtime"] += table["seed"] + 50 * (table["batch_size"] == 256)
    judged = judge(tmp_path, table, text)
    assert "nothing states on which hardware" in fired(first(judged))["times_not_comparable"][1]
    one = judge(tmp_path, table.assign(gpu="A100"), text)
    assert "times_not_comparable" not in fired(first(one))
    mixed = table.assign(gpu=np.where(table["batch_size"] > 256, "A100", "H100"))
    assert (
        "hardware differs (A100 and H100)"
        in fired(first(judge(tmp_path, mixed, text)))["times_not_comparable"][1]
    )


def test_a_maximum_over_epochs_is_said(tmp_path):
    judged = judge(tmp_path, two_batches().rename(columns={"accuracy": "best_val_acc"}))
    assert fired(first(judged))["maximum_over_epochs"][0] == "caveat"
    chosen = judge(tmp_path, two_batches().rename(columns={"accuracy": "best_test_acc"}))
    assert fired(first(chosen))["selected_on_reported_split"][0] == "blocks"
