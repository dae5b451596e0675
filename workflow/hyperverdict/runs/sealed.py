"""Files that carry their own checksum, so that damage is noticed wherever they are read back.

A sealed file holds `MARK` and, behind it, the SHA-256 of the whole file with zeros in the place of
these 64 digits. It covers every byte, whatever the file's time says. A file of an earlier version
has no seal; its reader decides whether it can be trusted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

# The member of a JSON file, and the key in the metadata of a Parquet file.
KEY = "file_checksum"
MARK = "sha256-with-zeros-here:"
OPEN_SEAL = MARK + "0" * 64

_MARK, _OPEN = MARK.encode(), OPEN_SEAL.encode()

Seal = Literal["sealed", "unsealed"]


class DamagedError(ValueError):
    """A file is not as it was written; says how it shows, to stand after the file's name."""


def sealed(content: bytes) -> bytes:
    """Content with its checksum in its last open seal; ValueError where there is none."""
    start = content.rindex(_OPEN) + len(_MARK)
    return content[:start] + _digest(content, start) + content[start + 64 :]


def seal_of(content: bytes) -> Seal:
    """Whether content is sealed; DamagedError where its checksum does not fit."""
    found = content.rfind(_MARK)
    if found < 0:
        return "unsealed"
    start = found + len(_MARK)
    if content[start : start + 64] != _digest(content, start):
        raise DamagedError("its checksum does not fit")
    return "sealed"


def _digest(content: bytes, start: int) -> bytes:
    digest = hashlib.sha256(content[:start])
    digest.update(b"0" * 64)
    digest.update(content[start + 64 :])
    return digest.hexdigest().encode()


def with_trailer(content: bytes) -> bytes:
    """Content of any kind with a seal behind it."""
    return sealed(content + _OPEN)


def without_trailer(content: bytes) -> bytes:
    """Inverse of `with_trailer`; DamagedError on anything else."""
    body = content[: -len(_OPEN)]
    if content[len(body) :][: len(_MARK)] != _MARK:
        raise DamagedError("its checksum is missing")
    seal_of(content)
    return body


def json_bytes(content: Mapping[str, Any], *, indent: int | None = 2, sort: bool = False) -> bytes:
    """A mapping as sealed JSON with a final newline; its seal is the last member."""
    entries = sorted(content.items()) if sort else content.items()
    plain = {**{key: value for key, value in entries if key != KEY}, KEY: OPEN_SEAL}
    if sort:
        # Of the members within.
        plain = {key: json.loads(json.dumps(v, sort_keys=True)) for key, v in plain.items()}
    return sealed((json.dumps(plain, indent=indent) + "\n").encode())


def parse_json(content: bytes) -> tuple[dict[str, Any], Seal]:
    """The members of a JSON file without the seal, and whether there was one.

    Raises DamagedError on anything that is not a JSON object, or not as it was written.
    """
    # Some files are written over, and padded.
    seal = seal_of(content.rstrip(b" \n") + b"\n")
    try:
        found = json.loads(content)
    except UnicodeDecodeError:
        raise DamagedError("it is not UTF-8 text") from None
    except RecursionError:
        raise DamagedError("it is nested too deeply") from None
    except ValueError as error:
        raise DamagedError(f"it is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise DamagedError("it holds no mapping")
    if KEY in found and seal == "unsealed":
        raise DamagedError("its checksum is not one")
    found.pop(KEY, None)
    return found, seal


def read_json(file: Path) -> dict[str, Any]:
    """The members of a JSON file, sealed or of an earlier version, without the seal.

    Raises OSError where it cannot be opened, DamagedError where it is not as it was written.
    """
    return parse_json(file.read_bytes())[0]


def read_sealed_json(file: Path) -> dict[str, Any]:
    """The same of a file that only this version's seal vouches for: one without is damaged, too."""
    content, seal = parse_json(file.read_bytes())
    if seal == "unsealed":
        raise DamagedError("it carries no checksum")
    return content


def check_file(file: Path) -> Seal:
    """Whether a file is sealed; OSError, or DamagedError where it is not as it was written."""
    content = file.read_bytes()
    return parse_json(content)[1] if file.suffix == ".json" else seal_of(content)
