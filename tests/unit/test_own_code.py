"""What an invocation makes of changed models and data sets of one's own: runs, timings, notes."""

from __future__ import annotations

import json

import pytest
from hyperverdict.errors import UserError
from hyperverdict.opening import open_invocation
from hyperverdict.pipeline import _present_code as present_code
from hyperverdict.pipeline import open_study
from hyperverdict.runs.layout import read_record
from hyperverdict.runs.sealed import json_bytes, read_json
from hyperverdict.telling import print_plan
from hyperverdict.training.code import code_checksum_of

from tests.unit.verdicts.synthetic import write_synthetic

STUDY = """study: own
data: digits
seeds: 5
baseline: {model: "own_nets_i:net", budget: 40 steps}
metrics: {train_time: {matters_from: 1.1x}}
hypotheses:
  H:
    says: More stages are slower.
    compare: {stages: {from: 2, to: 3}}
    expect: {train_time: higher}
"""
NETS = "def net(shape, classes, *, stages=2): ...\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_nets_i.py").write_text(NETS)
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path


def opened(**options):
    return open_invocation(["study.yaml"], options, main=True)


def make_runs(project, seeds=range(5)):
    """Run folders, as if trained with the present code."""
    for run in opened().plan.all_runs:
        code = code_checksum_of(run.configuration)
        write_synthetic(run.configuration, seeds, project / "results/runs")
        folder = project / "results/runs" / run.configuration.path
        change_record(folder, code_checksum=code)
        assert read_record(folder).code_checksum == code


def change_record(folder, **entries):
    file = folder / "record.json"
    file.write_bytes(json_bytes({**read_json(file), **entries}))


def edit(project):
    (project / "own_nets_i.py").write_text(NETS + "# edited\n")


def test_runs_of_the_present_code_are_complete(project, capsys):
    make_runs(project)
    run = opened()
    assert all(not state.missing and not state.other for state in run.states().values())
    print_plan(run)
    assert "other code" not in capsys.readouterr().err


def test_runs_of_other_code_are_said_and_never_added_to(project, capsys):
    make_runs(project)
    edit(project)
    print_plan(opened())
    said = capsys.readouterr().err
    assert "its seeds were trained with other code" in said
    assert "judged as they were recorded; --config retrain=own_nets_i:net trains them again" in said
    (project / "study.yaml").write_text(STUDY.replace("seeds: 5", "seeds: 6"))
    with pytest.raises(UserError, match=r"other code .*--config retrain=own_nets_i:net"):
        print_plan(opened())


@pytest.mark.parametrize(
    ("name", "again"), [("own_nets_i:net", 5), ("digits", 5), ("other:net", 0)]
)
def test_retrain_takes_the_name_of_the_model_or_of_its_data(project, name, again):
    make_runs(project)
    edit(project)
    states = opened(retrain=name).states().values()
    assert {len(state.missing) for state in states} == {again}


def test_a_timing_is_taken_again_with_the_runs_of_changed_code(project):
    make_runs(project)
    run = opened()
    [key] = run.plan.timings
    arms = run.timing(key).configurations
    file = project / f"results/timing/contrasts/{key}/timing.json"
    file.parent.mkdir(parents=True)
    codes = {arm.arm_path: code_checksum_of(arm) for arm in arms}
    times = {arm.arm_path: [0.1, 0.1] for arm in arms}
    file.write_text(json.dumps({"arms": times, "code_checksums": codes}))
    assert opened(retrain="own_nets_i:net").timing_to_update(key) == []
    edit(project)
    assert opened().timing_to_update(key) == []
    [again] = opened(retrain="own_nets_i:net").timing_to_update(key)
    assert again.endswith(f"{key}/timing.json")


def test_a_judgement_knows_the_present_code_of_each_model(project):
    study = open_study("study.yaml", project / "results")
    [run, _] = opened().plan.all_runs
    assert present_code(study) == {"own_nets_i:net digits": code_checksum_of(run.configuration)}
    (project / "own_nets_i.py").unlink()
    assert present_code(study) == {}
