"""Levels of every kind in every claim, and hyperparameters that another setting makes inert."""

from __future__ import annotations

import pytest
from hyperverdict.errors import UserError
from hyperverdict.study.load import study_of
from hyperverdict.study.structure import Source, check_structure
from hyperverdict.vocabulary.vocabulary import of_columns

from .asking import COMPARE, SHARE, ask, differences, make_hypothesis, study_with
from .judging import ACCURACY, FLAT, UP

# Lists, words, numbers and budgets, each as two to four levels of one factor.
KINDS = {
    "hidden_units": [[16], [64, 64], [8, 8, 8]],
    "optimizer": ["sgd", "adam", "adamw"],
    "learning_rate": ["1e-4", 1e-3, 0.01],
    "classes": [[0, 1], [0, 1, 2], "all"],
    "budget": ["100 steps", "200 steps", "2 epochs"],
}


def claims(factor, levels):
    change = {factor: {"from": levels[0], "to": levels[1]}}
    other = "dropout"
    yield {"compare": change}, ACCURACY
    yield {"compare": {other: {"from": 0, "to": 0.5}}, "in_every": {factor: levels}}, ACCURACY
    yield {"compare": change, "in_every": {other: [0, 0.1, 0.2]}}, ACCURACY
    yield (
        {"compare": change, "depends_on": {other: {"from": 0, "to": 0.5}}},
        {"accuracy": {"is": "higher", "matters_from": 0.01}},
    )
    yield (
        {
            "compare": {other: {"from": 0, "to": 0.5}},
            "only_in": {factor: {"yes": levels[:1], "no": levels[1:]}},
        },
        ACCURACY,
    )
    yield (
        {"matters_more": {"these": {factor: levels}, "than": {other: [0, 0.5]}}},
        {"accuracy": SHARE},
    )
    yield (
        {
            "search": "random",
            "than": "grid",
            "over": {factor: levels, other: [0, 0.5]},
            "trials": 2,
        },
        ACCURACY,
    )
    yield {"best": {factor: levels}, "is": levels[1]}, ACCURACY
    yield {"best": {factor: levels}, "is": [levels[1]]}, ACCURACY


ALL = [
    pytest.param(terms, expect, id=f"{factor}-{i}")
    for factor, levels in KINDS.items()
    for i, (terms, expect) in enumerate(claims(factor, levels))
]


@pytest.mark.parametrize(("terms", "expect"), ALL)
def test_every_kind_of_level_is_judged_in_every_claim(terms, expect):
    hypothesis = make_hypothesis(terms, expect, baseline={})
    arms = hypothesis.claim.arms(
        study_with(COMPARE, ACCURACY, baseline={}).baseline, hypothesis.budgets[0]
    )
    values = [[0.5 + 0.001 * k + 0.01 * s for s in range(8)] for k in range(len(arms))]
    judgement = ask(hypothesis, {"accuracy": values})
    assert judgement.effects
    assert hypothesis.claim.terms_text


ODD = ["resnet - small", "a; b", 'say "no"', "<b>x</b>", "🚀", "x" * 200, "vit, large", "depth 3"]


@pytest.mark.parametrize("name", ODD)
def test_the_text_of_a_level_is_only_a_label(name):
    """A level that reads like two arms, a context or a tag changes no number."""
    raw = {
        "study": "odd",
        "data": "some_images",
        "hypotheses": {
            "H": {
                "says": "s",
                "compare": {"backbone": {"from": "vit", "to": name}},
                "in_every": {"depth": [1, 2, 3]},
                "expect": {"accuracy": "higher"},
            }
        },
    }
    vocabulary = of_columns(["backbone", "depth"])
    study = study_of(check_structure(raw, Source()), Source(), vocabulary)
    hypothesis = study.hypotheses[0]
    arms = study.claimed_arms(hypothesis, hypothesis.budgets[0])
    labels = [arm.label for arm in arms]
    values = [arm for d in (UP, UP, FLAT) for arm in differences(d, 0.7)]
    judgement = _judge(hypothesis, arms, values)
    assert judgement.evidence == "refuted"
    for i, effect in enumerate(judgement.effects):
        assert effect.contrast.pair == (labels[2 * i], labels[2 * i + 1])
        assert effect.contrast.context == f"depth {i + 1}"


def _judge(hypothesis, arms, values):
    from hyperverdict.claims.model import Question
    from hyperverdict.effects.outcomes import Outcomes

    metric = hypothesis.claim.expect[0].metric
    runs = {arm.label: dict(enumerate(v)) for arm, v in zip(arms, values, strict=True)}
    seeds = tuple(range(8))
    question = Question(
        hypothesis.claim,
        hypothesis.budgets[0],
        arms,
        {"accuracy": Outcomes(metric, runs)},
        seeds,
        0.05,
    )
    return hypothesis.claim.judge(question)


MOMENTUM = {"momentum": {"from": 0.5, "to": 0.9}}
SGD = ["sgd_momentum", "sgd", "adam"]
INERT = {
    "compared": {"compare": MOMENTUM},
    "a trend": {"trend": {"momentum": [0.1, 0.5, 0.9]}, "shape": "every_step"},
    "in one of the contexts": {"compare": MOMENTUM, "in_every": {"optimizer": SGD}},
    "as context": {
        "compare": {"width": {"from": 8, "to": 16}},
        "in_every": {"momentum": [0.1, 0.5, 0.9]},
    },
    "among the best": {"best": {"momentum": [0.1, 0.5]}, "is": 0.1},
}


