"""The learning curves: the same runs on three axes, few enough to be told apart."""

import math
import re

import pandas as pd
import pytest
from hyperverdict import figures
from hyperverdict.figures import curves, selection
from hyperverdict.figures.data import ROUGH, seed_values
from hyperverdict.figures.runs import Runs
from hyperverdict.records.tables import Tables

from tests.unit.report import made_runs, samples

STUDY, REPORT, TABLES = samples.whole()
RUNS = Runs(TABLES, REPORT.hypotheses)
TRADE_OFF, DEPTH, WIDTH = REPORT.hypotheses
IMPORTANCE = {"matters_more": {"these": {"width": [16, 32, 64, 256]}, "than": {"depth": [1, 2, 3]}}}
SHARE = {"accuracy": {"share_of_variance": "higher"}}


def many_arms():
    """A claim of 12 arms of different scores."""
    study, report, tables = samples.judge_terms(
        IMPORTANCE,
        lambda arm, seed: 0.5 + 0.001 * sum(map(ord, arm.label)) % 0.3 + 0.001 * seed,
        SHARE,
    )
    return study, report.hypotheses[0], Runs(tables, report.hypotheses)


def without(column):
    return Runs(Tables(TABLES.final, TABLES.curves.drop(columns=column)), REPORT.hypotheses)


def test_the_same_runs_are_shown_over_steps_images_and_seconds():
    info = curves.curves_info(TRADE_OFF, STUDY, RUNS)
    assert [p.scale.title for p in info.panels] == [
        "train steps",
        "images seen",
        "training seconds",
    ]
    # 300 steps of 128 images are 38,400 samples: the same runs, drawn once.
    assert len(info.curves) == 5
    verdict = TRADE_OFF.verdicts[1]
    curve = next(c for c in info.curves if c.name == "batch size 4 at 38,400 samples")
    own = TABLES.curves[TABLES.curves["path"] == verdict.arms[0].path]
    last = own[own["step"] == own["step"].max()]
    assert len(curve.mean) == len(curve.sd) == len(curve.positions["samples"]) == 20
    assert curve.mean[-1] == pytest.approx(last["accuracy"].mean())
    assert curve.sd[-1] == pytest.approx(last["accuracy"].std())
    # Timed without other jobs, whatever the runs recorded.
    assert curve.timed
    timed = verdict.arms[0].means["train_time"]
    assert curve.positions["train_seconds"][-1] == pytest.approx(timed)
    assert curve.positions["train_seconds"][9] == pytest.approx(timed / 2)
    assert last["train_seconds"].mean() != pytest.approx(timed)
    assert ROUGH not in curves.caption(info, TRADE_OFF)


def test_seconds_of_jobs_side_by_side_are_called_rough():
    info = curves.curves_info(DEPTH, STUDY, RUNS)
    curve = info.curves[0]
    own = TABLES.curves[TABLES.curves["path"] == DEPTH.verdicts[0].arms[0].path]
    last = own[own["step"] == own["step"].max()]
    assert curve.positions["train_seconds"][-1] == pytest.approx(last["train_seconds"].mean())
    assert ROUGH in curves.caption(info, DEPTH)
    at_five = curves.curves_info(TRADE_OFF, STUDY, RUNS).curves[-1]
    assert (at_five.budget, at_five.positions["train_seconds"][-1]) == ("5 seconds", 5.0)
    assert curve.n[-1] == 10


def test_each_budget_is_a_line_where_it_ends():
    steps, images, seconds = curves.curves_info(TRADE_OFF, STUDY, RUNS).panels
    assert [line.name for line in steps.lines] == ["300 steps", "5 seconds"]
    assert steps.lines[0].x == 300
    assert [(line.x, line.name) for line in images.lines] == [(38_400, "38,400 samples")]
    # 38,400 samples are 300 steps of 128 images, so that line stands on its own axis only.
    assert (5.0, "5 seconds") in seconds.lines


def test_two_budgets_that_end_at_one_place_share_a_line():
    info = curves.curves_info(DEPTH, STUDY, RUNS)
    assert [[line.name for line in panel.lines] for panel in info.panels[:2]] == [["300 steps"]] * 2


def test_curves_of_other_splits_are_ignored():
    noisy = pd.concat([TABLES.curves, TABLES.curves.assign(split="train", accuracy=9.0)])
    runs = Runs(Tables(TABLES.final, noisy), REPORT.hypotheses)
    assert curves.curves_info(DEPTH, STUDY, runs) == curves.curves_info(DEPTH, STUDY, RUNS)


@pytest.mark.parametrize(
    ("column", "panels"),
    [("train_seconds", ["steps", "samples"]), ("samples", ["steps", "seconds"])],
)
def test_an_axis_that_no_run_records_has_no_panel(column, panels):
    drawn = curves.draw(DEPTH, STUDY, without(column))
    assert list(drawn.panels) == panels
    blank = Tables(TABLES.final, TABLES.curves.assign(**{column: math.nan}))
    assert list(curves.draw(DEPTH, STUDY, Runs(blank, REPORT.hypotheses)).panels) == panels


def test_a_panel_that_is_left_out_is_a_file_and_not_in_the_page(tmp_path):
    tables = Tables(TABLES.final, TABLES.curves.drop(columns="train_seconds"))
    figures.draw_all(REPORT, STUDY, tables, tmp_path)
    assert (tmp_path / "H5.curves.seconds.svg").exists()
    shown = {p.key: p for p in figures.pictures(DEPTH, STUDY, tmp_path)}
    assert len(shown["H5.curves"].panels) == 2
    assert [file for _, file in shown["H5.curves"].files] == [
        "H5.curves.steps.svg",
        "H5.curves.samples.svg",
        "H5.curves.csv",
    ]


