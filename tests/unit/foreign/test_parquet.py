"""Parquet whose footer or pages claim what is not there: an answer or one message, in little memory."""

from __future__ import annotations

import io
import resource
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign import parquet
from hyperverdict.foreign.files import read_content
from hyperverdict.foreign.pages import pages_of

# Unlike any other number in a footer.
ROWS = 12_345
LONG = "x" * 40_000_000


def written(table: pa.Table, **options) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def encoded(number: int) -> bytes:
    """A number as Thrift writes it: bits in sevens, the sign in the lowest."""
    rest, parts = (number << 1) ^ (number >> 63), bytearray()
    while rest > 127:
        parts.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*parts, rest])


def claiming(content: bytes, swaps: Iterable[tuple[int, int]]) -> bytes:
    """A file whose footer says other numbers."""
    size = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - size : -8]
    for old, new in swaps:
        assert encoded(old) in footer
        footer = footer.replace(encoded(old), encoded(new))
    return content[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def runs() -> pa.Table:
    return pa.table({"seed": np.arange(ROWS), "test_accuracy": np.zeros(ROWS)})


def constant(values: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(values, np.int8)), pa.array([7]))


def repeated(text: str | bytes, times: int, others: int = 0) -> pa.Array:
    """A text many times, spelled once."""
    texts = [text, *(f"w{number}" for number in range(others))]
    numbers = pa.array([0] * times + list(range(others)), pa.int32())
    return pa.DictionaryArray.from_arrays(numbers, texts)


def one_page(values: int) -> bytes:
    """A column in one page of 8 bytes a value, of which the footer says little."""
    content = written(
        pa.table({"a": np.zeros(values, np.int64)}),
        compression="zstd",
        use_dictionary=False,
        data_page_size=2**30,
        row_group_size=values,
        write_batch_size=values,
    )
    size = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0).total_byte_size
    return claiming(content, [(size, 1000), (values, 1000)])


def differences(text: str, times: int) -> bytes:
    """A text many times, each written as what differs from the one before."""
    return written(
        pa.table({"note": [text] * times}),
        use_dictionary=False,
        column_encoding={"note": "DELTA_BYTE_ARRAY"},
        compression="zstd",
    )


BOMBS = {
    "10^10 rows": (lambda: claiming(written(runs()), [(ROWS, 10**10)]), "10,000,000,000 rows"),
    "2^62 rows": (lambda: claiming(written(runs()), [(ROWS, 2**62)]), "rows of 2 columns"),
    "negative rows": (lambda: claiming(written(runs()), [(ROWS, -5)]), "it is broken Parquet"),
    "rows that are not there": (
        lambda: claiming(written(runs()), [(ROWS, 1_000_000)]),
        "pages of a column hold 12,345 values, and the footer says 1,000,000",
    ),
    "one value many times": (
        lambda: written(pa.table({"a": constant(25_000_000)}), store_schema=False),
        "25,000,000 rows of 1 columns",
    ),
    "lists of one value": (
        lambda: written(
            pa.table({"a": pa.ListArray.from_arrays([0, 25_000_000], constant(25_000_000))}),
            store_schema=False,
        ),
        "more than 20,000,000 cells",
    ),
    "a page of zeros": (
        lambda: one_page(20_000),
        "pages of a column hold 20,000 values, and the footer says 1,000",
    ),
    "a long text": (
        lambda: written(pa.table({"n": repeated(LONG, 1000)}), store_schema=False),
        "more than 512 MB",
    ),
    "a long text among short ones": (
        lambda: written(
            pa.table({"n": repeated(LONG[:10_000_000], 1000, 100_000)}), store_schema=False
        ),
        "more than 512 MB",
    ),
    "a long text that differs by nothing": (
        lambda: differences(LONG, 5),
        "column note may unpack to more than 512 MB",
    ),
    "wide bytes": (
        lambda: written(
            pa.table({"n": pa.array([b"x" * 1_000_000] * 600, pa.binary(1_000_000))}),
            compression="zstd",
        ),
        "more than 512 MB",
    ),
}


@pytest.fixture(scope="module")
def made():
    """The bombs, made before memory is limited."""
    return {name: make() for name, (make, _) in BOMBS.items()}


