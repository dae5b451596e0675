"""The writing side of a run's folder: the metrics table, its footer, the record.

The footer of `metrics.parquet` holds the whole run record, so a lost record is restored from a
sound table and a foreign table is recognised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.layout import (
    COLUMNS,
    METRICS_FILE,
    RECORD_FILE,
    RunRecord,
    file_sha256,
)
from hyperverdict.runs.parquet import parquet_bytes, parse_parquet
from hyperverdict.runs.sealed import DamagedError, json_bytes

Row = Mapping[str, Any]

_FOOTER_KEY = b"hyperverdict"
_TYPES = {
    "seed": pa.int64(),
    "step": pa.int64(),
    "samples": pa.int64(),
    "epoch": pa.float64(),
    "split": pa.string(),
    "loss": pa.float64(),
    "accuracy": pa.float64(),
    "train_seconds": pa.float64(),
    "correct": pa.binary(),
}
SCHEMA = pa.schema([(name, _TYPES[name]) for name in COLUMNS])


def metrics_table(rows: Sequence[Row]) -> pa.Table:
    """Rows with the columns of layout.COLUMNS, and any further numbers, as a table.

    What a row lacks is null.
    """
    further = sorted({name for row in rows for name in row} - _TYPES.keys())
    types = _TYPES | dict.fromkeys(further, pa.float64())
    columns = [_column([row.get(name) for row in rows], kind) for name, kind in types.items()]
    return pa.Table.from_arrays(columns, schema=pa.schema(list(types.items())))


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """An Arrow array from its buffers: pa.array() would import pandas, a second in every job."""
    valid = np.array([value is not None for value in values], np.bool_)
    present = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    if pa.types.is_int64(kind) or pa.types.is_float64(kind):
        numbers = np.array([0 if v is None else v for v in values], kind.to_pandas_dtype())
        return pa.Array.from_buffers(kind, len(values), [present, pa.py_buffer(numbers)])
    texts = [value.encode() if isinstance(value, str) else value or b"" for value in values]
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    buffers = [present, pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(kind, len(values), buffers)


def write_table(path: Path, table: pa.Table, footer: Mapping[str, Any]) -> None:
    """Write a metrics table atomically, with `footer` as JSON beside its schema."""
    metadata = {_FOOTER_KEY: json.dumps(footer, sort_keys=True).encode()}
    write_atomic(path, parquet_bytes(table, metadata, compression="zstd"))


def read_table(path: Path, *, sealed: bool = False) -> tuple[pa.Table, dict[str, Any]]:
    """A metrics table and its footer.

    Args:
        sealed: one without a checksum, of an earlier version, cannot be used either.

    Raises ValueError, saying why, when the file is no metrics table of ours or is damaged, OSError
    when absent.
    """
    try:
        table, seal = parse_parquet(path.read_bytes())
    except (pa.ArrowException, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0]
        raise DamagedError(f"truncated or not Parquet ({reason})") from error
    footer = (table.schema.metadata or {}).get(_FOOTER_KEY)
    if footer is None or not _is_ours(table.schema):
        raise ValueError("not written by hyperverdict")
    if sealed and seal == "unsealed":
        raise DamagedError("nothing shows that it is as it was written")
    return table.replace_schema_metadata(None), json.loads(footer)


def read_footer(path: Path) -> dict[str, Any]:
    """The footer of a metrics table alone; raises as `read_table` does, and checks no checksum."""
    try:
        found: dict[str, Any] = json.loads(pq.read_schema(path).metadata[_FOOTER_KEY])
    except (pa.ArrowException, TypeError, KeyError) as error:
        raise DamagedError("not written by hyperverdict") from error
    return found


def _is_ours(schema: pa.Schema) -> bool:
    """Whether a table has our columns first, and only numbers after them."""
    fields = list(schema)
    own, further = fields[: len(COLUMNS)], fields[len(COLUMNS) :]
    return own == list(SCHEMA) and all(pa.types.is_float64(field.type) for field in further)


def write_run(folder: Path, tables: Sequence[pa.Table], record: RunRecord) -> RunRecord:
    """Write all seeds' rows, then the record that vouches for them; gives the record as written."""
    by_seed = {seed: part for table in tables for seed, part in rows_by_seed(table).items()}
    ordered = [by_seed[seed] for seed in sorted(by_seed)]
    rows = pa.concat_tables(ordered, promote_options="default") if ordered else metrics_table([])
    footer = json.loads(replace(record, metrics_sha256="").to_json())
    write_table(folder / METRICS_FILE, rows, footer)
    return write_record(folder, record)


def rows_by_seed(table: pa.Table) -> dict[int, pa.Table]:
    """Each seed's rows, which lie together, by slices, since Arrow's sort is slow to import."""
    seeds = table["seed"].to_pylist()  # to_numpy would import pandas
    starts = [row for row, seed in enumerate(seeds) if row == 0 or seed != seeds[row - 1]]
    bounds = pairwise([*starts, len(seeds)])
    return {seeds[start]: table.slice(start, stop - start) for start, stop in bounds}


def write_record(folder: Path, record: RunRecord) -> RunRecord:
    """Write `record.json` for the table that is there; gives the record with its checksum."""
    vouched = replace(record, metrics_sha256=file_sha256(folder / METRICS_FILE))
    text = vouched.to_json()
    # A crash of the machine may take it: the table holds it, too, and the next job restores it.
    write_atomic(folder / RECORD_FILE, json_bytes(json.loads(text), sort=True), lasting=False)
    # As a reader will see it: lists where the caller had tuples.
    return RunRecord.from_json(text)
