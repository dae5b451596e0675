"""A user's Python modules, found and read without importing them.

Importing a module may cost seconds (torch) and do anything; its source says all that a plan needs.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path

from hyperverdict.errors import UserError, nearest

INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class FoundModule:
    """Where a module is.

    Attributes:
        name: its full name, such as ``models.blocks``.
        file: its file; None for a package without an ``__init__.py``.
        root: the folder on the search path in which it, or its outermost package, was found.
        folders: where its submodules are; empty for what is no package.
    """

    name: str
    file: Path | None
    root: Path
    folders: tuple[str, ...] = ()

    @property
    def is_users(self) -> bool:
        """Whether it is neither Python's own, nor installed, nor ours."""
        if self.name.partition(".")[0] == "hyperverdict":
            return False
        return is_users_file(self.file or self.root)


def is_users_file(file: Path) -> bool:
    """Whether a file is neither Python's own, nor installed, nor of this package."""
    place = file.resolve()
    return not any(part in INSTALLED for part in place.parts) and not any(
        place.is_relative_to(folder) for folder in _folders_of_others()
    )


@cache
def _folders_of_others() -> tuple[Path, ...]:
    """Python's own modules, and ours."""
    standard = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")}
    return (*standard, Path(__file__).resolve().parents[1])


def search_path(folders: Sequence[Path]) -> list[str]:
    """Where a user's modules are looked for: these folders, then where Python looks.

    The folders come first, as the folder of a script does: what lies beside a study is what it
    means.
    """
    first = [str(folder.absolute()) for folder in folders]
    return list(dict.fromkeys([*first, *(entry for entry in sys.path if entry)]))


def find_module(name: str, folders: Sequence[Path]) -> FoundModule | None:
    """A module by its full name, looked for in `folders` first; None when there is none.

    Nothing is imported, not even the packages around it. A file that was written a moment ago may
    need importlib.invalidate_caches() first.
    """
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts) or parts[0] in sys.builtin_module_names:
        return None
    path, root, file = search_path(folders), None, None
    for part in parts:
        # By its last part alone: a finder would look for the packages around a full name among
        # the modules that are loaded.
        spec = PathFinder.find_spec(part, path)
        if spec is None and root is None:
            spec = _by_other_finders(part)
        if spec is None:
            return None
        inner = tuple(map(str, spec.submodule_search_locations or ()))
        file = Path(spec.origin) if spec.origin and spec.has_location else None
        if root is None:
            root = _root(file, inner)
        path = list(inner)
    return FoundModule(name, file, root or Path(), inner)


def _by_other_finders(name: str) -> ModuleSpec | None:
    """An outermost module that only the hooks of an editable installation know."""
    try:
        return find_spec(name)
    except (ValueError, ImportError):
        return None


def _root(file: Path | None, folders: tuple[str, ...]) -> Path:
    """The folder on the search path that holds an outermost module."""
    if folders:
        return Path(folders[0]).parent
    return file.parent if file is not None else Path()


def module_of_callable(
    name: str, folders: Sequence[Path], packages: Sequence[str] = ()
) -> FoundModule:
    """The module of a function that a study names: in the study's folder, or in a named package.

    A study is a text that others may have written: it cannot reach for whatever is installed.

    Args:
        name: its full name.
        folders: where modules are looked for; the first is the study's folder.
        packages: modules and packages that the study names under `packages`.

    Raises UserError where there is none, or where it is elsewhere.
    """
    found = find_module(name, folders)
    if found is None:
        raise missing_module(name, folders)
    home = Path(folders[0]) if folders else Path()
    if found.root.resolve() == home.resolve() or _is_named(name, packages):
        return found
    outermost = name.partition(".")[0]
    raise UserError(
        f"module {name!r} is {shown_file(found.file or found.root)}, which is not in the study's "
        f"folder ({home.absolute()}). Functions come from there, or from packages that the study "
        f"names; if you trust this one, add packages: [{outermost}]"
    )


def _is_named(name: str, packages: Sequence[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def missing_module(name: str, folders: Sequence[Path]) -> UserError:
    """The message for a module that is nowhere, with the nearest name in the user's folders."""
    looked = " and ".join(dict.fromkeys(str(folder.absolute()) for folder in folders))
    bare = name.removesuffix(".py").replace("/", ".")
    if bare != name and find_module(bare, folders) is not None:
        return UserError(f"module {name!r}: write {bare}, as Python imports it")
    parent, _, last = name.rpartition(".")
    around = find_module(parent, folders) if parent else None
    places = around.folders if around else tuple(map(str, folders))
    names = {entry.stem for place in places for entry in Path(place).glob("*.py")}
    hint = f"; {nearest(last, names)}" if get_close_matches(last, names, n=1) else ""
    return UserError(f"module {name!r} is neither in {looked or 'a folder'} nor installed{hint}")


def read_module(file: Path) -> ast.Module:
    """The syntax tree of a module's source; UserError with the line when it is not Python."""
    try:
        return ast.parse(file.read_bytes(), str(file))
    except SyntaxError as error:
        raise UserError(f"{file}, line {error.lineno or 1}: {error.msg}") from None
    except ValueError as error:
        raise UserError(f"{file} is not Python source: {error}") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None


def shown_file(file: Path) -> Path:
    """A file as people find it: below the working folder, relative to it."""
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
