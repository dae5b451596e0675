"""What searches make of outcomes: best levels, epochs, importance, strategies, counts."""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.effects.outcomes import Outcomes

from .asking import (
    SHARE,
    ask,
    ask_curves,
    judge,
    make_hypothesis,
    metric_of,
    question_of,
)
from .judging import ACCURACY, NOISE, effect_of

# Optimum


def best(claimed, *means):
    levels = [16, 64, 256]
    terms = {"best": {"width": levels}, "is": claimed}
    per_arm = [[m + k * x for x in NOISE] for k, m in zip((0, 1, -1), means, strict=True)]
    return ask(make_hypothesis(terms, ACCURACY), {"accuracy": per_arm})


@pytest.mark.parametrize(
    ("claimed", "means", "evidence", "within"),
    [
        ([64], (0.5, 0.6, 0.5), "supported", ["width 64"]),
        ([64], (0.5, 0.6, 0.603), "supported", ["width 64", "width 256"]),
        ([64], (0.5, 0.6, 0.65), "refuted", ["width 256"]),
        ([64, 256], (0.5, 0.6, 0.603), "supported", ["width 64", "width 256"]),
        ([16, 64], (0.5, 0.6, 0.5), "refuted", ["width 64"]),
        (64, (0.5, 0.6, 0.61), "inconclusive", ["width 64", "width 256"]),
    ],
)
def test_best(claimed, means, evidence, within):
    judgement = best(claimed, *means)
    assert judgement.evidence == evidence
    assert judgement.facts["within_delta_of_best"] == [["test accuracy", within]]


def test_levels_are_left_out_at_alpha_over_comparisons():
    wide = [0.0, 0.008, -0.008, 0.006, -0.006]
    terms = {"best": {"width": [16, 64, 256]}, "is": [64]}
    per_arm = [[0.5] * 5, [0.525 + x for x in wide], [0.5] * 5]

    def left(alpha):
        judgement = ask(make_hypothesis(terms, ACCURACY), {"accuracy": per_arm}, alpha=alpha)
        return len(judgement.facts["within_delta_of_best"][0][1])

    assert [left(0.05), left(0.001)] == [1, 3]


# Learning curves


def curves(*gains):
    ends = np.cumsum([0.5, *gains])
    return [[end + (k % 3 - 1) * x for k, end in enumerate(ends)] for x in NOISE]


def test_learning_curve_and_its_plateau():
    judgement = ask_curves(
        make_hypothesis({"each": {"epoch": "1..4"}}, ACCURACY),
        {"accuracy": curves(0.1, 0.002, 0.003)},
    )
    assert judgement.facts["plateaus"] == [["validation accuracy", 2]]
    assert judgement.evidence == "inconclusive"
    assert (effect_of(judgement).contrast.start, effect_of(judgement).contrast.to) == (
        ("1",),
        ("2",),
    )


@pytest.mark.parametrize(
    ("gains", "evidence"),
    [((0.1, 0.1), "supported"), ((0.1, -0.1), "refuted"), ((0.0, 0.0), "no meaningful effect")],
)
def test_every_epoch(gains, evidence):
    hypothesis = make_hypothesis({"each": {"epoch": "1..3"}}, ACCURACY)
    assert ask_curves(hypothesis, {"accuracy": curves(*gains)}).evidence == evidence


def test_slight_is_an_upper_bound_and_time_passes():
    slight = {"higher_by": [0, 0.01]}
    hypothesis = make_hypothesis(
        {"each": {"epoch": "1..3"}}, {"accuracy": slight, "train_time": "higher"}
    )
    times = [[1.0 + x, 2.0 + x, 3.0] for x in NOISE]
    judged = [
        ask_curves(hypothesis, {"accuracy": curves(*gains), "train_time": times}).evidence
        for gains in ((0.005, 0.005), (0.1, 0.005))
    ]
    assert judged == ["supported", "refuted"]


def test_an_early_end_is_a_failure_at_the_epochs_not_reached():
    values = curves(0.1, 0.1)
    values[0] = values[0][:2]
    hypothesis = make_hypothesis({"each": {"epoch": "1..3"}}, ACCURACY)
    judgement = ask_curves(hypothesis, {"accuracy": values})
    assert [e.n for e in judgement.legs[0].effects] == [8, 7]


# Importance


