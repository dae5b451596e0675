"""Data sets of the user's own: a function, a folder of images, an .npz file.

Needs no torch, unless the function does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from hyperverdict.errors import UserError, first_line, nearest
from hyperverdict.training.arrays import Part, checked_parts
from hyperverdict.training.code import code_checksum, files_of
from hyperverdict.training.images import fingerprint, read_images
from hyperverdict.training.plugins import named_callable, users_code
from hyperverdict.vocabulary.datasets import PARTS
from hyperverdict.vocabulary.functions import OwnData
from hyperverdict.vocabulary.users import Users, read_prepared_name

# Other names of the parts, and the names of images and labels, in what a user gives.
_PART_NAMES = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
MAX_NPZ_GIGABYTES = 8
_IMAGES, _LABELS = ("x", "images"), ("y", "labels")


def read_own(
    data: OwnData, arguments: Mapping[str, Any], users: Users
) -> tuple[dict[str, Part], tuple[str, ...], str]:
    """The parts of a data set of the user's own, the names of its classes, and its source in words.

    A part "" is to be split. Raises UserError for what cannot be read or trained on.
    """
    where = f"data set {data.name!r}"
    if data.folder:
        try:
            parts, classes = read_images(Path(data.folder), data.size)
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
        return parts, classes, source_of(data)
    if data.npz:
        given = _npz(Path(data.npz), where)
        return _checked(given, where), (), source_of(data)
    function = named_callable(data.call, "data set", users.folders, users.packages)
    with users_code("data set", data.name):
        # What it returned may be of its own making, too: to look at it may run its code.
        return _checked(_by_part(function(**arguments), where), where), (), source_of(data)


def source_of(data: OwnData) -> str:
    """Where a data set comes from, in words."""
    if data.folder:
        return f"images in {data.folder}"
    return data.npz or f"callable {data.call}"


def _checked(given: Mapping[str, Any], where: str) -> dict[str, Part]:
    if "" in given:
        return {"": checked_parts({"train": given[""]}, where)["train"]}
    return checked_parts(given, where)


def _by_part(returned: Any, where: str) -> dict[str, Any]:
    """What a function returned, by part; a pair of images and labels is to be split."""
    if isinstance(returned, tuple | list) and len(returned) == 2:
        return {"": tuple(returned)}
    if not isinstance(returned, Mapping):
        raise UserError(
            f"{where}: its function returned {type(returned).__name__}; it must return a dict with "
            f"the keys {', '.join(PARTS)}, or a pair (images, labels) to be split"
        )
    parts: dict[str, Any] = {}
    for name, pair in returned.items():
        part = _PART_NAMES.get(str(name))
        if part is None or part in parts:
            problem = nearest(name, _PART_NAMES) if part is None else f"{part} is there already"
            raise UserError(
                f"{where}: its function returned a dict with the key {name!r}; {problem} (keys: "
                f"{', '.join(PARTS)})"
            )
        parts[part] = pair
    if "train" not in parts:
        raise UserError(
            f"{where}: its function returned a dict without train; it must hold the keys "
            f"{', '.join(PARTS)}"
        )
    return parts


def _npz(file: Path, where: str) -> dict[str, Any]:
    """The arrays of an .npz file by part."""
    _refuse_large(file, where)
    try:
        with np.load(file, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
    except FileNotFoundError:
        raise UserError(f"{where}: {file} does not exist") from None
    except Exception as error:
        objects = "allow_pickle" in str(error)
        fix = "; it holds Python objects, save arrays of numbers only" if objects else ""
        raise UserError(
            f"{where}: {file} is no .npz file of arrays ({first_line(error)}){fix}"
        ) from None
    found: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        kind, part = _meaning(name)
        if not kind or kind in found.setdefault(part, {}):
            raise UserError(
                f"{where}: {file} holds an array {name!r}; arrays must be named x and y, or "
                "x_train, y_train, x_validation, y_validation, x_test and y_test"
            )
        found[part][kind] = array
    lacking = [part for part, pair in found.items() if len(pair) < 2]
    if lacking or not found or ("" not in found and "train" not in found):
        missing = lacking[0] if lacking else "train"
        ending = f"_{missing}" if missing else ""
        raise UserError(f"{where}: {file} needs both x{ending} and y{ending}")
    if "" in found and len(found) > 1:
        raise UserError(f"{where}: {file} holds x beside {', '.join(sorted(found)[1:])}")
    return {part: (pair["x"], pair["y"]) for part, pair in found.items()}


def _refuse_large(file: Path, where: str) -> None:
    """UserError for a file whose arrays take more memory than a data set may, however few bytes
    they are compressed to. Nothing is said of a file that cannot be read.
    """
    try:
        with ZipFile(file) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except (OSError, ValueError, BadZipFile):
        return
    if size > MAX_NPZ_GIGABYTES * 10**9:
        raise UserError(
            f"{where}: the arrays of {file} take {size / 1e9:,.0f} GB; at most "
            f"{MAX_NPZ_GIGABYTES} GB can be read. Save fewer images, smaller ones, or bytes (uint8)"
        )


def _meaning(name: str) -> tuple[str, str]:
    """("x" or "y", part) of an array's name; ("", "") where it has none."""
    words = name.lower().split("_")
    for kind, names in (("x", _IMAGES), ("y", _LABELS)):
        rest = [word for word in words if word not in names]
        if len(rest) == len(words) - 1:
            if not rest:
                return kind, ""
            if len(rest) == 1 and rest[0] in _PART_NAMES:
                return kind, _PART_NAMES[rest[0]]
    return "", ""


def made_from(name: str, users: Users) -> str:
    """What identifies the source of a prepared copy, read without loading it; "" for ours.

    The code of a function and its arguments, or names, sizes and times of files. A copy that was
    made from something else is prepared again, which gives the same data where only times differ.
    Raises UserError where the source is missing.
    """
    data, arguments = read_prepared_name(name, users)
    if data is None:
        return ""
    digest = hashlib.sha256()
    for line in _source_lines(data, arguments, users):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def remains_of(name: str, users: Users, facts: Mapping[str, Any]) -> bool:
    """Whether a prepared copy stands for a source that is gone: its files were read as stated now.

    Args:
        facts: what `facts.json` of the copy says.
    """
    data, _ = read_prepared_name(name, users)
    if data is None or facts.get("source") != source_of(data):
        return False
    return not data.size or list(facts.get("shape", ()))[1:] == [data.size, data.size]


def _source_lines(data: OwnData, arguments: Mapping[str, Any], users: Users) -> Iterable[str]:
    if data.folder:
        yield f"folder {data.size}"
        yield from fingerprint(Path(data.folder))
    elif data.npz:
        try:
            state = Path(data.npz).stat()
        except OSError:
            raise UserError(f"data set {data.name!r}: {data.npz} does not exist") from None
        yield f"npz {state.st_size} {state.st_mtime_ns}"
    else:
        yield f"call {data.call} {json.dumps(arguments, sort_keys=True, default=str)}"
        yield code_checksum(files_of(data.call.partition(":")[0], users.folders))
