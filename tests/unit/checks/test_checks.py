"""Every check fires on the fault it is about, and not without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hyperverdict.checks import fairness, leaks, replication, scope, time, training
from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import Finding
from hyperverdict.checks.registration import post_hoc
from hyperverdict.ledger.status import LedgerStatus
from hyperverdict.outcomes.elsewhere import Elsewhere
from hyperverdict.outcomes.questions import Trial
from hyperverdict.records.collect import Tables, collect
from hyperverdict.verdicts.judge import judge_study

from tests.unit.verdicts.synthetic import (
    ONE,
    all_arms,
    batch_cost,
    context_of,
    levels_fired,
    one_claim,
    run_all,
    study_from,
    timing_of_arms,
    write_synthetic,
)

DEPTH = "compare: {depth: {from: 2, to: 3}}"


@pytest.fixture
def depth_context(tmp_path) -> CheckContext:
    study = one_claim(tmp_path, DEPTH)
    return context_of(study, run_all(study, tmp_path / "runs"), "H")


def look(check, context):
    """What a check finds; None where nothing is wrong or it does not apply."""
    found = check.look(context)
    return found if isinstance(found, Finding) else None


def _with_rows(context: CheckContext, position: int, **cells: object) -> CheckContext:
    """The context with some columns of one arm replaced, and its summary where it has them."""
    arms = list(context.arms)
    rows = arms[position].rows.assign(**cells)
    known = {k: v for k, v in cells.items() if hasattr(arms[position].summary, k)}
    summary = replace(arms[position].summary, **known)
    arms[position] = replace(arms[position], rows=rows, summary=summary)
    return replace(context, arms=tuple(arms))


def test_a_sound_case_has_only_the_caveats_of_its_design(depth_context):
    assert levels_fired(depth_context) == {"untuned_learning_rate": "caveat"}


def test_unequal_training_blocks(depth_context):
    assert look(fairness.unequal_training, depth_context) is None
    context = _with_rows(depth_context, 0, epochs=5.0, steps=300)
    context = _with_rows(context, 1, epochs=3.0, steps=300)
    check = look(fairness.unequal_training, context)
    assert check.level == "blocks"
    assert check.sentence == (
        "Depth 2 trained 5 epochs, depth 3 3 epochs: the difference cannot be credited to depth."
    )


def test_what_the_budget_implies_is_no_fault(tmp_path):
    study = one_claim(tmp_path, "compare: {batch_size: {from: 4, to: 128}}")
    context = context_of(study, run_all(study, tmp_path / "runs"), "H")
    assert context.arms[0].summary.samples * 20 < context.arms[1].summary.samples
    assert look(fairness.unequal_training, context) is None
    assert look(fairness.unequal_training, _with_rows(context, 0, steps=250)) is not None


def test_an_undeclared_hyperparameter_blocks(depth_context):
    assert look(fairness.undeclared_difference, depth_context) is None
    context = _with_rows(depth_context, 1, learning_rate=0.01, dropout=0.5)
    check = look(fairness.undeclared_difference, context)
    assert (check.level, check.headline) == ("blocks", "confounded")
    assert check.sentence == "The arms also differ in dropout and learning rate."


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ((1, 1), "One run per arm gives no estimate of the noise."),
        ((6, 1), "Depth 3 has 1 finished run, which gives no estimate of the noise."),
        ((0, 0), "No run has finished yet."),
    ],
)
def test_too_few_runs_block(tmp_path, runs, sentence):
    study = one_claim(tmp_path, DEPTH)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    for configuration, n in zip(arms, runs, strict=True):
        if n:
            write_synthetic(configuration, range(n), tmp_path)
    context = context_of(study, collect(arms, tmp_path), "H")
    check = look(replication.no_replication, context)
    assert (check.level, check.sentence) == ("blocks", sentence)


def test_few_seeds_name_the_size_they_can_detect(tmp_path):
    study = one_claim(tmp_path, DEPTH, seeds=3)
    context = context_of(study, run_all(study, tmp_path / "runs"), "H")
    sentence = look(replication.few_seeds, context).sentence
    assert sentence.startswith("3 seeds detect only effects above ")
    assert sentence.endswith(" points.")
    assert look(replication.few_seeds, depth_context_of(tmp_path / "more", seeds=5)) is None


def depth_context_of(folder, seeds: int) -> CheckContext:
    folder.mkdir()
    study = one_claim(folder, DEPTH, seeds=seeds)
    return context_of(study, run_all(study, folder / "runs"), "H")


def test_unmatched_seeds_are_said(tmp_path):
    study = one_claim(tmp_path, DEPTH, seeds=8)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    write_synthetic(arms[0], [0, 1, 2, 3], tmp_path)
    write_synthetic(arms[1], [4, 5, 6, 7], tmp_path)
    context = context_of(study, collect(arms, tmp_path), "H")
    assert look(replication.unmatched_seeds, context).sentence == (
        "The arms do not share their seeds, so Welch's unpaired interval was used."
    )


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
    study = one_claim(tmp_path, claim, more=more)
    context = context_of(study, run_all(study, tmp_path / "runs"), "H")
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


def _tuned(
    context: CheckContext, chosen: float, trials: dict[str, int], seeds=(1000, 1001)
) -> CheckContext:
    hypothesis = replace(context.hypothesis, tune={"learning_rate": (1e-4, 1e-3, 1e-2)})
    tried = tuple(
        Trial(arm, {"learning_rate": 1e-3}, tuple(seeds), 0.7)
        for arm, n in trials.items()
        for _ in range(n)
    )
    picked = {a.arm.label: {"learning_rate": chosen} for a in context.arms}
    return replace(context, hypothesis=hypothesis, trials=tried, chosen=picked)


def test_tuning(depth_context):
    even = {"depth 2": 3, "depth 3": 3}
    sound = _tuned(depth_context, 1e-3, even)
    assert look(fairness.tuned_at_edge, sound) is None
    assert look(fairness.unequal_tuning, sound) is None
    assert look(leaks.tuned_on_evaluation_seeds, sound) is None
    edge = look(fairness.tuned_at_edge, _tuned(depth_context, 1e-2, even))
    assert edge.sentence == ("The best learning rate for depth 2 is 0.01, the edge of its grid.")
    uneven = look(
        fairness.unequal_tuning, _tuned(depth_context, 1e-3, {"depth 2": 6, "depth 3": 2})
    )
    assert uneven.sentence == "Depth 2 had 12 tuning runs, depth 3 4."
    leak = look(leaks.tuned_on_evaluation_seeds, _tuned(depth_context, 1e-3, even, seeds=(4, 5, 6)))
    assert (leak.level, leak.headline) == ("blocks", "leak")
    assert "seeds 4 and 5" in leak.sentence


def _curve(
    context: CheckContext, position: int, values: list[float], column: str = "accuracy"
) -> CheckContext:
    """The context with one arm's validation curve replaced by the same values for every seed."""
    steps = np.linspace(25, 300, len(values)).round()
    rows = [
        {
            "path": context.arms[position].arm.configuration.path,
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
    arms = list(context.arms)
    arms[position] = replace(arms[position], curve=pd.DataFrame(rows))
    return replace(context, arms=tuple(arms))


def test_still_improving(depth_context):
    flat, rising = [0.7] * 12, list(np.linspace(0.4, 0.8, 12))
    context = _curve(_curve(depth_context, 0, flat), 1, flat)
    assert look(training.still_improving, context) is None
    check = look(training.still_improving, _curve(context, 1, rising))
    # 0.4 over 11/12 of the training is 0.109 in a quarter of it.
    assert check.sentence.startswith(
        "Depth 3 was still improving (by 11 points in a further quarter"
    )


def test_crossing_curves(depth_context):
    early = [0.6] * 8 + [0.7] * 4
    late = [0.65] * 12
    context = _curve(_curve(depth_context, 0, early), 1, late)
    assert (
        "The order depends on when training stops" in look(training.curves_cross, context).sentence
    )
    apart = _curve(_curve(depth_context, 0, [0.8] * 12), 1, late)
    assert look(training.curves_cross, apart) is None


def test_overfitting(depth_context):
    dip = [1.0, 0.8, 0.6, 0.5, 0.55, 0.6, 0.65, 0.7]
    context = _curve(depth_context, 1, dip, "loss")
    assert "depth 3" in look(training.overfitting, context).sentence
    assert look(training.overfitting, depth_context) is None


def test_maximum_over_epochs(depth_context):
    assert look(training.maximum_over_epochs, depth_context) is None
    context = replace(depth_context, elsewhere=Elsewhere(maximum="best_acc"))
    assert look(training.maximum_over_epochs, context).level == "caveat"
    uneven = _curve(context, 0, [0.7] * 30)
    check = look(training.maximum_over_epochs, uneven)
    assert check.level == "blocks"
    assert "30 for depth 2" in check.sentence


def test_the_test_set_chose(depth_context):
    assert look(leaks.selected_on_reported_split, depth_context) is None
    context = replace(depth_context, elsewhere=Elsewhere(maximum="best_test_acc"))
    assert look(leaks.selected_on_reported_split, context).level == "blocks"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exclusive": False}, "other jobs ran beside the timing"),
        ({"merged": True}, "the arms were timed in different jobs, not in turn"),
        ({"warmup_steps": 0}, "warm-up was counted"),
        ({"arms": {}}, "batch size 4 and batch size 128 were not timed"),
    ],
)
def test_times_not_comparable(tmp_path, change, reason):
    study = one_claim(
        tmp_path, "compare: {batch_size: {from: 4, to: 128}}", expect="train_time: lower"
    )
    timing = timing_of_arms(study, batch_cost)
    tables = run_all(study, tmp_path / "runs")
    context = context_of(study, tables, "H", timings=[timing])
    assert look(time.times_not_comparable, context) is None
    check = look(time.times_not_comparable, replace(context, timing=replace(timing, **change)))
    assert (check.level, check.headline) == ("blocks", "times not comparable")
    assert reason in check.sentence


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"load": 1.5}, "caveat"),
        ({"load": 1.5, "cpu_share": 0.99}, None),
        ({"load": 0.0, "cpu_share": 0.4}, "caveat"),
    ],
)
def test_a_busy_machine_is_a_caveat(tmp_path, change, level):
    study = one_claim(tmp_path, expect="train_time: lower")
    timing = replace(timing_of_arms(study, batch_cost), **change)
    context = context_of(study, run_all(study, tmp_path / "runs"), "H", timings=[timing])
    check = look(time.times_not_comparable, context)
    assert (check.level if check else None) == level


