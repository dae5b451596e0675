"""What is known of the queue: answers that are cut or filtered, or that do not come at all."""

import os
import stat
import time

import pytest
from snakemake_executor_plugin_submitit import follower as following
from snakemake_executor_plugin_submitit import slurm
from snakemake_executor_plugin_submitit.follower import Follower
from snakemake_executor_plugin_submitit.live import LiveTask, Table
from snakemake_executor_plugin_submitit.settings import ExecutorSettings
from snakemake_executor_plugin_submitit.slurm import TaskState
from snakemake_executor_plugin_submitit.submit import forget_surrounding_job
from snakemake_executor_plugin_submitit.task import Task


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Puts a shell script in the place of one of SLURM's commands."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def put(name, script):
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    return put


class Said:
    """A status log that keeps what it is told."""

    def __init__(self):
        self.lines = []

    def report(self, text, key=None):
        self.lines.append(text)

    def clear(self, key):
        pass


@pytest.fixture
def followed(tmp_path):
    """A follower of three tasks of array 7 that nobody has asked about for long."""

    def make(*ids):
        table = Table()
        for task_id in ids:
            task = Task(
                ledger=str(tmp_path / f"{task_id}.jsonl"), workdir="", head="", tail="", targets=[],
                python=[3, 11, 0], grace_seconds=1, max_requeues=1,
            )  # fmt: skip
            table.add(LiveTask(task_id, task, tmp_path / "log"))
        one = Follower(ExecutorSettings(), table, None, Said(), None, 0.0)
        one._unknown_since = dict.fromkeys(ids, time.monotonic() - following.LOST_SECONDS - 1)
        return one

    return make


def test_the_queue_is_asked_task_by_task_and_without_limits_of_length(command, monkeypatch):
    command(
        "squeue",
        'test "$SLURM_BITSTR_LEN" = 0 || exit 1; echo "7_1|PENDING|None|1:00||c"; echo "$@" >&2',
    )
    asked = []
    real = slurm._ask
    monkeypatch.setattr(
        slurm, "_ask", lambda words, *more: asked.append(words) or real(words, *more)
    )
    assert slurm.queue()["7_1"].pending
    assert "-r" in asked[0]


@pytest.mark.parametrize(
    "variable",
    ["SQUEUE_PARTITION", "SQUEUE_STATES", "SQUEUE_FORMAT", "SACCT_FORMAT", "SLURM_CLUSTERS",
     "SLURM_TIME_FORMAT", "SINFO_PARTITION", "SCANCEL_STATE"],
)  # fmt: skip
def test_no_variable_of_the_users_shell_filters_an_answer(command, monkeypatch, variable):
    monkeypatch.setenv(variable, "x")
    command("squeue", f'test -z "${variable}" && echo "7|RUNNING|None|1:00|n|c"')
    assert slurm.queue()["7"].running


def test_where_the_controller_is_and_who_asks_stays_known(monkeypatch):
    for name in ("SLURM_CONF", "SLURM_JWT"):
        monkeypatch.setenv(name, "x")
        assert slurm.plain_environment()[name] == "x"


def test_what_a_user_has_set_for_sbatch_is_said_to_do_nothing(monkeypatch):
    for name in [name for name in os.environ if slurm.is_steering(name)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SBATCH_ACCOUNT", "physics")
    monkeypatch.setenv("SBATCH_NICE", "10")
    monkeypatch.setenv("SLURM_JOB_ID", "3")
    account, nice = forget_surrounding_job()
    assert "SBATCH_ACCOUNT=physics" in account
    assert "is used where no slurm_account is set" in account
    assert 'slurm_extra="--nice=..."' in nice
    assert not [name for name in os.environ if slurm.is_steering(name)]


@pytest.mark.parametrize("state", ["RUNNING", "PENDING"])
def test_accounting_that_knows_a_task_alive_keeps_it(followed, command, state):
    one = followed("7_0")
    command("sacct", f'echo "7_0|{state}|n1|None"')
    command("squeue", 'echo "7_0|RUNNING|None|1:00|n1|c"')
    one._ask_accounting(list(one.table.tasks.values()))
    task = one.table.tasks["7_0"]
    assert not task.ended
    assert task.state is not None


def test_a_task_is_lost_only_when_the_controller_does_not_know_it(followed, command):
    one = followed("7_0", "7_1", "8")
    command("sacct", "exit 1")
    command(
        "squeue",
        'case "$*" in *"-j 8"*) echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1;; *) echo "7_1|RUNNING|None|1:00|n|c";; esac',
    )
    one.table.tasks["8"].begun = True
    one._ask_accounting(list(one.table.tasks.values()))
    states = {name: task.state for name, task in one.table.tasks.items()}
    assert states["7_1"].running
    # SLURM forgets a pending task of an array when it is cancelled: no loss to be made good.
    assert states["7_0"] == TaskState("CANCELLED")
    assert states["8"] == TaskState("LOST")


@pytest.mark.parametrize("answer", ["exit 1", "echo 'Socket timed out' >&2; exit 1"])
def test_a_question_answered_badly_loses_nothing(followed, command, answer):
    one = followed("7_0")
    command("sacct", "exit 1")
    command("squeue", answer)
    one._ask_accounting(list(one.table.tasks.values()))
    assert one.table.tasks["7_0"].state is None
    assert "retrying" in one.status_log.lines[-1]


def test_accounting_and_controller_that_disagree_start_nothing_twice(followed, command):
    one = followed("7_0")
    command("sacct", 'echo "7_0|RUNNING|n1|None"')
    command("squeue", 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1')
    one._ask_accounting(list(one.table.tasks.values()))
    assert not one.table.tasks["7_0"].ended
    assert "runawayjobs" in one.status_log.lines[-1]


def test_a_signal_ends_the_main_thread_as_ctrl_c_does():
    import signal

    from snakemake_executor_plugin_submitit_jobstep.signals import Ending

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        # As it is unless `nohup` started the tests.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        ending = Ending()
        ending.listen()
        for number in before:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
            assert ending.by is number
        assert ending.terminal_is_gone
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        Ending().listen()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