def importance(width_effect, optimizer_effect, n=6, noise=0.01):
    rng = np.random.default_rng(1)
    per_arm = [
        (0.5 + o * optimizer_effect + w * width_effect + noise * rng.standard_normal(n)).tolist()
        for o in (-1, 1)
        for w in (-1, 0, 1)
    ]
    groups = {"these": {"optimizer": ["sgd", "adam"]}, "than": {"width": [16, 64, 256]}}
    return ask(
        make_hypothesis({"matters_more": groups}, {"accuracy": SHARE}), {"accuracy": per_arm}
    )


def test_importance():
    judgement = importance(0.01, 0.2)
    shares = judgement.facts["shares"]["accuracy"]
    assert judgement.evidence == "supported"
    assert shares["these"] > 0.95
    assert shares["these"] + shares["than"] + shares["between the groups"] == pytest.approx(1)
    contrast = effect_of(judgement).contrast
    assert (contrast.kind, contrast.start, contrast.to) == ("share", ("width",), ("optimizer",))
    assert "over optimizer sgd, adam; width 16, 64, 256" in " ".join(judgement.notes)
    assert effect_of(judgement).estimate == pytest.approx(
        shares["these"] - shares["than"], abs=0.02
    )
    assert importance(0.2, 0.01).evidence == "refuted"


def test_importance_of_times_is_a_matter_of_ratios():
    groups = {"these": {"optimizer": ["sgd", "adam"]}, "than": {"width": [16, 64]}}
    values = [[o * w * (1 + x) for x in NOISE] for o in (1, 4) for w in (1, 2)]
    hypothesis = make_hypothesis({"matters_more": groups}, {"train_time": SHARE})
    shares = ask(hypothesis, {"train_time": values}).facts["shares"]["train_time"]
    # log 4 is twice log 2, so its variance is four times as large.
    assert shares["these"] == pytest.approx(0.8)
    assert shares["between the groups"] == pytest.approx(0, abs=1e-9)


def test_importance_without_enough_seeds_or_variance_says_nothing():
    assert importance(0.1, 0.1, n=2).evidence == "inconclusive"
    assert importance(0.0, 0.0).evidence == "inconclusive"


# Strategy


def search(scores, strategy="one_at_a_time", trials=5, n=8, curves=False):
    terms = {
        "search": strategy,
        "than": "grid",
        "over": {"width": [8, 16, 32, 64, 128], "depth": [1, 2, 3]},
        "trials": trials,
    }
    hypothesis = make_hypothesis(terms, ACCURACY, seeds=n)
    question = question_of(hypothesis)
    arms = question.arms
    rng = np.random.default_rng(2)
    values = {
        arm.label: {s: score + 0.001 * rng.standard_normal() for s in range(n)}
        for arm, score in zip(arms, scores, strict=True)
    }
    ends = {label: {s: (v,) for s, v in runs.items()} for label, runs in values.items()}
    metric = metric_of(hypothesis, "accuracy")
    outcome = Outcomes(metric, values, curves=ends if curves else {})
    return judge(question, {"accuracy": outcome})


def test_a_search_that_finds_the_peak_beats_a_grid_that_misses_it():
    scores = [0.5 + 0.1 * (w == 3) for w in range(5) for _ in range(3)]
    judgement = search(scores)
    assert judgement.evidence == "supported"
    assert effect_of(judgement).n == 8
    assert any("chosen on the split" in note for note in judgement.notes)


def test_winners_are_chosen_on_validation_where_it_is_known():
    judgement = search([0.5] * 15, curves=True)
    assert judgement.notes == ()
    assert judgement.evidence == "no meaningful effect"


