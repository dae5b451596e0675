"""Slips beside a training of the user's own, whose declared names are right there."""

from __future__ import annotations

import pytest
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study

OWN = """\
study: s
train:
  command: ./train --lr {lr} --layers {layers} --trees {trees} --seed {seed} --out {metrics}
  code: [train]
hyperparameters: {lr: {default: 0.1}, layers: {default: 2}}
baseline: {budget: 100 trees}
metrics: {acc: {better: higher, matters_from: 0.01}}
hypotheses:
  H1:
    says: More layers are better.
    compare: {layers: {from: 2, to: 3}}
    expect: {acc: higher}
"""


def own(tmp_path, monkeypatch, old="", new=""):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "study.yaml"
    file.write_text(OWN.replace(old, new) if old else OWN)
    return load_study(file)


def test_names_of_the_users_own_training_are_right_there(tmp_path, monkeypatch):
    study = own(tmp_path, monkeypatch)
    assert list(study.hypotheses[0].claim.start) == ["layers"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{layers: {from", "{depth: {from", "unknown hyperparameter 'depth': write layers"),
        ("{budget:", "{learning_rate: 1, budget:", "'learning_rate': write lr"),
        ("{budget:", "{wd: 1, budget:", "unknown hyperparameter 'wd'; allowed: budget, layers, lr"),
        (
            "{budget: 100 trees}",
            "{budget: 9 trees, trees: 100}",
            "'trees': write budget: 100 trees",
        ),
        ("{acc: higher}", "{accuracy: higher}", "the metric 'accuracy': write acc"),
        ("baseline:", "lr: 0.1\nbaseline:", "'lr': write it under baseline, as in baseline: {lr: "),
        ("baseline:", "wd: 0.1\nbaseline:", "unknown key 'wd'; allowed: "),
    ],
)
def test_only_declared_names_are_suggested_there(tmp_path, monkeypatch, old, new, words):
    with pytest.raises(UserError, match="line ") as caught:
        own(tmp_path, monkeypatch, old, new)
    assert words in str(caught.value)


def test_all_errors_of_the_declared_hyperparameters_are_shown_at_once(tmp_path, monkeypatch):
    with pytest.raises(
        UserError, match=r"2 errors\n.*hyperparameters.lr.*\n.*hyperparameters.layers"
    ):
        own(
            tmp_path,
            monkeypatch,
            "{lr: {default: 0.1}, layers: {default: 2}}",
            "{lr: {}, layers: {}}",
        )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("layers: {default: 2}", "layers: 2", "2 must be a mapping; write layers: {default: 2}"),
        ("layers: {default: 2}", "layers: [2, 3]", "{default: ..., allowed: [2, 3]}"),
        (
            "{budget: 100 trees}",
            "{budget: 100}",
            "that the study states; write budget: 100 trees, if it is the unit",
        ),
        ("{layers} --", "{depth} --", "{depth} is neither declared"),
        ("--lr {lr}", "--lr {learning_rate}", "that the study states; write {lr}"),
        (
            "{acc: higher}",
            "{bleu: higher}",
            "allowed: acc, train_time. Or declare it: metrics: {bleu",
        ),
        ("{acc: higher}", "{acd: higher}", "did you mean 'acc'? Or declare it"),
    ],
)
def test_a_message_of_ones_own_training_says_what_to_write(tmp_path, monkeypatch, old, new, words):
    with pytest.raises(UserError, match="line ") as caught:
        own(tmp_path, monkeypatch, old, new)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ("100", "must read like '10 epochs'; write 100 epochs"),
        ("many", "must read like '10 epochs' (kinds: epochs)"),
    ],
)
def test_a_budget_without_its_unit(tmp_path, monkeypatch, budget, words):
    monkeypatch.setitem(globals(), "OWN", OWN.replace("trees", "epochs"))
    with pytest.raises(UserError, match="line ") as caught:
        own(tmp_path, monkeypatch, "100 epochs", budget)
    assert words in str(caught.value)


def test_a_length_among_the_hyperparameters_is_the_one_error(tmp_path, monkeypatch):
    text = OWN.replace("trees", "epochs").replace("layers: {d", "epochs: {default: 5}, layers: {d")
    monkeypatch.setitem(globals(), "OWN", text)
    with pytest.raises(UserError) as caught:
        own(tmp_path, monkeypatch)
    assert "which the budget states: leave it out here" in str(caught.value)
    assert "has no {epochs}" not in str(caught.value), "the command has it"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("better: higher", ""),
        ("better: higher, unit: fraction", ""),
        ("better: lower", "better of accuracy is higher, not lower"),
        ("unit: percent", "unit of accuracy is fraction, not percent"),
    ],
)
def test_what_is_known_of_a_metric_may_be_repeated_and_not_changed(
    tmp_path, monkeypatch, entry, words
):
    new = f"metrics: {{accuracy: {{from: acc, {entry}}}, acc: "
    if not words:
        study = own(tmp_path, monkeypatch, "metrics: {acc: ", new)
        assert study.metrics["accuracy"].better == "higher"
        return
    with pytest.raises(UserError, match="line ") as caught:
        own(tmp_path, monkeypatch, "metrics: {acc: ", new)
    assert words in str(caught.value)
