"""One child process: started without a shell, its output in a file, stopped with all it started."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.training.stopping import StopRequest

logger = logging.getLogger(__name__)

# How often a running child is looked at.
_POLL_SECONDS = 0.02
# Time for a checkpoint between a forwarded SIGTERM and SIGKILL.
GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes:
        code: its exit code; negative for the signal that killed it.
        seconds: wall time.
        stopped: we were asked to stop and passed it on.
    """

    code: int
    seconds: float
    stopped: bool = False


def run_child(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    stop: StopRequest,
    grace_seconds: float = GRACE_SECONDS,
) -> Ended:
    """Run a command to its end; its output is appended to `log`.

    SIGTERM to us is forwarded to the child and all in its process group; what it leaves running is
    killed. Raises UserError when it cannot be started.
    """
    with log.open("ab") as output:
        started = time.monotonic()
        try:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise UserError(f"train.command: {command[0]!r} cannot be started ({error})") from None
        try:
            stopped = _wait(child, stop, grace_seconds)
        finally:
            _end_group(child)
    return Ended(child.returncode, time.monotonic() - started, stopped)


def _wait(child: subprocess.Popen[bytes], stop: StopRequest, grace_seconds: float) -> bool:
    """Wait for the child; whether it was asked to stop."""
    asked_at = 0.0
    while child.poll() is None:
        if stop.requested and not asked_at:
            asked_at = time.monotonic()
            _signal_group(child, signal.SIGTERM)
        if asked_at and time.monotonic() - asked_at > grace_seconds:
            logger.warning(f"the program did not end within {grace_seconds:.0f} s; it is killed")
            _signal_group(child, signal.SIGKILL)
        try:
            child.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    return bool(asked_at)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Kill what the child has left running, and the child itself."""
    if child.poll() is None:
        _signal_group(child, signal.SIGKILL)
        child.wait()
    elif _signal_group(child, signal.SIGKILL):
        logger.warning("the program left processes running; they were ended")


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Send a signal to the child's process group; False when nobody is left in it."""
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def last_lines(log: Path, count: int = 5, most_bytes: int = 20_000) -> list[str]:
    """The last lines of a log that are not blank."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - most_bytes))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]
