"""The user's code behind a run: its files, and the checksum that identifies them.

Needs no torch and imports nothing of the user's: what a module imports is read from its source.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import invalidate_caches
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.hyperparameters import is_callable_name
from hyperverdict.vocabulary.modules import FoundModule, find_module, missing_module, read_module

MAX_FILE_MB = 50
MAX_FILES = 10_000

# What the workflow itself writes below the working folder.
_GENERATED = ("results", "resources", "logs")
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules"})
_SKIPPED_FILES = (".pyc", ".pyo")


def files_of(module_name: str, folders: Sequence[Path]) -> dict[str, Path]:
    """The files of a module and of all modules of the user's that it imports.

    The user's modules are those that are neither Python's own, nor installed, nor ours. Imports
    anywhere in the source count, also those in functions, relative ones, and
    ``importlib.import_module("name")`` with the name written out. Modules that are missing are
    left out, since many imports are optional.

    Args:
        module_name: full name, such as ``my_models`` or ``models.cnn``.
        folders: where modules are looked for before Python's own places: the study's folder and the
            working folder.

    Returns name -> file; a name is the path below the folder in which its module was found, so that
    it does not depend on where a study lies.
    Raises UserError when the module is missing, or one of the files is not Python.
    """
    invalidate_caches()
    first = find_module(module_name, folders)
    if first is None:
        raise missing_module(module_name, folders)
    files: dict[str, Path] = {}
    seen: set[str] = set()
    waiting = [module_name]
    others: set[str] = set()  # outermost modules that are not the user's
    while waiting:
        name = waiting.pop()
        outermost = name.partition(".")[0]
        if name in seen or outermost in others:
            continue
        seen.add(name)
        module = find_module(name, folders)
        if module is None or not module.is_users:
            if module is not None or name == outermost:
                others.add(outermost)
            continue
        # Importing a module runs the packages around it.
        parts = name.split(".")
        waiting += [".".join(parts[:depth]) for depth in range(1, len(parts))]
        if module.file is not None:
            files[_name(module)] = module.file
            if module.file.suffix == ".py":
                waiting += _imports(read_module(module.file), module)
    return dict(sorted(files.items()))


def _name(module: FoundModule) -> str:
    assert module.file is not None
    return Path(os.path.relpath(module.file, module.root)).as_posix()


def _imports(tree: ast.Module, module: FoundModule) -> Iterator[str]:
    """Full names that a module may import; some of them name no module."""
    package = module.name if module.folders else module.name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            if base:
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            yield from _imported_by_call(node, package)
        elif isinstance(node, ast.Assign) and module.folders and _sets_all(node):
            # `from package import *` imports the submodules that it lists.
            yield from (f"{package}.{name}" for name in _texts(node.value))


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The full name of the module in ``from ... import``; "" above the outermost package."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    kept = parts[: len(parts) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])]) if package and kept else ""


def _imported_by_call(node: ast.Call, package: str) -> Iterator[str]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name not in ("import_module", "__import__") or not node.args:
        return
    for text in _texts(ast.List(elts=node.args[:1])):
        level = len(text) - len(text.lstrip("."))
        yield _absolute(ast.ImportFrom(module=text[level:], names=[], level=level), package)


def _sets_all(node: ast.Assign) -> bool:
    return any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)


def _texts(node: ast.expr) -> Iterator[str]:
    for item in getattr(node, "elts", ()):
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value


def listed_files(entries: Iterable[str], folder: Path) -> dict[str, Path]:
    """The files that a study lists as code: files, and all files in folders.

    Left out are caches, hidden files and folders, and what the workflow itself writes. Symbolic
    links are followed, each folder once.

    Args:
        entries: paths, relative to `folder` where they are not absolute.
        folder: the study's folder.

    Returns name -> file; a name is the entry as written, with the path below it.
    Raises UserError for what is missing or cannot be read, and for files that are data by size or
    number.
    """
    files: dict[str, Path] = {}
    for entry in entries:
        path = folder / entry
        name = Path(os.path.normpath(entry)).as_posix()
        if path.is_dir():
            below = _files_below(path, set())
            found = {_joined(name, file.relative_to(path)): file for file in below}
            if not found:
                raise UserError(f"code: the folder {entry} holds no files")
            files |= found
        elif path.is_file():
            files[name] = path
        else:
            what = "is a broken link" if path.is_symlink() else "does not exist"
            raise UserError(f"code: {entry} {what} (looked for {path})")
        if len(files) > MAX_FILES:
            raise UserError(
                f"code: {entry} holds more than {MAX_FILES:,} files; list what the training "
                "consists of, and name data under `data:`"
            )
    return dict(sorted(files.items()))


def _joined(name: str, below: Path) -> str:
    return below.as_posix() if name == "." else f"{name}/{below.as_posix()}"


def _files_below(folder: Path, seen: set[Path]) -> Iterator[Path]:
    resolved = folder.resolve()
    generated = {Path.cwd().resolve() / name for name in _GENERATED}
    if resolved in seen or resolved in generated:
        return
    seen.add(resolved)
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UserError(f"code: {folder} cannot be read: {error.strerror}") from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if entry.name not in _SKIPPED_FOLDERS:
                yield from _files_below(entry, seen)
        elif not entry.name.endswith(_SKIPPED_FILES):
            yield entry


def code_checksum(files: Mapping[str, Path], extra: str = "") -> str:
    """SHA-256 over the names and the contents of files, and over further text.

    Line ends of text files do not count: the same commit has others on other systems. The order and
    the place of the files, their times and their permissions do not count either.
    Raises UserError for a file that is missing, cannot be read, or is data by its size.
    """
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        for part in (name.encode(), _content(file)):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    digest.update(extra.encode())
    return digest.hexdigest()


def _content(file: Path) -> bytes:
    try:
        if not file.is_file():
            what = "is a broken link" if file.is_symlink() else "is missing or no regular file"
            raise UserError(f"code: {file} {what}")
        size = file.stat().st_size
        if size > MAX_FILE_MB * 10**6:
            raise UserError(
                f"code: {file} has {size / 10**6:,.0f} MB, more than the {MAX_FILE_MB} MB that "
                "code may have; name data under `data:`"
            )
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"code: {file} cannot be read: {error.strerror}") from None
    is_text = b"\0" not in content
    return content.replace(b"\r\n", b"\n") if is_text else content


def code_checksum_of(configuration: Configuration) -> str:
    """The checksum of the user's code behind a configuration: its model and its data function.

    "" where there is none, and for functions of installed packages.
    Raises UserError where a module is missing or one of the files is not Python.
    """
    names = own_names(configuration)
    users = configuration.vocabulary.users
    files: dict[str, Path] = {}
    for name in names:
        files |= files_of(name.partition(":")[0], users.folders)
    return code_checksum(files) if files else ""


def own_names(configuration: Configuration) -> tuple[str, ...]:
    """The functions of the user's behind a configuration: ``module:function``, model first."""
    model, data = str(configuration.get("model", "")), configuration.data
    known = configuration.vocabulary.knowing((), [data]).users.data.get(data)
    call = known.call if known is not None else ""
    return tuple(name for name in (model, call) if is_callable_name(name))
