"""A study of a training of one's own that is edited after its runs: one call judges it anew."""

import json

import pytest

PROGRAM = """
import json, sys
text, seed, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
score = 80 + len(text) + ((seed * 7919 + 13) % 101) / 101
with open(out, "w") as file:
    json.dump({"acc": score, "loss": 1 / score}, file)
"""
STUDY = """
study: own
seeds: 3
train:
  command: python -S train.py {text} {seed} {metrics}
  code: [train.py]
hyperparameters:
  text: {default: plain}
metrics:
  METRIC
hypotheses:
  H:
    says: The text changes the score.
    compare: {text: {from: a, to: abcd}}
    expect: {EXPECT}
"""


def study(metric, expect):
    return STUDY.replace("METRIC", metric).replace("EXPECT", expect)


@pytest.fixture
def own(project):
    (project.path / "train.py").write_text(PROGRAM)
    return project


def verdict(own):
    document = json.loads((own.path / "results/studies/own/verdicts.json").read_text())
    (hypothesis,) = document["hypotheses"]
    assert hypothesis["failed_because"] == ""
    return hypothesis["verdicts"][0]


def test_one_call_trains_what_is_missing_and_judges_an_edited_study_anew(own):
    own.write(study("accuracy: {from: acc}", "accuracy: higher"))
    assert "declare a metric of another name" in own.fail()
    own.write(study("loss: {matters_from: 0.001}", "loss: lower"))
    own.run()

    # Another metric, which the collected tables do not hold yet.
    points = "accuracy_percent: {from: acc, better: higher, matters_from: 1, unit: points}"
    own.write(study(points, "accuracy_percent: higher"))
    output = own.run()
    assert "nothing to train" in output
    # What the edit changed is said after the run, and stays in the verdicts.
    assert "Since the report of" in output
    assert "H claims something else" in output
    (effect,) = verdict(own)["effects"]
    assert (effect["metric"], effect["delta"]) == ("accuracy_percent", 1)

    # Two metrics, another size, and a training that is stated otherwise.
    more = points.replace("from: 1,", "from: 2,") + "\n  loss: {matters_from: 0.001}"
    edited = study(more, "accuracy_percent: higher, loss: lower")
    own.write(edited.replace("{default: plain}", "{default: plain, title: words}"))
    assert "nothing to train" in own.run()
    effects = verdict(own)["effects"]
    assert [(e["metric"], e["delta"]) for e in effects] == [
        ("accuracy_percent", 2),
        ("loss", 0.001),
    ]
    (declared,) = own.path.glob("results/runs/train~own/training.json")
    assert json.loads(declared.read_text())["study"]["hyperparameters"]["text"]["title"] == "words"
