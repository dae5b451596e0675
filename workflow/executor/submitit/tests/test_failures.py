"""What a user reads of a failure: which job, why, where, its own last lines, and what to do."""

from types import SimpleNamespace

import pytest
from snakemake_executor_plugin_submitit.executor import Executor
from snakemake_executor_plugin_submitit.live import LiveTask, Unit
from snakemake_executor_plugin_submitit.outcome import Beside, Outcome, Verdict, judge
from snakemake_executor_plugin_submitit.reports import failure_message
from snakemake_executor_plugin_submitit.slurm import TaskState
from snakemake_executor_plugin_submitit.submitter import CORRECT
from snakemake_executor_plugin_submitit.task import Target, Task
from snakemake_executor_plugin_submitit_jobstep.ledger import LedgerWriter

NOW = 1e6


class Node:
    """A task on its node: what its jobs print, and what the ledger says of them."""

    def __init__(self, folder, names, **values):
        self.log = folder / "7_log.out"
        targets = [Target(name, f"train (i={name})", name, "f") for name in names]
        self.task = Task(str(folder / "ledger"), "", "", "", targets, [3, 11], **values)
        self.ledger = LedgerWriter(folder / "ledger")
        self.ledger.append("task_start")

    @property
    def size(self):
        return self.log.stat().st_size if self.log.exists() else 0

    def start(self, name):
        self.ledger.append("start", key=name, output=self.size)

    def say(self, text):
        with self.log.open("a") as log:
            log.write(text + "\n")

    def end(self, name, event="failed", **values):
        self.ledger.append(event, key=name, output=self.size, **values)

    def message(self, *names, state="COMPLETED"):
        """What is said of a unit of these jobs."""
        live = LiveTask("7", self.task, self.log)
        live.read()
        live.set_state(TaskState(state), 0.0)
        targets = [target for target in self.task.targets if target.key in names]
        job = SimpleNamespace(is_group=lambda: len(names) > 1)
        unit = Unit(job, targets, "train")
        outcome = live.judge_unit(unit, NOW, 0.0)
        assert outcome.verdict is Verdict.FAILED
        return failure_message(unit, live, outcome)


