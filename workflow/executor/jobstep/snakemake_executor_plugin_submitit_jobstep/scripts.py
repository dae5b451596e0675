"""Python `script:` files of Snakemake, run in forks of the warm process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .running import current_job
from .workers import Ended, WarmWorkers, WorkerDiedError, job_environment

# The resource by which a rule names the modules that its jobs find imported.
PRELOAD = "submitit_preload"

if TYPE_CHECKING:
    from snakemake.script import PythonScript


def can_be_warm(script: PythonScript) -> bool:
    """Only scripts that would start this very Python; any other takes Snakemake's own path."""
    from snakemake.shell import shell

    # A workflow's shell.prefix() and shell.suffix() stand around scripts too.
    plain_shell = not (shell._process_prefix or shell._process_suffix)
    return (
        plain_shell
        and script.conda_env is None
        and script.container_img is None
        and not script.env_modules
        and script.resources.get("shell_exec") is None
    )


def complete_benchmark(record: Any, end: Ended, seconds: float) -> None:
    """Wall time of the job, and exact CPU time where Snakemake's sampling has seen it at all."""
    record.running_time = seconds
    if record.data_collected:
        record.cpu_time = end.cpu_seconds
        record.max_rss = max(record.max_rss or 0, end.max_rss_kb / 1024)


def run_warm(script: PythonScript, path: str, workers: WarmWorkers) -> None:
    """Run the script file in a fork; raises CalledProcessError as Snakemake's shell does."""
    from snakemake.benchmark import benchmarked

    job = current_job()
    environment = job_environment(
        script.threads,
        script.resources.get("tmpdir"),
        job.devices if job else None,
        os.environ,
    )
    begin = time.time()
    with contextlib.ExitStack() as measured:

        def started(pid: int) -> None:
            if job is not None:
                job.processes.add(pid)
            if script.bench_record is not None:
                # A job can end before its first sample.
                with contextlib.suppress(Exception):
                    measured.enter_context(benchmarked(pid, script.bench_record))

        try:
            worker = workers.get(script.threads, script.resources.get(PRELOAD))
            end = worker.run(path, environment, started)
        except WorkerDiedError as error:
            if job is not None:
                # Its forks die with the worker: what ended it ended the job.
                job.status = error.status
            raise
        if job is not None:
            job.processes.clear()
            job.status = end.status
    if script.bench_record is not None:
        complete_benchmark(script.bench_record, end, time.time() - begin)
    if end.status:
        raise subprocess.CalledProcessError(end.status, f"{sys.executable} {path}")


def use_warm_workers(workers: WarmWorkers) -> Callable[[], None]:
    """Let PythonScript run its file in a fork wherever `can_be_warm` says so.

    Returns what ends this: a program may run several workflows, with other executors.
    """
    from snakemake.script import PythonScript

    cold = PythonScript.execute_script

    def execute_script(self: PythonScript, fname: str, edit: bool = False) -> None:
        # Subclasses run other interpreters and keep their own method.
        if edit or not workers.enabled or not can_be_warm(self):
            cold(self, fname, edit)
        else:
            run_warm(self, fname, workers)

    def restore() -> None:
        if PythonScript.execute_script is execute_script:
            PythonScript.execute_script = cold

    PythonScript.execute_script = execute_script
    return restore
