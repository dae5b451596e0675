"""A training by a function of the user's own: what its signature declares.

The function is called with `seed`, the budget (an argument named like its unit) and `log`, where it
has arguments of these names; its keyword-only arguments are the hyperparameters. Nothing is
imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.budget import KINDS
from hyperverdict.vocabulary.signature import Argument, Signature, read_signature
from hyperverdict.vocabulary.training import LOG, SEED, WHOLE, Training

# In a declaration: where the function's module is looked for.
FOLDERS = "folders"
# What a study may say about a hyperparameter that the function declares.
_REFINED = ("allowed", "unit", "title")


def module_folders(study: Path | None) -> tuple[Path, ...]:
    """Where modules are looked for: beside the study, then in the working folder."""
    beside = study.parent if study is not None else Path()
    return tuple(dict.fromkeys((beside, Path())))


def signature_of(training: Training) -> Signature:
    """The signature of a training's function.

    Raises UserError where it is missing, or only running its module would tell what it takes.
    """
    folders = tuple(map(Path, training.folders))
    signature = read_signature(training.call, folders, training.packages)
    if not signature.readable:
        raise UserError(
            f"{signature.place}: only running the module would tell what {training.call} takes; "
            "write a def with its arguments that calls it"
        )
    return signature


def names_of(signature: Signature) -> tuple[str, ...]:
    """The names of all arguments."""
    return (*signature.required, *signature.optional, *(signature.arguments or {}))


def unit_of(signature: Signature, stated: Sequence[str]) -> str:
    """The unit in which the function is told how long to train: the name of one argument.

    Args:
        stated: the units of the budgets that the study states.

    Raises UserError for a function without `seed`, told its length in two units or in another than
    the study states, and for positional arguments that nothing would fill.
    """
    names, place = names_of(signature), signature.place
    if SEED not in names:
        raise UserError(
            f"{place}: has no argument {SEED!r}: every run gets a seed, and must use it"
        )
    stated = [unit for unit in stated if unit not in (WHOLE, WHOLE.removesuffix("s"))]
    units = [name for name in names if name in KINDS or name in stated]
    if len(units) > 1:
        raise UserError(
            f"{place}: is told its length in {' and '.join(units)}: keep one, and rename the other"
        )
    if stated and not units:
        raise UserError(
            f"{place}: has no argument {stated[0]!r}: the study states its length in {stated[0]}, "
            "so the function must be told"
        )
    others = [n for n in names_of(signature) if n not in (SEED, LOG, *units)]
    positional = [n for n in others if n in (*signature.required, *signature.optional)]
    if positional:
        raise UserError(
            f"{place}: argument {positional[0]!r} must be keyword-only to be a hyperparameter: "
            f"write * before it, as in def {signature.name.partition(':')[2]}"
            f"({', '.join(['*', SEED, *units, LOG, *positional])})"
        )
    return units[0] if units else WHOLE


def declared_by(training: Training, refined: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The hyperparameters as a study would declare them: name -> default, type, allowed levels.

    Args:
        refined: what the study says about them.

    Raises UserError for an argument that declares no hyperparameter, and for what the study may not
    say.
    """
    signature = signature_of(training)
    given = (SEED, LOG, training.unit)
    own = {n: a for n, a in signature.hyperparameters.items() if n not in given}
    unknown = [name for name in refined if name not in own]
    if unknown and not signature.takes_any:
        raise UserError(
            f"{signature.place}: has no keyword-only argument {unknown[0]!r}, which "
            f"hyperparameters names; {nearest(unknown[0], own)}"
        )
    declared = {name: _entry(argument, refined.get(name, {})) for name, argument in own.items()}
    return {**declared, **{name: dict(refined[name]) for name in unknown}}


def _entry(argument: Argument, refined: Mapping[str, Any]) -> dict[str, Any]:
    """One argument, with what the study says about it."""
    named = f"{argument.place}: {argument.name}"
    if argument.problem:
        raise UserError(f"{named} cannot be a hyperparameter: {argument.problem}")
    allowed = _REFINED if argument.has_default else ("default", *_REFINED)
    for key in refined:
        if key not in allowed:
            raise UserError(
                f"hyperparameters.{argument.name}.{key}: the function itself says this; "
                f"allowed: {', '.join(allowed)}"
            )
    if not argument.has_default and "default" not in refined:
        raise UserError(
            f"{named} has no default, and every hyperparameter needs one: write "
            f"{argument.name}=VALUE, or state it under `hyperparameters:`"
        )
    entry = {
        "default": argument.default if argument.has_default else refined["default"],
        "none": argument.none,
        **({"type": argument.kind} if argument.kind else {}),
        **({"allowed": list(argument.allowed)} if argument.allowed else {}),
    }
    if entry["default"] is None and "type" not in entry:
        raise UserError(f"{named}=None does not say its kind; annotate it, such as int | None")
    return {**entry, **refined}
