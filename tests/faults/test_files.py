"""Every kind of file of a finished study, damaged: the next call finds what it found before."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from pathlib import Path

import pytest
from hyperverdict.runs.sealed import read_json

from tests.faults.conftest import Undisturbed
from tests.faults.damaging import FAULTS, KINDS, Fault, damage, files_of
from tests.faults.results import changed
from tests.workflow.conftest import Project

SEED = 20


def call(project: Project) -> tuple[int, str]:
    """Exit code and output of the next call."""
    done = project.snakemake("--config", "tensorboard=false", "pdf=no")
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_next_call_finds_the_same(undisturbed, disturbed, kind):
    """A flipped bit, the file's time as it was: what Snakemake cannot see."""
    chosen = random.Random(f"{SEED} {kind}")
    fault = damage(disturbed.path, kind, "flip", chosen, keep_time=True)
    code, said = call(disturbed)
    assert code == 0, f"{fault}\n{said[-3000:]}"
    assert "Traceback" not in said
    otherwise = changed(disturbed.path, undisturbed.found)
    assert not [k for k in otherwise if kind != "ledger" or not k.startswith("ledger ")], fault
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
    "curves table", "verdicts", "figure index", "figure", "report", "timing",
}  # fmt: skip


def _flipped(undisturbed: Undisturbed, fault: Fault) -> bytes:
    chosen = random.Random(f"{SEED} {fault.kind}")
    chosen.choice(files_of(undisturbed.project.path, fault.kind))
    return FAULTS["flip"](fault.before, chosen)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_several_files_at_once(undisturbed, disturbed, fault):
    """One of every kind that can be made again: with what was made of it, it is no witness."""
    chosen = random.Random(f"{SEED} {fault}")
    for kind in ("metrics", "tuning record", "choice", "curves table", "verdicts", "report"):
        damage(disturbed.path, kind, fault, chosen, keep_time=True)
    code, said = call(disturbed)
    assert code == 0, said[-3000:]
    assert not changed(disturbed.path, undisturbed.found)
    assert "Nothing to be done" in call(disturbed)[1]


def test_a_deleted_run_is_trained_again_although_tables_stand_above_it(undisturbed, disturbed):
    shutil.rmtree(disturbed.runs[0])
    code, said = call(disturbed)
    assert code == 0
    assert "1 configuration would train" in said
    assert not changed(disturbed.path, undisturbed.found)


# A job that is killed once it has saved its state.
KILLED = """
import os, signal
from hyperverdict.training.checkpoint import CheckpointKeeper
save = CheckpointKeeper._save
def save_and_die(self, state):
    save(self, state)
    os.kill(os.getpid(), signal.SIGKILL)
CheckpointKeeper._save = save_and_die
"""


def test_a_damaged_checkpoint_changes_no_number_of_the_resumed_run(undisturbed, disturbed):
    run = disturbed.runs[0]
    target = str((run / "metrics.parquet").relative_to(disturbed.path))
    shutil.rmtree(run)
    script = disturbed.path / "workflow/scripts/train.py"
    whole = script.read_text()
    script.write_text(f"{KILLED}{whole}")
    disturbed.fail(target, "--set-resources", "train:checkpoint_seconds=0")
    script.write_text(whole)
    (checkpoint,) = run.glob("partial/*.checkpoint")
    checkpoint.write_bytes(FAULTS["flip"](checkpoint.read_bytes(), random.Random(SEED)))
    code, said = call(disturbed)
    assert code == 0, said[-3000:]
    assert f"checkpoint {checkpoint.name} is damaged" in (run / "train.log").read_text()
    assert not changed(disturbed.path, undisturbed.found)


def test_what_a_call_does_not_need_is_left_and_said_to_be(disturbed):
    chosen = random.Random(SEED)
    damage(disturbed.path, "report", "flip", chosen, keep_time=True)
    damage(disturbed.path, "figure", "flip", chosen, keep_time=True)
    report = disturbed.path / "results/studies/tiny/report.html"
    damaged = report.read_bytes()
    target = "results/studies/tiny/figures/figures.json"
    said = disturbed.run(target, "--config", "tensorboard=false", "pdf=no")
    lines = {line.partition(":")[0].rpartition("/")[2]: line for line in said.splitlines()}
    assert lines["report.html"].endswith(
        "This call does not need it; the next one that does makes it again."
    )
    assert lines["figures.json"].endswith("It is made again.")
    assert report.read_bytes() == damaged


def test_timings_of_earlier_versions_are_used_as_they_are_and_get_a_checksum(disturbed):
    (file,) = disturbed.path.glob("results/timing/contrasts/*/timing.json")
    older = {name: value for name, value in json.loads(file.read_text()).items()
             if name != "file_checksum"}  # fmt: skip
    times = file.stat()
    file.write_text(json.dumps(older))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    code, said = call(disturbed)
    assert code == 0
    assert "1 timing of an earlier version carries no checksum" in said
    assert "Nothing to be done" in said
    assert file.stat().st_mtime_ns == times.st_mtime_ns
    assert read_json(file) == older
    file.write_bytes(file.read_bytes().replace(b'"threads": 1', b'"threads": 9'))
    said = disturbed.run("-n", "--config", "tensorboard=false", "pdf=no")
    assert f"{file.relative_to(disturbed.path)}: it is damaged" in said


@pytest.mark.parametrize("kind", ["data facts", "images", "labels"])
def test_prepared_data_are_made_again_for_the_next_top_up(undisturbed, disturbed, kind):
    chosen = random.Random(f"{SEED} {kind}")
    fault = damage(disturbed.path, kind, "flip", chosen, keep_time=True)
    shutil.rmtree(disturbed.runs[0])
    code, said = call(disturbed)
    assert code == 0, said[-3000:]
    assert "It is prepared again" in said
    assert (disturbed.path / fault.file).read_bytes() == fault.before
    assert not changed(disturbed.path, undisturbed.found)


def test_files_from_the_future_get_the_present_time(undisturbed, disturbed):
    """As after a clock that was a day ahead: Snakemake fails jobs that read newer files."""
    tomorrow = time.time() + 86_400
    facts = disturbed.path / "resources/prepared/digits/facts.json"
    kept = disturbed.runs[1] / "metrics.parquet"
    for file in (facts, kept):
        os.utime(file, (tomorrow, tomorrow))
    shutil.rmtree(disturbed.runs[0])
    code, said = call(disturbed)
    assert code == 0, said[-3000:]
    assert "2 files of earlier calls" in said
    assert "The present time is set" in said
    assert facts.stat().st_mtime < time.time()
    assert not changed(disturbed.path, undisturbed.found)


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
