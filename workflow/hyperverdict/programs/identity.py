"""What identifies the runs of a user's training beside their path: its code and its data."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import json_bytes, read_sealed_json
from hyperverdict.training.code import code_checksum, files_of, listed_files
from hyperverdict.vocabulary.training import Training
from hyperverdict.vocabulary.vocabulary import Vocabulary

# Checksums of data files by size and time, so that large ones are read once.
CHECKSUMS = Path("resources/checksums.json")


@dataclass(frozen=True)
class Identity:
    """Checksums of code and data; "" where there is none."""

    code: str
    data: str


def identity_of(vocabulary: Vocabulary, folder: Path = Path()) -> Identity:
    """The identity of runs that would be made now; the working folder holds code and data.

    Raises UserError for code or data that is missing.
    """
    training = vocabulary.training
    if training is None:
        return Identity("", "")
    return Identity(_code(training, vocabulary, folder), data_checksum(training.data, folder))


def _code(training: Training, vocabulary: Vocabulary, folder: Path) -> str:
    """Files and command: a word that is changed in the command is another training."""
    flags = {name: row.flag for name, row in vocabulary.hyperparameters.items() if row.flag}
    # Whether a short training counts: said only where it does, as older checksums do not hold it.
    early = ["stops_early"] if training.stops_early else []
    how = json.dumps([training.command, training.call, flags, *early], sort_keys=True)
    return code_checksum(_code_files(training, folder), how)


def _code_files(training: Training, folder: Path) -> dict[str, Path]:
    """What the study lists, and for a function its module with what it imports of the user's."""
    listed = listed_files(training.code, folder)
    if not training.call:
        return listed
    folders = [folder / place for place in training.folders]
    return {**files_of(training.call.partition(":")[0], folders), **listed}


def data_checksum(entries: tuple[str, ...], folder: Path = Path()) -> str:
    """SHA-256 over the names and contents of data files; "" without any.

    A file is read again only when its size or time has changed.
    Raises UserError for what is missing.
    """
    if not entries:
        return ""
    known = _known(folder / CHECKSUMS)
    found: dict[str, list[object]] = {}
    digest = hashlib.sha256()
    for entry in sorted(set(entries)):
        for name, file in _files(entry, folder):
            key = str(file.resolve())
            found[key] = _entry(file, known.get(key))
            digest.update(f"{name}\0{found[key][2]}\0".encode())
    if any(known.get(key) != entry for key, entry in found.items()):
        write_atomic(folder / CHECKSUMS, json_bytes({**known, **found}, indent=0))
    return digest.hexdigest()


def _known(file: Path) -> dict[str, list[object]]:
    try:
        return read_sealed_json(file)
    except (OSError, ValueError):
        return {}


def _files(entry: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """(name, file) of a data file, or of all files below a folder but hidden ones."""
    path = folder / entry
    if path.is_file():
        yield entry, path
        return
    if not path.is_dir():
        raise UserError(f"data: {entry} does not exist (looked for {path})")
    empty, seen = True, set[str]()
    for place, folders, files in os.walk(path, followlinks=True):
        # Links may lead back up: each folder counts once.
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                empty = False
                file = Path(place) / name
                yield f"{entry.rstrip('/')}/{file.relative_to(path).as_posix()}", file
    if empty:
        raise UserError(f"data: the folder {entry} holds no files")


def _entry(file: Path, known: list[object] | None) -> list[object]:
    """[size, time in nanoseconds, SHA-256] of a file."""
    try:
        state = file.stat()
        if known and known[:2] == [state.st_size, state.st_mtime_ns]:
            return known
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"data: {file} cannot be read ({error.strerror})") from None
    return [state.st_size, state.st_mtime_ns, digest]
