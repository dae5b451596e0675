"""Files that carry their checksum: every changed bit is noticed, whatever the kind of file."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hyperverdict.runs.heads import head_text, read_head
from hyperverdict.runs.parquet import parquet_bytes, parse_parquet
from hyperverdict.runs.sealed import (
    MARK,
    DamagedError,
    json_bytes,
    parse_json,
    read_json,
    seal_of,
    sealed,
    with_trailer,
    without_trailer,
)

CONTENT = {"a": [1, 2.5, None], "b": {"text": f"é {MARK} \n"}, "file_checksum": "taken"}


def parquet() -> bytes:
    table = pa.table({"seed": [1, 2], "loss": [0.5, None]})
    return parquet_bytes(table, {b"hyperverdict": b"{}"})


def flips(content: bytes):
    """The content with one bit flipped, at every position."""
    for position in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[position] ^= 1 << bit
            yield position, bytes(changed)


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (json_bytes(CONTENT), parse_json),
        (json_bytes(CONTENT, indent=None), parse_json),
        (with_trailer(b"PK\x03\x04 of any kind"), without_trailer),
    ],
    ids=["JSON", "JSON in one line", "any content"],
)
def test_every_flipped_bit_is_noticed(content, read):
    read(content)
    for _, changed in flips(content):
        with pytest.raises(DamagedError):
            read(changed)


def test_every_flipped_bit_of_a_table_is_noticed_or_changes_nothing():
    sound = parse_parquet(parquet())[0]
    unnoticed = 0
    for _, changed in flips(parquet()):
        try:
            table, seal = parse_parquet(changed)
        except (DamagedError, pa.ArrowException, OSError, UnicodeDecodeError):
            continue
        # The key of the checksum, or the mark before it.
        unnoticed += 1
        assert seal == "unsealed"
        assert table.equals(sound)
    assert unnoticed < 8 * len("file_checksum")


@pytest.mark.parametrize("length", [0, 1, 0.5, -1])
@pytest.mark.parametrize("kind", ["JSON", "trailer", "table"])
def test_what_is_cut_off_is_noticed(kind, length):
    content = {"JSON": json_bytes(CONTENT), "trailer": with_trailer(b"x" * 99), "table": parquet()}[
        kind
    ]
    read = {"JSON": parse_json, "trailer": without_trailer, "table": parse_parquet}[kind]
    cut = content[: int(length * len(content)) if 0 < length < 1 else length]
    if kind == "JSON" and length == -1:
        assert read(cut)[1] == "sealed", "the last line end says nothing"
        return
    with pytest.raises((DamagedError, pa.ArrowException)):
        read(cut)


def test_content_comes_back_and_older_files_are_told_apart(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(json_bytes(CONTENT))
    assert read_json(file) == {"a": CONTENT["a"], "b": CONTENT["b"]}
    assert parse_json(b'{"a": 1}') == ({"a": 1}, "unsealed")
    assert seal_of(b"") == "unsealed"
    table, seal = parse_parquet(parquet())
    assert (seal, table.schema.metadata) == ("sealed", {b"hyperverdict": b"{}"})
    with pytest.raises(ValueError, match="not found"):
        sealed(b"{}")


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"file_checksum": 1}', b"\xff{}", b"[" * 9999])
def test_other_content_is_damaged(content):
    with pytest.raises(DamagedError):
        parse_json(content)


def test_a_head_whose_bit_is_flipped_is_as_none(tmp_path):
    file = tmp_path / "ledger.head"
    whole = head_text(12, "ab" * 32).encode()
    file.write_bytes(whole)
    assert read_head(file) == (12, "ab" * 32)
    for position, changed in flips(whole):
        file.write_bytes(changed)
        if position < len(whole) - 1:
            assert read_head(file) is None
    file.write_text(f"12 {'ab' * 32}\n")
    assert read_head(file) == (12, "ab" * 32), "of an earlier version"
