"""Large arrays in the queue, answers that a user's shell would filter, and signals that end a run."""

import os
import shutil
import signal
import time

import pytest

from .conftest import ask, until

MANY = """
    rule all:
        input: expand("out/{i}.txt", i=range(JOBS))
    rule wait:
        output: "out/{i}.txt"
        resources: runtime=5
        shell:
            "echo started >> runs/{wildcards.i}; "
            "while [ ! -e go ]; do sleep 0.2; done; echo x > {output}"
"""
ONE_EACH = ["--submitit-pack=1", "--keep-going"]


def many(flow, jobs):
    return flow.write(Snakefile=MANY.replace("JOBS", str(jobs)))


def starts(flow, jobs):
    return [flow.runs_of(str(i)) for i in range(jobs)]


def test_scancel_of_a_few_pending_tasks_of_a_large_array_loses_no_other(cluster, flow):
    many(flow, 60)
    main = flow.start(*ONE_EACH, "--retries=2")
    until(lambda: len(cluster.queued()) == 60, "60 tasks")
    victims = cluster.queued("PD")[-3:]
    ask("scancel", *victims)
    until(
        lambda: main.log.read_text().count("cancelled from outside") == 3,
        lambda: main.log.read_text(),
    )
    assert len(cluster.queued("R", "PD")) == 57
    (flow.folder / "go").touch()
    status, output = flow.finish(main)
    assert status == 1
    assert output.count("cancelled from outside") == 3, output
    assert "LOST" not in output
    assert sorted(starts(flow, 60)) == [0] * 3 + [1] * 57
    until(lambda: not cluster.queued("R", "PD"), "an empty queue")


def test_all_tasks_of_a_large_array_are_taken_over_after_a_lost_main_process(cluster, flow):
    many(flow, 60)
    main = flow.start(*ONE_EACH)
    until(lambda: len(cluster.queued()) == 60, "60 tasks")
    time.sleep(2)
    os.killpg(main.pid, signal.SIGKILL)
    main.wait(60)
    flow.succeed("--unlock", executor=[])
    again = flow.start(*ONE_EACH, "--rerun-incomplete")
    until(lambda: again.log.read_text().count("re-attached") == 60, lambda: again.log.read_text())
    (flow.folder / "go").touch()
    status, output = flow.finish(again)
    assert status == 0, output
    assert starts(flow, 60) == [1] * 60


def test_variables_of_the_users_shell_hide_no_task(cluster, flow):
    many(flow, 2)
    hiding = {"SQUEUE_PARTITION": "high", "SQUEUE_STATES": "PD", "SACCT_FORMAT": "User"}
    main = flow.start(*ONE_EACH, environment=hiding)
    until(lambda: sum(starts(flow, 2)) == 2, lambda: main.log.read_text())
    # Longer than a task may be unknown.
    time.sleep(5)
    assert "tasks running" in main.log.read_text()
    (flow.folder / "go").touch()
    status, output = flow.finish(main)
    assert status == 0, output
    assert starts(flow, 2) == [1, 1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_every_signal_that_ends_a_run_leaves_no_task_and_no_lock(cluster, flow, number):
    many(flow, 12)
    main = flow.start(*ONE_EACH)
    until(lambda: len(cluster.queued()) == 12 and len(cluster.queued("R")) >= 4, "tasks")
    os.kill(main.pid, number)
    begun = time.monotonic()
    status, output = flow.finish(main, 60)
    assert status != 0
    assert time.monotonic() - begun < 30, output
    assert "cancelled 12 tasks" in output
    until(lambda: not cluster.queued("R", "PD"), "an empty queue")
    assert "--unlock" not in flow.run("-n")[1]


def test_a_lost_session_leaves_its_tasks_to_the_next_call_and_no_lock(cluster, flow):
    many(flow, 12)
    main = flow.start(*ONE_EACH)
    until(lambda: len(cluster.queued()) == 12 and sum(starts(flow, 12)) >= 4, "tasks")
    os.kill(main.pid, signal.SIGHUP)
    begun = time.monotonic()
    status, output = flow.finish(main, 60)
    assert status != 0
    assert time.monotonic() - begun < 30, output
    assert "12 tasks stay in the queue" in output
    assert len(cluster.queued("R", "PD")) == 12
    again = flow.start(*ONE_EACH, "--rerun-incomplete")
    until(lambda: again.log.read_text().count("re-attached") == 12, lambda: again.log.read_text())
    (flow.folder / "go").touch()
    status, output = flow.finish(again)
    assert status == 0, output
    assert starts(flow, 12) == [1] * 12


def test_a_submission_that_ctrl_c_interrupts_leaves_no_task(cluster, flow):
    many(flow, 3)
    # The first look into the queue, before anything is submitted, finds it empty.
    squeue = flow.folder / "bin" / "squeue"
    squeue.parent.mkdir()
    squeue.write_text(
        f'#!/bin/sh\n[ -e looked ] && exec {shutil.which("squeue")} "$@"\ntouch looked\n'
    )
    squeue.chmod(0o755)
    os.kill(cluster.pid("slurmctld"), signal.SIGSTOP)
    try:
        path = {"PATH": f"{squeue.parent}:{os.environ['PATH']}"}
        main = flow.start(*ONE_EACH, environment=path)
        until(lambda: list(flow.folder.glob(".snakemake/submitit/*/batch-0.json")), "sbatch")
        time.sleep(2)
        os.killpg(main.pid, signal.SIGINT)
        time.sleep(1)
    finally:
        os.kill(cluster.pid("slurmctld"), signal.SIGCONT)
    status, output = flow.finish(main, 90)
    assert status != 0
    assert "sbatch refused" not in output
    if "next call" in output:
        (flow.folder / "go").touch()
        flow.succeed(*ONE_EACH, "--rerun-incomplete")
        assert all(flow.exists(f"out/{i}.txt") for i in range(3))
    else:
        # One may have begun before it was found and cancelled; none comes to its end.
        until(lambda: not cluster.queued("R", "PD"), lambda: ask("squeue") + output)
        assert not any(flow.exists(f"out/{i}.txt") for i in range(3))
