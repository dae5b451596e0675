"""On which device runs train: groups of arms, one device for each, with simulated machines."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hyperverdict.design.devices import (
    Devices,
    Machine,
    Timed,
    device_groups,
    faster_device,
    other_device,
    read_timed,
    recorded_device,
    timed_networks,
)
from hyperverdict.design.plan import make_plan
from hyperverdict.design.state import RunState
from hyperverdict.errors import UserError
from hyperverdict.pipeline import choose_device
from hyperverdict.study.load import load_study
from hyperverdict.training import timing
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure

STUDY = """
study: s
data: digits
seeds: 4
baseline: {width: 32, depth: 2, batch_size: 32, budget: 300 steps}
hypotheses:
  batch:
    says: x
    compare: {batch_size: {from: 4, to: 128}}
    expect: {accuracy: lower, train_time: lower}
    at_equal: [300 steps, 9600 samples, 5 seconds]
  wide:
    says: x
    trend: {width: [8, 16, 32, 64]}
    shape: every_step
    expect: {accuracy: higher}
  tuned:
    says: x
    compare: {depth: {from: 3, to: 4}}
    expect: {accuracy: higher}
    tune: {learning_rate: [1e-3, 1e-2]}
explore:
  size: {grid: {width: [64, 128], depth: [2]}}
