from __future__ import annotations

import json
import statistics
import time

import pytest
from hyperverdict.outcomes.timing import read_timing
from hyperverdict.runs.sealed import read_json
from hyperverdict.training import loop
from hyperverdict.training.timing import (
    seconds_on,
    time_configuration,
    time_contrast,
    two_significant_digits,
)


@pytest.fixture
def steps_taken(monkeypatch):
    """Batch sizes of the steps in the order in which they were taken; a step costs 2 ms more."""
    taken = []
    take_step = loop.SeedRun.take_step

    def noted(run: loop.SeedRun) -> None:
        time.sleep(0.002)
        taken.append(run._batch_size)
        take_step(run)

    monkeypatch.setattr(loop.SeedRun, "take_step", noted)
    return taken


def test_the_arms_of_a_contrast_take_turns(digits, tiny, tmp_path, steps_taken):
    small, large = tiny(batch_size=4), tiny(batch_size=128)
    out = tmp_path / "contrast" / "timing.json"
    content = time_contrast([small, large], 3, out, {"digits": digits}, exclusive=True)
    assert read_json(out) == json.loads(json.dumps(content))
    assert list(content["arms"]) == [small.arm_path, large.arm_path]
    for seconds in content["arms"].values():
        assert len(seconds) == 3
        assert all(0.002 < second < 0.5 for second in seconds)
    blocks = [content["steps_per_block"][arm.arm_path] for arm in (small, large)]
    measured = sum(blocks) * 3
    assert steps_taken[-measured:] == ([4] * blocks[0] + [128] * blocks[1]) * 3
    warm_up = [steps_taken[:-measured].count(size) for size in (4, 128)]
    assert min(warm_up) == content["warmup_steps"] >= 20
    assert min(blocks) >= 5
    assert content["exclusive"] is True
    assert content["threads"] == 1
    assert 0 < content["cpu_share"] <= 1.01
    assert {"torch", "python", "commit", "training_version"} <= set(content["implementation"])
    read = read_timing(out)
    assert read.exclusive is True
    assert read.load is not None
    assert read.threads == 1


def test_one_configuration(digits, tiny, tmp_path):
    configuration = tiny()
    content = time_configuration(configuration, digits, tmp_path / "timing.json", repeats=3)
    assert content["arm_path"] == configuration.arm_path
    assert content["seconds_per_step"] == statistics.median(content["repeats"])
    assert len(content["repeats"]) == 3
    assert "arms" not in content


def test_arms_that_differ_in_the_budget_only_are_timed_once(digits, tiny, tmp_path):
    arms = [tiny(40), tiny(80)]
    out = tmp_path / "timing.json"
    content = time_contrast(arms, 1, out, {"digits": digits}, exclusive=False)
    assert list(content["arms"]) == [arms[0].arm_path]
    assert content["exclusive"] is False


def test_a_diverging_arm_is_timed_too(digits, tiny, tmp_path):
    configuration = tiny(optimizer="sgd", learning_rate=50, activation="leaky_relu")
    content = time_configuration(configuration, digits, tmp_path / "timing.json", repeats=1)
    assert content["seconds_per_step"] > 0


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(0.2, 0), (1.26, 1), (9.96, 10), (42.19, 42), (1234.5, 1200), (996, 1000)],
)
def test_two_significant_digits(value, rounded):
    assert two_significant_digits(value) == rounded


def test_seconds_on_a_device_that_torch_cannot_use(digits, tiny, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    arms = [tiny(batch_size=4), tiny(batch_size=16)]
    assert seconds_on("cuda", arms, {"digits": digits}) == ()
    found = seconds_on("cpu", arms, {"digits": digits})
    assert len(found) == 2
    assert all(0 < seconds < 1 for seconds in found)
