"""Claims become configurations."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hyperverdict.claims.factors import label, title
from hyperverdict.errors import UserError
from hyperverdict.study.tuning import arms_of as judged_arms
from hyperverdict.study.tuning import at_edge, choose, tuning_arms, tuning_seeds
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.vocabulary import OURS

from .asking import BUDGET, COMPARE, SHARE, study_with, the_baseline

ACCURACY = {"accuracy": "higher"}


def arms_of(terms, budget=BUDGET, expect=ACCURACY):
    study = study_with(terms, expect)
    return study.claimed_arms(study.hypotheses[0], budget)


def test_labels_use_canonical_spelling_and_titles_are_for_people():
    levels = {"learning_rate": 1e-3, "budget": Budget("steps", 1000)}
    assert label(levels, OURS) == "learning_rate 0.001, budget 1,000 steps"
    assert title(levels, OURS) == "learning rate 0.001, 1,000 steps"


def test_width_and_depth_replace_only_their_half_of_hidden_units():
    by_list = Baseline({"data": "digits", "hidden_units": (64, 64)})
    for base in (the_baseline(), by_list):
        assert base.configure({"depth": 3}, BUDGET)["hidden_units"] == (64, 64, 64)
        assert base.configure({"width": 8}, BUDGET)["hidden_units"] == (8, 8)
        assert base.configure({"hidden_units": (5, 6)}, BUDGET)["hidden_units"] == (5, 6)


def test_a_budget_in_samples_resolves_for_each_arm():
    small, large = arms_of(COMPARE, Budget("samples", 12_800))
    size = small.configuration.train_size
    assert large.configuration.budget.amount < small.configuration.budget.amount
    assert small.configuration.budget.amount == 12_800 // size * -(-size // 4) + -(
        -(12_800 % size) // 4
    )


def test_an_epoch_follows_the_data_of_its_context():
    terms = {
        "compare": {"depth": {"from": 2, "to": 3}},
        "only_in": {"data": {"yes": ["mnist"], "no": ["digits"]}},
    }
    arms = arms_of(terms, Budget("epochs", 2))
    assert [arm.context["data"] for arm in arms] == ["mnist", "mnist", "digits", "digits"]
    steps = [arm.configuration.budget.amount for arm in arms]
    assert steps[0] == steps[1] > steps[2] == steps[3]


def test_classes_can_be_contexts():
    terms = {
        "compare": {"depth": {"from": 2, "to": 3}},
        "only_in": {"classes": {"yes": [[3, 8, 9]], "no": [[0, 1]]}},
    }
    arms = arms_of(terms)
    assert arms[0].configuration["classes"] == (3, 8, 9)
    assert arms[0].label == "depth 2, classes 3-8-9"


def test_a_budget_may_be_a_factor():
    budgets = ["100 steps", "200 steps"]
    terms = {"matters_more": {"these": {"budget": budgets}, "than": {"width": [8, 16]}}}
    arms = arms_of(terms, expect={"accuracy": SHARE})
    assert [arm.configuration.budget.amount for arm in arms] == [100, 100, 200, 200]


def test_two_levels_that_come_to_one_configuration_are_refused():
    [epoch] = arms_of({"each": {"epoch": [1, 2]}}, BUDGET)
    steps = epoch.configuration.budget.amount
    budgets = ["2 epochs", f"{steps} steps"]
    terms = {"matters_more": {"these": {"budget": budgets}, "than": {"width": [8, 16]}}}
    with pytest.raises(UserError, match="are one configuration"):
        arms_of(terms, expect={"accuracy": SHARE})


def test_all_of_shares_the_arms_that_its_parts_share():
    widths, depths = [16, 64, 256], [1, 2, 3]
    terms = {
        "all_of": [
            {"trend": {"width": widths}, "in_every": {"depth": depths}},
            {"trend": {"depth": depths}, "in_every": {"width": widths}},
        ],
        "shape": "every_step",
    }
    assert len(arms_of(terms)) == 9


def test_a_learning_curve_trains_to_its_last_epoch():
    [arm] = arms_of({"each": {"epoch": "1..4"}})
    assert arm.configuration == the_baseline().configure({}, Budget("epochs", 4))


TUNE = {"learning_rate": ["1e-4", "1e-3", "1e-2"]}


def test_tuning_gives_every_arm_the_same_effort_on_other_seeds():
    study = study_with(COMPARE, ACCURACY, tune=TUNE, seeds=[0, 1, 1000])
    trials = tuning_arms(study.hypotheses[0], study, BUDGET)
    assert len(trials) == 6
    assert {trial.seeds for trial in trials} == {(1001, 1002, 1003)}
    assert [t.configuration["learning_rate"] for t in trials[:3]] == [1e-4, 1e-3, 1e-2]


def test_tuning_seeds_avoid_all_evaluation_seeds():
    assert tuning_seeds(range(10)) == (1000, 1001, 1002)
    assert tuning_seeds([1000, 1002]) == (1001, 1003, 1004)


def trials_and_scores(scores):
    study = study_with(COMPARE, ACCURACY, tune=TUNE)
    trials = tuning_arms(study.hypotheses[0], study, BUDGET)
    found = {
        trial.configuration.path: dict(zip(trial.seeds, scores[i % 3], strict=True))
        for i, trial in enumerate(trials)
    }
    return study, trials, found


NAN = float("nan")


def test_the_best_mean_on_validation_is_chosen_and_an_unreliable_value_is_not():
    _, trials, found = trials_and_scores([[0.7, 0.7, 0.7], [0.8, 0.9, 0.7], [0.99, NAN, 0.99]])
    assert choose("batch_size 4", trials, found) == {"learning_rate": 1e-3}


def test_when_every_value_fails_somewhere_the_rest_decides_and_nothing_is_an_error():
    _, trials, found = trials_and_scores([[0.7, NAN, 0.7], [NAN] * 3, [0.6, NAN, NAN]])
    assert choose("batch_size 128", trials, found) == {"learning_rate": 1e-4}
    with pytest.raises(UserError, match="no run of 'batch_size 4' finished"):
        choose("batch_size 4", trials, {})


def test_judged_arms_carry_the_chosen_values_under_the_same_labels():
    study, _, _ = trials_and_scores([[0.7] * 3] * 3)
    chosen = {"batch_size 4": {"learning_rate": 1e-4}, "batch_size 128": {"learning_rate": 0.01}}
    tuned = replace(study.hypotheses[0], tuned={str(BUDGET): chosen})
    arms = judged_arms(tuned, study, BUDGET)
    assert [arm.label for arm in arms] == ["batch_size 4", "batch_size 128"]
    assert [arm.configuration["learning_rate"] for arm in arms] == [1e-4, 1e-2]


def test_what_the_claim_varies_cannot_be_tuned():
    with pytest.raises(UserError, match="batch_size is what the claim varies"):
        study_with(COMPARE, ACCURACY, tune={"batch_size": [4, 8]})


def test_edges_of_a_tuned_grid():
    rates = (1e-4, 1e-3, 1e-2)
    assert at_edge(rates, 1e-2)
    assert not at_edge(rates, 1e-3)
    assert not at_edge(("sgd", "adam"), "sgd")
