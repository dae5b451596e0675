"""Copies of runs and rounded scores: agreement that is no evidence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hyperverdict.evidence.judge_table import judge_table
from hyperverdict.evidence.outcomes import rounding_of
from hyperverdict.study.model import Metric

from tests.unit.evidence.synthetic import numbers_fired, one_claim, report_case, run_all

STUDY = """
study: elsewhere
data: imagenet
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  big:
    says: Large batches are more accurate.
    compare: {batch_size: {from: 32, to: 128}}
    expect: {accuracy: higher}
"""
NOISE = np.random.default_rng(2).normal(0, 0.01, 8)


def _verdict(tmp_path, score):
    """The verdict on eight seeds that score `score(batch_size, seed)`."""
    rows = [
        {"batch_size": batch, "seed": seed, "epochs": 9, "accuracy": score(batch, seed)}
        for batch in (32, 128)
        for seed in range(8)
    ]
    (tmp_path / "study.yaml").write_text(STUDY)
    return judge_table(pd.DataFrame(rows), tmp_path / "study.yaml").report.hypotheses[0].verdicts[0]


def _fired(verdict):
    return {c.number: (c.level, c.sentence) for c in verdict.checks if c.number in ("29", "30")}


def test_runs_that_are_copies_are_no_replication(tmp_path):
    verdict = _verdict(tmp_path, lambda batch, seed: 0.90123 if batch == 32 else 0.93171)
    assert verdict.headline == "inconclusive (no replication)"
    assert _fired(verdict)["29"] == (
        "blocks",
        "All 8 runs of batch_size 32 scored 0.90123, and so in each arm: copies of one run, or "
        "seeds that never reached the training.",
    )


def test_coarse_scores_may_agree_and_their_rounding_is_in_the_interval(tmp_path):
    verdict = _verdict(tmp_path, lambda batch, seed: 0.9 if batch == 32 else 0.93)
    assert _fired(verdict)["29"][0] == "caveat"
    effect = verdict.judgement.legs[0].effects[0]
    low, high = effect.ci1
    # t(7) at 97.5% x 0.01 / sqrt(6) / sqrt(8)
    assert (high - low) / 2 == pytest.approx(2.364624 * 0.01 / 48**0.5, rel=1e-6)


def test_perfect_scores_are_a_ceiling_and_no_copies(tmp_path):
    verdict = _verdict(tmp_path, lambda batch, seed: 1.0)
    assert _fired(verdict) == {}
    assert "18" in {check.number for check in verdict.checks}


def test_one_arm_of_copies_leaves_the_other_arms_noise(tmp_path):
    assert _fired(_verdict(tmp_path, lambda b, s: 0.1 if b == 32 else 0.9 + NOISE[s])) == {}


def test_arms_that_agree_with_every_seed_do_not_show_the_factor(tmp_path):
    verdict = _verdict(tmp_path, lambda batch, seed: 0.9 + NOISE[seed])
    assert verdict.headline == "inconclusive (same results)"
    assert _fired(verdict)["30"] == (
        "blocks",
        "batch_size 32 and batch_size 128 scored exactly the same with each of 8 seeds: "
        "batch_size never acted, or never reached the training.",
    )
    one_differs = _verdict(tmp_path, lambda b, s: 0.9 + NOISE[s] + (b == 128 and s == 3) * 1e-4)
    assert _fired(one_differs) == {}
    assert one_differs.headline == "no meaningful effect"


def test_our_own_training_sets_the_factor_so_equal_arms_are_a_caveat(tmp_path):
    def score(configuration, seed):
        return round(0.9 + float(NOISE[seed]), 4)

    study = one_claim(tmp_path, "compare: {depth: {from: 2, to: 3}}", data="fashion_mnist")
    case = report_case(study, run_all(study, tmp_path / "runs", score), "H")
    assert numbers_fired(case)["30"] == "caveat"


@pytest.mark.parametrize(
    ("metric", "values", "step"),
    [
        ("accuracy", (0.9, 0.93), 0.01),
        ("accuracy", (1.0, 0.0), 0.01),
        ("accuracy", (0.9, 0.9312), 1e-4),
        ("accuracy", (0.9, 0.931244551), 0.0),
        ("accuracy", (0.9, float("nan")), 0.01),
        ("loss", (2.0, 3.0), 1.0),
    ],
)
def test_the_step_of_rounded_scores(metric, values, step):
    assert rounding_of(Metric(metric, 0.01), [dict(enumerate(values))]) == pytest.approx(step)


def test_a_ratio_has_no_step():
    assert rounding_of(Metric("loss", 1.1, ratio=True), [{0: 2.0, 1: 3.0}]) == 0.0
