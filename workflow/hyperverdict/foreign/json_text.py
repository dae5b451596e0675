"""JSON and Python literals as programs write them, half characters included."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(text: str) -> Any:
    """The value of a JSON text; half a character (a lone surrogate), which no file holds, is "?".

    Raises ValueError for what is not JSON.
    """
    value = json.loads(text)
    if not _HALF.search(text):
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def parse_literal(text: str) -> Any:
    """The value of a Python literal, such as the text of a dict; half a character is "?".

    Raises ValueError, SyntaxError, MemoryError or RecursionError for what is none.
    """
    return _whole(ast.literal_eval(text))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_whole, value))
    return value
