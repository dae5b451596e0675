"""Whether a program ended because memory ran out."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
# What programs print last when memory ran out, of the machine or of its device.
_SAID = re.compile(
    r"\bMemoryError\b|CUDA out of memory|OutOfMemoryError|CUDA_ERROR_OUT_OF_MEMORY|std::bad_alloc"
    r"|RESOURCE_EXHAUSTED|Cannot allocate memory|Unable to allocate .* for an array"
)


def memory_kills(own: Path = Path("/proc/self/cgroup"), root: Path = _CGROUPS) -> int | None:
    """How often the kernel has killed in our control group for memory; None where unsaid."""
    try:
        groups = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return None
    for _, controllers, group in (entry for entry in groups if len(entry) == 3):
        if controllers == "":
            file = root / group.lstrip("/") / "memory.events"
        elif "memory" in controllers.split(","):
            file = root / "memory" / group.lstrip("/") / "memory.oom_control"
        else:
            continue
        try:
            values = dict(line.split(maxsplit=1) for line in file.read_text().splitlines())
            return int(values["oom_kill"])
        except (OSError, ValueError, KeyError):
            continue
    return None


def was_killed(code: int) -> bool:
    """Whether an exit code says SIGKILL, directly or through a shell."""
    return code in (-signal.SIGKILL, 128 + signal.SIGKILL)


def says_out_of_memory(lines: Iterable[str]) -> bool:
    """Whether the last lines of a log are those of a program whose memory ran out."""
    return any(_SAID.search(line) for line in lines)
