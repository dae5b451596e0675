"""From ledger entries and SLURM's states to what becomes of a job."""

import json

import pytest
from snakemake_executor_plugin_submitit import notes
from snakemake_executor_plugin_submitit.live import LiveTask, Table, Unit
from snakemake_executor_plugin_submitit.outcome import (
    START_LINE,
    Beside,
    Verdict,
    judge,
    last_lines,
    with_memory_kill,
)
from snakemake_executor_plugin_submitit.runner import (
    STATUS_NO_GPU,
    STATUS_WRONG_PYTHON,
    deadline,
    node_problem,
    state_at_signal,
    task_id,
    unfinished,
)
from snakemake_executor_plugin_submitit.slurm import TaskState
from snakemake_executor_plugin_submitit.store import Durations
from snakemake_executor_plugin_submitit.task import Target, Task, read_task, write_task
from snakemake_executor_plugin_submitit_jobstep.ledger import (
    LedgerReader,
    LedgerWriter,
    job_key,
    read_ledger,
)
from snakemake_executor_plugin_submitit_jobstep.record import stopped_reason

START = {"event": "start", "key": "k", "time": 1.0}
KILLED = {"event": "stopped", "key": "k", "status": -9, "reason": "killed"}
CHECKPOINTED = {"event": "stopped", "key": "k", "status": 85, "reason": "checkpointed"}


def verdict(event, state, **options):
    return judge(event, TaskState(state), waited_long=True, **options)


def test_the_ledger_has_the_last_word():
    assert verdict({"event": "done"}, "CANCELLED").verdict is Verdict.DONE
    assert verdict({"event": "failed", "status": 3}, "RUNNING").verdict is Verdict.FAILED


@pytest.mark.parametrize("event", [None, START, KILLED, CHECKPOINTED])
def test_nothing_is_decided_while_the_task_lives(event):
    for state in ("PENDING", "RUNNING", "COMPLETING", "REQUEUED"):
        assert verdict(event, state).verdict is Verdict.WAIT
    ended = TaskState("COMPLETED")
    assert judge(event, ended, waited_long=False).verdict is Verdict.WAIT
    assert judge(event, None, waited_long=True).verdict is Verdict.WAIT


@pytest.mark.parametrize("state", ["PREEMPTED", "NODE_FAIL", "BOOT_FAIL", "TIMEOUT"])
def test_jobs_lost_to_slurm_run_again_and_leave_a_note_if_they_ran(state):
    for event in (START, KILLED):
        outcome = verdict(event, state)
        assert (outcome.verdict, outcome.note_state) == (Verdict.AGAIN, state)
    assert verdict(None, state).note_state is None


def test_out_of_memory_fails_the_job_that_ran_and_spares_those_behind_it():
    assert verdict(KILLED, "OUT_OF_MEMORY").verdict is Verdict.FAILED
    assert verdict(KILLED, "OUT_OF_MEMORY").note_state == "OUT_OF_MEMORY"
    assert verdict(None, "OUT_OF_MEMORY").verdict is Verdict.AGAIN


def test_out_of_memory_beside_others_is_settled_by_a_start_alone():
    out = TaskState("OUT_OF_MEMORY")
    for event in (START, KILLED):
        shared = judge(event, out, waited_long=True, beside=Beside.JOBS)
        assert (shared.verdict, shared.alone, shared.note_state) == (Verdict.AGAIN, True, "KILLED")
        alone = judge(event, out, waited_long=True)
        assert (alone.verdict, alone.alone) == (Verdict.FAILED, False)
        group = judge(event, out, waited_long=True, beside=Beside.GROUP)
        assert (group.verdict, group.note_state) == (Verdict.FAILED, "KILLED")
    behind = judge(None, out, waited_long=True, beside=Beside.JOBS)
    assert (behind.verdict, behind.alone) == (Verdict.AGAIN, False)


def test_out_of_memory_is_not_laid_on_jobs_that_did_not_run_then():
    out = TaskState("OUT_OF_MEMORY")
    # It ran when an earlier start of the task ended, and had not come to its turn again.
    earlier = judge(START, out, waited_long=True, in_last_start=False)
    assert (earlier.verdict, earlier.note_state) == (Verdict.AGAIN, None)
    checkpointed = judge(CHECKPOINTED, out, waited_long=True)
    assert (checkpointed.verdict, checkpointed.note_state) == (Verdict.AGAIN, "STOPPED")


