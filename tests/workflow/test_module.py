"""Another workflow uses this one as a module: its study, its prefix, its own keys and hooks."""

import json
import shutil

import pytest

from tests.workflow.conftest import ROOT, Project, make_project

EXAMPLE = "config/examples/module"
# Passes its own config on, has keys that we have too, a hook, and no prefix.
PARENT = """
configfile: "parent.yaml"


rule all:
    input:
        "copied.json",


module hv:
    snakefile:
        "../../../workflow/Snakefile"
    config:
        config


use rule * from hv as hv_*


rule copy:
    input:
        rules.hv_judge.output.verdicts,
    output:
        "copied.json",
    shell:
        "cp {input} {output}"


onstart:
    print("the parent starts")
"""
PARENT_KEYS = """
study: study.yaml
seeds: [a, b]
steps: none
smoke: {steps: 4, seeds: 2}
"""
TUNED = """
study: tuned
data: digits
seeds: 3
baseline: {width: 8, depth: 1, batch_size: 32, budget: 300 steps}
hypotheses:
  H:
    says: x
    compare: {width: {from: 8, to: 16}}
    expect: {accuracy: higher, train_time: higher}
    tune: {learning_rate: [1e-3, 1e-2]}
"""


def example(path) -> Project:
    """The example in a copy of the workflow."""
    make_project(path)
    shutil.copytree(ROOT / EXAMPLE, path / EXAMPLE)
    return Project(path / EXAMPLE)


@pytest.fixture(scope="module")
def _ran(tmp_path_factory) -> Project:
    project = example(tmp_path_factory.mktemp("module"))
    project.said = project.run("--cores", "2", "--config", "theirs=1", profile=None)
    return project


@pytest.fixture
def ran(_ran, tmp_path) -> Project:
    """A copy of the example after its run."""
    shutil.copytree(_ran.path.parents[2], tmp_path / "copy", symlinks=True)
    copy = Project(tmp_path / "copy" / EXAMPLE)
    copy.said = _ran.said
    return copy


def made(project):
    """What a run left, outermost names only."""
    given = {file.name for file in (ROOT / EXAMPLE).iterdir()}
    return {file.name for file in project.path.iterdir()} - given - {".snakemake"}


def test_the_example_runs_with_its_study_below_its_prefix(ran):
    assert made(ran) == {"training", "decision.txt", "decision.log"}
    assert {file.name for file in (ran.path / "training").iterdir()} == {
        "logs",
        "resources",
        "results",
    }
    assert (ran.path / "decision.txt").read_text() == (
        "wide: supported, so the wide network is used\n"
    )
    assert (ran.path / "training/results/studies/width/report.html").exists()
    # The plan is shown once, although `use rule train ... with` reads the rules again.
    assert ran.said.count("Study width: 2 configurations would train") == 1


def test_its_claims_are_registered_before_they_train(ran):
    folder = ran.path / "training/results/studies/width"
    [hypothesis] = json.loads((folder / "verdicts.json").read_text())["hypotheses"]
    assert [v["registered"] for v in hypothesis["verdicts"]] == ["registered"]
    first = json.loads((folder / "ledger.jsonl").read_text().splitlines()[0])
    assert first["content"]["seeds_before"] == 0


def test_more_seeds_train_and_nothing_else_does(ran):
    assert "Nothing to be done" in ran.run("--cores", "2", profile=None)
    study = ran.path / "study.yaml"
    study.write_text(study.read_text().replace("seeds: 5", "seeds: 6"))
    said = ran.run("--cores", "2", "-n", profile=None)
    assert "2 configurations would train, 2 runs" in said
    assert "hv_prepare_data" not in said
    [run, _] = sorted(file.parent for file in ran.path.glob("training/**/metrics.parquet"))
    assert "hv_train" in ran.run(
        f"{run.relative_to(ran.path)}/", "--cores", "2", "-n", profile=None
    )


def test_another_study_on_the_command_line_is_refused(ran):
    other = ran.path / "other.yaml"
    other.write_text((ran.path / "study.yaml").read_text())
    said = ran.fail("-n", "--cores", "2", "--configfile", "other.yaml", profile=None)
    assert "names the study study.yaml, and --configfile names" in said
    assert "Traceback" not in said


def test_a_parent_keeps_its_keys_its_hook_and_its_target(tmp_path):
    project = example(tmp_path)
    for name, text in (
        ("Snakefile", PARENT),
        ("parent.yaml", PARENT_KEYS),
        ("study.yaml", TUNED),
    ):
        (project.path / name).write_text(text)
    said = project.run("--cores", "2", profile=None)
    assert "the parent starts" in said
    assert "Smoke run (4 steps, 2 seeds): its results go to results/smoke/" in said
    copied = json.loads((project.path / "copied.json").read_text())
    assert copied["provisional"].startswith("smoke run (4 steps, 2 seeds)")
    assert len(list(project.path.glob("results/smoke/tuning/**/metrics.parquet"))) == 4
    assert not list(project.path.glob("results/smoke/**/ledger*"))
    assert {file.name for file in (project.path / "results").iterdir()} == {"smoke"}
