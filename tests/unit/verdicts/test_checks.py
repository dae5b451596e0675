"""Every check fires on the fault it is about, and not without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hyperverdict.checks import fairness, leaks, replication, scope, time, training
from hyperverdict.checks.context import Case
from hyperverdict.checks.registration import post_hoc
from hyperverdict.ledger.status import Standing
from hyperverdict.outcomes.questions import Trial
from hyperverdict.records.collect import Tables, collect

from tests.unit.verdicts.synthetic import (
    all_arms,
    batch_cost,
    numbers_fired,
    one_claim,
    report_case,
    run_all,
    timing_of_arms,
    write_synthetic,
)

DEPTH = "compare: {depth: {from: 2, to: 3}}"


@pytest.fixture
def depth_case(tmp_path) -> Case:
    study = one_claim(tmp_path, DEPTH)
    return report_case(study, run_all(study, tmp_path / "runs"), "H")


def _with_rows(case: Case, position: int, **cells: object) -> Case:
    """The case with some columns of one arm replaced, and its summary where it has them."""
    arms = list(case.arms)
    rows = arms[position].rows.assign(**cells)
    known = {k: v for k, v in cells.items() if hasattr(arms[position].summary, k)}
    summary = replace(arms[position].summary, **known)
    arms[position] = replace(arms[position], rows=rows, summary=summary)
    return replace(case, arms=tuple(arms))


def test_a_sound_case_has_only_the_caveats_of_its_design(depth_case):
    assert numbers_fired(depth_case) == {"6": "caveat"}


def test_1_unequal_training_blocks(depth_case):
    assert fairness.unequal_training(depth_case) is None
    case = _with_rows(depth_case, 0, epochs=5.0, steps=300)
    case = _with_rows(case, 1, epochs=3.0, steps=300)
    check = fairness.unequal_training(case)
    assert check.level == "blocks"
    assert check.sentence == (
        "depth 2 trained 5 epochs, depth 3 3 epochs: the difference cannot be credited to depth."
    )


def test_1_what_the_budget_implies_is_no_fault(tmp_path):
    study = one_claim(tmp_path, "compare: {batch_size: {from: 4, to: 128}}")
    case = report_case(study, run_all(study, tmp_path / "runs"), "H")
    assert case.arms[0].summary.samples * 20 < case.arms[1].summary.samples
    assert fairness.unequal_training(case) is None
    assert fairness.unequal_training(_with_rows(case, 0, steps=250)) is not None


def test_2_an_undeclared_hyperparameter_blocks(depth_case):
    assert fairness.undeclared_difference(depth_case) is None
    case = _with_rows(depth_case, 1, learning_rate=0.01, dropout=0.5)
    check = fairness.undeclared_difference(case)
    assert (check.level, check.word) == ("blocks", "confounded")
    assert check.sentence == "Arms also differ in dropout and learning_rate."


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ((1, 1), "One run per arm: no noise estimate, no verdict."),
        ((6, 1), "depth 3 has 1 finished run: no noise estimate, no verdict."),
        ((0, 0), "No run has finished yet: no verdict."),
    ],
)
def test_3_too_few_runs_block(tmp_path, runs, sentence):
    study = one_claim(tmp_path, DEPTH)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    for configuration, n in zip(arms, runs, strict=True):
        if n:
            write_synthetic(configuration, range(n), tmp_path)
    case = report_case(study, collect(arms, tmp_path), "H")
    check = replication.no_replication(case)
    assert (check.level, check.sentence) == ("blocks", sentence)


def test_4_few_seeds_name_the_size_they_can_detect(tmp_path):
    study = one_claim(tmp_path, DEPTH, seeds=3)
    case = report_case(study, run_all(study, tmp_path / "runs"), "H")
    sentence = replication.few_seeds(case).sentence
    assert sentence.startswith("Three seeds detect only effects above ")
    assert sentence.endswith(" points.")
    assert replication.few_seeds(depth_case_of(tmp_path / "more", seeds=5)) is None


def depth_case_of(folder, seeds: int) -> Case:
    folder.mkdir()
    study = one_claim(folder, DEPTH, seeds=seeds)
    return report_case(study, run_all(study, folder / "runs"), "H")


def test_5_unmatched_seeds_are_said(tmp_path):
    study = one_claim(tmp_path, DEPTH, seeds=8)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    write_synthetic(arms[0], [0, 1, 2, 3], tmp_path)
    write_synthetic(arms[1], [4, 5, 6, 7], tmp_path)
    case = report_case(study, collect(arms, tmp_path), "H")
    assert replication.unmatched_seeds(case).sentence.startswith("Seeds do not match; Welch's")


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
def test_6_untuned_learning_rate(tmp_path, claim, more, level):
    study = one_claim(tmp_path, claim, more=more)
    case = report_case(study, run_all(study, tmp_path / "runs"), "H")
    check = fairness.untuned(case)
    assert (check.level if check else None) == level
    if level == "blocks":
        assert check.word == "untuned"


@pytest.mark.parametrize(
    ("tried", "chosen", "level"),
    [
        ((1e-3, 1e-2), True, "caveat"),
        ((1e-4, 1e-3, 1e-2), True, None),
        ((1e-4, 1e-3, 1e-2), False, "blocks"),
    ],
)
def test_6_three_tuned_values_are_enough_once_one_is_chosen(depth_case, tried, chosen, level):
    hypothesis = replace(depth_case.question.hypothesis, tune={"learning_rate": tried})
    picked = {a.arm.label: {"learning_rate": 1e-3} for a in depth_case.arms} if chosen else {}
    question = replace(depth_case.question, hypothesis=hypothesis)
    check = fairness.untuned(replace(depth_case, question=question, chosen=picked))
    assert (check.level if check else None) == level


def test_6b_one_budget_only_for_batch_size(tmp_path):
    study = one_claim(tmp_path)
    tables = run_all(study, tmp_path / "runs")
    check = fairness.one_budget(report_case(study, tables, "H"))
    assert check.sentence == "Judged at equal steps only; at equal samples it may turn."
    both = one_claim(tmp_path, at_equal="[300 steps, 9600 samples]")
    case = report_case(both, run_all(both, tmp_path / "runs"), "H")
    assert fairness.one_budget(case) is None


def _tuned(case: Case, chosen: float, trials: dict[str, int], seeds=(1000, 1001)) -> Case:
    hypothesis = replace(case.question.hypothesis, tune={"learning_rate": (1e-4, 1e-3, 1e-2)})
    tried = tuple(
        Trial(arm, {"learning_rate": 1e-3}, tuple(seeds), 0.7)
        for arm, n in trials.items()
        for _ in range(n)
    )
    picked = {a.arm.label: {"learning_rate": chosen} for a in case.arms}
    question = replace(case.question, hypothesis=hypothesis)
    return replace(case, question=question, trials=tried, chosen=picked)


def test_7_8_9_tuning(depth_case):
    even = {"depth 2": 3, "depth 3": 3}
    sound = _tuned(depth_case, 1e-3, even)
    assert fairness.tuned_at_edge(sound) is None
    assert fairness.unequal_tuning(sound) is None
    assert leaks.tuned_on_evaluation_seeds(sound) is None
    edge = fairness.tuned_at_edge(_tuned(depth_case, 1e-2, even))
    assert edge.sentence == (
        "Best learning rate for depth 2 is 0.01, the edge of its grid; extend it."
    )
    uneven = fairness.unequal_tuning(_tuned(depth_case, 1e-3, {"depth 2": 6, "depth 3": 2}))
    assert uneven.sentence == "depth 2 had 12 tuning runs, depth 3 4."
    leak = leaks.tuned_on_evaluation_seeds(_tuned(depth_case, 1e-3, even, seeds=(4, 5, 6)))
    assert (leak.level, leak.word) == ("blocks", "leak")
    assert "seeds 4 and 5" in leak.sentence


def _curve(case: Case, position: int, values: list[float], column: str = "accuracy") -> Case:
    """The case with one arm's validation curve replaced by the same values for every seed."""
    steps = np.linspace(25, 300, len(values)).round()
    rows = [
        {
            "path": case.arms[position].arm.configuration.path,
            "seed": seed,
            "step": step,
            "epoch": step / 17,
            "split": split,
            "accuracy": value if column == "accuracy" else 0.5,
            "loss": (value if split != "train" else 1 - step / 400) if column == "loss" else 0.5,
        }
        for seed in range(6)
        for step, value in zip(steps, values, strict=True)
        for split in ("train", "validation_curve")
    ]
    arms = list(case.arms)
    arms[position] = replace(arms[position], curve=pd.DataFrame(rows))
    return replace(case, arms=tuple(arms))


