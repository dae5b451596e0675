"""YAML as people expect it: 1e-3 is a number, `no` is a word, a key given twice is an error.

ruamel.yaml reads YAML 1.2; this module notes the line of every key and refuses, with one message,
what a study file cannot mean.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from hyperverdict.errors import UserError, combined, first_line
from hyperverdict.runs.files import near_name
from hyperverdict.study.flow_slips import is_bare, item_slips, key_slip, key_slips, word_slip
from hyperverdict.study.yaml_slips import explain
from hyperverdict.vocabulary.hyperparameters import range_problem
from hyperverdict.vocabulary.spellings import plain

Place = tuple[str | int, ...]

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")

# Aliases of aliases grow without end; no study has as many keys and entries.
MAXIMUM_ENTRIES = 100_000
# Brackets within brackets, and lists within lists.
MAXIMUM_DEPTH = 50
# A study of 100,000 entries has about so many.
MAXIMUM_BYTES = 2_000_000
# Of each single text.
MAXIMUM_CHARACTERS = 50_000
# Of a table's 64 bits.
LARGEST_WHOLE = 2**63 - 1

_TAG = "tag:yaml.org,2002:"
_TEXT, _MERGE = f"{_TAG}str", f"{_TAG}merge"
_FLOAT, _WHOLE = f"{_TAG}float", f"{_TAG}int"
# What is written for truth values and for nothing, where a tag says that one of them is meant.
_SPELLED = {f"{_TAG}bool": {"true", "false"}, f"{_TAG}null": {"", "~", "null"}}
# Underscores stand between digits, one at a time.
_GROUPED = re.compile(r"[-+]?(0[xob])?[0-9a-fA-F.eE+-]+(_[0-9a-fA-F.eE+-]+)*")
# Characters of the longest whole number, its grouping included; characters shown of any value.
_DIGITS, _SHOWN = 80, 60
_DEPTH = f"values lie more than {MAXIMUM_DEPTH} levels deep in others"
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
        nodes.note_unused_anchors()
        return Document(yaml.constructor.construct_document(root), nodes.lines, nodes.errors)
    except MarkedYAMLError as error:
        line, words = explain(error, text)
        raise _not_yaml(path, line, words) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _not_yaml(path, line, f"{first_line(error)}; remove the character") from None
    except RecursionError:
        line = _too_deep(yaml, text)
        raise UserError(f"{path}, line {line}: {_DEPTH}", line=line) from None
    except (YAMLError, ValueError) as error:
        raise UserError(f"{path}: is not valid YAML: {first_line(error)}") from None


def _too_deep(yaml: YAML, text: str) -> int:
    """The line (from 1) at which values lie too deep in others."""
    depth = 0
    for event in yaml.parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAXIMUM_DEPTH:
            return int(event.start_mark.line) + 1
    return 1


def _not_yaml(path: Path, line: int, words: str) -> UserError:
    return UserError(f"{path}, line {line}: is not valid YAML: {words}", line=line)


def read_text(path: Path) -> str:
    """The text of a file; UserError when it is missing, too long or not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAXIMUM_BYTES + 1)
    except FileNotFoundError as error:
        near = near_name(path)
        raise UserError(f"{path}: cannot be read ({error.strerror}){near}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise UserError(f"{str(path)!r}: is not the name of a file ({error})") from None
    if len(raw) > MAXIMUM_BYTES:
        raise UserError(f"{path}: is longer than {MAXIMUM_BYTES // 1_000_000} MB; is it a study?")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UserError(f"{path}: is UTF-16 text; save it as UTF-8") from None
        line = raw.count(b"\n", 0, error.start) + 1
        shown = raw[error.start : error.start + 1].decode("cp1252", "replace")
        raise UserError(
            f"{path}: is not UTF-8 text (byte {error.start}): {shown!r} in line {line} has an "
            "older encoding; save the file as UTF-8",
            line=line,
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Nodes:
    """Notes the lines of the nodes of a document, and makes keys and dates text.

    What cannot be meant is noted in `errors` and then taken out or made text, so that the rest of
    the document can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.errors: list[tuple[Place, UserError]] = []
        self.anchored: dict[int, tuple[ScalarNode, Place, bool]] = {}

    def visit(self, node: Node, place: Place, above: tuple[Node, ...]) -> None:
        """Note a node and what is in it; `above` are the nodes that hold it."""
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        if len(self.lines) > MAXIMUM_ENTRIES:
            raise self.error(line, f"more than {MAXIMUM_ENTRIES:,} keys and entries")
        if len(above) > MAXIMUM_DEPTH:
            raise self.error(line, _DEPTH)
        if any(node is other for other in above):
            raise self.error(line, "an alias refers to the value that holds it")
        if isinstance(node, ScalarNode):
            if node.anchor:
                self.anchored[id(node)] = node, place, id(node) in self.anchored
            self.visit_scalar(node, place)
            return
        if node.tag not in _COLLECTIONS:
            self.note(place, line, f"unknown tag {node.tag}")
            node.tag = f"{_TAG}map" if isinstance(node, MappingNode) else f"{_TAG}seq"
        if isinstance(node, SequenceNode):
            for number, text in item_slips(node) if node.flow_style else ():
                self.note((*place, number), node.value[number].start_mark.line + 1, text)
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
        for key, meant, text in key_slips(node) if node.flow_style else ():
            self.note((*place, meant), key.start_mark.line + 1, text)
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self.note(place, line, "a key must be a word or a number")
                continue
            key.value = _joined(key.value)
            inner = (*place, key.value)
            if node.flow_style and is_bare(key, value):
                continue
            slip = key_slip(key, value)
            if slip:
                self.note((*place, plain(key.value).partition(":")[0]), line, slip)
                continue
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
        node.value = _joined(node.value)
        if node.tag in _WORDS:
            node.tag = _TEXT
        if node.tag not in _PLAIN:
            hint = "; put text that starts with ! in quotes" if str(node.tag)[0] == "!" else ""
            self.note(place, line, f"unknown tag {node.tag}{hint}")
            node.tag = _TEXT
        elif problem := _misfit(node) or _number_problem(node):
            self.note(place, line, problem)
            node.tag = _TEXT
        elif len(node.value) > MAXIMUM_CHARACTERS:
            text = f"a text of {len(node.value):,} characters; at most {MAXIMUM_CHARACTERS:,}"
            self.note(place, line, text)
            node.value = _shortened(node.value)
        elif node.style is None and (slip := word_slip(node.value)):
            self.note(place, line, slip)

    def note_unused_anchors(self) -> None:
        """Text that starts with & has lost its first word to an anchor that nothing refers to."""
        for node, place, is_used in self.anchored.values():
            if not is_used and " " in node.value:
                text = f"&{node.anchor} names a value; put text that starts with & in quotes"
                self.note(place, node.start_mark.line + 1, text)

    def note(self, place: Place, line: int, message: str) -> None:
        """Keep an error for later."""
        self.errors.append((place, self.error(line, message)))

    def error(self, line: int, message: str) -> UserError:
        """A message naming file and line."""
        within = f"line {line}: {message}"
        return UserError(f"{self.path}, {within}", line=line, within=within)


def _misfit(node: ScalarNode) -> str:
    """What is wrong with a value that is not what its tag says; "" for nothing."""
    text, tag = str(node.value), str(node.tag)
    try:
        if tag == _WHOLE:
            _whole(text[:_DIGITS])
        elif tag == _FLOAT:
            _is_finite(text)
        fits = text.lower() in _SPELLED.get(tag, (text.lower(),))
    except ValueError:
        fits = False
    if fits:
        return ""
    kind = tag.removeprefix(_TAG)
    return f"{_shortened(text)!r} is not what its tag says (!!{kind}); leave out the tag"


def _number_problem(node: ScalarNode) -> str:
    """What is wrong with a number; "" for nothing, and for what is none."""
    if node.tag not in (_FLOAT, _WHOLE):
        return ""
    text = str(node.value)
    if "_" in text and not _GROUPED.fullmatch(text):
        meant = text.replace("_", "").strip("+")
        return f"{_shortened(text)} is not a number; write {_shortened(meant)}, or put it in quotes"
    if node.tag == _WHOLE:
        if len(text) > _DIGITS or abs(_whole(text)) > LARGEST_WHOLE:
            return f"{_shortened(text)} is too large: whole numbers go up to {LARGEST_WHOLE:,}"
        return ""
    if not _is_finite(text):
        return f"{_shortened(text)} is not a finite number"
    return range_problem(_shortened(text), float(text.replace("_", "")))


def _whole(text: str) -> int:
    """A whole number as YAML 1.2 writes it, also 0x1F, 0o17 and 0b11; 007 is 7."""
    plain_digits = text.replace("_", "")
    signless = plain_digits.lstrip("+-")
    return int(plain_digits, 0 if signless[:2].lower() in ("0x", "0o", "0b") else 10)


def _joined(text: str) -> str:
    """Text in which two escapes of JSON, the halves of one character, are that character."""
    return _PAIR.sub(
        lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"), text
    )


def _is_finite(text: str) -> bool:
    words = text.lower()
    return "inf" not in words and "nan" not in words and math.isfinite(float(words))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
