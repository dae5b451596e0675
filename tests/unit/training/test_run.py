from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.runs import layout
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.layout import read_record
from hyperverdict.runs.sealed import json_bytes
from hyperverdict.runs.write import read_table, write_table
from hyperverdict.training import run as run_module
from hyperverdict.training import seeds as seeds_module
from hyperverdict.training.fill import remove_copies
from hyperverdict.training.run import train_configuration
from hyperverdict.vocabulary.budget import Budget
from snakemake_executor_plugin_submitit.notes import write_note

from tests.unit.training.helpers import in_a_fork, rows, timing_file


@pytest.fixture
def never_train(monkeypatch):
    """Fails the test when a seed is trained."""

    def fail(*arguments: object) -> None:
        raise AssertionError("trained")

    return lambda: monkeypatch.setattr(seeds_module, "train_seed", fail)


def test_a_run_leaves_a_table_and_a_record(digits, tiny, tmp_path):
    configuration = tiny()
    record = train_configuration(configuration, [1, 0], digits, tmp_path)
    remove_copies(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.parquet", "record.json"]
    assert read_record(tmp_path) == record
    assert record.path == configuration.path
    assert {seed: entry.status for seed, entry in record.seeds.items()} == {
        "0": "finished",
        "1": "finished",
    }
    assert (record.steps, record.train_size, record.test_size) == (40, 1079, 359)
    assert record.parameters == 64 * 16 + 16 + 16 * 10 + 10
    (session,) = record.sessions
    assert session["seeds"] == [0, 1]
    assert session["wall_seconds"] >= sum(entry.train_seconds for entry in record.seeds.values())
    for key in ("commit", "dirty", "versions", "hardware", "device", "threads", "started", "ended"):
        assert key in session
    table, _ = read_table(tmp_path / "metrics.parquet")
    assert tuple(table.column_names) == layout.COLUMNS
    seeds = table["seed"].to_pylist()
    assert seeds == sorted(seeds)
    assert set(table["split"].to_pylist()) == {"train", "validation_curve", "validation", "test"}


def test_a_top_up_gives_what_one_larger_run_gives(digits, tiny, tmp_path):
    configuration = tiny(dropout=0.2)
    train_configuration(configuration, [0, 2], digits, tmp_path / "grown")
    grown = train_configuration(configuration, [0, 1, 2, 3], digits, tmp_path / "grown")
    whole = train_configuration(configuration, [0, 1, 2, 3], digits, tmp_path / "whole")
    assert rows(tmp_path / "grown") == rows(tmp_path / "whole")
    assert [session["seeds"] for session in grown.sessions] == [[0, 2], [1, 3]]
    assert [grown.seeds[seed].session for seed in "0123"] == [0, 1, 0, 1]
    assert set(whole.seeds) == set(grown.seeds)


def test_what_is_there_is_not_trained_again(digits, tiny, tmp_path, never_train):
    record = train_configuration(tiny(), [0, 1], digits, tmp_path)
    before = (tmp_path / "metrics.parquet").read_bytes()
    never_train()
    assert train_configuration(tiny(), [1], digits, tmp_path) == record
    assert (tmp_path / "metrics.parquet").read_bytes() == before


@pytest.mark.parametrize("content", [None, "", "{}", "not json", "stale"])
def test_a_record_that_does_not_fit_is_mended_from_the_table(
    digits, tiny, tmp_path, never_train, content
):
    record = train_configuration(tiny(), [0], digits, tmp_path)
    file = tmp_path / "record.json"
    stale = replace(record, metrics_sha256="0" * 64).to_json()
    file.unlink() if content is None else file.write_text(stale if content == "stale" else content)
    never_train()
    assert train_configuration(tiny(), [0], digits, tmp_path) == record
    assert read_record(tmp_path) == record


def test_a_top_up_on_other_hardware_is_said(digits, tiny, tmp_path, caplog, monkeypatch):
    train_configuration(tiny(), [0], digits, tmp_path)
    train_configuration(tiny(), [1], digits, tmp_path)
    assert "last digits" not in caplog.text
    monkeypatch.setattr(run_module.provenance, "_cpu_model", lambda: "Another CPU")
    record = train_configuration(tiny(), [2], digits, tmp_path)
    assert "these on Another CPU" in caplog.text
    assert record.sessions[2]["hardware"]["cpu"] == "Another CPU"


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def another_version(file: Path) -> None:
    table, footer = read_table(file)
    write_table(file, table, {**footer, "training_version": 0})


def another_data_set(file: Path) -> None:
    table, footer = read_table(file)
    write_table(file, table, {**footer, "data_checksum": "0" * 64})


def another_program(file: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"seed": [0, 1]}), file)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (truncate, "its checksum does not fit"),
        (another_version, "other training_version"),
        (another_program, "not written by hyperverdict"),
    ],
)
def test_a_foreign_or_truncated_table_is_said_and_trained_again(
    digits, tiny, tmp_path, caplog, damage, said
):
    train_configuration(tiny(), [0], digits, tmp_path)
    sound = rows(tmp_path)
    damage(tmp_path / "metrics.parquet")
    with caplog.at_level(logging.WARNING):
        record = train_configuration(tiny(), [0], digits, tmp_path)
    assert said in caplog.text
    assert rows(tmp_path) == sound
    assert read_record(tmp_path) == record


