"""A job that is interrupted after it has written its table, and before Snakemake knows of its end."""

import base64

import pytest

from tests.workflow.conftest import make_project

STUDY = """
study: interrupted
data: digits
seeds: 3
baseline: {width: 8, depth: 1, budget: 4 steps}
hypotheses:
  H1: {says: x, compare: {batch_size: {from: 8, to: 64}}, expect: {accuracy: lower}}
"""


@pytest.mark.parametrize("topped_up", [False, True], ids=["first", "topped up"])
def test_its_seeds_are_not_trained_again(tmp_path, topped_up):
    project = make_project(tmp_path, STUDY)
    if topped_up:
        project.run()
        project.write(STUDY.replace("seeds: 3", "seeds: 5"))
    script = project.path / "workflow/scripts/train.py"
    whole = script.read_text()
    script.write_text(f"{whole}\nraise SystemExit(85)\n")
    project.fail()
    # What Snakemake does with the outputs of a job that did not end well.
    assert len(project.runs) == (2 if topped_up else 0)
    script.write_text(whole)
    project.run()
    assert len(project.runs) == 2
    for run in project.runs:
        said = (run / "train.log").read_text()
        assert "training seeds" not in said
        assert f"seeds in metrics.parquet: {5 if topped_up else 3}" in said
        # Once the runs are collected, nothing is left beside them.
        assert not (run / "partial").exists()


@pytest.mark.parametrize("rules", ["study", "export"], ids=["first rules", "last rules"])
def test_ctrl_c_while_rules_are_read_needs_no_traceback(tmp_path, rules):
    project = make_project(tmp_path, STUDY)
    file = project.path / f"workflow/rules/{rules}.smk"
    file.write_text(f"import signal\n\nsignal.raise_signal(signal.SIGINT)\n{file.read_text()}")
    said = project.fail("-n")
    assert "Traceback" not in said
    assert "Stopped. Call the same command again to continue." in said


PREPARED = [
    f"resources/prepared/digits/{name}" for name in ("images.npy", "labels.npy", "facts.json")
]


def test_data_that_were_whole_when_their_job_was_killed_are_used(tmp_path):
    project = make_project(tmp_path, STUDY)
    project.run(PREPARED[0])
    # What Snakemake keeps of a job that it has not seen end.
    marks = project.path / ".snakemake/incomplete"
    for name in PREPARED:
        (marks / base64.b64encode(name.encode()).decode()).write_text('{"external_jobid": null}')
    project.run()
    assert len(project.runs) == 2
    assert (project.path / "results/studies/interrupted/verdicts.json").exists()


def test_training_goes_on_where_the_timing_behind_a_budget_is_damaged(tmp_path):
    study = STUDY.replace("4 steps", "1 seconds")
    project = make_project(tmp_path, study)
    project.run()
    for file in project.path.glob("results/timing/configurations/**/timing.json"):
        file.write_bytes(file.read_bytes()[:-20])
    project.write(study.replace("seeds: 3", "seeds: 4"))
    said = project.run()
    assert "timing.json: " in said
    assert "It is made again." in said
    for run in project.runs:
        assert "seeds in metrics.parquet: 4" in (run / "train.log").read_text()
