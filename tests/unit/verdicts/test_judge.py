"""From records to a report: the document's own three hypotheses, on runs with chosen numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hyperverdict.records.collect import collect
from hyperverdict.records.tables import Tables
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.verdicts.seeds_needed import cost_hours

from tests.unit.checks.contexts import claim_context
from tests.unit.verdicts.synthetic import (
    REFLECTION,
    all_arms,
    batch_cost,
    context_of,
    judged,
    one_claim,
    run_all,
    study_from,
    timing_of_arms,
    write_synthetic,
)


def _hypothesis(report, id_):
    return next(h for h in report.hypotheses if h.id == id_)


def test_the_opposing_claims_of_the_document(tmp_path):
    study = study_from(REFLECTION, tmp_path)
    report = judged(study, tmp_path / "runs")
    h1, h4 = _hypothesis(report, "H1"), _hypothesis(report, "H4")
    assert [v.headline for v in h1.verdicts] == ["refuted", "refuted"]
    assert [v.headline for v in h4.verdicts] == ["supported", "refuted"]
    assert h4.headline == "depends on the budget"
    assert h1.opposing[0] == (
        "H1 and H4 claim the opposite. At 300 steps the data fit H4 on training time and test "
        "accuracy."
    )
    assert h1.opposing == h4.opposing
    fired = [{c.id: c for c in v.fired} for v in h1.verdicts + h4.verdicts]
    assert all(checks["opposing_claims"].level == "information" for checks in fired)
    assert [checks["opposing_claims"].sentence for checks in fired[:2]] == list(h1.opposing)
    assert report.provisional == ""
    assert report.planned == report.analysed == 54


def test_a_reason_cannot_be_tested_where_it_is_equal(tmp_path):
    report = judged(study_from(REFLECTION, tmp_path), tmp_path / "runs")
    at_steps, at_samples = _hypothesis(report, "H1").verdicts
    assert at_steps.untestable_reason == (
        "Your reason (updates) is not tested here: both arms made 300 updates."
    )
    assert at_samples.untestable_reason == ""


def test_scope_says_what_the_budget_implies(tmp_path):
    study = one_claim(tmp_path, "compare: {batch_size: {from: 4, to: 128}}", data="fashion_mnist")
    tables = run_all(study, tmp_path / "runs")
    scope = judge_study(study, tables.final, tables.curves).hypotheses[0].verdicts[0].scope
    assert "At 300 steps, batch size 128 saw 32 times as many images as batch size 4." in scope
    assert "Held equal: 300 steps." in scope
    assert any("learning rate 0.001 (not tuned)" in sentence for sentence in scope)


@pytest.mark.parametrize(("compare", "words"), [
    ("{batch_size: {from: 4, to: 128}}", "PyTorch's default initialisation."),
    ("{initialisation: {from: default, to: kaiming_normal}}",
     "initialisation default and kaiming normal."),
])  # fmt: skip
def test_scope_names_the_initialisation(tmp_path, compare, words):
    study = one_claim(tmp_path, f"compare: {compare}")
    tables = run_all(study, tmp_path / "runs")
    verdict = judge_study(study, tables.final, tables.curves).hypotheses[0].verdicts[0]
    assert any(sentence.endswith(words) for sentence in verdict.scope)
    assert "untuned_learning_rate" in {c.id for c in verdict.fired}


def test_the_earlier_finding_stands_beside_ours(tmp_path):
    report = judged(study_from(REFLECTION, tmp_path), tmp_path / "runs")
    (prior,) = _hypothesis(report, "H1").prior
    assert prior == (
        "Your single runs: test accuracy 51% and 78%. Here, 6 seeds at 300 steps: 51.0% and 78.0%, "
        "same direction; 6 seeds at 38,400 samples: 78.0% and 78.0%, no difference that matters."
    )
    (depth,) = _hypothesis(report, "H5").prior
    assert depth == "Your single run: test accuracy 77%. Here, 6 seeds at 300 steps: 78.1%."


def test_missing_runs_make_the_report_provisional(tmp_path):
    study = study_from(REFLECTION, tmp_path)
    tables = run_all(study, tmp_path / "runs")
    part = Tables(tables.final[tables.final["seed"] > 0], tables.curves)
    report = judge_study(study, part.final, part.curves, [timing_of_arms(study, batch_cost)])
    assert report.provisional == "9 of 54 runs are missing"
    checks = {c.id: c for c in report.hypotheses[0].verdicts[0].fired}
    assert checks["missing_runs"].sentence.startswith("Planned 12, analysed 10: 2 runs (")


def test_nothing_run_yet_is_no_verdict_and_no_error(tmp_path):
    study = study_from(REFLECTION, tmp_path)
    tables = collect([c for c, _ in all_arms(study).values()], tmp_path)
    report = judge_study(study, tables.final, tables.curves)
    assert {h.headline for h in report.hypotheses} == {"inconclusive (no runs)"}
    assert report.provisional.startswith("54 of 54 runs are missing")


def test_an_open_verdict_says_seeds_price_and_command(tmp_path):
    study = one_claim(tmp_path, seeds=6)
    noise = (0.03, -0.02, 0.01, 0.0, -0.01, 0.025)

    def score(configuration, seed):
        return 0.7 + (noise[seed] if configuration["batch_size"] == 64 else 0.0)

    tables = run_all(study, tmp_path / "runs", score)
    verdict = judge_study(study, tables.final, tables.curves).hypotheses[0].verdicts[0]
    assert verdict.headline == "inconclusive"
    look = verdict.next_look
    low, high = look.seeds_needed
    assert 6 < low < high
    # 0.3 seconds a seed and arm, two arms.
    assert look.cost_hours[1] == pytest.approx((high - 6) * 0.6 / 3600)
    assert look.command.startswith(f"hyperverdict seeds {study.path} H {high} && snakemake")


def test_failures_are_carried_by_the_headline(tmp_path):
    study = one_claim(tmp_path, seeds=6)
    runs = tmp_path / "runs"
    arms = [configuration for configuration, _ in all_arms(study).values()]
    write_synthetic(arms[0], range(6), runs)
    write_synthetic(arms[1], range(6), runs, failed=[1, 4])
    tables = collect(arms, runs)
    report = judge_study(study, tables.final, tables.curves)
    verdict = report.hypotheses[0].verdicts[0]
    assert verdict.headline == (
        "inconclusive (failures decide it: 2 of 6 runs of batch size 64 diverged)"
    )
    fired = {c.id: c.sentence for c in verdict.fired}
    assert fired["failures_differ"].startswith("4 of 6 runs of batch size 64 finished")
    assert "failures at worst case" in {line.name for line in verdict.sensitivity}
    assert "failed runs decide" in report.next_step


def test_verdicts_do_not_depend_on_row_order(tmp_path):
    study = study_from(REFLECTION, tmp_path)
    tables = run_all(study, tmp_path / "runs")
    timings = [timing_of_arms(study, batch_cost)]
    shuffled = Tables(
        tables.final.sample(frac=1, random_state=1), tables.curves.sample(frac=1, random_state=2)
    )
    assert judge_study(study, tables.final, tables.curves, timings) == judge_study(
        study, shuffled.final, shuffled.curves, timings
    )


def test_image_error_is_that_of_the_correctness_bits(tmp_path):
    study = one_claim(tmp_path)
    tables = run_all(
        study, tmp_path / "runs", lambda c, seed: 0.5 if c["batch_size"] == 32 else 0.75
    )
    context = context_of(study, tables, "H")
    (error,) = context.image_errors.values()
    image = np.arange(360)
    gained = [
        np.roll(image < 270, seed).astype(float) - np.roll(image < 180, seed) for seed in range(6)
    ]
    assert error == pytest.approx(np.mean(gained, axis=0).std(ddof=1) / np.sqrt(360))


def test_a_few_failures_stay_in_the_headline_of_a_verdict(tmp_path):
    study = one_claim(tmp_path, seeds=12)
    runs = tmp_path / "runs"
    arms = [configuration for configuration, _ in all_arms(study).values()]

    def score(configuration, seed):
        return 0.7 + (0.03 + 0.001 * (seed % 3)) * (configuration["batch_size"] == 64)

    write_synthetic(arms[0], range(12), runs, score)
    write_synthetic(arms[1], range(12), runs, score, failed=[3])
    tables = collect(arms, runs)
    verdict = judge_study(study, tables.final, tables.curves).hypotheses[0].verdicts[0]
    assert verdict.headline == "supported (1 of 12 runs of batch size 64 diverged)"


def test_a_corrected_verdict_says_the_seeds_that_it_needs(tmp_path):
    """A family of four: supported without the correction, inconclusive with it."""
    differences = (0.012, 0.020, 0.004, 0.015, 0.001)
    claims = "".join(
        f"  H{depth}: {{says: x, compare: {{depth: {{from: 2, to: {depth}}}}}, "
        "expect: {accuracy: higher}, primary: true}\n"
        for depth in (3, 4, 5, 6)
    )
    study = study_from(f"study: s\ndata: digits\nseeds: 5\nhypotheses:\n{claims}", tmp_path)

    def score(configuration, seed):
        return 0.7 + differences[seed] * (len(configuration["hidden_units"]) == 3)

    tables = run_all(study, tmp_path / "runs", score)
    # The worked case has no rounding of accuracies to test images.
    tables.final["test_size"] = float("nan")
    verdict = judge_study(study, tables.final, tables.curves).hypotheses[0].verdicts[0]
    (effect,) = verdict.judgement.effects
    assert (verdict.uncorrected, verdict.judgement.evidence) == ("supported", "inconclusive")
    assert effect.p == pytest.approx(0.0411, abs=5e-5)
    assert effect.ci == pytest.approx((-0.0047, 0.0255), abs=5e-5)
    assert verdict.headline == "inconclusive"
    assert verdict.next_look is not None
    alone = replace(study, hypotheses=(replace(study.hypotheses[0], primary=False),))
    raw = judge_study(alone, tables.final, tables.curves).hypotheses[0].verdicts[0]
    assert raw.judgement.effects[0].ci == pytest.approx((0.0007, 0.0201), abs=5e-5)


def test_seeds_of_unequal_arms_cost_what_each_of_them_lacks(tmp_path):
    context = claim_context(tmp_path)
    first, second = context.arms
    context = replace(context, arms=(first, replace(second, rows=second.rows.iloc[:2])))
    per_run = second.rows["train_seconds"].iloc[:2].mean() / 3600
    assert cost_hours(context, (6, 6)) == pytest.approx((4 * per_run, 4 * per_run))
