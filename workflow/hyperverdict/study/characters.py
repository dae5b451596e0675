"""Characters that no text of a study can mean: control characters, and halves of characters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hyperverdict.study.strict_yaml import Place
from hyperverdict.words.safe import unprintable

# Parts with levels and names that runs or tables of the user hold, whatever those are.
_OF_THE_USER = frozenset(
    {"baseline", "hypotheses", "explore", "hyperparameters", "columns", "ignore", "states"}
)
# What is only read by people.
_PROSE = frozenset({"says", "title", "unit"})


def wrong_characters(content: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """The places of texts and keys with such a character, each with what is wrong and allowed."""
    if isinstance(content, dict):
        for key, value in content.items():
            inner = (*place, key)
            if text := _problem(str(key), inner):
                yield inner, text
            else:
                yield from wrong_characters(value, inner)
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from wrong_characters(value, (*place, number))
    elif isinstance(content, str) and (text := _problem(content, place)):
        yield place, text


def _problem(text: str, place: Place) -> str:
    """What is wrong with one text; "" for nothing."""
    code, half = unprintable(text)
    if half:
        return f"{code} is half a character; write the character itself"
    holds_any = place[0] in _OF_THE_USER and place[-1] not in _PROSE
    if code and (not holds_any or "\0" in text):
        return f"{code} is a control character; only line ends and tabs are allowed"
    return ""
