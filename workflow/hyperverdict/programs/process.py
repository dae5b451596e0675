"""One child process: started without a shell, its output in a log, ended with all it started."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from hyperverdict.errors import UserError
from hyperverdict.programs.log import CappedLog
from hyperverdict.programs.memory import memory_kills, was_killed
from hyperverdict.programs.orphans import adopting, children, dies_with_us, end_new_children
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
    """A process that we have started: a Popen, or what behaves like one.

    Its process id is that of its process group; `stdout` is the pipe of all its output.
    """

    pid: int
    returncode: int | None
    stdout: IO[bytes] | None

    def poll(self) -> int | None:
        """Its exit code once it has ended."""

    def wait(self) -> int:
        """Its exit code, when it has ended."""


def run_child(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    stop: StopRequest,
    grace_seconds: float = GRACE_SECONDS,
) -> Ended:
    """Run a command to its end; see `follow_child`.

    It reads nothing from standard input. Raises UserError when it cannot be started.
    """
    return follow_child(lambda: _start(command, environment), log, stop, grace_seconds)


def follow_child(
    start: Callable[[], Child], log: Path, stop: StopRequest, grace_seconds: float = GRACE_SECONDS
) -> Ended:
    """Follow a child, once started, to its end; its output is appended to `log`.

    SIGTERM to us is forwarded to the child and all in its process group; what it leaves running is
    killed, also what has a session of its own.
    """
    kills, before = memory_kills(), children()
    with CappedLog(log) as output, adopting():
        started = time.monotonic()
        child = start()
        try:
            stopped = _follow(child, output, stop, grace_seconds)
        finally:
            left = _end_group(child) | bool(end_new_children(before))
            _drain(child, output)
        seconds = time.monotonic() - started
    if left:
        logger.warning("the program left processes running; they were ended")
    now = memory_kills()
    rose = kills is not None and now is not None and now > kills
    code = -signal.SIGKILL if child.returncode is None else child.returncode
    return Ended(code, seconds, stopped, was_killed(code) and rose)


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=dies_with_us(),
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


@contextmanager
def _woken_at_end(child: Child) -> Iterator[int | None]:
    """A file descriptor that becomes readable when the child ends; None where there is none."""
    try:
        descriptor = os.pidfd_open(child.pid)
    except (AttributeError, OSError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _follow(child: Child, output: CappedLog, stop: StopRequest, grace_seconds: float) -> bool:
    """Copy the child's output until it has ended; whether it was asked to stop."""
    assert child.stdout is not None
    asked_at, open_pipe = 0.0, True
    with _woken_at_end(child) as end:
        while child.poll() is None:
            if stop.requested and not asked_at:
                asked_at = time.monotonic()
                signal_group(child, signal.SIGTERM)
            if asked_at and time.monotonic() - asked_at > grace_seconds:
                logger.warning(f"the program did not end in {grace_seconds:.0f} s; it is killed")
                signal_group(child, signal.SIGKILL)
                child.wait()
                break
            pipe = [child.stdout.fileno()] if open_pipe else []
            watched = [*pipe, *([] if end is None else [end])]
            wait = _POLL_SECONDS if end is None else _WOKEN_SECONDS
            ready, _, _ = select.select(watched, [], [], wait)
            if pipe and pipe[0] in ready:
                content = os.read(pipe[0], _CHUNK)
                open_pipe = bool(content)
                output.write(content)
    return bool(asked_at)


def _drain(child: Child, output: CappedLog) -> None:
    """Copy what is left in the pipe; whoever held it has been ended."""
    assert child.stdout is not None
    os.set_blocking(child.stdout.fileno(), False)
    try:
        while content := os.read(child.stdout.fileno(), _CHUNK):
            output.write(content)
    except BlockingIOError:
        logger.warning("the program's output is still held open by a process of its own")
    finally:
        child.stdout.close()


def _end_group(child: Child) -> bool:
    """Kill the child and its process group; whether it has left processes running there."""
    if child.poll() is None:
        signal_group(child, signal.SIGKILL)
        child.wait()
        return False
    return signal_group(child, signal.SIGKILL)


def signal_group(child: Child, number: signal.Signals) -> bool:
    """Send a signal to the child's process group; False when nobody is left in it."""
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