def test_10_still_improving(depth_case):
    flat, rising = [0.7] * 12, list(np.linspace(0.4, 0.8, 12))
    case = _curve(_curve(depth_case, 0, flat), 1, flat)
    assert training.still_improving(case) is None
    check = training.still_improving(_curve(case, 1, rising))
    # 0.4 over 11/12 of the training is 0.109 in a quarter of it.
    assert check.sentence.startswith("depth 3 was still improving (11 points in a further quarter")


def test_11_crossing_curves(depth_case):
    early = [0.6] * 8 + [0.7] * 4
    late = [0.65] * 12
    case = _curve(_curve(depth_case, 0, early), 1, late)
    assert "The order depends on when you stop" in training.curves_cross(case).sentence
    apart = _curve(_curve(depth_case, 0, [0.8] * 12), 1, late)
    assert training.curves_cross(apart) is None


def test_12_overfitting(depth_case):
    dip = [1.0, 0.8, 0.6, 0.5, 0.55, 0.6, 0.65, 0.7]
    case = _curve(depth_case, 1, dip, "loss")
    assert "depth 3" in training.overfitting(case).sentence
    assert training.overfitting(depth_case) is None


def test_13_maximum_over_epochs(depth_case):
    assert training.maximum_over_epochs(depth_case) is None
    case = replace(depth_case, source={**depth_case.source, "maximum": "best_acc"})
    assert training.maximum_over_epochs(case).level == "caveat"
    uneven = _curve(case, 0, [0.7] * 30)
    check = training.maximum_over_epochs(uneven)
    assert check.level == "blocks"
    assert "depth 2 had 30" in check.sentence


