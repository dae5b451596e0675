"""Paths asked for by hand, through Snakemake: what no job makes is refused with one message."""

import pytest

from tests.workflow.conftest import STUDY, make_project

TUNED = STUDY.replace("    because: updates\n", "    tune: {learning_rate: [1e-3, 1e-2]}\n")
REFUSED = {
    "../elsewhere/report.html": "no job makes",
    "/etc/passwd": "no job makes",
    "results": "no job makes",
    "results/nothing": "no job makes",
    "results/studies/tiny/reprot.html": "did you mean results/studies/tiny/report.html?",
    "results/studies/tiny/../other/report.html": "this is study tiny",
    "results/studies/tiny/tuning/H2.json": "no tuned hypothesis",
    "results/timing/contrasts/batch.0123/timing.json": "unknown timing 'batch.0123'",
    "results/timing/contrasts/nothing/": "unknown timing 'nothing'",
    "results/timing/configurations/data~digits/timing.json": "is not canonical; ask for",
    "results/timing/devices/0123abc/timing.json": "unknown group of arms",
    "results/runs/data~digits/metrics.parquet": "must spell every hyperparameter",
    "results/runs/train~other/training.json": "does not declare the training of this study",
    "resources/prepared/digit/facts.json": "did you mean 'digits'?",
    "resources/prepared/os:system/facts.json": "add packages: [os]",
    "resources/prepared/a/b/images.npy": "unknown data set 'a'",
    "reprot": "did you mean report?",
    "a" * 300: "no job makes",
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A project in which nothing is made."""
    return make_project(tmp_path_factory.mktemp("by_hand"), TUNED)


def dry_run(project, *targets):
    return project.fail("-n", *targets)


@pytest.mark.parametrize("target", REFUSED)
def test_what_no_job_makes_is_one_message(shared, target):
    said = dry_run(shared, target)
    assert "hyperverdict: " in said
    assert REFUSED[target] in said
    for word in ("Exception", "Traceback", "Building DAG"):
        assert word not in said


def test_what_jobs_make_may_be_asked_for(shared):
    for target in (
        "resources/prepared/digits/",
        "results/studies/tiny",
        "./results/studies/tiny/tables/final.csv",
        str(shared.path / "results/studies/tiny/verdicts.json"),
        "results/studies/tiny/tuning/H1.json",
        "partial_report",
    ):
        assert "hyperverdict: " not in shared.run("-n", target)
