"""Outcomes: own seeds only, failed is nan, missing is absent, times from timing jobs."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hyperverdict.errors import UserError
from hyperverdict.outcomes.timing import Timing, timing_from, timing_of
from hyperverdict.outcomes.values import (
    epoch_ends,
    index_runs,
    metric_column,
    outcomes_of,
    values_of,
)
from hyperverdict.records.collect import collect
from hyperverdict.vocabulary.metrics import RECORDED, unrecorded

from tests.unit.verdicts.synthetic import (
    accuracies,
    batch_cost,
    one_claim,
    run_all,
    timing_of_arms,
    write_synthetic,
)


def _arms(study):
    hypothesis = study.hypotheses[0]
    return hypothesis, study.claimed_arms(hypothesis, hypothesis.at_equal[0])


def _outcomes(hypothesis, arms, runs):
    return outcomes_of(hypothesis.claim, arms, hypothesis.seeds, runs)


def test_a_hypothesis_sees_its_own_seeds_only(tmp_path):
    study = one_claim(tmp_path, seeds=3)
    hypothesis, arms = _arms(study)
    for arm in arms:
        write_synthetic(arm.configuration, range(8), tmp_path)
    tables = collect([a.configuration for a in arms], tmp_path)
    outcomes = _outcomes(hypothesis, arms, index_runs(tables.final, tables.curves))
    values = outcomes["accuracy"].values["batch_size 64"]
    assert values == {s: accuracies(arms[1].configuration, s) for s in (0, 1, 2)}
    assert outcomes["accuracy"].resolution == pytest.approx(1 / 360)


def test_failed_is_nan_and_missing_is_absent(tmp_path):
    study = one_claim(tmp_path, seeds=4)
    hypothesis, arms = _arms(study)
    write_synthetic(arms[0].configuration, [0, 1, 2], tmp_path, failed=[1])
    tables = collect([a.configuration for a in arms], tmp_path)
    values = _outcomes(hypothesis, arms, index_runs(tables.final, tables.curves))["accuracy"].values
    assert sorted(values[arms[0].label]) == [0, 1, 2]
    assert math.isnan(values[arms[0].label][1])
    assert values[arms[1].label] == {}


def test_times_are_steps_times_seconds_per_step_paired_by_repeat(tmp_path):
    study = one_claim(tmp_path, expect="train_time: lower")
    hypothesis, arms = _arms(study)
    tables = run_all(study, tmp_path / "runs")
    timing = timing_of_arms(study, batch_cost)
    runs = index_runs(tables.final, tables.curves, [timing])
    values = _outcomes(hypothesis, arms, runs)["train_time"].values
    expected = [300 * s for s in timing.arms[arms[0].configuration.arm_path]]
    assert list(values[arms[0].label].values()) == pytest.approx(expected)
    assert list(values[arms[0].label]) == [0, 1, 2, 3, 4, 5]


def test_recorded_training_times_never_stand_in_for_timing_jobs(tmp_path):
    study = one_claim(tmp_path, expect="train_time: lower")
    hypothesis, arms = _arms(study)
    tables = run_all(study, tmp_path / "runs")
    outcomes = _outcomes(hypothesis, arms, index_runs(tables.final, tables.curves))
    assert outcomes["train_time"].values == {arm.label: {} for arm in arms}


def test_arms_of_several_jobs_are_marked_merged():
    parts = [Timing({"a": (1.0,)}), Timing({"b": (2.0,)})]
    merged = timing_of(["a", "b"], parts)
    assert merged is not None
    assert merged.merged
    both = Timing({"a": (1.0,), "b": (1.0,)})
    assert timing_of(["a", "b"], [*parts, both]) is both
    assert timing_of(["c"], parts) is None


def test_a_broken_timing_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        timing_from({"arms": {"a": [0.0]}})


def test_an_unrecorded_metric_is_named_with_those_that_are():
    with pytest.raises(UserError, match="no run records the metric 'f1'"):
        metric_column(unrecorded("f1"), ["test_accuracy", "test_loss", "test_size"])
    assert metric_column(unrecorded("f1"), ["test_f1"]) == "test_f1"


def test_epoch_ends_are_read_from_the_validation_curve(tmp_path):
    study = one_claim(tmp_path, at_equal="[12 epochs]", seeds=2)
    hypothesis, arms = _arms(study)
    tables = run_all(study, tmp_path / "runs")
    runs = index_runs(tables.final, tables.curves)
    ends = epoch_ends(runs, arms[1], hypothesis.seeds, RECORDED["accuracy"])
    final = accuracies(arms[1].configuration, 1)
    assert len(ends[1]) == 12
    assert ends[1][-1] == pytest.approx(final - 0.001)
    assert ends[1][0] < ends[1][1]


def test_a_failed_run_is_nan_whatever_it_logged():
    rows = pd.DataFrame({"seed": [0, 1], "failed": [True, False], "test_accuracy": [0.9, 0.8]})
    values = values_of(rows, "test_accuracy")
    assert math.isnan(values[0])
    assert values[1] == 0.8


def test_runs_older_than_a_metric_lack_it_and_have_not_failed(tmp_path):
    study = one_claim(tmp_path, seeds=3)
    hypothesis, arms = _arms(study)
    for arm in arms:
        write_synthetic(arm.configuration, range(3), tmp_path)
    tables = collect([a.configuration for a in arms], tmp_path)
    older = tables.final.assign(test_accuracy=float("nan"))
    with pytest.raises(UserError, match="these runs are older than the metric"):
        _outcomes(hypothesis, arms, index_runs(older, tables.curves))
    some = tables.final.copy()
    some.loc[some["seed"] == 1, "test_accuracy"] = float("nan")
    values = _outcomes(hypothesis, arms, index_runs(some, tables.curves))["accuracy"].values
    assert [sorted(runs) for runs in values.values()] == [[0, 2], [0, 2]]
