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
from hyperverdict.study.characters import wrong_characters
from hyperverdict.study.misplaced import Keys, synonym
from hyperverdict.study.miswritten import hint
from hyperverdict.study.problems import Problems
from hyperverdict.study.strict_yaml import Place
from hyperverdict.vocabulary.aliases import own_name
from hyperverdict.vocabulary.vocabulary import OURS
from hyperverdict.words.numbers import count

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
# The most characters of a value that a message shows.
LONGEST = 60
# What ids are made of.
NAME = "letters, digits, _ and -"


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


def file_key(word: str, value: Any) -> str:
    """The key of a study file that an unknown word stands for, "" for none.

    Args:
        value: what is written for it; a mapping belongs to a key that holds one.
    """
    entries = base_schema()["properties"].items()
    fitting = [k for k, e in entries if (e.get("type") == "object") == isinstance(value, dict)]
    return match(word, fitting) or own_name(word, ("data",))


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
    names = value if is_table and isinstance(value, dict) else ()
    known = study_schema()["$defs"]["hypothesis"]["properties"]
    return tuple(str(name) for name in names if name not in (*known, "from", "to"))


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


def mapping_of(raw: Any, source: Source) -> dict[str, Any]:
    """The keys and values of a file; UserError for a list, a text or nothing."""
    if isinstance(raw, dict):
        return raw
    kind = "empty" if raw is None else "text"
    kind = 'a list; remove the "- " before its keys' if isinstance(raw, list) else kind
    text = f"a study file is a mapping that starts with 'study: NAME'; this one is {kind}"
    raise source.error((), text)


def check_parts(raw: Any, source: Source, problems: Problems) -> dict[str, Any]:
    """The parts of a study that keep to the schema; what breaks it is noted in `problems`.

    Raises UserError for what has no parts.
    """
    from jsonschema import Draft202012Validator

    sound = mapping_of(raw, source)
    for place, text in wrong_characters(raw):
        problems.add(source.error(place, text))
        sound = problems.take_out(sound, place)
    keys = Keys(study_schema(), _settings(raw))
    for place, text in keys.misplaced_entries(sound):
        if text:
            problems.add(source.error(place, text))
        sound = problems.take_out(sound, place)
    found = [
        located
        for error in Draft202012Validator(study_schema()).iter_errors(sound)
        for located in _structure_errors(error, source, keys)
    ]
    for place, error in found:
        if error is not None and not problems.is_broken(place):
            problems.add(error)
    for place, _ in found:
        sound = problems.take_out(sound, place)
    return sound


def _settings(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """What may stand under baseline: our hyperparameters, or those that the study declares."""
    if "train" not in raw:
        return tuple(OURS.described)
    declared = raw.get("hyperparameters")
    return tuple(map(str, declared)) if isinstance(declared, dict) else ()


def _structure_errors(
    error: Any, source: Source, keys: Keys
) -> Iterator[tuple[Place, UserError | None]]:
    """The messages for a jsonschema error, each with the place that is wrong.

    A key that is missing because it is misspelled has no message of its own.
    """
    while error.context:
        error = min(error.context, key=_remoteness)
    place: Place = tuple(error.absolute_path)
    value, allowed = error.instance, error.schema.get("properties", {})
    deep = keys.too_deep(place[:4])
    if deep:
        yield place[:4], source.error(place[:4], deep)
    elif error.validator == "additionalProperties":
        for unknown in (key for key in value if key not in allowed):
            advice = keys.advice(place, unknown, value[unknown], allowed)
            text = f"unknown key {unknown!r}{advice}"
            yield (*place, unknown), source.error((*place, unknown), text)
    elif error.validator == "required":
        unknown = [key for key in value if key not in allowed]
        meant = {word for key in unknown for word in (match(key, allowed), synonym(key, allowed))}
        for missing in (key for key in error.validator_value if key not in value):
            described = allowed.get(missing, {}).get("description", "")
            text = f"key {missing!r} is missing{f' ({described})' if described else ''}"
            located = None if missing in meant else source.error(place, text)
            yield (*place, missing), located
    else:
        is_key = "propertyNames" in error.absolute_schema_path
        inner = (*place, value) if is_key else place
        yield inner, source.error(inner, _broken_rule(error, place))


def _remoteness(error: Any) -> tuple[int, int]:
    """How little one of several rules, of which a value must keep one, seems to be meant."""
    words = error.validator == "enum" and not isinstance(error.instance, str)
    return -len(error.absolute_path), 2 if error.validator == "type" else int(words)


def _broken_rule(error: Any, place: Place) -> str:
    """What a value must be, in the reader's words."""
    value = error.instance
    described = error.schema.get("description", "")
    wanted = f" ({described})" if described else ""
    instead = hint(place, value, error.schema, error.validator)
    if error.validator == "enum":
        allowed = instead or f"; {nearest(value, map(str, error.validator_value))}"
        return f"{value!r} is not allowed{allowed}"
    if error.validator == "pattern":
        return f"{value!r} is not a name{wanted or f' ({NAME})'}{instead}"
    if error.validator == "type":
        kinds = error.validator_value
        kinds = [kinds] if isinstance(kinds, str) else kinds
        must = f"must be {' or '.join(TYPE_WORDS[k] for k in kinds if k != 'null')}"
        return f"{_short(value)} {must}{instead or wanted}"
    if error.validator == "maxProperties":
        names, most = ", ".join(map(str, value)), count(error.validator_value, "entry")
        return f"{names}: it takes at most {most}, not {len(value)}{wanted}"
    return f"{error.message}{wanted}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