def test_14_the_test_set_chose(depth_case):
    assert leaks.selected_on_the_reported_split(depth_case) is None
    case = replace(depth_case, source={**depth_case.source, "maximum": "best_test_acc"})
    assert leaks.selected_on_the_reported_split(case).level == "blocks"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exclusive": False}, "other jobs ran beside the timing"),
        ({"merged": True}, "the arms were timed in different jobs, not in turn"),
        ({"warmup_steps": 0}, "warm-up was counted"),
        ({"arms": {}}, "batch_size 4 and batch_size 128 was not timed"),
    ],
)
def test_15_times_not_comparable(tmp_path, change, reason):
    study = one_claim(
        tmp_path, "compare: {batch_size: {from: 4, to: 128}}", expect="train_time: lower"
    )
    timing = timing_of_arms(study, batch_cost)
    tables = run_all(study, tmp_path / "runs")
    case = report_case(study, tables, "H", timings=[timing])
    assert time.times_not_comparable(case) is None
    check = time.times_not_comparable(replace(case, timing=replace(timing, **change)))
    assert (check.level, check.word) == ("blocks", "times not comparable")
    assert reason in check.sentence


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"load": 1.5}, "caveat"),
        ({"load": 1.5, "cpu_share": 0.99}, None),
        ({"load": 0.0, "cpu_share": 0.4}, "caveat"),
    ],
)
def test_15_a_busy_machine_is_a_caveat(tmp_path, change, level):
    study = one_claim(tmp_path, expect="train_time: lower")
    timing = replace(timing_of_arms(study, batch_cost), **change)
    case = report_case(study, run_all(study, tmp_path / "runs"), "H", timings=[timing])
    check = time.times_not_comparable(case)
    assert (check.level if check else None) == level


def test_15_no_timing_at_all_blocks(tmp_path):
    study = one_claim(tmp_path, expect="train_time: lower")
    case = report_case(study, run_all(study, tmp_path / "runs"), "H")
    assert time.times_not_comparable(case).word == "times not comparable"


