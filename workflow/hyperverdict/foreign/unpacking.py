"""Packed files: what they unpack to is limited, whatever is packed in what.

Limits keep a small file that unpacks into a huge one from taking the machine down.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hyperverdict.errors import UserError

# Bytes that a packed file unpacks to, and archives in archives.
MOST_UNPACKED, MOST_LAYERS = 128 << 20, 4
_CHUNK = 1 << 20
PACKED: Mapping[bytes, Callable[[io.BytesIO], Any]] = {
    b"\x1f\x8b": lambda content: gzip.GzipFile(fileobj=content),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
# What unpacking raises for damaged, encrypted and unknown content.
BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, lzma.LZMAError, zlib.error,
)  # fmt: skip


class Unpacking:
    """What unpacking one file may still take, whatever is packed in what.

    Attributes:
        left: bytes.
        layers: archives in archives.
    """

    def __init__(self) -> None:
        self.left, self.layers = MOST_UNPACKED, MOST_LAYERS

    def take(self, size: int, name: str) -> None:
        """Note bytes that were unpacked; UserError where they are too many."""
        self.refuse(size, name)
        self.left -= size

    def refuse(self, size: int, name: str) -> None:
        """UserError where so many bytes are too many."""
        if size > self.left:
            raise UserError(f"{name} unpacks to more than {MOST_UNPACKED >> 20} MB")

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Inside one more archive; UserError where they are too many."""
        if not self.layers:
            raise UserError(f"it is packed more than {MOST_LAYERS} times")
        self.layers -= 1
        yield
        self.layers += 1


def unpacked_bytes(packed: Any, name: str, unpacking: Unpacking) -> bytes:
    """All that an opened archive or member holds; UserError where it is broken or too much."""
    parts = []
    try:
        while part := packed.read(_CHUNK):
            unpacking.take(len(part), name)
            parts.append(part)
    except BROKEN as error:
        raise UserError(f"it is a broken archive ({error})") from None
    return b"".join(parts)
