"""Folds, resamples and evaluations repeat within a seed: the seed is the unit, they are averaged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign.judge import judge_table
from hyperverdict.foreign.nested import NAMES, is_one_each

from tests.unit.foreign.asking import blocked, concludes, first, study, verdict

SEEDS, FOLDS = 3, 5


def _score(arm, seed, fold):
    own = np.random.default_rng([seed, fold, arm]).normal(0, 0.003)
    return round(0.8 + 0.001 * seed + 0.004 * fold + own + 0.03 * arm, 5)


def _table(**columns):
    """Both arms, each seed on each fold; columns are functions of (arm, seed, fold)."""
    return pd.DataFrame(
        {"method": "ab"[arm], "test_acc": _score(arm, seed, fold), "epochs": 20}
        | {name: cell(arm, seed, fold) for name, cell in columns.items()}
        for arm in range(2)
        for seed in range(SEEDS)
        for fold in range(FOLDS)
    )


def _seed(_arm, seed, _fold):
    return seed


def _fold(_arm, _seed, fold):
    return fold


def _own_fold(_arm, seed, fold):
    return FOLDS * seed + fold


CLAIM = study({"method": ("a", "b")})
DIFFERENCE = float(
    np.mean([_score(1, s, f) - _score(0, s, f) for s in range(SEEDS) for f in range(FOLDS)])
)


@pytest.mark.parametrize("fold", [_fold, _own_fold, lambda a, s, f: f"fold {f}"])
@pytest.mark.parametrize(
    "name",
    ["fold", "Fold", "config.cv_fold", "split_id", "bootstrap", "eval_seed", "eval_episode",
     "repetition", "data_split"],
)  # fmt: skip
def test_the_unit_is_the_seed_and_its_folds_are_averaged(name, fold):
    judged = judge_table(_table(seed=_seed, **{name: fold}), CLAIM)
    found = first(judged)
    concludes(found, estimate=DIFFERENCE)
    assert found.judgement.effects[0].n == SEEDS
    assert "each the mean of 5 runs over" in " ".join(judged.reading.lines())


def test_all_names_are_read_as_ones_that_repeat():
    for kind, names in NAMES.items():
        for name in names:
            reading = judge_table(_table(seed=_seed, **{name: _fold}), CLAIM).reading
            assert f"(it numbers {kind}s)" in " ".join(reading.lines()), name


def test_the_outer_of_two_seeds_is_the_unit():
    table = _table(seed=_own_fold, fold=_fold, model_seed=_seed)
    found = verdict(table, CLAIM)
    concludes(found, estimate=DIFFERENCE)
    assert found.judgement.effects[0].n == SEEDS
    said = verdict(table.drop(columns="fold"), study({"method": ("a", "b")},
                                                     columns={"seed": "seed"}))  # fmt: skip
    assert said.judgement.effects[0].n == SEEDS * FOLDS


@pytest.mark.parametrize("name", ["fold", "split_id", "bootstrap"])
def test_seeds_of_single_fits_are_no_replicates(name):
    sentence = blocked(
        verdict(_table(seed=_own_fold, **{name: _fold}), CLAIM), "no_replication_by_settings"
    )
    assert sentence.startswith("Each of the 15 seeds has one ")
    assert "columns: {seed: ...}" in sentence


@pytest.mark.parametrize("seed", [None, lambda a, s, f: 42])
@pytest.mark.parametrize("name", ["fold", "bootstrap", "eval_seed"])
def test_folds_alone_are_no_replicates(name, seed):
    table = _table(**{name: _own_fold}, **({} if seed is None else {"seed": seed}))
    assert "are no replicates of one another, since" in blocked(
        verdict(table, CLAIM), "no_replication_by_settings"
    )
    with pytest.raises(UserError, match="are no seeds"):
        verdict(table.drop(columns="seed", errors="ignore"),
                study({"method": ("a", "b")}, columns={"seed": name}))  # fmt: skip


@pytest.mark.parametrize(
    "ids", [_seed, lambda a, s, f: f"{a}-{s}"], ids=["a number of the repetition", "ids"]
)
def test_without_seeds_repetitions_are_the_unit(ids):
    found = verdict(_table(run_id=ids, fold=_fold), CLAIM)
    concludes(found, estimate=DIFFERENCE)
    assert (found.replicate, found.judgement.effects[0].n) == ("run", SEEDS)
    assert not found.judgement.effects[0].paired


def test_a_fold_that_a_claim_names_stays_a_setting():
    claim = study({"compare": {"method": {"from": "a", "to": "b"}}})
    claim["hypotheses"]["H1"]["in_every"] = {"fold": [0, 1, 2, 3, 4]}
    table = pd.concat(_table(seed=lambda a, s, f, k=k: SEEDS * k + s, fold=_fold)
                      for k in range(2))  # fmt: skip
    table["test_acc"] += 0.001 * table["seed"]
    assert first(judge_table(table, claim)).judgement.facts["contexts"] == FOLDS


def test_a_column_that_rises_while_the_epochs_stand_still_is_no_progress():
    table = _table(run_id=lambda a, s, f: f"{a}-{s}", subject=_fold)
    with pytest.raises(UserError, match="are the same run"):
        verdict(table, CLAIM)


def test_what_stands_within_what():
    assert is_one_each(np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3]))
    assert not is_one_each(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))  # crossed
    assert not is_one_each(np.array([0, 1, 2, 3]), np.array([4, 5, 6, 7]))  # one and the same
