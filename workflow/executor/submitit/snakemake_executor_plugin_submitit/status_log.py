"""The lines about the tasks that the user reads on the terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any


class StatusLog:
    """Reports each thing once."""

    def __init__(self, logger: Any, status_seconds: float) -> None:
        self.logger = logger
        self.status_seconds = status_seconds
        self._said: dict[str, str] = {}
        self._status = ("", 0.0)

    def report(self, text: str, key: str | None = None) -> None:
        """Log a line; one with a key only when it says something new."""
        if key is not None:
            if self._said.get(key) == text:
                return
            self._said[key] = text
        self.logger.info(f"submitit: {text}")

    def clear(self, key: str) -> None:
        """What a line with this key complained about is over."""
        if self._said.pop(key, None) is not None:
            self.report("SLURM is answering again")

    def show_status(self, line: str, queue: Mapping[str, Any]) -> None:
        """Log the status line if it has changed and the last one is old enough.

        Args:
            queue: the same in numbers, for loggers that show it otherwise.
        """
        shown, at = self._status
        now = time.monotonic()
        if self.status_seconds and line != shown and now - at >= self.status_seconds:
            self._status = (line, now)
            self.logger.info(line, extra={"queue": queue})
