"""What a script without an option for its scores writes, and how it reads its options."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hyperverdict.draft.options import called, constants_of, literal

_TABLE = re.compile(r"[^\0\n]+[.](csv|tsv|jsonl?|ndjson|parquet)")
# Functions whose first argument is the file that they write.
_WRITERS = frozenset({"to_csv", "to_json", "to_parquet", "savetxt"})


@dataclass(frozen=True)
class Output:
    """A file of scores that a script always writes under the same name.

    Attributes:
        file: its name.
        line: of the script, in which it is named.
    """

    file: str
    line: int


def fixed_output(tree: ast.Module) -> Output | None:
    """The first table that a module writes under a name that it spells out; None for none."""
    constants = constants_of(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        file = _path(_target(call), constants)
        if file and _TABLE.fullmatch(file):
            return Output(file, call.lineno)
    return None


def _target(call: ast.Call) -> ast.expr | None:
    """The file that a call writes; None where it writes none."""
    function = called(call)
    first = call.args[0] if call.args else None
    if function in _WRITERS:
        return first
    if function == "open" and isinstance(call.func, ast.Name):
        return first if _writes(call, 1) else None
    if function in ("open", "write_text", "write_bytes") and isinstance(call.func, ast.Attribute):
        return call.func.value if function != "open" or _writes(call, 0) else None
    return None


def _writes(call: ast.Call, position: int) -> bool:
    """Whether a call of `open` writes, by its mode."""
    named = [word.value for word in call.keywords if word.arg == "mode"]
    mode = literal((*call.args[position : position + 1], *named, None)[0], {})
    return isinstance(mode, str) and bool(set("wax") & set(mode))


def _path(node: ast.expr | None, constants: Mapping[str, Any]) -> str:
    """The path that an expression spells out; "" where it does not."""
    if isinstance(node, ast.Call) and called(node) in ("Path", "join"):
        parts = [literal(part, constants) for part in node.args]
        texts = [part for part in parts if isinstance(part, str)]
        return os.path.join(*texts) if texts and len(texts) == len(parts) else ""
    value = literal(node, constants)
    return value if isinstance(value, str) else ""


def names_of_options(trees: Iterable[ast.Module]) -> tuple[str, str]:
    """(the parser, what it read) as a script calls them: ``parser`` and ``args`` by default."""
    parser, read = "", ""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) == "add_argument":
                parser = parser or _name(getattr(node.func, "value", None))
            if isinstance(node, ast.Assign) and called(node.value) == "parse_args":
                read = read or _name(node.targets[0])
    return parser or "parser", read or "args"


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else ""
