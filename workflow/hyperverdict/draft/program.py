"""A program as a person names it: a script, or the command that they type today."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hyperverdict.draft.options import (
    Option,
    identifier,
    options_of,
    options_of_help,
    value_of,
)
from hyperverdict.errors import UserError
from hyperverdict.programs.contained import run_contained
from hyperverdict.programs.unlisted import files_of_script
from hyperverdict.study.own import command_words
from hyperverdict.vocabulary.modules import find_module, read_module

_HELP_SECONDS = 120
_MANY_FILES = 12


@dataclass(frozen=True)
class Use:
    """An option in a command.

    Attributes:
        option: with the value that was typed as its default.
        joint: what stands between flag and value: "=" for one word, " " for two.
        typed: the person typed it.
    """

    option: Option
    joint: str = " "
    typed: bool = True

    @property
    def text(self) -> str:
        """The value as text."""
        return str(self.option.default)


@dataclass(frozen=True)
class Program:
    """What runs, and what its source says.

    Attributes:
        start: the words that start it: ``python train.py``.
        uses: its options, and the words in between, in order.
        further: options that it has and that were not typed.
        code: its files, as paths from the working folder.
        trees: their syntax trees, the script first; empty for other languages.
        script: the file that declares its options, for messages.
        typed: it was given as a command.
    """

    start: tuple[str, ...]
    uses: tuple[Use | str, ...]
    further: tuple[Option, ...]
    code: tuple[str, ...]
    trees: tuple[ast.Module, ...]
    script: str
    typed: bool


def read_program(text: str, *, run_help: bool = False) -> Program:
    """The program that a script or a command names; nothing is run but its help, if wanted.

    Raises UserError for a script that does not exist, and a command that only a shell could run.
    """
    path = Path(text)
    typed = not path.is_file()
    if typed and " " not in text.strip() and path.suffix:
        raise UserError(f"{text} does not exist in {Path.cwd()}")
    try:
        words = command_words(text) if typed else (*_interpreter(path), text)
    except UserError as error:
        raise UserError(f"the command {error}") from None
    start, rest, script = _split(words)
    if script is None:
        files = {word: Path(word) for word in start if Path(word).is_file()}
    else:
        files = _files(script)
    trees = tuple(read_module(file) for file in files.values() if file.suffix == ".py")
    options = tuple({o.flag: o for tree in trees for o in options_of(tree)}.values())
    if run_help:
        known = {option.flag for option in options}
        options += tuple(o for o in _help(start) if o.flag not in known)
    uses = _uses(rest, options)
    used = {use.option.flag for use in uses if isinstance(use, Use)}
    further = tuple(option for option in options if option.flag not in used)
    if not typed:
        uses = tuple(Use(option, typed=False) for option in further)
        further = ()
    return Program(
        start=start,
        uses=uses,
        further=further,
        code=_listed(files),
        trees=trees,
        script=str(script or (next(iter(files), start[0]))),
        typed=typed,
    )


def _interpreter(path: Path) -> tuple[str, ...]:
    if path.suffix == ".py":
        return ("python" if shutil.which("python") or not shutil.which("python3") else "python3",)
    known = {".sh": "bash", ".R": "Rscript", ".r": "Rscript", ".jl": "julia"}
    if path.suffix not in known:
        raise UserError(
            f'{path}: write the command as you type it: hyperverdict new "./{path} --lr 0.1"'
        )
    return (known[path.suffix],)


def _split(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], Path | None]:
    """(the words that start the program, its arguments, its Python script or module)."""
    for i, word in enumerate(words):
        if word.endswith(".py") and (Path(word).is_file() or i):
            if not Path(word).is_file():
                raise UserError(f"{word} does not exist in {Path.cwd()}")
            return tuple(words[: i + 1]), tuple(words[i + 1 :]), Path(word)
        if word == "-m" and i + 1 < len(words) and "python" in words[0]:
            found = find_module(words[i + 1], (Path(),))
            inner = find_module(f"{words[i + 1]}.__main__", (Path(),)) if found else None
            file = (inner or found).file if found else None
            own = found is not None and found.is_users
            return tuple(words[: i + 2]), tuple(words[i + 2 :]), file if own else None
    arguments = (i for i, word in enumerate(words) if i and (word[0] == "-" or "=" in word))
    first = next(arguments, len(words))
    return tuple(words[:first]), tuple(words[first:]), None


def _files(script: Path) -> dict[str, Path]:
    """The script and the modules of the person's that it imports, by path from here."""
    files = files_of_script(script)
    relative = {Path(os.path.relpath(file)).as_posix(): file for file in files}
    first = Path(os.path.relpath(script)).as_posix()
    return {first: script, **dict(sorted(relative.items()))}


def _listed(files: dict[str, Path]) -> tuple[str, ...]:
    """The files as `code:` lists them: folders where they are many."""
    names = list(files)
    if len(names) <= _MANY_FILES:
        return tuple(names)
    return tuple(dict.fromkeys(n.split("/")[0] + "/" if "/" in n else n for n in names))


def _help(start: Sequence[str]) -> tuple[Option, ...]:
    try:
        with tempfile.TemporaryFile() as output:
            run_contained([*start, "--help"], _HELP_SECONDS, output, errors=subprocess.DEVNULL)
            output.seek(0)
            text = output.read().decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{' '.join(start)} --help: {error}") from None
    return options_of_help(text)


def _uses(words: Sequence[str], options: Sequence[Option]) -> tuple[Use | str, ...]:
    """The arguments of a typed command as options with values, and other words as they are."""
    known = {option.flag: option for option in options}
    known |= {f"-{o.flag.lstrip('-')}": o for o in options if len(o.flag.lstrip("-")) == 1}
    found: list[Use | str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        flag, equals, value = word.partition("=")
        is_flag = bool(re.match(r"--?[A-Za-z]", word))
        is_setting = equals and re.fullmatch(r"[+~]*[A-Za-z][\w./]*", flag)
        option = known.get(flag)
        if equals and (is_flag or is_setting):
            found.append(Use(_with_value(option, flag, value), "="))
        elif not is_flag or word == "--":
            found.append(word)
        elif option is not None and option.style == "true":
            found.append(Use(replace(option, default=True)))
        elif rest and not re.match(r"--?[A-Za-z]", rest[0]):
            found.append(Use(_with_value(option, flag, rest.pop(0))))
        else:
            name = identifier(flag)
            found.append(Use(Option(flag, name, True, "boolean", style="true")))
    return tuple(found)


def _with_value(option: Option | None, flag: str, value: str) -> Option:
    """The option with a typed value as its default."""
    read = value_of(value)
    if option is None:
        return Option(flag, identifier(flag), read, "text" if isinstance(read, str) else "number")
    if option.kind == "text":
        return replace(option, default=value)
    kind = "text" if isinstance(read, str) else option.kind
    return replace(option, default=read, kind=kind)
