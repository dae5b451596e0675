"""The structure of a study file: its JSON schema, and where its values stand for messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml

from hyperverdict.claims import TYPES
from hyperverdict.errors import UserError, match, nearest
from hyperverdict.study.problems import Problems
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
def file_keys() -> frozenset[str]:
    """The keys of a study file."""
    return frozenset(base_schema()["properties"])


@cache
def common_keys() -> frozenset[str]:
    """The keys of a hypothesis that belong to no claim type."""
    return frozenset(base_schema()["$defs"]["hypothesis"]["properties"])


@cache
def is_term(key: str) -> bool:
    """Whether a key of a hypothesis belongs to a claim type, or is nearest to one that does."""
    known = study_schema()["$defs"]["hypothesis"]["properties"]
    return (key if key in known else match(key, known)) in known.keys() - common_keys()


def factors_in(key: str, value: Any) -> tuple[str, ...]:
    """The factors that a key of a hypothesis names with their levels, as far as they are clear."""
    schema = study_schema()["$defs"]["hypothesis"]["properties"].get(key, {})
    is_table = isinstance(schema.get("additionalProperties"), dict) and key not in common_keys()
    return tuple(map(str, value)) if is_table and isinstance(value, dict) else ()


@dataclass(frozen=True)
class Source:
    """Where the values of a study stand, for messages.

    Attributes:
        path: the study file; None for a study made in code, whose messages name the key alone.
    """

    path: Path | None = None
    lines: Mapping[Place, int] = field(default_factory=dict)

    def error(
        self, place: Place, message: object, kind: type[UserError] = UserError, about: str = ""
    ) -> UserError:
        """A message naming file, line and key; `about` is a word below the key, for the line."""
        key = ".".join(map(str, place))
        line = self._line(place, about)
        named = [f"line {line}"] if self.path is not None else []
        within = ", ".join([*named, key] if key else named)
        file = f"{self.path}, " if self.path is not None else ""
        text = f"{within}: {message}" if within else str(message)
        return kind(f"{file}{text}", line=line, within=text)

    def _line(self, place: Place, about: str) -> int:
        below = (
            line
            for inner, line in self.lines.items()
            if about and inner[-1:] == (about,) and inner[: len(place)] == place
        )
        outer = (place[:n] for n in range(len(place), -1, -1))
        found = next(below, None)
        return found or next((self.lines[part] for part in outer if part in self.lines), 1)

    def at(self, place: Place, read: Callable[[], T]) -> T:
        """What `read` gives; its UserError gains file, line and key."""
        try:
            return read()
        except UserError as error:
            # An unanswerable claim stays one.
            raise self.error(place, error, type(error), error.about) from None


def check_structure(raw: Any, source: Source) -> dict[str, Any]:
    """The content of a study, refused with one UserError where it breaks the schema."""
    problems = Problems(source.path)
    sound = check_parts(raw, source, problems)
    problems.raise_any()
    return sound


def check_parts(raw: Any, source: Source, problems: Problems) -> dict[str, Any]:
    """The parts of a study that keep to the schema; what breaks it is noted in `problems`.

    Raises UserError for what has no parts.
    """
    from jsonschema import Draft202012Validator

    if not isinstance(raw, dict):
        raise source.error((), "a study file is a mapping that starts with 'study: NAME'")
    found = [
        located
        for error in Draft202012Validator(study_schema()).iter_errors(raw)
        for located in _structure_errors(error, source)
    ]
    sound = raw
    for place, error in found:
        if error is not None and not problems.is_inside(place):
            problems.add(error)
    for place, _ in found:
        sound = problems.take_out(sound, place)
    return sound


def _structure_errors(error: Any, source: Source) -> Iterator[tuple[Place, UserError | None]]:
    """The messages for a jsonschema error, each with the place that is wrong.

    A key that is missing because it is misspelled has no message of its own.
    """
    while error.context:
        error = min(error.context, key=lambda e: (-len(e.absolute_path), e.validator == "type"))
    place: Place = tuple(error.absolute_path)
    value, allowed = error.instance, error.schema.get("properties", {})
    if error.validator == "additionalProperties":
        for unknown in (key for key in value if key not in allowed):
            text = f"unknown key {unknown!r}; {nearest(unknown, allowed)}"
            yield (*place, unknown), source.error((*place, unknown), text)
    elif error.validator == "required":
        meant = {match(key, allowed) for key in value if key not in allowed}
        for missing in (key for key in error.validator_value if key not in value):
            hint = allowed.get(missing, {}).get("description", "")
            text = f"key {missing!r} is missing{f' ({hint})' if hint else ''}"
            located = None if missing in meant else source.error(place, text)
            yield (*place, missing), located
    else:
        yield place, source.error(place, _broken_rule(error))


def _broken_rule(error: Any) -> str:
    """What a value must be, in the reader's words."""
    value = error.instance
    if error.validator == "enum":
        return f"{value!r} is not allowed; {nearest(value, map(str, error.validator_value))}"
    described = error.schema.get("description", "")
    wanted = f" ({described})" if described else ""
    if error.validator == "type":
        kinds = error.validator_value
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return f"{value!r} must be {' or '.join(TYPE_WORDS[k] for k in kinds)}{wanted}"
    return f"{error.message}{wanted}"