@pytest.mark.parametrize("name", INERT)
def test_a_hyperparameter_without_effect_is_refused(name):
    with pytest.raises(UserError, match=r"momentum has an effect only with optimizer sgd_momentum"):
        study_with(INERT[name], ACCURACY)


def test_a_search_over_a_hyperparameter_without_effect_is_refused_and_a_tuned_one_too():
    over = {"momentum": [0.1, 0.5], "width": [8, 16]}
    with pytest.raises(UserError, match="momentum has an effect only with"):
        study_with({"search": "random", "than": "grid", "over": over, "trials": 2}, ACCURACY)
    with pytest.raises(UserError, match="tune: momentum has an effect only with"):
        study_with(COMPARE, ACCURACY, tune={"momentum": [0.1, 0.5]})


def test_a_heatmap_over_a_hyperparameter_without_effect_is_refused():
    raw = {"study": "s", "data": "digits", "explore": {"m": {"grid": {"momentum": [0.1, 0.9]}}}}
    with pytest.raises(
        UserError, match=r"explore\.m\.grid: grid: momentum has an effect only with"
    ):
        study_of(check_structure(raw, Source()), Source())


def test_where_it_has_an_effect_it_may_vary():
    study_with({"compare": MOMENTUM}, ACCURACY, baseline={"optimizer": "sgd_momentum"})
    both = {"compare": {"optimizer": {"from": "sgd", "to": "sgd_momentum"}, **MOMENTUM}}
    study_with(both, ACCURACY)


@pytest.mark.parametrize(("baseline", "compare", "words"), [
    ({"model": "cnn"}, {"width": {"from": 8, "to": 16}}, "width has no effect with model cnn"),
    ({"model": "resnet18"}, {"depth": {"from": 1, "to": 2}}, "depth has no effect with model resnet18"),
    ({"model": "resnet18"}, {"activation": {"from": "relu", "to": "tanh"}}, "activation has no effect with model resnet18"),
    ({"model": "cnn"}, {"hidden_units": {"from": [8], "to": []}}, "hidden_units has no effect"),
    ({"model": "cnn"}, {"width": {"from": 8, "to": 16}, "learning_rate": {"from": 0.1, "to": 0.01}}, "width has no effect with model cnn"),
    ({}, {"channels": {"from": 8, "to": 16}}, "channels has an effect only with model cnn"),
    ({"depth": 0}, {"width": {"from": 8, "to": 16}}, "width has no effect with model mlp and hidden_units none"),
    ({"hidden_units": []}, {"dropout": {"from": 0, "to": 0.5}}, "dropout has no effect with model mlp and hidden_units none"),
])  # fmt: skip
def test_what_another_model_ignores_is_refused_by_its_handles_too(baseline, compare, words):
    with pytest.raises(UserError, match=words):
        study_with({"compare": compare}, ACCURACY, baseline=baseline)


@pytest.mark.parametrize("stated", [{"width": 64}, {"depth": 3}, {"hidden_units": [8]}])
def test_a_baseline_that_no_arm_can_use_is_refused(stated):
    both = {"compare": {"channels": {"from": 8, "to": 16}}}
    name = next(iter(stated))
    with pytest.raises(UserError, match=f"baseline.{name}: {name} has no effect with model cnn"):
        study_with(both, ACCURACY, baseline={"model": "cnn", **stated})
    models = {"compare": {"model": {"from": "mlp", "to": "cnn"}}}
    study_with(models, ACCURACY, baseline=stated)


def test_what_a_heatmap_or_tuning_can_use_may_be_in_the_baseline():
    channels = {"compare": {"channels": {"from": 8, "to": 16}}}
    raw = {
        "study": "s",
        "data": "digits",
        "baseline": {"model": "cnn", "width": 64},
        "hypotheses": {"H": {"says": "s", **channels, "expect": ACCURACY}},
    }
    with pytest.raises(UserError, match="width has no effect with model cnn; no arm here"):
        study_of(check_structure(raw, Source()), Source())
    cells = {"grid": {"model": ["mlp"], "depth": [1, 2]}}
    assert study_of(check_structure({**raw, "explore": {"m": cells}}, Source()), Source()).heatmaps
    tune = {"optimizer": ["sgd", "sgd_momentum"]}
    study_with(COMPARE, ACCURACY, tune=tune, baseline={"momentum": 0.5})


def test_a_linear_model_is_a_level_of_depth():
    study = study_with({"trend": {"depth": [0, 1, 2]}, "shape": "every_step"}, ACCURACY)
    arms = study.claimed_arms(study.hypotheses[0], study.budget)
    assert [arm.configuration["hidden_units"] for arm in arms] == [(), (64,), (64, 64)]
    assert [arm.title for arm in arms] == ["depth 0", "depth 1", "depth 2"]
    linear = study_with({"compare": {"hidden_units": {"from": [], "to": [64]}}}, ACCURACY)
    assert linear.hypotheses[0].claim.terms_text == "hidden units none → 64"


def test_a_linear_model_is_one_whatever_its_width():
    grid = {"depth": [0, 1], "width": [8, 16]}
    claim = {"trend": {"depth": [0, 1, 2]}, "in_every": {"width": [8, 16]}, "shape": "every_step"}
    with pytest.raises(UserError, match="the same network would be trained twice"):
        study_with(claim, ACCURACY)
    raw = {"study": "s", "data": "digits", "explore": {"m": {"grid": grid}}}
    with pytest.raises(UserError, match="width has no effect with model mlp and hidden_units none"):
        study_of(check_structure(raw, Source()), Source())
