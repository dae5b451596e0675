"""What happened to the jobs of one array task: an append-only file of JSON lines.

The task on the node is its only writer, the submitting Snakemake only reads it, and it survives
both. A half-written last line (a killed node, a full disk) is ignored and ended by the next line.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

TASK_FILE_VARIABLE = "SNAKEMAKE_SUBMITIT_TASK"
CHECKPOINTED_STATUS = 85
# The job reached its time limit without a checkpoint: its next start is its next attempt.
OVERRAN = "overran"
FINAL_EVENTS = frozenset({"done", "failed", OVERRAN})


def job_key(rule: str, wildcards: Mapping[str, Any]) -> str:
    """The name of a job inside its workflow."""
    items = sorted((name, str(value)) for name, value in wildcards.items())
    return json.dumps([rule, *items], separators=(",", ":"))


def job_label(rule: str, wildcards: Mapping[str, Any]) -> str:
    """The job's name for people."""
    inside = ", ".join(f"{name}={value}" for name, value in sorted(wildcards.items()))
    return f"{rule} ({inside})" if inside else rule


def parse_lines(text: str) -> list[dict[str, Any]]:
    """The complete entries of a ledger's text."""
    entries = []
    for line in text.split("\n")[:-1]:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(entry, dict) and "event" in entry:
            entries.append(entry)
    return entries


class LedgerReader:
    """Reads what was added since the last call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def new_entries(self) -> list[dict[str, Any]]:
        """Entries appended since the last call; none while the file does not exist."""
        try:
            if self.path.stat().st_size <= self._offset:
                return []
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        return parse_lines(complete.decode(errors="replace"))


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """All entries of a ledger."""
    return LedgerReader(path).new_entries()


def last_events(entries: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The last entry of each job, by key."""
    return {entry["key"]: entry for entry in entries if "key" in entry}


class LedgerWriter:
    """Appends entries, each in one write and forced to the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.node = os.environ.get("SLURMD_NODENAME") or socket.gethostname()
        self._lock = threading.Lock()

    def _ends_cleanly(self) -> bool:
        try:
            with self.path.open("rb") as file:
                if file.seek(0, os.SEEK_END) == 0:
                    return True
                file.seek(-1, os.SEEK_END)
                return file.read(1) == b"\n"
        except FileNotFoundError:
            return True

    def append(self, event: str, **values: Any) -> None:
        """Add one entry; raises OSError when the file system takes none."""
        entry = {"event": event, "time": time.time(), "node": self.node, **values}
        data = json.dumps(entry, default=str).encode() + b"\n"
        with self._lock:
            if not self._ends_cleanly():
                data = b"\n" + data
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                if os.write(descriptor, data) != len(data):
                    raise OSError(f"short write to {self.path}: no space left?")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def outputs_state(paths: Iterable[str]) -> dict[str, list[int]]:
    """Size and modification time (ns) of the outputs that exist."""
    state = {}
    for path in paths:
        try:
            facts = os.stat(path)
        except OSError:
            continue
        state[path] = [facts.st_size, facts.st_mtime_ns]
    return state