@pytest.fixture
def node(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda names="abc", **values: Node(tmp_path, names, **values)


def test_a_packed_job_without_a_log_shows_its_own_lines(node):
    one = node()
    for name, status in (("a", 0), ("b", 3), ("c", 4)):
        one.start(name)
        one.say(f"words of {name}")
        one.end(name, "done" if status == 0 else "failed", status=status)
        one.say(f"Snakemake's words after {name}")
    said = one.message("b")
    assert "train (i=b): exit status 3" in said
    assert "words of b" in said
    for other in ("words of a", "words of c", "after b", "after a"):
        assert other not in said


def test_the_lines_of_a_killed_job_reach_to_the_end_of_the_log(node):
    one = node("ab")
    for name in "ab":
        one.start(name)
        one.say(f"words of {name}")
        if name == "a":
            one.end(name, "done")
    one.say("slurmstepd: error: Exceeded job memory limit")
    said = one.message("b", state="OUT_OF_MEMORY")
    assert "words of a" not in said
    assert "words of b" in said
    assert "slurmstepd" in said


def test_jobs_side_by_side_show_no_lines_that_may_be_the_others(node):
    one = node("ab", at_once=2)
    one.start("a")
    one.start("b")
    one.say("words of nobody knows")
    one.end("a", status=1)
    said = one.message("a")
    assert "words of nobody" not in said
    assert "7_log.out" in said


def test_a_job_that_ran_alone_later_shows_its_lines_again(node):
    one = node("ab", at_once=2)
    one.start("a")
    one.start("b")
    one.end("b", "done")
    one.end("a", "stopped", status=-9, reason="killed")
    one.ledger.append("task_start")
    one.start("a")
    one.say("words of a")
    one.end("a", status=1)
    assert "words of a" in one.message("a")


def test_the_log_of_the_rule_comes_first(node, tmp_path):
    one = node("a")
    (tmp_path / "a.log").write_text("words of its log\n")
    target = one.task.targets[0]
    one.task.targets[0] = Target(target.key, target.label, "a", "f", str(tmp_path / "a.log"))
    one.start("a")
    one.say("words of the task")
    one.end("a", status=1)
    said = one.message("a")
    assert "words of its log" in said
    assert "words of the task" not in said


def test_a_task_that_could_not_begin_shows_its_own_words(node):
    one = node("ab")
    one.say("/nowhere/python: No such file or directory")
    said = one.message("a", state="FAILED")
    assert "No such file" in said
    assert "train (i=b)" not in said


def test_lines_of_a_task_of_an_earlier_version_are_shown_where_it_has_one_job(node):
    for names in ("a", "ab"):
        one = node(names)
        one.ledger.append("start", key="a")
        one.say("words")
        one.ledger.append("failed", key="a", status=1)
        assert ("    words" in one.message("a")) == (names == "a")


def test_a_group_names_the_job_that_failed_and_why(node):
    one = node("ab")
    one.start("a")
    one.end("a", "done")
    one.start("b")
    one.say("words of b")
    one.end("b", status=5)
    said = one.message("a", "b")
    assert said.startswith("train (i=b): exit status 5\n")
    assert "words of b" in said
    assert "i=a" not in said


def test_a_job_whose_outputs_are_missing_is_not_said_to_have_exited_well(node):
    one = node("a")
    one.start("a")
    one.say("MissingOutputException: a.txt")
    one.end("a", status=0)
    said = one.message("a")
    assert "exit status 0" not in said
    assert "MissingOutputException" in said


EVENTS = [
    None,
    {"event": "start"},
    {"event": "failed", "status": 3},
    {"event": "failed", "status": None},
    {"event": "stopped", "status": -9, "reason": "killed"},
    {"event": "stopped", "status": 85, "reason": "checkpointed"},
    {"event": "overran"},
]
STATES = ["COMPLETED", "FAILED", "TIMEOUT", "OUT_OF_MEMORY", "CANCELLED", "NODE_FAIL", "LOST"]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("beside", Beside)
@pytest.mark.parametrize("spent", [False, True])
def test_every_failure_says_what_to_do(event, state, beside, spent):
    outcome = judge(
        event, TaskState(state), waited_long=True, beside=beside, out_of_requeues=spent,
        overran=event is not None, minutes=30,
    )  # fmt: skip
    if outcome.verdict is Verdict.FAILED:
        assert outcome.message
        assert outcome.advice


def test_a_failing_group_says_why_with_any_logger():
    said, logged = [], []
    me = SimpleNamespace(logger=SimpleNamespace(error=lambda text, extra: said.append(text)))
    for is_group in (True, False):
        job = SimpleNamespace(
            is_group=lambda is_group=is_group: is_group,
            log_error=lambda text, **values: logged.append((text, values)),
        )
        Executor.print_job_error(me, SimpleNamespace(job=job), "train (i=b): exit status 5")
    # Snakemake shows the message of a job, and leaves out that of a group.
    assert said == ["train (i=b): exit status 5"]
    assert logged[0][1]["reason"] == "train (i=b): exit status 5"
    assert logged[1] == ("train (i=b): exit status 5", {})


def test_what_was_refused_or_met_a_bad_node_says_what_to_do_too(node):
    one = node("a")
    one.ledger.append("node_problem", message="node n1 runs Python 3.9")
    said = one.message("a", state="FAILED")
    assert "node n1 runs Python 3.9" in said
    assert "--submitit-exclude-nodes" in said
    unit = Unit(None, one.task.targets, "train")
    refused = Outcome(Verdict.FAILED, "sbatch refused it", advice=CORRECT)
    assert "What to do: correct the resources" in failure_message(unit, None, refused)
