"""The warm process: imports what jobs need once, then forks a child for every job.

Started as `python -m ...zygote FD PRELOAD`; FD is one end of a socket pair. It reads one JSON
request a line, {"id", "script", "cwd", "env"}, and answers {"id", "pid"} when the child runs and
{"id", "status", "cpu_seconds", "max_rss_kb"} when it has ended. It ends when the socket closes, so
it cannot outlive its executor, not even one that was killed.

It stays single-threaded and never touches CUDA: both would break the forked children.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import threading
import traceback
import types
import weakref
from typing import Any, NoReturn

from .death import die_with_parent

# The generated head of every `script:` file imports these two.
SNAKEMAKE_MODULES = ("snakemake.iocontainers", "snakemake.logging")


def preload(names: list[str]) -> None:
    """Import the modules, skipping those that are not installed."""
    for name in (*SNAKEMAKE_MODULES, *names):
        try:
            importlib.import_module(name)
        except ImportError as error:
            if name in names and name.partition(".")[0] != (error.name or "").partition(".")[0]:
                print(f"warm worker: importing {name} failed: {error}", file=sys.stderr)


def keep_finalizers_to_parent() -> None:
    """Keep forks from running, at their end, finalizers of objects that this process has made.

    They would remove what is not theirs (temporary folders) and cost a short job's time (torch's).
    """
    for finalizer in list(getattr(weakref.finalize, "_registry", ())):
        finalizer.atexit = False


def reseed() -> None:
    """Give this fork random states of its own, as a new process would have."""
    random.seed()
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed()
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(int.from_bytes(os.urandom(7), "little"))


def set_threads(environment: dict[str, str]) -> None:
    """Apply OMP_NUM_THREADS, which libraries that are loaded already do not read again."""
    threads = environment.get("OMP_NUM_THREADS", "")
    if threads.isdigit() and (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(int(threads))


def exit_code_of(error: SystemExit) -> int:
    """The status that Python itself would exit with."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    print(error.code, file=sys.stderr)
    return 1


def run_script(path: str) -> int:
    """Run a file as `python FILE` would, returning the exit status."""
    sys.argv = [path]
    sys.path[0:1] = [os.path.dirname(os.path.abspath(path))]
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__)
    sys.modules["__main__"] = module
    try:
        with open(path, "rb") as source:
            code = compile(source.read(), path, "exec", dont_inherit=True)
        exec(code, module.__dict__)
    except SystemExit as error:
        return exit_code_of(error)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def leave(status: int) -> NoReturn:
    """End this fork as an interpreter would, without tearing down what the parent imported."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        status = status or 1
    os._exit(status)


def become_job(request: dict[str, Any], parent: int) -> NoReturn:
    """Turn this fork of the process `parent` into the job of the request."""
    die_with_parent(parent)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    tempfile.tempdir = None
    reseed()
    set_threads(request["env"])
    leave(run_script(request["script"]))


class Zygote:
    """The serving loop."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.jobs: dict[int, int] = {}
        self.wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(self.wake_read, False)
        self.wake_write = wake_write
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        # SLURM and terminals signal every process; the executor decides for this one.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _send(self, message: dict[str, Any]) -> None:
        self.connection.sendall(json.dumps(message).encode() + b"\n")

    def _start(self, request: dict[str, Any]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self.connection.close()
            os.close(self.wake_read)
            os.close(self.wake_write)
            become_job(request, parent)
        self.jobs[pid] = request["id"]
        self._send({"id": request["id"], "pid": pid})

    def _reap(self) -> None:
        while self.jobs:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            if pid in self.jobs:
                self._send(
                    {
                        "id": self.jobs.pop(pid),
                        "status": os.waitstatus_to_exitcode(status),
                        "cpu_seconds": usage.ru_utime + usage.ru_stime,
                        "max_rss_kb": usage.ru_maxrss,
                    }
                )

    def serve(self) -> None:
        """Answer requests until the executor closes its end."""
        pending = b""
        while True:
            descriptors = [self.connection.fileno(), self.wake_read]
            ready, _, _ = select.select(descriptors, [], [])
            if self.wake_read in ready:
                os.read(self.wake_read, 4096)
                self._reap()
            if self.connection.fileno() in ready:
                received = self.connection.recv(1 << 16)
                if not received:
                    return
                *requests, pending = (pending + received).split(b"\n")
                for request in requests:
                    self._start(json.loads(request))


def main(arguments: list[str]) -> None:
    """Serve the socket whose file descriptor is the first argument."""
    connection = socket.socket(fileno=int(arguments[0]))
    zygote = Zygote(connection)
    # Nothing that imports make is garbage: collecting meanwhile would be for nothing.
    gc.disable()
    preload([name for name in arguments[1].split(",") if name])
    keep_finalizers_to_parent()
    gc.freeze()
    gc.enable()
    try:
        zygote.serve()
    except ConnectionError:
        pass  # The executor was killed: nobody is left to answer.
    finally:
        for pid in zygote.jobs:
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
    # Taking down what was imported costs as much as a short job.
    os._exit(0)
