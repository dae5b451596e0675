"""A study that trains with a Python function, from its file to its verdicts, without torch."""

import json
import os
import shutil

import pytest

from tests.workflow.conftest import ROOT, Project, make_project

EXAMPLE = ROOT / "config/examples/function"
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
    project = make_project(tmp_path_factory.mktemp("boosted"), (EXAMPLE / "study.yaml").read_text())
    shutil.copy(EXAMPLE / "boosting.py", project.path / "config")
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
    file = project.path / "results/studies/example_function/verdicts.json"
    return {h["id"]: h for h in json.loads(file.read_text())["hypotheses"]}


def test_a_study_of_a_function_needs_no_torch_and_asks_for_none(boosted):
    assert hypotheses(boosted)["depth"]["headline"] == "supported"
    assert "torch" not in boosted.printed
    assert not (boosted.path / "asked").exists()


def test_a_run_has_the_rows_of_every_seed_and_what_it_printed(boosted):
    runs = boosted.path / "results/runs/train~example_function"
    folder = runs / "depth~3/learning_rate~0.1/subsample~0.5/trees~30"
    record = json.loads((folder / "record.json").read_text())
    assert {end["status"] for end in record["seeds"].values()} == {"finished"}
    assert (folder / "logs/seed~4.log").exists()


def test_a_second_call_does_nothing(boosted):
    assert "Nothing to be done" in boosted.run()


@pytest.mark.parametrize(("options", "limits"), [((), 0), (("--max-jobs-per-timespan", "7/1s"), 1)])
def test_only_a_limit_that_jobs_can_reach_is_kept(boosted, options, limits):
    """Snakemake asks once a second for every job that has ended whether the limit allows more."""
    printed = boosted.run("--verbose", "--forcerun", "report", *options)
    assert printed.count("Submitting maximum") == limits
    assert ("Submitting maximum 7 job(s)" in printed) == bool(limits)
