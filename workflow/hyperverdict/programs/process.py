"""One child process: started without a shell, its output in a log, ended with all it started."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hyperverdict.errors import UserError
from hyperverdict.programs.guard import Guard
from hyperverdict.programs.log import CappedLog
from hyperverdict.programs.memory import memory_kills, was_killed
from hyperverdict.programs.orphans import adopting, children, end_new_children, signal_group
from hyperverdict.training.stopping import StopRequest

logger = logging.getLogger(__name__)

# How often a running child is looked at where the system does not wake us, and where it does.
_POLL_SECONDS, _WOKEN_SECONDS = 0.02, 0.25
# Time for a checkpoint between a forwarded SIGTERM and SIGKILL; executors give us 30 s in all.
GRACE_SECONDS = 20.0
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes:
        code: its exit code; negative for the signal that killed it.
        seconds: wall time.
        stopped: we were asked to stop and passed it on.
        out_of_memory: the kernel killed it for memory, for certain.
    """

    code: int
    seconds: float
    stopped: bool = False
    out_of_memory: bool = False


class Child(Protocol):
    """A process that runs one seed, with all that it starts.

    Attributes:
        output: file descriptor of the pipe that all of it writes to.
        shares_output: something else keeps that pipe open, so that it has no end.
        woken: file descriptor that is readable when `poll` may have news; None where there is none.
    """

    output: int
    shares_output: bool
    woken: int | None

    def poll(self) -> int | None:
        """Its exit code once it has ended; negative for the signal that killed it."""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process group."""

    def finish(self) -> bool:
        """End it, where it still runs, and what it has left running; whether it has left any."""

    def close(self) -> None:
        """Give back what it took to follow it."""


def run_child(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    stop: StopRequest,
    guard: Guard,
    grace_seconds: float = GRACE_SECONDS,
) -> Ended:
    """Run a command to its end; see `follow_child`.

    It reads nothing from standard input. Raises UserError when it cannot be started.

    Args:
        guard: ends it should we be killed.
    """
    with adopting():
        return follow_child(lambda: _Started(command, environment, guard), log, stop, grace_seconds)


def follow_child(
    start: Callable[[], Child], log: Path, stop: StopRequest, grace_seconds: float = GRACE_SECONDS
) -> Ended:
    """Follow a child, once started, to its end; its output is appended to `log`.

    SIGTERM to us is forwarded to the child and all in its process group; what it leaves running is
    killed, also what has a session of its own.
    """
    kills = memory_kills()
    with CappedLog(log) as output:
        started = time.monotonic()
        child = start()
        try:
            try:
                code, stopped = _follow(child, output, stop, grace_seconds)
            finally:
                left = child.finish()
                _drain(child, output)
        finally:
            child.close()
        seconds = time.monotonic() - started
    if left:
        logger.warning("the program left processes running; they were ended")
    return Ended(code, seconds, stopped, was_killed(code) and _rose(kills))


def _rose(kills: int | None) -> bool:
    """Whether the kernel has killed for memory since; False where it does not say."""
    now = memory_kills()
    return kills is not None and now is not None and now > kills


class _Started:
    """A command that we have started; see `Child`."""

    shares_output = False

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], guard: Guard
    ) -> None:
        self._before, self._guard = children(), guard
        self._process = _start(command, environment)
        guard.watch(self._process.pid)
        assert self._process.stdout is not None
        self._pipe = self._process.stdout
        self.output = self._pipe.fileno()
        os.set_blocking(self.output, False)
        self.woken = _descriptor_of(self._process.pid)

    def poll(self) -> int | None:
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        signal_group(self._process.pid, number)

    def finish(self) -> bool:
        in_group = False
        if self.poll() is None:
            self.signal(signal.SIGKILL)
            self._process.wait()
        else:
            in_group = signal_group(self._process.pid, signal.SIGKILL)
        self._guard.watch(0)
        return in_group | bool(end_new_children(self._before))

    def close(self) -> None:
        self._pipe.close()
        if self.woken is not None:
            os.close(self.woken)


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise UserError(f"train.command: {_not_found(command[0], error)}") from None
    except PermissionError:
        why = "it is a folder" if Path(command[0]).is_dir() else f"chmod +x {command[0]} allows it"
        raise UserError(
            f"train.command: {command[0]!r} cannot be started: permission denied ({why}, or name "
            "the program that reads it first, as in `python train.py`)"
        ) from None
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        why = getattr(error, "strerror", None) or str(error)
        hint = (
            "; a script needs a first line such as #!/bin/sh, or its program named before it"
            if isinstance(error, OSError) and "format" in why.lower()
            else ""
        )
        raise UserError(f"train.command: {command[0]!r} cannot be started ({why}{hint})") from None


def _not_found(program: str, error: OSError) -> str:
    """Why a program is not found: it is missing, or the one that its first line names is."""
    path = Path(program)
    if "/" not in program or not path.is_file():
        where = "" if "/" in program else " on the PATH of this environment"
        return f"{program!r} is not found{where}"
    with path.open("rb") as file:
        first = file.readline(200)
    if first.endswith(b"\r\n"):
        return (
            f"{program!r} cannot be started: its lines end as on Windows (CRLF), so that its first "
            f"line names no program; convert it, as with sed -i 's/\\r$//' {program}"
        )
    named = first.decode(errors="replace").strip().removeprefix("#!")
    return f"{program!r} cannot be started: its first line names {named!r}, which is not found"


def _descriptor_of(pid: int) -> int | None:
    """A file descriptor that becomes readable when a child ends; None where there is none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _follow(
    child: Child, output: CappedLog, stop: StopRequest, grace_seconds: float
) -> tuple[int, bool]:
    """Copy the child's output until it has ended; (its exit code, whether it was asked to stop)."""
    asked_at, killed = 0.0, False
    watched = select.poll()
    watched.register(child.output, select.POLLIN)
    if child.woken is not None:
        watched.register(child.woken, select.POLLIN)
    wait = 1000 * (_POLL_SECONDS if child.woken is None else _WOKEN_SECONDS)
    while (code := child.poll()) is None:
        if stop.requested and not asked_at:
            asked_at = time.monotonic()
            child.signal(signal.SIGTERM)
        if asked_at and not killed and time.monotonic() - asked_at > grace_seconds:
            logger.warning(f"the program did not end in {grace_seconds:.0f} s; it is killed")
            killed = True
            child.signal(signal.SIGKILL)
        for descriptor, _ in watched.poll(wait):
            if descriptor == child.output and not _copy(child.output, output):
                watched.unregister(child.output)
    return code, bool(asked_at)


def _copy(pipe: int, output: CappedLog) -> bool:
    """Copy what a pipe holds now, at most a chunk; False at its end."""
    try:
        content = os.read(pipe, _CHUNK)
    except BlockingIOError:
        return True
    output.write(content)
    return bool(content)


def _drain(child: Child, output: CappedLog) -> None:
    """Copy what is left in the pipe; whoever wrote to it has been ended."""
    try:
        while content := os.read(child.output, _CHUNK):
            output.write(content)
    except BlockingIOError:
        if not child.shares_output:
            logger.warning("the program's output is still held open by a process of its own")
