"""The words of the workflow's jobs, and what they know of running and finished ones."""

import re
from pathlib import Path

import pytest
from hyperverdict.live import lines
from hyperverdict.live.job import LostSeed
from hyperverdict.opening import open_invocation
from hyperverdict.runs.kept import kept_seeds
from hyperverdict.runs.layout import RECORD_FILE, TRAINING_VERSION, RunRecord, SeedRecord
from hyperverdict.training.partial import PartialFolder
from hyperverdict.watching import DOING, TIME, TRAIN, StudyWords, lost_seeds, seeds_on_disk

ROOT = Path(__file__).parents[2]
RULE = re.compile(r"^(?:rule|checkpoint) (\w+):", re.MULTILINE)
STUDY = """
study: s
data: digits
seeds: 3
baseline: {budget: 10 steps}
hypotheses:
  H1: {says: x, compare: {batch_size: {from: 4, to: 64}}, expect: {train_time: lower}}
"""


def rules():
    files = [ROOT / "Snakefile", ROOT / "workflow/Snakefile", *ROOT.glob("workflow/rules/*.smk")]
    return {name for file in files for name in RULE.findall(file.read_text())}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yaml").write_text(STUDY)
    return open_invocation(["study.yaml"], {}, main=True)


def words(run, renamed=str):
    return StudyWords.of(run, renamed, tuple)


def spelled(run, path, kind="runs"):
    pattern = re.sub(r"\{(\w+),", r"(?P<\1>", run.configuration_pattern).replace("}", ")")
    return {**re.fullmatch(pattern, path).groupdict(), "kind": kind}


def test_every_rule_of_the_workflow_has_words_and_every_word_a_rule():
    known = {TRAIN, TIME, *DOING}
    assert known == rules(), "say in hyperverdict/watching.py what a new rule does"


def test_a_training_is_called_by_its_configuration(run):
    names = {}
    for path in run.plan.runs:
        job = words(run).job(TRAIN, spelled(run, path))
        names[job.configuration] = job
    assert names.keys() == {"batch_size=4", "batch_size=64"}
    assert all(job.seeds == (0, 1, 2) and job.seconds > 0 for job in names.values())
    tuning = words(run).job(TRAIN, spelled(run, path, kind="tuning"))
    assert tuning.configuration.endswith(" for tuning")


def keep(run, path, *seeds):
    """What an interrupted job of a run leaves."""
    identity = {"path": path, "data_checksum": "d", "training_version": TRAINING_VERSION}
    folder = PartialFolder(run.results / "runs" / path / "partial", identity)
    for seed in seeds:
        folder.begin(seed, 10)
        folder.keep(seed, [], SeedRecord("diverged", 10, 1.0, 0), {})


def test_seeds_that_an_interrupted_job_kept_are_not_trained_again(run):
    path = next(iter(run.plan.runs))
    whole = words(run).job(TRAIN, spelled(run, path))
    keep(run, path, 0, 2)
    job = words(run).job(TRAIN, spelled(run, path))
    assert (job.doing, job.seeds) == (whole.doing, (1,))
    assert job.seconds < whole.seconds
    assert job.finished() == 0
    keep(run, path, 1)
    assert job.finished() == 1
    job = words(run).job(TRAIN, spelled(run, path))
    assert job.doing == f"writing the kept seeds of {whole.configuration}"
    assert (job.configuration, job.seeds) == ("", ())


def test_rules_that_another_workflow_renamed_keep_their_words(run):
    theirs = words(run, lambda rule: f"hv_{rule}")
    assert theirs.job("hv_judge", {}).doing == DOING["judge"]
    assert theirs.job("judge", {}) is None


def test_a_timing_says_for_what_it_is(run):
    [key] = run.plan.timings
    assert words(run).job(TIME, {"contrast": key}).doing == (
        "measuring the speed of 2 arms for H1 at 10 steps"
    )


@pytest.mark.parametrize(
    ("rule", "wildcards"), [("align", {"sample": "A"}), (TRAIN, {}), (TIME, {"contrast": "x"})]
)
def test_what_is_not_ours_has_no_words(run, rule, wildcards):
    assert words(run).job(rule, wildcards) is None


def test_seeds_of_a_running_job_are_counted_by_names_alone(tmp_path):
    partial = tmp_path / "partial"
    assert kept_seeds(partial) == []
    partial.mkdir()
    for name in ("seed~0.parquet", "seeds~2~4.parquet", "seed~9.checkpoint", "plan.json"):
        (partial / name).touch()
    assert sorted(kept_seeds(partial)) == [(0, 0), (2, 4)]
    assert seeds_on_disk(tmp_path, (0, 1, 2, 4, 9)) == 3


def test_seeds_without_a_result_come_from_the_record(tmp_path):
    seeds = {
        "0": SeedRecord("finished", 10, 1.0, 0),
        "1": SeedRecord("diverged", 3, 0.1, 0),
        "2": SeedRecord("failed", 0, 0.0, 0, "exit code 1"),
    }
    record = RunRecord("p", {}, "c", 1, 10, 1, 1, 1, 1, seeds)
    assert lost_seeds(tmp_path, (0, 1, 2)) == []
    (tmp_path / RECORD_FILE).write_text(record.to_json())
    assert lost_seeds(tmp_path, (0, 1)) == [(1, "diverged", "")]
    assert lost_seeds(tmp_path, (2, 7)) == [(2, "failed", "exit code 1")]


def test_kept_seeds_without_a_result_are_named_too(run):
    path = next(iter(run.plan.runs))
    keep(run, path, 0, 1, 2)
    job = words(run).job(TRAIN, spelled(run, path))
    [lost] = lines.lost_lines(job, [LostSeed(1, "diverged", "")])
    assert lost.startswith("No result: writing the kept seeds of batch_size=")
    assert lost.endswith(", seed 1: diverged")
