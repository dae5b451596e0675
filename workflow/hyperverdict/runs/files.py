"""The one way in which the package writes a file that somebody may be reading."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hyperverdict.errors import match


def write_atomic(path: Path, content: bytes | memoryview, *, lasting: bool = True) -> None:
    """Write a file so that a reader, and a crash, find the old content or the new, never a part.

    Args:
        lasting: also after a crash of the machine, which costs milliseconds.

    The folder is made when it is missing. A second process that writes the same file at the same
    time does no harm: the last one wins.
    """
    with whole_file(path, lasting=lasting) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """A file to write to, which takes its place as `write_atomic` says once it is whole.

    After an error inside, or where it was closed inside, the old file stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    whole = False
    try:
        with temporary.open("wb") as file:
            yield file
            if not file.closed:
                file.flush()
                if lasting:
                    os.fsync(file.fileno())
                whole = True
    finally:
        if not whole:
            temporary.unlink(missing_ok=True)
    if whole:
        temporary.replace(path)


def why_unwritable(folder: Path) -> str:
    """Why nothing can be written into a folder, or made where it is missing; "" where it can."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        return f"{place} is a file"
    return "" if os.access(place, os.W_OK | os.X_OK) else f"{place} may only be read"


def near_name(path: Path) -> str:
    """The hint after a missing file: the nearest name in its folder, or where it was looked for."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        return f" (looked in {Path.cwd()})"
    near = match(path.name, names)
    if not near:
        return f" (looked in {Path.cwd()})"
    return f"; did you mean {(path.parent / near).as_posix()!r}?"
