"""Slips between { } and [ ] that YAML reads as something else: commas, colons, brackets.

YAML reads ``{learning_rate: 0,001}`` as learning_rate 0 and a key 001 without a value, and
``[0,001]`` as the two numbers 0 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hyperverdict.vocabulary.spellings import CLOSING_QUOTES, OPENING_QUOTES, odd_space, plain

_DIGITS = re.compile(r"[+-]?\d+")
_LEADING_ZERO = re.compile(r"0\d+")
# A number's second half: 001, 400 samples, 10x, 5%.
_HALF = re.compile(r"(\d+(?:[eE][+-]?\d+)?)(\s*[^\W\d].*|\s*%|)")
_GLUED = re.compile(r"([\w-]+(?: [\w-]+)*):(\S.*|)", re.DOTALL)
_EQUALS = re.compile(r"([\w-]+)\s*=\s*(\S.*)")
_APART = re.compile(r"([\w-]+)\s+(\S+)")
_NO_SPACE, _NO_COLON = "a space is missing after the colon", "a colon is missing after the key"
# The values that a message shows of a list without brackets.
_SHOWN = 4


def key_slips(node: MappingNode) -> Iterator[tuple[ScalarNode, str, str]]:
    """Keys without a value in { }: (the first of them in a row, the key that is meant, words)."""
    before: tuple[Node, Node] | None = None
    run: list[ScalarNode] = []
    for key, value in [*node.value, (None, None)]:
        if key is not None and is_bare(key, value):
            run.append(key)
            continue
        if run:
            yield run[0], *_without_value(run, before)
        run, before = [], (key, value)


def is_bare(key: Node, value: Node) -> bool:
    """Whether a key in { } has neither colon nor value."""
    return (
        isinstance(key, ScalarNode)
        and key.style is None
        and isinstance(value, ScalarNode)
        and value.value == ""
        and value.style is None
        and value.start_mark.index == key.end_mark.index
    )


def key_slip(key: ScalarNode, value: Node) -> str:
    """What is wrong with a key that has a value: "width:64" is no key, nor is one in quotes “ ”."""
    glued = _GLUED.fullmatch(key.value)
    if key.style is not None:
        return ""
    if glued and glued.group(2)[:1] in ("[", "{", '"', "'"):
        return f"{_NO_SPACE}; write {glued.group(1)}: {glued.group(2)}"
    return word_slip(key.value)


def _without_value(run: list[ScalarNode], before: tuple[Node, Node] | None) -> tuple[str, str]:
    """The key that is meant, and what to write where one or several keys have no value."""
    first = run[0]
    text = plain(first.value)
    glued, equals, apart = (p.fullmatch(text) for p in (_GLUED, _EQUALS, _APART))
    if before is not None and isinstance(before[1], ScalarNode) and before[1].style is None:
        name, start = before[0].value, before[1]
        if start.end_mark.index + 1 == first.start_mark.index:
            cut = _cut(start.value, text, f"{name}: ")
            if cut:
                return name, cut
        values = [start.value.lstrip("(["), *(key.value.rstrip(")]") for key in run)]
        if _DIGITS.fullmatch(values[1]) or start.value[:1] == "(":
            shown = ", ".join(values[:_SHOWN])
            return name, f"a list stands in brackets; write {name}: [{shown}]"
    if text != first.value and ":" in text:
        return text.partition(":")[0], f"a non-breaking space stands in it; write {text}"
    if glued and not glued.group(2):
        return glued.group(1), f"a value is missing after {glued.group(1)}"
    for found, what in ((glued, _NO_SPACE), (equals, _NO_COLON), (apart, _NO_COLON)):
        if found:
            return found.group(1), f"{what}; write {found.group(1)}: {found.group(2)}"
    if before is None and _DIGITS.fullmatch(text):
        shown = ", ".join(key.value for key in run)
        return text, f"a list stands in square brackets; write [{shown}]"
    return text, f"a colon and a value are missing after {text}"


def _cut(start: str, half: str, name: str = "") -> str:
    """What to write for a number that a comma has cut in two, "" where the parts are none."""
    found = _HALF.fullmatch(half)
    if not _DIGITS.fullmatch(start) or found is None:
        return ""
    digits, rest = found.groups()
    if len(digits) == 3 and start.strip("+-") != "0":
        return f"a comma separates entries here; write {name}{start}{digits}{rest}"
    return f"a decimal comma? write {name}{start}.{digits}{rest}"


def item_slips(node: SequenceNode) -> Iterator[tuple[int, str]]:
    """Entries in [ ] that a comma has cut in two: (position of the entry, what to write)."""
    for number, item in enumerate(node.value):
        if not isinstance(item, ScalarNode) or item.style is not None:
            continue
        start = node.value[number - 1] if number else None
        is_cut = isinstance(start, ScalarNode) and start.end_mark.index + 1 == item.start_mark.index
        cut = _cut(start.value, item.value) if is_cut and start is not None else ""
        if _LEADING_ZERO.fullmatch(item.value):
            yield number, cut or f"{item.value} starts with a zero; write {int(item.value)}"
        elif cut and not _DIGITS.fullmatch(item.value):
            yield number, cut


def word_slip(text: str) -> str:
    """What is wrong with a plain word that holds what cannot be seen, or typographic quotes."""
    odd = odd_space(text)
    if odd:
        shown = "".join(c if c.isprintable() else " " for c in text).strip()
        return f"{odd} stands at {shown!r}; type it again with ordinary spaces"
    inner = text[1:-1]
    if text[:1] in OPENING_QUOTES and text[-1:] in CLOSING_QUOTES and inner and " " not in inner:
        return f'{text} is in typographic quotes; write {inner}, or straight quotes: "{inner}"'
    return ""
