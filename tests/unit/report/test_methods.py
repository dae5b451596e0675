"""The methods paragraph states what happened, claim by claim."""

from dataclasses import replace

from hyperverdict.claims.model import Failures
from hyperverdict.report import page
from hyperverdict.report.conclusion import conclude
from hyperverdict.report.methods import methods_paragraph
from hyperverdict.verdicts.judge import judge_study

from tests.unit.report import made_runs, samples

STUDY, REPORT, _ = samples.whole()


def test_it_says_data_seeds_budgets_sizes_tests_and_family():
    said = methods_paragraph(STUDY, REPORT, {"versions": {"torch": "2.9"}})
    for part in (
        "Fashion-MNIST", "batch size 64", "10 seeds", "300 steps, 38,400 samples and 5 seconds",
        "1 point in test accuracy", "1.1 times in training time", "90% interval",
        "All hypotheses were exploratory", "100 planned runs", "100 were analysed", "torch 2.9",
        "H1 (training time) with a one-sample t test on the logarithms of the ratios",
        "H5 (test accuracy) and width (test accuracy) with a one-sample t test on the differences",
        "Every run was scored once on the test set, after its last training step",
    ):  # fmt: skip
        assert part in said, part
    assert "selected on a validation set" not in said
    primary = tuple(replace(h, primary=True) for h in REPORT.hypotheses)
    family = methods_paragraph(STUDY, replace(REPORT, hypotheses=primary), {})
    assert "The 5 primary verdicts formed one family" in family
    assert "99% each" in family


def test_a_look_without_alpha_has_no_level_of_an_interval():
    study = samples.read(samples.raw_study({"H1": samples.entry("comparison")}))
    tables = made_runs.tables_of(study, made_runs.scores("comparison", "supported", 10))
    early = tables.final[tables.final["seed"] < 2]
    said = methods_paragraph(study, judge_study(study, early, tables.curves), {})
    assert "when the 90% interval lay within" in said
    assert "100%" not in said


def test_it_names_the_tuning_grid_its_seeds_and_its_score():
    study = samples.read(
        samples.raw_study(
            {"H1": samples.entry("comparison", tune={"learning_rate": [0.0001, 0.001, 0.01]})}
        )
    )
    said = methods_paragraph(study, replace(REPORT, hypotheses=()), {})
    assert (
        "For H1, learning rate (0.0001, 0.001, 0.01) was tuned for each arm by the mean validation "
        "accuracy over seeds of their own (1000 to 1002)"
    ) in said


def unpaired(report):
    """The report as if its seeds did not match."""
    [hypothesis] = report.hypotheses
    [verdict] = hypothesis.verdicts
    [leg] = verdict.judgement.legs
    legs = (replace(leg, effects=tuple(replace(e, paired=False, pairs=0) for e in leg.effects)),)
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=legs))
    return replace(report, hypotheses=(replace(hypothesis, verdicts=(verdict,)),))


def test_of_a_table_from_elsewhere_it_says_only_what_the_table_shows():
    study, report = samples.judged("comparison", "supported")
    bare = replace(study, baseline=replace(study.baseline, settings={}))
    report = replace(unpaired(report), trained_elsewhere=True, analysed=20)
    said = methods_paragraph(bare, report, {})
    assert said.startswith(
        "The results come from a table of runs that were trained elsewhere, with 10 runs per arm."
    )
    assert "H1 (test accuracy) with Welch’s t test on the values, unpaired" in said
    for invented in ("a baseline of", "10 seeds", "paired differences", "test set", "one-sample"):
        assert invented not in said


def test_a_single_run_is_singular():
    study, report = samples.judged("comparison", "supported")
    one = replace(report, planned=1, analysed=1, trained_elsewhere=True)
    [hypothesis] = report.hypotheses
    [verdict] = hypothesis.verdicts
    arms = tuple(replace(arm, finished=1) for arm in verdict.arms)
    bare = replace(hypothesis, verdicts=(replace(verdict, arms=arms),))
    assert "with 1 run per arm" in methods_paragraph(study, replace(one, hypotheses=(bare,)), {})
    assert "1 planned run " in methods_paragraph(study, replace(one, trained_elsewhere=False), {})


