"""Death notes: `<log>.death.json` beside a job's log says why an attempt ended from outside."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from .stored import write_json

NOTE_SUFFIX = ".death.json"
REASONS = {
    "OUT_OF_MEMORY": "out_of_memory",
    "TIMEOUT": "time_limit",
    "DEADLINE": "time_limit",
    "PREEMPTED": "preempted",
    "NODE_FAIL": "node_failure",
    "BOOT_FAIL": "node_failure",
    "CANCELLED": "cancelled",
}


def reason_of(state: str) -> str:
    """The note's word for SLURM's state."""
    return REASONS.get(state, "killed")


def note_path(log: str) -> Path:
    """Where the note of a job with this log lies."""
    return Path(log + NOTE_SUFFIX)


def write_note(log: str | None, state: str, **values: Any) -> None:
    """Leave a note; a job without a log gets none, and a full disk is no reason to fail."""
    if log is None:
        return
    path = note_path(log)
    note = {"reason": reason_of(state), "slurm_state": state, "time": time.time(), **values}
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, note)


def remove_note(log: str | None) -> None:
    """The job has succeeded: earlier deaths no longer matter."""
    if log is not None:
        with contextlib.suppress(OSError):
            note_path(log).unlink(missing_ok=True)
