"""Text that any picture can hold."""

from __future__ import annotations

import unicodedata

# Characters that change the direction of what follows, and cannot be seen.
_UNSEEN = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)


def shown(text: str, *, lines: bool = False) -> str:
    """The text without characters that no XML holds or that nobody sees.

    Args:
        lines: keep line breaks; else every white space is one space.
    """
    kept = "".join(_shown(character) for character in text)
    if lines:
        return "\n".join(" ".join(line.split()) for line in kept.split("\n"))
    return " ".join(kept.split())


def cut(text: str, longest: int) -> str:
    """The text; the middle of a longer one is left out."""
    if len(text) <= longest:
        return text
    kept = (longest - 3) // 2
    return f"{text[:kept]} … {text[-kept:]}"


def _shown(character: str) -> str:
    if character in _UNSEEN:
        return ""
    if character in "\n\t":
        return character
    kind = unicodedata.category(character)
    if kind == "Cc":
        return " "
    return "\ufffd" if kind == "Cs" or character in "\ufffe\uffff" else character
