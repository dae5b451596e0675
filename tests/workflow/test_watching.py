"""What a user sees while a study runs: in a terminal, in a pipe, when it fails, when it is stopped."""

import os
import shutil
import subprocess

import pytest

from tests.workflow.conftest import SNAKEMAKE, STUDY, make_project
from tests.workflow.terminal import see

SMOKE = ("--config", "steps=4", "seeds=2", "tensorboard=false")
# What only a person who repairs a workflow wants to read.
NOISE = (
    "Finished jobid",
    "Select jobs",
    "no backup found",
    "exit status 85",
    "SNAKEMAKE",
    "Execute ",
)
FOREIGN = """
rule all:
    input: expand("{sample}.txt", sample=["A", "B"])
rule align:
    output: "{sample}.txt"
    log: "{sample}.log"
    shell: "sleep 1; echo bad > {log}; test {wildcards.sample} != BAD && echo x > {output}"
onstart:
    # As some libraries do: it closes every handler of the process.
    import logging.config
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
onsuccess:
    print("their own last words")
"""
BROKEN = """
def net(shape, classes, *, size: int = 8):
    from torch import nn
    class Late(nn.Flatten):
        # Not with the two images on which it is tried before the first job.
        def forward(self, images):
            if size == 16 and len(images) > 2:
                raise RuntimeError("size is too large")
            return super().forward(images)
    return nn.Sequential(Late(), nn.Linear(shape[0] * shape[1] * shape[2], classes))
"""
BROKEN_STUDY = """
study: broken
data: digits
seeds: 2
baseline: {model: "nets:net", budget: 4 steps}
hypotheses:
  H1: {says: x, compare: {size: {from: 8, to: 16}}, expect: {accuracy: higher}}
"""
LONG = STUDY.replace("40 steps", "400000 steps").replace("640 samples", "6400000 samples")


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("watched"))


@pytest.fixture
def project(watched):
    """A project in which a smoke run has everything before it."""
    shutil.rmtree(watched.path / "results/smoke", ignore_errors=True)
    return watched


def command(*args, profile="profiles/local"):
    return [str(SNAKEMAKE), *(("--profile", profile) if profile else ()), *args]


def assert_quiet(lines):
    said = "\n".join(lines)
    assert not [noise for noise in NOISE if noise in said], said


def test_a_terminal_has_one_line_that_names_configurations(project):
    seen = see(command(*SMOKE), project.path)
    assert seen.status == 0, seen.lines[-30:]
    assert_quiet(seen.lines)
    assert any("0 of 8 seeds" in line for line in seen.lines)
    assert any("last: batch_size=" in line or "last: width=" in line for line in seen.lines)
    # The longest of the last jobs: a shorter one can be over before the line is written again.
    assert any(line.endswith("printing the report") for line in seen.lines)
    # The line is gone; what was trained, and where the report is, stay.
    assert not [line for line in seen.left if "configurations done" in line or "jobs done" in line]
    assert any(line.startswith("Trained 4 configurations (8 seeds) in ") for line in seen.left)
    assert any(line.startswith("Report: results/smoke") for line in seen.left)


def test_forty_columns_and_no_colour(project):
    seen = see(command(*SMOKE), project.path, width=40, NO_COLOR="1")
    assert seen.status == 0
    states = [line for line in seen.lines if line[:2] in ("0/", "1/", "2/", "3/")]
    assert states
    assert all(len(line) < 40 for line in states), states
    assert not seen.coloured


def test_a_pipe_gets_a_line_for_each_configuration(project):
    said = project.run(*SMOKE)
    assert "\x1b" not in said
    assert "\r" not in said
    assert_quiet(said.splitlines())
    trained = [line for line in said.splitlines() if line.startswith("Trained ")]
    assert len(trained) == 5
    assert "4 of 4 configurations, 8 of 8 seeds" in trained[3]
    assert "Done: judging the claims (" in said
    assert "Done: measuring the speed of 2 arms for H1" in said


def test_a_terminal_that_can_do_nothing_gets_plain_lines(project):
    seen = see(command(*SMOKE), project.path, TERM="dumb")
    assert sum(line.startswith("Trained ") for line in seen.left) == 5
    assert b"\x1b" not in seen.raw


def test_a_dry_run_says_what_it_always_said(project):
    own = project.run("-n", *SMOKE)
    profile = (project.path / "profiles/local/config.yaml").read_text()
    bare = project.path / "profiles/bare"
    bare.mkdir(exist_ok=True)
    without = profile.replace("logger: [hyperverdict]", "quiet: [rules]")
    assert without != profile
    (bare / "config.yaml").write_text(without)
    theirs = project.run("-n", *SMOKE, profile="profiles/bare")
    assert "Job stats:" in own

    changing = ("Date:", "Workflow ID:", "Command:", "Using profiles")

    def plan(text):
        return [line for line in text.splitlines() if not any(word in line for word in changing)]

    assert sorted(plan(own)) == sorted(plan(theirs))


