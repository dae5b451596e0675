"""The log of a program: whatever it prints, with its head and its tail kept where it is long."""

from __future__ import annotations

import os
import re
from io import FileIO
from pathlib import Path
from types import TracebackType

HEAD_BYTES = 1_000_000
TAIL_BYTES = 1_000_000
_LONGEST_LINE = 300
# Colours, cursor movements, and characters that are no text.
_UNPRINTABLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\t\x20-\x7e\u00a0-\U0010ffff]")


class CappedLog:
    """A file that keeps the head and the tail of what is written to it.

    It is written as it comes, so that people can follow it, and cut in the middle when it is more
    than twice as long as what is kept.
    """

    def __init__(self, path: Path, head: int = HEAD_BYTES, tail: int = TAIL_BYTES) -> None:
        self._path, self._head, self._tail = path, head, tail

    def __enter__(self) -> CappedLog:
        try:
            self._file = self._opened()
        except FileNotFoundError:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._opened()
        self._size = os.fstat(self._file.fileno()).st_size
        return self

    def _opened(self) -> FileIO:
        # Without a buffer, and so that nothing is asked of the file but what is needed.
        return FileIO(self._path, "a+")

    def write(self, content: bytes) -> None:
        """Append; the middle is cut once it is long."""
        self._append(content)
        self._size += len(content)
        if self._size > self._head + 2 * self._tail:
            self._cut()

    def _append(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]

    def _cut(self) -> None:
        self._file.seek(0)
        head = self._file.read(self._head)
        self._file.seek(-self._tail, 2)
        tail = self._file.read(self._tail)
        self._file.truncate(0)
        said = b"\n[... the middle of this output was left out: it is too long ...]\n"
        self._append(head + said + tail)
        # The next cut finds this note at the end of the head, where it stays.
        self._size = len(head) + len(said) + len(tail)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._size > self._head + self._tail + 1000:
            self._cut()
        self._file.close()


def last_lines(log: Path, count: int = 5, most_bytes: int = 20_000) -> list[str]:
    """The last lines of a log that are not blank, as text for people: cut where they are long."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - most_bytes))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    # A progress bar rewrites its line.
    lines = (line.rstrip().rpartition("\r")[2] for line in text.split("\n"))
    shown = (_UNPRINTABLE.sub("", line).rstrip() for line in lines)
    return [_short(line) for line in shown if line.strip()][-count:]


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."
