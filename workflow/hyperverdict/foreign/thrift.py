"""Thrift's compact protocol, in which Parquet writes its footer and the headers of its pages."""

from __future__ import annotations

from typing import Any

# Structures and lists in one another; about six are written.
_DEEPEST = 32
# Bytes of the longest number.
_LONGEST = 10
_TRUE, _FALSE, _BYTE, _SHORT, _INT, _LONG, _DOUBLE, _TEXT, _LIST, _SET, _MAP, _STRUCT = range(1, 13)


def read_struct(content: bytes, at: int) -> tuple[dict[int, Any], int]:
    """(the fields of the structure that starts at a byte, where it ends).

    Fields are numbers, structures and lists of them; None stands for any other value.

    Raises ValueError where there is no whole structure.
    """
    try:
        return _struct(content, at, _DEEPEST)
    except IndexError:
        raise ValueError("a structure is cut off") from None


def _struct(content: bytes, at: int, deeper: int) -> tuple[dict[int, Any], int]:
    found: dict[int, Any] = {}
    field = 0
    while head := content[at]:
        kind, step = head & 15, head >> 4
        at += 1
        if step:
            field += step
        else:
            field, at = _number(content, at)
        if kind in (_TRUE, _FALSE):
            found[field] = None
        else:
            found[field], at = _value(content, at, kind, deeper)
    return found, at + 1


def _value(content: bytes, at: int, kind: int, deeper: int) -> tuple[Any, int]:
    if kind in (_SHORT, _INT, _LONG):
        return _number(content, at)
    if kind == _TEXT:
        length, at = _unsigned(content, at)
        return None, at + length
    if kind in (_TRUE, _FALSE, _BYTE):
        return None, at + 1
    if kind == _DOUBLE:
        return None, at + 8
    if kind in (_STRUCT, _LIST, _SET) and not deeper:
        raise ValueError("structures are nested too deeply")
    if kind == _STRUCT:
        return _struct(content, at, deeper - 1)
    if kind in (_LIST, _SET):
        return _list(content, at, deeper - 1)
    raise ValueError(f"a structure holds a value of kind {kind}, which Parquet does not use")


def _list(content: bytes, at: int, deeper: int) -> tuple[list[Any], int]:
    size, kind = content[at] >> 4, content[at] & 15
    at += 1
    if size == 15:
        size, at = _unsigned(content, at)
    found = []
    for _ in range(size):
        # Every value takes a byte, so that a list ends with its file at the latest.
        content[at]
        value, at = _value(content, at, kind, deeper)
        found.append(value)
    return found, at


def _unsigned(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_LONGEST):
        byte = content[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError("a number is too long")


def _number(content: bytes, at: int) -> tuple[int, int]:
    value, at = _unsigned(content, at)
    return (value >> 1) ^ -(value & 1), at
