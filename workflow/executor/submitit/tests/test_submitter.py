"""How ready jobs become tasks."""

import threading
from types import SimpleNamespace

import pytest
from snakemake_executor_plugin_submitit import slurm
from snakemake_executor_plugin_submitit.follower import Follower
from snakemake_executor_plugin_submitit.live import LiveTask, Table, Unit
from snakemake_executor_plugin_submitit.partitions import Partitions
from snakemake_executor_plugin_submitit.resources import batch_parameters
from snakemake_executor_plugin_submitit.settings import ExecutorSettings
from snakemake_executor_plugin_submitit.sizes import Sizes
from snakemake_executor_plugin_submitit.slurm import TaskState
from snakemake_executor_plugin_submitit.store import Durations
from snakemake_executor_plugin_submitit.submit import Refusal, SubmissionError
from snakemake_executor_plugin_submitit.submitter import Submitter
from snakemake_executor_plugin_submitit.task import Target, Task


@pytest.fixture
def packs(tmp_path):
    """Lengths of the tasks that jobs with these resources become."""

    def of(resources, earlier=(), **settings):
        durations = Durations(tmp_path)
        for seconds in earlier:
            durations.add("step", seconds)
        jobs = [SimpleNamespace(resources=r, is_group=lambda: False) for r in resources]
        units = [Unit(job=job, targets=[], rule="step") for job in jobs]
        parts = Sizes(ExecutorSettings(**settings), durations).packs(units)
        assert {unit for part in parts for unit in part} == set(units)
        return [len(part) for part in parts]

    return of


def test_a_fixed_size_comes_first(packs):
    assert packs([{"submitit_seconds": 60}] * 8, pack=4) == [4, 4]
    assert packs([{"submitit_pack": 2, "submitit_seconds": 60}] * 8, pack=4) == [2, 2, 2, 2]


def test_then_what_is_expected_then_earlier_jobs_then_the_first_pack(packs):
    assert packs([{"submitit_seconds": 300}] * 8) == [2, 2, 2, 2]
    assert packs([{}] * 8, earlier=[150.0]) == [4, 4]
    assert packs([{}] * 8, first_pack=3) == [3, 3, 2]
    assert packs([{}] * 8, first_pack=3, jobs_at_once=4) == [4, 4]


def test_jobs_that_nobody_knows_do_not_spoil_the_others(packs):
    assert packs([{"submitit_seconds": 600}] * 3 + [{}] * 4, first_pack=2) == [1, 1, 1, 2, 2]


def test_jobs_that_took_no_time_are_not_without_end(packs):
    assert packs([{}] * 100, earlier=[0.0], task_minutes=0.1) == [50, 50]


class Limit:
    """A cluster that takes so many tasks, and refuses a larger array as a whole."""

    def __init__(self, room, words="Job violates accounting/QOS policy (job submit limit)"):
        self.room, self.words, self.taken, self.asked = room, words, [], []

    def submit(self, submitter, packs, left):
        self.asked.append(len(packs))
        if len(packs) > self.room:
            raise SubmissionError(self.words)
        self.room -= len(packs)
        for unit in [unit for pack in packs for unit in pack]:
            left.remove(unit)
            self.taken.append(unit)
            submitter.table.tasks[str(len(self.taken))] = unit


@pytest.fixture
def submitter(monkeypatch):
    def make(limit, queue):
        made = Submitter(
            settings=ExecutorSettings(pack=1, max_array_size=100), run=SimpleNamespace(folder="x", open_batches=[]),
            table=SimpleNamespace(tasks={}, failed_nodes={}), durations=None, reports=None,
            status_log=SimpleNamespace(report=lambda text, key=None: made.said.append(text)),
            calls=None, covered=lambda unit: False, stopping=threading.Event(),
        )  # fmt: skip
        made.said, made.failed = [], []
        made._submit_array = lambda packs, parameters, at_once, left: limit.submit(
            made, packs, left
        )
        made._fail = lambda units, message, left: (
            made.failed.append(message), [left.remove(unit) for unit in units],
        )  # fmt: skip
        monkeypatch.setattr(slurm, "queue", lambda: queue)
        for _ in range(12):
            job = SimpleNamespace(
                resources={}, is_group=lambda: False, attempt=1, threads=1, jobid=0
            )
            made.add(Unit(job=job, targets=[], rule="step"))
        made._newest = 0.0
        return made

    return make


def test_what_fits_under_a_limit_is_submitted_and_the_rest_waits(submitter):
    limit = Limit(room=5)
    made = submitter(limit, {})
    made.submit_waiting()
    assert len(limit.taken) == 5
    assert not made.failed
    assert len(made._waiting) == 7
    assert "as jobs end" in made.said[-1]
    limit.room, made._not_before = 7, 0.0
    made.submit_waiting()
    assert len(limit.taken) == 12


