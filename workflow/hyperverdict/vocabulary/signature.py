"""What a user's function declares: its keyword-only arguments are hyperparameters.

Read from the source, since importing a user's module may import torch and cost seconds::

    def cnn(shape, classes, *, channels: int = 16, pooling: Literal["max", "mean"] = "max"):

declares ``channels`` and ``pooling``. Arguments that begin with ``_`` are the function's own.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.declared import Kind
from hyperverdict.vocabulary.modules import (
    FoundModule,
    find_module,
    missing_module,
    module_of_callable,
    read_module,
    shown_file,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

# How the default of a hyperparameter may be annotated, and what it may be.
_KINDS: Mapping[str, Kind] = {"int": "whole", "float": "number", "str": "text", "bool": "boolean"}
ALLOWED_TEXT = "int, float, str, bool, Literal[...], list[int], list[float], or one of them | None"
_LISTS = frozenset({"list", "tuple", "List", "Tuple", "Sequence"})


@dataclass(frozen=True)
class Argument:
    """A keyword-only argument.

    Attributes:
        place: file and line, for messages.
        default: its default, a number, text or boolean; None where `has_default` is False.
        kind: of its levels; None where neither annotation nor default says it.
        allowed: the levels of a ``Literal[...]``, in order; empty for any of the kind.
        none: None is a level, too.
        problem: why it declares no hyperparameter; "" where it does.
    """

    name: str
    place: str
    has_default: bool = False
    default: Any = None
    kind: Kind | None = None
    allowed: tuple[Any, ...] = ()
    none: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Signature:
    """What is known of a user's function without running anything.

    Attributes:
        name: ``module:function``, as studies write it.
        place: file and line of the definition, for messages.
        required: names of the positional arguments without a default.
        optional: names of the positional arguments with a default: no hyperparameters.
        arguments: the keyword-only arguments by name, in order.
        takes_any: it has ``**`` arguments.
        takes_more: it has ``*`` arguments.
        readable: False where only running the module would tell what it takes.
    """

    name: str
    place: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    arguments: Mapping[str, Argument] | None = None
    takes_any: bool = False
    takes_more: bool = False
    readable: bool = True

    @property
    def hyperparameters(self) -> Mapping[str, Argument]:
        """The arguments that a study may set."""
        found = self.arguments or {}
        return {name: entry for name, entry in found.items() if not name.startswith("_")}


def read_signature(name: str, folders: Sequence[Path], packages: Sequence[str] = ()) -> Signature:
    """The signature of ``module:function``, read from its source.

    Args:
        name: as studies write it. The function may be a class, whose ``__init__`` counts, and may
            be imported from another module.
        folders: where modules are looked for before Python's own places; the study's folder first.
        packages: what the study names of modules that are not in its folder.

    Raises UserError where the module or the name is missing or comes from elsewhere, or the source
    is not Python.
    """
    module_name, _, attribute = name.partition(":")
    if not attribute.isidentifier():
        raise UserError(f"{name!r} must read module:function, such as my_module:my_function")
    invalidate_caches()
    module = module_of_callable(module_name, folders, packages)
    return _Reader(name, folders).of_module(module, attribute)


class _Reader:
    """Follows a name from module to module to its definition."""

    def __init__(self, name: str, folders: Sequence[Path]) -> None:
        self.name, self.folders = name, folders
        self.seen: set[tuple[str, str]] = set()

    def of_module(self, module: FoundModule, attribute: str) -> Signature:
        if module.file is None or module.file.suffix != ".py":
            return self._unreadable(module, 1)
        tree = read_module(module.file)
        bindings = list(_bindings(tree.body))
        self.seen.add((module.name, attribute))
        for bound, node in reversed(bindings):
            if bound == attribute:
                return self._of_node(node, attribute, module, dict(bindings))
        names = {bound for bound, _ in bindings}
        submodule = find_module(f"{module.name}.{attribute}", self.folders)
        if submodule is None and not names & {"*", "__getattr__"}:
            raise _missing(module, attribute, bindings)
        return self._unreadable(module, 1)

    def _of_node(
        self, node: ast.AST, attribute: str, module: FoundModule, bindings: Mapping[str, ast.AST]
    ) -> Signature:
        line = getattr(node, "lineno", 1)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            if isinstance(node.value, ast.Name) and node.value.id in bindings:
                other = node.value.id
                if (module.name, other) not in self.seen:
                    return self.of_module(module, other)
            if not isinstance(node.value, ast.Lambda):
                return self._constant_or_unreadable(node.value, attribute, module, line)
            node = node.value
        if isinstance(node, ast.ImportFrom):
            return self._of_import(node, attribute, module)
        if isinstance(node, ast.ClassDef):
            return self._of_class(node, module, bindings)
        if isinstance(node, ast.AsyncFunctionDef):
            raise UserError(f"{self._place(module, line)}: {attribute} is async; write a plain def")
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            return self._of_function(node, module, line)
        return self._unreadable(module, line)

    def _of_import(self, node: ast.ImportFrom, attribute: str, module: FoundModule) -> Signature:
        origin = next(a.name for a in node.names if (a.asname or a.name) == attribute)
        package = module.name if module.folders else module.name.rpartition(".")[0]
        parts = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*(parts if node.level else ()), *([node.module] if node.module else [])])
        found = find_module(base, self.folders) if base else None
        place = self._place(module, node.lineno)
        if found is None:
            raise UserError(f"{place}: {missing_module(base or '.', self.folders)}")
        if (found.name, origin) in self.seen:
            raise UserError(f"{place}: {origin} is imported in a circle and defined nowhere")
        if not found.is_users:
            return self._unreadable(module, node.lineno)
        return self.of_module(found, origin)

    def _of_class(
        self, node: ast.ClassDef, module: FoundModule, bindings: Mapping[str, ast.AST]
    ) -> Signature:
        for bound, inner in _bindings(node.body):
            if bound == "__init__" and isinstance(inner, ast.FunctionDef):
                found = self._of_function(inner, module, inner.lineno)
                return replace(found, required=found.required[1:])
        for base in node.bases:
            if isinstance(base, ast.Name) and (module.name, base.id) not in self.seen:
                parent = bindings.get(base.id)
                if isinstance(parent, ast.ClassDef):
                    return self.of_module(module, base.id)
        return self._unreadable(module, node.lineno)

    def _of_function(
        self, node: ast.FunctionDef | ast.Lambda, module: FoundModule, line: int
    ) -> Signature:
        spec = node.args
        positional = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
        required = len(positional) - len(spec.defaults)
        pairs = zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
        arguments = {
            argument.arg: _argument(argument, default, self._place(module, argument.lineno))
            for argument, default in pairs
        }
        return Signature(
            self.name,
            self._place(module, line),
            tuple(positional[:required]),
            tuple(positional[required:]),
            arguments,
            spec.kwarg is not None,
            spec.vararg is not None,
        )

    def _constant_or_unreadable(
        self, value: ast.expr | None, attribute: str, module: FoundModule, line: int
    ) -> Signature:
        try:
            constant = ast.literal_eval(value) if value is not None else None
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return self._unreadable(module, line)
        raise UserError(f"{self._place(module, line)}: {attribute} is {constant!r}, not a function")

    def _place(self, module: FoundModule, line: int) -> str:
        return f"{shown_file(module.file)}, line {line}" if module.file else module.name

    def _unreadable(self, module: FoundModule, line: int) -> Signature:
        return Signature(self.name, self._place(module, line), readable=False)


def _bindings(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.AST]]:
    """(name, node) of all that the statements of a module or class bind, in order."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Import):
            yield from ((a.asname or a.name.partition(".")[0], node) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((a.asname or a.name, node) for a in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                single = isinstance(target, ast.Name)
                names = (n.id for n in ast.walk(target) if isinstance(n, ast.Name))
                yield from ((name, node if single else target) for name in names)
        else:
            for field in ("body", "orelse", "finalbody"):
                yield from _bindings(getattr(node, field, ()))
            for handler in getattr(node, "handlers", ()):
                yield from _bindings(handler.body)


def _missing(
    module: FoundModule, attribute: str, bindings: Sequence[tuple[str, ast.AST]]
) -> UserError:
    callables = (ast.FunctionDef, ast.ClassDef, ast.ImportFrom, ast.Assign)
    public = {n for n, node in bindings if isinstance(node, callables) and not n.startswith("_")}
    hint = nearest(attribute, public) if public else "it defines nothing"
    assert module.file is not None
    return UserError(f"{shown_file(module.file)} has no {attribute!r}; {hint}")


def _argument(argument: ast.arg, default: ast.expr | None, place: str) -> Argument:
    """A keyword-only argument with what its annotation and its default declare."""
    entry = Argument(argument.arg, place)
    if default is not None:
        entry = _with_default(entry, default)
    if not entry.problem and argument.annotation is not None:
        entry = _with_annotation(entry, argument.annotation)
    if not entry.problem and entry.kind is None and entry.has_default:
        entry = replace(entry, kind=_kind(entry.default))
    return entry


def _with_default(entry: Argument, node: ast.expr) -> Argument:
    entry = replace(entry, has_default=True)
    try:
        default = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return replace(
            entry,
            problem=f"its default is {_source(node)}, which only running the code would tell; "
            "write the value itself",
        )
    if default is None:
        return replace(entry, none=True)
    if isinstance(default, tuple | list):
        return _with_list(entry, tuple(default), node)
    if _kind(default) is None:
        return replace(
            entry,
            problem=f"its default {_source(node)} is neither a number nor text nor True or False",
        )
    if isinstance(default, float) and not math.isfinite(default):
        return replace(entry, problem=f"its default {_source(node)} is not a finite number")
    return replace(entry, default=default)


def _with_list(entry: Argument, default: tuple[Any, ...], node: ast.expr) -> Argument:
    kinds = {_kind(item) for item in default}
    if not default or not kinds <= {"whole", "number"}:
        return replace(entry, problem=f"its default {_source(node)} is no list of numbers")
    return replace(entry, default=default, kind="wholes" if kinds == {"whole"} else "numbers")


def _with_annotation(entry: Argument, node: ast.expr) -> Argument:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return replace(entry, problem=_unreadable_annotation(node))
    name = _last_name(node)
    if name in _KINDS:
        return replace(entry, kind=_KINDS[name])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if _is_none(other):
                return _with_annotation(replace(entry, none=True), one)
    if isinstance(node, ast.Subscript):
        name = _last_name(node.value)
        if name == "Literal":
            return _with_literal(entry, node)
        if name == "Optional":
            return _with_annotation(replace(entry, none=True), node.slice)
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        inner = {_last_name(item) for item in items if not _is_ellipsis(item)}
        if name in _LISTS and inner in ({"int"}, {"float"}):
            return replace(entry, kind="wholes" if inner == {"int"} else "numbers")
    return replace(entry, problem=_unreadable_annotation(node))


def _with_literal(entry: Argument, node: ast.Subscript) -> Argument:
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    try:
        levels = tuple(ast.literal_eval(item) for item in items)
    except (ValueError, TypeError, SyntaxError):
        return replace(entry, problem=_unreadable_annotation(node))
    none = entry.none or None in levels
    levels = tuple(level for level in levels if level is not None)
    kinds = {_kind(level) for level in levels}
    if kinds == {"whole", "number"}:
        kinds = {"number"}
    if len(kinds) != 1 or None in kinds:
        return replace(
            entry, problem=f"{_source(node)} must list numbers, or texts, or True and False"
        )
    return replace(entry, kind=kinds.pop(), allowed=tuple(dict.fromkeys(levels)), none=none)


def _last_name(node: ast.expr) -> str:
    return str(node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", ""))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _unreadable_annotation(node: ast.expr) -> str:
    return f"it is annotated as {_source(node)}; allowed: {ALLOWED_TEXT}"


def _source(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _kind(value: object) -> Kind | None:
    """The kind of a level in source code: 4 is a whole number, 4.0 any number."""
    for type_, kind in ((bool, "boolean"), (int, "whole"), (float, "number"), (str, "text")):
        if isinstance(value, type_):
            return kind  # type: ignore[return-value]
    return None