def test_estimates_are_said_to_have_no_test():
    study, report = samples.judged("comparison", "estimated")
    said = methods_paragraph(study, report, {})
    assert "H1 was estimated without a test." in said
    assert "t test" not in said


def test_a_varied_training_length_is_not_said_to_be_equal():
    study, report, _ = samples.judge_terms(
        {"trend": {"budget": ["17 steps", "34 steps", "85 steps"]}, "shape": "every_step"},
        lambda arm, seed: 0.7 + arm.configuration.budget.amount / 1000 + seed / 10_000,
    )
    said = methods_paragraph(study, report, {})
    assert "the training length is what the claim varies: 17 steps, 34 steps and 85 steps." in said
    assert "equal training length" not in said


def test_what_stands_for_a_seed_is_named_as_the_table_has_it():
    study, report = samples.judged("comparison", "supported")
    [hypothesis] = report.hypotheses
    [verdict] = hypothesis.verdicts
    pairs = replace(hypothesis, verdicts=(replace(verdict, replicate="setting combination"),))
    elsewhere = replace(report, trained_elsewhere=True, hypotheses=(pairs,))
    said = methods_paragraph(study, elsewhere, {})
    assert "on the differences per setting combination" in said
    assert "seed" not in said
    assert "seed" not in conclude(pairs, pairs.verdicts[0], study).text
    assert "setting combinations" in page.arms_table(pairs.verdicts, study).columns


def with_verdict(report, **changes):
    """The report of one hypothesis at one budget, its verdict changed."""
    [hypothesis] = report.hypotheses
    [verdict] = hypothesis.verdicts
    changed = replace(hypothesis, verdicts=(replace(verdict, **changes),))
    return replace(report, hypotheses=(changed,))


def test_a_confidence_sequence_is_not_called_a_t_test():
    study, report = samples.judged("comparison", "supported")
    late = with_verdict(report, sequential=True)
    said = methods_paragraph(study, late, {})
    assert "H1 (test accuracy) with a confidence sequence on the differences per seed" in said
    assert "t test" not in said
    assert "95% interval" not in said
    assert "t test" in methods_paragraph(study, report, {})
    hypothesis = late.hypotheses[0]
    test = conclude(hypothesis, hypothesis.verdicts[0], study).test
    assert test.endswith("rests on the confidence sequence, not on this p value.")


def test_quick_mode_has_neither_rules_nor_a_family():
    study, report = samples.judged("comparison", "estimated")
    primary = replace(report, hypotheses=(replace(report.hypotheses[0], primary=True),))
    said = methods_paragraph(study, primary, {})
    for absent in ("counted as supported", "primary", "family", "exploratory"):
        assert absent not in said
    assert "primary" not in page.hypothesis_view(primary.hypotheses[0], study).status


def test_learning_curves_were_judged_on_validation_scores_with_one_arm():
    study, report = samples.judged("learning curve", "supported")
    said = methods_paragraph(study, report, {})
    assert "H1 (validation accuracy) with" in said
    assert "H1 was judged on validation scores recorded during training." in said
    assert "equal training length" not in said
    assert "The one arm of H1 was trained for 5 epochs." in said


def test_only_finished_runs_were_scored_where_some_failed():
    study, report = samples.judged("comparison", "supported")
    [verdict] = report.hypotheses[0].verdicts
    failures = (Failures(verdict.arms[0].label, 2, 10, (0.03, 0.56)),)
    failed = with_verdict(report, judgement=replace(verdict.judgement, failures=failures))
    assert "Every finished run was scored once" in methods_paragraph(study, failed, {})


def test_training_lengths_stand_in_order_and_one_primary_verdict_is_singular():
    study, report, _ = samples.judge_terms(
        {"compare": {"budget": {"from": "85 steps", "to": "17 steps"}}},
        lambda arm, seed: 0.7 + arm.configuration.budget.amount / 1000 + seed / 10_000,
    )
    assert ": 17 steps and 85 steps." in methods_paragraph(study, report, {})
    primary = replace(report, hypotheses=(replace(report.hypotheses[0], primary=True),))
    said = methods_paragraph(study, primary, {})
    assert "The only primary verdict needed no correction (95% interval)." in said