def test_who_ran_last_is_read_from_the_ledger(tmp_path):
    described = task(tmp_path, "a", "b", at_once=2)
    ledger = LedgerWriter(tmp_path / "ledger")
    for target in described.targets:
        ledger.append("task_start")
        ledger.append("start", key=target.key)
    live = LiveTask("1", described, tmp_path / "log")
    live.set_state(TaskState("OUT_OF_MEMORY"), 0.0)
    live.read()
    a, b = (Unit(None, [target], "train") for target in described.targets)
    assert [live.judge_unit(unit, 100.0, 1.0).alone for unit in (a, b)] == [False, True]


def test_a_cancelled_task_fails_without_retry_unless_we_cancelled_it():
    outcome = verdict(START, "CANCELLED")
    assert outcome.verdict is Verdict.FAILED
    assert not outcome.retry
    assert verdict(START, "CANCELLED", cancelled_by_us=True).verdict is Verdict.AGAIN


def test_a_checkpoint_asks_for_another_start_until_the_budget_is_spent():
    assert verdict(CHECKPOINTED, "COMPLETED").verdict is Verdict.AGAIN
    assert verdict(CHECKPOINTED | {"reason": "stopped"}, "FAILED").verdict is Verdict.AGAIN
    assert verdict(KILLED, "FAILED").verdict is Verdict.FAILED
    outcome = verdict(CHECKPOINTED, "COMPLETED", out_of_requeues=True)
    assert (outcome.verdict, outcome.note_state) == (Verdict.FAILED, "TIMEOUT")


def test_an_end_without_a_word_is_a_failure():
    assert "file system" in verdict(START, "COMPLETED").message
    assert "before it started" in verdict(None, "FAILED").message


def test_memory_kills_are_recognised_by_slurms_words():
    failed = TaskState("FAILED")
    for words in ("Exceeded job memory limit", "Detected 1 oom_kill event in StepId=1.batch"):
        assert with_memory_kill(failed, words).state == "OUT_OF_MEMORY"
    assert with_memory_kill(failed, "ValueError").state == "FAILED"
    assert with_memory_kill(TaskState("COMPLETED"), "oom-kill").state == "COMPLETED"
    # A cancelled task, or a later start of the task, tells of a kill that it has survived.
    assert with_memory_kill(TaskState("CANCELLED"), "oom_kill").state == "CANCELLED"
    assert with_memory_kill(failed, f"oom_kill\n    {START_LINE} 7").state == "FAILED"


@pytest.mark.parametrize(
    ("status", "stopping", "reason"),
    [(85, False, "checkpointed"), (85, True, "checkpointed"), (-15, False, "killed"),
     (137, False, "killed"), (1, True, "stopped"), (-15, True, "stopped"), (1, False, None),
     (None, False, None)],
)  # fmt: skip
def test_status_of_a_job_that_ended_without_success(status, stopping, reason):
    assert stopped_reason(status, stopping) == reason


def test_ledger_survives_a_torn_line(tmp_path):
    path = tmp_path / "ledger.jsonl"
    writer = LedgerWriter(path)
    writer.append("start", key="a")
    with path.open("a") as file:
        file.write('{"event": "done", "key"')
    reader = LedgerReader(path)
    assert [entry["event"] for entry in reader.new_entries()] == ["start"]
    writer.append("done", key="a")
    assert [entry["event"] for entry in read_ledger(path)] == ["start", "done"]
    assert [entry["event"] for entry in reader.new_entries()] == ["done"]
    assert reader.new_entries() == []


def task(tmp_path, *names, **values):
    targets = [
        Target(job_key("train", {"i": name}), f"train ({name})", name, "f") for name in names
    ]
    return Task(str(tmp_path / "ledger"), str(tmp_path), "head", "tail", targets, [3, 11], **values)


def test_a_task_file_comes_back_as_written(tmp_path):
    original = task(tmp_path, "a", "b", minutes=3, mem_mb=7)
    write_task(tmp_path / "task.json", original)
    assert read_task(tmp_path / "task.json") == original
    assert original.command(original.targets[1:]) == "head --target-jobs b tail"


def test_unfinished_targets(tmp_path):
    described = task(tmp_path, "a", "b", "c", "d")
    keys = [target.key for target in described.targets]
    entries = [
        {"event": "start", "key": keys[0]}, {"event": "done", "key": keys[0]},
        {"event": "failed", "key": keys[1]}, {"event": "stopped", "key": keys[2]},
    ]  # fmt: skip
    assert [target.argument for target in unfinished(described, entries)] == ["c", "d"]


