"""A study's own training: `train:`, `hyperparameters:` and where its metrics come from."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError, nearest
from hyperverdict.runs.declaration import RUNS, Declaration, declaration_file, read_declaration
from hyperverdict.runs.declared import check_frozen
from hyperverdict.study.functions import (
    FOLDERS,
    declared_by,
    module_folders,
    names_of,
    signature_of,
    unit_of,
)
from hyperverdict.study.problems import Problems, needed
from hyperverdict.study.structure import Source
from hyperverdict.study.users import PACKAGES
from hyperverdict.vocabulary.aliases import own_name
from hyperverdict.vocabulary.budget import KINDS
from hyperverdict.vocabulary.declared import declare, kind_of
from hyperverdict.vocabulary.hyperparameters import Hyperparameter
from hyperverdict.vocabulary.metrics import FRACTION, TIME, reported
from hyperverdict.vocabulary.training import (
    LOG,
    METRICS,
    PLACEHOLDERS,
    SEED,
    TRAIN,
    WHOLE,
    Training,
    placeholders,
)
from hyperverdict.vocabulary.vocabulary import BUDGET, Vocabulary

# Words with a meaning of their own in commands, paths and studies.
RESERVED = frozenset(
    (*PLACEHOLDERS, *KINDS, WHOLE, TRAIN, BUDGET, "data", "kind", "extras", "epoch", "step")
)
# What every command must have, and why.
_NEEDED = {
    SEED: "no {seed}: every run gets a seed, and must use it",
    METRICS: "no {metrics}: where the program writes its metrics",
}
# Stands in a command for a value that only its author knows.
OPEN_WORD = "TODO"
# What only a shell understands.
_SHELL = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "<", "<<", "2>", "2>&1", "&>"})

Raw = Mapping[str, Any]


def own_vocabulary(
    raw: Raw, source: Source, problems: Problems | None = None, runs: Path = RUNS
) -> Vocabulary:
    """The vocabulary of a study with `train:`; its defaults may be frozen where `runs` are.

    Args:
        problems: what is wrong with the file so far, which is raised with what is found here.

    Raises UserError for a command that cannot be run as written, an undeclared placeholder, and a
    default that is not the one with which the training's first run was made.
    """
    problems = problems or Problems(source.path)
    before = len(problems.errors)
    declared = raw.get("hyperparameters") or {}
    for name in declared:
        check = partial(source.at, ("hyperparameters", name), partial(_check_name, name))
        problems.attempt(check)
    training = problems.attempt(partial(_training, raw, source))
    if training is None:
        problems.raise_any()
    training = needed(training)
    frozen = read_declaration(declaration_file(training.name, runs))
    if training.call:
        read = partial(declared_by, training, declared)
        arguments = problems.attempt(partial(source.at, (TRAIN, "call"), read))
        if arguments is None:
            problems.raise_any()
        declared = needed(arguments)
        training = replace(training, arguments=tuple(declared))
    rows = {TRAIN: _name_row(training.name)}
    rows |= _rows(declared, training, frozen, source, problems)
    if len(problems.errors) > before:
        problems.raise_any()
    return Vocabulary(rows, {}, {}, training=replace(training, stated=_stated(raw, training)))


def _stated(raw: Raw, training: Training) -> dict[str, Any]:
    """The part of a study that says how runs are made, whatever study states it."""
    keys = ("data", "hyperparameters", "metrics", PACKAGES)
    kept = {key: raw[key] for key in keys if key in raw}
    return {
        "study": training.name,
        TRAIN: {**raw[TRAIN], "name": training.name},
        **kept,
        **({FOLDERS: list(training.folders)} if training.call else {}),
        "baseline": {BUDGET: f"1 {training.unit}"} if training.told_length else {},
    }


def _name_row(name: str) -> Hyperparameter:
    def read(raw: object) -> str:
        if raw != name:
            raise UserError(f"{raw!r} is not this study's training; ask for {name!r}")
        return name

    return Hyperparameter(TRAIN, "", "training", name, name, True, read)


def _training(raw: Raw, source: Source) -> Training:
    entry = raw["train"]
    ways = [key for key in ("command", "call") if key in entry]
    if len(ways) != 1:
        raise source.error(
            (TRAIN,), "must say how a run is made: by `command` or by `call`, one of the two"
        )
    metrics = raw.get("metrics") or {}
    for name, metric in metrics.items():
        if metric.get("validation") == metric.get("from", name):
            raise source.error(
                ("metrics", name, "validation"),
                f"is the score itself ({metric['validation']}): values that are chosen by the "
                "score on which they are judged look better than they are. Name a score on other "
                "data",
            )
    data = raw.get("data") or ()
    # Training times come from timings, not from metrics.
    given = {
        "name": entry.get("name", raw.get("study", "")),
        "code": tuple(entry.get("code") or ()),
        "data": (data,) if isinstance(data, str) else tuple(data),
        "scores": {n: m.get("from", n) for n, m in metrics.items() if n != TIME},
        "validation": {n: m["validation"] for n, m in metrics.items() if "validation" in m},
        "fractions": dict(_fractions(metrics)),
        "stops_early": entry.get("stops_early", False),
    }
    if "call" in entry:
        return source.at((TRAIN, "call"), lambda: _function(raw, source, given))
    words = source.at((TRAIN, "command"), lambda: command_words(entry["command"]))
    if not given["code"]:
        raise source.error(
            (TRAIN, "code"),
            "is missing: list the files and folders that the training is made of, such as "
            "code: [train.py]; their checksum keeps runs of different code apart",
        )
    unit = source.at((TRAIN, "command"), lambda: _unit(words, raw))
    left = [word for word in words if word.rpartition("=")[2] == OPEN_WORD]
    if left:
        raise source.error((TRAIN, "command"), f"{left[0]} stands where a value belongs")
    return Training(command=words, unit=unit, **given)


def _fractions(metrics: Raw) -> Iterator[tuple[str, str]]:
    """(metric, which direction is better) of metrics that are fractions."""
    for name, entry in metrics.items():
        known = reported(name, validated=False)
        if entry.get("unit", known.unit) == FRACTION:
            yield name, entry.get("better", known.better)


def _function(raw: Raw, source: Source, given: dict[str, Any]) -> Training:
    """The training by a function, as far as its signature says it."""
    folders = tuple(map(str, raw.get(FOLDERS) or module_folders(source.path)))
    packages = tuple(raw.get(PACKAGES) or ())
    training = Training(call=raw[TRAIN]["call"], folders=folders, packages=packages, **given)
    signature = signature_of(training)
    unit = unit_of(signature, _stated_units(raw))
    return replace(training, unit=unit, takes_log=LOG in names_of(signature))


def command_words(text: str) -> tuple[str, ...]:
    """The words of a command; UserError where only a shell could run it."""
    try:
        raw_words = shlex.split(text, posix=False)
        words = tuple(shlex.split(text))
        placeholders(words)
    except ValueError as error:
        reason = str(error)
        if reason[:1] in "{}":
            reason = f"{reason!r} is not a placeholder; write {{name}}, or {{{{ and }}}} for braces"
        raise UserError(f"cannot be read: {reason}") from None
    if not words:
        raise UserError("is empty")
    for word in raw_words:
        if word in _SHELL or word.startswith(("$(", "`")) or word.endswith((";", "|", "&")):
            raise UserError(
                f"{word!r} is for a shell, and no shell runs the command; put it into a script"
            )
        if "$" in word and not word.startswith("'"):
            raise UserError(
                f"{word!r}: no shell replaces variables here; write the value, or use a script"
            )
    first = words[0]
    if "=" in first and not first.startswith(("/", ".")):
        raise UserError(f"starts with {first!r}; write env {first} before the program")
    return words


def _unit(words: Iterable[str], raw: Raw) -> str:
    """The unit in which the command is told how long to train.

    A placeholder that is neither a hyperparameter nor one of ours; a budget in another unit is
    refused where it is read.
    """
    declared = raw.get("hyperparameters") or {}
    # A hyperparameter with a reserved name is refused where it stands.
    known = (*(name for name in declared if name not in RESERVED), *PLACEHOLDERS)
    units = [name for name in placeholders(words) if name not in known]
    stated = _stated_units(raw)
    unknown = [name for name in units if name not in KINDS and name not in stated]
    if unknown:
        meant = own_name(unknown[0], known)
        hint = f"write {{{meant}}}" if meant else nearest(unknown[0], [*known, *stated])
        bare = next((text for text in _budgets(raw) if text.isdigit()), "")
        hint = f"write budget: {bare} {unknown[0]}, if it is the unit" if bare else hint
        raise UserError(
            f"{{{unknown[0]}}} is neither declared under `hyperparameters:` nor the unit of a "
            f"budget that the study states; {hint}"
        )
    if len(units) > 1:
        raise UserError(
            f"is told its length in {' and '.join(units)}: use one unit, or declare the other "
            "under `hyperparameters:`"
        )
    absent = [text for name, text in _NEEDED.items() if name not in placeholders(words)]
    if absent:
        raise UserError(f"has {'; and '.join(absent)}")
    if not units and stated:
        raise UserError(
            f"has no {{{stated[0]}}}: the study states its length in {stated[0]}, so the program "
            "must be told"
        )
    return units[0] if units else WHOLE


def _stated_units(raw: Raw) -> list[str]:
    """The units of the budgets that a study states, as far as they can be read."""
    words = [text.split() for text in _budgets(raw)]
    return list(dict.fromkeys(pair[1] for pair in words if len(pair) == 2))


def _budgets(raw: Raw) -> list[str]:
    """The budgets that a study states, as they are written."""
    parts = [raw.get(key) for key in ("baseline", "hypotheses", "explore")]
    return [str(text) for part in parts for text in _budget_texts(part)]


def _budget_texts(node: Any) -> Iterator[Any]:
    """What stands below the keys that state budgets, at any depth."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in (BUDGET, "at_equal"):
                yield from _scalars(value)
            else:
                yield from _budget_texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _budget_texts(value)


