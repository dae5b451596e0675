"""The one exception that a user sees: a message, never a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Something in the user's input is wrong; the message says what, where and what is allowed."""


def first_line(error: Exception) -> str:
    """The first line of another program's message, or the name of its error where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def nearest(word: object, allowed: Iterable[str]) -> str:
    """The hint after an unknown word: its nearest match, or all that is allowed."""
    names = sorted(allowed)
    match = get_close_matches(str(word), names, n=1)
    if match:
        return f"did you mean {match[0]!r}?"
    return f"allowed: {', '.join(names)}"
