"""A command that ends with all it has started: at its own end, at a time limit, and with us.

A process of ours keeps it: the keeper has a session of its own, so that no signal that is meant for
us reaches it, and ends the command when we ask for that or are gone, killed or not.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any

from hyperverdict.programs.orphans import (
    dies_with_us,
    end_new_children,
    signal_group,
    start_adopting,
)

# Between SIGINT, which lets code clean up, and SIGKILL.
GRACE_SECONDS = 2.0
# What a command that has ended leaves running may end by itself, as Python's own helpers do.
_LINGER_SECONDS = 0.5
# The keeper needs no longer to end all of it.
_KEEPER_SECONDS = 20.0
_LOOK_SECONDS = 0.2


def run_contained(
    command: Sequence[str],
    seconds: float,
    output: IO[Any],
    environment: Mapping[str, str] | None = None,
    errors: int | IO[Any] = subprocess.STDOUT,
) -> int:
    """Run a command to its end; its exit code, negative for the signal that killed it.

    Nothing that it has started is left, whatever becomes of it or of us.

    Args:
        seconds: its time limit; raises subprocess.TimeoutExpired.
        output: a file that takes what it prints. A file, and no pipe: nobody waits for its end.
        environment: of the command; ours by default.
        errors: takes what it prints to its standard error; `output` by default.

    Raises OSError where it cannot be started.
    """
    request = {"command": list(command), "environment": dict(environment or os.environ)}
    reading, writing = os.pipe()
    with open(reading, "rb") as answer:
        try:
            keeper = _start_keeper(writing, output, errors)
        finally:
            os.close(writing)
        try:
            assert keeper.stdin is not None
            # A keeper that has ended tells why by its exit code.
            with contextlib.suppress(BrokenPipeError):
                keeper.stdin.write(json.dumps(request).encode() + b"\n")
                keeper.stdin.flush()
            keeper.wait(seconds)
        finally:
            _end(keeper)
        content = answer.read()
    said = json.loads(content) if content else {"code": keeper.returncode}
    if "errno" in said:
        raise OSError(said["errno"], said["why"], said["file"])
    return int(said["code"])


def _start_keeper(writing: int, output: IO[Any], errors: int | IO[Any]) -> subprocess.Popen[bytes]:
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(writing)],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=errors,
        env={**os.environ, "PYTHONPATH": path},
        pass_fds=[writing],
        start_new_session=True,
    )


def _end(keeper: subprocess.Popen[bytes]) -> None:
    """Let the keeper end what it keeps, where that still runs, and wait for it."""
    assert keeper.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        keeper.stdin.close()
    try:
        keeper.wait(_KEEPER_SECONDS)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()


class _Keeper:
    """The other side: it starts the command, waits, and leaves nothing running."""

    def __init__(self, lifeline: int) -> None:
        self._lifeline = lifeline
        self._told = False
        start_adopting()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._tell)

    def _tell(self, number: int, frame: FrameType | None) -> None:
        self._told = True

    def keep(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run the command; its exit code. Raises OSError where it cannot be started."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
            preexec_fn=dies_with_us(),
        )
        try:
            self._wait(process)
            if process.poll() is None:
                signal_group(process.pid, signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(GRACE_SECONDS)
            else:
                _let_linger()
        finally:
            signal_group(process.pid, signal.SIGKILL)
            code = process.wait()
            end_new_children(frozenset())
        return code

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the command has ended, or is to be ended."""
        watched = select.poll()
        watched.register(self._lifeline, select.POLLIN)
        with _descriptor_of(process.pid) as descriptor:
            if descriptor is not None:
                watched.register(descriptor, select.POLLIN)
            while process.poll() is None and not self._told:
                ready = watched.poll(1000 * _LOOK_SECONDS)
                # Nothing more is written to it: it is ready when we are asked to end, or alone.
                self._told |= any(which == self._lifeline for which, _ in ready)


@contextlib.contextmanager
def _descriptor_of(pid: int) -> Iterator[int | None]:
    """A file descriptor that is ready when a process has ended; None where there is none."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _let_linger() -> None:
    """Wait a moment for processes that end by themselves."""
    until = time.monotonic() + _LINGER_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)


def _main() -> None:
    """Keep the command on the first line of standard input; tell how it ended."""
    writing = int(sys.argv[1])
    os.set_inheritable(writing, False)
    lifeline = sys.stdin.fileno()
    content = b""
    while not content.endswith(b"\n"):
        received = os.read(lifeline, 1 << 16)
        if not received:
            return
        content += received
    request = json.loads(content)
    try:
        said: dict[str, Any] = {
            "code": _Keeper(lifeline).keep(request["command"], request["environment"])
        }
    except OSError as error:
        said = {"errno": error.errno, "why": error.strerror, "file": error.filename}
    with contextlib.suppress(BrokenPipeError):
        os.write(writing, json.dumps(said).encode())


if __name__ == "__main__":
    _main()