def test_no_timing_at_all_blocks(tmp_path):
    study = one_claim(tmp_path, expect="train_time: lower")
    context = context_of(study, run_all(study, tmp_path / "runs"), "H")
    assert look(time.times_not_comparable, context).headline == "times not comparable"


def test_mixed_fidelities(depth_context):
    assert look(scope.mixed_fidelities, depth_context) is None
    context = _with_rows(depth_context, 0, epochs=[1.0, 1.0, 1.0, 9.0, 9.0, 9.0])
    assert (
        look(scope.mixed_fidelities, context).sentence == "Depth 2 mixes runs of 1 and of 9 epochs."
    )


def test_the_best_level_at_the_edge(tmp_path):
    study = one_claim(tmp_path, "trend: {width: [16, 64, 256]}", more="shape: on_average")
    context = context_of(study, run_all(study, tmp_path / "runs"), "H")
    assert "a trend needs four" in look(scope.past_the_levels, context).sentence
    wide = one_claim(tmp_path, "trend: {width: [16, 64, 256, 1024]}", more="shape: on_average")
    context = context_of(wide, run_all(wide, tmp_path / "runs"), "H")
    assert "nothing is known above 1,024" in look(scope.past_the_levels, context).sentence


def test_ceiling_and_floor(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    for level, word in ((0.995, "Ceiling"), (0.101, "Floor"), (0.6, None)):
        tables = run_all(study, tmp_path / f"runs{level}", lambda c, s, level=level: level)
        check = look(training.ceiling_or_floor, context_of(study, tables, "H"))
        assert (check.sentence.split(":")[0] if check else None) == word


def test_what_the_test_images_resolve(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    context = context_of(study, run_all(study, tmp_path / "runs"), "H")
    assert look(scope.below_resolution, context) is None
    (contrast,) = context.image_errors
    check = look(scope.below_resolution, replace(context, image_errors={contrast: 0.02}))
    assert check.sentence == "360 test images cannot resolve 1 point."


def test_failure_rates(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    write_synthetic(arms[0], range(6), tmp_path)
    write_synthetic(arms[1], range(6), tmp_path, failed=[0, 5])
    context = context_of(study, collect(arms, tmp_path), "H")
    assert look(training.failures_differ, context).sentence == (
        "4 of 6 runs of depth 3 finished; its mean covers only those."
    )


def test_missing_runs(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    tables = run_all(study, tmp_path / "runs")
    part = Tables(tables.final.iloc[1:], tables.curves)
    check = look(replication.missing_runs, context_of(study, part, "H"))
    label = "depth 2" if tables.final.iloc[0]["depth"] == 2 else "depth 3"
    assert check.sentence == f"Planned 12, analysed 11: 1 run ({label}) is missing."


def test_one_seed_carries(tmp_path):
    study = one_claim(tmp_path, DEPTH)

    def score(configuration, seed):
        deep = len(configuration["hidden_units"]) == 3
        return 0.7 + (0.002 + 0.0005 * seed + (0.02 if seed == 3 else 0)) * deep

    context = context_of(study, run_all(study, tmp_path / "runs", score), "H")
    effect = context.effects[0]
    flipped = replace(context.judgement, evidence="supported")
    decided = replace(effect, evidence="supported")
    leg = replace(context.judgement.legs[0], effects=(decided,))
    context = replace(context, judgement=replace(flipped, legs=(leg,)))
    quiet = replace(context, leave_one_out={})
    assert look(replication.one_seed_carries, quiet).sentence == (
        "Seed 3 alone makes up more than half of depth 3 − depth 2."
    )
    loud = replace(context, leave_one_out={3: "inconclusive", 4: "supported"})
    assert look(replication.one_seed_carries, loud).sentence == (
        "Fragile: leaving out seed 3 changes the verdict from supported to inconclusive."
    )


def test_larger_networks(tmp_path):
    study = one_claim(tmp_path, "compare: {width: {from: 64, to: 256}}")
    context = context_of(study, run_all(study, tmp_path / "runs"), "H")
    assert (
        look(scope.larger_networks, context).sentence
        == "Width also changes the number of parameters, by up to 4 times."
    )


def test_code_and_data(depth_context):
    assert look(fairness.different_code, depth_context) is None
    other_data = _with_rows(depth_context, 1, data_checksum="other")
    assert look(fairness.different_code, other_data).sentence == "The arms ran on different data."
    other_code = _with_rows(depth_context, 1, training_version=2)
    assert look(fairness.different_code, other_code).level == "blocks"


def test_post_hoc(depth_context):
    assert look(post_hoc, depth_context) is None
    late = replace(
        depth_context,
        status=LedgerStatus(registered="post hoc", registration_note="registered late"),
    )
    assert look(post_hoc, late).sentence == "Post hoc: registered late."


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
    study = one_claim(tmp_path, claim)
    context = context_of(study, run_all(study, tmp_path / "runs"), "H")
    sentence = fairness.batch_larger_than_data.look(context).sentence
    assert sentence.startswith("Train samples 50 ran with 50 images per batch")


def test_runs_that_all_failed_are_said_to_have_failed(tmp_path):
    """They were trained: more seeds would fail as well."""
    study = one_claim(tmp_path, DEPTH)
    first, second = (configuration for configuration, _ in all_arms(study).values())
    for name, failed in (("both", range(6)), ("one", ())):
        write_synthetic(first, range(6), tmp_path / name, failed=failed)
        write_synthetic(second, range(6), tmp_path / name, failed=range(6))
    both = context_of(study, collect([first, second], tmp_path / "both"), "H")
    assert look(replication.no_replication, both).sentence == "All 12 runs diverged."
    tables = collect([first, second], tmp_path / "one")
    one = look(replication.no_replication, context_of(study, tables, "H"))
    assert (one.sentence, one.headline) == ("All 6 runs of depth 3 diverged.", "all runs failed")
    report = judge_study(study, tables.final, tables.curves)
    assert report.hypotheses[0].headline == "inconclusive (all runs failed)"
    assert report.next_step.startswith("H at 300 steps: Find out why runs fail")


def test_a_ratio_that_matters_is_no_distance_from_a_perfect_score(tmp_path):
    for size, level in (("1.2x", None), ("0.3", "caveat")):
        folder = tmp_path / size
        folder.mkdir()
        text = ONE.format(
            claim=DEPTH,
            expect="error: lower",
            at_equal="[300 steps]",
            seeds=6,
            more="",
            data="digits",
        )
        metrics = f"error: {{matters_from: {size}}}, accuracy: "
        study = study_from(text.replace("accuracy: ", metrics, 1), folder)
        context = context_of(study, run_all(study, folder / "runs"), "H")
        assert levels_fired(context).get("ceiling_or_floor") == level


def test_a_claim_on_the_budget_is_not_asked_for_a_second_one(tmp_path):
    lengths = "{from: 200 steps, to: 300 steps}"
    claim = f"compare: {{batch_size: {{from: 32, to: 64}}, budget: {lengths}}}"
    study = one_claim(tmp_path, claim, at_equal="")
    context = context_of(study, run_all(study, tmp_path / "runs"), "H")
    assert len(context.budgets) == 2
    assert "one_budget" not in levels_fired(context)


def test_no_size_of_nothing_is_below_the_resolution(tmp_path):
    """A decided "not higher" with a tiny estimate sought the size that matters."""
    study = one_claim(tmp_path, DEPTH, expect="accuracy: not_higher")
    context = context_of(study, run_all(study, tmp_path / "runs", lambda c, s: 0.8), "H")
    found = look(scope.below_resolution, context)
    assert found is None or "0 points" not in found.sentence