def test_node_problems(tmp_path):
    import sys

    here = list(sys.version_info[:3])
    described = Task("l", "w", "h", "t", [], [2, 7, 18])
    problem = node_problem(described, {})
    assert problem is not None
    assert problem[0] == STATUS_WRONG_PYTHON
    assert "2.7.18" not in problem[1]
    assert "started with 2.7" in problem[1]
    gpu = Task("l", "w", "h", "t", [], here, gpus=1)
    problem = node_problem(gpu, {"SLURM_JOB_ID": "1"})
    assert problem is not None
    assert problem[0] == STATUS_NO_GPU
    assert "gave no GPU" in problem[1]
    for variable in ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK",
                     "SLURM_JOB_GPUS", "SLURM_STEP_GPUS"):  # fmt: skip
        assert variable in problem[1]
        assert node_problem(gpu, {"SLURM_JOB_ID": "1", variable: "0"}) is None


def test_task_ids_and_deadlines(tmp_path):
    array = {"SLURM_JOB_ID": "9", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3"}
    assert task_id(array) == "7_3"
    assert task_id({"SLURM_JOB_ID": "9"}) == "9"
    described = task(tmp_path, minutes=2, grace_seconds=20)
    assert deadline(described, {}, now=1000.0) == 1100.0
    assert state_at_signal(1000.0, now=950.0) == "TIMEOUT"
    assert state_at_signal(1000.0, now=100.0) == "PREEMPTED"
    assert state_at_signal(None, now=100.0) == "TIMEOUT"
    assert deadline(described, {"SLURM_JOB_END_TIME": "5000"}, now=1000.0) == 4980


def test_a_unit_fails_at_once_and_succeeds_when_all_of_its_jobs_have(tmp_path):
    described = task(tmp_path, "a", "b")
    live = LiveTask("1", described, tmp_path / "log")
    unit = Unit(None, described.targets, "train")
    keys = [target.key for target in described.targets]
    live.events[keys[0]] = {"event": "done"}
    assert live.judge_unit(unit, 0.0, 5.0).verdict is Verdict.WAIT
    live.events[keys[1]] = {"event": "done"}
    assert live.judge_unit(unit, 0.0, 5.0).verdict is Verdict.DONE
    live.events[keys[0]] = {"event": "failed", "status": 1}
    assert live.judge_unit(unit, 0.0, 5.0).verdict is Verdict.FAILED


def test_status_line(tmp_path):
    table = Table()
    running = LiveTask("1_0", task(tmp_path, "a", "b"), tmp_path / "log")
    running.units = [Unit(None, [target], "train") for target in running.task.targets]
    running.events[running.task.targets[0].key] = {"event": "start"}
    waiting = LiveTask("1_1", task(tmp_path, "c"), tmp_path / "log")
    table.add(running)
    table.add(waiting)
    table.update(
        {"1_0": TaskState("RUNNING", "None", "1:30:00"), "1_1": TaskState("PENDING", "Priority")}
    )
    assert table.status_line() == (
        "submitit: 1 task running (1 job, 1:30:00 left), 1 pending (Priority 1), "
        "0 jobs done, 0 failed"
    )


def test_death_notes(tmp_path):
    log = str(tmp_path / "deep" / "train.log")
    notes.write_note(log, "OUT_OF_MEMORY", task="7_3", attempt=2, mem_mb=100)
    note = json.loads((tmp_path / "deep" / "train.log.death.json").read_text())
    assert note.pop("time") > 0
    assert note.pop("file_checksum").startswith("sha256-with-zeros-here:")
    assert note == {
        "reason": "out_of_memory", "slurm_state": "OUT_OF_MEMORY", "task": "7_3", "attempt": 2,
        "mem_mb": 100,
    }  # fmt: skip
    notes.remove_note(log)
    notes.remove_note(log)
    assert not list((tmp_path / "deep").iterdir())
    notes.write_note(None, "TIMEOUT")


def test_last_lines(tmp_path):
    log = tmp_path / "log"
    log.write_text("\n".join(str(number) for number in range(100)) + "\n\n")
    assert last_lines(str(log), count=2) == "    98\n    99"
    assert last_lines(str(tmp_path / "none")) == ""


def test_durations_are_means_that_last(tmp_path):
    durations = Durations(tmp_path)
    assert durations.seconds("train") is None
    durations.add("train", 2.0)
    durations.add("train", 4.0)
    durations.save()
    assert Durations(tmp_path).seconds("train") == pytest.approx(3.0)


def test_expected_durations_are_corrected_by_what_jobs_took(tmp_path):
    durations = Durations(tmp_path)
    assert durations.seconds("train", 60) == 60
    durations.add("train", 30.0, 100)
    durations.add("train", 2.0, 4)
    durations.save()
    known = Durations(tmp_path)
    assert known.seconds("train", 52) == pytest.approx(16.0)
    assert known.seconds("train") == pytest.approx(16.0)
    assert known.seconds("other", 52) == 52
