"""Which type reads a claim, and what is refused before anything is trained."""

from __future__ import annotations

import json

import pytest
from hyperverdict.claims import TYPES
from hyperverdict.claims.model import UnanswerableError
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget
from jsonschema import Draft202012Validator

from .asking import COMPARE, SHARE, make_hypothesis, study_with

TREND = {"trend": {"width": [16, 64, 256, 1024]}, "shape": "every_step"}
IN_EVERY = {"in_every": {"width": [16, 64, 256]}}
DEPTH = {"compare": {"depth": {"from": 2, "to": 3}}}
GRID = {"width": [16, 64], "depth": [1, 2]}

GOOD = {
    "definitional": ({"combinations": {"width": 5, "depth": [1, 2]}}, {}),
    "comparison": (COMPARE, {"accuracy": "lower"}),
    "trend": (TREND, {"accuracy": "higher"}),
    "universal": ({**DEPTH, **IN_EVERY}, {"accuracy": "higher"}),
    "interaction": (
        {**DEPTH, "depends_on": {"width": {"from": 16, "to": 64}}},
        {"accuracy": {"is": "higher", "matters_from": 0.01}},
    ),
    "conditional": (
        {**DEPTH, "only_in": {"data": {"yes": ["mnist"], "no": ["digits"]}}},
        {"accuracy": "higher"},
    ),
    "importance": (
        {"matters_more": {"these": {"optimizer": ["sgd", "adam"]}, "than": {"width": [16, 64]}}},
        {"accuracy": SHARE},
    ),
    "learning curve": ({"each": {"epoch": "1..3"}}, {"accuracy": "higher"}),
    "strategy": (
        {"search": "random", "than": "grid", "over": GRID, "trials": 2},
        {"accuracy": "higher"},
    ),
    "optimum": ({"best": {"width": [16, 64, 256]}, "is": [64]}, {"accuracy": "higher"}),
}


def check(terms, expect, **changes):
    study_with(terms, expect, **changes)


def test_there_is_an_example_of_every_type():
    assert set(GOOD) == {kind.kind for kind in TYPES}


@pytest.mark.parametrize("name", GOOD)
def test_the_keys_decide_the_type_and_a_good_claim_passes(name):
    terms, expect = GOOD[name]
    assert make_hypothesis(terms, expect).claim.kind == name


@pytest.mark.parametrize("name", GOOD)
def test_every_arm_has_its_own_label(name):
    study = study_with(*GOOD[name])
    arms = study.claimed_arms(study.hypotheses[0], study.hypotheses[0].budgets[0])
    assert len({arm.label for arm in arms}) == len(arms)
    for arm in arms:
        for factor in arm.levels:
            assert factor in arm.label


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.kind)
def test_schemas_are_valid_and_describe_every_key(kind):
    assert set(kind.schema) == kind.keys
    for key, schema in kind.schema.items():
        Draft202012Validator.check_schema(schema)
        assert {"type", "description"} <= set(schema), key
    json.dumps(dict(kind.schema))


@pytest.mark.parametrize("name", GOOD)
def test_good_claims_fit_their_schema_and_bad_values_do_not(name):
    terms, expect = GOOD[name]
    schema = make_hypothesis(terms, expect).claim.schema
    for key, value in terms.items():
        Draft202012Validator(schema[key]).validate(value)
        assert list(Draft202012Validator(schema[key]).iter_errors({"": None})), key


def test_types_that_share_a_key_agree_on_its_schema():
    seen = {}
    for kind in TYPES:
        for key, schema in kind.schema.items():
            assert seen.setdefault(key, schema) == schema


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({}, "no verb"),
        ({"compre": {}}, "unknown key 'compre'; did you mean 'compare'"),
        ({**COMPARE, "best": {"width": [1, 2]}}, "'best' and 'compare' do not make one claim"),
        ({"depends_on": {"width": {"from": 1, "to": 2}}}, "'depends_on' also needs 'compare'"),
        ({"shape": "every_step"}, "'shape' alone makes no claim; it goes with 'trend'"),
        ({"best": {"width": [1, 2]}}, "'best' also needs 'is'"),
    ],
)
def test_keys_that_make_no_claim(terms, message):
    with pytest.raises(UserError, match=message):
        check(terms, ACCURACY)


