"""The errors of a study file, gathered so that all of them are shown at once.

Each part of the file is read on its own. What needs a part that is wrong is left unread: one slip
gives one message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hyperverdict.errors import UserError, combined
from hyperverdict.study.strict_yaml import Place

T = TypeVar("T")

# How deep the parts of the file lie that are read on their own; 1 where nothing is said.
_DEPTHS = {"baseline": 2, "metrics": 2, "hypotheses": 3, "explore": 3}
_EXPECT = "expect"


class AlreadyNotedError(Exception):
    """What is read needs a part of the file whose error is noted already."""


@dataclass
class Problems:
    """What is wrong with one study file so far.

    Attributes:
        file: the study file; None for a study made in code.
        broken: the parts that have an error -> what stands there; None where nothing does.
    """

    file: Path | None = None
    errors: list[UserError] = field(default_factory=list)
    broken: dict[Place, Any] = field(default_factory=dict)

    def add(self, error: UserError) -> None:
        """Note an error."""
        self.errors.append(error)

    def attempt(self, read: Callable[[], T]) -> T | None:
        """What `read` gives; None after an error, which is noted."""
        try:
            return read()
        except UserError as error:
            self.add(error)
        except AlreadyNotedError:
            pass
        return None

    def take_out(self, content: dict[str, Any], place: Place) -> dict[str, Any]:
        """The content without the part that `place` lies in, which is broken."""
        part = part_of(place)
        value: Any = content
        for key in part:
            value = value.get(key) if isinstance(value, dict) else None
        self.broken.setdefault(part, value)
        return _without(content, part) if part else content

    def is_broken(self, *places: Place) -> bool:
        """Whether one of these places, something in it or what it is in has an error."""
        return any(
            part[: len(place)] == place[: len(part)] for place in places for part in self.broken
        )

    def raise_any(self) -> None:
        """Raise the errors noted, as one UserError; nothing where there are none."""
        if self.errors:
            raise combined(self.errors, self.file or "")


def needed(value: T | None) -> T:
    """A value that was read before; AlreadyNotedError where it could not be."""
    if value is None:
        raise AlreadyNotedError
    return value


def part_of(place: Place) -> Place:
    """The part of the file that a place lies in: what is read on its own."""
    if not place:
        return place
    depth = _DEPTHS.get(str(place[0]), 1)
    return place[: depth + (place[2:3] == (_EXPECT,))]


def _without(content: dict[str, Any], part: Place) -> dict[str, Any]:
    """The content without one of its parts; what it holds is left as it is."""
    key, *rest = part
    inner = content.get(str(key))
    if not rest:
        return {name: value for name, value in content.items() if name != key}
    if not isinstance(inner, dict):
        return content
    return {**content, str(key): _without(inner, tuple(rest))}
