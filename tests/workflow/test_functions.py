"""A study that trains with a Python function, from its file to its verdicts, without torch."""

import json
import os

import pytest

from tests.workflow.conftest import Project, make_project

STUDY = """
study: boosted
train: {call: "boost:train"}
seeds: 6
baseline: {budget: 3 trees}
metrics:
  accuracy: {matters_from: 0.01}
hypotheses:
  H1:
    says: Deeper trees are more accurate.
    compare: {depth: {from: 1, to: 4}}
    expect: {accuracy: higher}
"""
FUNCTION = """
import random
def train(*, seed, trees, log, depth: int = 3):
    noise = random.Random(seed)
    for tree in range(1, trees + 1):
        log(trees=tree, accuracy=0.5 + depth / 20 + noise.gauss(0, 0.01))
"""
# What Python finds before all else: as if torch were not installed.
BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision", "tensorboard"):
            print("asked for", name, file=open("asked", "a"))
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocked())
"""


@pytest.fixture(scope="module")
def boosted(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("boosted"), STUDY)
    (project.path / "boost.py").write_text(FUNCTION)
    (project.path / "blocked").mkdir()
    (project.path / "blocked/sitecustomize.py").write_text(BLOCKED)
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = f"{project.path / 'blocked'}{os.pathsep}{before}"
    try:
        project.printed = project.run()
    finally:
        os.environ["PYTHONPATH"] = before
    return project


def hypotheses(project: Project) -> dict:
    file = project.path / "results/studies/boosted/verdicts.json"
    return {h["id"]: h for h in json.loads(file.read_text())["hypotheses"]}


def test_a_study_of_a_function_needs_no_torch_and_asks_for_none(boosted):
    assert hypotheses(boosted)["H1"]["headline"] == "supported"
    assert "torch" not in boosted.printed
    assert not (boosted.path / "asked").exists()


def test_a_run_has_the_rows_of_every_seed_and_what_it_printed(boosted):
    folder = boosted.path / "results/runs/train~boosted/depth~4/trees~3"
    record = json.loads((folder / "record.json").read_text())
    assert {end["status"] for end in record["seeds"].values()} == {"finished"}
    assert (folder / "logs/seed~5.log").exists()


def test_a_second_call_does_nothing(boosted):
    assert "Nothing to be done" in boosted.run()
