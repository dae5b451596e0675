"""The same line and the same failures on a cluster as on one machine."""

import sys

import pytest

from tests.workflow.conftest import make_project
from tests.workflow.terminal import see
from tests.workflow.test_watching import BROKEN, BROKEN_STUDY, assert_quiet

from .test_study import BOX, NO_GPUS

# A job that dies once is started again with what it has; out of attempts, it has failed.
COMMAND = [
    sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", "--submitit-status-seconds=1",
    "--submitit-pack=1", *NO_GPUS, *BOX,
]  # fmt: skip


@pytest.fixture
def broken(tmp_path):
    project = make_project(tmp_path, BROKEN_STUDY)
    for folder in (project.path, project.path / "config"):
        (folder / "nets.py").write_text(BROKEN)
    return project


def test_a_terminal_shows_the_queue_and_names_the_failure(broken):
    seen = see(COMMAND, broken.path)
    assert seen.status != 0
    assert_quiet(seen.lines)
    assert any("0 of 2 configurations done, 0 of 4 seeds" in line for line in seen.lines)
    assert any("running" in line or "queued" in line for line in seen.lines), seen.lines
    assert any("last: size=8" in line for line in seen.lines)
    said = "\n".join(seen.left)
    # The line says it already.
    assert "tasks running" not in said
    assert "Failed: size=16 (2 seeds)" in said
    assert "Trying again: size=16 (2 seeds)" in said
    assert "SLURM task" in said
    assert "size is too large" in said
    assert "Trained 1 configuration (2 seeds) in " in said
    assert "configurations done" not in said


def test_a_pipe_gets_the_same_in_plain_lines(broken):
    done = broken.snakemake(*COMMAND[5:], profile="profiles/slurm")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "\x1b" not in said
    assert_quiet(said.splitlines())
    assert "Trained size=8 (2 seeds): 1 of 2 configurations, 2 of 4 seeds" in said
    assert "Failed: size=16 (2 seeds)" in said
    assert "size is too large" in said.split("Failed: size=16 (2 seeds)")[1]
