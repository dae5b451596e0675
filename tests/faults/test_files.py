"""Every kind of file of a finished study, damaged: the next call finds what it found before."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import pytest

from tests.faults.damaging import FAULTS, KINDS, Fault, damage, files_of
from tests.faults.results import choices, metrics, verdicts
from tests.workflow.conftest import Project, make_project

STUDY = """
study: tiny
data: digits
seeds: 2
baseline: {width: 8, depth: 1, batch_size: 64, budget: 4 steps}
hypotheses:
  H1: {says: x, compare: {batch_size: {from: 32, to: 64}}, expect: {accuracy: lower}}
  H2:
    says: y
    compare: {depth: {from: 1, to: 2}}
    expect: {accuracy: higher}
    tune: {learning_rate: [1e-5, 1e-2]}
"""
SEED = 20


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> Project:
    project = make_project(tmp_path_factory.mktemp("undisturbed"), STUDY)
    project.run("--config", "tensorboard=false", "pdf=no")
    return project


@pytest.fixture
def disturbed(undisturbed, tmp_path) -> Project:
    shutil.copytree(undisturbed.path, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def call(project: Project) -> tuple[int, str]:
    """Exit code and output of the next call."""
    done = project.snakemake("--config", "tensorboard=false", "pdf=no")
    return done.returncode, done.stdout + done.stderr


def found(project: Project) -> tuple[object, ...]:
    return metrics(project.path), verdicts(project.path), choices(project.path)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"timing"}))
def test_the_next_call_finds_the_same(undisturbed, disturbed, kind):
    """A flipped bit, the file's time as it was: what Snakemake cannot see."""
    chosen = random.Random(f"{SEED} {kind}")
    fault = damage(disturbed.path, kind, "flip", chosen, keep_time=True)
    code, said = call(disturbed)
    assert code == 0, f"{fault}\n{said[-3000:]}"
    assert "Traceback" not in said
    assert found(disturbed) == found(undisturbed), fault
    after = disturbed.path / fault.file
    if kind == "ledger":
        assert f"{fault.file} is damaged" in said
        assert "restore it and ledger.head from a backup" in said
    elif kind in MADE_AGAIN:
        assert after.read_bytes() != _flipped(undisturbed, fault)
        assert "is made again" in said or "will be retrained" in said


# What the next call makes again although nothing else has changed. Prepared data wait for runs that
# need them, and what is remembered of reports for the next judgement.
MADE_AGAIN = {
    "metrics", "record", "tuning metrics", "tuning record", "choice", "final table",
    "curves table", "verdicts", "figure index", "figure", "report",
}  # fmt: skip


def _flipped(undisturbed: Project, fault: Fault) -> bytes:
    chosen = random.Random(f"{SEED} {fault.kind}")
    chosen.choice(files_of(undisturbed.path, fault.kind))
    return FAULTS["flip"](fault.before, chosen)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_several_files_at_once(undisturbed, disturbed, fault):
    """One of every kind that can be made again: with what was made of it, it is no witness."""
    chosen = random.Random(f"{SEED} {fault}")
    for kind in ("metrics", "tuning record", "choice", "curves table", "verdicts", "report"):
        damage(disturbed.path, kind, fault, chosen, keep_time=True)
    code, said = call(disturbed)
    assert code == 0, said[-3000:]
    assert found(disturbed) == found(undisturbed)
    assert "Nothing to be done" in call(disturbed)[1]


def test_a_deleted_run_is_trained_again_although_tables_stand_above_it(undisturbed, disturbed):
    shutil.rmtree(disturbed.runs[0])
    code, said = call(disturbed)
    assert code == 0
    assert "1 configuration would train" in said
    assert found(disturbed) == found(undisturbed)


@pytest.mark.parametrize("kind", ["data facts", "images", "labels"])
def test_prepared_data_are_made_again_for_the_next_top_up(undisturbed, disturbed, kind):
    chosen = random.Random(f"{SEED} {kind}")
    fault = damage(disturbed.path, kind, "flip", chosen, keep_time=True)
    shutil.rmtree(disturbed.runs[0])
    code, said = call(disturbed)
    assert code == 0, said[-3000:]
    assert "It is prepared again" in said
    assert (disturbed.path / fault.file).read_bytes() == fault.before
    assert found(disturbed) == found(undisturbed)


def test_files_from_the_future_get_the_present_time(undisturbed, disturbed):
    """As after a clock that was a day ahead: Snakemake fails jobs that read newer files."""
    tomorrow = time.time() + 86_400
    facts = disturbed.path / "resources/prepared/digits/facts.json"
    kept = disturbed.runs[1] / "metrics.parquet"
    for file in (facts, kept):
        os.utime(file, (tomorrow, tomorrow))
    shutil.rmtree(disturbed.runs[0])
    said = disturbed.run("-n", "--config", "tensorboard=false", "pdf=no")
    assert "2 files of earlier calls" in said
    assert facts.stat().st_mtime == pytest.approx(tomorrow)
    code, said = call(disturbed)
    assert code == 0, said[-3000:]
    assert "The present time is set" in said
    assert facts.stat().st_mtime < time.time()
    assert found(disturbed) == found(undisturbed)
    assert "Nothing to be done" in call(disturbed)[1]


def test_a_dry_run_says_it_and_changes_nothing(disturbed):
    chosen = random.Random(SEED)
    damage(disturbed.path, "images", "flip", chosen, keep_time=True)
    damage(disturbed.path, "verdicts", "flip", chosen, keep_time=True)
    shutil.rmtree(disturbed.runs[0])
    before = {file: file.read_bytes() for file in sorted(disturbed.path.glob("re*/**/*.*"))
              if file.is_file()}  # fmt: skip
    said = disturbed.run("-n", "--config", "tensorboard=false", "pdf=no")
    assert "verdicts.json: it is damaged" in said
    assert "It is prepared again" in said
    assert all(file.read_bytes() == content for file, content in before.items())


def test_a_file_that_is_damaged_between_two_jobs_is_named(disturbed):
    """After the call has looked: by the job that reads it."""
    script = Path(disturbed.path / "workflow/scripts/plot.py")
    verdict_file = disturbed.path / "results/studies/tiny/verdicts.json"
    whole = script.read_text()
    script.write_text(
        f'from pathlib import Path\nopen("{verdict_file}", "ab").write(b" x")\n{whole}'
    )
    said = disturbed.fail("--forcerun", "plot", "--config", "tensorboard=false", "pdf=no")
    log = (disturbed.path / "results/studies/tiny/logs/plot.log").read_text()
    assert "verdicts.json is damaged" in said + log
    assert "Traceback" not in said
    script.write_text(whole)
    code, said = call(disturbed)
    assert code == 0
    assert "verdicts.json: it is damaged" in said