def compare(factor, start, to):
    return {"compare": {factor: {"from": start, "to": to}}}


ACCURACY = {"accuracy": "higher"}

REFUSED = {
    "one configuration": (
        compare("learning_rate", "1e-3", 0.001),
        ACCURACY,
        "learning_rate from '1e-3' to 0.001 is one configuration",
    ),
    "one configuration, by two factors": (
        {"best": {"hidden_units": [[64, 64], "64x2"]}, "is": ["64x2"]},
        ACCURACY,
        "are one level of hidden_units",
    ),
    "unknown hyperparameter": (
        compare("learning_rat", 1, 2),
        ACCURACY,
        "unknown hyperparameter 'learning_rat'; did you mean 'learning_rate'",
    ),
    "level of the wrong type": (compare("batch_size", 4, "many"), ACCURACY, "batch_size: 'many'"),
    "half a comparison": ({"compare": {"width": {"from": 4}}}, ACCURACY, "key 'to' is missing"),
    "nothing expected": (COMPARE, {}, "expect is missing"),
    "a level twice": (
        {"trend": {"learning_rate": ["1e-3", 0.001, 1]}, "shape": "every_step"},
        ACCURACY,
        "'1e-3' and 0.001 are one level of learning_rate",
    ),
    "a trend without shape": ({"trend": {"width": [1, 2, 3]}}, ACCURACY, "shape is missing"),
    "an unknown shape": (
        {"trend": {"width": [1, 2, 3]}, "shape": "every_stp"},
        ACCURACY,
        "did you mean 'every_step'",
    ),
    "levels out of order": (
        {"trend": {"width": [64, 16, 256]}, "shape": "every_step"},
        ACCURACY,
        "from smallest to largest",
    ),
    "levels without order": (
        {"trend": {"optimizer": ["sgd", "adam", "adamw"]}, "shape": "every_step"},
        ACCURACY,
        "optimizer have no order",
    ),
    "a trend that is not lower": (TREND, {"accuracy": "not_lower"}, "never_worse"),
    "a context that is compared": (
        {**DEPTH, "in_every": {"depth": [1, 2, 3]}},
        ACCURACY,
        "depth cannot be compared and be a context",
    ),
    "on average for a comparison": (
        {**DEPTH, **IN_EVERY, "shape": "on_average"},
        ACCURACY,
        "on_average is for trends",
    ),
    "a part without contexts": ({"all_of": [DEPTH]}, ACCURACY, "key 'in_every' is missing"),
    "an interaction without its size": (
        GOOD["interaction"][0],
        ACCURACY,
        "needs a size of its own",
    ),
    "a context that is yes and no": (
        {**DEPTH, "only_in": {"data": {"yes": ["mnist"], "no": ["mnist"]}}},
        ACCURACY,
        "one level of data",
    ),
    "groups that overlap": (
        {"matters_more": {"these": {"width": [1, 2]}, "than": {"width": [3, 4]}}},
        {"accuracy": SHARE},
        "width is in both groups",
    ),
    "importance without shares": (GOOD["importance"][0], ACCURACY, "share_of_variance"),
    "shares without importance": (COMPARE, {"accuracy": SHARE}, "belongs to matters_more"),
    "an epoch range backwards": ({"each": {"epoch": "5..1"}}, ACCURACY, "at least 2 rising"),
    "one epoch": ({"each": {"epoch": [3]}}, ACCURACY, "at least 2 rising"),
    "a claimed level that is not there": (
        {"best": {"width": [16, 64]}, "is": [65]},
        ACCURACY,
        "65 is not among",
    ),
    "all levels claimed": ({"best": {"width": [16, 64]}, "is": [16, 64]}, ACCURACY, "at least one"),
    "a search against itself": (
        {"search": "grid", "than": "grid", "over": GRID, "trials": 2},
        ACCURACY,
        "both 'grid'",
    ),
    "an unknown search": (
        {"search": "randon", "than": "grid", "over": GRID, "trials": 2},
        ACCURACY,
        "did you mean 'random'",
    ),
    "trials for the whole grid": (
        {"search": "random", "than": "grid", "over": GRID, "trials": 4},
        ACCURACY,
        "from 1 to 3",
    ),
    "a count that is measured": ({"combinations": {"width": 5}}, ACCURACY, "leave it out"),
    "a count of nothing": ({"combinations": {"width": 0}}, {}, "less than the minimum"),
    "two handles on one thing": (
        {"compare": {"hidden_units": {"from": [8], "to": [16]}, "depth": {"from": 1, "to": 2}}},
        ACCURACY,
        "hidden_units and depth set the same layers",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_malformed_claims_are_refused_by_name(name):
    terms, expect, message = REFUSED[name]
    with pytest.raises(UserError, match=message) as caught:
        check(terms, expect)
    assert not isinstance(caught.value, UnanswerableError)


def test_two_spellings_of_one_configuration_by_different_factors():
    study_terms = {"compare": {"width": {"from": 64, "to": 64.0}}}
    with pytest.raises(UserError, match="one configuration"):
        check(study_terms, ACCURACY)


UNANSWERABLE = {
    "a trend over two levels": (
        {"trend": {"width": [16, 64]}, "shape": "every_step"},
        ACCURACY,
        "2 levels cannot show a trend",
    ),
    "universal over two contexts": (
        {**DEPTH, "in_every": {"width": [16, 64]}},
        ACCURACY,
        "2 contexts: exceptions up to 78% are not excluded",
    ),
    "universal trend over two levels": (
        {"all_of": [{"trend": {"depth": [1, 2]}, **IN_EVERY}], "shape": "every_step"},
        ACCURACY,
        "2 levels cannot show a trend",
    ),
}


@pytest.mark.parametrize("name", UNANSWERABLE)
def test_claims_that_their_design_cannot_answer(name):
    terms, expect, message = UNANSWERABLE[name]
    with pytest.raises(UnanswerableError, match=message):
        check(terms, expect)


@pytest.mark.parametrize("name", [n for n in GOOD if n not in ("definitional", "strategy")])
def test_one_seed_is_refused(name):
    with pytest.raises(UnanswerableError, match="one run per arm gives no noise estimate"):
        check(*GOOD[name], seeds=1)


def test_few_seeds_for_importance_and_strategy():
    with pytest.raises(UnanswerableError, match="at least 3"):
        check(*GOOD["importance"], seeds=2)
    with pytest.raises(UnanswerableError, match="at least 4"):
        check(*GOOD["strategy"], seeds=3)


def test_faster_at_equal_seconds_is_refused_alone_and_dropped_beside_others():
    with pytest.raises(UserError, match="equal by design at equal seconds"):
        check(COMPARE, {"train_time": "lower"}, at_equal=["300 steps", "5 seconds"])
    check(COMPARE, {"train_time": "lower", "accuracy": "lower"}, at_equal=["5 seconds"])


def test_learning_curves_have_their_own_budget_and_others_keep_theirs():
    assert make_hypothesis(*GOOD["learning curve"]).budgets == (Budget("epochs", 3),)
    assert make_hypothesis(*GOOD["trend"]).budgets == (Budget("steps", 300),)


def test_many_contexts_are_announced():
    many = {**DEPTH, "in_every": {"width": [16, 32, 64, 128, 256, 512]}}
    assert "6 contexts" in make_hypothesis(many, ACCURACY).claim.forewarnings()[0]
    assert make_hypothesis(*GOOD["universal"]).claim.forewarnings() == ()
