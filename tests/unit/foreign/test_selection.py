"""Levels, contexts, seeds and runs that a claim picked from a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hyperverdict.foreign.judge import judge_table

from tests.unit.foreign.asking import blocked, concludes, fired, first, rows, study, verdict

LEVELS, SEEDS = 40, 5
PAIR = study({"lr": (1e-3, 1e-2)})


def _grid(effects=None, levels=LEVELS, seeds=SEEDS, noise=0.01, draw=2, **more):
    """Widths 1 to 40, equal but for the effects, on the same seeds."""
    random = np.random.default_rng(draw)
    scores = 0.5 + random.normal(0, noise, (levels, seeds))
    return pd.DataFrame(
        {"width": 1 + level, "seed": seed, "epochs": 9,
         "test_acc": round(scores[level, seed] + (effects or {}).get(1 + level, 0.0), 9), **more}
        for level in range(levels)
        for seed in range(seeds)
    )  # fmt: skip


def _picked(table, largest=True):
    """The best width but the first, by its mean."""
    means = table[table["width"] > 1].groupby("width")["test_acc"].mean()
    return int(means.idxmax() if largest else means.idxmin())


def _drawn(make, claim_of):
    """The first of some draws in which the arms alone support the claim."""
    for draw in range(30):
        table = make(draw)
        found = verdict(table, claim_of(table))
        if found.judgement.evidence == "supported":
            return table, found
    raise AssertionError("no draw supports the claim")


def test_the_best_of_forty_equal_levels_is_blocked_and_counted():
    table, found = _drawn(
        lambda draw: _grid(draw=draw), lambda table: study({"width": (1, _picked(table))})
    )
    sentence = blocked(found, "picked_levels")
    assert f"Width {_picked(table)} has the highest test accuracy" in sentence
    assert "of the 40 levels in these runs" in sentence
    assert found.headline == "inconclusive (picked from 40 levels)"


def test_a_level_that_holds_after_the_correction_is_a_caveat():
    table = _grid({7: 0.2})
    found = verdict(table, study({"width": (1, 7)}))
    concludes(found)
    assert fired(found)["picked_levels"][0] == "caveat"


def test_the_worst_level_under_the_opposite_claim_counts_as_well():
    def claim(table):
        return study({"width": (1, _picked(table, largest=False))}, "lower")

    _, found = _drawn(lambda draw: _grid(draw=draw), claim)
    assert "has the lowest test accuracy" in blocked(found, "picked_levels")


def test_the_best_against_the_worst_is_corrected_for_all_pairs():
    table = _grid({7: 0.1, 8: -0.1}, levels=10)
    level, sentence = fired(verdict(table, study({"width": (8, 7)})))["picked_levels"]
    assert level == "caveat"
    assert "45 comparisons" in sentence


def test_levels_between_the_extremes_and_levels_elsewhere_are_no_selection():
    table = _grid({1: -0.02, 2: 0.02, 3: 0.05, 4: -0.05}, levels=4)
    concludes(verdict(table, study({"width": (1, 2)})))
    assert "picked_levels" not in fired(verdict(table, study({"width": (1, 2)})))
    two = _grid({1: -0.05, 2: 0.05}, levels=2)
    other = _grid({n: 0.2 for n in range(40)}).assign(optimizer="sgd")
    both = pd.concat([two.assign(optimizer="adam"), other])
    found = verdict(both, study({"width": (1, 2)}, baseline={"optimizer": "adam"}))
    concludes(found)
    assert "picked_levels" not in fired(found)


def test_a_best_level_is_judged_with_the_levels_that_it_leaves_out():
    table = _grid({3: 0.1, 9: 0.2}, levels=10, noise=0.002)
    claim = study({"best": {"width": [1, 2, 3, 4]}, "is": [3]})
    found = verdict(table, claim)
    assert found.judgement.evidence == "supported"
    sentence = blocked(found, "picked_levels")
    assert "width 5, width 6, width 7, width 8 and 2 more" in sentence
    assert "refuted instead of supported" in sentence
    whole = verdict(table, study({"best": {"width": list(range(1, 11))}, "is": [9]}))
    concludes(whole)
    assert "picked_levels" not in fired(whole)


def test_a_trend_is_judged_with_the_levels_between_its_own():
    table = _grid({1: 0.0, 2: 0.05, 3: -0.05, 4: 0.1, 5: 0.2, 6: -0.2}, levels=6, noise=0.002)
    claim = study({"trend": {"width": [1, 2, 4, 5]}, "shape": "every_step"})
    sentence = blocked(verdict(table, claim), "picked_levels")
    assert "(width 3)" in sentence  # Width 6 lies outside the range.
    concludes(verdict(table[table["width"] != 3], claim))


def test_contexts_that_a_claim_leaves_out_are_named():
    table = pd.concat(
        _grid({1: 0.0, 2: 0.1}, levels=2, noise=0.002).assign(dataset=name) for name in "abcdef"
    )
    claim = study({"compare": {"width": {"from": 1, "to": 2}}}, data="")
    claim["hypotheses"]["H1"]["in_every"] = {"dataset": ["a", "b", "c"]}
    found = first(judge_table(table, claim))
    concludes(found)
    _, sentence = fired(found)["unnamed_contexts"]
    assert sentence == "The table has 6 levels of data, the claim names 3 (not d, e and f)."


def _best_half(effect=0.0):
    """Ten seeds of the first arm, the best five of the second."""
    table = rows([1e-3, 1e-2], seeds=10, epochs=20, effect=effect)
    second = table[table["lr"] == 1e-2].sort_values("test_acc").tail(5)
    return pd.concat([table[table["lr"] == 1e-3], second])


def test_the_best_five_of_ten_runs_are_blocked_and_the_absent_ones_counted():
    sentence = blocked(verdict(_best_half(), PAIR), "unequal_arms")
    assert "Learning rate 0.01 has 5 runs of 10 (present in another arm), 5 used" in sentence
    assert "inconclusive instead of supported" in sentence


@pytest.mark.parametrize("column", ["seed", "run_id"])
def test_runs_without_shared_seeds_are_counted(column):
    def best_half(draw):
        table = _grid(levels=2, seeds=10, draw=draw).sort_values("test_acc")
        table["seed"] += 100 * (table["width"] == 2)
        table = pd.concat([table[table["width"] == 1], table[table["width"] == 2].tail(5)])
        names = [f"r{i}" for i in range(15)]
        return table if column == "seed" else table.drop(columns="seed").assign(run_id=names)

    _, found = _drawn(best_half, lambda table: study({"width": (1, 2)}))
    blocked(found, "unequal_arms")


def test_restarted_seeds_under_other_numbers_are_absent_ones():
    table = rows([1e-3, 1e-2], seeds=10, epochs=20, effect=0.02)
    bad = (table["lr"] == 1e-2) & table["seed"].isin([2, 4, 6, 8])
    restarted = table.assign(seed=table["seed"] + 20 * bad)
    blocked(verdict(restarted, PAIR), "unequal_arms")
    shifted = table.assign(seed=table["seed"] + 5 * (table["lr"] == 1e-2))
    assert "unequal_arms" not in fired(verdict(shifted, PAIR))


def test_one_absent_run_of_many_does_not_decide():
    table = rows([1e-3, 1e-2], seeds=20, epochs=20)
    found = verdict(table[(table["lr"] == 1e-3) | (table["seed"] != 7)], PAIR)
    concludes(found)
    assert fired(found)["unequal_arms"][0] == "caveat"
    assert "unequal_arms" not in fired(verdict(table, PAIR))


def test_seeds_that_a_study_picks_are_blocked_and_those_in_a_row_named():
    table = rows([1e-3, 1e-2], seeds=10, epochs=20)
    picked = blocked(verdict(table, study({"lr": (1e-3, 1e-2)}, seeds=[0, 3, 4, 7, 9])),
                     "picked_seeds")  # fmt: skip
    assert "uses 5 of the 10 seeds" in picked
    found = verdict(table, study({"lr": (1e-3, 1e-2)}, seeds=[5, 6, 7, 8, 9]))
    concludes(found)
    assert fired(found)["picked_seeds"][0] == "caveat"