def _scalars(node: Any) -> Iterator[Any]:
    if isinstance(node, (Mapping, list)):
        for value in node.values() if isinstance(node, Mapping) else node:
            yield from _scalars(value)
    elif node is not None:
        yield node


def _rows(
    declared: Raw,
    training: Training,
    frozen: Declaration | None,
    source: Source,
    problems: Problems,
) -> dict[str, Hyperparameter]:
    """The hyperparameters in the order of paths: as the first run froze them, then later ones."""
    frozen_defaults = frozen.defaults if frozen else {}
    core = frozen.core if frozen else tuple(declared)
    rows: dict[str, Hyperparameter] = {}

    def read(name: str, entry: Raw) -> Hyperparameter:
        _check_name(name)
        _check_passed(name, training)
        row = _row(name, entry, core=name in core)
        if frozen is not None:
            check_frozen(frozen.file, {name: row.default})
        return row

    for name, entry in declared.items():
        place = (TRAIN, "call", name) if training.call else ("hyperparameters", name)
        row = problems.attempt(partial(source.at, place, partial(read, name, entry)))
        if row is not None:
            rows[name] = row
    for name, default in frozen_defaults.items():
        if name not in rows and name in core:
            kind = kind_of(default) or "text"
            rows[name] = declare(name, default, kind=kind, allowed=[default])
    ordered = [*core, *(name for name in rows if name not in core)]
    return {name: rows[name] for name in ordered if name in rows}


