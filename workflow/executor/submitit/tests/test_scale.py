"""What many jobs cost, and what bounds a submission."""

import os
import threading
from collections import Counter
from types import SimpleNamespace

import pytest
from snakemake_executor_plugin_submitit import slurm, submitter
from snakemake_executor_plugin_submitit.follower import Follower
from snakemake_executor_plugin_submitit.live import LiveTask, Table, Unit
from snakemake_executor_plugin_submitit.pack import MOST_JOBS, MOST_NAME_BYTES, bounded
from snakemake_executor_plugin_submitit.settings import ExecutorSettings
from snakemake_executor_plugin_submitit.slurm import TaskState
from snakemake_executor_plugin_submitit.submitter import MOST_COALESCING, Submitter
from snakemake_executor_plugin_submitit.task import Target, Task
from snakemake_executor_plugin_submitit_jobstep.ledger import LedgerWriter

TASKS = 900


class Heard:
    """Reports that are kept."""

    def __init__(self):
        self.done = []

    def succeeded(self, unit, task):
        self.done.append(unit.label)


@pytest.fixture
def followed(tmp_path):
    """A follower of many tasks that wait in the queue."""
    table = Table()
    for index in range(TASKS):
        target = Target(f"k{index}", f"job {index}", "a", "f")
        task = Task(str(tmp_path / f"{index}.jsonl"), ".", "", "", [target], [3, 11])
        table.add(LiveTask(f"7_{index}", task, tmp_path / "log", [Unit(None, [target], "train")]))
    table.update({name: TaskState("PENDING", "Priority") for name in table.tasks})
    return Follower(ExecutorSettings(), table, Heard(), None, None, 0.0)


@pytest.fixture
def looked_up(monkeypatch):
    """How often each path was looked up."""
    found = Counter()
    for name in ("stat", "listdir", "scandir"):
        real = getattr(os, name)

        def counted(path, *more, real=real, **options):
            found[str(path)] += 1
            return real(path, *more, **options)

        monkeypatch.setattr(os, name, counted)
    return found


def test_tasks_that_wait_in_the_queue_cost_one_list_of_their_folder(followed, looked_up, tmp_path):
    followed._settle_all()
    assert looked_up == {str(tmp_path): 1}


def test_a_ledger_is_read_before_slurm_says_that_its_task_runs(followed, looked_up, tmp_path):
    writer = LedgerWriter(tmp_path / "3.jsonl")
    writer.append("start", key="k3")
    followed._settle_all()
    assert looked_up.total() == 2
    writer.append("done", key="k3")
    followed._settle_all()
    assert followed.reports.done == ["job 3"]
    assert "7_3" not in followed.table.tasks


def test_an_ended_task_is_looked_at_where_its_ledger_appears_late(followed, tmp_path):
    followed.table.update({"7_3": TaskState("COMPLETED")})
    followed.late_seconds = 1e9
    followed._settle_all()
    LedgerWriter(tmp_path / "3.jsonl").append("done", key="k3")
    followed._settle_all()
    assert followed.reports.done == ["job 3"]


def test_a_folder_that_cannot_be_listed_loses_nothing(followed, monkeypatch, tmp_path):
    LedgerWriter(tmp_path / "3.jsonl").append("done", key="k3")

    def refused(path):
        raise PermissionError(path)

    monkeypatch.setattr(os, "listdir", refused)
    followed._settle_all()
    assert followed.reports.done == ["job 3"]


@pytest.fixture
def waiting(monkeypatch):
    """A submitter, and a clock that the test sets."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(submitter.time, "monotonic", lambda: clock.now)
    made = Submitter(ExecutorSettings(coalesce_seconds=1.0), None, None, None, None, None, None,
                     None, threading.Event())  # fmt: skip
    return made, clock


def test_jobs_that_keep_coming_do_not_keep_the_first_ones_waiting(waiting):
    made, clock = waiting
    taken = []
    for _ in range(100):
        made.add(Unit(None, [], "step"))
        clock.now += 0.5
        taken.append(len(made._take()))
    most = MOST_COALESCING * 2
    assert max(taken) <= most
    assert sum(taken) >= 100 - most


def test_a_wave_of_jobs_is_taken_together(waiting):
    made, clock = waiting
    for _ in range(3):
        made.add(Unit(None, [], "step"))
        clock.now += 0.3
    assert made._take() == []
    clock.now += 1.0
    assert len(made._take()) == 3


@pytest.mark.parametrize(
    ("slurms", "setting", "size"),
    [(1001, None, 1001), (4_000_001, None, 10_000), (None, None, 1000), (1001, 50, 50)],
)
def test_one_submission_has_a_bound(monkeypatch, waiting, slurms, setting, size):
    made, _clock = waiting
    made.settings = ExecutorSettings(max_array_size=setting)
    monkeypatch.setattr(slurm, "max_array_size", lambda: slurms)
    assert made.array_size == size


def test_one_task_has_a_bound():
    sizes = [len(part) for part in bounded([range(2 * MOST_JOBS + 1), range(5)], lambda item: 1)]
    assert sizes == [667, 667, 667, 5]
    long = bounded([range(10)], lambda item: MOST_NAME_BYTES // 4)
    assert [len(part) for part in long] == [4, 3, 3]
    # A single job is never left out, whatever its name.
    assert bounded([[0]], lambda item: 3 * MOST_NAME_BYTES) == [[0]]


def test_packs_of_jobs_that_take_no_time_stay_within_the_bound(waiting):
    made, _clock = waiting
    made.durations = SimpleNamespace(seconds=lambda rule, expected: 0.0)
    target = Target("k", "job", "a" * 100, "f")
    job = SimpleNamespace(resources={}, is_group=lambda: False)
    units = [Unit(job, [target], "step") for _ in range(2500)]
    assert max(map(len, made.sizes.packs(units))) <= MOST_JOBS
