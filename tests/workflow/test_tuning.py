"""Tuning: values chosen on seeds of their own, arms judged at the values chosen."""

import json

import pytest

STUDY = """
study: tuned
data: digits
seeds: 3
baseline: {width: 16, depth: 1, batch_size: 32, budget: 40 steps}
hypotheses:
  H5:
    says: One more layer gives higher accuracy.
    compare: {depth: {from: 1, to: 2}}
    expect: {accuracy: higher}
    tune: {learning_rate: [1e-5, 1e-2]}
explore:
  # One seed of what tuning may choose: the arm must still get all three.
  rate: {grid: {learning_rate: [1e-2]}, seeds: 1}
"""


@pytest.fixture
def tuned(project):
    project.write(STUDY)
    project.run()
    return project


def test_arms_are_judged_at_the_chosen_values_on_other_seeds(tuned):
    folder = tuned.path / "results/studies/tuned"
    choice = json.loads((folder / "tuning/H5.json").read_text())["40 steps"]
    assert choice["chosen"] == {arm: {"learning_rate": 0.01} for arm in ("depth 1", "depth 2")}
    (verdict,) = json.loads((folder / "verdicts.json").read_text())["hypotheses"][0]["verdicts"]
    for arm in verdict["arms"]:
        assert arm["learning_rate"] == pytest.approx(0.01)
        assert (arm["seeds"], arm["missing"]) == ([0, 1, 2], 0)
    # Two arms judged, and two arms at two values tuned.
    assert len(tuned.runs) == 2
    assert len(list(tuned.path.glob("results/tuning/**/metrics.parquet"))) == 4
    assert "Nothing to be done" in tuned.run()


def test_another_value_tunes_only_that_and_chooses_again(tuned):
    tuned.write(STUDY.replace("[1e-5, 1e-2]", "[1e-5, 1e-2, 1e-4]"))
    said = tuned.run("-n")
    assert "2 configurations would train" in said
    tuned.run()
    assert len(list(tuned.path.glob("results/tuning/**/metrics.parquet"))) == 6
    assert len(tuned.runs) == 2
