"""The jobs that run now, by thread: their devices, processes and how they ended.

Snakemake runs each job in a thread of its own and gives neither its environment nor its processes
to an executor. Both are reached through two names: `snakemake.shell.sp.Popen`, which starts every
shell command, and `PythonScript.execute_script`, which starts every Python script.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import psutil

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})


class RunningJob:
    """One job while it runs.

    Attributes:
        devices: the variables that name its GPUs; None where it sees what this process sees.
    """

    def __init__(self, devices: Mapping[str, str] | None) -> None:
        self.devices = devices
        self.processes: set[int] = set()
        # Bytes of output of this process when the job ended.
        self.output_end: int | None = None
        self.status: int | None = None


_current = threading.local()
_running: set[RunningJob] = set()
_lock = threading.Lock()


def current_job() -> RunningJob | None:
    """The job of the calling thread."""
    return getattr(_current, "job", None)


@contextlib.contextmanager
def running_job(devices: Mapping[str, str] | None) -> Iterator[RunningJob]:
    """Declare that the calling thread runs a job."""
    job = RunningJob(devices)
    _current.job = job
    with _lock:
        _running.add(job)
    try:
        yield job
    finally:
        _current.job = None
        with _lock:
            _running.discard(job)


def _still_running(chosen: Collection[RunningJob] | None) -> list[RunningJob]:
    with _lock:
        return [job for job in _running if chosen is None or job in chosen]


def _live_processes(
    chosen: Collection[RunningJob] | None, told: Collection[int] = ()
) -> list[psutil.Process]:
    jobs = _still_running(chosen)
    pids = [pid for job in jobs for pid in list(job.processes) if pid not in told]
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            found.append(psutil.Process(pid))
    return found


def _to_notify(process: psutil.Process) -> list[psutil.Process]:
    # A shell dies of SIGTERM at once and would orphan a script that writes its checkpoint:
    # look through shells to what they run.
    with contextlib.suppress(psutil.Error):
        if process.name() not in SHELLS:
            return [process]
        return [found for child in process.children() for found in _to_notify(child)] or [process]
    return []


def _send(processes: list[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def stop_all(grace_seconds: float, chosen: Collection[RunningJob] | None = None) -> None:
    """SIGTERM to every running job, SIGKILL to what is left of them after the grace.

    Args:
        chosen: only these of the running jobs.
    """
    told: set[int] = set()
    deadline = time.monotonic() + grace_seconds
    while _still_running(chosen) and time.monotonic() < deadline:
        # A job may get its process only now, when its warm worker has come up.
        roots = _live_processes(chosen, told)
        _send([target for root in roots for target in _to_notify(root)], signal.SIGTERM)
        told.update(root.pid for root in roots)
        time.sleep(0.05)
    for root in _live_processes(chosen):
        with contextlib.suppress(psutil.Error):
            _send([*root.children(recursive=True), root], signal.SIGKILL)


class JobPopen(subprocess.Popen):  # type: ignore[type-arg]
    """Popen that knows the calling thread's job: adds its devices, remembers its process."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._job = current_job()
        if self._job is not None and self._job.devices is not None:
            environment = dict(kwargs.get("env") or os.environ)
            kwargs["env"] = {**environment, **self._job.devices}
        super().__init__(*args, **kwargs)
        if self._job is not None:
            self._job.processes.add(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Wait, noting how the job's last command ended."""
        status = super().wait(timeout)
        if self._job is not None:
            self._job.processes.discard(self.pid)
            self._job.status = status
        return status


def watch_shell_commands() -> None:
    """Let `snakemake.shell` start its commands through JobPopen."""
    import importlib

    module = importlib.import_module("snakemake.shell")
    replacement = SimpleNamespace(**vars(subprocess))
    replacement.Popen = JobPopen
    module.sp = replacement  # type: ignore[attr-defined]
