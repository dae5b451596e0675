"""Jobs that reach their time limit: with a checkpoint they go on, without they are retried."""

import json
import signal
import sys
import time
from dataclasses import replace

import pytest
from snakemake_executor_plugin_submitit import runner as running
from snakemake_executor_plugin_submitit.live import LiveTask, Unit
from snakemake_executor_plugin_submitit.outcome import Verdict
from snakemake_executor_plugin_submitit.overrun import of_last_start, overran
from snakemake_executor_plugin_submitit.pack import task_minutes_limit
from snakemake_executor_plugin_submitit.resources import ResourceError, batch_parameters
from snakemake_executor_plugin_submitit.runner import Runner
from snakemake_executor_plugin_submitit.slurm import TaskState
from snakemake_executor_plugin_submitit.task import Target, Task, write_task
from snakemake_executor_plugin_submitit_jobstep.ledger import LedgerWriter, read_ledger


def task(folder, names, **values):
    targets = [Target(name, f"train ({name})", name, "f") for name in names]
    return Task(
        str(folder / "ledger"), str(folder), "true", "", targets, [3, 11], job_minutes=10,
        minutes=10 * len(names), **values,
    )  # fmt: skip


@pytest.fixture
def ledger(tmp_path):
    """The entries that a task leaves whose jobs start and end as told."""

    def make(*events):
        writer = LedgerWriter(tmp_path / "ledger")
        for event, *key in events:
            values = {"key": key[0]} if key else {}
            if event in ("stopped", "checkpointed", "killed"):
                writer.append("stopped", status=1, reason=event, **values)
            else:
                writer.append(event, **values)
        return read_ledger(tmp_path / "ledger")

    return make


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_job_without_checkpoint_that_had_the_whole_limit_has_overrun(tmp_path, ledger, how):
    entries = ledger(("task_start",), ("start", "a"), (how, "a"))
    assert overran(task(tmp_path, "ab"), entries, entries[-1]["time"]) == ["a"]


def test_exit_status_85_is_a_checkpoint_and_so_is_the_word_of_the_rule(tmp_path, ledger):
    entries = ledger(("task_start",), ("start", "a"), ("checkpointed", "a"))
    assert overran(task(tmp_path, "a"), entries, 1e12) == []
    entries = ledger(("start", "a"), ("killed", "a"))
    assert overran(task(tmp_path, "a"), entries, 1e12) == ["a"]
    assert overran(task(tmp_path, "a", checkpoint=True), entries, 1e12) == []


def test_a_job_whose_time_others_have_taken_starts_again(tmp_path, ledger):
    entries = ledger(("task_start",), ("start", "a"), ("done", "a"), ("start", "b"))
    began = entries[-1]["time"]
    assert overran(task(tmp_path, "ab"), entries, began + 599) == []
    assert overran(task(tmp_path, "ab"), entries, began + 600) == ["b"]
    # Once it is the first of a start, it has all of the time that the task has.
    entries = ledger(("task_start",), ("start", "b"), ("stopped", "b"))
    assert overran(task(tmp_path, "ab"), of_last_start(entries), began + 1) == ["b"]


def test_all_that_start_together_are_first(tmp_path, ledger):
    entries = ledger(("task_start",), ("start", "a"), ("start", "b"), ("start", "c"))
    two = task(tmp_path, "abc", at_once=2)
    assert overran(two, entries, entries[-1]["time"]) == ["a", "b"]


@pytest.fixture
def started(tmp_path, monkeypatch):
    """A task on its node whose time is up; the ids that it gives back to the queue."""

    def make(described):
        path = tmp_path / "task.json"
        write_task(path, described)
        monkeypatch.setenv("SLURM_JOB_ID", "7")
        asked = []
        monkeypatch.setattr(running.slurm, "requeue", asked.append)
        monkeypatch.setattr(running.time, "sleep", lambda seconds: None)
        monkeypatch.setattr(running.slurm, "job_state", lambda job: "RUNNING")
        return Runner(path), asked

    return make


