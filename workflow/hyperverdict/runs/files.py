"""The one way in which the package writes a file that somebody may be reading."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomic(path: Path, content: bytes, *, lasting: bool = True) -> None:
    """Write a file so that a reader, and a crash, find the old content or the new, never a part.

    Args:
        lasting: also after a crash of the machine, which costs milliseconds.

    The folder is made when it is missing. A second process that writes the same file at the same
    time does no harm: the last one wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        if lasting:
            os.fsync(file.fileno())
    temporary.replace(path)
