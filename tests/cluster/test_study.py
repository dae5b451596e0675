"""The workflow itself under the slurm profile: the same numbers and verdicts as on one machine."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from tests.workflow.conftest import make_project

from .conftest import ask, until

STUDY = """
study: tiny
data: digits
seeds: 3
baseline: {width: 16, depth: 1, batch_size: 32, budget: 40 steps}
metrics:
  accuracy: {matters_from: 0.01}
hypotheses:
  H1:
    says: A large batch is less accurate at equal steps.
    compare: {batch_size: {from: 8, to: 64}}
    expect: {accuracy: lower}
    at_equal: [6000 steps]
"""
# What the box has instead of the profile's placeholders, and less patience.
BOX = [
    "--default-resources", "slurm_partition=gpu", "slurm_account=default", "runtime=10", "mem_mb=2000",
    "--submitit-slurm-poll-seconds=2", "--latency-wait=10", "--config", "tensorboard=false",
]  # fmt: skip
CHECKPOINT_SECONDS = 1
# The line of profiles/slurm/README.md: nodes of the box have no GPUs that torch could use.
NO_GPUS = ["--set-resources", "train:gpu=0"]
OFTEN = [*NO_GPUS, f"train:checkpoint_seconds={CHECKPOINT_SECONDS}"]
TIMES = re.compile(r"seconds|hours|time|date|finished|started|host|commit", re.IGNORECASE)


def start(project, profile, *arguments):
    log = (project.path / "main.log").open("w+")
    main = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--profile", f"profiles/{profile}", *arguments],
        cwd=project.path, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=log, stderr=log,
    )  # fmt: skip
    main.log = project.path / "main.log"
    return main


def finish(main):
    status = main.wait(600)
    output = main.log.read_text()
    assert status == 0, output[-5000:]
    return output


def run(project, profile, *arguments):
    return finish(start(project, profile, *arguments))


def ledger(project):
    return "".join(
        path.read_text() for path in project.path.glob(".snakemake/submitit/*/*.ledger.jsonl")
    )


def logs(project):
    return "".join(path.read_text() for path in project.path.glob("results/runs/**/train.log"))


def without_times(table):
    return table.drop(columns=[name for name in table.columns if TIMES.search(str(name))])


def runs(folder):
    return {
        str(path.relative_to(folder)): without_times(pd.read_parquet(path))
        for path in sorted(Path(folder).glob("results/runs/**/metrics.parquet"))
    }


@pytest.fixture
def project(tmp_path):
    def make(name, study=STUDY):
        (tmp_path / name).mkdir()
        made = make_project(tmp_path / name, study)
        made.write(study)
        return made

    return make


def saved_since(project, moment):
    """A checkpoint written after a moment."""
    return [
        path
        for path in project.path.glob("results/runs/**/partial/*.checkpoint")
        if path.stat().st_mtime > moment
    ]


def test_metrics_and_verdicts_equal_the_local_runs_also_through_a_requeue_and_a_crash(
    cluster, project
):
    local, slurm = project("local"), project("slurm")
    run(local, "local", "--config", "tensorboard=false")
    main = start(slurm, "slurm", "--submitit-keep-logs", *OFTEN, *BOX)
    until(lambda: "seed 0: finished" in logs(slurm), lambda: main.log.read_text())
    # As SLURM does before the time limit.
    ask("scancel", "--batch", "--signal=USR2", *cluster.queued("R"))
    until(lambda: "checkpointed" in ledger(slurm), lambda: main.log.read_text())
    asked_at = time.time()
    until(lambda: saved_since(slurm, asked_at), lambda: main.log.read_text(), every=0.02)
    # kill -9 of the node and all on it, in the middle of a seed that has been resumed once.
    cluster.crash(ask("squeue", "-h", "-t", "R", "-o", "%N").strip())
    crashed_at = time.time()
    [checkpoint] = saved_since(slurm, asked_at)
    # An interval, and what a busy machine may add.
    assert crashed_at - checkpoint.stat().st_mtime < CHECKPOINT_SECONDS + 5
    step = torch.load(checkpoint, weights_only=True)["state"]["step"]
    output = finish(main)
    assert f"resumes after step {step}" in logs(slurm)
    assert "submitted 2 jobs of train as 1 task of" in output
    # What the requeue and the crash left in the logs of the tasks reaches no user.
    assert "status 85" not in output
    assert "no backup found" not in output
    assert "2 of 2 configurations, 6 of 6 seeds" in output
    assert '"checkpointed"' in ledger(slurm)
    assert '"requeue"' in ledger(slurm)
    expected, found = runs(local.path), runs(slurm.path)
    assert found.keys() == expected.keys()
    assert len(found) == 2
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table, check_exact=True)
    verdicts = "results/studies/tiny/tables/verdicts.csv"
    pd.testing.assert_frame_equal(
        without_times(pd.read_csv(slurm.path / verdicts)),
        without_times(pd.read_csv(local.path / verdicts)),
        check_exact=True,
    )
    assert (slurm.path / "results/studies/tiny/report.html").exists()
    assert "Nothing to be done" in run(slurm, "slurm", "-n", *NO_GPUS, *BOX)
