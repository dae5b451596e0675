"""Runs and verdicts in MLflow through Snakemake: made when asked for, never at the cost of results."""

import json
import os
import socket

import pytest
from hyperverdict.exporting.destination import mlflow_client, read_destination

EXPORT = ("--config", "mlflow=mlruns", "tensorboard=false")


def runs_in(project, experiment="tiny"):
    """What a folder of MLflow's in the project holds: status and tags of each run."""
    with mlflow_client(read_destination(str(project.path / "mlruns"))) as client:
        found = client.get_experiment_by_name(experiment)
        runs = client.search_runs([found.experiment_id]) if found else []
    return {run.data.tags["hyperverdict.id"]: run for run in runs}


def outcome(project):
    return json.loads((project.path / "results/studies/tiny/mlflow.json").read_text())


def without_mlflow(folder):
    """An environment in which MLflow breaks when it is imported."""
    fake = folder / "broken"
    fake.mkdir()
    (fake / "mlflow.py").write_text("raise RuntimeError('no such thing')\n")
    return {"PYTHONPATH": os.pathsep.join([str(fake), os.environ.get("PYTHONPATH", "")])}


def test_a_finished_study_is_exported_once_and_updated(finished):
    assert "mlflow" not in finished.run()
    said = finished.run(*EXPORT)
    assert "MLflow: 16 runs, 16 of them new, in the experiment tiny of mlruns" in said
    shown = runs_in(finished)
    verdicts = json.loads((finished.path / "results/studies/tiny/verdicts.json").read_text())
    tags = shown["summary"].data.tags
    assert tags["verdict H1"] == verdicts["hypotheses"][0]["headline"]
    assert len(shown) == 17
    assert "Nothing to be done" in finished.run(*EXPORT)
    assert "Nothing to be done" in finished.run(), "nobody asks for it now"
    study = (finished.path / "config/config.yaml").read_text()
    finished.write(study.replace("seeds: 2}", "seeds: 3}"))
    said = finished.run(*EXPORT)
    assert "MLflow: 18 runs, 2 of them new" in said
    again = runs_in(finished)
    assert shown.keys() < again.keys()
    assert all(again[name].info.run_id == run.info.run_id for name, run in shown.items())


def test_what_exists_and_smoke_runs_are_exported_apart(project):
    smoke = ("--config", "steps=4", "seeds=2", "mlflow=mlruns", "tensorboard=false")
    said = project.run(*smoke)
    assert "in the experiment tiny (smoke) of mlruns" in said
    assert {
        r.data.tags["hyperverdict.smoke"] for r in runs_in(project, "tiny (smoke)").values()
    } == {"4 steps, 2 seeds"}
    assert not runs_in(project)
    project.run("partial_report", *EXPORT)
    assert runs_in(project)["summary"].data.tags["hyperverdict.provisional"] != "no"


def test_a_failed_export_costs_nothing_and_is_made_again(finished, tmp_path):
    before = (finished.path / "results/studies/tiny/verdicts.json").read_bytes()
    said = finished.run(*EXPORT, **without_mlflow(tmp_path))
    assert "Not exported to MLflow: RuntimeError: no such thing" in said
    assert "hyperverdict export config/config.yaml --mlflow mlruns" in said
    assert outcome(finished)["problem"]
    assert (finished.path / "results/studies/tiny/verdicts.json").read_bytes() == before
    assert "MLflow: 16 runs, 16 of them new" in finished.run(*EXPORT)
    assert not outcome(finished)["problem"]


@pytest.mark.parametrize("profile", ["profiles/local", "profiles/slurm"])
def test_what_cannot_work_is_said_before_any_job(project, profile):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for value, words in {
        f"http://127.0.0.1:{port}": "no MLflow server answers there",
        "htp://host": "did you mean 'http'?",
        "config/config.yaml": "is a file; name a folder",
    }.items():
        said = project.fail("--config", f"mlflow={value}", profile=profile)
        assert f"--config mlflow={value}: " in said
        assert words in said
        assert "Traceback" not in said
    assert not (project.path / "results").exists()
