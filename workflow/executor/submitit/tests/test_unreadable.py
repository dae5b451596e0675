"""Tasks of a killed call that are still in the queue, after their files were damaged."""

import json
import threading
from types import SimpleNamespace

import pytest
from snakemake_executor_plugin_submitit import executor, leftovers, runner, slurm, store
from snakemake_executor_plugin_submitit.follower import Follower
from snakemake_executor_plugin_submitit.leftovers import leftovers_of
from snakemake_executor_plugin_submitit.live import Table, Unit
from snakemake_executor_plugin_submitit.outcome import Verdict
from snakemake_executor_plugin_submitit.reports import failure_message
from snakemake_executor_plugin_submitit.settings import ExecutorSettings
from snakemake_executor_plugin_submitit.slurm import TaskState
from snakemake_executor_plugin_submitit.submitter import Submitter
from snakemake_executor_plugin_submitit.task import (
    Target,
    Task,
    copies_path,
    read_own,
    read_task,
    write_copies,
    write_task,
)
from snakemake_executor_plugin_submitit.unfollowed import Unfollowed
from snakemake_executor_plugin_submitit_jobstep.ledger import LedgerWriter


class Cluster:
    """SLURM's answers on the tasks of one array."""

    def __init__(self, monkeypatch):
        self.states, self.cancelled = {}, []
        monkeypatch.setattr(slurm, "queue", lambda *seconds: dict(self.states))
        monkeypatch.setattr(slurm, "still_known", lambda tasks: {})
        monkeypatch.setattr(slurm, "accounting", lambda tasks: {})
        monkeypatch.setattr(slurm, "cancel", self.cancel)

    def cancel(self, ids, *seconds):
        self.cancelled += ids
        self.states = {t: s for t, s in self.states.items() if slurm.array_base(t) not in ids}


@pytest.fixture
def cluster(monkeypatch):
    return Cluster(monkeypatch)


@pytest.fixture
def run(tmp_path, cluster):
    """A run whose Snakemake was killed: task 7_0 runs, 7_1 and 7_2 wait in the queue."""
    made = store.new_run(tmp_path)
    batch = made.new_batch(3)
    tasks = {}
    for index, name in enumerate(batch.tasks):
        target = Target(f"k{index}", f"job {index}", "", "same", outputs=[])
        tasks[name] = Task(ledger=str(made.ledger_path(name)), workdir="", head="", tail=f"{index}",
                           targets=[target], python=[3, 11, 0])  # fmt: skip
        write_task(made.task_path(name), tasks[name])
        (made.logs / f"7_{index}_submitted.pkl").touch()
    LedgerWriter(made.ledger_path("0.0")).append("start", key="k0")
    write_copies(copies_path(made.folder, 0), tasks, {"host": "x", "pid": 1, "since": 0.0})
    batch.job = "7"
    batch.save()
    (made.folder / "owner.json").unlink()
    for index in range(3):
        state = "PENDING" if index else "RUNNING"
        cluster.states[f"7_{index}"] = TaskState(state, comment=batch.comment)
    return made


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


DAMAGE = {
    "flipped": flip,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:20]),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
}


def found(run):
    return leftovers_of([store.load_run(run.folder)])


def ids(result):
    return sorted(task.id for task in result.live)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize(
    "file", ["0.0.task.json", "0.1.task.json", "batch-0.json", "tasks-0.json", "0.0.ledger.jsonl"]
)
def test_one_damaged_file_of_an_array_in_the_queue_loses_none_of_its_tasks(
    run, cluster, tmp_path, file, damage
):
    damage(run.folder / file)
    result = found(run)
    assert ids(result) == ["7_0", "7_1", "7_2"]
    assert {target.key for task in result.live for target in task.task.targets} == {
        "k0",
        "k1",
        "k2",
    }
    assert not result.unfollowed.tasks
    assert not cluster.cancelled
    # What the node reads next is whole again.
    assert all(read_own(run.task_path(f"0.{i}")) for i in range(3))
    assert store.load_run(run.folder).batches[0].job == "7"


def test_a_node_reads_the_copy_of_its_damaged_task_file(run):
    whole = read_task(run.task_path("0.2"))
    run.task_path("0.2").write_text("{")
    assert read_task(run.task_path("0.2")) == whole
    copies_path(run.folder, 0).unlink()
    with pytest.raises(ValueError, match=r"0\.2\.task\.json cannot be read"):
        read_task(run.task_path("0.2"))


