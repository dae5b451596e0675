"""Headers of the pages of a Parquet file: what they unpack to, whatever its footer says.

A reader takes as much memory as the header of a page asks for, so that all headers are added up
before the first page is unpacked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hyperverdict.foreign.thrift import read_struct

# Fields of a page header; a kind of data page -> (the field of its own header, there its encoding).
KIND, UNPACKED, PACKED = 1, 2, 3
DATA_PAGES = {0: (5, 2), 3: (8, 4)}
# Fields of a footer, of a row group, and of a column in it.
ROW_GROUPS, ENCRYPTION = 4, 8
CHUNKS = 1
ENCRYPTED_CHUNK = frozenset({8, 9})
# Encodings in which a few bytes stand for a text of any length: its number in a dictionary, and
# what differs from the text before.
DICTIONARY = frozenset({2, 8})
DIFFERENCES = 7


@dataclass(frozen=True)
class Pages:
    """What some pages unpack to.

    Attributes:
        number: of pages.
        size: bytes.
        values: of data pages.
        largest: bytes of the largest page.
        encodings: numbers of the encodings of data pages.
    """

    number: int = 0
    size: int = 0
    values: int = 0
    largest: int = 0
    encodings: frozenset[int] = frozenset()

    def __add__(self, other: Pages) -> Pages:
        return Pages(
            self.number + other.number,
            self.size + other.size,
            self.values + other.values,
            max(self.largest, other.largest),
            self.encodings | other.encodings,
        )

    @property
    def spells_texts(self) -> bool:
        """Whether each text is spelled where it stands."""
        return not self.encodings & {*DICTIONARY, DIFFERENCES}


def pages_of(content: bytes, start: int, length: int, values: int) -> Pages:
    """The pages of one column in one row group.

    Args:
        content: the file.
        start, length: where the column lies in it.
        values: how many the footer says there are; what lies behind them is not read.

    Raises ValueError where this is no sequence of pages that hold so many.
    """
    found, at, end = Pages(), start, start + length
    if not 0 <= start <= end <= len(content):
        raise ValueError("a column lies outside the file")
    while at < end and found.values < values:
        header, at = read_struct(content, at)
        page = _page(header)
        at += _number(header, PACKED)
        if at > end:
            raise ValueError("a page is longer than its column")
        found += page
    if found.values != values:
        raise ValueError(
            f"pages of a column hold {found.values:,} values, and the footer says {values:,}"
        )
    return found


def _page(header: dict[int, Any]) -> Pages:
    size, kind = _number(header, UNPACKED), header.get(KIND)
    if kind not in DATA_PAGES:
        return Pages(1, size, 0, size)
    inner, encoding = DATA_PAGES[kind]
    data = header.get(inner)
    if not isinstance(data, dict):
        raise ValueError("a page has no header of its data")
    return Pages(1, size, _number(data, 1), size, frozenset({_number(data, encoding)}))


def _number(fields: dict[int, Any], field: int) -> int:
    value = fields.get(field)
    if not isinstance(value, int) or value < 0:
        raise ValueError("a page does not say how large it is")
    return value


def is_encrypted(footer: bytes) -> bool:
    """Whether the footer of a file says of any of its columns that it is encrypted.

    Raises ValueError where it is no footer.
    """
    fields, _ = read_struct(footer, 0)
    groups = fields.get(ROW_GROUPS) or []
    chunks = [chunk for group in groups for chunk in group.get(CHUNKS) or []]
    return ENCRYPTION in fields or any(chunk.keys() & ENCRYPTED_CHUNK for chunk in chunks)
