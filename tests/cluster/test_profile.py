"""profiles/slurm/README.md step by step: each of its commands does what the page says."""

import re
import shlex
import subprocess
import sys

import pytest

from tests.workflow.conftest import ROOT, make_project

from .conftest import ask

PAGE = (ROOT / "profiles/slurm/README.md").read_text()
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
    at_equal: [40 steps]
"""
PROFILE = "snakemake --profile profiles/slurm"
DRY_RUN = f"{PROFILE} -n"
SMOKE = f"{PROFILE} --config steps=10 seeds=2"
PARTIAL = f"{PROFILE} partial_report"
UNLOCK = f"{PROFILE} --unlock"
COMMUNITY = f"{PROFILE} --executor slurm"
# Less patience than a user has.
SOONER = ["--submitit-slurm-poll-seconds=2", "--submitit-coalesce-seconds=0.3", "--latency-wait=5"]


def commands():
    """Every call of Snakemake on the page: indented lines without what follows, and code in the text."""
    lines = re.findall(r"^    (snakemake .+?)(?: {2,}.*)?$", PAGE, re.MULTILINE)
    return {*lines, *re.findall(r"`(snakemake [^`]+)`", PAGE)}


def entries():
    """Options for single calls, and entries for the profile."""
    return re.findall(r"`(--(?:set-resources|submitit|default-resources)[^`]*)`", PAGE)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = make_project(tmp_path_factory.mktemp("cluster"), STUDY)
    # Step 3: "One line turns it off". Partition and account are called here as in the example.
    profile = made.path / "profiles/slurm/config.yaml"
    text = profile.read_text()
    assert "`gpu: 0`" in PAGE
    assert text.count("\n    gpu: 1\n") == 1
    profile.write_text(text.replace("\n    gpu: 1\n", "\n    gpu: 0\n"))
    return made


def call(project, command, *options):
    """Run a command of the page; its output."""
    words = [sys.executable, "-m", *shlex.split(command), *options]
    done = subprocess.run(
        words, cwd=project.path, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout + done.stderr


def submitted():
    """Names of all jobs that SLURM has known so far."""
    return ask("sacct", "-X", "-n", "-P", "-S", "now-1hour", "-o", "JobID,JobName").split("\n")


def test_every_command_of_the_page_is_tried_here():
    assert commands() == {DRY_RUN, PROFILE, SMOKE, PARTIAL, UNLOCK, COMMUNITY}


def test_the_commands_of_the_page_in_their_order(cluster, project):
    before = set(submitted())
    assert "dry-run" in call(project, DRY_RUN)
    assert set(submitted()) == before
    # Step 4 submits each kind of job, and makes a report apart from the real one.
    call(project, SMOKE, *SOONER)
    names = {line.rpartition(":")[2] for line in set(submitted()) - before}
    assert {"train", "collect", "report"} <= names
    assert list(project.path.glob("results/smoke/**/report.html"))
    assert not list(project.path.glob("results/studies/**/report.html"))
    # Step 5.
    output = call(project, PROFILE, *SOONER)
    assert "2 of 2 configurations, 6 of 6 seeds" in output
    report = project.path / "results/studies/tiny/report.html"
    assert report.exists()
    # Where a configuration has failed, the others are judged.
    [lost] = project.path.glob("results/runs/**/batch_size~64/**/metrics.parquet")
    lost.rename(lost.with_name("aside"))
    call(project, PARTIAL, *SOONER)
    assert list(project.path.glob("results/studies/tiny/provisional/**/*.html"))
    # After a lost session.
    call(project, UNLOCK)
    lost.with_name("aside").rename(lost)
    assert "Nothing to be done" in call(project, PROFILE, *SOONER)


@pytest.mark.parametrize("option", entries())
def test_the_options_of_the_page_are_accepted(cluster, project, option):
    assert "dry-run" in call(project, DRY_RUN, "--forceall", *shlex.split(option))


def test_the_community_plugin_takes_the_profile(cluster, project):
    assert "dry-run" in call(project, COMMUNITY, "-n", "--forceall")