def test_seeds_of_other_data_are_kept_and_trained_again_only_when_asked_to(
    digits, tiny, tmp_path, caplog
):
    train_configuration(tiny(), [0], digits, tmp_path)
    another_data_set(tmp_path / "metrics.parquet")
    with pytest.raises(UserError, match=r"other data \(000000000000, now [0-9a-f]{12}\)"):
        train_configuration(tiny(), [0, 1], digits, tmp_path)
    record = train_configuration(tiny(), [0, 1], digits, tmp_path, retrain=True)
    assert sorted(record.seeds) == ["0", "1"]
    assert (tmp_path / "replaced/000000000000/metrics.parquet").exists()


def test_the_table_of_another_configuration_is_not_taken(digits, tiny, tmp_path, caplog):
    train_configuration(tiny(), [0], digits, tmp_path)
    record = train_configuration(tiny(batch_size=16), [0], digits, tmp_path)
    assert "other path" in caplog.text
    assert record.path == tiny(batch_size=16).path


def test_divergence_is_an_outcome_and_not_tried_again(digits, tiny, tmp_path, never_train):
    # Not relu: its units die, and a dead network's loss is finite.
    configuration = tiny(200, optimizer="sgd", learning_rate=50, activation="leaky_relu")
    record = train_configuration(configuration, [0, 1], digits, tmp_path)
    for entry in record.seeds.values():
        assert entry.status == "diverged"
        assert 0 < entry.last_step < 200
        assert "not finite" in entry.message
    never_train()
    assert train_configuration(configuration, [0, 1], digits, tmp_path) == record


def test_a_network_too_large_for_the_memory_is_an_outcome(digits, tiny, tmp_path):
    configuration = tiny(hidden_units=[65536] * 20)

    def work() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (16 * 1024**3, 16 * 1024**3))
        train_configuration(configuration, [0], digits, tmp_path)

    assert in_a_fork(work) == 0
    record = read_record(tmp_path)
    assert record.seeds["0"].status == "out_of_memory"
    assert record.parameters > 80 * 10**9


