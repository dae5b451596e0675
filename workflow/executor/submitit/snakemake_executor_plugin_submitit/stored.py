"""JSON files that a later process reads back: written at once, and with a checksum of their own.

The last member holds the SHA-256 of the file with zeros in the place of these 64 digits. Files of
earlier versions carry none and are read as they are.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEY = "file_checksum"
MARK = "sha256-with-zeros-here:"
_OPEN = MARK + "0" * 64


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write members as JSON, for nobody else to read, through a temporary file beside it."""
    text = _sealed(json.dumps({**values, KEY: _OPEN}) + "\n")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """The members of such a file; raises OSError, or ValueError where it is damaged."""
    text = path.read_bytes().decode()
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError(f"{path} holds no mapping")
    if KEY not in values and MARK not in text:
        return values
    if text != _sealed(text):
        raise ValueError(f"{path} is damaged: its checksum does not fit")
    values.pop(KEY, None)
    return values


def _sealed(text: str) -> str:
    """A text with its checksum behind its last mark; "" where there is no mark."""
    start = text.rfind(MARK) + len(MARK)
    if start < len(MARK):
        return ""
    zeros = text[:start] + "0" * 64 + text[start + 64 :]
    return text[:start] + hashlib.sha256(zeros.encode()).hexdigest() + text[start + 64 :]
