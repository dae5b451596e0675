"""Hyperparameters that a study or a user's function declares: kind, allowed levels, spelling.

One level has one canonical value and one spelling, whatever way it was written: 1e-3 and 0.001, 4
and 4.0. Text is percent-encoded in paths, so that any value makes one safe folder name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, unquote

from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.hyperparameters import Hyperparameter, Level, as_number, number_text

Kind = Literal["number", "whole", "text", "boolean", "numbers", "wholes"]
KINDS: Mapping[Kind, str] = {
    "number": "a number",
    "whole": "a whole number",
    "text": "text",
    "boolean": "true or false",
    "numbers": "a list of numbers",
    "wholes": "a list of whole numbers",
}
# What an empty text and a missing value are in paths; no encoded text is spelled so.
_EMPTY, _NONE = "%", "%none"
# Between the numbers of a list.
_BETWEEN = ","


@dataclass(frozen=True)
class Allowed:
    """The levels that a declared hyperparameter may take.

    Attributes:
        levels: these alone, in canonical form; empty for any.
        low, high: the closed range of a number; None where it is open.
        none: a missing value is allowed, too.
    """

    levels: tuple[Level, ...] = ()
    low: float | None = None
    high: float | None = None
    none: bool = False

    def check(self, level: Level, raw: object) -> Level:
        """The level, or UserError naming what is allowed."""
        if level is None:
            return level
        if self.levels and level not in self.levels:
            names = [spell(allowed) for allowed in self.levels]
            hint = nearest(raw, names) if isinstance(level, str) else ""
            listed = f"allowed: {', '.join(names)}"
            raise UserError(f"{raw!r} is not allowed; {hint if 'mean' in hint else listed}")
        below = self.low is not None and level < self.low
        if below or (self.high is not None and level > self.high):
            raise UserError(f"{raw!r} must be {self.text}")
        return level

    @property
    def text(self) -> str:
        """What is allowed, in words; "" for anything of the kind."""
        if self.levels:
            return ", ".join(map(spell, self.levels))
        low, high = (None if x is None else number_text(x) for x in (self.low, self.high))
        if low and high:
            return f"from {low} to {high}"
        return f"at least {low}" if low else f"at most {high}" if high else ""


def declare(
    name: str,
    default: object,
    *,
    kind: Kind | None = None,
    allowed: object = None,
    unit: str = "",
    title: str = "",
    flag: str = "",
    core: bool = True,
    none: bool = False,
    acts_with: Mapping[str, frozenset[Level]] | None = None,
) -> Hyperparameter:
    """A hyperparameter as its declaration states it.

    Args:
        default: its value where a study states none; its type gives the kind.
        kind: where the default does not say it, or says too much (4 is a number, maybe whole).
        allowed: a list of levels, or ``{"from": low, "to": high}``; anything of the kind when None.
        flag: for true or false: the argument that a command gets for true; nothing for false.
        core: spelled in every path, else only where it differs from the default.
        none: a missing value is a level; it is one, too, where it is the default.

    Raises UserError for a default that has no kind or is not allowed.
    """
    kind = kind or kind_of(default)
    if kind is None:
        raise UserError(f"default {default!r} must be a number, text, true or false")
    none = none or default is None
    limits = _limits(allowed, kind, none)

    def read(raw: object) -> Level:
        return limits.check(read_as(kind, raw, none=none), raw)

    def parse(text: str) -> Level:
        return limits.check(parse_as(kind, text, none=none), text)

    row = Hyperparameter(
        name=name,
        unit=unit,
        description=title or name.replace("_", " "),
        allowed=limits.text or KINDS[kind],
        default=read_as(kind, default, none=none),
        core=core,
        read=read,
        spell=spell,
        acts_with=acts_with or {},
        parse=parse,
        flag=flag,
        kind=kind,
    )
    limits.check(row.default, default)
    return row


def kind_of(value: object) -> Kind | None:
    """The kind of a default; None where it has none."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (list, tuple)) and value and all(kind_of(v) == "number" for v in value):
        return "numbers"
    return "text" if isinstance(value, str) else None


