"""What stands for a replicate: seeds, the settings of a full grid, or nothing."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hyperverdict.errors import UserError

from tests.unit.foreign.asking import (
    blocked,
    concludes,
    difference,
    fired,
    rows,
    score,
    study,
    verdict,
)


def _grid(name="weight_bits", levels=(2, 4, 8, 16), drop=0):
    table = pd.DataFrame(
        {"act_bits": act, name: level, "test_acc": score(arm, i) + 0.05 * i}
        for arm, act in enumerate([4, 8])
        for i, level in enumerate(levels)
    )
    return table.iloc[: len(table) - drop]


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("config.weight_bits", (2, 4, 8, 16)),
        ("site", (0, 1, 2, 3)),
        ("dataset", ("a", "b", "c", "d")),
    ],
)
def test_without_seeds_arms_are_paired_on_the_settings_of_a_full_grid(name, levels):
    found = verdict(_grid(name, levels), study({"act_bits": (4, 8)}, data=""))
    concludes(found, estimate=float(np.mean([score(1, i) - score(0, i) for i in range(4)])))
    assert found.replicate == "setting combination"
    assert found.judgement.effects[0].paired
    assert not re.search(
        r"\d seeds", " ".join([*found.scope, *(s for _, s in fired(found).values())])
    )


def test_runs_that_differ_in_settings_and_make_no_grid_are_no_replicates():
    sentence = blocked(
        verdict(_grid("config.weight_bits", drop=1), study({"act_bits": (4, 8)})),
        "no_replication_by_settings",
    )
    assert sentence.startswith("7 runs that differ in weight bits are no replicates")


def test_a_random_search_without_seeds_is_no_replication():
    random = np.random.default_rng(0)
    table = rows([4, 8], name="params.act_bits").drop(columns="seed")
    table["params.lr"], table["metrics.test_acc"] = (
        random.uniform(1e-4, 1e-2, 12),
        table.pop("test_acc"),
    )
    found = verdict(table, study({"act_bits": (4, 8)}))
    assert found.headline == "inconclusive (no replication)"


@pytest.mark.parametrize("seeds", [42, "42", None])
def test_one_seed_number_in_all_runs_is_no_replication(seeds):
    table = rows([1e-3, 1e-2], epochs=20).assign(seed=seeds, run_id=[f"r{i}" for i in range(12)])
    if seeds is None:
        table = table.drop(columns="seed")
    found = verdict(table, study({"lr": (1e-3, 1e-2)}))
    if seeds is None:
        assert (found.replicate, found.headline) == ("run", "supported")
        assert not found.judgement.effects[0].paired
    else:
        blocked(found, "one_seed_number")


def test_the_seeds_that_a_study_lists_select_runs():
    table = rows([1e-3, 1e-2], seeds=8, epochs=20)
    found = verdict(table, study({"lr": (1e-3, 1e-2)}, seeds=[0, 1, 2, 3, 4]))
    concludes(found, estimate=difference(5))
    assert found.judgement.effects[0].n == 5
    with pytest.raises(UserError, match="seeds: no run has seed 9; it has 0 to 7"):
        verdict(table, study({"lr": (1e-3, 1e-2)}, seeds=[0, 1, 9]))
