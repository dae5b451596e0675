"""The options of a program, read from its source: argparse, click, typer and fire.

Nothing is imported or run: a script may do anything.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hyperverdict.vocabulary.declared import Kind, kind_of

Style = Literal["value", "true", "positional"]
_KINDS: Mapping[str, Kind] = {"int": "whole", "float": "number", "str": "text", "bool": "boolean"}
# A default that the source does not spell out.
UNKNOWN = object()


@dataclass(frozen=True)
class Option:
    """One option of a program.

    Attributes:
        flag: as it is written on the command line: ``--lr``; a name for a positional one.
        name: a Python identifier: ``lr``.
        default: its value where none is given; None for none, `UNKNOWN` where the source computes
            it.
        kind: of its values; None where the source does not say.
        choices: the values that it takes; empty for any.
        style: it takes a value, stands for true by being there, or has no flag.
        required: it must be given.
    """

    flag: str
    name: str
    default: Any = None
    kind: Kind | None = None
    choices: tuple[Any, ...] = ()
    style: Style = "value"
    required: bool = False


def options_of(tree: ast.Module) -> tuple[Option, ...]:
    """The options that a module declares, in order; each flag once."""
    constants = constants_of(tree)
    found: dict[str, Option] = {}
    for option in (*_argparse(tree, constants), *_click(tree, constants), *_typed(tree, constants)):
        found.setdefault(option.flag, option)
    return tuple(found.values())


def parameters_of(
    function: ast.FunctionDef, constants: Mapping[str, Any]
) -> Iterator[tuple[ast.arg, Any]]:
    """(parameter, default or None) of a function, in order; self is left out."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    defaults: list[ast.expr | None] = [*[None] * missing, *arguments.defaults]
    pairs = [*zip(positional, defaults, strict=True)]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    for argument, default in pairs:
        if argument.arg not in ("self", "cls"):
            yield argument, default


def constants_of(tree: ast.Module) -> dict[str, Any]:
    """Names that the module sets to written-out values at its top."""
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = literal(node.value, found)
            if value is not UNKNOWN:
                found[node.targets[0].id] = value
    return found


def literal(node: ast.expr | None, constants: Mapping[str, Any]) -> Any:
    """The value that an expression writes out, or `UNKNOWN`."""
    if isinstance(node, ast.Name) and node.id in constants:
        return constants[node.id]
    try:
        return UNKNOWN if node is None else ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


def called(node: ast.expr) -> str:
    """The last part of the name of a function: add_argument of parser.add_argument."""
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and called(n) == name]
    yield from sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _argparse(tree: ast.Module, constants: Mapping[str, Any]) -> Iterator[Option]:
    for call in _calls(tree, "add_argument"):
        flags = [t for t in (literal(a, constants) for a in call.args) if isinstance(t, str)]
        keywords = {word.arg: word.value for word in call.keywords if word.arg}
        if flags:
            yield _argument(flags, keywords, constants)


def _argument(
    flags: list[str], keywords: Mapping[str, ast.expr], constants: Mapping[str, Any]
) -> Option:
    flag = _longest(flags)
    written = keywords.get("action")
    action = str(literal(written, constants)) if isinstance(written, ast.Constant) else ""
    action = called(written) if written is not None and not action else action
    default = literal(keywords["default"], constants) if "default" in keywords else None
    if action in ("store_true", "store_false"):
        return Option(flag, identifier(flag), False, "boolean", style="true")
    if action == "BooleanOptionalAction":
        return _switch(flag, f"--no-{flag.removeprefix('--')}", default)
    is_list = "nargs" in keywords or action in ("append", "extend", "count")
    choices = literal(keywords.get("choices"), constants)
    return _option(
        flag,
        UNKNOWN if is_list else default,
        _KINDS.get(called(keywords["type"])) if "type" in keywords else None,
        tuple(choices) if isinstance(choices, (list, tuple, set, range)) else (),
        required=literal(keywords.get("required"), constants) is True,
    )


def _option(
    flag: str, default: Any, kind: Kind | None, choices: tuple[Any, ...], *, required: bool = False
) -> Option:
    """An option that takes a value, or a positional argument."""
    if kind is None and isinstance(default, int) and not isinstance(default, bool):
        kind = "whole"
    if kind is None and default is not UNKNOWN:
        kind = kind_of(default)
    positional = not flag.startswith("-")
    style: Style = "positional" if positional else "value"
    required = required or (positional and default is None)
    return Option(flag, identifier(flag), default, kind, choices, style, required)


def _switch(flag: str, off: str, default: Any) -> Option:
    """A pair of flags: the one that changes the default."""
    chosen = off if default is True else flag
    return Option(chosen, identifier(chosen), False, "boolean", style="true")


def _longest(flags: Iterable[str]) -> str:
    """The flag that says most: --learning-rate of -l, --lr, --learning-rate."""
    return max(flags, key=lambda flag: (flag.startswith("--"), len(flag)))


