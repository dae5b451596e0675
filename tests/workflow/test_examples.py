"""The examples of trainings of one's own, end to end: their verdicts, and that a run is what the program makes."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.conftest import ROOT, make_project

SUPPORTED = {
    "argparse": {"wider": {"5 epochs": "supported"}},
    "lightning": {"wider": {"5 epochs": "supported"}},
    "boosting": {"shrinkage": {"10 trees": "supported", "20 trees": "supported"}},
}

VARIED = {
    "argparse": "hidden (width of the hidden layer, in units)",
    "boosting": "learning rate (shrinkage of every tree)",
}


@pytest.fixture
def examples(tmp_path, monkeypatch):
    """A project with the examples, whose `python` is that of the tests."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    project = make_project(tmp_path)
    shutil.copytree(ROOT / "config/examples", tmp_path / "config/examples")
    return project


def run(project, example):
    project.run("--configfile", f"config/examples/{example}/study.yaml")
    folder = project.path / f"results/studies/example_{example}"
    document = json.loads((folder / "verdicts.json").read_text())
    found = {
        h["id"]: {v["budget"]: v["headline"] for v in h["verdicts"]} for h in document["hypotheses"]
    }
    return found, (folder / "report.html").read_text()


@pytest.mark.parametrize("example", ["argparse", "boosting"])
def test_an_example_gives_its_verdict(examples, example):
    found, report = run(examples, example)
    assert found == SUPPORTED[example]
    assert f"python config/examples/{example}/train.py" in report
    assert f"Varied: {VARIED[example]}." in report
    assert ".curves.steps.svg" in report
    for word in (
        "images seen",
        "PyTorch's default",
        "A seed sets",
        "test image",
        "full passes",
    ):
        # What each check looks at is explained for any training.
        assert word not in report.partition('<h2 id="checks">')[0], "words of our own loop"


@pytest.mark.skipif(
    importlib.util.find_spec("lightning") is None,
    reason="pip install -r config/examples/lightning/requirements.txt",
)
def test_lightning_gives_its_verdict(examples):
    assert run(examples, "lightning")[0] == SUPPORTED["lightning"]


def test_a_run_is_what_the_program_makes_by_hand(examples, tmp_path):
    script = "config/examples/boosting/train.py"
    path = "train~example_boosting/learning_rate~0.3/max_depth~3/subsample~0.5/trees~10"
    target = f"results/runs/{path}/metrics.parquet"
    examples.run(target, "--configfile", "config/examples/boosting/study.yaml")
    table = pd.read_parquet(examples.path / target)
    subprocess.run(
        [sys.executable, script, "--learning-rate", "0.3", "--trees", "10", "--seed", "4", "--out",
         tmp_path / "by_hand.csv"],
        cwd=examples.path, check=True,
    )  # fmt: skip
    by_hand = pd.read_csv(tmp_path / "by_hand.csv").iloc[-1]
    run = table[(table.seed == 4) & (table.split == "test")].iloc[-1]
    assert run["accuracy"] == by_hand["accuracy"]
    assert run["loss"] == pytest.approx(by_hand["loss"])
