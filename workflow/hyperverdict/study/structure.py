"""The structure of a study file: its JSON schema, and where its values stand for messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml

from hyperverdict.claims import TYPES
from hyperverdict.errors import UserError, nearest
from hyperverdict.study.strict_yaml import Place

T = TypeVar("T")

TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


@cache
def base_schema() -> dict[str, Any]:
    """The schema of everything in a study file but the keys of the claim types."""
    text = files("hyperverdict").joinpath("schemas/study.schema.yaml").read_text(encoding="utf-8")
    return cast(dict[str, Any], yaml.safe_load(text))


@cache
def study_schema() -> dict[str, Any]:
    """The whole schema of a study file, as an editor would use it."""
    schema = dict(base_schema())
    definitions = dict(schema["$defs"])
    hypothesis = dict(definitions["hypothesis"])
    claim_keys = {key: entry for kind in TYPES for key, entry in kind.schema.items()}
    hypothesis["properties"] = {**hypothesis["properties"], **claim_keys}
    definitions["hypothesis"] = hypothesis
    return {**schema, "$defs": definitions}


@cache
def common_keys() -> frozenset[str]:
    """The keys of a hypothesis that belong to no claim type."""
    return frozenset(base_schema()["$defs"]["hypothesis"]["properties"])


@dataclass(frozen=True)
class Source:
    """Where the values of a study stand, for messages.

    Attributes:
        path: the study file; None for a study made in code, whose messages name the key alone.
    """

    path: Path | None = None
    lines: Mapping[Place, int] = field(default_factory=dict)

    def error(self, place: Place, message: object) -> UserError:
        """A message naming file, line and key."""
        key = ".".join(map(str, place))
        named = [key] if key else []
        if self.path is not None:
            named.insert(0, f"{self.path}, line {self._line(place)}")
        return UserError(": ".join([", ".join(named), str(message)] if named else [str(message)]))

    def _line(self, place: Place) -> int:
        inner = (place[:n] for n in range(len(place), -1, -1))
        return next((self.lines[part] for part in inner if part in self.lines), 1)

    def at(self, place: Place, read: Callable[[], T]) -> T:
        """What `read` gives; its UserError gains file, line and key."""
        try:
            return read()
        except UserError as error:
            located = self.error(place, error)
            # An unanswerable claim stays one.
            raise type(error)(str(located)) from None


def check_structure(raw: Any, source: Source) -> dict[str, Any]:
    """The content of a study, refused with one UserError where it breaks the schema."""
    from jsonschema import Draft202012Validator

    if not isinstance(raw, dict):
        raise source.error((), "a study file is a mapping that starts with 'study: NAME'")
    errors = sorted(
        Draft202012Validator(study_schema()).iter_errors(raw),
        key=lambda e: (len(e.absolute_path) == 0, source.lines.get(tuple(e.absolute_path), 0)),
    )
    if errors:
        raise _structure_error(errors[0], source)
    return raw


def _structure_error(error: Any, source: Source) -> UserError:
    """A jsonschema error in the reader's words."""
    while error.context:
        error = min(error.context, key=lambda e: (-len(e.absolute_path), e.validator == "type"))
    place: Place = tuple(error.absolute_path)
    value = error.instance
    if error.validator == "additionalProperties":
        allowed = error.schema.get("properties", {})
        unknown = next(key for key in value if key not in allowed)
        return source.error(
            (*place, unknown), f"unknown key {unknown!r}; {nearest(unknown, allowed)}"
        )
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in value)
        hint = error.schema["properties"].get(missing, {}).get("description", "")
        return source.error(
            place, f"key {missing!r} is missing ({hint})" if hint else f"key {missing!r} is missing"
        )
    if error.validator == "enum":
        return source.error(
            place, f"{value!r} is not allowed; {nearest(value, map(str, error.validator_value))}"
        )
    described = error.schema.get("description", "")
    wanted = f" ({described})" if described else ""
    if error.validator == "type":
        kinds = error.validator_value
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return source.error(
            place, f"{value!r} must be {' or '.join(TYPE_WORDS[k] for k in kinds)}{wanted}"
        )
    return source.error(place, f"{error.message}{wanted}")