def identifier(flag: str) -> str:
    """The name of an option as a Python identifier."""
    name = re.sub(r"\W+", "_", flag.lstrip("-"), flags=re.ASCII).strip("_")
    name = re.sub(r"__+", "_", name) or "option"
    return f"x{name}" if name[0].isdigit() else name


def _click(tree: ast.Module, constants: Mapping[str, Any]) -> Iterator[Option]:
    for call in _calls(tree, "option"):
        texts = [t for t in (literal(a, constants) for a in call.args) if isinstance(t, str)]
        flags = [text for text in texts if text.startswith("-")]
        if not flags:
            continue
        keywords = {word.arg: word.value for word in call.keywords if word.arg}
        default = literal(keywords["default"], constants) if "default" in keywords else None
        flag, _, off = _longest(flags).partition("/")
        kind_node = keywords.get("type")
        choices = ()
        if isinstance(kind_node, ast.Call) and called(kind_node) == "Choice" and kind_node.args:
            written = literal(kind_node.args[0], constants)
            choices = tuple(written) if isinstance(written, (list, tuple)) else ()
        if off or literal(keywords.get("is_flag"), constants) is True:
            yield _switch(flag, off or flag, default)
            continue
        kind = _KINDS.get(called(kind_node).lower()) if kind_node is not None else None
        required = literal(keywords.get("required"), constants) is True
        yield _option(flag, default, kind, choices, required=required)


def _typed(tree: ast.Module, constants: Mapping[str, Any]) -> Iterator[Option]:
    """Parameters that typer or fire make options of."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for function in functions.values():
        decorators = {called(decorator) for decorator in function.decorator_list}
        # click's commands have the same decorator, and declare options of their own.
        if decorators & {"command", "callback"} and "option" not in decorators:
            yield from _parameters(function, constants, "-")
    for name, joint in (("run", "-"), ("Fire", "_")):
        for call in _calls(tree, name):
            target = call.args[0] if call.args else None
            if isinstance(target, ast.Name) and target.id in functions:
                yield from _parameters(functions[target.id], constants, joint)


def _parameters(
    function: ast.FunctionDef, constants: Mapping[str, Any], joint: str
) -> Iterator[Option]:
    for argument, default_node in parameters_of(function, constants):
        inner = _annotated(argument.annotation)
        default: Any = None if default_node is None else literal(default_node, constants)
        flag = f"--{argument.arg.replace('_', joint)}"
        for wrapper in (default_node, inner[1]):
            if isinstance(wrapper, ast.Call) and called(wrapper) in ("Option", "Argument"):
                texts = [literal(a, constants) for a in wrapper.args]
                flags = [t for t in texts if isinstance(t, str) and t.startswith("-")]
                flag = _longest(flags).partition("/")[0] if flags else flag
                first = texts[0] if wrapper is default_node and texts else UNKNOWN
                default = first if wrapper is default_node and first is not ... else default
        kind = _KINDS.get(called(inner[0])) if inner[0] is not None else None
        if kind == "boolean" or isinstance(default, bool):
            yield _switch(flag, f"--no{joint}{flag.removeprefix('--')}", default)
        else:
            required = default_node is None or default is UNKNOWN
            yield _option(flag, default, kind, (), required=required and default_node is None)


def _annotated(node: ast.expr | None) -> tuple[ast.expr | None, ast.expr | None]:
    """(type, what typer says of it) of an annotation."""
    if isinstance(node, ast.Subscript) and called(node.value) == "Annotated":
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return parts[0], parts[1] if len(parts) > 1 else None
    return node, None


_HELP_LINE = re.compile(r"^\s{1,8}(-{1,2}[A-Za-z][^\s,=\[]*(?:[ =,]\S+)*)(?:\s{2,}(.*))?$")


def options_of_help(text: str) -> tuple[Option, ...]:
    """The options that the output of ``--help`` lists, with the defaults that it names."""
    found: dict[str, Option] = {}
    joined = re.sub(r"\n {12,}(?!-)", "  ", text)
    for line in joined.splitlines():
        match = _HELP_LINE.match(line)
        if not match:
            continue
        words = re.split(r"[ ,=]+", match[1])
        flag = _longest(word for word in words if word.startswith("-"))
        if flag in ("-h", "--help", "--version"):
            continue
        stated = re.search(r"\[?\(?default(?: is|:|=)?\s*([^\s\])]+)", match[2] or "")
        braces = re.search(r"\{([^}]*)\}", match[1])
        choices = tuple(braces[1].split(",")) if braces else ()
        if not any(not word.startswith("-") for word in words):
            found[flag] = Option(flag, identifier(flag), False, "boolean", style="true")
            continue
        value = value_of(stated[1]) if stated else None
        found[flag] = _option(flag, None if value == "None" else value, None, choices)
    return tuple(found.values())


def value_of(text: str) -> Any:
    """A word as YAML and people read it: a number where it is one, else text."""
    number = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text)
    if not number:
        return text
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
