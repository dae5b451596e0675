"""Where and with what a job ran: code, versions, hardware."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hyperverdict import __version__

COMMIT_VARIABLE = "HYPERVERDICT_COMMIT"
_DIRTY_SUFFIX = "-dirty"


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@cache
def code_state() -> dict[str, Any]:
    """The commit of this code and whether files differ from it.

    From HYPERVERDICT_COMMIT (``<hash>`` or ``<hash>-dirty``) where an executor has set it, else
    from git, else empty.
    """
    given = os.environ.get(COMMIT_VARIABLE)
    if given:
        return {"commit": given.removesuffix(_DIRTY_SUFFIX), "dirty": given.endswith(_DIRTY_SUFFIX)}
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no") if commit else None
    return {"commit": commit or "", "dirty": bool(changes)}


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


@cache
def versions() -> dict[str, str]:
    """Versions of what determines the numbers."""
    found = {"python": platform.python_version(), "hyperverdict": __version__}
    for package in ("torch", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def hardware(device: str) -> dict[str, Any]:
    """CPU model, cores of this job, GPU (empty without) and host name."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "gpu": _gpu_name() if device.startswith("cuda") else "",
        "hostname": platform.node(),
    }


@cache
def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _gpu_name() -> str:
    try:
        import torch
    except ImportError:
        return ""
    return torch.cuda.get_device_name()


def choose_device(asked: str) -> str:
    """``cuda`` when it is asked for and the job was given one, else ``cpu``.

    An empty CUDA_VISIBLE_DEVICES gives none. Where torch is missing, a user's training may use the
    GPU in another way.
    """
    if asked == "cpu" or os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return "cpu"
    try:
        import torch
    except ImportError:
        return "cuda" if Path("/dev/nvidiactl").exists() else "cpu"
    return "cuda" if torch.cuda.is_available() else "cpu"
