"""Models and data sets of one's own, end to end: the examples, changed code, runs asked for by hand."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.workflow.conftest import ROOT, make_project

EXAMPLES = {
    "own_model/study": {"more_filters": "supported", "dropout": "supported"},
    "own_data/study": {"noise_hurts": "supported", "more_images": "supported"},
    "own_data/files": {"wider": "supported"},
}
NETS = """
from torch import nn

def net(shape, classes, *, hidden: int = 4):
    features = shape[0] * shape[1] * shape[2]
    return nn.Sequential(nn.Flatten(), nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, classes))
"""
DATA = """
import numpy as np

def load(*, noise: float = 0.1):
    random = np.random.default_rng(0)
    labels = np.arange(120) % 3
    return random.normal(labels[:, None, None], noise, (120, 4, 4)), labels
"""
STUDY = """study: own
data: "sets_of_mine:load"
seeds: 3
baseline: {model: "nets_of_mine:net", batch_size: 8, budget: 1 epochs}
hypotheses:
  H:
    says: Noise does harm.
    compare: {noise: {from: 0.1, to: 3}}
    expect: {accuracy: lower}
"""


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_gives_its_verdict(tmp_path, example):
    project = make_project(tmp_path)
    shutil.copytree(ROOT / "config/examples", tmp_path / "config/examples")
    if example.endswith("files"):
        script = "config/examples/own_data/make_files.py"
        subprocess.run([sys.executable, script], cwd=tmp_path, check=True)
    project.run("--configfile", f"config/examples/{example}.yaml")
    [document] = tmp_path.glob("results/studies/*/verdicts.json")
    found = {
        hypothesis["id"]: {verdict["headline"] for verdict in hypothesis["verdicts"]}
        for hypothesis in json.loads(document.read_text())["hypotheses"]
    }
    assert found == {name: {headline} for name, headline in EXAMPLES[example].items()}


@pytest.fixture
def mine(project):
    (project.path / "mine").mkdir()
    (project.path / "mine/nets_of_mine.py").write_text(NETS)
    (project.path / "mine/sets_of_mine.py").write_text(DATA)
    (project.path / "mine/study.yaml").write_text(STUDY)
    return project


def study(project, text=STUDY):
    (project.path / "mine/study.yaml").write_text(text)
    return ("--configfile", "mine/study.yaml")


def records(project):
    found = project.path.glob("results/runs/**/record.json")
    return {str(f): json.loads(f.read_text()) for f in found if "replaced" not in f.parts}


def test_sizes_codes_and_defaults_of_ones_own(mine):
    said = mine.run("-n", *study(mine))
    assert "Preparing sets_of_mine:load: its size is needed." in said
    assert not (mine.path / "results/declared").exists()
    mine.run(*study(mine))
    names = sorted(path.name for path in (mine.path / "resources/prepared").iterdir())
    assert names == ["sets_of_mine:load", "sets_of_mine:load~noise~3"]
    found = records(mine)
    assert len(found) == 2
    assert all("steps~9" in path for path in found)  # 72 of 120 images train, 8 a step
    assert len({record["code_checksum"] for record in found.values()}) == 1
    assert len({record["data_checksum"] for record in found.values()}) == 2
    assert (mine.path / "results/declared/model~nets_of_mine.net.json").exists()
    report = (mine.path / "results/studies/own/report.html").read_text()
    assert "different code" not in report
    assert "different data" not in report
    assert "Nothing to be done" in mine.run(*study(mine))

    # Changed code: more seeds are refused, and what is there is judged as it is.
    nets = mine.path / "mine/nets_of_mine.py"
    nets.write_text(NETS.replace("nn.ReLU", "nn.Tanh"))
    said = mine.run("-n", *study(mine))
    assert "its seeds were trained with other code" in said
    assert "They are judged as they were recorded; --config retrain=nets_of_mine:net" in said
    more = STUDY.replace("seeds: 3", "seeds: 4")
    said = mine.fail(*study(mine, more))
    assert "other code" in said
    assert "--config retrain=nets_of_mine:net" in said
    assert "Traceback" not in said
    before = records(mine)
    mine.run(*study(mine, more), "--config", "retrain=nets_of_mine:net", "tensorboard=false")
    after = records(mine)
    assert all(len(record["seeds"]) == 4 for record in after.values())
    assert not {r["code_checksum"] for r in before.values()} & {
        r["code_checksum"] for r in after.values()
    }
    assert len(list(mine.path.glob("results/runs/**/replaced/*/metrics.parquet"))) == 2

    # Another default for what was declared is refused, and nothing trains.
    nets.write_text(NETS.replace("hidden: int = 4", "hidden: int = 8"))
    said = mine.fail(*study(mine, more))
    assert "hidden has the default 8, but its runs were trained with the default 4" in said


def test_a_run_of_a_model_that_no_study_names_can_be_asked_for_by_its_path(mine):
    (mine.path / "mine/nets_elsewhere.py").write_text(NETS)
    path = (
        "data~digits/model~nets_elsewhere:net/hidden_units~256x2/activation~relu/dropout~0/"
        "batch_size~8/optimizer~adam/learning_rate~0.001/schedule~constant/weight_decay~0/"
        "hidden~6/steps~5"
    )
    target = f"results/runs/{path}/metrics.parquet"
    mine.run(target, *study(mine))
    record = json.loads((mine.path / f"results/runs/{path}/record.json").read_text())
    assert record["configuration"]["hidden"] == 6
    assert record["parameters"] == 65 * 6 + 7 * 10


def test_an_error_in_a_model_is_one_message_in_the_job(mine):
    (mine.path / "mine/nets_of_mine.py").write_text(NETS.replace("features, hidden", "7, hidden"))
    said = mine.fail(*study(mine))
    assert "model 'nets_of_mine:net': defined in mine/nets_of_mine.py, line 4: RuntimeError" in said
    assert 'File "' not in said.partition("hyperverdict: model")[2].partition("\n\n")[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("nn.ReLU()", "nn.Linear(3, 3)", "nets_of_mine.py, line 4: RuntimeError: mat1 and mat2"),
        ("return nn", "exit(); return nn", "nets_of_mine.py, line 6: SystemExit"),
    ],
)
def test_a_model_that_fails_is_said_once_and_before_the_first_job(mine, old, new, words):
    (mine.path / "mine/nets_of_mine.py").write_text(NETS.replace(old, new))
    said = mine.fail(*study(mine, STUDY.replace("1 epochs", "20 steps")))
    assert said.count(words) == 1
    assert "Traceback" not in said
    assert "rule " not in said
    assert not (mine.path / "results").exists()


def test_data_that_cannot_be_trained_on_are_said_before_the_first_job(mine):
    (mine.path / "mine/sets_of_mine.py").write_text(DATA.replace("% 3", "* 0"))
    said = mine.fail(*study(mine, STUDY.replace("1 epochs", "20 steps")))
    assert said.count("all labels are 0; at least two classes are needed") == 1
    assert "Traceback" not in said
    assert not (mine.path / "results").exists()
