"""YAML as people expect it: 1e-3 is a number, `no` is a word, a key given twice is an error.

PyYAML implements YAML 1.1, which reads 1e-3 as text and `no` as a boolean; this loader resolves
plain scalars by YAML 1.2's core schema and remembers the line of every key.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from hyperverdict.errors import UserError

Place = tuple[str | int, ...]

_INT = re.compile(r"[-+]?[0-9][0-9_]*")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


def read_yaml(path: Path) -> tuple[Any, dict[Place, int]]:
    """The content of a YAML file, and the line (from 1) of every key and list entry by its place.

    Raises UserError naming file and line when the file is missing, does not parse or repeats a key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}" if mark else ""
        raise UserError(
            f"{path}{place}: is not valid YAML: {error.problem or error.context}"
        ) from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: is not valid YAML: {error}") from None
    lines: dict[Place, int] = {}
    return (None if root is None else _build(root, (), lines, path)), lines


def _build(node: yaml.Node, place: Place, lines: dict[Place, int], path: Path) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*place, i), lines, path) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{path}, line {lines[place]}: unknown YAML node")
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise UserError(f"{path}, line {line}: a key must be a word or a number")
        key = key_node.value
        if key in mapping:
            first = lines[(*place, key)]
            raise UserError(f"{path}: key {key!r} is given twice, in lines {first} and {line}")
        lines[(*place, key)] = line
        mapping[key] = _build(value_node, (*place, key), lines, path)
    return mapping


def _scalar(node: yaml.ScalarNode) -> Any:
    text = node.value
    if node.style is not None:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
