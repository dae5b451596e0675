"""What comparisons make of outcomes: legs, shapes of trends, contexts."""

from __future__ import annotations

import numpy as np
import pytest

from .asking import (
    COMPARE,
    ask,
    differences,
    make_hypothesis,
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
