"""Telling running jobs to stop."""

import os
import signal
import sys
import threading
import time

from snakemake_executor_plugin_submitit_jobstep.running import JobPopen, running_job, stop_all

CHECKPOINTS = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(85))\n"
    "print('ready', flush=True)\n"
    "time.sleep(600)\n"
)
IGNORES = CHECKPOINTS.replace("lambda *_: sys.exit(85)", "signal.SIG_IGN")


def run(command, statuses, ready, before=None, **options):
    """A job in a thread of its own, as in the executor."""

    def body():
        with running_job(None) as job:
            if before is not None:
                before.wait(60)
            process = JobPopen(command, stdout=-1, **options)
            process.stdout.readline()
            ready.set()
            process.wait()
            statuses.append(job.status)

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def test_sigterm_reaches_the_program_behind_shells():
    statuses, ready = [], threading.Event()
    shell = f"set -e; bash -c '{sys.executable} -c \"$CODE\"; exit $?'"
    thread = run(shell, statuses, ready, shell=True, env=os.environ | {"CODE": CHECKPOINTS})
    assert ready.wait(60)
    stop_all(60)
    thread.join(60)
    assert statuses == [85]


def test_a_job_that_gets_its_process_late_is_stopped_too():
    statuses, ready, before = [], threading.Event(), threading.Event()
    thread = run([sys.executable, "-c", CHECKPOINTS], statuses, ready, before)
    stopper = threading.Thread(target=stop_all, args=(60,))
    time.sleep(0.1)
    stopper.start()
    before.set()
    thread.join(60)
    stopper.join(60)
    assert statuses in ([85], [-signal.SIGTERM])


def test_what_ignores_sigterm_is_killed_after_the_grace():
    statuses, ready = [], threading.Event()
    thread = run([sys.executable, "-c", IGNORES], statuses, ready)
    assert ready.wait(60)
    stop_all(0.3)
    thread.join(60)
    assert statuses == [-signal.SIGKILL]
