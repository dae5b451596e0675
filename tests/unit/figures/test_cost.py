"""Score against cost."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from hyperverdict.figures import cost, curves
from hyperverdict.figures.data import ROUGH
from hyperverdict.figures.runs import Runs
from hyperverdict.records.tables import Tables

from tests.unit.figures.test_curves import many_arms
from tests.unit.report import samples

STUDY, REPORT, TABLES = samples.whole()
FINAL = TABLES.final
TRADE_OFF, DEPTH, WIDTH = REPORT.hypotheses


def test_cost_is_seconds_unless_a_run_has_none():
    info = cost.cost_info(TRADE_OFF, STUDY, FINAL)
    assert info.cost == "train_seconds"
    assert len(info.clouds) == 6
    none = FINAL.assign(train_seconds=0.0)
    assert cost.cost_info(DEPTH, STUDY, FINAL).cost == "train_seconds"
    assert cost.cost_info(DEPTH, STUDY, none).cost == "samples"


def test_seconds_measured_alone_come_before_those_of_jobs_side_by_side():
    info = cost.cost_info(TRADE_OFF, STUDY, FINAL)
    assert info.timed
    for verdict in TRADE_OFF.verdicts:
        for arm in verdict.arms:
            [cloud] = [c for c in info.clouds if c.name == cost.arm_at(arm, verdict)]
            held = 5.0 if verdict.budget == "5 seconds" else None
            assert set(cloud.costs) == {held or arm.means["train_time"]}
    assert cost.ALONE in cost.draw(TRADE_OFF, STUDY, Runs(TABLES, REPORT.hypotheses)).caption
    assert not cost.cost_info(DEPTH, STUDY, FINAL).timed
    assert ROUGH in cost.draw(DEPTH, STUDY, Runs(TABLES, REPORT.hypotheses)).caption


def test_only_finished_runs_on_the_own_seeds_count():
    path = DEPTH.verdicts[0].arms[0].path
    failed = FINAL.assign(
        status=FINAL["status"].where((FINAL["path"] != path) | (FINAL["seed"] != 3), "diverged")
    )
    first, second = cost.cost_info(DEPTH, STUDY, failed).clouds
    assert 3 not in first.seeds
    assert (len(first.seeds), len(second.seeds)) == (9, 10)
    more = pd.concat([FINAL, FINAL.assign(seed=FINAL["seed"] + 10)])
    assert cost.cost_info(DEPTH, STUDY, more) == cost.cost_info(DEPTH, STUDY, FINAL)


def test_the_words_name_the_best_and_the_cheapest_with_their_numbers():
    drawn = cost.draw(TRADE_OFF, STUDY, Runs(TABLES, REPORT.hypotheses))
    assert re.fullmatch(
        r"Best mean test accuracy: batch size 128 at 300 steps, 73\.0% for 0\.3 s per run\. "
        r"Lowest cost: .* per run\.|Best mean test accuracy at the lowest cost: .* per run\.",
        drawn.title,
    )
    assert "batch size 4 at 300 steps, 70.0% for 0.3 s per run (10 runs)" in drawn.text
    assert len(drawn.values.rows) == 60
    assert drawn.values.columns == ("arm", "budget", "seed", "train_seconds", "accuracy")


def test_a_large_mark_stands_at_the_means_that_the_words_name():
    cloud = cost.Cloud("a", "b", "c", (0, 1), (1.0, 100.0), (0.5, 0.7))
    assert cloud.middle == pytest.approx((50.5, 0.6))


def test_of_many_arms_a_few_stand_out_and_the_others_are_grey():
    study, report, runs = many_arms()
    drawn = cost.draw(report, study, runs)
    assert "the other 9 of 12 arms" in drawn.caption
    assert len({row[0] for row in drawn.values.rows}) == 12
    [ax] = drawn.panels[""].figure.axes
    [others] = ax.patches
    assert len(others.get_path().vertices) == 2 * 9


def test_without_costs_there_is_nothing():
    bare = FINAL.drop(columns=["train_seconds", "samples"])
    drawn = cost.draw(DEPTH, STUDY, Runs(Tables(bare, TABLES.curves), REPORT.hypotheses))
    assert "no run with a recorded cost" in drawn.nothing


def test_runs_from_elsewhere_keep_the_seconds_of_each_run():
    """Their mean is no timing without other jobs."""
    verdicts = tuple(
        replace(v, arms=tuple(replace(arm, is_ours=False) for arm in v.arms))
        for v in TRADE_OFF.verdicts
    )
    report = replace(TRADE_OFF, verdicts=verdicts)
    info = cost.cost_info(report, STUDY, FINAL)
    assert not info.timed
    assert all(len(set(cloud.costs)) == len(cloud.costs) for cloud in info.clouds)
    learned = curves.curves_info(report, STUDY, Runs(TABLES, (report,)))
    assert not any(curve.timed for curve in learned.curves)