def test_gpu_memory_errors_are_an_outcome_and_other_errors_are_not(
    digits, tiny, tmp_path, monkeypatch
):
    import torch

    def run_out(*arguments: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")

    monkeypatch.setattr(seeds_module.SeedRun, "take_step", run_out)
    record = train_configuration(tiny(), [0], digits, tmp_path)
    assert record.seeds["0"].status == "out_of_memory"
    assert "Tried to allocate" in record.seeds["0"].message

    def break_down(*arguments: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(seeds_module.SeedRun, "take_step", break_down)
    with pytest.raises(RuntimeError, match="a bug"):
        train_configuration(tiny(), [1], digits, tmp_path)


# ---- the death note


def death_note(tmp_path: Path, **note: object) -> tuple[Path, Path]:
    log = tmp_path / "train.log"
    file = Path(f"{log}.death.json")
    write_atomic(file, json_bytes(note))
    return log, file


def test_a_death_by_memory_is_the_outcome_of_the_seed_in_training(digits, tiny, tmp_path):
    log, file = death_note(tmp_path, reason="out_of_memory", attempt=2)
    record = train_configuration(tiny(), [0, 1, 2], digits, tmp_path, log=log)
    assert [record.seeds[seed].status for seed in "012"] == [
        "out_of_memory",
        "finished",
        "finished",
    ]
    assert "attempt 2" in record.seeds["0"].message
    assert not file.exists()
    assert {row["seed"] for row in rows(tmp_path)} == {1, 2}


@pytest.mark.parametrize(
    ("memory_mb", "status"), [(4000, "finished"), (2000, "out_of_memory"), (None, "out_of_memory")]
)
def test_an_attempt_with_more_memory_tries_again(digits, tiny, tmp_path, memory_mb, status):
    log, file = death_note(tmp_path, reason="out_of_memory", attempt=1, mem_mb=2000)
    record = train_configuration(tiny(), [0], digits, tmp_path, log=log, memory_mb=memory_mb)
    assert record.seeds["0"].status == status
    assert not file.exists(), "a later attempt would take it for news of its own"


def test_the_note_of_the_executor_is_read(digits, tiny, tmp_path):
    log = tmp_path / "train.log"
    write_note(str(log), "OUT_OF_MEMORY", task="7_3", attempt=1, mem_mb=100)
    record = train_configuration(tiny(), [0], digits, tmp_path, log=log, memory_mb=100)
    assert record.seeds["0"].status == "out_of_memory"


@pytest.mark.parametrize("damage", ["more memory", "no checksum", "cut off"])
def test_a_damaged_note_is_no_outcome(digits, tiny, tmp_path, caplog, damage):
    """A flipped bit in its memory would make an attempt with more a failure."""
    log, file = death_note(tmp_path, reason="out_of_memory", attempt=1, mem_mb=1024)
    content = {
        "more memory": file.read_bytes().replace(b"1024", b"5024"),
        "no checksum": b'{"reason": "out_of_memory", "attempt": 1, "mem_mb": 5024}',
        "cut off": file.read_bytes()[:40],
    }
    file.write_bytes(content[damage])
    record = train_configuration(tiny(), [0], digits, tmp_path, log=log, memory_mb=2048)
    assert record.seeds["0"].status == "finished"
    assert f"{file.name} counts for nothing" in caplog.text


def test_the_plan_tells_which_seed_was_in_training(digits, tiny, tmp_path):
    configuration = tiny()
    plan = partial_folder(configuration, digits, tmp_path)
    plan.begin(2, 40)
    log, _ = death_note(tmp_path, reason="out_of_memory", attempt=1)
    record = train_configuration(configuration, [0, 2], digits, tmp_path, log=log)
    assert record.seeds["2"].status == "out_of_memory"
    assert record.seeds["0"].status == "finished"


def test_a_seed_that_had_ended_did_not_die(digits, tiny, tmp_path):
    configuration = tiny()
    train_configuration(configuration, [2], digits, tmp_path)
    partial_folder(configuration, digits, tmp_path).begin(2, 40)
    log, file = death_note(tmp_path, reason="out_of_memory", attempt=1)
    record = train_configuration(configuration, [0, 2], digits, tmp_path, log=log)
    assert {entry.status for entry in record.seeds.values()} == {"finished"}
    assert not file.exists()


def partial_folder(configuration, digits: Path, folder: Path) -> run_module.PartialFolder:
    identity = {
        "path": configuration.path,
        "data_checksum": json.loads((digits / "facts.json").read_text())["checksum"],
        "training_version": layout.TRAINING_VERSION,
    }
    return run_module.PartialFolder(folder / "partial", identity)


def test_a_death_for_another_reason_is_no_outcome(digits, tiny, tmp_path):
    log, file = death_note(tmp_path, reason="preempted", attempt=1)
    record = train_configuration(tiny(), [0], digits, tmp_path, log=log)
    assert record.seeds["0"].status == "finished"
    assert file.exists()


# ---- budgets in seconds


def test_seconds_become_steps_once(digits, tiny, tmp_path):
    configuration = replace(tiny(), budget=Budget("seconds", 1))
    folder = tmp_path / "run"
    first = timing_file(tmp_path, configuration, 0.0237)
    record = train_configuration(configuration, [0], digits, folder, timing=first)
    assert record.steps == 42
    later = timing_file(tmp_path, configuration, 0.5)
    record = train_configuration(configuration, [0, 1], digits, folder, timing=later)
    assert record.steps == 42
    assert record.seeds["1"].last_step == 42


@pytest.mark.parametrize(
    ("seconds_per_step", "message"),
    [(0, "above 0"), ("fast", "unreadable"), (None, "unreadable")],
)
def test_an_unusable_timing_is_one_clear_message(digits, tiny, tmp_path, seconds_per_step, message):
    configuration = replace(tiny(), budget=Budget("seconds", 1))
    file = timing_file(tmp_path, configuration, seconds_per_step)
    with pytest.raises(UserError, match=message):
        train_configuration(configuration, [0], digits, tmp_path / "run", timing=file)
    with pytest.raises(UserError, match="needs a timing"):
        train_configuration(configuration, [0], digits, tmp_path / "run")
    other = timing_file(tmp_path, tiny(batch_size=16), 0.1)
    with pytest.raises(UserError, match="expected"):
        train_configuration(configuration, [0], digits, tmp_path / "run", timing=other)


def test_a_timing_of_another_device_is_refused(digits, tiny, tmp_path):
    configuration = replace(tiny(), budget=Budget("seconds", 1))
    file = timing_file(tmp_path, configuration, 0.1)
    file.write_text(json.dumps({**json.loads(file.read_text()), "device": "cuda"}))
    with pytest.raises(UserError, match="measured on the cuda, and this job trains on the cpu"):
        train_configuration(configuration, [0], digits, tmp_path / "run", timing=file)


def test_damaged_data_stop_the_job_before_anything_is_written(digits, tiny, tmp_path):
    prepared = tmp_path / "digits"
    shutil.copytree(digits, prepared)
    content = bytearray((prepared / "images.npy").read_bytes())
    content[-1] ^= 1
    (prepared / "images.npy").write_bytes(content)
    with pytest.raises(UserError, match=r"images\.npy does not match"):
        train_configuration(tiny(), [0], prepared, tmp_path / "run")
    assert not (tmp_path / "run").exists()