def _check_name(name: str) -> None:
    if not name.isidentifier() or iskeyword(name) or "__" in name:
        raise UserError("must be a word of letters, digits and single _, as in {name}")
    if name in KINDS:
        raise UserError(
            f"{name!r} is the training length, which the budget states: leave it out here, and "
            f"write baseline: {{budget: 10 {name}}}"
        )
    if name in RESERVED or name in WILDCARD_WORDS:
        raise UserError(f"{name!r} has a meaning of its own here; give it another name")


def _check_passed(name: str, training: Training) -> None:
    if training.command and name not in placeholders(training.command):
        raise UserError(f"the command has no {{{name}}}, so nothing would pass it on")


# Attributes of Snakemake's wildcards, which a wildcard must not hide.
WILDCARD_WORDS = frozenset(
    {"append", "clear", "copy", "count", "extend", "fromdict", "get", "index", "insert", "items",
     "keys", "pop", "remove", "reverse", "sort", "values"}
)  # fmt: skip


def _row(name: str, entry: Raw, *, core: bool) -> Hyperparameter:
    if "default" not in entry:
        raise UserError("key 'default' is missing: its value where the study states none")
    if "flag" in entry and not isinstance(entry["default"], bool):
        raise UserError("flag is for hyperparameters that are true or false")
    return declare(
        name,
        entry["default"],
        kind=entry.get("type"),
        none=entry.get("none", False),
        allowed=entry.get("allowed"),
        unit=entry.get("unit", ""),
        title=entry.get("title", ""),
        flag=entry.get("flag", ""),
        core=core,
    )
