"""What the figures show, asserted on the info tuples and never on pixels."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from hyperverdict.figures import cost, forest, heatmap, learning_curves, paired, style, trend

from tests.unit.report import samples

STUDY = samples.study()


@pytest.fixture(scope="module")
def whole():
    report = samples.report()
    final = samples.final_table(report.hypotheses)
    return report, final, samples.curves_table(final)


def test_paired_info_joins_the_arms_of_each_budget_by_seed(whole):
    report, final, _ = whole
    info = paired.paired_info(report.hypotheses[0], STUDY, final)
    assert [p.title for p in info.panels] == [
        "At 300 steps: refuted",
        "At 38,400 samples: supported",
        "At 5 seconds: inconclusive (untuned)",
    ]
    panel = info.panels[0]
    assert panel.arms == ("batch size 4", "batch size 128")
    assert panel.seeds == samples.SEEDS
    path = report.hypotheses[0].verdicts[0].arms[1].path
    recorded = final[final["path"] == path].set_index("seed")["test_accuracy"]
    assert panel.values[1] == tuple(recorded[seed] for seed in samples.SEEDS)


def test_time_effects_have_no_table_values_and_go_into_a_forest(whole):
    report, final, _ = whole
    info = paired.paired_info(report.hypotheses[0], STUDY, final)
    assert [f.title for f in info.forests] == ["Training time"]
    assert [row.label for row in info.forests[0].rows] == ["At 300 steps", "At 38,400 samples"]
    assert info.forests[0].unit.ratio
    assert info.forests[0].rows[0].band == pytest.approx((1 / 1.1, 1.1))


def test_a_failed_run_is_a_gap_and_its_seed_stays(whole):
    report, final, _ = whole
    path = report.hypotheses[0].verdicts[0].arms[0].path
    failed = final.assign(
        status=final["status"].where((final["path"] != path) | (final["seed"] != 3), "diverged")
    )
    panel = paired.paired_info(report.hypotheses[0], STUDY, failed).panels[0]
    assert math.isnan(panel.values[0][3])
    assert not math.isnan(panel.values[1][3])


def test_only_the_hypothesis_own_seeds_are_drawn(whole):
    report, final, _ = whole
    more = pd.concat([final, final.assign(seed=final["seed"] + 10)])
    assert paired.paired_info(report.hypotheses[0], STUDY, more).panels[0].seeds == samples.SEEDS


def test_trend_info_orders_levels_and_keeps_every_contrast(whole):
    report, final, _ = whole
    shuffled = report.hypotheses[2]
    verdict = shuffled.verdicts[0]
    shuffled = replace(shuffled, verdicts=(replace(verdict, arms=verdict.arms[::-1]),))
    [panel] = trend.trend_info(shuffled, STUDY, final).panels
    assert (panel.factor, panel.levels) == ("width", (16, 64, 256, 1024))
    assert len(panel.values) == len(samples.SEEDS)
    assert len(panel.effects.rows) == 4
    lowest = final[final["path"] == verdict.arms[0].path]["test_accuracy"].iloc[0]
    assert panel.values[0][0] == lowest


def test_trend_over_unordered_arms_is_a_forest(whole):
    report, final, _ = whole
    verdict = report.hypotheses[2].verdicts[0]
    arms = tuple(replace(a, settings={"optimizer": a.label}) for a in verdict.arms)
    changed = replace(report.hypotheses[2], verdicts=(replace(verdict, arms=arms),))
    info = trend.trend_info(changed, STUDY, final)
    assert not info.panels
    assert len(info.forests) == 1


@pytest.mark.parametrize(("kind", "evidence"), samples.every_combination())
def test_forest_info_holds_every_effect(kind, evidence):
    report = samples.hypothesis_report(kind, evidence)
    info = forest.forest_info(report, STUDY)
    drawn = sum(len(panel.rows) for panel in info.panels)
    assert drawn == sum(len(leg.effects) for leg in report.verdicts[0].judgement.legs)
    for row in (row for panel in info.panels for row in panel.rows):
        assert row.evidence == evidence
        assert row.interval[0] <= row.estimate <= row.interval[1]


def test_curves_follow_the_budget_on_the_horizontal_axis(whole):
    report, _, curves = whole
    info = learning_curves.curves_info(report.hypotheses[0], STUDY, curves)
    assert [p.x_title for p in info.panels] == ["train steps", "images seen", "training seconds"]
    curve = info.panels[1].curves[0]
    assert curve.n == 10
    assert len(curve.x) == len(curve.mean) == len(curve.sd) == 20
    own = curves[(curves["path"] == report.hypotheses[0].verdicts[1].arms[0].path)]
    last = own[own["step"] == own["step"].max()]["accuracy"]
    assert curve.mean[-1] == pytest.approx(last.mean())
    assert curve.sd[-1] == pytest.approx(last.std())


def test_curves_of_other_splits_are_ignored(whole):
    report, _, curves = whole
    noisy = pd.concat([curves, curves.assign(split="train", accuracy=9.0)])
    assert learning_curves.curves_info(
        report.hypotheses[1], STUDY, noisy
    ) == learning_curves.curves_info(report.hypotheses[1], STUDY, curves)


def test_cost_uses_seconds_unless_a_run_has_none(whole):
    report, final, _ = whole
    info = cost.cost_info(report.hypotheses[0], STUDY, final)
    assert info.cost == "train_seconds"
    assert len(info.clouds) == 6
    assert (
        cost.cost_info(report.hypotheses[0], STUDY, final.assign(train_seconds=0.0)).cost
        == "samples"
    )


def test_heatmap_means_over_seeds_and_marks_other_fidelities():
    exploration = STUDY.explorations[0]
    final = samples.exploration_table(STUDY)
    info = heatmap.heatmap_info(exploration, STUDY, final)
    assert (info.rows, info.columns) == (("1", "2", "3"), ("16", "64", "256"))
    path = samples.arm("x", {"width": 64, "depth": 3}).path
    own = final[final["path"] == path]["test_accuracy"]
    assert info.cells[2][1].mean == pytest.approx(own.mean())
    assert info.cells[2][1].n == 10
    assert not any(any(row) for row in info.odd)
    for steps, marked in ((310, []), (330, [(2, 1)]), (2700, [(2, 1)])):
        mixed = final.assign(steps=final["steps"].where(final["path"] != path, steps))
        odd = heatmap.heatmap_info(exploration, STUDY, mixed).odd
        assert [(r, c) for r in range(3) for c in range(3) if odd[r][c]] == marked


def test_heatmap_cell_without_a_run_is_empty():
    final = samples.exploration_table(STUDY)
    path = samples.arm("x", {"width": 16, "depth": 1}).path
    info = heatmap.heatmap_info(STUDY.explorations[0], STUDY, final[final["path"] != path])
    assert info.cells[0][0].n == 0
    assert math.isnan(info.cells[0][0].mean)


def test_width_and_depth_replace_only_their_half_of_hidden_units():
    study = replace(STUDY, baseline={"data": "digits", "hidden_units": [64, 64, 64]})
    assert heatmap.settings_with(study, {"width": 16}) == {
        "data": "digits",
        "width": 16,
        "depth": 3,
    }
    assert heatmap.settings_with(STUDY, {"hidden_units": [8]})["hidden_units"] == [8]
    assert "width" not in heatmap.settings_with(STUDY, {"hidden_units": [8]})


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
    empty = pd.DataFrame({"path": [], "seed": []})
    assert not forest.forest_info(report, STUDY).panels
    assert not trend.trend_info(report, STUDY, empty).forests
    assert not paired.paired_info(report, STUDY, empty).forests