def test_a_task_is_requeued_for_jobs_that_go_on_only(tmp_path, ledger, started):
    ledger(("task_start",), ("start", "a"), ("stopped", "a"))
    one, asked = started(task(tmp_path, "a"))
    one.requeue("TIMEOUT")
    assert asked == []
    assert read_ledger(tmp_path / "ledger")[-1]["event"] == "overran"


def test_a_task_goes_on_with_the_jobs_behind_one_that_overran(tmp_path, ledger, started):
    ledger(("task_start",), ("start", "a"), ("stopped", "a"))
    one, asked = started(task(tmp_path, "ab"))
    one.requeue("TIMEOUT")
    assert asked == ["7"]
    left = running.unfinished(one.task, read_ledger(tmp_path / "ledger"))
    assert [target.key for target in left] == ["b"]


@pytest.mark.parametrize("state", ["PREEMPTED", "TIMEOUT"])
def test_preemption_is_no_overrun_and_a_checkpoint_none_either(tmp_path, ledger, started, state):
    how = "stopped" if state == "PREEMPTED" else "checkpointed"
    ledger(("task_start",), ("start", "a"), (how, "a"))
    one, asked = started(task(tmp_path, "a"))
    one.requeue(state)
    assert asked == ["7"]


@pytest.mark.parametrize(
    ("last", "state", "verdict"),
    [("start", "TIMEOUT", "failed"), ("killed", "TIMEOUT", "failed"),
     ("checkpointed", "TIMEOUT", "again"), ("overran", "RUNNING", "failed"),
     ("killed", "NODE_FAIL", "again"), ("stopped", "PREEMPTED", "again")],
)  # fmt: skip
def test_the_main_process_judges_by_the_same_rule(tmp_path, ledger, last, state, verdict):
    ledger(("task_start",), ("start", "a"), *([] if last == "start" else [(last, "a")]))
    described = task(tmp_path, "a")
    live = LiveTask("7", described, tmp_path / "log")
    live.read()
    live.set_state(TaskState(state), 0.0)
    outcome = live.judge_unit(Unit(None, described.targets, "train"), 100.0, 1.0)
    assert outcome.verdict is Verdict(verdict)
    if verdict == "failed":
        assert outcome.note_state == "TIMEOUT"
        assert "time limit of 10 min (`runtime`)" in outcome.message
        assert "10 * attempt" in outcome.advice
        # Snakemake's next attempt may give it more time.
        assert outcome.retry


def test_the_resource_that_states_checkpoints_is_read_strictly():
    assert batch_parameters({"submitit_checkpoint": 1}, 1).checkpoint
    assert not batch_parameters({}, 1).checkpoint
    with pytest.raises(ResourceError, match="submitit_checkpoint='yes'"):
        batch_parameters({"submitit_checkpoint": "yes"}, 1)


def test_the_grace_comes_on_top_of_what_jobs_ask_for():
    assert task_minutes_limit(1, 1, 1, grace_seconds=60) == 3
    assert task_minutes_limit(10, 4, 2, grace_seconds=61) == 23
    assert task_minutes_limit(60, 4, 1, 60, grace_seconds=60) == 60


def test_a_start_of_a_task_gives_up_what_overran(tmp_path, started, monkeypatch):
    """The inner process stands for a job: it starts, and its task is told that its time is up."""
    entry = json.dumps({"event": "start", "key": "a", "time": 0})
    head = f"echo '{entry}' >> {tmp_path / 'ledger'}; kill -USR2 $PPID; exec sleep 60; :"
    here = list(sys.version_info[:3])
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 1))
    one, asked = started(replace(task(tmp_path, "a", grace_seconds=1), head=head, python=here))
    before = {number: signal.getsignal(number) for number in (signal.SIGUSR2, signal.SIGTERM)}
    try:
        one.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert asked == []
    assert read_ledger(tmp_path / "ledger")[-1]["event"] == "overran"
