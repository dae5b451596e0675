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
import time
import types
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

from hyperverdict.errors import UserError
from hyperverdict.programs.orphans import (
    children,
    dies_with_us,
    end_new_children,
    signal_group,
    start_adopting,
)
from hyperverdict.programs.process import Ended, follow_child
from hyperverdict.programs.seed import Request, imported, reseed, run_seed
from hyperverdict.training.stopping import StopRequest

_LINE = 1 << 16
_SECONDS_TO_END = 5.0
# What makes the helper signal the seed's process group -> what it sends.
_PASSED_ON = {signal.SIGTERM: signal.SIGTERM, signal.SIGUSR1: signal.SIGKILL}


@dataclass(frozen=True)
class Answer:
    """How one seed's process ended, as the helper says it.

    Attributes:
        code: its exit code; negative for the signal that killed it.
        seconds: wall time.
        left: it has left processes running.
        refused: why there was none; "" where there was.
        note: what people should know, once.
    """

    code: int = 0
    seconds: float = 0.0
    left: bool = False
    refused: str = ""
    note: str = ""


class Helper:
    """The job's side of the helper, which writes all its output to one pipe."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        with_us = dies_with_us()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                ours.close()
                os.close(reading)
                if with_us is not None:
                    with_us()
                _standard_streams(writing)
                os.close(writing)
                _Server(theirs).serve()
            finally:
                os._exit(1)
        theirs.close()
        os.close(writing)
        os.set_blocking(reading, False)
        self.output, self.socket, self.has_died = reading, ours, False

    def run(self, request: Request, log: Path, stop: StopRequest) -> tuple[Answer, Ended]:
        """Run one seed; SIGTERM to us, which sets `stop`, is passed on.

        Args:
            log: what it prints, also while the module is imported.

        Raises UserError when the helper has died, as importing a module may make it.
        """
        seed = _Seed(self, request)
        ended = follow_child(seed.start, log, stop)
        assert seed.answer is not None
        return seed.answer, replace(ended, seconds=seed.answer.seconds)

    def close(self) -> None:
        """End it."""
        self.socket.close()
        os.close(self.output)
        try:
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            return


class _Seed:
    """One seed's process, which the helper starts and ends; see `Child`."""

    shares_output = True

    def __init__(self, helper: Helper, request: Request) -> None:
        self._helper, self._request = helper, request
        self.output = helper.output
        self.woken: int | None = helper.socket.fileno()
        self.answer: Answer | None = None
        self._received = b""

    def start(self) -> _Seed:
        """Ask the helper for it."""
        try:
            self._helper.socket.sendall(self._request.to_json().encode() + b"\n")
        except OSError:
            raise self._helper_died() from None
        return self

    def poll(self) -> int | None:
        try:
            part = self._helper.socket.recv(_LINE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            raise self._helper_died() from None
        if not part:
            raise self._helper_died()
        self._received += part
        if not part.endswith(b"\n"):
            return None
        self.answer = Answer(**json.loads(self._received))
        return self.answer.code

    def _helper_died(self) -> UserError:
        self._helper.has_died = True
        _, status = os.waitpid(self._helper.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        module = self._request.call.partition(":")[0]
        return UserError(f"train.call: importing {module} ended the process with {how}")

    def signal(self, number: signal.Signals) -> None:
        # By the helper, which knows whether there is a seed yet, and whether it still is.
        asked = next(ask for ask, sent in _PASSED_ON.items() if sent == number)
        os.kill(self._helper.pid, asked)

    def finish(self) -> bool:
        # The helper ends what a seed leaves before it answers.
        if self.answer is None and not self._helper.has_died:
            self._end_early()
        return self.answer is not None and self.answer.left

    def _end_early(self) -> None:
        """End it although it still runs, and the helper with it where that does not answer."""
        self.signal(signal.SIGKILL)
        until = time.monotonic() + _SECONDS_TO_END
        with suppress(UserError):
            while self.poll() is None:
                if time.monotonic() > until:
                    os.kill(self._helper.pid, signal.SIGKILL)
                time.sleep(0.01)

    def close(self) -> None:
        """The helper keeps what it takes for the next seed."""


class _Server:
    """The helper's loop."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._function: Callable[..., Any] | None = None
        self._why_new = ""
        self._running = 0
        self._asked: list[signal.Signals] = []

    def serve(self) -> NoReturn:
        """Answer requests until the job closes its end."""
        _become_plain()
        start_adopting()
        for number in _PASSED_ON:
            signal.signal(number, self._pass_on)
        # Terminals signal every process; the job decides for this one.
        signal.signal(signal.SIGINT, lambda *_: None)
        with self._connection.makefile("rb") as lines:
            for line in lines:
                answer = self._answer(Request.from_json(line))
                self._connection.sendall(json.dumps(vars(answer)).encode() + b"\n")
        os._exit(0)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._asked.append(_PASSED_ON[signal.Signals(number)])
        self._signal_seed()

    def _signal_seed(self) -> None:
        """Send the seed what it is to get, once there is one."""
        while self._running and self._asked:
            number = self._asked.pop(0)
            if not signal_group(self._running, number):
                # It has no group of its own yet.
                os.kill(self._running, number)

    def _answer(self, request: Request) -> Answer:
        first = self._function is None
        if first:
            try:
                self._import(request)
            except UserError as error:
                return Answer(refused=str(error))
        before, began = children(), time.monotonic()
        seed = self._start(request)
        code = self._code_of(seed)
        left = signal_group(seed, signal.SIGKILL) | bool(end_new_children(before))
        return Answer(code, time.monotonic() - began, left, note=self._why_new if first else "")

    def _import(self, request: Request) -> None:
        self._function = imported(request)
        self._why_new = why_not_forked()
        # Seeds do not collect what they share: a collection would copy all of it.
        gc.freeze()

    def _start(self, request: Request) -> int:
        """Start the process of one seed; its process id."""
        # A seed that is told to stop before it listens hears it when it does (`run_seed`).
        signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
        try:
            self._running = self._new(request) if self._why_new else self._forked(request)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        self._signal_seed()
        return self._running

    def _new(self, request: Request) -> int:
        process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.seed", request.to_json()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=dies_with_us(),
        )
        # We wait for it ourselves.
        process.returncode = 0
        return process.pid

    def _forked(self, request: Request) -> int:
        assert self._function is not None
        sys.stdout.flush()
        sys.stderr.flush()
        with_us = dies_with_us()
        process = os.fork()
        if process == 0:
            try:
                if with_us is not None:
                    with_us()
                os.setsid()
                self._connection.close()
                signal.signal(signal.SIGUSR1, signal.SIG_DFL)
                reseed()
                run_seed(self._function, request)
            finally:
                os._exit(1)
        return process

    def _code_of(self, seed: int) -> int:
        """Wait for the end of a seed's process; its exit code."""
        try:
            _, status = os.waitpid(seed, 0)
        except ChildProcessError:
            status = 0
        finally:
            self._running = 0
        return os.waitstatus_to_exitcode(status)


def _become_plain() -> None:
    """Make this fork of a job look like a new process to the user's code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    atexit._clear()
    logging.captureWarnings(False)
    root = logging.getLogger()
    root.handlers.clear()
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
