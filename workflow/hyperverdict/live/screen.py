"""One line at the bottom of a terminal that is written again and again, and text above it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

from hyperverdict.words.safe import terminal, terminal_line

ERASE = "\r\x1b[2K"


class Screen:
    """Where lines go.

    Attributes:
        live: there is a line at the bottom; else only text.
        shown: it stands there now.
    """

    def __init__(self, stream: TextIO, *, live: bool, colour: bool) -> None:
        from rich.console import Console

        self.stream = stream
        self.live = live
        self._console = Console(
            file=stream,
            force_terminal=colour,
            no_color=not colour,
            color_system="standard" if colour else None,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
        )
        self.shown = False
        self._others: list[tuple[str, Any]] = []
        self.lock = threading.RLock()

    @property
    def width(self) -> int:
        """Columns that a line may fill."""
        return self._console.size.width - 1

    def show(self, line: str) -> None:
        """Replace the line at the bottom. The cursor is left at its beginning.

        So what a process of a job writes to the terminal stands where the line was, and not behind
        it.
        """
        if self.live:
            with self.lock:
                self._write(f"{ERASE}{terminal_line(line)}\r")
                self.shown = True

    def clear(self) -> None:
        """Remove the line at the bottom."""
        with self.lock:
            if self.shown:
                self._write(ERASE)
                self.shown = False

    def text(self, text: str, style: str = "") -> None:
        """Write text above the line."""
        with self.lock:
            self.clear()
            try:
                self._console.print(terminal(text), style=style or None)
            except OSError:
                # A terminal that is gone ends no run.
                self.live = False

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError:
            self.live = False

    def guard_output(self) -> None:
        """Let what this process prints elsewhere remove the line first."""
        if self.live and not self._others:
            for name in ("stdout", "stderr"):
                original = getattr(sys, name)
                self._others.append((name, original))
                setattr(sys, name, Guarded(original, self.clear))

    def release_output(self) -> None:
        """Let this process print as before."""
        while self._others:
            name, original = self._others.pop()
            setattr(sys, name, original)


class Guarded:
    """A stream before whose text something is done."""

    def __init__(self, stream: TextIO, before: Callable[[], None]) -> None:
        self._stream = stream
        self._before = before

    def write(self, text: str) -> int:
        """Write, once the way is clear."""
        self._before()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
