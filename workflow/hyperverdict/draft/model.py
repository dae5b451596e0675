"""A study that is being written: what was found, and what only its author can say."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperverdict.draft.options import UNKNOWN, Option
from hyperverdict.draft.outputs import Output, fixed_output, names_of_options
from hyperverdict.draft.program import Program, Use
from hyperverdict.draft.roles import OUTPUTS, Role, role_of, unit_of
from hyperverdict.draft.scores import Score, reported_names, scores_to_claim
from hyperverdict.foreign.names import clean, setting_of
from hyperverdict.study.own import OPEN_WORD, RESERVED, WILDCARD_WORDS
from hyperverdict.vocabulary.declared import Kind


@dataclass(frozen=True)
class Declared:
    """A hyperparameter as the study declares it.

    Attributes:
        name: its placeholder.
        default: its value; None where only the author can say it.
        kind: "whole", or "text" where the default looks like a number; None where the default
            says it.
        allowed: its levels; empty for any.
        flag: the argument that stands for true; "" for a value.
        title: what it is, where its name is short.
    """

    name: str
    default: Any
    kind: Kind | None = None
    allowed: tuple[Any, ...] = ()
    flag: str = ""
    title: str = ""


@dataclass(frozen=True)
class Draft:
    """Everything that the text of a study is written from.

    Attributes:
        source: what the study is for, as the person named it.
        name: of the study.
        command: words with placeholders; empty for a function.
        call: ``module:function``; "" for a command.
        code: files that it is made of.
        data: files and folders that it reads.
        declared: its hyperparameters.
        unit: of its training length; "" where it is not told one.
        length: its training length; None where only the author can say it.
        scores: to claim about, the most telling first.
        left_out: options that are no hyperparameters, with the reason.
        missing: "seed" and "metrics", where the program has no option for them.
        script: the file to change for what is missing.
        to_give: options that the program requires and that are no hyperparameters.
        writes: the file of scores that it writes under the same name in every run.
        names: what its parser, and what that has read, are called in the script.
        libraries: the outermost modules that its code imports.
        package: the outermost module of a function that is not in the study's folder; else "".
    """

    source: str
    name: str
    command: tuple[str, ...] = ()
    call: str = ""
    code: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    declared: tuple[Declared, ...] = ()
    unit: str = ""
    length: Any = None
    scores: tuple[Score, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    script: str = ""
    libraries: tuple[str, ...] = ()
    to_give: tuple[tuple[str, Role], ...] = ()
    writes: Output | None = None
    names: tuple[str, str] = ("parser", "args")
    package: str = ""


def draft_of_program(program: Program, source: str, name: str) -> Draft:
    """The draft of a study whose runs a command makes."""
    uses = [*program.uses, *_added(program)]
    chosen = _chosen(use.option for use in uses if isinstance(use, Use))
    words, declared = list(program.start), []
    data: list[str] = []
    left_out: list[tuple[str, str]] = []
    to_give: list[tuple[str, Role]] = []
    for use in uses:
        if isinstance(use, str):
            words.append(use)
            data += [use] if Path(use).exists() else []
            continue
        option, role = use.option, _role(use.option, chosen)
        if role in ("seed", "metrics", "length", "device", "checkpoint", "tensorboard"):
            given = unit_of(option.name) if role == "length" else role
            words += _words(use, f"{{{given}}}")
        elif role == "setting" and _is_setting(option):
            row = _declared(option, use.typed)
            declared.append(row)
            words += _words(use, f"{{{row.name}}}")
        else:
            words += _words(use, _literal(use.text)) if use.typed else []
            if role == "data" and isinstance(option.default, str):
                data += [option.default] if Path(option.default).exists() else []
            elif not use.typed and option.required:
                words += _words(use, OPEN_WORD)
                to_give.append((option.flag, role))
            elif not use.typed:
                left_out.append((option.flag, _reason(option, role)))
    further = [option for option in program.further if option not in chosen.values()]
    left_out += [(option.flag, "not in your command") for option in further]
    read = [o.default for o in further if role_of(o.name) == "data" and isinstance(o.default, str)]
    data += [path for path in read if Path(path).exists()]
    length = chosen.get("length")
    return Draft(
        source, name, tuple(words), "", program.code, tuple(dict.fromkeys(data)), tuple(declared),
        unit=unit_of(length.name) if length else "",
        length=length.default if length and _known(length.default) else None,
        scores=tuple(scores_to_claim(reported_names(program.trees))),
        left_out=tuple(left_out),
        missing=tuple(role for role in ("seed", "metrics") if role not in chosen),
        script=program.script,
        libraries=tuple(dict.fromkeys(name for tree in program.trees for name in _imported(tree))),
        to_give=tuple(to_give),
        writes=fixed_output(program.trees[0]) if program.trees else None,
        names=names_of_options(program.trees),
    )  # fmt: skip


def _imported(tree: ast.Module) -> Iterator[str]:
    """The outermost modules that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _added(program: Program) -> list[Use]:
    """Options that were not typed, and that a study needs: seed, metrics and length."""
    typed = _chosen(use.option for use in program.uses if isinstance(use, Use))
    there = _chosen(program.further)
    return [
        Use(there[role], typed=False)
        for role in ("length", "seed", "metrics")
        if role in there and role not in typed
    ]


