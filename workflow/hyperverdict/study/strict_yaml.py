"""YAML as people expect it: 1e-3 is a number, `no` is a word, a key given twice is an error.

ruamel.yaml reads YAML 1.2; this module notes the line of every key and refuses, with one message,
what a study file cannot mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hyperverdict.errors import UserError, combined, first_line

Place = tuple[str | int, ...]

# Aliases of aliases grow without end; no study has as many keys and entries.
MAXIMUM_ENTRIES = 100_000

_TAG = "tag:yaml.org,2002:"
_TEXT, _MERGE, _FLOAT = f"{_TAG}str", f"{_TAG}merge", f"{_TAG}float"
_PLAIN = frozenset(f"{_TAG}{kind}" for kind in ("str", "int", "float", "bool", "null"))
# What YAML reads into plain words, and we do not: dates, a lone "=" and a lone "<<".
_WORDS = frozenset({f"{_TAG}timestamp", f"{_TAG}value", _MERGE})
_COLLECTIONS = frozenset({f"{_TAG}map", f"{_TAG}seq"})


@dataclass(frozen=True)
class Document:
    """A YAML file as it was read.

    Attributes:
        content: plain (dict, list, str, int, float, bool and None), its keys text; what an error
            is about is left out or is text.
        lines: the line (from 1) of every key and list entry by its place.
        errors: what a study cannot mean though it is YAML, each with its place.
    """

    content: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    errors: list[tuple[Place, UserError]] = field(default_factory=list)


def read_yaml(path: Path) -> tuple[Any, dict[Place, int]]:
    """The content of a YAML file, and the line (from 1) of every key and list entry by its place.

    The content is plain: dict, list, str, int, float, bool and None; keys are text.
    Raises UserError naming file and line when the file is missing, is not YAML or repeats a key.
    """
    return parse_yaml(read_text(path), path)


def parse_yaml(text: str, path: Path) -> tuple[Any, dict[Place, int]]:
    """The same for a text, which messages call `path`."""
    document = parse_document(text, path)
    if document.errors:
        raise combined((error for _, error in document.errors), path)
    return document.content, document.lines


def parse_document(text: str, path: Path) -> Document:
    """The same with the errors beside the content; UserError only for what is not YAML."""
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
        if root is None:
            return Document()
        nodes = _Nodes(path)
        nodes.visit(root, (), ())
        return Document(yaml.constructor.construct_document(root), nodes.lines, nodes.errors)
    except MarkedYAMLError as error:
        # An open quote is found at the end of the file; the message names where it starts.
        is_open = "end of stream" in str(error.problem)
        mark = error.context_mark if is_open else error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{path}{place}: is not valid YAML: {_in_words(error)}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: is not valid YAML: {first_line(error)}") from None


def read_text(path: Path) -> str:
    """The text of a file; UserError when it is missing or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text (byte {error.start})") from None


class _Nodes:
    """Notes the lines of the nodes of a document, and makes keys and dates text.

    What cannot be meant is noted in `errors` and then taken out or made text, so that the rest of
    the document can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.errors: list[tuple[Place, UserError]] = []

    def visit(self, node: Node, place: Place, above: tuple[Node, ...]) -> None:
        """Note a node and what is in it; `above` are the nodes that hold it."""
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        if len(self.lines) > MAXIMUM_ENTRIES:
            raise self.error(line, f"more than {MAXIMUM_ENTRIES:,} keys and entries")
        if any(node is other for other in above):
            raise self.error(line, "an alias refers to the value that holds it")
        if isinstance(node, ScalarNode):
            self.visit_scalar(node, place)
            return
        if node.tag not in _COLLECTIONS:
            self.note(place, line, f"unknown tag {node.tag}")
            node.tag = f"{_TAG}map" if isinstance(node, MappingNode) else f"{_TAG}seq"
        if isinstance(node, SequenceNode):
            for number, item in enumerate(node.value):
                self.visit(item, (*place, number), (*above, node))
        elif isinstance(node, MappingNode):
            self.visit_keys(node, place)
            for key, value in node.value:
                self.visit(value, (*place, key.value), (*above, node))

    def visit_keys(self, node: MappingNode, place: Place) -> None:
        """Note the lines of a mapping's keys, and leave out what is given a second time."""
        seen: dict[str, int] = {}
        kept = []
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self.note(place, line, "a key must be a word or a number")
                continue
            inner = (*place, key.value)
            if key.value in seen:
                twice = f"key {key.value!r} is given twice, in lines {seen[key.value]} and {line}"
                within = f"line {line}: {twice}"
                self.errors.append(
                    (inner, UserError(f"{self.path}: {twice}", line=line, within=within))
                )
                continue
            seen[key.value] = self.lines[inner] = line
            if key.tag != _MERGE:
                key.tag = _TEXT
            kept.append((key, value))
        node.value = kept

    def visit_scalar(self, node: ScalarNode, place: Place) -> None:
        """A number must be finite; what is neither number, truth value nor null is text."""
        line = node.start_mark.line + 1
        if node.tag in _WORDS:
            node.tag = _TEXT
        if node.tag not in _PLAIN:
            self.note(place, line, f"unknown tag {node.tag}")
            node.tag = _TEXT
        elif node.tag == _FLOAT and not _is_finite(node.value):
            self.note(place, line, f"{node.value} is not a finite number")
            node.tag = _TEXT

    def note(self, place: Place, line: int, message: str) -> None:
        """Keep an error for later."""
        self.errors.append((place, self.error(line, message)))

    def error(self, line: int, message: str) -> UserError:
        """A message naming file and line."""
        within = f"line {line}: {message}"
        return UserError(f"{self.path}, {within}", line=line, within=within)


def _is_finite(text: str) -> bool:
    words = text.lower()
    return "inf" not in words and "nan" not in words and math.isfinite(float(words))


def _in_words(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context)
    if "'\\t'" in problem:
        return "it is indented with a tab; use spaces"
    if "mapping values are not allowed" in problem:
        return (
            'unexpected ":"; indent the line like its neighbours, and put text that holds ": " '
            'in quotes, as in says: "a: b"'
        )
    if "cannot start any token" in problem:
        character = problem.split("'")[1]
        return f'put text that starts with {character} in quotes, as in says: "{character}..."'
    if problem == "found unexpected end of stream":
        return "the quote that starts here does not end"
    if "expected <block end>" in problem:
        return "indent the line like its neighbours, or put its text in quotes"
    return problem
