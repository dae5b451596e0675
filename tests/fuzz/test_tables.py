"""Changed tables of runs: CSV, packed CSV, JSON and Parquet with any columns, cells and bytes."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import math
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hyperverdict.foreign.files import read_path
from hyperverdict.foreign.judge import judge_table, read_table
from hyperverdict.foreign.skeleton import skeleton
from hyperverdict.foreign.wide import reshaped
from hyperverdict.study.structure import Source
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.hostile import WORDS, scalars, values
from tests.fuzz.limits import answer, examples
from tests.unit.foreign.asking import BATCHES

Case = tuple[str, bytes]
NAMES = ("runs.csv", "runs.tsv", "runs.json", "runs.parquet", "runs.zip", "runs.xz", "runs.gz", "x")
COLUMNS = (
    "batch_size", "seed", "test_accuracy", "accuracy", "step", "epoch", "state", "lr", "run_id",
    "val_loss", "runtime", "params.lr", "metrics.accuracy", "_step", "Name", "split",
)  # fmt: skip


def base(rows: int = 8) -> dict[str, list]:
    return {
        "batch_size": [(256, 4096)[i % 2] for i in range(rows)],
        "seed": [i // 2 for i in range(rows)],
        "test_accuracy": [0.9 - 0.01 * (i % 2) - 0.001 * i for i in range(rows)],
    }


@st.composite
def columns(draw) -> dict[str, list]:
    """A table of two arms with some of its cells and columns changed."""
    cells = base(draw(st.integers(1, 12)))
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(list(cells)))
        how = draw(st.sampled_from(["cell", "column", "new", "name", "delete", "kind"]))
        rows = len(next(iter(cells.values())))
        if how == "cell" and rows:
            cells[name] = list(cells[name])
            cells[name][draw(st.integers(0, rows - 1))] = draw(values)
        elif how == "column":
            cells[name] = [draw(scalars)] * rows
        elif how == "new":
            fresh = draw(st.one_of(st.sampled_from(COLUMNS), st.sampled_from(WORDS)))
            cells[fresh] = [draw(values) for _ in range(rows)]
        elif how == "name":
            word = draw(st.one_of(st.sampled_from(COLUMNS), st.sampled_from(WORDS)))
            cells = {word if n == name else n: c for n, c in cells.items()}
        elif how == "kind":
            cells[name] = list(map(draw(st.sampled_from([str, repr, bool, float_of])), cells[name]))
        elif len(cells) > 1:
            del cells[name]
    return cells


def float_of(cell: object) -> float:
    return float(cell) if isinstance(cell, (int, float)) and abs(cell) < 1e300 else math.inf


def as_csv(cells: dict[str, list]) -> bytes:
    sink = io.StringIO()
    csv.writer(sink).writerows([list(cells), *zip(*cells.values(), strict=True)])
    return sink.getvalue().encode("utf-8", "surrogatepass")


def as_json(cells: dict[str, list]) -> bytes:
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    return json.dumps(rows, default=str).encode("utf-8", "surrogatepass")


def as_parquet(cells: dict[str, list]) -> bytes:
    """Each column of the type that its cells have; text where they have none in common."""
    arrays = []
    for column in cells.values():
        try:
            array = pa.array(column)
            pq.write_table(pa.table({"": array}), io.BytesIO())
        except (pa.ArrowException, OverflowError, ValueError, TypeError):
            array = pa.array([ascii(cell) for cell in column])
        arrays.append(array)
    names = [ascii(name)[1:-1] for name in cells]
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays, names), sink)
    return sink.getvalue()


def zipped(content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("runs.csv", content)
    return sink.getvalue()


@st.composite
def tables(draw) -> Case:
    """The name of a file, which may lie, and its bytes, which may be damaged."""
    cells = draw(columns())
    content = draw(st.sampled_from([as_csv, as_csv, as_json, as_parquet]))(cells)
    packed = draw(
        st.sampled_from([bytes, bytes, gzip.compress, bz2.compress, lzma.compress, zipped])
    )
    content = packed(content)
    if draw(st.integers(0, 3)) == 0 and content:
        at, length = draw(st.integers(0, len(content) - 1)), draw(st.integers(0, 20))
        content = content[:at] + draw(st.binary(max_size=20)) + content[at + length :]
    return draw(st.sampled_from(NAMES)), content


def parquet_of(**arrays) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({**{n: pa.array(c) for n, c in base().items()}, **arrays}), sink)
    return sink.getvalue()


def foreign_metadata() -> bytes:
    """What another library wrote beside the schema, as pandas would."""
    table = pa.table(base()).replace_schema_metadata({b"pandas": b"{not json", b"\xff": b"\x00"})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


FIRST: tuple[Case, ...] = (
    ("runs.parquet", foreign_metadata()),
    ("runs.parquet", parquet_of(s=pa.array([{"a": {"b": i}} for i in range(8)]))),
    ("runs.parquet", parquet_of(s=pa.array([[i, i] for i in range(8)]))),
    ("runs.parquet", parquet_of(s=pa.array([[{"a": [i]}] for i in range(8)]))),
    ("runs.parquet", parquet_of(s=pa.array([[(1, i)] for i in range(8)], pa.map_(pa.int8(), pa.int8())))),
    ("runs.parquet", parquet_of(s=pa.array([b"\xff"] * 8))),
    ("runs.parquet", parquet_of(s=pa.nulls(8))),
    ("runs.parquet", parquet_of(s=pa.array(["x"] * 8).dictionary_encode())),
    ("runs.parquet", parquet_of(s=pa.array([10**30] * 8, pa.decimal128(38, 0)))),
    ("runs.parquet", parquet_of(s=pa.array([2**63 - 1] * 8, pa.timestamp("ns")))),
    ("runs.parquet", parquet_of(s=pa.array([2**62] * 8, pa.timestamp("ms")))),
    ("runs.parquet", parquet_of(s=pa.array([2**40] * 8, pa.duration("s")))),
    ("runs.parquet", parquet_of()[:-40]),
    ("runs.zip", as_csv(base())),
    ("runs.xz", as_csv(base())),
    ("runs.csv", zipped(as_csv(base()))),
    ("runs.zip", gzip.compress(gzip.compress(zipped(as_csv(base()))))),
    ("runs.csv", as_csv({**base(), "seed": [math.inf] * 8})),
    ("runs.csv", as_csv({**base(), "step": [math.inf, -math.inf] * 4})),
    ("runs.csv", as_csv({**base(), "step": [1e300] * 8})),
    ("runs.csv", as_csv({**base(), "epoch": [math.nan] * 8})),
    ("runs.csv", as_csv({**base(), **{f"c{i}": [i] * 8 for i in range(10_000)}})),
    ("runs.csv", as_csv({**base(), "seed": [10**30] * 8})),
    ("runs.csv", as_csv({**base(), "batch_size": [r"['\ud800']", 4096] * 4})),
    ("runs.json", as_json(base()).replace(b"256", b"9" * 5000)),
    ("runs.json", b'{"columns": 3, "data": 4}'),
    ("runs.json", b'{"columns": ["a"], "data": [1]}'),
    ("runs.json", b'{"loss": {"values": 3, "steps": 4}}'),
    ("runs.json", b'{"loss": {"values": [1, 2], "steps": [null, "a"]}}'),
    ("runs.json", b"[" * 100_000),
    ("runs.json", b'{"a":' * 100_000),
)  # fmt: skip


def in_examples(function):
    for case in FIRST:
        function = example(case)(function)
    return function


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    (folder / "study.yaml").write_text(BATCHES)
    return folder


@in_examples
@examples(0.15)
@given(tables())
def test_a_changed_table_is_read_and_judged_or_refused(folder, case):
    name, content = case
    file = folder / name
    file.write_bytes(content)
    table = answer(lambda: reshaped(read_path(file)))
    if table is None:
        return
    found = answer(lambda: read_table(table, {}, Source())[0])
    if found is not None:
        answer(lambda: skeleton(found, "runs").encode())
    answer(lambda: judge_table(table, folder / "study.yaml"))
