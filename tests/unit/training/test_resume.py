"""A run that is stopped at any moment goes on as if it had not been."""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.training import seeds as seeds_module
from hyperverdict.training.fill import remove_copies
from hyperverdict.training.run import train_configuration
from hyperverdict.vocabulary.budget import Budget

from tests.unit.training.helpers import in_a_fork, rows, timing_file


def signal_oneself_at(seed: int, step: int, number: int) -> None:
    """In this process, the training of a seed meets a signal after a step."""
    take_step = seeds_module.SeedRun.take_step

    def take_step_and_signal(run: seeds_module.SeedRun) -> None:
        take_step(run)
        if (run.seed, run.step) == (seed, step):
            os.kill(os.getpid(), number)

    seeds_module.SeedRun.take_step = take_step_and_signal


def stopped(configuration, prepared, folder, *at: int, every_seconds: float = 0) -> int:
    """Train seeds 0 and 1 in a fork that is signalled at (seed, step); its exit code."""

    def work() -> None:
        signal_oneself_at(*at)
        train_configuration(
            configuration, [0, 1], prepared, folder, checkpoint_seconds=every_seconds
        )

    return in_a_fork(work)


@pytest.fixture(scope="module")
def long_run(digits, tiny, tmp_path_factory):
    """A configuration with points every 10 steps, and the rows of its uninterrupted run."""
    configuration = tiny(200, dropout=0.2, schedule="reduce_on_plateau", learning_rate=0.02)
    folder = tmp_path_factory.mktemp("uninterrupted")
    train_configuration(configuration, [0, 1], digits, folder)
    return configuration, rows(folder)


CONVOLUTIONS = {
    "model": "cnn", "channels": 4, "normalisation": "batch", "dropout": 0.2, "learning_rate": 0.01,
    "warmup_steps": 30, "schedule": "step", "augmentation": ["flip", "crop"],
}  # fmt: skip


DESCENT = {
    "schedule": "reduce_on_plateau", "warmup_steps": 50, "optimizer": "sgd_momentum", "nesterov": True,
    "clip_norm": 0.5, "label_smoothing": 0.1, "initialisation": "orthogonal", "learning_rate": 0.1,
}  # fmt: skip


TRIVIAL = {"augmentation": ["flip", "trivial_augment"], "dropout": 0.3, "schedule": "exponential"}
PARTS = {"convolutions": CONVOLUTIONS, "descent": DESCENT, "trivial augment": TRIVIAL}


