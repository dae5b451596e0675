"""Did the arms get the same treatment?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hyperverdict.checks import fairness
from hyperverdict.checks.model import Finding

from tests.unit.checks.contexts import claim_context, look, tuned, with_rows
from tests.unit.verdicts.synthetic import DEPTH, context_of, levels_fired, one_claim, run_all


def test_unequal_training_blocks(depth_context):
    assert look(fairness.unequal_training, depth_context) is None
    context = with_rows(depth_context, 0, epochs=5.0, steps=300)
    context = with_rows(context, 1, epochs=3.0, steps=300)
    check = look(fairness.unequal_training, context)
    assert check.level == "blocks"
    assert check.sentence == (
        "Depth 2 trained 5 epochs, depth 3 3 epochs: the difference cannot be credited to depth."
    )


def test_what_the_budget_implies_is_no_fault(tmp_path):
    context = claim_context(tmp_path, "compare: {batch_size: {from: 4, to: 128}}")
    assert context.arms[0].summary.samples * 20 < context.arms[1].summary.samples
    assert look(fairness.unequal_training, context) is None
    assert look(fairness.unequal_training, with_rows(context, 0, steps=250)) is not None


def test_an_undeclared_hyperparameter_blocks(depth_context):
    assert look(fairness.undeclared_difference, depth_context) is None
    context = with_rows(depth_context, 1, learning_rate=0.01, dropout=0.5)
    check = look(fairness.undeclared_difference, context)
    assert (check.level, check.headline) == ("blocks", "confounded")
    assert check.sentence == "The arms also differ in dropout and learning rate."


@pytest.mark.parametrize(
    ("claim", "more", "level"),
    [
        ("compare: {optimizer: {from: sgd, to: adam}}", "", "blocks"),
        ("compare: {batch_size: {from: 32, to: 64}}", "", "caveat"),
        (DEPTH, "", "caveat"),
        ("compare: {learning_rate: {from: 1e-3, to: 1e-2}}", "", None),
        ("compare: {dropout: {from: 0, to: 0.5}}", "", None),
    ],
)
def test_untuned_learning_rate(tmp_path, claim, more, level):
    context = claim_context(tmp_path, claim, more=more)
    check = look(fairness.untuned_learning_rate, context)
    assert (check.level if check else None) == level
    if level == "blocks":
        assert check.headline == "untuned"


@pytest.mark.parametrize(
    ("tried", "chosen", "level"),
    [
        ((1e-3, 1e-2), True, "caveat"),
        ((1e-4, 1e-3, 1e-2), True, None),
        ((1e-4, 1e-3, 1e-2), False, "blocks"),
    ],
)
def test_three_tuned_values_are_enough_once_one_is_chosen(depth_context, tried, chosen, level):
    hypothesis = replace(depth_context.hypothesis, tune={"learning_rate": tried})
    picked = {a.arm.label: {"learning_rate": 1e-3} for a in depth_context.arms} if chosen else {}
    check = look(
        fairness.untuned_learning_rate, replace(depth_context, hypothesis=hypothesis, chosen=picked)
    )
    assert (check.level if check else None) == level


def test_one_budget_only_for_batch_size(tmp_path):
    study = one_claim(tmp_path)
    tables = run_all(study, tmp_path / "runs")
    check = look(fairness.one_budget, context_of(study, tables, "H"))
    assert check.sentence == "Judged at equal steps only; at equal samples the answer may change."
    both = one_claim(tmp_path, at_equal="[300 steps, 9600 samples]")
    context = context_of(both, run_all(both, tmp_path / "runs"), "H")
    assert look(fairness.one_budget, context) is None


def test_a_claim_on_the_budget_is_not_asked_for_a_second_one(tmp_path):
    lengths = "{from: 200 steps, to: 300 steps}"
    claim = f"compare: {{batch_size: {{from: 32, to: 64}}, budget: {lengths}}}"
    context = claim_context(tmp_path, claim, at_equal="")
    assert len(context.budgets) == 2
    assert "one_budget" not in levels_fired(context)


def test_tuned_values_and_the_effort_of_tuning(depth_context):
    even = {"depth 2": 3, "depth 3": 3}
    sound = tuned(depth_context, 1e-3, even)
    assert look(fairness.tuned_at_edge, sound) is None
    assert look(fairness.unequal_tuning, sound) is None
    edge = look(fairness.tuned_at_edge, tuned(depth_context, 1e-2, even))
    assert edge.sentence == "The best learning rate for depth 2 is 0.01, the edge of its grid."
    uneven = look(fairness.unequal_tuning, tuned(depth_context, 1e-3, {"depth 2": 6, "depth 3": 2}))
    assert uneven.sentence == "Depth 2 had 12 tuning runs, depth 3 4."


def test_code_and_data(depth_context):
    assert look(fairness.different_code, depth_context) is None
    other_data = with_rows(depth_context, 1, data_checksum="other")
    assert look(fairness.different_code, other_data).sentence == "The arms ran on different data."
    other_code = with_rows(depth_context, 1, training_version=2)
    assert look(fairness.different_code, other_code).level == "blocks"


def test_a_batch_cannot_be_larger_than_the_data(tmp_path):
    study = one_claim(tmp_path, "compare: {batch_size: {from: 64, to: 4096}}")
    tables = run_all(study, tmp_path / "runs")
    finding = fairness.batch_larger_than_data.look(context_of(study, tables, "H"))
    assert finding == Finding(
        "caveat",
        "Batch size 4096 ran with 1,079 images per batch: the training set holds no more.",
        7.7,
    )
    small = one_claim(tmp_path, "compare: {batch_size: {from: 64, to: 1079}}")
    tables = run_all(small, tmp_path / "runs")
    assert fairness.batch_larger_than_data.look(context_of(small, tables, "H")) is None


def test_batches_are_cut_by_the_training_images_that_are_kept(tmp_path):
    claim = "compare: {train_samples: {from: 50, to: 500}}"
    context = claim_context(tmp_path, claim)
    sentence = fairness.batch_larger_than_data.look(context).sentence
    assert sentence.startswith("Train samples 50 ran with 50 images per batch")


def test_different_devices_are_a_caveat(depth_context):
    assert look(fairness.different_devices, depth_context) is None
    same = with_rows(with_rows(depth_context, 0, device="cpu"), 1, device="cpu")
    assert look(fairness.different_devices, same) is None
    check = look(fairness.different_devices, with_rows(same, 1, device="cuda"))
    assert check.level == "caveat"
    assert check.sentence == (
        "The runs were trained on different devices: depth 2 on a CPU, depth 3 on a GPU."
    )
    half = with_rows(same, 1, device=["cpu", *["cuda"] * (len(same.arms[1].rows) - 1)])
    assert "depth 3 on a CPU and a GPU" in look(fairness.different_devices, half).sentence
