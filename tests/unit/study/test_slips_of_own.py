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
