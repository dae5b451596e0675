"""The executor's side of the warm processes: one for each number of threads jobs ask for."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
TEMPORARY_FOLDER_VARIABLES = ("TMPDIR", "TMP", "TEMPDIR", "TEMP")


class WorkerDiedError(RuntimeError):
    """The warm process ended while a job waited for it; `status` is its exit status."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Ended:
    """How a job ended: exit status (negative: the signal), CPU seconds, peak memory."""

    status: int
    cpu_seconds: float
    max_rss_kb: int


def job_environment(
    threads: int,
    tmpdir: str | None,
    devices: Mapping[str, str] | None,
    base: Mapping[str, str],
) -> dict[str, str]:
    """The environment that Snakemake's `shell` gives to a script, with the job's devices."""
    environment = dict(base)
    environment.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    if tmpdir:
        environment.update(dict.fromkeys(TEMPORARY_FOLDER_VARIABLES, tmpdir))
    return environment | dict(devices or {})


class WarmWorker:
    """One zygote process; `run` may be called from several threads."""

    def __init__(self, threads: int, preload: str) -> None:
        ours, theirs = socket.socketpair()
        environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
        module = f"{__package__}.zygote"
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(theirs.fileno()), preload],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._socket = ours
        self._lock = threading.Lock()
        self._answers: dict[int, list[dict[str, Any]]] = {}
        self._changed = threading.Condition()
        self._next_id = 0
        self._dead = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        pending = b""
        while received := self._receive():
            *lines, pending = (pending + received).split(b"\n")
            with self._changed:
                for line in lines:
                    answer = json.loads(line)
                    self._answers[answer["id"]].append(answer)
                self._changed.notify_all()
        with self._changed:
            self._dead = True
            self._changed.notify_all()

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(1 << 16)
        except OSError:
            return b""

    def _answer(self, job_id: int) -> dict[str, Any]:
        with self._changed:
            while not self._answers[job_id]:
                if self._dead:
                    raise self._died()
                self._changed.wait()
            return self._answers[job_id].pop(0)

    def _died(self) -> WorkerDiedError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Its end of the socket closes a moment before it has ended.
            self._process.wait(timeout=5)
        status = self._process.poll()
        return WorkerDiedError(
            f"the warm Python process ended (exit status {status}): out of memory, or crashed by "
            "a module named in preload",
            status,
        )

    def run(
        self, script: str, environment: Mapping[str, str], started: Callable[[int], Any]
    ) -> Ended:
        """Run a Python file in a fork; `started` is called with its process id."""
        with self._lock:
            self._next_id += 1
            job_id = self._next_id
            self._answers[job_id] = []
            request = {"id": job_id, "script": script, "cwd": os.getcwd(), "env": dict(environment)}
            try:
                self._socket.sendall(json.dumps(request).encode() + b"\n")
            except OSError as error:
                raise self._died() from error
        try:
            started(self._answer(job_id)["pid"])
            end = self._answer(job_id)
        finally:
            del self._answers[job_id]
        return Ended(end["status"], end["cpu_seconds"], end["max_rss_kb"])

    @property
    def ended(self) -> bool:
        """Whether the process is gone: out of memory, or killed."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process and, with it, any job it still runs."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._socket.close()


class WarmWorkers:
    """Warm workers by what they have imported and by number of threads.

    Thread pools are sized when a library is loaded. What jobs do not need is not imported: it costs
    time, and every fork of a large process does.
    """

    def __init__(self, preload: str) -> None:
        self.preload = preload
        self._workers: dict[tuple[int, str], WarmWorker] = {}
        self._lock = threading.Lock()

    @property
    def enabled(self) -> bool:
        """Whether scripts are to be forked at all."""
        return self.preload.strip().lower() != "none"

    def get(self, threads: int, preload: str | None = None) -> WarmWorker:
        """The worker for jobs of so many threads, started when first asked for.

        Args:
            preload: modules that it imports; those of the settings when None.
        """
        key = (threads, self.preload if preload is None else preload)
        with self._lock:
            worker = self._workers.get(key)
            if worker is None or worker.ended:
                if worker is not None:
                    worker.close()
                worker = self._workers[key] = WarmWorker(*key)
            return worker

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            for worker in self._workers.values():
                worker.close()
            self._workers.clear()
