"""Files that a command runs or reads, and that its study lists neither as code nor as data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.training.code import files_of
from hyperverdict.vocabulary.modules import find_module, is_users_file
from hyperverdict.vocabulary.training import Training

_SHOWN = 5


@dataclass(frozen=True)
class Unlisted:
    """Files by their path from the working folder, as far as they can be seen.

    Attributes:
        code: Python files that the command starts, and those below the working folder that they
            import.
        named: other files and folders that stand in the command.
    """

    code: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    @property
    def code_fault(self) -> str:
        """Why runs could mix; "" where nothing is missing."""
        if not self.code:
            return ""
        return (
            f"misses {_shown(self.code)}, which the command runs or imports: runs before and after "
            "a change there would count as the same. List it, too"
        )

    @property
    def note(self) -> str:
        """What to say of files that stand in the command; "" where there are none."""
        if not self.named:
            return ""
        return (
            f"{_shown(self.named)} in the command is neither under train.code nor under data: a "
            "change there would not be noticed. List it there, if the training reads it"
        )


def unlisted_files(training: Training | None) -> Unlisted:
    """The files of a command that identify none of its runs; nothing is run or imported."""
    if training is None or not training.command:
        return Unlisted()
    listed = [Path(entry).resolve() for entry in (*training.code, *training.data)]
    scripts = list(dict.fromkeys(_scripts(training.command)))
    code = {file for script in scripts for file in files_of_script(script)}
    named = [path for path in _named(training.command) if path not in scripts]
    return Unlisted(_missing(code, listed), _missing(named, listed))


def files_of_script(script: Path) -> set[Path]:
    """A script and the modules of the user's that it imports; the script alone if unreadable."""
    # Inside a package, modules are found from the folder that holds the package.
    root, name = script.parent, script.stem
    while (root / "__init__.py").is_file():
        root, name = root.parent, f"{root.name}.{name}"
    if script.suffix != ".py" or not all(part.isidentifier() for part in name.split(".")):
        return {script}
    try:
        return {script, *files_of(name, (script.parent, root, Path())).values()}
    except UserError:
        return {script}


def _scripts(words: tuple[str, ...]) -> Iterator[Path]:
    for before, word in zip(("", *words), words, strict=False):
        if word.endswith(".py") and Path(word).is_file():
            yield Path(word)
        elif before == "-m" and "{" not in word:
            found = find_module(word, (Path(),))
            inner = find_module(f"{word}.__main__", (Path(),)) if found else None
            for module in (found, inner):
                if module is not None and module.is_users and module.file is not None:
                    yield module.file


def _named(words: tuple[str, ...]) -> Iterator[Path]:
    """Existing files and folders that are a word of the command, or stand after its "="."""
    program, *rest = words
    here = Path.cwd().resolve()
    if Path(program).is_file() and Path(program).resolve().is_relative_to(here):
        yield Path(program)
    for word in rest:
        text = word.partition("=")[2] if word.startswith("-") else word
        path = Path(text)
        if text and "{" not in text and (path.is_file() or path.is_dir()) and text != ".":
            yield path


def _missing(files: Iterable[Path], listed: Iterable[Path]) -> tuple[str, ...]:
    """Those below the working folder that are not listed; no environment's, and nothing hidden."""
    here, known = Path.cwd().resolve(), list(listed)
    found = set()
    for file in files:
        place = file.resolve()
        if not place.is_relative_to(here) or not is_users_file(place):
            continue
        inner = place.relative_to(here)
        if any(part.startswith(".") for part in Path(os.path.relpath(file.absolute())).parts):
            continue
        if not any(place.is_relative_to(entry) for entry in known):
            found.add(inner.as_posix())
    return tuple(sorted(found))


def _shown(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
