"""The robustness strip: each line is another analysis of the same runs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hyperverdict.claims import type_of
from hyperverdict.records.collect import collect
from hyperverdict.verdicts.sensitivity import (
    leave_one_out,
    robustness,
    sign_flip,
    without_seed,
    worst_case,
)

from tests.unit.verdicts.synthetic import (
    all_arms,
    one_claim,
    report_case,
    write_synthetic,
)

DEPTH = "compare: {depth: {from: 2, to: 3}}"


def _case(folder, differences, failed=()):
    study = one_claim(folder, DEPTH, seeds=len(differences))

    def score(configuration, seed):
        return 0.7 + differences[seed] * (len(configuration.hidden_units) == 3)

    arms = [configuration for configuration, _ in all_arms(study).values()]
    for configuration in arms:
        ends = failed if len(configuration.hidden_units) == 3 else ()
        write_synthetic(configuration, range(len(differences)), folder / "runs", score, ends)
    return report_case(study, collect(arms, folder / "runs"), "H")


def _judge(case):
    return type_of(case.question.hypothesis).judge


def test_one_seed_is_left_out_of_every_arm(tmp_path):
    case = _case(tmp_path, [0.02] * 5)
    values = without_seed(case.question, 3).outcomes["accuracy"].values
    assert [sorted(by_seed) for by_seed in values.values()] == [[0, 1, 2, 4], [0, 1, 2, 4]]
    assert sorted(case.question.outcomes["accuracy"].values["depth 2"]) == [0, 1, 2, 3, 4]


def test_an_outlier_that_hides_an_effect_is_named(tmp_path):
    case = _case(tmp_path, [0.020, 0.022, 0.021, 0.023, 0.022, -0.05])
    assert case.judgement.evidence == "inconclusive"
    found = leave_one_out(case.question, _judge(case), case.judgement)
    assert found[5] == "supported"
    assert {found[seed] for seed in range(5)} == {"inconclusive"}
    strip = robustness(case, _judge(case))
    assert strip["leave one seed out"] == "supported without seed 5"


def test_many_seeds_are_left_out_at_their_extremes_only(tmp_path):
    case = _case(tmp_path, [0.02 + 0.0001 * seed for seed in range(31)])
    assert set(leave_one_out(case.question, _judge(case), case.judgement)) == {0, 30}


def test_three_seeds_are_too_few_to_leave_one_out(tmp_path):
    case = _case(tmp_path, [0.02, 0.021, 0.022])
    assert leave_one_out(case.question, _judge(case), case.judgement) == {}


def test_failures_at_their_worst(tmp_path):
    case = _case(tmp_path, [0.02 + 0.001 * seed for seed in range(12)], failed=[4])
    worst = worst_case(case.question).outcomes["accuracy"].values
    assert worst["depth 3"][4] == pytest.approx(0.7)
    assert math.isnan(case.question.outcomes["accuracy"].values["depth 3"][4])
    strip = robustness(case, _judge(case))
    assert strip["as judged"] == "supported"
    assert strip["failures at worst case"] == "supported"


def test_best_on_validation_is_another_outcome(tmp_path):
    case = _case(tmp_path, [0.02] * 6)
    assert robustness(case, _judge(case))["best on validation"] == "supported"
    arms = list(case.arms)
    worse = arms[1].rows.assign(best_validation_accuracy=0.1)
    turned = replace(case, arms=(arms[0], replace(arms[1], rows=worse)))
    assert robustness(turned, _judge(case))["best on validation"] == "refuted"


def test_sign_flips_confirm_or_name_what_they_do_not(tmp_path):
    case = _case(tmp_path, [0.020, 0.022, 0.021, 0.023, 0.022, 0.019])
    assert sign_flip(case) == "agrees"
    leg = case.judgement.legs[0]
    doubtful = replace(leg, effects=(replace(leg.effects[0], sign_flip_p=0.2),))
    case = replace(case, judgement=replace(case.judgement, legs=(doubtful,)))
    assert sign_flip(case) == "does not confirm depth 3 - depth 2 (p 0.2)"