@pytest.mark.parametrize("settings", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("every_seconds", [0, 0.000001], ids=["at points", "between points"])
def test_every_part_of_the_training_resumes_exactly(
    digits, tiny, tmp_path, caplog, settings, every_seconds
):
    configuration = tiny(60, **settings)
    train_configuration(configuration, [0, 1], digits, tmp_path / "uninterrupted")
    folder = tmp_path / "resumed"
    for at in ((0, 21), (1, 38)):
        code = stopped(
            configuration, digits, folder, *at, signal.SIGKILL, every_seconds=every_seconds
        )
        assert code == -signal.SIGKILL
    with caplog.at_level(logging.INFO):
        train_configuration(configuration, [0, 1], digits, folder)
    assert f"seed 1 resumes after step {37 if every_seconds else 36}" in caplog.text
    assert rows(folder) == rows(tmp_path / "uninterrupted")


@pytest.mark.parametrize(
    ("seed", "step", "resumes_after"),
    [(0, 3, None), (0, 127, 120), (1, 10, None), (1, 11, 10), (1, 200, 190)],
)
def test_after_kill_9_the_rest_equals_an_uninterrupted_run(
    digits, long_run, tmp_path, caplog, seed, step, resumes_after
):
    configuration, uninterrupted = long_run
    assert stopped(configuration, digits, tmp_path, seed, step, signal.SIGKILL) == -signal.SIGKILL
    assert (tmp_path / "partial" / "seed~0.parquet").exists() == (seed == 1)
    assert not (tmp_path / "metrics.parquet").exists()
    with caplog.at_level(logging.INFO):
        record = train_configuration(configuration, [0, 1], digits, tmp_path)
    resumed = f"seed {seed} resumes after step {resumes_after}" in caplog.text
    assert resumed == (resumes_after is not None)
    assert f"training seeds {[0, 1][seed:]}" in caplog.text
    assert rows(tmp_path) == uninterrupted
    assert len(record.sessions) == 1 + seed
    remove_copies(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.parquet", "record.json"]


def test_a_kill_while_a_checkpoint_is_written_leaves_the_last_one(
    digits, long_run, tmp_path, caplog
):
    configuration, uninterrupted = long_run
    count = itertools.count()

    def work() -> None:
        replace_file = Path.replace

        def die_before_the_third(path: Path, target: Path) -> Path:
            if "checkpoint" in path.name and next(count) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return replace_file(path, target)

        Path.replace = die_before_the_third
        train_configuration(configuration, [0, 1], digits, tmp_path, checkpoint_seconds=0)

    assert in_a_fork(work) == -signal.SIGKILL
    with caplog.at_level(logging.INFO):
        train_configuration(configuration, [0, 1], digits, tmp_path)
    assert "seed 0 resumes after step 20" in caplog.text
    assert rows(tmp_path) == uninterrupted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_to_stop_checkpoints_at_once_and_asks_to_be_requeued(
    digits, long_run, tmp_path, caplog, number
):
    configuration, uninterrupted = long_run
    for step in (55, 133):  # the second time it is already a resumed run
        assert stopped(configuration, digits, tmp_path, 1, step, number) == 85
    with caplog.at_level(logging.INFO):
        train_configuration(configuration, [0, 1], digits, tmp_path)
    assert "seed 1 resumes after step 133" in caplog.text
    assert rows(tmp_path) == uninterrupted


def test_checkpoints_come_between_evaluation_points_too(digits, long_run, tmp_path, caplog):
    configuration, uninterrupted = long_run
    at = (0, 78, signal.SIGKILL)
    stopped(configuration, digits, tmp_path, *at, every_seconds=0.000001)
    with caplog.at_level(logging.INFO):
        train_configuration(configuration, [0, 1], digits, tmp_path)
    assert "seed 0 resumes after step 77" in caplog.text
    assert rows(tmp_path) == uninterrupted


def test_a_damaged_checkpoint_is_said_and_the_seed_starts_over(digits, long_run, tmp_path, caplog):
    configuration, uninterrupted = long_run
    stopped(configuration, digits, tmp_path, 0, 50, signal.SIGKILL)
    checkpoint = tmp_path / "partial" / "seed~0.checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    train_configuration(configuration, [0, 1], digits, tmp_path)
    assert "seed~0.checkpoint is damaged" in caplog.text
    assert rows(tmp_path) == uninterrupted


def test_what_another_run_left_is_not_taken(digits, tiny, long_run, tmp_path, caplog):
    configuration, _ = long_run
    stopped(configuration, digits, tmp_path, 1, 50, signal.SIGKILL)
    train_configuration(tiny(), [0, 1], digits, tmp_path / "clean")
    shutil.copytree(tmp_path / "partial", tmp_path / "other" / "partial")
    train_configuration(tiny(), [0, 1], digits, tmp_path / "other")
    assert "seed~0.parquet of an earlier attempt cannot be used: another run's" in caplog.text
    assert "seed~1.checkpoint belongs to another run" in caplog.text
    assert rows(tmp_path / "other") == rows(tmp_path / "clean")


def test_a_stopped_budget_in_seconds_keeps_its_steps(digits, tiny, tmp_path):
    configuration = replace(tiny(), budget=Budget("seconds", 1))
    folder = tmp_path / "run"

    def work() -> None:
        signal_oneself_at(1, 3, signal.SIGKILL)
        file = timing_file(tmp_path, configuration, 0.0237)
        train_configuration(configuration, [0, 1], digits, folder, timing=file)

    assert in_a_fork(work) == -signal.SIGKILL
    later = timing_file(tmp_path, configuration, 0.5)
    record = train_configuration(configuration, [0, 1], digits, folder, timing=later)
    assert record.steps == 42
    assert {entry.last_step for entry in record.seeds.values()} == {42}


@pytest.mark.parametrize("wrong", ["often", -1, None])
def test_a_wrong_checkpoint_interval_is_refused(digits, tiny, tmp_path, wrong):
    with pytest.raises(UserError, match=f"checkpoint_seconds is {wrong!r}; allowed: a number"):
        train_configuration(tiny(), [0], digits, tmp_path, checkpoint_seconds=wrong)
