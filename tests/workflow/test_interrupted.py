"""A job that is interrupted after it has written its table, and before Snakemake knows of its end."""

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