def read_as(kind: Kind, raw: object, *, none: bool = False) -> Level:
    """The canonical level of what a person wrote; UserError for another kind of value."""
    if raw is None and none:
        return None
    return _READERS[kind](raw)


def _number(raw: object) -> Level:
    value = as_number(raw)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _whole(raw: object) -> Level:
    value = _number(raw)
    if not isinstance(value, int):
        raise UserError(f"{raw!r} must be a whole number")
    return value


def _text(raw: object) -> Level:
    if not isinstance(raw, str):
        raise UserError(f"{raw!r} must be text; put it in quotes")
    if "\0" in raw:
        raise UserError(f"{raw!r} holds a null character, which no program can be given")
    return raw


def _boolean(raw: object) -> Level:
    if isinstance(raw, bool):
        return raw
    if raw in ("true", "false"):
        return raw == "true"
    raise UserError(f"{raw!r} must be true or false")


def _numbers(raw: object) -> Level:
    return _list(raw, _number)


def _wholes(raw: object) -> Level:
    return _list(raw, _whole)


def _list(raw: object, read: Callable[[object], Level]) -> Level:
    if not isinstance(raw, (list, tuple)) or not raw:
        raise UserError(f"{raw!r} must be a list of numbers, such as [64, 32]")
    return tuple(read(item) for item in raw)


_READERS: Mapping[Kind, Callable[[object], Level]] = {
    "number": _number,
    "whole": _whole,
    "text": _text,
    "boolean": _boolean,
    "numbers": _numbers,
    "wholes": _wholes,
}


def spell(level: Level) -> str:
    """A level as one path component holds it, and as labels show it."""
    if level is None:
        return _NONE
    if isinstance(level, bool):
        return str(level).lower()
    if isinstance(level, (int, float)):
        return number_text(level)
    if isinstance(level, tuple):
        return _BETWEEN.join(map(number_text, level))
    # `quote` leaves ~ as it is; in paths it parts name and level.
    return quote(level, safe="", encoding="utf-8").replace("~", "%7E") or _EMPTY


def parse_as(kind: Kind, text: str, *, none: bool = False) -> Level:
    """Inverse of `spell`."""
    if none and text == _NONE:
        return None
    if kind == "text":
        return _text("" if text == _EMPTY else unquote(text, errors="strict"))
    if kind in ("numbers", "wholes"):
        return read_as(kind, text.split(_BETWEEN))
    return read_as(kind, text)


def argument_value(kind: str, level: Level) -> Level:
    """A level as a Python function expects it: a float where it declares one, lists as lists."""
    if level is None:
        return None
    if kind == "number":
        return float(level)
    if kind in ("numbers", "wholes"):
        return [float(item) if kind == "numbers" else item for item in level]
    return level


def _limits(allowed: object, kind: Kind, none: bool) -> Allowed:
    if allowed is None:
        return Allowed(none=none)
    if isinstance(allowed, Mapping):
        return _range(allowed, kind, none)
    if not isinstance(allowed, Iterable) or isinstance(allowed, str):
        raise UserError(f"allowed: {allowed!r} must be a list of levels, or {{from: 0, to: 1}}")
    levels = tuple(read_as(kind, raw, none=none) for raw in allowed)
    if not levels:
        raise UserError("allowed: the list holds no level")
    return Allowed(tuple(level for level in levels if level is not None), none=none)


def _range(allowed: Mapping[Any, Any], kind: Kind, none: bool) -> Allowed:
    unknown = [key for key in allowed if key not in ("from", "to")]
    if unknown or not allowed:
        raise UserError(f"allowed: {dict(allowed)!r} must read like {{from: 0, to: 1}}")
    if kind not in ("number", "whole"):
        raise UserError(f"allowed: a range is for numbers, and this is {KINDS[kind]}")
    low, high = (as_number(allowed[k]) if k in allowed else None for k in ("from", "to"))
    if low is not None and high is not None and low > high:
        raise UserError(f"allowed: from {number_text(low)} is above to {number_text(high)}")
    return Allowed(low=low, high=high, none=none)