def submitter_of(result):
    said = []
    made = Submitter(
        settings=ExecutorSettings(), run=SimpleNamespace(open_batches=[]), table=None,
        durations=None, reports=None,
        status_log=SimpleNamespace(report=lambda text, key=None: said.append(text)), calls=None,
        covered=lambda unit: False, stopping=threading.Event(),
        blocked=result.unfollowed.message,
    )  # fmt: skip
    made.said, made.submitted = said, []
    made._groups = lambda units: [(units, "parameters")] if units else []
    made._submit_group = lambda group, parameters, left: (
        made.submitted.extend(group) or left.clear() or True
    )
    made.add(SimpleNamespace())
    made._newest = 0.0
    return made


def test_what_no_file_describes_is_waited_for_and_named(run, cluster, tmp_path):
    """As left by an earlier version, which wrote every task once."""
    copies_path(run.folder, 0).unlink()
    run.task_path("0.1").write_text("{")
    result = found(run)
    assert ids(result) == ["7_0", "7_2"]
    made = submitter_of(result)
    made.submit_waiting()
    assert not made.submitted
    assert len(made._waiting) == 1
    (said,) = made.said
    assert "7_1" in said
    assert str(run.task_path("0.1")) in said
    assert "scancel 7_1" in said
    assert not cluster.cancelled
    del cluster.states["7_1"]
    made._not_before = 0.0
    made.submit_waiting()
    assert len(made.submitted) == 1


def test_the_controller_is_asked_by_name_for_what_its_list_lacks(run, cluster, monkeypatch):
    copies_path(run.folder, 0).unlink()
    run.task_path("0.1").unlink()
    hidden = cluster.states.pop("7_1")
    monkeypatch.setattr(
        slurm, "still_known", lambda tasks: {t: hidden for t in tasks if t == "7_1"}
    )
    result = leftovers_of([store.load_run(run.folder)])
    assert list(result.unfollowed.tasks) == ["7_1"]
    assert "scancel 7_1" in result.unfollowed.message()


def test_an_array_without_any_file_is_waited_for(run, cluster, tmp_path):
    for file in [*run.folder.glob("*0*.json*")]:
        file.unlink()
    result = found(run)
    assert sorted(result.unfollowed.tasks) == ["7_0", "7_1", "7_2"]
    assert "scancel '7_[0-2]'" in result.unfollowed.message()
    assert not cluster.cancelled


def test_an_array_of_a_removed_folder_is_waited_for_and_those_of_others_are_not(
    run, cluster, tmp_path
):
    ours = cluster.states["7_0"]
    store._remove(run.folder)
    elsewhere = store.new_run(tmp_path / "other")
    cluster.states["8"] = TaskState("RUNNING", comment=elsewhere.new_batch(1).comment)
    cluster.states["9"] = TaskState("RUNNING", comment="snakemake-submitit:20260101-000000:0")
    blocked = Unfollowed(root=tmp_path)
    assert "7_[0-2]" in blocked.message()
    assert sorted(blocked.tasks) == ["7_0", "7_1", "7_2"]
    # The same run, ended in an orderly way: its last task may be in the queue for a moment.
    run.folder.mkdir()
    run.remove()
    cluster.states = {"7_0": ours}
    assert Unfollowed(root=tmp_path).message() is None


def test_slurm_is_asked_once_where_nothing_is_in_the_way(cluster, tmp_path, monkeypatch):
    blocked = Unfollowed(root=tmp_path)
    assert blocked.message() is None
    monkeypatch.setattr(slurm, "queue", None)
    assert blocked.message() is None


def test_a_comment_that_other_folders_may_have_proves_nothing(run, cluster, tmp_path):
    """Runs of earlier versions were named by their time alone."""
    old = run.folder.rename(tmp_path / "20260101-000000")
    (old / "batch-0.json").write_text("{")
    (old / "0.1.task.json").unlink()
    for task in cluster.states:
        cluster.states[task] = TaskState("RUNNING", comment="snakemake-submitit:20260101-000000:0")
    result = leftovers_of([store.load_run(old)])
    assert not result.live
    assert not cluster.cancelled
    assert str(old / "batch-0.json") in result.unfollowed.message()


def test_an_interrupted_submission_is_cancelled_and_one_that_does_not_end_is_waited_for(
    run, cluster, tmp_path, monkeypatch
):
    batch = store.load_run(run.folder).batches[0]
    batch.job = None
    batch.save()
    (run.logs / "7_1_submitted.pkl").unlink()
    before = dict(cluster.states)
    assert not found(run).live
    assert cluster.cancelled == ["7"]
    cluster.states = before
    monkeypatch.setattr(slurm, "cancel", lambda ids, *seconds: None)
    monkeypatch.setattr(leftovers, "CANCEL_WAIT_SECONDS", 0)
    assert len(found(run).unfollowed.tasks) == 3