def test_a_limit_that_the_users_other_jobs_have_reached_is_waited_for(submitter):
    made = submitter(Limit(room=0), {"9": TaskState("RUNNING")})
    made.submit_waiting()
    assert not made.failed
    assert len(made._waiting) == 12


def test_a_request_over_a_limit_of_its_own_is_refused_when_nothing_else_is_queued(submitter):
    made = submitter(Limit(room=0), {"9": TaskState("COMPLETED")})
    made.submit_waiting()
    assert made.failed
    assert not made._waiting


def test_limits_of_partitions_are_asked_again_where_slurm_did_not_say(monkeypatch):
    answers = [{}, {"": 60}]
    monkeypatch.setattr(slurm, "partition_minutes", lambda: answers.pop(0))
    partitions, parameters = Partitions(), batch_parameters({}, 1)
    assert partitions.minutes(parameters) is None
    assert partitions.minutes(parameters) == 60
    assert partitions.minutes(parameters) == 60


def test_an_sbatch_that_was_ended_without_a_word_has_refused_nothing():
    assert SubmissionError("").kind is Refusal.AWAY
    assert SubmissionError("invalid partition specified").kind is Refusal.FINAL


def test_nodes_that_failed_are_left_out_until_no_others_are_left(submitter):
    made = submitter(Limit(room=12), {})
    asked = []
    takes = made._submit_array

    def submit(packs, parameters, at_once, left):
        asked.append(dict(parameters.options).get("exclude"))
        if asked[-1] == "n1,n2,n3":
            raise SubmissionError("Requested node configuration is not available")
        takes(packs, parameters, at_once, left)

    made._submit_array = submit
    made.settings.exclude_nodes = "n3, n1"
    made.table.failed_nodes["n2"] = "its Python is another one"
    made.submit_waiting()
    assert asked == ["n1,n2,n3", "n1,n3"]
    assert not made.failed
    assert not made._waiting


def test_a_users_own_excluded_nodes_stay_excluded():
    parameters = batch_parameters({"slurm_extra": "--exclude=n9"}, 1)
    assert dict(parameters.without_nodes({"n1"}).options)["exclude"] == "n9,n1"
    assert parameters.without_nodes(set()) is parameters


def test_what_the_shell_sets_for_sbatch_holds_where_no_resource_is_set():
    made = Submitter(ExecutorSettings(), *[None] * 8, {"slurm_account": "lab", "qos": "low"})
    job = SimpleNamespace(resources={"slurm_account": "physics", "qos": ""}, threads=1, attempt=1)
    options = dict(made._task_parameters(Unit(job, [], "step"), 1).options)
    assert (options["account"], options["qos"]) == ("physics", "low")


def test_a_job_asks_for_the_partitions_that_fit_it_or_is_refused(monkeypatch):
    said = "short|up|1:00:00|8|9000|(null)\nlong|up|infinite|8|9000|(null)\n"
    monkeypatch.setattr(slurm, "list_partitions", lambda form: said)
    made = Submitter(ExecutorSettings(), *[None] * 8)
    made.durations = SimpleNamespace()

    def asked(**resources):
        named = {"slurm_partition": "short,long"} | resources
        job = SimpleNamespace(resources=named, threads=1, attempt=1, is_group=lambda: False)
        return made._parameters(Unit(job, [], "step"))

    assert asked(runtime=90).partition == "long"
    assert asked(runtime=30).partition == "short,long"
    assert "long has no such node" in asked(runtime=90, mem_mb=20_000)


@pytest.mark.parametrize(("state", "bad"), [("NODE_FAIL", True), ("PREEMPTED", False)])
def test_a_node_that_failed_a_task_gets_no_more(tmp_path, state, bad):
    target = Target("k", "job", "a", "f")
    described = Task(str(tmp_path / "ledger"), "", "", "", [target], [3, 11])
    task = LiveTask("7", described, tmp_path / "log", [Unit(None, [target], "step")])
    table = Table()
    table.add(task)
    task.set_state(TaskState(state, node="n2"), 0.0)
    again = []
    followed = Follower(
        ExecutorSettings(), table, SimpleNamespace(noted=lambda *_: None),
        SimpleNamespace(report=lambda text, key=None: None), again.extend, 0.0,
    )  # fmt: skip
    followed._settle_all()
    assert len(again) == 1
    assert (set(table.failed_nodes) == {"n2"}) == bad


def test_a_first_attempt_asks_for_what_was_stated_and_a_second_one_for_what_is_allowed(monkeypatch):
    monkeypatch.setattr(slurm, "partition_minutes", lambda: {"": 60})
    made = Submitter(ExecutorSettings(), *[None] * 8, {})
    for attempt, minutes in ((1, 90), (2, 60)):
        job = SimpleNamespace(resources={"runtime": 90}, threads=1, attempt=attempt)
        parameters = made._task_parameters(SimpleNamespace(job=job), 1)
        assert parameters.minutes == minutes