def test_16_mixed_fidelities(depth_case):
    assert scope.mixed_fidelities(depth_case) is None
    case = _with_rows(depth_case, 0, epochs=[1.0, 1.0, 1.0, 9.0, 9.0, 9.0])
    assert scope.mixed_fidelities(case).sentence.startswith("Cells mix 1-epoch and 9-epoch runs")


def test_17_the_best_level_at_the_edge(tmp_path):
    study = one_claim(tmp_path, "trend: {width: [16, 64, 256]}", more="shape: on_average")
    case = report_case(study, run_all(study, tmp_path / "runs"), "H")
    assert "a trend needs four" in scope.past_the_levels(case).sentence
    wide = one_claim(tmp_path, "trend: {width: [16, 64, 256, 1024]}", more="shape: on_average")
    case = report_case(wide, run_all(wide, tmp_path / "runs"), "H")
    assert "nothing is known above 1,024" in scope.past_the_levels(case).sentence


def test_18_ceiling_and_floor(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    for level, word in ((0.995, "Ceiling"), (0.101, "Floor"), (0.6, None)):
        tables = run_all(study, tmp_path / f"runs{level}", lambda c, s, level=level: level)
        check = training.ceiling_or_floor(report_case(study, tables, "H"))
        assert (check.sentence.split(":")[0] if check else None) == word


def test_21_what_the_test_images_resolve(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    case = report_case(study, run_all(study, tmp_path / "runs"), "H")
    assert scope.below_resolution(case) is None
    (name,) = case.image_errors
    check = scope.below_resolution(replace(case, image_errors={name: 0.02}))
    assert check.sentence == "360 test images cannot resolve 1 point."


def test_22_failure_rates(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    write_synthetic(arms[0], range(6), tmp_path)
    write_synthetic(arms[1], range(6), tmp_path, failed=[0, 5])
    case = report_case(study, collect(arms, tmp_path), "H")
    assert training.failures_differ(case).sentence == (
        "4 of 6 runs of depth 3 survived; the mean describes survivors."
    )


def test_23_missing_runs(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    tables = run_all(study, tmp_path / "runs")
    part = Tables(tables.final.iloc[1:], tables.curves)
    check = replication.missing_runs(report_case(study, part, "H"))
    label = "depth 2" if tables.final.iloc[0]["depth"] == 2 else "depth 3"
    assert check.sentence == f"Planned 12, analysed 11: 1 run ({label}) is missing."


def test_24_one_seed_carries(tmp_path):
    study = one_claim(tmp_path, DEPTH)

    def score(configuration, seed):
        deep = len(configuration.hidden_units) == 3
        return 0.7 + (0.002 + 0.0005 * seed + (0.02 if seed == 3 else 0)) * deep

    case = report_case(study, run_all(study, tmp_path / "runs", score), "H")
    effect = case.effects()[0]
    flipped = replace(case.judgement, evidence="supported")
    decided = replace(effect, evidence="supported")
    leg = replace(case.judgement.legs[0], effects=(decided,))
    case = replace(case, judgement=replace(flipped, legs=(leg,)))
    quiet = replace(case, source={})
    assert replication.one_seed_carries(quiet).sentence == (
        "Seed 3 alone makes more than half of depth 3 - depth 2."
    )
    loud = replace(case, source={"leave_one_out": {3: "inconclusive", 4: "supported"}})
    assert replication.one_seed_carries(loud).sentence.startswith("Seed 3 alone carries this")


def test_26_larger_networks(tmp_path):
    study = one_claim(tmp_path, "compare: {width: {from: 64, to: 256}}")
    case = report_case(study, run_all(study, tmp_path / "runs"), "H")
    assert scope.larger_networks(case).sentence == "Width also brought 4 times the parameters."


def test_27_code_and_data(depth_case):
    assert fairness.different_code(depth_case) is None
    other_data = _with_rows(depth_case, 1, data_checksum="other")
    assert fairness.different_code(other_data).sentence == "Arms ran on different data."
    other_code = _with_rows(depth_case, 1, training_version=2)
    assert fairness.different_code(other_code).level == "blocks"


def test_28_post_hoc(depth_case):
    assert post_hoc(depth_case) is None
    late = replace(
        depth_case, standing=Standing(registered="post hoc", registration_note="registered late")
    )
    assert post_hoc(late).sentence == "Post hoc: registered late."
