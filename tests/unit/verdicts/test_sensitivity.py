"""Sensitivity: each line is another analysis of the same runs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hyperverdict.records.collect import collect
from hyperverdict.verdicts.model import SensitivityLine
from hyperverdict.verdicts.sensitivity import (
    leave_one_out,
    sensitivity,
    without_seed,
    worst_case,
)

from tests.unit.verdicts.synthetic import (
    DEPTH,
    all_arms,
    context_of,
    one_claim,
    write_synthetic,
)


def _context(folder, differences, failed=()):
    study = one_claim(folder, DEPTH, seeds=len(differences))

    def score(configuration, seed):
        return 0.7 + differences[seed] * (len(configuration["hidden_units"]) == 3)

    arms = [configuration for configuration, _ in all_arms(study).values()]
    for configuration in arms:
        ends = failed if len(configuration["hidden_units"]) == 3 else ()
        write_synthetic(configuration, range(len(differences)), folder / "runs", score, ends)
    return context_of(study, collect(arms, folder / "runs"), "H")


def _lines(context):
    return {line.name: line for line in sensitivity(context)}


def test_one_seed_is_left_out_of_every_arm(tmp_path):
    context = _context(tmp_path, [0.02] * 5)
    values = without_seed(context.question, 3).outcomes["accuracy"].values
    assert [sorted(by_seed) for by_seed in values.values()] == [[0, 1, 2, 4], [0, 1, 2, 4]]
    assert sorted(context.question.outcomes["accuracy"].values["depth 2"]) == [0, 1, 2, 3, 4]


def test_an_outlier_that_hides_an_effect_is_named(tmp_path):
    context = _context(tmp_path, [0.020, 0.022, 0.021, 0.023, 0.022, -0.05])
    assert context.judgement.evidence == "inconclusive"
    found = leave_one_out(context.question, context.judgement)
    assert found[5].evidence == "supported"
    assert {found[seed].evidence for seed in range(5)} == {"inconclusive"}
    line = _lines(context)["leave one seed out"]
    bare = replace(line, estimates=())
    assert bare == SensitivityLine("leave one seed out", "supported", False, "without seed 5")
    by_seed = {estimate.without_seed: estimate for estimate in line.estimates}
    assert set(by_seed) == set(range(6))
    [effect] = found[5].effects
    assert (by_seed[5].estimate, by_seed[5].interval) == (effect.estimate, effect.ci)


def test_many_seeds_are_left_out_at_their_extremes_only(tmp_path):
    context = _context(tmp_path, [0.02 + 0.0001 * seed for seed in range(31)])
    assert set(leave_one_out(context.question, context.judgement)) == {0, 30}


def test_three_seeds_are_too_few_to_leave_one_out(tmp_path):
    context = _context(tmp_path, [0.02, 0.021, 0.022])
    assert leave_one_out(context.question, context.judgement) == {}


def test_failures_at_their_worst(tmp_path):
    context = _context(tmp_path, [0.02 + 0.001 * seed for seed in range(12)], failed=[4])
    worst = worst_case(context.question).outcomes["accuracy"].values
    assert worst["depth 3"][4] == pytest.approx(0.7)
    assert math.isnan(context.question.outcomes["accuracy"].values["depth 3"][4])
    assert context.judgement.evidence == "supported"
    line = _lines(context)["failures at worst case"]
    assert (line.evidence, line.agrees) == ("supported", True)


def test_the_trimmed_mean_is_the_second_line(tmp_path):
    """A verdict that one collapsed run has changed."""
    context = _context(tmp_path, [0.020, 0.022, 0.021, 0.023, 0.022, 0.020, 0.021, 0.022, -0.4])
    assert context.judgement.evidence == "inconclusive"
    names = [line.name for line in sensitivity(context)]
    assert names[:2] == ["sign-flip test", "20% trimmed mean"]
    line = _lines(context)["20% trimmed mean"]
    assert (line.evidence, line.agrees) == ("supported", False)


def test_nothing_is_trimmed_off_four_seeds(tmp_path):
    assert "20% trimmed mean" not in _lines(_context(tmp_path, [0.02, 0.021, 0.022, 0.023]))


def test_best_on_validation_is_another_outcome(tmp_path):
    context = _context(tmp_path, [0.02] * 6)
    assert _lines(context)["best on validation"].agrees
    arms = list(context.arms)
    worse = arms[1].rows.assign(best_validation_accuracy=0.1)
    turned = replace(context, arms=(arms[0], replace(arms[1], rows=worse)))
    line = _lines(turned)["best on validation"]
    assert (line.evidence, line.agrees) == ("refuted", False)


def test_sign_flips_confirm_or_name_what_they_do_not(tmp_path):
    context = _context(tmp_path, [0.020, 0.022, 0.021, 0.023, 0.022, 0.019])
    assert _lines(context)["sign-flip test"].agrees
    leg = context.judgement.legs[0]
    doubtful = replace(leg, effects=(replace(leg.effects[0], sign_flip_p=0.2),))
    context = replace(context, judgement=replace(context.judgement, legs=(doubtful,)))
    line = _lines(context)["sign-flip test"]
    assert (line.evidence, line.agrees) == ("inconclusive", False)
    assert line.detail == "does not confirm depth 3 − depth 2 (p = 0.200)"