@pytest.fixture
def limited():
    """A process that can take 1.2 GB more than it has."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 1200 * 2**20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_unpacks(name, made, limited):
    assert len(made[name]) < 5_000_000
    with pytest.raises(UserError) as refused:
        read_content(made[name], "runs.parquet")
    assert BOMBS[name][1] in str(refused.value)
    assert "malloc" not in str(refused.value)


@pytest.mark.parametrize("encryption", [True, False])
def test_pages_are_measured_before_they_are_unpacked(encryption, monkeypatch):
    """Texts that are all different, which a footer may count as it likes."""
    monkeypatch.setattr(parquet, "MOST_IN_COLUMNS", 10_000_000)
    notes = pa.array([f"{number:020}" + "x" * 10_000 for number in range(2_000)])
    content = written(pa.table({"note": notes}), compression="zstd", use_dictionary=encryption)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", None)
    with pytest.raises(UserError, match="unpacks to more than 9 MB"):
        read_content(content, "runs.parquet")


def test_a_file_of_countless_pages_is_refused(monkeypatch):
    monkeypatch.setattr(parquet, "MOST_PAGES", 40)
    assert len(read_content(written(runs(), row_group_size=2000), "runs.parquet")) == ROWS
    with pytest.raises(UserError, match="more than 40 pages"):
        read_content(written(runs(), row_group_size=200), "runs.parquet")


def nested(depth: int) -> pa.Array:
    cell = 0.5
    for _ in range(depth):
        cell = {"a": cell}
    return pa.array([cell] * 4)


def test_groups_in_groups_are_read_up_to_a_depth():
    table = {"seed": [1, 2, 3, 4], "score": nested(30)}
    found = read_content(written(pa.table(table)), "runs.parquet")
    assert [*found.columns] == ["seed", "score" + ".a" * 30]
    with pytest.raises(UserError, match="nested 60 times, more than 32"):
        read_content(written(pa.table({**table, "score": nested(60)})), "runs.parquet")
    with pytest.raises(UserError, match="too deeply nested"):
        read_content(written(pa.table({**table, "score": nested(200)})), "runs.parquet")


OPTIONS = (
    {"data_page_version": "2.0"},
    {"data_page_version": "2.0", "use_dictionary": False, "compression": "none"},
    {"version": "1.0", "use_dictionary": False, "compression": "gzip"},
    {"row_group_size": 3, "compression": "brotli", "store_schema": False},
    {"write_page_checksum": True, "write_page_index": True, "data_page_size": 1},
    {"use_dictionary": False, "column_encoding": {"s": "DELTA_BYTE_ARRAY", "n": "DELTA_BINARY_PACKED"}},
    {"use_dictionary": False, "column_encoding": {"s": "DELTA_LENGTH_BYTE_ARRAY", "f": "BYTE_STREAM_SPLIT"}},
)  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_way_of_writing_gives_the_same_cells(options):
    cells = {
        "s": ["a", None, "ccc", "", "a"] * 4,
        "n": [*range(20)],
        "f": [0.5, None, 2.5, -1.0, 0.5] * 4,
        "d": pa.array(["x", "y", None, "x", "z"] * 4).dictionary_encode(),
        "l": [[1, 2], [], None, [3], [4]] * 4,
        "t": [["p"], [], None, ["q", None], ["p"]] * 4,
        "m": [{"a": "u", "b": 1}, {"a": None, "b": None}, {"a": "w", "b": 2}] * 6 + [None, None],
        "z": pa.array([b"ab", None, b"cd", b"ef", b"gh"] * 4, pa.binary(2)),
        "e": pa.nulls(20),
    }
    found = read_content(written(pa.table(cells), **options), "runs.parquet").columns
    assert [*found] == ["s", "n", "f", "d", "l", "t", "m.a", "m.b", "z", "e"]
    assert found["n"].tolist() == cells["n"]
    assert found["f"].dropna().tolist() == [0.5, 2.5, -1.0, 0.5] * 4
    assert [str(cell or "") for cell in found["s"]] == ["a", "", "ccc", "", "a"] * 4
    assert found["d"].tolist()[:2] == ["x", "y"]
    assert found["t"].tolist()[3] == ("q", None)
    assert found["m.a"].tolist()[0] == "u"


@pytest.mark.parametrize("rows", [[], [{"seed": 1, "test_accuracy": 0.5}]])
def test_a_file_without_row_groups_is_a_table_without_rows(rows):
    schema = pa.schema([("seed", pa.int64()), ("test_accuracy", pa.float64())])
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, schema) as writer:
        for row in rows:
            writer.write_table(pa.Table.from_pylist([row], schema))
    found = read_content(sink.getvalue(), "runs.parquet")
    assert len(found) == len(rows)
    assert [*found.columns] == ["seed", "test_accuracy"]


class Keys(pe.KmsClient):
    """Keeps keys in clear."""

    def __init__(self, config):
        super().__init__()

    def wrap_key(self, key, master):
        return key.hex()

    def unwrap_key(self, wrapped, master):
        return bytes.fromhex(wrapped)


@pytest.mark.parametrize("plain", [True, False])
def test_an_encrypted_file_says_so(plain):
    config = pe.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["seed"]}, plaintext_footer=plain
    )
    properties = pe.CryptoFactory(Keys).file_encryption_properties(pe.KmsConnectionConfig(), config)
    content = written(runs(), encryption_properties=properties)
    with pytest.raises(UserError, match="it is encrypted Parquet"):
        read_content(content, "runs.parquet")


@pytest.mark.parametrize("size", [0, 2**31, 2**32 - 1])
def test_a_footer_of_absurd_size_is_broken(size):
    content = written(runs())[:-8] + size.to_bytes(4, "little") + b"PAR1"
    with pytest.raises(UserError, match="it is broken Parquet"):
        read_content(content, "runs.parquet")


HEADERS = {
    "empty": b"",
    "no size": b"\x15\x00\x00",
    "cut off": b"\x15\x00\x15",
    "longer than its column": b"\x15\x00\x15\x10\x15\x7e\x5c\x15\x10\x00\x00",
    "an endless number": b"\x15" + b"\xff" * 40,
    "structures without end": b"\x1c" * 100,
    "a list": b"\x19\x15" + b"\x00" * 40,
    "a negative size": b"\x15\x00\x15\x01\x15\x02\x00",
    "a text without end": b"\x18\xff\xff\xff\x7f" + b"\x00" * 10,
}


@pytest.mark.parametrize("name", HEADERS)
def test_what_is_no_page_header_is_refused(name):
    with pytest.raises(ValueError, match=r"page|structure|number"):
        pages_of(HEADERS[name], 0, len(HEADERS[name]), 8)
