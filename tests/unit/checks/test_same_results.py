"""Arms that agree in every seed's loss never differed, whoever trained them and whatever they are called."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
import pytest
from hyperverdict.checks.copies import same_results
from hyperverdict.outcomes.elsewhere import Elsewhere
from hyperverdict.outcomes.questions import named_elsewhere
from hyperverdict.outcomes.values import index_runs
from hyperverdict.study.load import study_of
from hyperverdict.study.structure import Source, check_structure
from hyperverdict.verdicts.judge import JudgementInputs, report_of
from hyperverdict.vocabulary.vocabulary import of_columns

from tests.unit.verdicts.synthetic import (
    Tables,
    context_of,
    judged,
    levels_fired,
    one_claim,
    run_all,
)

NOISE = np.random.default_rng(2).normal(0, 0.01, 8)
ODD_NAMES = [
    ("vit", "resnet - small"),
    ("a; b", "c, d"),
    ("<b>bold</b>", "'quoted' \"twice\""),
    ("emoji 🎲", "x" * 200),
    ("these", "than"),
    ("batch_size 4 - batch_size 8", "epoch 2 - epoch 1"),
]


def _elsewhere(levels, score):
    """The report on a table whose two models score `score(position, seed)`."""
    raw = {
        "study": "s",
        "data": "imagenet",
        "hypotheses": {
            "H": {
                "says": "x",
                "compare": {"model": {"from": levels[0], "to": levels[1]}},
                "expect": {"accuracy": "higher"},
                "at_equal": ["90 epochs"],
            }
        },
        "seeds": 8,
    }
    study = study_of(check_structure(raw, Source()), Source(), of_columns(["model", "data"]))
    hypothesis = study.hypotheses[0]
    budget = hypothesis.budgets[0]
    rows = [
        {
            "path": named_elsewhere(arm, hypothesis, budget).runs_path,
            "seed": seed,
            "failed": False,
            "model": arm.settings["model"],
            "test_accuracy": score(position, seed),
        }
        for position, arm in enumerate(study.claimed_arms(hypothesis, budget))
        for seed in range(8)
    ]
    columns = ["path", "seed", "step", "epoch", "split", "accuracy"]
    runs = index_runs(pd.DataFrame(rows), pd.DataFrame(columns=columns))
    return report_of(JudgementInputs(study, runs, elsewhere=Elsewhere(settings=("model",))))


@pytest.mark.parametrize("levels", ODD_NAMES)
def test_equal_scores_block_whatever_the_levels_are_called(levels):
    report = _elsewhere(levels, lambda position, seed: 0.9 + NOISE[seed])
    assert report.hypotheses[0].headline == "inconclusive (same results)"
    (result,) = [c for c in report.hypotheses[0].verdicts[0].fired if c.level == "blocks"]
    assert result.id == "same_results"
    assert all(str(level).lower() in result.sentence for level in levels)


@pytest.mark.parametrize("levels", ODD_NAMES)
def test_a_difference_is_found_whatever_the_levels_are_called(levels):
    report = _elsewhere(levels, lambda position, seed: 0.9 + 0.05 * position + NOISE[seed] / 10)
    verdict = report.hypotheses[0].verdicts[0]
    assert report.hypotheses[0].headline == "supported"
    assert verdict.judgement.effects[0].contrast.pair == tuple(arm.label for arm in verdict.arms)
    assert all(str(level).lower() in report.hypotheses[0].claim for level in levels)


def _by_seed(configuration, seed):
    return 0.8 + float(NOISE[seed])


def _coarse(configuration, seed):
    """Accuracies on 360 images that differ by seed, the same in both arms."""
    return round(round(0.8 * 360 + seed) / 360, 4)


def test_our_own_training_with_the_same_loss_in_every_seed_blocks(tmp_path):
    """On few images equal accuracies are a chance; equal losses are not."""
    study = one_claim(tmp_path, "compare: {dropout: {from: 0, to: 0.5}}")
    score = _by_seed
    context = context_of(study, run_all(study, tmp_path / "runs", score), "H")
    assert levels_fired(context)["same_results"] == "blocks"
    sentence = same_results.look(context).sentence
    assert sentence == (
        "Dropout 0 and dropout 0.5 have exactly the same scores with each of 6 seeds: changing the "
        "dropout changed no score."
    )
    report = judged(study, tmp_path / "runs", score)
    assert report.hypotheses[0].headline == "inconclusive (same results)"
    assert report.next_step.startswith("H at 300 steps: Check that the factor reaches")


def test_equal_accuracies_with_other_losses_are_no_copies(tmp_path):
    study = one_claim(tmp_path, "compare: {dropout: {from: 0, to: 0.5}}")
    tables = run_all(study, tmp_path / "runs", _coarse)
    final = tables.final.copy()
    other = final["dropout"] > 0
    final.loc[other, "test_loss"] += 1e-4 * (1 + final.loc[other, "seed"])
    context = context_of(study, Tables(final, tables.curves), "H")
    assert "same_results" not in levels_fired(context)


def test_a_fitted_trend_over_arms_that_agree_blocks(tmp_path):
    study = one_claim(tmp_path, "trend: {dropout: [0, 0.1, 0.2, 0.3]}", more="shape: on_average")
    score = _by_seed
    context = context_of(study, run_all(study, tmp_path / "runs", score), "H")
    assert levels_fired(context)["same_results"] == "blocks"


def test_no_worse_may_be_equal(tmp_path):
    study = one_claim(
        tmp_path, "compare: {dropout: {from: 0, to: 0.5}}", expect="accuracy: not_lower"
    )
    score = _by_seed
    context = context_of(study, run_all(study, tmp_path / "runs", score), "H")
    assert levels_fired(context)["same_results"] == "caveat"


CHANGE = "compare: {dropout: {from: 0, to: 0.5}}"
INTERACTION = f"{CHANGE}\n    depends_on: {{batch_size: {{from: 2048, to: 4096}}}}"
ONLY_IN = f"{CHANGE}\n    only_in: {{batch_size: {{yes: [2048], no: [4096]}}}}"
SEARCH = "search: random\n    than: grid\n    over: {dropout: [0, 0.5], batch_size: [32, 64]}\n"
SIZED = "accuracy: {is: higher, matters_from: 0.01}"


def _by(*names):
    """A score that only these factors change."""

    def score(configuration, seed):
        levels = repr([configuration[name] for name in names])
        return 0.8 + float(NOISE[seed]) + zlib.crc32(levels.encode()) % 97 / 1000

    return score


@pytest.mark.parametrize(
    ("claim", "expect", "more", "changed_by", "level"),
    [
        (INTERACTION, SIZED, "", (), "blocks"),
        (INTERACTION, SIZED, "", ("dropout",), "blocks"),
        (INTERACTION, SIZED, "", ("batch_size",), "blocks"),
        (INTERACTION, SIZED, "", ("dropout", "batch_size"), None),
        (ONLY_IN, "accuracy: higher", "", ("dropout",), "blocks"),
        (ONLY_IN, "accuracy: higher", "", ("dropout", "batch_size"), None),
        (f"{SEARCH}    trials: 2", "accuracy: higher", "", (), "blocks"),
        (f"{SEARCH}    trials: 2", "accuracy: higher", "", ("dropout",), "caveat"),
        ("best: {dropout: [0, 0.1, 0.2]}\n    is: 0", "accuracy: higher", "", (), "blocks"),
    ],
)
def test_claims_of_more_than_two_arms_rest_on_arms_that_differ(
    tmp_path, claim, expect, more, changed_by, level
):
    study = one_claim(tmp_path, claim, expect=expect, more=more)
    context = context_of(study, run_all(study, tmp_path / "runs", _by(*changed_by)), "H")
    assert levels_fired(context).get("same_results") == level


@pytest.mark.parametrize("shape", ["on_average", "every_step"])
def test_a_trend_over_batch_sizes_that_run_alike_blocks(tmp_path, shape):
    """1,079 training images: batches of 2048 and 4096 hold all of them."""
    claim = "trend: {batch_size: [64, 2048, 4096]}"
    study = one_claim(tmp_path, claim, more=f"shape: {shape}")

    def score(configuration, seed):
        return 0.8 + float(NOISE[seed]) + (configuration["batch_size"] > 64) * 0.05

    context = context_of(study, run_all(study, tmp_path / "runs", score), "H")
    assert levels_fired(context)["same_results"] == "blocks"
    assert same_results.look(context).sentence == (
        "Batch size 2048 and batch size 4096 have exactly the same scores with each of 6 seeds: "
        "changing the batch size changed no score."
    )


def test_levels_that_agree_within_one_context_are_a_caveat(tmp_path):
    """Weight decay 0 makes two optimizers one; their effect elsewhere is measured all the same."""
    study = one_claim(tmp_path, INTERACTION, expect=SIZED)

    def score(configuration, seed):
        changed = configuration["dropout"] > 0 and configuration["batch_size"] > 2048
        return 0.8 + float(NOISE[seed]) + changed * 0.05

    context = context_of(study, run_all(study, tmp_path / "runs", score), "H")
    assert levels_fired(context)["same_results"] == "caveat"
