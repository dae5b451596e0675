"""The process that imports a user's module once and forks a process for every seed.

It is forked from the job before the job starts threads, so that a fork is a sound copy. It imports
the module with the first seed. Where the module starts threads or a GPU when it is imported, a fork
would be none: every seed then gets a new Python.
"""

from __future__ import annotations

import atexit
import gc
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, NoReturn, TextIO

from hyperverdict.errors import UserError
from hyperverdict.programs.orphans import dies_with_us
from hyperverdict.programs.process import Child, Ended, follow_child
from hyperverdict.programs.seed import Request, imported, reseed, run_seed
from hyperverdict.training.stopping import StopRequest

_LINE = 1 << 16


@dataclass(frozen=True)
class Answer:
    """How one seed's process ended.

    Attributes:
        ended: exit code and time.
        refused: why there was none; "" where there was.
        note: what people should know, once.
    """

    ended: Ended | None = None
    refused: str = ""
    note: str = ""


class Helper:
    """The job's side of the helper."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        with_us = dies_with_us()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                ours.close()
                if with_us is not None:
                    with_us()
                _Server(theirs).serve()
            finally:
                os._exit(1)
        theirs.close()
        self._socket = ours

    def run(self, request: Request, log: Path, stop: StopRequest) -> Answer:
        """Run one seed; SIGTERM to us, which sets `stop`, is passed on.

        Args:
            log: what it prints, also while the module is imported.

        Raises UserError when the helper has died, as importing a module may make it.
        """
        line = json.dumps({"request": request.to_json(), "log": str(log)})
        told = False
        self._socket.settimeout(0.25)
        received = b""
        try:
            self._socket.sendall(line.encode() + b"\n")
            while not received.endswith(b"\n"):
                if stop.requested and not told:
                    told = True
                    os.kill(self._pid, signal.SIGTERM)
                try:
                    part = self._socket.recv(_LINE)
                except TimeoutError:
                    continue
                if not part:
                    raise UserError(self._how_it_ended(request.call))
                received += part
        except OSError:
            raise UserError(self._how_it_ended(request.call)) from None
        raw = json.loads(received)
        ended = Ended(**raw["ended"]) if raw["ended"] else None
        return Answer(ended, raw["refused"], raw["note"])

    def _how_it_ended(self, call: str) -> str:
        _, status = os.waitpid(self._pid, 0)
        code = os.waitstatus_to_exitcode(status)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        module = call.partition(":")[0]
        return f"train.call: importing {module} ended the process with {how}"

    def close(self) -> None:
        """End it."""
        self._socket.close()
        try:
            os.waitpid(self._pid, 0)
        except ChildProcessError:
            return


class _Forked:
    """A fork as `follow_child` follows it."""

    def __init__(self, run: Callable[[], NoReturn]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        reading, writing = os.pipe()
        with_us = dies_with_us()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                if with_us is not None:
                    with_us()
                os.setsid()
                os.close(reading)
                _standard_streams(writing)
                run()
            finally:
                os._exit(1)
        os.close(writing)
        self.returncode: int | None = None
        self.stdout: IO[bytes] | None = os.fdopen(reading, "rb", buffering=0)

    def poll(self) -> int | None:
        """See Popen.poll."""
        return self._wait(os.WNOHANG)

    def wait(self) -> int:
        """See Popen.wait."""
        code = self._wait(0)
        assert code is not None
        return code

    def _wait(self, options: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:
                pid, status = self.pid, 0
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


class _Server:
    """The helper's loop."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._function: Callable[..., Any] | None = None
        self._why_new = ""
        self._stop = StopRequest()

    def serve(self) -> NoReturn:
        """Answer requests until the job closes its end."""
        _become_plain()
        with self._stop, self._connection.makefile("rb") as lines:
            for line in lines:
                raw = json.loads(line)
                answer = self._answer(Request.from_json(raw["request"]), Path(raw["log"]))
                self._connection.sendall(json.dumps(asdict(answer)).encode() + b"\n")
        os._exit(0)

    def _answer(self, request: Request, log: Path) -> Answer:
        first = self._function is None
        if first:
            try:
                self._import(request, log)
            except UserError as error:
                return Answer(refused=str(error))
        ended = follow_child(lambda: self._start(request), log, self._stop)
        return Answer(ended, note=self._why_new if first else "")

    def _import(self, request: Request, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            _standard_streams(output.fileno())
        self._function = imported(request)
        self._why_new = why_not_forked()
        # Seeds do not collect what they share: a collection would copy all of it.
        gc.freeze()

    def _start(self, request: Request) -> Child:
        if self._why_new:
            return subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.seed", request.to_json()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_us(),
            )
        assert self._function is not None
        function = self._function

        def run() -> NoReturn:
            self._connection.close()
            logging.getLogger("hyperverdict").handlers.clear()
            reseed()
            run_seed(function, request)

        return _Forked(run)


def _become_plain() -> None:
    """Make this fork of a job look like a new process to the user's code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    atexit._clear()
    logging.captureWarnings(False)
    root, ours = logging.getLogger(), logging.getLogger("hyperverdict")
    for handler in list(root.handlers):
        root.removeHandler(handler)
        ours.addHandler(handler)
    ours.propagate = False
    ours.setLevel(root.level)
    root.setLevel(logging.WARNING)
    # multiprocessing would run the job's script again in every process that it spawns.
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.argv = ["train"]
    sys.stdout, sys.stderr = _stream(1), _stream(2)


def _stream(descriptor: int) -> TextIO:
    """A stream that writes every line at once: a process may die after it."""
    return open(
        descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def _standard_streams(writing: int) -> None:
    """Let this process print to a file descriptor, and read nothing."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, writing), (2, writing)):
        os.dup2(source, target)
    os.close(nothing)


def why_not_forked() -> str:
    """Why a fork of this process would be no sound copy; "" where it would."""
    try:
        threads = len(os.listdir("/proc/self/task"))
    except OSError:
        threads = threading.active_count()
    if threads > 1:
        return "importing it starts threads"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "importing it starts the GPU"
    return ""
