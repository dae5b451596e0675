"""Processes that a program has started: found whatever they did, and ended with it.

On Linux the kernel is asked for help. Elsewhere only the program's own process group is ended.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

# Says in the environment of a program, and of all it starts, whose they are.
MARK = "HYPERVERDICT_RUN"
_PROC = Path("/proc")
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 1, 36, 37
_SECONDS_TO_END = 5.0


def mark_of(folder: Path) -> str:
    """What marks the processes of a run: the job that started them, and the run's folder."""
    me = os.getpid()
    return f"{me} {_started(me)} {folder.absolute()}"


def dies_with_us() -> Callable[[], None] | None:
    """What a child must call first so that it ends with us, even by kill -9; None elsewhere."""
    prctl, parent = _prctl(), os.getpid()
    if prctl is None:
        return None

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return ask


@contextmanager
def adopting() -> Iterator[None]:
    """While entered, processes whose parents have ended become our children, not the system's."""
    prctl = _prctl()
    before = ctypes.c_int(0)
    if prctl is not None:
        prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0)
        start_adopting()
    try:
        yield
    finally:
        if prctl is not None:
            prctl(_PR_SET_CHILD_SUBREAPER, before.value, 0, 0, 0)


def start_adopting() -> None:
    """From now on, processes whose parents have ended become our children."""
    if (prctl := _prctl()) is not None:
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@cache
def _prctl() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        found: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None
    return found


def children() -> frozenset[int]:
    """Our children, adopted ones included; none where the system does not say."""
    try:
        # Much quicker than a look at every process; not every kernel has it.
        texts = [
            _read(f"/proc/self/task/{task}/children") for task in os.listdir("/proc/self/task")
        ]
        return frozenset(int(pid) for text in texts for pid in text.split())
    except OSError:
        me = os.getpid()
        return frozenset(pid for pid in _processes() if _parent(pid) == me)


def _read(file: str) -> str:
    with open(file) as opened:
        return opened.read()


def signal_group(group: int, number: signal.Signals) -> bool:
    """Send a signal to a process group; False when nobody is left in it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end_new_children(before: frozenset[int]) -> int:
    """Kill our children that were not there before, and theirs; how many there were."""
    ended: set[int] = set()
    until = time.monotonic() + _SECONDS_TO_END
    while time.monotonic() < until:
        left = children() - before
        if not left:
            break
        for pid in left:
            ended.add(pid)
            _kill(pid)
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue
        time.sleep(0.005)
    return len(ended)


def end_left_behind(folder: Path) -> int:
    """Kill what a job that was killed has left running for this run; how many there were.

    Processes of a job that still runs are left alone.
    """
    wanted = str(folder.absolute())
    left = []
    for pid in _processes():
        job, started, place = _read_mark(pid)
        if place == wanted and pid != os.getpid() and _started(job) != started:
            left.append(pid)
    for pid in left:
        _kill(pid)
    until = time.monotonic() + _SECONDS_TO_END
    while any(map(_runs, left)) and time.monotonic() < until:
        time.sleep(0.01)
    return len(left)


def end_marked(mark: str) -> None:
    """Kill all processes that bear a mark, also those that they start meanwhile."""
    until = time.monotonic() + _SECONDS_TO_END
    while time.monotonic() < until:
        left = [pid for pid in _processes() if _mark(pid) == mark and _runs(pid)]
        if not left:
            return
        for pid in left:
            _kill(pid)
        time.sleep(0.01)


def _mark(pid: int) -> str:
    """What the environment of a process says it is of; "" where it says nothing."""
    try:
        content = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return ""
    start = f"{MARK}=".encode()
    found = next((entry for entry in content.split(b"\0") if entry.startswith(start)), b"")
    return os.fsdecode(found.removeprefix(start))


def _read_mark(pid: int) -> tuple[int, str, str]:
    """(job, when it started, the run's folder) of a process of ours; (0, "", "") for others."""
    parts = _mark(pid).split(" ", 2)
    return (int(parts[0]), parts[1], parts[2]) if len(parts) == 3 and parts[0].isdigit() else (
        0, "", "",
    )  # fmt: skip


def _processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROC) if name.isdigit()]
    except OSError:
        return []


def _stat(pid: int) -> list[str]:
    """Fields of a process from its state on; empty when it is gone."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if len(fields) > 1 else 0


def _started(pid: int) -> str:
    """When a process started, in ticks since the machine did; "" when it is gone."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def _runs(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] not in ("Z", "X")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
