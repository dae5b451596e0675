"""A smoke run through Snakemake: small, apart, marked, never judged and never registered."""

import json

import pytest

from tests.workflow.conftest import STUDY

SMOKE = ("--config", "steps=4", "seeds=2", "tensorboard=false")
# A timing, tuning, a heatmap, and a claim that a smoke run in steps leaves out.
TUNED = (
    STUDY.partition("hypotheses:")[0]
    + """
hypotheses:
  H1:
    says: x
    compare: {batch_size: {from: 8, to: 64}}
    expect: {train_time: lower, accuracy: lower}
    tune: {learning_rate: [1e-3, 1e-2]}
  curve:
    says: x
    each: {epoch: 1..2}
    expect: {accuracy: higher}
"""
)


def snapshot(project):
    """Every result that a real run left, as it is."""
    return {
        file: file.read_bytes()
        for file in (project.path / "results").rglob("*")
        if file.is_file() and "smoke" not in file.parts
    }


def test_it_leaves_real_results_alone_and_judges_nothing(finished):
    before = snapshot(finished)
    finished.write(TUNED)
    said = finished.run(*SMOKE)
    assert "Smoke run (4 steps, 2 seeds): its results go to results/smoke/" in said
    assert "leaves out curve: it needs 2 epochs" in said
    assert snapshot(finished) == before
    smoke = finished.path / "results/smoke"
    runs = {file.parent.name for file in smoke.glob("runs/**/metrics.parquet")}
    tuning = list(smoke.glob("tuning/**/record.json"))
    assert (runs, len(tuning)) == ({"steps~4"}, 4)
    assert {len(json.loads(file.read_text())["seeds"]) for file in tuning} == {2}
    [timing] = smoke.glob("timing/contrasts/*/timing.json")
    assert {len(blocks) for blocks in json.loads(timing.read_text())["arms"].values()} == {2}
    folder = smoke / "studies/tiny"
    assert not list(smoke.rglob("ledger*"))
    report = json.loads((folder / "verdicts.json").read_text())
    assert report["provisional"].startswith("smoke run (4 steps, 2 seeds, without curve)")
    assert {h["headline"] for h in report["hypotheses"]} == {"estimated"}
    assert "Not judged: smoke run" in (folder / "report.html").read_text()
    assert "Nothing to be done" in finished.run(*SMOKE)


@pytest.mark.parametrize("profile", ["profiles/local", "profiles/slurm"])
def test_a_dry_run_of_it_makes_nothing(project, profile):
    done = project.snakemake("-n", *SMOKE, profile=profile)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    for words in ("Smoke run (4 steps, 2 seeds)", "4 configurations would train, 8 runs"):
        assert words in said
    assert "80% power" not in said
    assert not (project.path / "results").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("steps=ten",), "steps=ten: must be a whole number, at least 1"),
        (("steps=4", "epochs=1"), "steps=4 epochs=1: a smoke run has one budget"),
        (("step=4",), "did you mean 'steps'?"),
        (("seeds=20",), "at most the study's 3 seeds"),
    ],
)
def test_wrong_options_are_one_message(project, options, words):
    said = project.fail("--config", *options)
    assert words in said
    assert "Traceback" not in said
    assert not (project.path / "results").exists()
