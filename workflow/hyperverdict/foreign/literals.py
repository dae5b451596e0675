"""Values that programs write as text: JSON, YAML and Python literals, half characters included.

Half a character (a lone surrogate), which no file holds, becomes "?".
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import yaml

# Values in one value of a YAML text and in all of them, an alias counted as all it stands for.
MOST_VALUES, MOST_IN_ALL = 20_000, 1_000_000
TOO_LONG = "a long list"
# Digits of a whole number; Python reads up to 4300.
LONGEST_NUMBER = 1000
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(text: str) -> Any:
    """The value of a JSON text; whole numbers that Python does not read are text.

    Raises ValueError for what is not JSON.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # A number of thousands of digits.
        value = json.loads(text, parse_int=_whole_number)
    if not _HALF.search(text):
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def parse_literal(text: str) -> Any:
    """The value of a Python literal, such as the text of a dict.

    Raises ValueError, SyntaxError, MemoryError or RecursionError for what is none.
    """
    return _whole(ast.literal_eval(text), [len(text)])


def parse_yaml(text: str) -> Any:
    """The value of a YAML text of another program, with a copy of its own for every alias.

    Tags are read as their text. A value of a mapping that is too long, or holds itself, is the text
    `TOO_LONG`.

    Raises ValueError or YAMLError for what is not YAML, and for too many values in all.
    """
    try:
        found = yaml.load(text, Loader=_Loader)
        if not isinstance(found, dict):
            return _whole(found, [MOST_VALUES])
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    values, total = {}, 0
    for name, value in found.items():
        left = [MOST_VALUES]
        try:
            values[_whole(name, left)] = _whole(value, left)
        except (_TooManyError, RecursionError):
            values[name] = TOO_LONG
        total += MOST_VALUES - left[0]
        if total > MOST_IN_ALL:
            raise ValueError(f"it holds more than {MOST_IN_ALL:,} values, aliases included")
    return values


class _TooManyError(ValueError):
    """More values than may be."""


def _whole(value: Any, left: list[int]) -> Any:
    """A value without half characters.

    Args:
        left: how many values there may be, as the only item.

    Raises ValueError for more of them.
    """
    left[0] -= 1
    if left[0] < 0:
        raise _TooManyError(f"it holds more than {MOST_VALUES:,} values, aliases included")
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_whole(key, left): _whole(inner, left) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_whole(item, left) for item in value)
    return value


class _Loader(yaml.SafeLoader):
    """YAML of other programs: their own tags are read as their text."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    value = node.value if isinstance(node, yaml.ScalarNode) else ""
    return value or suffix.removeprefix("tag:yaml.org,2002:").removeprefix("python/name:")


_Loader.add_multi_constructor("", _tagged)
_Loader.add_multi_constructor("!", _tagged)
