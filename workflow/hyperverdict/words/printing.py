"""Where the package prints: whatever a text holds, a terminal only shows it."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from hyperverdict.words.safe import terminal


def say(text: object = "", end: str = "\n") -> None:
    """Print lines on standard output."""
    print(terminal(text), end=end)


def tell(text: object) -> None:
    """Print lines on standard error, at once: notes and errors."""
    print(terminal(text), file=sys.stderr, flush=True)


def say_at_once(text: object) -> None:
    """Print lines on standard output before others write there; nothing where its reader is gone.

    As in ``snakemake -n | head``. What is written there later is lost, too.
    """
    try:
        print(terminal(text), flush=True)
    except BrokenPipeError:
        drop(sys.stdout)


def drop(stream: TextIO) -> None:
    """Let a stream lead nowhere, once nobody reads it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
