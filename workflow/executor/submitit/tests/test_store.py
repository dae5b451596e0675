"""Run folders: whose they are, and what is left of them."""

import json
import os
import time

import psutil
import pytest
from snakemake_executor_plugin_submitit import store
from snakemake_executor_plugin_submitit.leftovers import Finished, Leftovers, job_of_comment
from snakemake_executor_plugin_submitit.slurm import TaskState
from snakemake_executor_plugin_submitit.stored import read_json, write_json
from snakemake_executor_plugin_submitit.task import Target
from snakemake_executor_plugin_submitit_jobstep.ledger import outputs_state


def owned_by(run, **values):
    me = psutil.Process()
    owner = {"host": os.uname().nodename, "pid": me.pid, "since": me.create_time()} | values
    (run.folder / "owner.json").write_text(json.dumps(owner))


def test_a_run_of_a_living_snakemake_is_left_alone(tmp_path):
    run = store.new_run(tmp_path)
    assert store.open_runs(tmp_path) == []
    owned_by(run, since=1.0)
    assert [found.folder for found in store.open_runs(tmp_path)] == [run.folder]
    owned_by(run, host="another-node")
    assert store.open_runs(tmp_path) == []
    silent = time.time() - store.SILENT_SECONDS - 1
    os.utime(run.folder / "owner.json", (silent, silent))
    assert len(store.open_runs(tmp_path)) == 1
    run.close()
    assert store.open_runs(tmp_path) == []


def test_folders_are_new_and_old_ones_go(tmp_path):
    first, second = store.new_run(tmp_path), store.new_run(tmp_path)
    assert first.folder != second.folder
    first.close()
    old = time.time() - 20 * 86400
    os.utime(first.folder / "closed", (old, old))
    store.remove_old_runs(tmp_path)
    assert not first.folder.exists()
    assert second.folder.exists()


def test_batches_come_back(tmp_path):
    run = store.new_run(tmp_path)
    array, single = run.new_batch(2), run.new_batch(1)
    array.job = "7"
    array.save()
    single.save()
    loaded = store.load_run(run.folder)
    assert [batch.tasks for batch in loaded.batches] == [["0.0", "0.1"], ["1.0"]]
    assert loaded.batches[0].task_id(1) == "7_1"
    assert loaded.batches[1].job is None
    single.job = "8"
    assert single.task_id(0) == "8"
    states = {"9_3": TaskState("PENDING", comment=loaded.batches[1].comment)}
    assert job_of_comment(states, loaded.batches[1].comment) == "9"


def test_only_the_same_job_with_untouched_outputs_is_recovered(tmp_path):
    output = tmp_path / "out.txt"
    output.write_text("result")
    target = Target("k", "train", "train:", "same", outputs=[str(output)])
    finished = {"k": Finished("same", outputs_state([str(output)]))}
    assert Leftovers(finished).is_finished(target)
    assert not Leftovers({"k": Finished("other", finished["k"].outputs)}).is_finished(target)
    assert not Leftovers().is_finished(target)
    output.write_text("changed")
    assert not Leftovers(finished).is_finished(target)


def test_logs_may_lie_elsewhere_and_go_with_their_run(tmp_path):
    root, place = tmp_path / "root", tmp_path / "shared" / "logs"
    first, second = store.new_run(root, place), store.new_run(tmp_path / "other", place)
    assert first.logs.resolve().parent == place
    assert first.logs.resolve() != second.logs.resolve()
    assert first.logs.resolve().stat().st_mode & 0o777 == 0o700
    (first.logs / "task.out").write_text("x")
    first.remove()
    assert [path.name for path in place.iterdir()] == [second.logs.resolve().name]
    second.close()
    store.remove_old_runs(tmp_path / "other", keep_days=-1)
    assert not list(place.iterdir())


def test_damaged_files_of_an_earlier_run_are_not_believed(tmp_path):
    """SLURM's id with a flipped bit is that of another job, which must not be followed."""
    run = store.new_run(tmp_path)
    batch = run.new_batch(2)
    batch.job = "7"
    batch.save()
    for name in batch.tasks:
        write_json(run.task_path(name), {"format": 0})
    whole = batch.path.read_bytes()
    for damaged in (whole.replace(b'"7"', b'"6"'), whole[:20], b"", b"[]"):
        batch.path.write_bytes(damaged)
        (loaded,) = store.load_run(run.folder).batches
        assert (loaded.tasks, loaded.comment, loaded.job) == (batch.tasks, batch.comment, None)
    batch.path.write_text(json.dumps({"comment": "c", "tasks": ["0.0"], "job": "7"}))
    assert store.load_run(run.folder).batches[0].job == "7", "of an earlier version"


def test_every_flipped_bit_of_a_stored_file_is_noticed(tmp_path):
    file = tmp_path / "a.json"
    write_json(file, {"a": "é sha256-with-zeros-here:", "b": [1, None]})
    whole = file.read_bytes()
    assert read_json(file) == {"a": "é sha256-with-zeros-here:", "b": [1, None]}
    for position in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[position] ^= 1 << bit
            file.write_bytes(changed)
            with pytest.raises(ValueError):
                read_json(file)
