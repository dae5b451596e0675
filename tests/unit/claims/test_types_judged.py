"""What each claim type makes of outcomes: legs, shapes, contexts, levels, epochs, searches."""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.effects.outcomes import Outcomes

from .asking import (
    COMPARE,
    SHARE,
    ask,
    ask_curves,
    differences,
    judge,
    make_hypothesis,
    metric_of,
    question_of,
)
from .judging import ACCURACY, DOWN, FLAT, NOISE, UNCLEAR, UP, effect_of

# Legs


@pytest.mark.parametrize(
    ("time", "accuracy", "evidence"),
    [
        (0.5, DOWN, "supported"),
        (0.5, UP, "refuted"),
        (2.0, DOWN, "refuted"),
        (0.5, UNCLEAR, "inconclusive"),
        (0.5, FLAT, "refuted"),
        (1.0, FLAT, "no meaningful effect"),
    ],
)
def test_all_legs_must_hold(time, accuracy, evidence):
    base = [10 + x for x in NOISE]
    values = {
        "train_time": [base, [time * b * (1 + x) for b, x in zip(base, NOISE, strict=True)]],
        "accuracy": differences(accuracy),
    }
    judgement = ask(make_hypothesis(COMPARE, {"train_time": "lower", "accuracy": "lower"}), values)
    assert judgement.evidence == evidence
    assert judgement.kind == "trade-off"
    assert [title for title, _ in judgement.facts["positions"]] == [
        "training time",
        "test accuracy",
    ]


def test_a_leg_refutes_a_trade_off_only_at_alpha_over_legs():
    d = [-0.012, -0.020, -0.004, -0.015, -0.001]
    base = [10 + x for x in NOISE[:5]]
    values = {"train_time": [base, [b / 2 for b in base]], "accuracy": differences(d)}
    hypothesis = make_hypothesis(COMPARE, {"train_time": "lower", "accuracy": "higher"})
    judgement = ask(hypothesis, values)
    assert judgement.legs[1].evidence == "refuted"
    assert judgement.evidence == "inconclusive"
    assert "alpha / 2" in judgement.notes[0]


def test_a_leg_that_the_budget_makes_equal_is_dropped_and_said():
    hypothesis = make_hypothesis(
        COMPARE, {"train_time": "lower", "accuracy": "lower"}, at_equal=["5 seconds"]
    )
    judgement = ask(hypothesis, {"accuracy": differences(DOWN)})
    assert judgement.evidence == "supported"
    assert [leg.metric.name for leg in judgement.legs] == ["accuracy", "train_time"]
    assert judgement.legs[1].dropped_because == ("training time is equal by design at 5 seconds")
    assert judgement.legs[1].effects == ()


def test_a_metric_that_nobody_measured_is_inconclusive():
    judgement = ask(make_hypothesis(COMPARE, ACCURACY), {})
    assert judgement.evidence == "inconclusive"
    assert effect_of(judgement).n == 0


# Trends


def trend(shape, *steps):
    levels = np.cumsum([0.5, *steps])
    per_arm = [
        [level + k * x for x in NOISE] for k, level in zip((0, 1, -1, 2), levels, strict=True)
    ]
    terms = {"trend": {"width": [16, 64, 256, 1024]}, "shape": shape}
    return ask(make_hypothesis(terms, ACCURACY), {"accuracy": per_arm})


@pytest.mark.parametrize(
    ("steps", "every_step", "never_worse", "on_average"),
    [
        ((0.05, 0.05, 0.05), "supported", "supported", "supported"),
        ((0.05, 0.0, 0.05), "inconclusive", "supported", "supported"),
        ((0.10, -0.05, 0.10), "refuted", "refuted", "supported"),
        ((0.0, 0.0, 0.0), "no meaningful effect", "no meaningful effect", "no meaningful effect"),
        ((-0.05, -0.05, -0.05), "refuted", "refuted", "refuted"),
        ((0.05, 0.05, -0.007), "refuted", "supported", "supported"),
    ],
)
def test_shapes(steps, every_step, never_worse, on_average):
    found = [trend(s, *steps).evidence for s in ("every_step", "never_worse", "on_average")]
    assert found == [every_step, never_worse, on_average]


# Contexts


def in_contexts(shape, *ds):
    terms = {
        "compare": {"depth": {"from": 2, "to": 3}},
        "in_every": {"width": [16, 64, 256]},
        "shape": shape,
    }
    values = [arm for d in ds for arm in differences(d)]
    return ask(make_hypothesis(terms, ACCURACY), {"accuracy": values})


@pytest.mark.parametrize(
    ("ds", "always", "never_worse"),
    [
        ((UP, UP, UP), "supported", "supported"),
        ((UP, UP, FLAT), "refuted", "supported"),
        ((UP, UP, UNCLEAR), "inconclusive", "inconclusive"),
        ((UP, UNCLEAR, DOWN), "refuted", "refuted"),
        ((FLAT, FLAT, FLAT), "refuted", "supported"),
    ],
)
def test_every_context(ds, always, never_worse):
    assert in_contexts("every_step", *ds).evidence == always
    assert in_contexts("never_worse", *ds).evidence == never_worse


