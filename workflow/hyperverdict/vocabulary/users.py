"""Models and data sets of the user's own, and the hyperparameters that they declare.

A model is a function ``module:function`` that is called with the shape of an image, the number of
classes, and its keyword-only arguments; a data set is a function, a folder of images or an .npz
file. Their keyword-only arguments become rows of the study's vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.datasets import DATASETS, PREPARED
from hyperverdict.vocabulary.functions import (
    OwnData,
    Owner,
    OwnModel,
    as_argument,
    declared_row,
    read_data,
    read_model,
)
from hyperverdict.vocabulary.hyperparameters import (
    HANDLES,
    HYPERPARAMETERS,
    Hyperparameter,
    Level,
    is_callable_name,
)
from hyperverdict.vocabulary.signature import Argument

# Between the parts of the name of a prepared copy; neither names nor levels hold it.
MARK = "~"
_LAYERS = "hidden_units"
_EMPTY: Mapping[str, Argument] = {}


class Preparer(Protocol):
    """Prepares data sets of the user's own while a study is read."""

    def meet(self, name: str, users: Users) -> None:
        """A prepared copy of this name is about to be read, if there is one."""

    def need(self, name: str, users: Users) -> None:
        """The size of data is needed that are not prepared yet."""


@dataclass(frozen=True)
class Users:
    """What a study has of the user's own.

    Attributes:
        folders: where modules and files are looked for, in this order: the study's folder and the
            working folder.
        data_sets: the study's `data_sets`, as written.
        models, data: those that are known so far, by name.
        packages: modules and packages outside the study's folder from which functions may come.
        prepared: where prepared data are.
        preparer: prepares data whose size is needed; None where they are read as they are.
    """

    folders: tuple[Path, ...] = (Path(),)
    data_sets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    models: Mapping[str, OwnModel] = field(default_factory=dict)
    data: Mapping[str, OwnData] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    prepared: Path = PREPARED
    preparer: Preparer | None = field(default=None, compare=False, repr=False)

    @property
    def any(self) -> bool:
        """Whether any model or data set is known."""
        return bool(self.models or self.data)

    def hint(self, name: str) -> str:
        """Why an argument of a function of the user's is no hyperparameter; "" where it is none."""
        every: tuple[OwnModel | OwnData, ...] = (*self.models.values(), *self.data.values())
        for own in every:
            if name in own.others:
                return (
                    f"{own.name} ({own.place}) takes it before the *, so it is no hyperparameter; "
                    "move it behind the *"
                )
        return ""

    def plain(self) -> dict[str, Any]:
        """What another process needs to know the same names, as plain values."""
        return {
            "folders": [str(folder) for folder in self.folders],
            "data_sets": dict(self.data_sets),
            "packages": list(self.packages),
            "prepared": str(self.prepared),
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Users:
        """Inverse of `plain`."""
        folders = tuple(map(Path, plain["folders"]))
        packages = tuple(plain.get("packages", ()))
        prepared = Path(plain["prepared"])
        return cls(folders, plain["data_sets"], packages=packages, prepared=prepared)

    def knows(self, models: Iterable[str], data: Iterable[str]) -> bool:
        """Whether there is nothing to read for these names."""
        new_models = (name for name in models if is_callable_name(name) and name not in self.models)
        new_data = (name for name in data if self._is_own(name) and name not in self.data)
        return next(new_models, None) is None and next(new_data, None) is None

    def _is_own(self, name: str) -> bool:
        return name in self.data_sets or is_callable_name(name)

    def knowing(self, models: Iterable[str], data: Iterable[str]) -> Users:
        """The same with these models and data sets read, where they are the user's own.

        Raises UserError for what cannot be found, called or declared.
        """
        own = {
            name: read_model(name, self.folders, self.packages)
            for name in models
            if is_callable_name(name)
        }
        sets = {n: self._read_data(n) for n in data if self._is_own(n)}
        return replace(self, models={**self.models, **own}, data={**self.data, **sets})

    def _read_data(self, name: str) -> OwnData:
        return read_data(name, self.data_sets.get(name), self.folders, self.packages)


# --- rows of a vocabulary ---


def own_rows(users: Users) -> dict[str, Hyperparameter]:
    """The hyperparameters of a study: ours, then those of its own models and data sets by name.

    Raises UserError for one name with two meanings.
    """
    ours = _beside(HYPERPARAMETERS, users)
    found: dict[str, tuple[Owner, Argument, set[str]]] = {}
    _collect(found, "model", {m.name: (m.place, m.declares) for m in users.models.values()})
    _collect(found, "data", {d.name: (d.place, d.declares) for d in users.data.values()})
    declared = {
        name: declared_row(arg, owner, frozenset(own)) for name, (owner, arg, own) in found.items()
    }
    return {**ours, **dict(sorted(declared.items()))}


def own_handles(users: Users) -> dict[str, Hyperparameter]:
    """The handles on our hyperparameters in a study that has own models."""
    return _beside(HANDLES, users)


def _beside(rows: Mapping[str, Hyperparameter], users: Users) -> dict[str, Hyperparameter]:
    """Rows of ours, those of networks inert with the own models that do not take them."""
    models = tuple(users.models.values())
    return {name: _with_models(row, models) if models else row for name, row in rows.items()}


def _with_models(row: Hyperparameter, models: Sequence[OwnModel]) -> Hyperparameter:
    if "model" in row.acts_with:
        taking = {model.name for model in models if _takes(model, row.name)}
        return replace(row, acts_with={**row.acts_with, "model": row.acts_with["model"] | taking})
    if any("model" in case for case in row.inert_when):
        others = frozenset(model.name for model in models if not _takes(model, row.name))
        return replace(row, inert_when=(*row.inert_when, {"model": others}))
    return row


def _takes(model: OwnModel, name: str) -> bool:
    """Whether a hyperparameter of ours, or a handle on one, changes a model."""
    names = {name}
    if name == _LAYERS:
        names |= HANDLES.keys()
    elif name in HANDLES:
        names |= {_LAYERS}
    return model.whole or bool(names & set(model.takes))


def _collect(
    found: dict[str, tuple[Owner, Argument, set[str]]],
    owner: Owner,
    declared: Mapping[str, tuple[str, Mapping[str, Argument]]],
) -> None:
    for name, (_, arguments) in declared.items():
        for argument in arguments.values():
            known = found.get(argument.name)
            if known is None:
                found[argument.name] = (owner, argument, {name})
                continue
            known_owner, other, names = known
            if (known_owner, other.default, other.kind, other.allowed) != (
                owner, argument.default, argument.kind, argument.allowed,
            ):  # fmt: skip
                raise UserError(
                    f"{argument.name} is declared twice, by {sorted(names)[0]} ({other.place}, "
                    f"{_declared_as(other)}) and by {name} ({argument.place}, "
                    f"{_declared_as(argument)}); one name has one default and one kind in a study, "
                    "and belongs to models or to data: rename one of them"
                )
            names.add(name)


def _declared_as(argument: Argument) -> str:
    return f"default {argument.default!r}"


# --- calls ---


class Levels(Protocol):
    """Hyperparameters by name, such as a configuration."""

    def __getitem__(self, name: str) -> Level:
        """The level of one."""


def model_arguments(model: OwnModel, levels: Levels) -> dict[str, Any]:
    """The keyword arguments of a model: width and depth are taken from hidden_units."""
    return {name: _argument_of(name, model, levels) for name in model.takes}


def _argument_of(name: str, model: OwnModel, levels: Levels) -> Any:
    if name not in HANDLES:
        return as_argument(model.declares.get(name), levels[name])
    widths = levels[_LAYERS]
    if name == "depth":
        return len(widths)
    if len(set(widths)) != 1:
        raise UserError(
            f"model {model.name!r} takes the width of its layers, and hidden_units {list(widths)} "
            "has none that all layers share; state width and depth"
        )
    return widths[0]


def prepared_name(data: OwnData | None, name: str, levels: Levels) -> str:
    """The folder of a prepared copy: the name of the data, then what differs from its defaults."""
    parts = [name]
    for argument in sorted((data.declares if data else _EMPTY).values(), key=lambda a: a.name):
        row = declared_row(argument, "data", frozenset())
        level = levels[argument.name]
        if level != row.default:
            parts += [argument.name, row.spell(level)]
    return MARK.join(parts)


def check_prepared_name(text: str, users: Users) -> None:
    """UserError for the name of a prepared copy that no study could need."""
    own, _ = read_prepared_name(text, users)
    if own is None and text not in DATASETS:
        known = (*DATASETS, *users.data_sets)
        raise UserError(f"unknown data set {text!r}; {nearest(text, known)}")


def read_prepared_name(text: str, users: Users) -> tuple[OwnData | None, dict[str, Any]]:
    """The data set that the name of a prepared copy means, and the arguments of its function.

    None for a data set of ours. Raises UserError for a name that is not canonical.
    """
    name, *rest = text.split(MARK)
    data = users.knowing((), [name]).data.get(name)
    if data is None:
        if rest:
            raise UserError(f"data set {name!r} takes no arguments, and {text!r} gives it some")
        return None, {}
    rows = {n: declared_row(argument, "data", frozenset()) for n, argument in data.declares.items()}
    levels: dict[str, Level] = {n: row.default for n, row in rows.items()}
    for argument, spelled in zip(rest[::2], rest[1::2], strict=False):
        if argument not in rows:
            raise UserError(
                f"data set {name!r} has no argument {argument!r}; {nearest(argument, rows)}"
            )
        parse: Callable[[str], Level] = rows[argument].parse or rows[argument].read
        levels[argument] = parse(spelled)
    canonical = prepared_name(data, name, levels)
    if canonical != text:
        raise UserError(f"prepared data {text!r} is not canonical; ask for {canonical!r}")
    given = {n: as_argument(data.declares[n], level) for n, level in levels.items()}
    return data, {**data.fixed, **given}
