"""Copies of runs and coarse scores: agreement that is no evidence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hyperverdict.effects.rounding import step_of
from hyperverdict.vocabulary.metrics import RECORDED, unrecorded, with_size

from tests.unit.foreign.asking import (
    blocked,
    concludes,
    difference,
    fired,
    first,
    judge,
    rows,
    score,
    study,
    verdict,
)

STUDY = """
study: elsewhere
data: {data}
metrics: {{accuracy: {{matters_from: 0.01}}, loss: {{matters_from: 1.10x}}}}
hypotheses:
  big:
    says: The batch size matters.
    {claim}
    expect: {{{expect}}}
"""
TWO = "compare: {batch_size: {from: 32, to: 128}}"
NOISE = np.random.default_rng(2).normal(0, 0.01, 8)


def _verdict(
    tmp_path,
    score,
    *,
    data="imagenet",
    claim=TWO,
    expect="accuracy: higher",
    batches=(32, 128),
    **more,
):
    """The verdict on eight seeds that score `score(batch_size, seed)`."""
    metric = expect.partition(":")[0]
    rows = [
        {"batch_size": batch, "seed": seed, "epochs": 9, metric: score(batch, seed)}
        | {name: column(batch, seed) for name, column in more.items()}
        for batch in batches
        for seed in range(8)
    ]
    text = STUDY.format(data=data, claim=claim, expect=expect)
    return first(judge(tmp_path, pd.DataFrame(rows), text))


COPIES = ("seeds_change_nothing", "same_results", "copied_runs")


def _fired(verdict):
    return {id_: found for id_, found in fired(verdict).items() if id_ in COPIES}


def _by_arm(batch, seed):
    return 0.90123 if batch == 32 else 0.93171


def _by_seed(batch, seed):
    return 0.9 + NOISE[seed]


@pytest.mark.parametrize(
    ("score", "word", "check", "sentence"),
    [
        (
            _by_arm, "no replication", "seeds_change_nothing",
            "All 8 runs of batch size 32 have test accuracy 0.90123, and every other arm repeats "
            "its score too: copies of one run, or seeds that never reached the training.",
        ),
        (
            _by_seed, "same results", "same_results",
            "Batch size 32 and batch size 128 have exactly the same scores with each of 8 seeds: "
            "changing the batch size changed no score, or never reached the training.",
        ),
    ],
)  # fmt: skip
def test_scores_that_agree_to_the_last_digit_block(tmp_path, score, word, check, sentence):
    verdict = _verdict(tmp_path, score)
    assert verdict.headline == f"inconclusive ({word})"
    assert _fired(verdict) == {check: ("blocks", sentence)}


def test_single_precision_copies_are_copies(tmp_path):
    verdict = _verdict(tmp_path, lambda b, s: float(np.float32(_by_arm(b, s))))
    assert _fired(verdict)["seeds_change_nothing"][0] == "blocks"


def test_runs_that_differ_in_another_score_are_no_copies(tmp_path):
    other = {"validation_loss": lambda batch, seed: 0.8 + NOISE[seed]}
    assert _fired(_verdict(tmp_path, _by_arm, **other)) == {}


@pytest.mark.parametrize("data", ["imagenet", "cifar10"])
def test_coarse_scores_may_agree_and_their_step_is_in_the_interval(tmp_path, data):
    verdict = _verdict(tmp_path, lambda b, s: 0.9 if b == 32 else 0.93, data=data)
    assert _fired(verdict)["seeds_change_nothing"][0] == "caveat"
    low, high = verdict.judgement.legs[0].effects[0].ci
    # t(7) at 97.5% x 0.01 / sqrt(6) / sqrt(8)
    assert (high - low) / 2 == pytest.approx(2.364624 * 0.01 / 48**0.5, rel=1e-6)
    said = "Scores in steps of 0.01 are too coarse to show a difference of 1 point reliably."
    assert said in [c.sentence for c in verdict.fired]


def test_coarse_ratios_have_their_step_in_the_interval(tmp_path):
    verdict = _verdict(tmp_path, lambda b, s: 0.31 if b == 32 else 0.2, expect="loss: lower")
    assert _fired(verdict)["seeds_change_nothing"][0] == "caveat"
    low, high = verdict.judgement.legs[0].effects[0].ci
    assert high / low == pytest.approx(np.exp(2 * 2.364624 * 0.01 / 0.2 / 48**0.5), rel=1e-6)


def test_few_images_are_coarse(tmp_path):
    verdict = _verdict(tmp_path, lambda b, s: 29 / 30 if b == 32 else 25 / 30)
    assert _fired(verdict)["seeds_change_nothing"][0] == "caveat"


def test_perfect_scores_are_a_ceiling_and_no_copies(tmp_path):
    verdict = _verdict(tmp_path, lambda batch, seed: 1.0)
    assert _fired(verdict) == {}
    assert "ceiling_or_floor" in fired(verdict)


def test_one_arm_at_chance_is_no_arm_of_copies(tmp_path):
    assert _fired(_verdict(tmp_path, lambda b, s: 0.1 if b == 32 else 0.9 + NOISE[s])) == {}


def test_one_arm_of_copies_blocks(tmp_path):
    verdict = _verdict(tmp_path, lambda b, s: 0.812345 if b == 32 else 0.9 + NOISE[s])
    assert verdict.headline == "inconclusive (no replication)"
    level, sentence = _fired(verdict)["copied_runs"]
    assert level == "blocks"
    assert sentence.startswith("8 of 16 runs have a test accuracy that recurs to its last digit")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (lambda b, s: 0.9 + NOISE[s % 4] + (b == 128) * 0.02, True),  # an arm holds each run twice
        (lambda b, s: 0.9 + NOISE[s] + (b == 128 and s > 3) * 0.02, True),  # half of one arm
        (lambda b, s: round(0.9 + NOISE[s] + (b == 128) * 0.02 * (s % 3), 3), False),  # rounded
    ],
)
def test_scores_that_recur_within_an_arm_or_between_runs_block(tmp_path, other, found):
    assert ("copied_runs" in _fired(_verdict(tmp_path, other))) == found


@pytest.mark.parametrize(
    "other",
    [
        lambda b, s: _by_seed(b, s) + (b == 128 and s == 3) * 1e-4,
        lambda b, s: float("nan") if b == 128 and s == 3 else _by_seed(b, s),
        lambda b, s: round(_by_seed(b, s), 2),
    ],
)
def test_arms_that_differ_somewhere_or_may_agree_by_chance_are_judged(tmp_path, other):
    assert "same_results" not in _fired(_verdict(tmp_path, other))


def test_no_worse_may_be_equal(tmp_path):
    verdict = _verdict(tmp_path, _by_seed, expect="accuracy: not_lower")
    assert _fired(verdict)["same_results"][0] == "caveat"
    assert verdict.headline == "supported"


def test_levels_that_act_alike_in_a_trend_are_a_caveat(tmp_path):
    verdict = _verdict(
        tmp_path,
        lambda batch, seed: _by_seed(batch, seed) + (0.05 if batch > 32 else 0.0),
        claim="trend: {batch_size: [32, 64, 128, 256]}\n    shape: never_worse",
        batches=(32, 64, 128, 256),
    )
    level, sentence = _fired(verdict)["same_results"]
    assert level == "caveat"
    assert sentence.startswith("Batch size 64 and batch size 128 have exactly the same scores")


@pytest.mark.parametrize(
    ("metric", "values", "step"),
    [
        ("accuracy", (0.9, 0.93), 0.01),
        ("accuracy", (1.0, 0.0), 0.01),
        ("accuracy", (0.9, 0.9312), 1e-4),
        ("accuracy", (0.9, 0.931244551), 0.0),
        ("accuracy", (0.9, float("nan")), 0.1),
        ("accuracy", (0.5, 0.5, 0.5), 0.1),
        ("accuracy", (0.5, 1.0, 0.0), 0.1),
        ("accuracy", (float(np.float32(0.93)), 0.9), 0.01),
        ("accuracy", (29 / 30, 0.9), 1 / 30),
        ("accuracy", (347 / 360, 351 / 360, 322 / 360), 1 / 360),
        ("f1", (1.0, 0.0), 0.01),
        ("loss", (2.0, 3.0), 1.0),
        ("loss", (), 0.0),
    ],
)
def test_the_step_of_coarse_scores(metric, values, step):
    assert step_of(
        RECORDED.get(metric) or unrecorded(metric), [dict(enumerate(values))]
    ) == pytest.approx(step)


def test_the_step_of_a_ratio_is_on_the_log_scale():
    assert step_of(with_size(RECORDED["loss"], "1.10x"), [{0: 0.25, 1: 0.5}]) == pytest.approx(0.04)


@pytest.mark.parametrize("names", [("a; b", 'c "d"'), ("<b>x</b>", "🦄"), ("x - y", "y - x")])
def test_arms_of_odd_names_with_equal_scores_block(names):
    table = rows(names, name="backbone", effect=0, seeds=10, epochs=20)
    table["test_acc"] = [score(0, s) for s in range(10)] * 2
    blocked(verdict(table, study({"backbone": names})), "same_results")


def test_a_run_that_stands_twice_under_other_ids_counts_once():
    table = rows([1e-3, 1e-2], epochs=20)
    table = pd.concat([table, table]).reset_index(drop=True)
    table["id"] = [f"r{i}" for i in range(len(table))]
    found = verdict(table, study({"lr": (1e-3, 1e-2)}))
    concludes(found, estimate=difference())
    assert found.judgement.effects[0].n == 6


@pytest.mark.parametrize("metric", ["test_acc", "test_f1"])
def test_half_an_arm_copied_from_the_other_blocks(metric):
    table = rows([1e-3, 1e-2], seeds=8, metric=metric, epochs=20)
    table.loc[8:11, metric] = table.loc[0:3, metric].to_numpy()
    name = metric.removeprefix("test_").replace("acc", "accuracy")
    stated = study({"lr": (1e-3, 1e-2)}, metric=name, metrics={name: {"matters_from": 0.01}})
    blocked(verdict(table, stated), "copied_runs")