def test_effects_name_their_context_and_arms():
    effect = in_contexts("every_step", UP, UP, UP).legs[0].effects[1]
    contrast = effect.contrast
    assert contrast.context == "width 64"
    assert contrast.pair == ("depth 2, width 64", "depth 3, width 64")
    assert (contrast.start, contrast.to) == (("depth 2",), ("depth 3",))


def test_universal_trend_is_refuted_by_a_flat_step_and_never_worse_is_not():
    widths, depths = [16, 64, 256], [1, 2, 3]
    per_arm = []
    for depth in depths:
        flat = 0.0 if depth == 2 else 0.05
        for level in (0.5, 0.55, 0.55 + flat):
            per_arm.append([level + (1 + depth + level) * x for x in NOISE])

    def judged(shape):
        terms = {
            "all_of": [{"trend": {"width": widths}, "in_every": {"depth": depths}}],
            "shape": shape,
        }
        return ask(make_hypothesis(terms, ACCURACY), {"accuracy": per_arm}).evidence

    assert judged("every_step") == "refuted"
    assert judged("never_worse") == "supported"


def only_in(yes, no):
    terms = {
        "compare": {"depth": {"from": 2, "to": 3}},
        "only_in": {"data": {"yes": ["mnist"], "no": ["digits"]}},
    }
    values = {"accuracy": [*differences(yes), *differences(no)]}
    return ask(make_hypothesis(terms, ACCURACY), values)


@pytest.mark.parametrize(
    ("yes", "no", "evidence"),
    [
        (UP, FLAT, "supported"),
        (UP, DOWN, "supported"),
        (UP, UP, "refuted"),
        (FLAT, DOWN, "refuted"),
        (DOWN, [2 * x for x in DOWN], "refuted"),
        (UP, UNCLEAR, "inconclusive"),
    ],
)
def test_only_in_needs_all_three(yes, no, evidence):
    assert only_in(yes, no).evidence == evidence


def test_the_difference_is_between_means_over_contexts():
    terms = {
        "compare": {"depth": {"from": 2, "to": 3}},
        "only_in": {"data": {"yes": ["mnist", "kmnist"], "no": ["digits"]}},
    }
    more = [x + 0.02 for x in UP]
    values = {"accuracy": [*differences(UP), *differences(more), *differences(FLAT)]}
    effects = ask(make_hypothesis(terms, ACCURACY), values).legs[0].effects
    assert len(effects) == 4
    expected = (np.mean(UP) + np.mean(more)) / 2 - np.mean(FLAT)
    assert effects[-1].estimate == pytest.approx(expected)


@pytest.mark.parametrize(
    ("first", "second", "evidence"),
    [
        (FLAT, UP, "supported"),
        (UP, FLAT, "refuted"),
        (UP, UP, "no meaningful effect"),
        (DOWN, FLAT, "supported"),
    ],
)
def test_interaction_is_the_difference_in_differences(first, second, evidence):
    terms = {
        "compare": {"depth": {"from": 2, "to": 3}},
        "depends_on": {"width": {"from": 16, "to": 64}},
    }
    expect = {"accuracy": {"is": "higher", "matters_from": 0.01}}
    values = {"accuracy": [*differences(first), *differences(second)]}
    judgement = ask(make_hypothesis(terms, expect), values)
    assert judgement.evidence == evidence
    contrast = effect_of(judgement).contrast
    assert contrast.kind == "interaction"
    assert (contrast.start, contrast.to) == (("width 16",), ("width 64",))
    [said] = make_hypothesis(terms, expect).claim.findings(judgement)
    assert said.startswith("Within each context, depth 2 → 3 changes test accuracy: ")
    for mean, context in ((np.mean(first), "width 16"), (np.mean(second), "width 64")):
        sign = "" if abs(mean) < 1e-9 else "+" if mean > 0 else "−"
        size = f"{sign}{abs(100 * mean):.2f}"
        assert f"{size} points with {context}" in said, said


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
    assert judgement.facts["plateaus"] == [["test accuracy", 2]]
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
    assert effect_of(judgement).n == 4
    assert any("chosen on the split" in note for note in judgement.notes)


def test_winners_are_chosen_on_validation_where_it_is_known():
    judgement = search([0.5] * 15, curves=True)
    assert judgement.notes == ()
    assert judgement.evidence == "no meaningful effect"


def test_winners_are_scored_on_fresh_seeds():
    terms = {
        "search": "random",
        "than": "grid",
        "over": {"width": [8, 16], "depth": [1, 2]},
        "trials": 3,
    }
    hypothesis = make_hypothesis(terms, ACCURACY, seeds=[0, 1, 2, 3])
    question = question_of(hypothesis)
    arms = question.arms
    # The value of a run spells its cell and its seed.
    values = {arm.label: {s: 10.0 * k + s for s in range(4)} for k, arm in enumerate(arms)}
    outcome = Outcomes(metric_of(hypothesis, "accuracy"), values)
    [expectation] = hypothesis.claim.expect
    for scores in hypothesis.claim.replay(question, outcome, expectation).values.values():
        assert {searched: score % 10 for searched, score in scores.items()} == {0: 2, 1: 3}


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
