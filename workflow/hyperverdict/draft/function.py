"""A function as a person names it: its arguments, read from the source of its module."""

from __future__ import annotations

import ast
from pathlib import Path

from hyperverdict.draft.model import Declared, Draft
from hyperverdict.draft.options import called, literal, parameters_of
from hyperverdict.draft.roles import unit_of
from hyperverdict.draft.scores import reported_names, returned_names, scores_to_claim
from hyperverdict.errors import UserError, nearest
from hyperverdict.training.code import files_of
from hyperverdict.vocabulary.modules import FoundModule, find_module, missing_module, read_module

# What a function may be called with beside its hyperparameters.
_GIVEN = ("seed", "log")


def draft_of_function(call: str, source: str, name: str) -> Draft:
    """The draft of a study whose runs a Python function makes.

    Raises UserError for a module or function that does not exist.
    """
    module_name, _, function_name = call.partition(":")
    module = find_module(module_name, (Path(),))
    if module is None or module.file is None:
        raise missing_module(module_name, (Path(),))
    tree = read_module(module.file)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if function_name not in functions:
        hint = nearest(function_name, functions)
        raise UserError(f"{module.file} has no function {function_name!r}; {hint}")
    files = files_of(module_name, (Path(),))
    trees = [
        tree,
        *(read_module(f) for f in files.values() if f != module.file and f.suffix == ".py"),
    ]
    arguments = {a.arg: (a, default) for a, default in parameters_of(functions[function_name], {})}
    unit = next((name for name in arguments if unit_of(name) == name), "")
    declared = [
        _declared(argument, default)
        for name, (argument, default) in arguments.items()
        if name not in (*_GIVEN, unit)
    ]
    length = literal(arguments[unit][1], {}) if unit else None
    scores = [*reported_names(trees), *returned_names(functions[function_name])]
    return Draft(
        source, name, call=call, package=_elsewhere(module), declared=tuple(declared), unit=unit,
        length=length if isinstance(length, (int, float)) else None,
        scores=tuple(scores_to_claim(scores)),
        missing=() if "seed" in arguments else ("seed",),
        script=str(module.file),
    )  # fmt: skip


def _elsewhere(module: FoundModule) -> str:
    """What a study in the working folder must name to call a function of this module."""
    return "" if module.root.resolve() == Path.cwd() else module.name.partition(".")[0]


def _declared(argument: ast.arg, default: ast.expr | None) -> Declared:
    """For the proposed claim alone: the function declares its hyperparameters itself."""
    value = literal(default, {})
    annotation = argument.annotation
    allowed: tuple[object, ...] = ()
    if isinstance(annotation, ast.Subscript) and called(annotation.value) == "Literal":
        written = literal(annotation.slice, {})
        allowed = tuple(written) if isinstance(written, tuple) else ()
    kind = "whole" if isinstance(annotation, ast.Name) and annotation.id == "int" else None
    scalar = isinstance(value, (bool, int, float, str))
    return Declared(argument.arg, value if scalar else None, kind, allowed)  # type: ignore[arg-type]