def _chosen(options: Iterable[Option]) -> dict[str, Option]:
    """The one option for each thing that a study gives a program; the most telling metrics."""
    found: dict[str, Option] = {}
    for option in options:
        role = role_of(option.name)
        if role == "setting" or option.style == "true":
            continue
        old = found.get(role)
        telling = role == "metrics" and old is not None and _rank(option) < _rank(old)
        stated = role == "length" and _known(option.default)
        if old is None or telling or (stated and not _known(old.default)):
            found[role] = option
    return found


def _rank(option: Option) -> int:
    return OUTPUTS.index(clean(option.name))


def _role(option: Option, chosen: dict[str, Option]) -> Role:
    """What an option is for; a second one for the same thing is left as it is."""
    role = role_of(option.name)
    single = ("seed", "metrics", "length", "device", "checkpoint", "tensorboard")
    if role in single and chosen.get(role) is not option:
        return "quiet"
    return role


def _known(default: Any) -> bool:
    return default is not None and default is not UNKNOWN


def _is_setting(option: Option) -> bool:
    """Whether an option has what a hyperparameter needs, or must have it."""
    scalar = isinstance(option.default, (bool, int, float, str))
    return scalar or (option.required and option.default is None and option.style == "value")


def _reason(option: Option, role: str) -> str:
    if role == "setting":
        what = "is a list, or is computed" if option.default is UNKNOWN else "is none"
        return f"its default {what}"
    return "no hyperparameter by its name" if role == "quiet" else f"for {role}"


def _declared(option: Option, typed: bool) -> Declared:
    is_flag = option.style == "true"
    name = free_name(option.name)
    number = isinstance(option.default, (int, float)) and not isinstance(option.default, bool)
    kind: Kind | None = "whole" if option.kind == "whole" and number else None
    known = setting_of(clean(option.name))
    title = known.replace("_", " ") if known and known != name else ""
    return Declared(
        name, option.default, kind, option.choices, option.flag if is_flag else "", title
    )


def free_name(name: str) -> str:
    """A name for a placeholder that has no meaning of its own."""
    taken = name in RESERVED or name in WILDCARD_WORDS or keyword.iskeyword(name)
    return f"{name}_option" if taken else name


def _words(use: Use, value: str) -> list[str]:
    option = use.option
    if option.style == "true":
        # A flag: its placeholder stands for the whole word.
        return [value if value.startswith("{") and not value.startswith("{{") else option.flag]
    if option.style == "positional":
        return [value]
    return [f"{option.flag}={value}"] if use.joint == "=" else [option.flag, value]


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