"""


@pytest.fixture
def study(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(STUDY)
    return load_study(file)


@pytest.fixture
def devices(study, tmp_path):
    """Devices of the study, of which runs on record are as `recorded` says."""

    def make(**recorded):
        by_path = {group.purposes[0]: list(group.arms) for group in device_groups(study)}
        counts = {by_path[name][0]: Counter(seeds) for name, seeds in recorded.items()}
        return Devices(study, tmp_path, lambda arm: counts.get(arm.arm_path, {}))

    return make


def purposes(groups):
    return [group.purposes for group in groups]


def test_arms_that_are_compared_tuned_or_shared_are_one_group_at_all_budgets(study):
    groups = device_groups(study)
    # The heatmap shares width 64 with the trend; nothing else shares an arm.
    assert purposes(groups) == [("batch",), ("tuned",), ("wide", "size")]
    assert [len(group.arms) for group in groups] == [2, 4, 5]


def test_every_planned_run_is_in_exactly_one_group(study):
    groups = device_groups(study)
    paths = {run.configuration.arm_path for run in make_plan(study).all_runs}
    found = [path for group in groups for path in group.arms]
    assert len(found) == len(set(found))
    assert paths <= set(found)


def test_the_key_is_that_of_the_set_of_arms(study):
    keys = [group.key for group in device_groups(study)]
    assert len(set(keys)) == len(keys)
    assert keys == [group.key for group in device_groups(study)]


def test_the_smallest_the_middle_and_the_largest_are_timed(study):
    [_, _, group] = device_groups(study)
    widths = [network["hidden_units"][0] for network in timed_networks(group)]
    assert widths == [8, 32, 128]
    [group, _, _] = device_groups(study)
    assert [network["batch_size"] for network in timed_networks(group)] == [4, 128]


@pytest.mark.parametrize(
    ("cpu", "cuda", "machine", "jobs", "expected"),
    [
        # One job at a time on either: the faster step wins.
        ([0.004], [0.001], Machine(1, 1), 8, Timed("cuda", 4.0)),
        ([0.001], [0.004], Machine(1, 1), 8, Timed("cpu", 4.0)),
        # Sixteen cores train sixteen jobs at once, one GPU one.
        ([0.004], [0.001], Machine(16, 1), 64, Timed("cpu", 4.0)),
        # But not where there are only two jobs.
        ([0.004], [0.001], Machine(16, 1), 2, Timed("cuda", 2.0)),
        # Jobs that share a GPU, and several GPUs.
        ([0.004], [0.001], Machine(16, 8), 64, Timed("cuda", 2.0)),
        # The largest network counts for what it costs.
        ([0.001, 0.1], [0.002, 0.002], Machine(4, 1), 64, Timed("cuda", 0.101 / 4 / 0.004)),
        # torch cannot use the GPU.
        ([0.004], [], Machine(1, 1), 8, Timed("cpu", 0.0)),
        ([0.004], [0.001], Machine(1, 0), 8, Timed("cpu", 0.0)),
    ],
)
def test_the_faster_device_is_that_of_all_jobs_together(cpu, cuda, machine, jobs, expected):
    found = faster_device(cpu, cuda, machine, jobs)
    assert found.device == expected.device
    assert found.factor == pytest.approx(expected.factor)


def test_most_seeds_on_record_decide():
    assert recorded_device([]) is None
    assert recorded_device([{}, {}]) is None
    assert recorded_device([{"cpu": 3}, {"cuda": 2}]) == "cpu"
    assert recorded_device([{"cpu": 3}, {"cuda": 2}, {"cuda": 2}]) == "cuda"


def test_a_group_is_timed_before_its_first_run_and_only_then(devices, study, tmp_path):
    found = devices()
    [batch, *_] = found.groups
    arms = list(batch.arms.values())
    assert found.to_time(arms) == batch.key
    assert found.gpus(arms) == 1
    (tmp_path / batch.key).mkdir()
    file = tmp_path / batch.key / "timing.json"
    file.write_text(json.dumps({"device": "cpu", "factor": 3.0}))
    assert found.to_time(arms) == ""
    assert found.gpus(arms) == 0
    # Runs on record outweigh it.
    assert devices(batch={"cuda": 4}).gpus(arms) == 1


@pytest.mark.parametrize(("device", "gpus"), [("cpu", 0), ("cuda", 1)])
def test_all_arms_of_a_group_follow_the_runs_of_one(devices, device, gpus):
    found = devices(wide={device: 4})
    group = next(g for g in found.groups if "wide" in g.purposes)
    assert {found.gpus([arm]) for arm in group.arms.values()} == {gpus}
    assert {found.to_time([arm]) for arm in group.arms.values()} == {""}


def test_a_run_asked_for_by_hand_is_a_group_of_its_own(devices):
    found = devices()
    arm = configure({"data": "digits", "width": 999}, Budget("steps", 10))
    key = found.to_time([arm])
    assert found.networks(key) == (arm,)
    with pytest.raises(UserError, match="unknown group of arms"):
        found.group("no such key")


def test_the_plan_says_each_device_once(devices, tmp_path):
    found = devices(wide={"cuda": 4})
    groups = {name: group for group in found.groups for name in group.purposes}
    (tmp_path / groups["batch"].key).mkdir()
    file = tmp_path / groups["batch"].key / "timing.json"
    file.write_text(json.dumps({"device": "cuda", "factor": 3.14159}))
    assert list(found.lines()) == [
        "  batch: GPU, timed to be 3.1 times faster for all its jobs",
        "  tuned: GPU or CPU, whichever is faster: a few steps are timed first",
        "  wide and size: GPU, as the runs that exist",
    ]


def test_a_training_of_the_users_own_gets_a_gpu_and_is_not_timed(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(
        "study: own\nseeds: 2\n"
        "train:\n  command: python t.py --k {k} --epochs {epochs} --seed {seed} --out {metrics}\n"
        "  code: [t.py]\nhyperparameters: {k: {default: 1}}\nbaseline: {budget: 2 epochs}\n"
        "metrics: {bleu: {better: higher, matters_from: 1}}\n"
        "hypotheses:\n  H: {says: x, compare: {k: {from: 1, to: 2}}, expect: {bleu: higher}}\n"
    )
    found = Devices(load_study(file), tmp_path, lambda arm: {})
    arms = list(found.groups[0].arms.values())
    assert (found.gpus(arms), found.to_time(arms)) == (1, "")
    assert list(found.lines()) == ["  H: GPU, as every training of your own"]


def test_seeds_of_another_device_are_said(study):
    run = next(iter(make_plan(study).all_runs))
    mixed = RunState(run, (0,), (1,), devices={"cuda": 1})
    complete = RunState(run, (0, 1), (), devices={"cuda": 2})
    said = other_device([mixed, complete], "cpu")
    assert said.startswith("1 configuration with seeds from a GPU would get seeds from a CPU")
    assert run.folder in said
    assert other_device([mixed], "cuda") == other_device([mixed], None) == ""
    assert other_device([complete], "cpu") == ""


@pytest.mark.parametrize(("on_gpu", "device"), [(0.0001, "cuda"), (1.0, "cpu"), (None, "cpu")])
def test_what_a_timing_of_both_devices_writes_is_read_again(
    study, tmp_path, monkeypatch, on_gpu, device
):
    def seconds_on(where, configurations, prepared):
        each = 0.001 if where == "cpu" else on_gpu
        return () if each is None else tuple(each for _ in configurations)

    monkeypatch.setattr(timing, "seconds_on", seconds_on)
    group = device_groups(study)[0]
    monkeypatch.setattr("hyperverdict.training.provenance.hardware", lambda device: {"gpu": device})
    out = tmp_path / "timing.json"
    chosen = choose_device(timed_networks(group), {}, Machine(4, 1), 2, out)
    assert chosen.device == device
    assert read_timed(out) == chosen
    assert json.loads(out.read_text())["gpu_slots"] == 1


def test_a_damaged_timing_is_none(tmp_path):
    assert read_timed(tmp_path / "none.json") is None
    for text in ("{", "{}", '{"device": "cpu"}', "[1]"):
        Path(tmp_path / "t.json").write_text(text)
        assert read_timed(tmp_path / "t.json") is None
