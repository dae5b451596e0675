"""Where the package prints: whatever a text holds, a terminal only shows it."""

from __future__ import annotations

import sys

from hyperverdict.words.safe import terminal


def say(text: object = "", end: str = "\n") -> None:
    """Print lines on standard output."""
    print(terminal(text), end=end)


def tell(text: object) -> None:
    """Print lines on standard error, at once: notes and errors."""
    print(terminal(text), file=sys.stderr, flush=True)