def test_a_run_is_left_open_while_its_tasks_cannot_be_followed(run, tmp_path):
    result = leftovers.Leftovers(runs=[store.load_run(run.folder)])
    result.unfollowed.tasks["7_1"] = run.task_path("0.1")
    one = SimpleNamespace(
        durations=SimpleNamespace(save=lambda: None), table=SimpleNamespace(tasks={}, failed=0),
        left_behind=False, leftovers=result, settings=ExecutorSettings(), stopped_early=False,
        run=SimpleNamespace(close=lambda: None, remove=lambda: None),
    )  # fmt: skip
    executor.Executor._close(one)
    assert run.folder.exists()
    assert not result.runs[0].closed
    result.unfollowed.tasks.clear()
    executor.Executor._close(one)
    assert not run.folder.exists()


def test_who_follows_a_run_is_known_without_its_own_file(run):
    owner = store.this_process()
    tasks = {"0.0": read_task(run.task_path("0.0"))}
    write_copies(copies_path(run.folder, 0), tasks, owner)
    assert run.owner_alive()
    (run.folder / "owner.json").write_text("{")
    assert run.owner_alive()
    run.beat()
    assert json.loads((run.folder / "owner.json").read_text())["pid"] == owner["pid"]
    (run.folder / "owner.json").unlink()
    write_copies(copies_path(run.folder, 0), tasks, owner | {"pid": 2**22 + 1})
    assert not run.owner_alive()


def test_task_ids_in_short():
    assert slurm.ranges(["9_3", "9_10", "9_2", "7", "8_1", "9_4"]) == ["7", "8_1", "9_[2-4,10]"]


def test_a_damaged_line_of_a_ledger_neither_ends_a_job_nor_finishes_it(run, cluster, tmp_path):
    """Not even one that would name another job."""
    ledger = run.ledger_path("0.0")
    LedgerWriter(ledger).append("done", key="k0", outputs={})
    LedgerWriter(run.ledger_path("0.1")).append("done", key="k1", outputs={})
    text = ledger.read_text()
    ledger.write_text(text.replace('"key": "k0", "out', '"key": "k1", "out'))
    result = found(run)
    assert set(result.finished) == {"k1"}
    assert ids(result) == ["7_0", "7_1", "7_2"]
    table = Table()
    for task in result.live:
        table.add(task)
    assert table.holder_of("k0")[0].id == "7_0", "its job is not submitted beside it"
    assert any(f"line 2 of {ledger}" in note for note in result.notes)


def test_a_job_whose_end_may_be_in_a_damaged_line_says_so(run, cluster, tmp_path):
    ledger = run.ledger_path("0.0")
    flip(ledger)
    (task,) = [task for task in found(run).live if task.id == "7_0"]
    said = []
    table = Table()
    table.add(task)
    status_log = SimpleNamespace(report=lambda text, key=None: said.append(text))
    Follower(ExecutorSettings(), table, None, status_log, None, 0.0)._settle_all()
    assert f"line 1 of {ledger} cannot be read" in said[0]
    task.set_state(TaskState("COMPLETED"), 0.0)
    unit = Unit(None, task.task.targets, "job")
    outcome = task.judge_unit(unit, 10.0, 1.0)
    assert outcome.verdict is Verdict.FAILED
    assert f"line 1 of {ledger}" in failure_message(unit, task, outcome)


def test_a_requeued_task_names_the_damaged_line_of_its_ledger(run, monkeypatch, capfd):
    flip(run.ledger_path("0.0"))
    started = runner.Runner(run.task_path("0.0"))
    monkeypatch.setattr(started, "install_handlers", lambda: None)
    monkeypatch.setattr(started, "run_targets", lambda targets: 0)
    monkeypatch.setattr(runner, "node_problem", lambda task, environment: None)
    assert started.run() == 0
    assert "line 1 of" in capfd.readouterr().err


def test_a_node_that_finds_no_description_says_so_without_a_traceback(run, capsys):
    for file in (run.task_path("0.1"), copies_path(run.folder, 0)):
        file.write_text("{")
    with pytest.raises(SystemExit) as ended:
        runner.run_task(str(run.task_path("0.1")))
    assert ended.value.code == runner.STATUS_NO_TASK
    assert "0.1.task.json cannot be read" in capsys.readouterr().err
