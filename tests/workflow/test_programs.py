"""A training of the user's own through Snakemake: hostile values, failures, times, retraining."""

import json

import pytest

HOSTILE = ["a b", "$(touch hacked) `id` {x} ~%'\"\n--"]
PROGRAM = """
import json, sys
text, epochs, seed, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
if seed == 1 and text == "a b":
    sys.exit("RuntimeError: bad luck")
noise = ((seed * 7919 + 13) % 101) / 1e4 + 0.123456789
with open(out, "w") as f:
    for epoch in range(1, epochs + 1):
        f.write(json.dumps({"epoch": epoch, "score": noise * (1 + len(text)), "saw": len(text)}) + "\\n")
"""
STUDY = """
study: own
seeds: 3
looks: [3]
train:
  command: python -S train.py {text} {epochs} {seed} {metrics}
  code: [train.py]
hyperparameters:
  text: {default: plain}
baseline: {budget: 2 epochs}
metrics:
  score: {better: higher, matters_from: 0.001}
  train_time: {matters_from: 2x}
hypotheses:
  H:
    says: The text changes the score.
    compare: {text: {from: FROM, to: TO}}
    expect: {score: higher, train_time: higher}
""".replace("FROM", json.dumps(HOSTILE[0])).replace("TO", json.dumps(HOSTILE[1]))


@pytest.fixture
def own(project):
    (project.path / "train.py").write_text(PROGRAM)
    project.write(STUDY)
    return project


def records(project):
    found = sorted(project.path.glob("results/runs/train~own/*/*/record.json"))
    return [json.loads(file.read_text()) for file in found]


def test_a_program_from_its_command_to_its_verdict_and_once_more(own):
    own.run()
    by_text = {record["configuration"]["text"]: record for record in records(own)}
    assert set(by_text) == set(HOSTILE)
    assert not (own.path / "hacked").exists()
    for text, record in by_text.items():
        ends = {seed: end["status"] for seed, end in record["seeds"].items()}
        assert ends == {
            "0": "finished",
            "1": "failed" if text == "a b" else "finished",
            "2": "finished",
        }
    report = (own.path / "results/studies/own/report.html").read_text()
    assert "RuntimeError: bad luck" in report
    assert "1 of 3 runs of text" in report
    (timing,) = own.path.glob("results/timing/contrasts/*/timing.json")
    before = json.loads(timing.read_text())
    assert len(before["arms"]) == 2
    assert before["start_up"] in ("taken off", "included")
    assert "nothing to train" in own.run()

    # Other code: more seeds would mix it with the first.
    (own.path / "train.py").write_text(PROGRAM.replace("0.123456789", "0.2"))
    own.write(STUDY.replace("seeds: 3", "seeds: 4").replace("[3]", "[3, 4]"))
    message = own.fail()
    assert "never mixed" in message
    assert "--config retrain=own" in message
    own.run("--config", "retrain=own", "tensorboard=false")
    assert {len(record["seeds"]) for record in records(own)} == {4}
    kept = [
        json.loads(f.read_text())
        for f in own.path.glob("results/runs/*/*/*/replaced/*/record.json")
    ]
    assert [len(record["seeds"]) for record in kept] == [3, 3]
    codes = {record["code_checksum"] for record in records(own)}
    assert codes == {json.loads(timing.read_text())["code_checksum"]} != {before["code_checksum"]}
