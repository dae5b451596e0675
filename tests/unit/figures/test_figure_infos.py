"""What the figures show, asserted on the info tuples and never on pixels."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from hyperverdict.figures import forest, heatmap, levels, pairs, style
from hyperverdict.figures.data import arm_texts

from tests.unit.report import made_runs, samples

STUDY, REPORT, TABLES = samples.whole()
FINAL = TABLES.final
TRADE_OFF, DEPTH, WIDTH = REPORT.hypotheses


def test_pairs_join_the_arms_of_each_budget_by_seed():
    info = pairs.pairs_info(TRADE_OFF, FINAL)
    assert [p.title for p in info.panels] == [
        "At 300 steps: refuted",
        "At 38,400 samples: refuted",
        "At 5 seconds: supported",
    ]
    panel = info.panels[0]
    assert panel.arms == ("batch size 4", "batch size 128")
    assert panel.seeds == made_runs.SEEDS
    path = TRADE_OFF.verdicts[0].arms[1].path
    recorded = FINAL[FINAL["path"] == path].set_index("seed")["test_accuracy"]
    assert panel.values[1] == tuple(recorded[seed] for seed in made_runs.SEEDS)


@pytest.mark.parametrize("kind", ["comparison", "trend", "universal"])
def test_no_title_states_the_evidence_of_a_leg_above_a_blocked_verdict(kind):
    study, report = samples.judged(kind, "supported")
    blocked = samples.blocked_report(report.hypotheses[0])
    final = made_runs.tables_of(study, made_runs.scores(kind, "supported", 10)).final
    infos = (
        pairs.pairs_info(blocked, final),
        levels.levels_info(blocked, final),
        forest.forest_info(blocked),
    )
    titles = [p.title for info in infos for p in (*info.panels, *getattr(info, "forests", ()))]
    assert titles
    assert not [title for title in titles if "supported" in title]
    assert any("inconclusive (untuned)" in title for title in titles)


def test_no_title_states_a_supported_leg_above_a_refuted_trade_off():
    time, accuracy = TRADE_OFF.verdicts[0].judgement.judged_legs
    assert (time.evidence, accuracy.evidence) == ("supported", "refuted")
    info = pairs.pairs_info(TRADE_OFF, FINAL)
    said = [p.title for p in (*info.panels, *info.forests)]
    said += [row.label for panel in info.forests for row in panel.rows]
    assert not [text for text in said if "300 steps" in text and "supported" in text]


def test_time_effects_have_no_table_values_and_go_into_a_forest():
    info = pairs.pairs_info(TRADE_OFF, FINAL)
    assert [f.title for f in info.forests] == ["Training time"]
    assert [row.label for row in info.forests[0].rows] == [
        "At 300 steps: 1.33 times faster (1.28 to 1.38 times)",
        "At 38,400 samples: 42.6 times faster (41.0 to 44.2 times)",
    ]
    assert info.forests[0].unit.ratio
    assert info.forests[0].rows[0].band == pytest.approx((1 / 1.1, 1.1))


def test_a_failed_run_is_a_gap_and_its_seed_stays():
    path = TRADE_OFF.verdicts[0].arms[0].path
    failed = FINAL.assign(
        status=FINAL["status"].where((FINAL["path"] != path) | (FINAL["seed"] != 3), "diverged")
    )
    panel = pairs.pairs_info(TRADE_OFF, failed).panels[0]
    assert math.isnan(panel.values[0][3])
    assert not math.isnan(panel.values[1][3])


def test_only_the_hypothesis_own_seeds_are_drawn():
    more = pd.concat([FINAL, FINAL.assign(seed=FINAL["seed"] + 10)])
    assert pairs.pairs_info(TRADE_OFF, more).panels[0].seeds == made_runs.SEEDS


def test_seeds_that_do_not_match_are_joined_by_no_lines():
    [verdict] = DEPTH.verdicts
    [leg] = verdict.judgement.legs
    legs = (replace(leg, effects=tuple(replace(e, paired=False) for e in leg.effects)),)
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=legs))
    [panel] = pairs.pairs_info(replace(DEPTH, verdicts=(verdict,)), FINAL).panels
    assert not panel.paired
    assert pairs.pairs_info(DEPTH, FINAL).panels[0].paired


def test_levels_are_ordered_and_keep_every_contrast():
    [verdict] = WIDTH.verdicts
    shuffled = replace(WIDTH, verdicts=(replace(verdict, arms=verdict.arms[::-1]),))
    [panel] = levels.levels_info(shuffled, FINAL).panels
    assert (panel.factor, panel.levels) == ("width", (16, 64, 256, 1024))
    assert len(panel.values) == len(made_runs.SEEDS)
    assert len(panel.effects.rows) == 3
    lowest = FINAL[FINAL["path"] == verdict.arms[0].path]["test_accuracy"].iloc[0]
    assert panel.values[0][0] == lowest


def test_levels_without_an_order_are_a_forest():
    [verdict] = WIDTH.verdicts
    arms = tuple(replace(a, settings={"optimizer": a.label}) for a in verdict.arms)
    changed = replace(WIDTH, verdicts=(replace(verdict, arms=arms),))
    info = levels.levels_info(changed, FINAL)
    assert not info.panels
    assert len(info.forests) == 1


@pytest.mark.parametrize(("kind", "evidence"), samples.every_combination())
def test_a_forest_holds_every_effect(kind, evidence):
    report = samples.hypothesis_report(kind, evidence)
    effects = report.verdicts[0].judgement.effects
    rows = [row for panel in forest.forest_info(report).panels for row in panel.rows]
    assert len(rows) == len(effects)
    for row, effect in zip(rows, effects, strict=True):
        assert row.evidence == effect.evidence
        assert row.label.endswith(effect.evidence)
        assert row.interval[0] <= row.estimate <= row.interval[1]


def test_an_interaction_has_an_axis_of_effects():
    report = samples.hypothesis_report("interaction", "supported")
    assert (
        forest.forest_info(report).panels[0].axis
        == "difference in effect on test accuracy (points)"
    )


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
    empty = pd.DataFrame({"path": [], "seed": []})
    assert not forest.forest_info(report).panels
    assert not levels.levels_info(report, empty).forests
    assert not pairs.pairs_info(report, empty).forests
