"""Models and data sets of the user's own that a study names, as its vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError, nearest
from hyperverdict.runs.declared import Default, check_frozen, freeze
from hyperverdict.study.strict_yaml import Place
from hyperverdict.study.structure import Source
from hyperverdict.vocabulary.signature import Argument
from hyperverdict.vocabulary.users import Users
from hyperverdict.vocabulary.vocabulary import Vocabulary

# The folder below results/ in which the declared defaults of models and data sets are frozen.
DECLARED = "declared"
# The key for modules and packages outside the study's folder from which functions may come.
PACKAGES = "packages"
_KINDS = ("folder", "npz", "call")


def users_vocabulary(
    raw: Mapping[str, Any], source: Source, vocabulary: Vocabulary, declared: Path
) -> Vocabulary:
    """The vocabulary of a study: ours, and what its own models and data sets declare.

    Args:
        declared: the folder with the frozen defaults.

    Raises UserError, with the line of the study, for what cannot be found, called or declared, and
    for a default that differs from the frozen one.
    """
    definitions = raw.get("data_sets") or {}
    for name, definition in definitions.items():
        check = partial(_check_definition, name, definition, vocabulary)
        source.at(("data_sets", name), check)
    users = replace(
        vocabulary.users,
        folders=_folders(source),
        data_sets=definitions,
        packages=tuple(raw.get(PACKAGES) or ()),
    )
    known = replace(vocabulary, users=users)
    for place, name in _named(raw, "model"):
        known = source.at(place, partial(_with, known, [name], [], declared))
    defined: list[tuple[Place, str]] = [(("data_sets", name), name) for name in definitions]
    for place, name in (*defined, *_named(raw, "data")):
        known = source.at(place, partial(_with, known, [], [name], declared))
    return known


def _with(known: Vocabulary, models: list[str], data: list[str], declared: Path) -> Vocabulary:
    """The vocabulary with further names, their defaults compared with the frozen ones."""
    known = known.knowing(models, data)
    for file, place, arguments in declarations(known.users, declared):
        for name, argument in arguments.items():
            try:
                check_frozen(file, {name: argument.default})
            except UserError as error:
                raise UserError(f"{place}: {error}") from None
    return known


def _folders(source: Source) -> tuple[Path, ...]:
    """Where modules and files are looked for: beside the study, then in the working folder."""
    beside = source.path.parent if source.path is not None else Path()
    return tuple(dict.fromkeys((beside, Path())))


def _check_definition(name: str, definition: Mapping[str, Any], vocabulary: Vocabulary) -> None:
    if name in vocabulary.data_sets:
        raise UserError(f"{name!r} is a data set that is known here; give yours another name")
    kinds = [kind for kind in _KINDS if kind in definition]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none of them"
        raise UserError(f"a data set is one of {', '.join(_KINDS)}; found {found}")
    if kinds == ["call"]:
        return
    allowed = ("folder", "size") if kinds == ["folder"] else ("npz",)
    for key in definition:
        if key not in allowed:
            raise UserError(f"unknown key {key!r} beside {kinds[0]}; {nearest(key, allowed)}")


def _named(node: Any, key: str, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """(place, text) of every text that stands below a key of this name, at any depth."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            here = (*place, name)
            if name == key:
                yield from _texts(value, here)
            elif not (place == () and name == "data_sets"):
                yield from _named(value, key, here)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _named(value, key, (*place, number))


def _texts(node: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(node, str):
        yield place, node
    elif isinstance(node, Mapping):
        for name, value in node.items():
            yield from _texts(value, (*place, name))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _texts(value, (*place, number))


def declarations(
    users: Users, declared: Path
) -> Iterator[tuple[Path, str, Mapping[str, Argument]]]:
    """(file of the frozen defaults, place of the code, arguments) of each function."""
    for model in users.models.values():
        yield declared_file(declared, "model", model.name), model.place, model.declares
    for data in users.data.values():
        if data.call:
            yield declared_file(declared, "data", data.call), data.place, data.declares


def declared_file(declared: Path, owner: str, name: str) -> Path:
    """Where the declared defaults of ``module:function`` are frozen."""
    return declared / f"{owner}~{name.replace(':', '.')}.json"


def freeze_declared(users: Users, declared: Path) -> None:
    """Freeze the defaults of all models and data sets of a study, once: with the first run.

    Args:
        declared: the folder of the frozen defaults.
    """
    for file, _, arguments in declarations(users, declared):
        defaults: dict[str, Default] = {name: a.default for name, a in arguments.items()}
        freeze(file, defaults)