def test_the_plan_of_a_dry_run_goes_where_snakemakes_goes(project):
    own = project.snakemake("-n", *SMOKE)
    plan, _, jobs = own.stdout.partition("Job stats:")
    assert "Study tiny: 4 configurations would train, 8 runs" in plan
    assert jobs
    assert "Study tiny" not in own.stderr


@pytest.mark.parametrize("lines", [0, 1, 12])
def test_a_reader_that_has_seen_enough_of_a_dry_run_causes_no_traceback(project, lines):
    call = " ".join(command("-n", *SMOKE))
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {call} | head -n {lines}"],
        cwd=project.path, capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == lines
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
    assert "Logging error" not in done.stderr


def test_quiet_shows_no_progress_and_keeps_the_last_words(project):
    seen = see(command("--quiet", "progress", *SMOKE), project.path)
    assert seen.status == 0
    assert not [line for line in seen.lines if "configurations" in line and "Trained" in line]
    assert any(line.startswith("Report: ") for line in seen.left)


def test_snakemakes_own_lines_can_be_had(project):
    said = project.run("--logger-hyperverdict-style", "snakemake", *SMOKE)
    assert "Finished jobid" in said
    assert "rule train:" in said


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_a_failure_is_named_with_its_reason_and_the_rest_goes_on(tmp_path, terminal):
    broken = make_project(tmp_path, BROKEN_STUDY)
    (broken.path / "config/nets.py").write_text(BROKEN)
    if terminal:
        seen = see(command("--config", "tensorboard=false"), broken.path)
        status, lines, left = seen.status, seen.lines, seen.left
    else:
        done = broken.snakemake()
        status, left = done.returncode, (done.stdout + done.stderr).splitlines()
        lines = left
    assert status != 0
    assert_quiet(lines)
    said = "\n".join(left)
    assert "Failed: size=16 (2 seeds)\n    exit status 1\n" in said
    assert "size is too large" in said.split("Failed: size=16")[1]
    assert "CalledProcessError" not in said
    assert "1 configuration (2 seeds)" in said
    assert "Failed: size=16 (2 seeds)." in said
    assert "call the same command again, or judge the jobs that have finished" in said


def test_ctrl_c_leaves_no_line_and_no_failure(tmp_path):
    long = make_project(tmp_path, LONG)
    seen = see(
        command("--set-resources", "train:checkpoint_seconds=1", "--config", "tensorboard=false"),
        long.path, interrupt_at="2 running",
    )  # fmt: skip
    assert seen.status != 0
    assert_quiet(seen.lines)
    said = "\n".join(seen.left)
    assert "Terminating processes on user request" in said
    assert "Stopped. Finished seeds are kept." in said
    assert said.count(" seeds finished and kept)") == 2
    assert "Stopped: " in said
    assert "Failed" not in said
    assert "WorkflowError" not in said
    assert not [line for line in seen.left if "configurations done" in line]


def test_tuning_adds_what_it_has_chosen(tmp_path):
    tuned = STUDY.partition("hypotheses:")[0] + (
        "hypotheses:\n  H1:\n    says: x\n    compare: {batch_size: {from: 8, to: 64}}\n"
        "    expect: {accuracy: lower}\n    tune: {learning_rate: [1e-3, 1e-2]}\n"
    )
    said = make_project(tmp_path, tuned).run(*SMOKE)
    assert "for tuning (2 seeds)" in said
    assert "4 of 4 configurations" in said
    assert "Done: choosing the tuned values of H1" in said
    assert "6 of 6 configurations" in said


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_a_workflow_of_somebody_else_is_shown_in_neutral_words(tmp_path, terminal):
    (tmp_path / "Snakefile").write_text(FOREIGN)
    call = command("--cores", "1", "--logger", "hyperverdict", profile=None)
    if terminal:
        seen = see(call, tmp_path)
        lines, left = seen.lines, seen.left
        assert any("of 3 jobs done, align (sample=" in line for line in lines), lines
    else:
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, env=os.environ)
        left = (done.stdout + done.stderr).splitlines()
        assert "Done: align (sample=A) (" in "\n".join(left)
    assert "their own last words" in left


def test_a_failing_job_of_somebody_else_is_named_with_its_log(tmp_path):
    (tmp_path / "Snakefile").write_text(FOREIGN.replace('["A", "B"]', '["A", "BAD"]'))
    call = command("--cores", "1", "--keep-going", "--logger", "hyperverdict", profile=None)
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, env=os.environ)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Failed: align (sample=BAD)" in said
    assert "        bad" in said.split("Failed: align (sample=BAD)")[1]
    assert "Failed: align (sample=A)" not in said
