"""What the figures show, asserted on the info tuples and never on pixels."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from hyperverdict.claims.wording import deciding_effect
from hyperverdict.figures import (
    forest,
    growth,
    heatmap,
    levels,
    lines,
    robustness,
    scores,
    shares,
    style,
    tuning,
    winners,
)
from hyperverdict.figures.data import arm_texts
from hyperverdict.figures.runs import Runs
from hyperverdict.records.tables import Tables
from hyperverdict.study.tuning import tuning_arms
from hyperverdict.vocabulary.metrics import RECORDED

from tests.unit.report import made_runs, samples

STUDY, REPORT, TABLES = samples.whole()
FINAL = TABLES.final
TRADE_OFF, DEPTH, WIDTH = REPORT.hypotheses


def runs_of(final, report=TRADE_OFF):
    return Runs(Tables(final, TABLES.curves), [report])


def test_scores_hold_every_run_of_each_arm_at_each_budget():
    info = scores.scores_info(TRADE_OFF, STUDY, runs_of(FINAL))
    assert [arm.title for arm in info.arms] == [
        f"batch size {size} at {budget}"
        for budget in ("300 steps", "38,400 samples", "5 seconds")
        for size in (4, 128)
    ]
    first = info.arms[1]
    assert tuple(seed for seed, _ in first.values) == made_runs.SEEDS
    path = TRADE_OFF.verdicts[0].arms[1].path
    recorded = FINAL[FINAL["path"] == path].set_index("seed")["test_accuracy"]
    assert [value for _, value in first.values] == [recorded[seed] for seed in made_runs.SEEDS]
    assert first.mean == pytest.approx(recorded.mean())
    low, high = first.interval
    sem = recorded.std() / len(recorded) ** 0.5
    assert (high - low) / 2 == pytest.approx(2.262157 * sem, rel=1e-5)


def test_a_failed_run_is_a_gap_and_its_seed_stays():
    path = TRADE_OFF.verdicts[0].arms[0].path
    failed = FINAL.assign(
        status=FINAL["status"].where((FINAL["path"] != path) | (FINAL["seed"] != 3), "diverged")
    )
    arm = scores.scores_info(TRADE_OFF, STUDY, runs_of(failed)).arms[0]
    assert math.isnan(dict(arm.values)[3])
    assert math.isfinite(arm.mean)


def test_only_the_hypothesis_own_seeds_are_drawn():
    more = pd.concat([FINAL, FINAL.assign(seed=FINAL["seed"] + 10)])
    arm = scores.scores_info(TRADE_OFF, STUDY, runs_of(more)).arms[0]
    assert tuple(seed for seed, _ in arm.values) == made_runs.SEEDS


def test_all_budgets_of_a_metric_share_one_axis_of_effects():
    info = forest.effects_info(TRADE_OFF, "accuracy")
    assert [line.budget for line in info.lines] == ["300 steps", "38,400 samples", "5 seconds"]
    times = forest.effects_info(TRADE_OFF, "train_time")
    assert [line.row.label for line in times.lines] == [
        "300 steps: 1.33 times faster (1.28 to 1.38 times)",
        "38,400 samples: 42.6 times faster (41.0 to 44.2 times)",
    ]
    assert times.unit.ratio
    assert times.lines[0].row.band == pytest.approx((1 / 1.1, 1.1))
    assert forest.effects_info(TRADE_OFF, "loss") is None


@pytest.mark.parametrize(("kind", "evidence"), samples.every_combination())
def test_every_effect_is_drawn_with_its_evidence(kind, evidence):
    report = samples.hypothesis_report(kind, evidence)
    judgement = report.verdicts[0].judgement
    metrics = dict.fromkeys(leg.metric.name for leg in judgement.legs)
    infos = [forest.effects_info(report, metric) for metric in metrics]
    lines = [line for info in infos if info for line in info.lines]
    assert len(lines) == len(judgement.effects)
    for line, effect in zip(lines, judgement.effects, strict=True):
        assert line.row.evidence == effect.evidence
        assert line.row.interval[0] <= line.row.estimate <= line.row.interval[1]


def test_of_many_effects_the_one_that_decides_is_drawn_and_the_rest_counted(monkeypatch):
    monkeypatch.setattr(forest, "MOST_ROWS", 2)
    [verdict] = WIDTH.verdicts
    [leg] = verdict.judgement.legs
    info = forest.effects_info(WIDTH, "accuracy")
    assert info.lines[0].effect == deciding_effect(leg)
    assert (len(info.lines), info.left_out) == (2, len(leg.effects) - 2)


def test_a_claimed_size_is_drawn_on_the_side_that_it_names():
    report = samples.hypothesis_report("comparison", "supported")
    [verdict] = report.verdicts
    effect = verdict.judgement.effects[0]
    assert effect.claimed_range is None
    assert replace(effect, between=(0.0, 0.05)).claimed_range == (0.0, 0.05)
    lower = replace(effect, between=(0.01, 0.05), direction="lower")
    assert lower.claimed_range == (-0.05, -0.01)
    ratio = samples.verdict("trade-off", "supported").judgement.effects[0]
    faster = replace(ratio, between=(0.0, 1.25), direction="lower")
    assert faster.claimed_range == (0.8, 1.0)


def test_levels_are_ordered_with_means_and_intervals():
    [verdict] = WIDTH.verdicts
    shuffled = replace(WIDTH, verdicts=(replace(verdict, arms=verdict.arms[::-1]),))
    info = levels.levels_info(shuffled, STUDY, runs_of(FINAL, WIDTH))
    [line] = info.lines
    assert (info.factor, line.levels) == ("width", (16, 64, 256, 1024))
    assert len(line.values) == len(made_runs.SEEDS)
    own = FINAL[FINAL["path"] == verdict.arms[0].path]["test_accuracy"]
    assert line.values[0][0] == own.iloc[0]
    assert line.means[0] == pytest.approx(own.mean())
    assert not any(line.best)


def test_levels_without_an_order_are_the_scores_of_the_arms():
    [verdict] = WIDTH.verdicts
    arms = tuple(replace(a, settings={"optimizer": a.label}) for a in verdict.arms)
    changed = replace(WIDTH, verdicts=(replace(verdict, arms=arms),))
    runs = runs_of(FINAL, changed)
    assert levels.levels_info(changed, STUDY, runs) is None
    assert levels.values(changed, STUDY, runs) == scores.values(changed, STUDY, runs)


def judged_with_runs(kind, evidence="supported"):
    study, report = samples.judged(kind, evidence)
    tables = made_runs.tables_of(study, made_runs.scores(kind, evidence, 10))
    [hypothesis] = report.hypotheses
    return study, hypothesis, Runs(tables, report.hypotheses)


def test_levels_near_the_best_are_those_of_the_verdict():
    study, hypothesis, runs = judged_with_runs("optimum")
    [line] = levels.levels_info(hypothesis, study, runs).lines
    near = dict(hypothesis.verdicts[0].judgement.facts["within_delta_of_best"])["test accuracy"]
    assert [level for level, best in zip(line.levels, line.best, strict=True) if best] == [
        float(title.rpartition(" ")[2])
        for title in sorted(near, key=lambda t: float(t.split()[-1]))
    ]


def test_an_interaction_is_a_line_per_context():
    study, hypothesis, runs = judged_with_runs("interaction")
    info = lines.lines_info(hypothesis, study, runs)
    assert [line.name for line in info.lines] == ["width 16", "width 64"]
    assert info.change == "depth 2 → 3"
    [effect] = hypothesis.verdicts[0].judgement.effects
    (a, b), (c, d) = (line.means for line in info.lines)
    assert (d - c) - (b - a) == pytest.approx(effect.estimate)
    assert forest.effects_info(hypothesis, "accuracy").axis == (
        "Difference in effect on test accuracy (points)"
    )


def test_importance_has_a_share_with_an_interval_for_each_hyperparameter():
    _, hypothesis, _ = judged_with_runs("importance")
    found = {share.name: share for share in shares.shares_info(hypothesis)}
    assert set(found) == {"width", "depth"}
    assert (found["width"].claimed, found["depth"].claimed) == (True, False)
    for share in found.values():
        low, high = share.interval
        assert low <= share.share <= high


def test_a_strategy_shows_what_the_winner_of_every_seed_scored():
    _, hypothesis, _ = judged_with_runs("strategy")
    found = {one.search: one for one in winners.winners_info(hypothesis)}
    assert set(found) == {"one_at_a_time", "grid"}
    [effect] = hypothesis.verdicts[0].judgement.effects
    means = {name: sum(one.values) / len(one.values) for name, one in found.items()}
    assert means["one_at_a_time"] - means["grid"] == pytest.approx(effect.estimate, abs=1e-9)


def test_a_definition_shows_how_the_count_grows():
    report = samples.hypothesis_report("definitional", "true by arithmetic")
    assert growth.growth_info(report) == (("width (5)", 5), ("× depth (4)", 20))


def test_robustness_holds_the_verdict_and_every_other_way_that_measured_it():
    _, hypothesis, _ = judged_with_runs("comparison")
    info = robustness.ways_info(hypothesis, "accuracy")
    [verdict] = hypothesis.verdicts
    [effect] = verdict.judgement.effects
    assert (info.ways[0].name, info.ways[0].estimate) == ("as judged", effect.estimate)
    others = {(way.name, way.estimate, way.interval) for way in info.ways[1:]}
    measured = {
        (
            line.name if one.without_seed is None else f"without seed {one.without_seed}",
            one.estimate,
            one.interval,
        )
        for line in verdict.sensitivity
        for one in line.estimates
    }
    assert others
    assert others <= measured
    assert any(way.seed is not None for way in info.ways)


def test_tuning_shows_every_trial_its_seeds_and_the_choice(tmp_path):
    claim = samples.entry("comparison", tune={"learning_rate": [0.001, 0.003, 0.01]})
    study = samples.read(samples.raw_study({"H1": claim}))
    [hypothesis] = study.hypotheses
    trials = tuning_arms(hypothesis, study, hypothesis.budgets[0])
    best = {trial.arm: dict(trial.settings) for trial in trials}
    budget = str(hypothesis.budgets[0])
    hypothesis = replace(hypothesis, tuned={budget: best})
    rows = [
        {
            "path": trial.configuration.path, "seed": seed, "failed": False,
            "validation_accuracy": trial.settings["learning_rate"] + 0.0001 * (seed % 7),
        }
        for trial in trials
        for seed in trial.seeds
    ]  # fmt: skip
    runs = Runs(Tables(pd.DataFrame(rows), TABLES.curves))
    metric = RECORDED["accuracy"]
    info = tuning.tuning_info(hypothesis, study, {}, hypothesis.budgets[0], metric, runs)
    assert info.names == ("0.001", "0.003", "0.01")
    for _, tried in info.arms.values():
        assert [trial.chosen for trial in tried] == [False, False, True]
        assert [trial.edge for trial in tried] == [False, False, True]
        assert all(len(trial.scores) == 3 for trial in tried)
        assert tried[0].mean == pytest.approx(sum(s for _, s in tried[0].scores) / 3)


def cells_of(final):
    return heatmap.heatmap_info(STUDY.heatmaps[0], STUDY, final)


def path_of(**levels):
    return STUDY.baseline.configure(levels, STUDY.heatmaps[0].budget).path


def test_heatmap_means_over_seeds_and_marks_other_fidelities():
    final = made_runs.tables_of_heatmap(STUDY).final
    info = cells_of(final)
    assert (info.rows, info.columns) == (("1", "2", "3"), ("16", "64", "256"))
    path = path_of(width=64, depth=3)
    own = final[(final["path"] == path) & final["seed"].isin(STUDY.heatmaps[0].seeds)]
    assert info.cells[2][1].mean == pytest.approx(own["test_accuracy"].mean())
    assert info.cells[2][1].n == len(STUDY.heatmaps[0].seeds)
    assert not any(any(row) for row in info.odd)
    for steps, marked in ((310, []), (330, [(2, 1)]), (2700, [(2, 1)])):
        mixed = final.assign(steps=final["steps"].where(final["path"] != path, steps))
        odd = cells_of(mixed).odd
        assert [(r, c) for r in range(3) for c in range(3) if odd[r][c]] == marked


def test_heatmap_cell_without_a_run_is_empty():
    final = made_runs.tables_of_heatmap(STUDY).final
    info = cells_of(final[final["path"] != path_of(width=16, depth=1)])
    assert info.cells[0][0].n == 0
    assert math.isnan(info.cells[0][0].mean)


def test_arms_are_named_by_their_levels_where_they_share_factors():
    texts = arm_texts(samples.hypothesis_report("universal", "supported"))
    assert texts.factors == "width, depth"
    assert list(texts.short.values())[:2] == ["16, 2", "16, 3"]
    assert next(iter(texts.titles.values())) == "depth 2, width 16"
    report = samples.hypothesis_report("comparison", "supported")
    [verdict] = report.verdicts
    arms = (verdict.arms[0], replace(verdict.arms[1], settings={"width": 16}))
    other = arm_texts(replace(report, verdicts=(replace(verdict, arms=arms),)))
    assert other.factors == ""
    assert other.short == other.titles


def test_names_stand_beside_only_when_few_and_short():
    few = arm_texts(WIDTH)
    assert style.fits_beside(few)
    many = few._replace(titles={str(i): f"width {i}" for i in range(9)})
    assert not style.fits_beside(many)
    assert not style.fits_beside(few._replace(titles={"a": "optimizer adam, learning rate 0.001"}))


def test_long_text_is_wrapped_and_loses_its_middle_only():
    assert style.fit("width 16", 20) == "width 16"
    cut = style.fit("a" * 300 + " end", 40)
    assert len(cut) <= 84
    assert cut.startswith("aaa")
    assert cut.endswith("end")
    assert "…" in cut


def test_names_stay_inside_the_axes():
    moved = style.spread([0.95, 0.97, 0.98], 0.1, 0.0, 1.0)
    assert max(moved) <= 1.0 + 1e-9
    assert sorted(moved)[1] - sorted(moved)[0] >= 0.1 - 1e-9


def test_labels_are_spread_apart_around_their_places():
    moved = style.spread([0.5, 0.5, 0.9], 0.1)
    assert sorted(moved)[1] - sorted(moved)[0] == pytest.approx(0.1)
    assert sum(moved) == pytest.approx(1.9)


@pytest.mark.parametrize(("low", "high"), [(0.2, 30), (0.9, 1.12), (0.001, 1000), (1e-6, 1.1e-6)])
def test_log_axes_have_a_few_round_ticks(low, high):
    ticks = style.ratio_ticks(low, high)
    assert 3 <= len(ticks) <= 7
    assert all(low <= tick <= high for tick in ticks)


@pytest.mark.parametrize("kind", ["comparison", "trend", "universal"])
def test_effects_that_were_not_measured_are_not_drawn(kind):
    report = samples.hypothesis_report(kind, "inconclusive")
    verdict = report.verdicts[0]
    legs = tuple(
        replace(leg, effects=tuple(replace(e, estimate=math.nan) for e in leg.effects))
        for leg in verdict.judgement.legs
    )
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=legs))
    report = replace(report, verdicts=(verdict,))
    assert forest.effects_info(report, "accuracy") is None