def search_question(cells, trials, than="grid", seeds=4, metric="accuracy", expect="higher"):
    """A random search over a grid of 2 x `cells` / 2, and its labels."""
    terms = {
        "search": "random",
        "than": than,
        "over": {"width": [8, 16], "depth": list(range(1, cells // 2 + 1))},
        "trials": trials,
    }
    hypothesis = make_hypothesis(terms, {metric: expect}, seeds=seeds)
    question = question_of(hypothesis)
    return hypothesis, question, [arm.label for arm in question.arms]


def scores_of(hypothesis, question, values, metric="accuracy"):
    """search -> seed -> what is judged, of values [cells][seed]."""
    table = {arm.label: v for arm, v in zip(question.arms, values, strict=True)}
    outcome = Outcomes(metric_of(hypothesis, metric), table)
    [expectation] = hypothesis.claim.expect
    return hypothesis.claim.replay(question, outcome, expectation)


def test_winners_are_scored_on_seeds_that_are_fresh_to_them():
    """Cell s or, where it was not tried, cell 7 wins on seed s; cell s is good on that seed only."""
    hypothesis, question, labels = search_question(8, trials=7)
    seen = np.tile(np.linspace(0.1, 0.9, 8)[:, None], 4) + np.eye(8, 4)
    values = {label: dict(enumerate(row)) for label, row in zip(labels, np.eye(8, 4), strict=True)}
    ends = {
        label: {s: (v,) for s, v in enumerate(row)} for label, row in zip(labels, seen, strict=True)
    }
    outcome = Outcomes(metric_of(hypothesis, "accuracy"), values, curves=ends)
    [expectation] = hypothesis.claim.expect
    found = hypothesis.claim.replay(question, outcome, expectation).outcomes.values
    assert list(found["random"].values()) == pytest.approx([0.0] * 4)


def test_a_search_is_averaged_over_all_its_orders():
    """Three of four cells are tried, so that the best is found in three quarters of the orders."""
    hypothesis, question, labels = search_question(4, trials=3)
    values = [{s: float(k == 0) for s in range(4)} for k in range(len(labels))]
    replay = scores_of(hypothesis, question, values)
    assert list(replay.outcomes.values["random"].values()) == pytest.approx([0.75] * 4)


@pytest.mark.parametrize("renamed", [[9, 8, 7, 6, 5, 4], [30, 2, 11, 7, 100, 5]])
def test_renamed_seeds_change_nothing(renamed):
    rng = np.random.default_rng(5)
    table = rng.standard_normal((8, 6))

    def judged(seeds):
        hypothesis, question, _ = search_question(8, trials=3, seeds=sorted(seeds))
        values = [dict(zip(seeds, row.tolist(), strict=True)) for row in table]
        outcomes = {
            "accuracy": Outcomes(
                metric_of(hypothesis, "accuracy"),
                {arm.label: v for arm, v in zip(question.arms, values, strict=True)},
            )
        }
        return effect_of(judge(question, outcomes))

    first, second = judged(range(6)), judged(renamed)
    assert second.estimate == pytest.approx(first.estimate)
    assert second.ci == pytest.approx(first.ci)
    assert second.evidence == first.evidence


@pytest.mark.parametrize("metric", ["accuracy", "loss"])
@pytest.mark.parametrize(("expect", "best"), [("higher", 1.0), ("lower", -1.0)])
def test_better_is_what_is_expected_whatever_the_metric_is_called(metric, expect, best):
    hypothesis, question, _ = search_question(4, trials=3, metric=metric, expect=expect)
    values = [{s: v for s in range(4)} for v in (1.0, -1.0, 0.0, 0.0)]
    replay = scores_of(hypothesis, question, values, metric)
    assert list(replay.outcomes.values["random"].values()) == pytest.approx([0.75 * best] * 4)


def test_searching_for_what_is_known_to_be_worse_is_named_before_training():
    unusual, _, _ = search_question(4, trials=3, expect="lower")
    usual, _, _ = search_question(4, trials=3, metric="loss", expect="lower")
    assert usual.claim.forewarnings() == ()
    [said] = unusual.claim.forewarnings()
    assert said == (
        "Both searches look for the lowest test accuracy, as expect says. To claim that random "
        "search does worse, swap search and than, and write accuracy: higher."
    )


def test_winners_that_fail_on_a_fresh_seed_are_left_out_and_named():
    """Cell 0 wins in three quarters of the orders and fails on one seed of ten."""
    hypothesis, question, labels = search_question(4, trials=3, seeds=10)
    values = [{s: float(k == 0) for s in range(10)} for k in range(len(labels))]
    values[0][9] = float("nan")
    replay = scores_of(hypothesis, question, values)
    scores = replay.outcomes.values["random"]
    assert np.isnan(scores.pop(9))
    assert list(scores.values()) == pytest.approx([0.75] * 9)
    assert "failed on a fresh seed in 0.075 of the replays" in replay.notes[0]


# Definitional


def test_combinations_are_counted():
    judgement = ask(make_hypothesis({"combinations": {"width": 5, "depth": [1, 2, 3, 4]}}, {}), {})
    assert judgement.evidence == "true by arithmetic"
    assert judgement.facts == {
        "counts": {"width": 5, "depth": 4},
        "combinations": 20,
        "growth": [5, 20],
    }
    assert "5 × 4 = 20 combinations" in judgement.notes[0]
