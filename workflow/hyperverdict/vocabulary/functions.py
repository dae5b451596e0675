"""Functions of the user's own as a study may name them: what they take and declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.declared import argument_value, declare
from hyperverdict.vocabulary.hyperparameters import (
    HANDLES,
    HYPERPARAMETERS,
    Hyperparameter,
    Level,
)
from hyperverdict.vocabulary.names import check_name
from hyperverdict.vocabulary.signature import Argument, Signature, read_signature

Owner = Literal["model", "data"]


@dataclass(frozen=True)
class OwnModel:
    """A network of the user's own.

    Attributes:
        name: ``module:function``.
        place: file and line of its definition.
        takes: the hyperparameters that it is called with, by keyword.
        whole: it is called with the whole configuration first (the older contract).
        declares: its hyperparameters that are not ours.
        others: its arguments before the ``*`` that have a default: no hyperparameters.
    """

    name: str
    place: str
    takes: tuple[str, ...] = ()
    whole: bool = False
    declares: Mapping[str, Argument] = field(default_factory=dict)
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnData:
    """A data set of the user's own: a function, or files.

    Attributes:
        name: as studies write it.
        place: file and line of the function's definition; "" for files.
        call: ``module:function``; "" for files.
        fixed: arguments that the study fixes for this name.
        folder, npz: the files, as a path; "" for the others.
        size: pixels of a side that images are resized to; 0 leaves them as they are.
        declares: the hyperparameters of the function.
        others: its arguments before the ``*`` that have a default: no hyperparameters.
    """

    name: str
    place: str = ""
    call: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    folder: str = ""
    npz: str = ""
    size: int = 0
    declares: Mapping[str, Argument] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def read_model(name: str, folders: Sequence[Path], packages: Sequence[str] = ()) -> OwnModel:
    """A model of the user's own from its source.

    Raises UserError where it cannot be called as ``function(shape, classes, *, ...)``, or an
    argument declares no hyperparameter.
    """
    signature = _read(name, "model", folders, packages)
    if not signature.readable:
        # What only running it would tell is called as it always was.
        return OwnModel(name, signature.place, whole=True)
    positional = signature.required
    of_old = len(positional) == 3 and positional[0] != "shape"
    whole = of_old or (signature.takes_more and len(positional) < 2)
    if len(positional) != 2 and not whole:
        named = ", ".join(positional) or "none"
        late = positional[2:] if positional[:1] == ("shape",) else ()
        fix = f"write {', '.join(late)} after the *: " if late else ""
        raise _error(
            signature,
            f"is called with two positional arguments, the shape of an image and the number of "
            f"classes, and takes {named}; {fix}def {_function(name)}(shape, classes, *, "
            f"{'=..., '.join(late) or 'width'}=...)",
        )
    _refuse_hidden(signature, allowed=whole)
    declares = {}
    for argument in signature.hyperparameters.values():
        if argument.name in HYPERPARAMETERS or argument.name in HANDLES:
            _check_ours(argument, signature)
        else:
            declares[argument.name] = _checked(argument, signature)
    takes = tuple(signature.hyperparameters)
    return OwnModel(name, signature.place, takes, whole, declares, signature.optional)


def read_data(
    name: str,
    definition: Mapping[str, Any] | None,
    folders: Sequence[Path],
    packages: Sequence[str] = (),
) -> OwnData:
    """A data set of the user's own: ``module:function``, or as `data_sets` defines it.

    Raises UserError where its function cannot be called, or an argument declares no hyperparameter.
    """
    if definition is None:
        return _called(name, name, {}, folders, packages)
    if "call" in definition:
        fixed = {key: value for key, value in definition.items() if key != "call"}
        return _called(name, definition["call"], fixed, folders, packages)
    folder, npz = (
        _found(definition[key], folders) if key in definition else "" for key in ("folder", "npz")
    )
    return OwnData(name, folder=folder, npz=npz, size=int(definition.get("size", 0)))


def _found(path: str, folders: Sequence[Path]) -> str:
    """A path of the study: in the first folder that has it, else in the first one."""
    places = [folder / path for folder in folders]
    return str(next((place for place in places if place.exists()), places[0]))


def _called(
    name: str,
    call: str,
    fixed: Mapping[str, Any],
    folders: Sequence[Path],
    packages: Sequence[str],
) -> OwnData:
    signature = _read(call, "data set", folders, packages)
    if not signature.readable:
        return OwnData(name, signature.place, call, dict(fixed))
    _refuse_hidden(signature, allowed=False)
    parameters = {*signature.required, *signature.optional, *(signature.arguments or ())}
    for argument in fixed:
        if argument not in parameters:
            raise _error(
                signature, f"has no argument {argument!r}; {nearest(argument, parameters)}"
            )
    missing = [argument for argument in signature.required if argument not in fixed]
    if missing:
        raise _error(
            signature,
            f"needs {', '.join(missing)}, which nothing gives; state it under `data_sets`, such as "
            f"my_data: {{call: {call}, {missing[0]}: ...}}",
        )
    declares = {
        argument.name: _checked(argument, signature)
        for argument in signature.hyperparameters.values()
        if argument.name not in fixed
    }
    others = tuple(argument for argument in signature.optional if argument not in fixed)
    return OwnData(
        name, signature.place, call, _fixed(fixed, signature), declares=declares, others=others
    )


def _fixed(fixed: Mapping[str, Any], signature: Signature) -> dict[str, Any]:
    """Fixed arguments, in canonical form where the function says what they may be."""
    known, values = signature.hyperparameters, dict(fixed)
    for name in fixed.keys() & known.keys():
        if known[name].problem or known[name].kind is None:
            continue
        row = declared_row(known[name], "data", frozenset({signature.name}))
        try:
            values[name] = as_argument(known[name], row.read(fixed[name]))
        except UserError as error:
            raise UserError(f"{name}: {error}") from None
    return values


def _read(name: str, what: str, folders: Sequence[Path], packages: Sequence[str]) -> Signature:
    try:
        return read_signature(name, folders, packages)
    except UserError as error:
        raise UserError(f"{what} {name!r}: {error}") from None


def _function(name: str) -> str:
    return name.partition(":")[2]


def _error(signature: Signature, message: str) -> UserError:
    return UserError(f"{signature.place}: {_function(signature.name)} {message}")


def _refuse_hidden(signature: Signature, *, allowed: bool) -> None:
    if signature.takes_any and not allowed:
        raise _error(
            signature,
            "takes any argument (**), so its hyperparameters are hidden; name each of them after "
            "the *, with its default",
        )


def _check_ours(argument: Argument, signature: Signature) -> None:
    """An argument that takes one of our hyperparameters must not give it another default."""
    row = HYPERPARAMETERS.get(argument.name) or HANDLES[argument.name]
    if argument.name in ("data", "model"):
        raise _bad(argument, "has a meaning of its own here; give it another name")
    if not argument.has_default and not argument.problem:
        return
    try:
        same = not argument.problem and row.read(argument.default) == row.default
    except UserError:
        same = False
    if not same:
        ours = (
            row.words.get(row.default, row.spell(row.default))
            if row.words
            else row.spell(row.default)
        )
        written = argument.problem or f"has the default {argument.default!r}"
        raise _bad(
            argument,
            f"{written}; {argument.name} is one of the hyperparameters that are known here, with "
            f"the default {ours}. Leave its default out, or rename the argument",
        )


def _checked(argument: Argument, signature: Signature) -> Argument:
    """An argument that declares a hyperparameter; UserError saying why another one does not."""
    if argument.name in HYPERPARAMETERS or argument.name in HANDLES:
        raise _bad(
            argument, "is the name of a hyperparameter of training; give the argument another name"
        )
    try:
        check_name(argument.name)
    except UserError as error:
        raise _bad(argument, str(error), named=False) from None
    if argument.problem:
        raise _bad(argument, f"cannot be a hyperparameter: {argument.problem}")
    if not argument.has_default:
        raise _bad(
            argument,
            "cannot be a hyperparameter without a default; write the value that a study gets which "
            f"does not state it, such as {argument.name}=1",
        )
    if argument.kind is None:
        raise _bad(
            argument,
            "has the default None, which does not say its kind; annotate it, such as int | None",
        )
    try:
        declared_row(argument, "model", frozenset())
    except UserError as error:
        raise _bad(argument, f"cannot be a hyperparameter: {error}") from None
    return argument


def _bad(argument: Argument, problem: str, *, named: bool = True) -> UserError:
    name = f"argument {argument.name} " if named else "argument "
    return UserError(f"{argument.place}: {name}{problem}")


def declared_row(argument: Argument, owner: Owner, owners: frozenset[str]) -> Hyperparameter:
    """The row of a hyperparameter that functions of the user's declare."""
    row = declare(
        argument.name,
        argument.default,
        kind=argument.kind,
        allowed=list(argument.allowed) or None,
        core=False,
        none=argument.none,
        acts_with={owner: owners},
    )
    return replace(row, of=owner)


def as_argument(declared: Argument | None, level: Level) -> Any:
    """A level as a function gets it: a float stays one where its level is a whole number."""
    return level if declared is None else argument_value(declared.kind or "", level)
