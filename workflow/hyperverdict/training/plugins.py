"""Functions of the user's own, named as ``module:function``: imported, called, and blamed."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError, first_line, nearest
from hyperverdict.vocabulary.modules import (
    INSTALLED,
    find_module,
    is_users_file,
    module_of_callable,
    shown_file,
)


def named_callable(
    name: str, what: str, folders: Sequence[Path] = (Path(),), packages: Sequence[str] = ()
) -> Callable[..., Any]:
    """The function that ``module:function`` names.

    Args:
        name: as studies write it.
        what: what it is, for messages: "model" or "data set".
        folders: where its module is looked for before Python's own places; the study's first.
        packages: what the study names of modules that are not in its folder.

    Raises UserError where the module or the function is missing or comes from elsewhere, or
    importing the module fails;
    with the file and line of the user's code.
    """
    module_name, _, attribute = name.partition(":")
    with users_code(what, name):
        module = _import(module_name, folders, packages)
    found = getattr(module, attribute, None)
    if not callable(found):
        public = [n for n in vars(module) if not n.startswith("_") and callable(vars(module)[n])]
        hint = nearest(attribute, public) if public else "it has no callables"
        raise UserError(f"{what} {name!r}: {module_name} has no callable {attribute!r}; {hint}")
    return found  # type: ignore[no-any-return]


def _import(name: str, folders: Sequence[Path], packages: Sequence[str]) -> Any:
    """The module that `find_module` finds, whatever of its name was imported before."""
    importlib.invalidate_caches()
    found = module_of_callable(name, folders, packages)
    _forget_others(folders)
    first = [str(folder.absolute()) for folder in folders]
    path = list(sys.path)
    # What lies beside a study comes first, while it is imported only: nothing of ours or of an
    # installed package must be looked for there. Later imports in functions find it last.
    sys.path[:] = [*first, *(entry for entry in path if entry not in first)]
    try:
        module = importlib.import_module(name)
    finally:
        sys.path[:] = [*path, *(entry for entry in first if entry not in path)]
    loaded = getattr(module, "__file__", None)
    if found.file is not None and loaded and not found.file.samefile(loaded):
        raise UserError(f"another module is named {name}, too ({loaded}); rename {found.file}")
    return module


def _forget_others(folders: Sequence[Path]) -> None:
    """Forget modules of the user's that now would be found elsewhere: those of another study."""
    for name in sys.modules.keys() - modules_of_others():
        file = _users_file(name)
        if file is None:
            continue
        found = find_module(name, folders)
        if found is not None and found.file is not None and not found.file.samefile(file):
            del sys.modules[name]


@cache
def modules_of_others() -> frozenset[str]:
    """Modules that were loaded when this was first asked, and are not the user's.

    A warm process asks early: to look at each of them costs a process milliseconds.
    """
    return frozenset(name for name in list(sys.modules) if _users_file(name) is None)


def _users_file(name: str) -> Path | None:
    """The file of a loaded module of the user's; None for others, and where there is none."""
    file = getattr(sys.modules.get(name), "__file__", None)
    # First what costs nothing: Python's own, installed ones and ours are hundreds.
    others = (os.path.dirname(os.__file__) + os.sep, str(Path(__file__).parents[1]) + os.sep)
    if not file or any(part in file for part in INSTALLED) or file.startswith(others):
        return None
    path = Path(file)
    return path if path.is_file() and is_users_file(path) else None


@contextmanager
def users_code(what: str, name: str, defined: str = "") -> Iterator[None]:
    """Turns any error of the user's code into one UserError with the file and line of that code.

    A failed allocation stays what it is: it is an outcome. The working folder is again what it was,
    since our paths and those of later jobs in this process are relative to it.

    Args:
        defined: where the function is defined, for errors that arise in none of the user's lines.
    """
    here = os.getcwd()
    try:
        try:
            yield
        finally:
            os.chdir(here)
    except (UserError, MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if _is_allocation(error):
            raise
        raise UserError(f"{what} {name!r}: {blamed(error, defined)}") from error


def _is_allocation(error: BaseException) -> bool:
    words = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, RuntimeError) and any(part in str(error) for part in words)


def blamed(error: BaseException, defined: str = "") -> str:
    """An error of the user's code as one line: where it arose, its type, what it says.

    Args:
        defined: where the function is defined, for an error that arose in none of the user's lines.
    """
    text = f"exit {error}" if isinstance(error, SystemExit) else first_line(error)
    said = f"{type(error).__name__}: {text}"
    place = place_of(error) or (f"defined in {defined}" if defined else "")
    return f"{place}: {said}" if place else said


def place_of(error: BaseException) -> str:
    """File and line of the user's code in which an error arose; "" where none was running."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown_file(Path(error.filename))}, line {error.lineno or 1}"
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        file = Path(frame.filename)
        if file.suffix == ".py" and file.exists() and is_users_file(file):
            return f"{shown_file(file)}, line {frame.lineno}"
    return ""


def is_of_users(error: BaseException) -> bool:
    """Whether an error in the training of a user's model arose in that model.

    In its code, or in a layer of torch's that it is made of.
    """
    files = (frame.filename for frame in traceback.extract_tb(error.__traceback__))
    layers = str(Path("torch", "nn", "modules"))
    return bool(place_of(error)) or any(layers in file for file in files)
