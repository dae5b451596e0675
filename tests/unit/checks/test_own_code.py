"""Models and data sets of one's own in checks: arms of other data and code where the claim says so."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hyperverdict.checks import fairness, time
from hyperverdict.outcomes.images import image_errors
from hyperverdict.verdicts.scope import scope_sentences

from tests.unit.checks.contexts import look, with_rows
from tests.unit.verdicts.synthetic import (
    batch_cost,
    context_of,
    one_claim,
    run_all,
    timing_of_arms,
)

CLAIMS = {
    "noise": 'compare: {noise: {from: 0.1, to: 0.2}}',
    "model": 'compare: {model: {from: mlp, to: "own_nets_c:net"}}',
    "models": 'compare: {model: {from: "own_nets_c:net", to: "own_nets_c:other"}}',
    "stages": 'compare: {stages: {from: 2, to: 3}}',
}  # fmt: skip


@pytest.fixture
def context(tmp_path, monkeypatch):
    """The context of a claim whose arms are all there, on own data where it varies them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_sets_c.py").write_text("def load(*, noise=0.1): ...\n")
    (tmp_path / "own_nets_c.py").write_text(
        "def net(shape, classes, *, stages=2): ...\ndef other(shape, classes): ...\n"
    )
    for name, train in (("", 600), ("~noise~0.2", 300)):
        file = tmp_path / f"resources/prepared/own_sets_c:load{name}/facts.json"
        file.parent.mkdir(parents=True)
        counts = {"train": [train, train], "validation": [60, 60], "test": [180, 180]}
        facts = {"data": "own_sets_c:load" + name, "shape": [1, 4, 4], "class_counts": counts}
        file.write_text(json.dumps(facts))

    def make(claim, model="mlp", **more):
        data = '"own_sets_c:load"' if claim == "noise" else "digits"
        study = one_claim(tmp_path, CLAIMS[claim], data=data, model=model, **more)
        return context_of(
            study,
            run_all(study, tmp_path / "runs", score=lambda _, seed: 0.5 + seed / 1000),
            "H",
            timings=[timing_of_arms(study, batch_cost)],
        )

    return make


def test_data_that_the_claim_varies_differ_by_design(context):
    arms = context("noise")
    assert look(fairness.different_code, arms) is None
    other = with_rows(with_rows(arms, 0, data_checksum="a"), 1, data_checksum="b")
    assert look(fairness.different_code, other) is None
    # The same number of steps is another number of passes, as with another data set.
    assert look(fairness.unequal_training, arms) is None
    assert "Data: own_sets_c:load and own_sets_c:load~noise~0.2" in scope_sentences(arms)[0]


def test_test_images_of_other_copies_are_not_paired(context):
    arms = context("noise")
    contrasts = [effect.contrast for effect in arms.effects]
    assert image_errors(contrasts, arms.by_label) == {}
    same = context("stages", model="own_nets_c:net")
    assert image_errors([effect.contrast for effect in same.effects], same.by_label)


def test_one_copy_has_one_checksum(context):
    arms = with_rows(context("stages", model="own_nets_c:net"), 1, data_checksum="b")
    assert look(fairness.different_code, arms).sentence == "The arms ran on different data."


@pytest.mark.parametrize("claim", ["model", "models"])
def test_models_that_the_claim_compares_have_code_of_their_own(context, claim):
    arms = with_rows(context(claim), 1, code_checksum="b" * 64)
    assert look(fairness.different_code, arms) is None


def test_arms_of_one_model_have_one_code(context):
    arms = context("stages", model="own_nets_c:net")
    arms = with_rows(with_rows(arms, 0, code_checksum="a" * 64), 1, code_checksum="a" * 64)
    assert look(fairness.different_code, arms) is None
    edited = with_rows(arms, 1, code_checksum="b" * 64)
    finding = look(fairness.different_code, edited)
    assert finding.level == "blocks"
    assert "different code" in finding.sentence


def test_the_scope_says_that_runs_are_older_than_the_code(context):
    arms = with_rows(context("model"), 1, code_checksum="a" * 64)
    [key] = {a.arm.configuration.code_key for a in arms.arms if "nets" in a.arm.label}
    now = replace(arms, present_code={key: "c" * 64})
    assert (
        "made with other code (aaaaaaaaaaaa) than is there now (cccccccccccc)"
        in (scope_sentences(now)[0])
    )
    same = replace(arms, present_code={key: "a" * 64})
    assert "other code" not in scope_sentences(same)[0]


def test_a_learning_rate_may_suit_one_level_of_an_own_hyperparameter(context):
    finding = look(fairness.untuned_learning_rate, context("stages", model="own_nets_c:net"))
    assert finding.level == "caveat"


def test_times_of_other_code_block(context):
    arms = context("stages", model="own_nets_c:net", expect="train_time: lower")
    arms = with_rows(with_rows(arms, 0, code_checksum="a"), 1, code_checksum="a")
    assert look(time.times_not_comparable, arms) is None
    paths = [a.arm.configuration.timed_path for a in arms.arms]
    same = replace(arms.timing, codes=dict.fromkeys(paths, "a"))
    assert look(time.times_not_comparable, replace(arms, timing=same)) is None
    other = replace(arms.timing, codes={paths[1]: "b"})
    finding = look(time.times_not_comparable, replace(arms, timing=other))
    assert "other code was timed than made the runs" in finding.sentence
