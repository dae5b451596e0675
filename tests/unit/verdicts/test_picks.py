"""What a grid or a tuning picked: its score, corrected for the picking, and on other seeds."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hyperverdict.outcomes.values import index_runs
from hyperverdict.records.collect import collect
from hyperverdict.study.tuning import tuning_arms
from hyperverdict.verdicts.judge import JudgementInputs, judge_question, judge_study
from hyperverdict.verdicts.picks import picks
from hyperverdict.verdicts.store import read_verdicts, write_verdicts

from tests.unit.verdicts.synthetic import study_from, write_synthetic

STUDY = """
study: picked
data: digits
seeds: 6
baseline: {width: 16, depth: 1, budget: 300 steps}
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  deeper:
    says: Two layers are better.
    compare: {depth: {from: 1, to: 2}}
    tune: {learning_rate: [1e-3, 3e-3, 1e-2, 3e-2]}
    expect: {accuracy: higher}
explore:
  size: {grid: {width: [16, 32, 64, 128], depth: [1, 2, 3]}, seeds: 3}
"""


def luck(configuration, seed):
    """No cell is better than another; a seed is luck alone."""
    width, depth = configuration["hidden_units"][0], len(configuration["hidden_units"])
    rate = round(1e4 * configuration["learning_rate"])
    rng = np.random.default_rng([seed, width, depth, rate])
    return round(0.8 + float(rng.normal(0, 0.02)), 4)


def cells(study):
    heatmap = study.heatmaps[0]
    for levels in itertools.product(*heatmap.grid.values()):
        cell = dict(zip(heatmap.grid, levels, strict=True))
        yield study.baseline.configure(cell, heatmap.budget)


def index_of(study, folder, seeds=lambda configuration: range(3), score=luck, failed=()):
    for configuration in cells(study):
        write_synthetic(configuration, seeds(configuration), folder, score, failed)
    tables = collect(cells(study), folder)
    return tables, index_runs(tables.final, tables.curves)


@pytest.fixture
def study(tmp_path):
    return study_from(STUDY, tmp_path)


def test_the_best_cell_is_worth_less_than_it_looks(study, tmp_path):
    tables, index = index_of(study, tmp_path / "runs")
    (pick,) = picks(study, index, ())
    means = tables.final.groupby("path")["test_accuracy"].mean()
    assert (pick.of, pick.id, pick.candidates, pick.seeds) == ("heatmap", "size", 12, 3)
    assert pick.score == pytest.approx(means.max())
    assert pick.corrected < pick.score - 0.005
    assert pick.corrected > means.mean() - 0.005
    assert (pick.fresh_seeds, pick.fresh_score) == (0, None)
    assert pick.sentence.startswith("The best of 12 cells is width ")
    assert pick.sentence.endswith("No other seeds have run it yet.")


def test_seeds_that_did_not_pick_the_cell_are_shown_beside_it(study, tmp_path):
    tables, index = index_of(study, tmp_path / "runs", lambda configuration: range(9))
    (pick,) = picks(study, index, ())
    chosen = tables.final[tables.final["seed"] < 3].groupby("path")["test_accuracy"].mean().idxmax()
    fresh = tables.final[(tables.final["path"] == chosen) & (tables.final["seed"] >= 3)]
    assert pick.fresh_seeds == 6
    assert pick.fresh_score == pytest.approx(fresh["test_accuracy"].mean())
    assert "6 other seeds" in pick.sentence


@pytest.mark.parametrize(("metric", "best"), [("accuracy", "idxmax"), ("loss", "idxmin")])
def test_the_better_direction_is_the_metrics(tmp_path, metric, best):
    text = STUDY.replace("seeds: 3}", f"seeds: 3, metric: {metric}}}")
    study = study_from(text, tmp_path)
    tables, index = index_of(study, tmp_path / "runs")
    (pick,) = picks(study, index, ())
    column = study.heatmaps[0].metric.final
    means = tables.final.groupby("path")[column].mean()
    assert pick.score == pytest.approx(means[getattr(means, best)()])


def test_failures_of_the_best_cell_are_told(study, tmp_path):
    _, index = index_of(study, tmp_path / "runs", failed=[1])
    (pick,) = picks(study, index, ())
    assert (pick.seeds, pick.failed) == (2, 1)
    assert "1 more run failed" in pick.sentence


def test_nothing_is_picked_from_fewer_than_two_cells(study, tmp_path):
    study = replace(study, heatmaps=(replace(study.heatmaps[0], grid={"width": (16,)}),))
    _, index = index_of(study, tmp_path / "runs")
    assert picks(study, index, ()) == ()


def test_one_seed_a_cell_says_nothing_of_luck(study, tmp_path):
    _, index = index_of(study, tmp_path / "runs", lambda configuration: range(1))
    (pick,) = picks(study, index, ())
    assert pick.corrected is None
    assert "lucky" not in pick.sentence


def test_what_tuning_chose_is_corrected_and_scored_by_the_seeds_of_the_evaluation(tmp_path):
    text = STUDY.partition("explore:")[0]
    study = study_from(text, tmp_path)
    hypothesis = study.hypotheses[0]
    budget = hypothesis.budgets[0]
    trials = tuning_arms(hypothesis, study, budget)
    by_path = {t.configuration.path: t for t in trials}
    for trial in trials:
        # Any of the four may be chosen, so all have the seeds of the evaluation.
        seeds = (*trial.seeds, *hypothesis.seeds)
        write_synthetic(trial.configuration, seeds, tmp_path / "runs", luck)
    tables = collect((t.configuration for t in trials), tmp_path / "runs")
    index = index_runs(tables.final, tables.curves)
    best = {}
    for arm in dict.fromkeys(t.arm for t in trials):
        scored = {
            t.configuration.path: np.mean([luck(t.configuration, s) for s in t.seeds])
            for t in trials
            if t.arm == arm
        }
        best[arm] = by_path[max(scored, key=scored.get)]
    tuned = {str(budget): {arm: dict(trial.settings) for arm, trial in best.items()}}
    hypothesis = replace(hypothesis, tuned=tuned)
    study = replace(study, hypotheses=(hypothesis,))
    context = judge_question(JudgementInputs(study, index), hypothesis, budget).context
    found = picks(study, index, [context])
    assert [p.of for p in found] == ["tuning", "tuning"]
    for pick, trial in zip(found, best.values(), strict=True):
        assert pick.candidates == 4
        assert pick.seeds == len(trial.seeds)
        assert pick.fresh_seeds == 6
        fresh = np.mean([luck(trial.configuration, s) for s in hypothesis.seeds])
        assert pick.fresh_score == pytest.approx(fresh)
        assert pick.corrected <= pick.score
        assert "tuning chose learning rate" in pick.sentence
    report = judge_study(study, tables.final, tables.curves)
    assert report.picks == found
    write_verdicts(report, tmp_path)
    assert read_verdicts(tmp_path / "verdicts.json").picks == found