def test_runs_with_final_values_alone_have_no_curves():
    bare = Runs(Tables(TABLES.final, TABLES.curves.iloc[:0]), REPORT.hypotheses)
    assert "no learning curves" in curves.draw(DEPTH, STUDY, bare).nothing
    none = Runs(Tables(TABLES.final, pd.DataFrame(columns=["path", "seed"])), REPORT.hypotheses)
    assert "no learning curves" in curves.draw(DEPTH, STUDY, none).nothing


def test_at_most_eight_arms_have_a_curve_and_a_sentence_says_where_the_others_are():
    study, report, runs = many_arms()
    [verdict] = report.verdicts
    labels = tuple(arm.label for arm in verdict.arms)
    assert len(labels) == 12
    means = {arm.label: arm.means["accuracy"] for arm in verdict.arms}
    ranked = sorted(means, key=means.get)
    shown = selection.shown_arms(report, study.metrics["accuracy"], labels)
    assert {ranked[0], ranked[-1]} <= set(shown)
    assert set(shown) & set(ranked[5:7])
    drawn = curves.draw(report, study, runs)
    assert "the other 9 of 12 arms are in the table of all runs" in drawn.caption
    arms = {row[0] for row in drawn.values.rows}
    assert len(arms) == 3
    assert "are in the table" not in curves.draw(WIDTH, STUDY, RUNS).caption


def test_the_arms_that_decide_a_claim_of_many_are_shown():
    terms = {"trend": {"width": [8, 16, 32, 64, 96, 128, 192, 256, 384]}, "shape": "every_step"}
    study, report, _ = samples.judge_terms(
        terms,
        lambda arm, seed: (
            0.5 + 0.02 * len(str(arm.configuration["hidden_units"][0])) + 0.001 * (seed % 3)
        ),
    )
    [hypothesis] = report.hypotheses
    [verdict] = hypothesis.verdicts
    labels = tuple(arm.label for arm in verdict.arms)
    pair = set(selection._deciding(hypothesis))
    assert len(pair) == 2
    assert pair <= set(selection.shown_arms(hypothesis, study.metrics["accuracy"], labels))


def test_title_and_text_hold_the_finding_and_its_numbers():
    drawn = curves.draw(TRADE_OFF, STUDY, RUNS)
    assert drawn.title == (
        "Test accuracy with batch size 128 against batch size 4: 3.00 points higher at 300 steps "
        "and at 38,400 samples; 3.00 points lower at 5 seconds."
    )
    assert curves.draw(WIDTH, STUDY, RUNS).title.startswith("At 300 steps, test accuracy was 3.0")
    assert "batch size 4 at 300 steps 70.0% ± 0.2% (10 seeds)" in drawn.text
    assert drawn.text.endswith("batch size 4 70.0% and batch size 128 73.0%.")


def test_every_drawn_point_is_in_the_values():
    drawn = curves.draw(TRADE_OFF, STUDY, RUNS)
    assert drawn.values.columns == (
        "arm", "budget", "step", "samples", "epoch", "train_seconds", "mean_accuracy", "sd", "seeds",
    )  # fmt: skip
    assert len(drawn.values.rows) == 5 * 20


def test_seeds_that_ended_early_are_said():
    path = DEPTH.verdicts[0].arms[0].path
    table = TABLES.curves
    ended = table[(table["path"] != path) | (table["seed"] > 2) | (table["step"] < 100)]
    runs = Runs(Tables(TABLES.final, ended), REPORT.hypotheses)
    drawn = curves.draw(DEPTH, STUDY, runs)
    assert "the mean covers only the rest" in drawn.caption
    assert "(7 seeds)" in drawn.text


def test_lengths_that_differ_much_stand_on_a_log_axis():
    steps, images, _ = curves.curves_info(TRADE_OFF, STUDY, RUNS).panels
    assert steps.log
    assert images.log
    assert not curves.curves_info(DEPTH, STUDY, RUNS).panels[0].log


def test_a_learning_curve_counts_epochs_on_its_second_axis():
    study, report = samples.judged("learning curve", "supported")
    tables = made_runs.tables_of(
        study, made_runs.scores("learning curve", "supported", 10), "supported"
    )
    info = curves.curves_info(report.hypotheses[0], study, Runs(tables))
    titles = [panel.scale.title for panel in info.panels]
    assert titles == ["train steps", "epochs (full passes)", "training seconds"]
    assert info.panels[1].lines == (curves.Line(5.0, "5 epochs"),)
    assert [curve.name for curve in info.curves] == ["5 epochs"]


def test_hovering_tells_where_a_curve_ends(tmp_path):
    figures.draw_all(REPORT, STUDY, TABLES, tmp_path)
    text = (tmp_path / "H5.curves.steps.svg").read_text()
    found = re.findall(r"<title>(depth 2[^<]*)</title>", text)
    assert found == ["depth 2 at 300 steps 70.0% ± 0.2% (10 seeds)"] * 2


@pytest.mark.parametrize("report", REPORT.hypotheses, ids=lambda report: report.id)
def test_values_are_the_same_with_and_without_an_index(report):
    shuffled = TABLES.final.sample(frac=1, random_state=1)
    runs = Runs(Tables(shuffled, TABLES.curves), REPORT.hypotheses)
    for arm in report.verdicts[0].arms:
        scanned = seed_values(shuffled, arm, STUDY.metrics["accuracy"])
        assert len(scanned) == 10
        assert seed_values(runs, arm, STUDY.metrics["accuracy"]) == scanned
