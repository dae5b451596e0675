"""What happened to the jobs of one array task: an append-only file of JSON lines.

The task on the node is its only writer, the submitting Snakemake only reads it, and it survives
both. A half-written last line (a killed node, a full disk) is ended by the next line. The last
member of each line is a checksum: SHA-256, shortened, of the line with zeros in its place. A line
that does not fit it is not believed, but named. Lines of earlier versions carry none.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

LEDGER_VARIABLE = "SNAKEMAKE_SUBMITIT_LEDGER"
CHECKPOINTED_STATUS = 85
# The job reached its time limit without a checkpoint: its next start is its next attempt.
OVERRAN = "overran"
FINAL_EVENTS = frozenset({"done", "failed", OVERRAN})
LINE_KEY = "line_checksum"
_MARK = "sha256-of-this-line:"
_DIGITS = 16


def job_key(rule: str, wildcards: Mapping[str, Any]) -> str:
    """The name of a job inside its workflow."""
    items = sorted((name, str(value)) for name, value in wildcards.items())
    return json.dumps([rule, *items], separators=(",", ":"))


def job_label(rule: str, wildcards: Mapping[str, Any]) -> str:
    """The job's name for people."""
    inside = ", ".join(f"{name}={value}" for name, value in sorted(wildcards.items()))
    return f"{rule} ({inside})" if inside else rule


def sealed_line(entry: Mapping[str, Any]) -> str:
    """The line of an entry, without its end."""
    text = json.dumps({**entry, LINE_KEY: _MARK + "0" * _DIGITS}, default=str)
    start = text.rindex(_MARK) + len(_MARK)
    return text[:start] + _digest(text) + text[start + _DIGITS :]


def parse_line(line: str) -> dict[str, Any]:
    """The entry of a line without its end; raises ValueError where it is damaged."""
    entry = json.loads(line)
    if not isinstance(entry, dict) or not isinstance(entry.get("event"), str):
        raise ValueError("no entry of a ledger")
    if LINE_KEY not in entry and _MARK not in line:
        return entry
    entry.pop(LINE_KEY, None)
    # Written anew, so that nothing around the checksum may differ either.
    if sealed_line(entry) != line:
        raise ValueError("its checksum does not fit")
    return entry


def _digest(text: str) -> str:
    """The checksum of a line that has zeros in its place."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


class LedgerReader:
    """Reads what was added since the last call.

    `damaged` holds the numbers, from 1, of the lines that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged: list[int] = []
        self._restart(None)

    def _restart(self, inode: int | None) -> None:
        self._inode = inode
        self._offset = self._lines = 0

    def new_entries(self) -> list[dict[str, Any]]:
        """Entries appended since the last call; none while the file does not exist.

        All of them where the file is another one or has become shorter.
        """
        try:
            facts = self.path.stat()
            if facts.st_ino != self._inode or facts.st_size < self._offset:
                self._restart(facts.st_ino)
            if facts.st_size <= self._offset:
                return []
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        return self._parsed(complete.decode(errors="replace"))

    def _parsed(self, text: str) -> list[dict[str, Any]]:
        entries = []
        for line in text.split("\n")[:-1]:
            self._lines += 1
            try:
                entries.append(parse_line(line))
            except (ValueError, RecursionError):
                if self._lines not in self.damaged:
                    self.damaged.append(self._lines)
        return entries


def damage_of(path: Path, lines: Iterable[int]) -> str | None:
    """What is wrong with a ledger, in words; None where no line is damaged."""
    numbers = ", ".join(map(str, lines))
    if not numbers:
        return None
    which, counts = ("lines", "count") if "," in numbers else ("line", "counts")
    return (
        f"{which} {numbers} of {path} cannot be read and {counts} for nothing: the file is "
        "damaged, or the disk was full"
    )


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
        data = sealed_line(entry).encode() + b"\n"
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
