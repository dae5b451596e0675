"""Files of runs from elsewhere: whatever holds a table becomes one, or is refused with what it is.

Limits keep a small file that unpacks into a huge one from taking the machine down.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hyperverdict.errors import UserError, first_line
from hyperverdict.foreign.folders import read_folder, scalars_of, settings_in_name
from hyperverdict.foreign.json_text import parse_json
from hyperverdict.foreign.marks import NULL
from hyperverdict.foreign.table import (
    Table,
    flat,
    flattened,
    joined,
    refuse_twins,
    table_of,
    typed,
    with_constants,
)
from hyperverdict.foreign.texts import MOST_CELLS, decoded, read_text
from hyperverdict.foreign.wide import reshaped

# Says which of several files a row stands in.
FILE = "file"
# Of a file, of what a packed one unpacks to, and of the columns of a Parquet file in memory.
MOST_BYTES, MOST_UNPACKED, MOST_IN_COLUMNS = 256 << 20, 128 << 20, 512 << 20
# Archives in archives, and files in one.
MOST_LAYERS, MOST_MEMBERS = 4, 10_000
_CHUNK, _BATCH = 1 << 20, 4096
_PACKED: Mapping[bytes, Callable[[io.BytesIO], Any]] = {
    b"\x1f\x8b": lambda content: gzip.GzipFile(fileobj=content),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
# What unpacking raises for damaged, encrypted and unknown content.
_BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, lzma.LZMAError, zlib.error,
)  # fmt: skip
READS = (
    "CSV and TSV (any usual separator, also packed as gz, bz2, xz or zip), JSON, JSON lines, "
    "Parquet, xlsx, or a folder with one metrics file a run"
)


def read_runs(paths: Sequence[Path | str]) -> Table:
    """All files and folders as one table.

    Raises UserError that names a file and says what was seen in it.
    """
    files = [Path(path) for path in paths]
    if len(files) == 1:
        return reshaped(read_path(files[0]))
    tables = [_as_one_of_several(file) for file in files]
    return reshaped(joined(tables, [str(file) for file in files]))


def _as_one_of_several(file: Path) -> Table:
    """A file beside others: its name may hold settings, and names its runs where nothing does."""
    table = read_path(file)
    if file.is_dir():
        return table
    settings = {k: v for k, v in settings_in_name(file.stem).items() if k not in table.columns}
    scalars = scalars_of(table, file)
    named = {} if scalars is not table else {FILE: str(file)}
    return with_constants(with_constants(scalars, settings, settings=True), named, settings=False)


def read_path(path: Path) -> Table:
    """One file or folder; a sheet of a workbook is named behind #, as in runs.xlsx#Sheet1."""
    sheet = ""
    if not path.exists() and "#" in path.name:
        name, _, sheet = path.name.partition("#")
        path = path.with_name(name)
    if not path.exists():
        raise UserError(f"{path} does not exist")
    if path.is_dir():
        return read_folder(path, read_file)
    return read_file(path, sheet)


def read_file(path: Path, sheet: str = "") -> Table:
    """One file."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UserError(
                f"it has {size >> 20:,} MB, more than {MOST_BYTES >> 20}; leave out what no claim "
                "needs, such as columns, or evaluations between the first and the last"
            )
        return read_content(path.read_bytes(), path.name, sheet)
    except UserError as error:
        raise UserError(
            f"{path} is not a table that can be read: {error}. Read are {READS}."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error})") from None


class _Unpacking:
    """What unpacking one file may still take, whatever is packed in what.

    Attributes:
        left: bytes.
        layers: archives in archives.
    """

    def __init__(self) -> None:
        self.left, self.layers = MOST_UNPACKED, MOST_LAYERS

    def take(self, size: int, name: str) -> None:
        """Note bytes that were unpacked; UserError where they are too many."""
        self.left -= size
        if self.left < 0:
            raise UserError(f"{name} unpacks to more than {MOST_UNPACKED >> 20} MB")

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Inside one more archive; UserError where they are too many."""
        if not self.layers:
            raise UserError(f"it is packed more than {MOST_LAYERS} times")
        self.layers -= 1
        yield
        self.layers += 1


def read_content(
    content: bytes, name: str, sheet: str = "", unpacking: _Unpacking | None = None
) -> Table:
    """The table that bytes hold; UserError says what they hold instead.

    Args:
        unpacking: what may still be unpacked of the file in which they are; None for the file.
    """
    unpacking = unpacking or _Unpacking()
    for magic, opened in _PACKED.items():
        if content.startswith(magic):
            unpacked = _unpacked(opened(io.BytesIO(content)), name, unpacking)
            with unpacking.deeper():
                return read_content(unpacked, _inner(name), unpacking=unpacking)
    if content.startswith(b"PK\x03\x04"):
        with unpacking.deeper():
            return _from_zip(content, sheet, unpacking)
    if content.startswith(b"PAR1"):
        return _from_parquet(content)
    if content.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\x80\x04", b"\x80\x05")):
        raise UserError("it is an old Excel, PDF, image or pickle file")
    if not content.strip():
        raise UserError("it is empty")
    if name.lower().endswith((".parquet", ".pq")):
        raise UserError("it is broken Parquet: its first bytes are not PAR1")
    text = decoded(content)
    if text.lstrip()[:1] in ("{", "["):
        return _from_json(text)
    if text.lstrip()[:1] == "<":
        raise UserError("it is HTML or XML")
    return read_text(text)


def _inner(name: str) -> str:
    return name.rpartition(".")[0] or name


def _unpacked(packed: Any, name: str, unpacking: _Unpacking) -> bytes:
    parts = []
    try:
        while part := packed.read(_CHUNK):
            unpacking.take(len(part), name)
            parts.append(part)
    except _BROKEN as error:
        raise UserError(f"it is a broken archive ({error})") from None
    return b"".join(parts)


def _from_zip(content: bytes, sheet: str, unpacking: _Unpacking) -> Table:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _BROKEN as error:
        raise UserError(f"it is a broken archive ({error})") from None
    with archive:
        inside = [i for i in archive.infolist() if not i.is_dir()]
        if sum(i.file_size for i in inside) > MOST_UNPACKED:
            raise UserError(f"it unpacks to more than {MOST_UNPACKED >> 20} MB")
        if len(inside) > MOST_MEMBERS:
            raise UserError(f"it holds {len(inside):,} files, more than {MOST_MEMBERS:,}")
        if any(i.filename == "xl/workbook.xml" for i in inside):
            return _from_workbook(content, sheet)
        shown = [i for i in inside if not Path(i.filename).name.startswith((".", "__"))]
        if not shown:
            raise UserError("it is an empty archive")
        names = [i.filename for i in shown]
        tables = []
        for member in shown:
            try:
                with archive.open(member) as packed:
                    unpacked = _unpacked(packed, member.filename, unpacking)
            except _BROKEN as error:
                # Encrypted, too, and packed in a way that is not known here.
                raise UserError(f"{member.filename} in it cannot be unpacked ({error})") from None
            if unpacked.startswith(b"PK\x03\x04"):
                raise UserError(f"it holds another archive, {member.filename}")
            tables.append(read_content(unpacked, member.filename, unpacking=unpacking))
        return joined(tables, names)


def _from_workbook(content: bytes, sheet: str) -> Table:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheets = {
                name: _sheet_rows(book[name]) for name in book.sheetnames if sheet in ("", name)
            }
        except UserError:
            raise
        except Exception as error:
            raise UserError(f"it is a workbook that openpyxl cannot read ({error})") from None
    filled = {name: rows for name, rows in sheets.items() if len(rows) > 1}
    if not filled:
        raise UserError(f"no sheet holds a table; it has {', '.join(book.sheetnames)}")
    if len(filled) > 1:
        first = next(iter(filled))
        raise UserError(
            f"several sheets hold tables ({', '.join(filled)}); name one behind #, as in "
            f"runs.xlsx#{first}"
        )
    return _from_rows(next(iter(filled.values())))


def _sheet_rows(sheet: Any) -> list[tuple[int, tuple[Any, ...]]]:
    """(line, cells) of the rows of a sheet that are not blank."""
    rows, cells = [], 0
    for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells += len(row)
        if cells > MOST_CELLS:
            raise UserError(f"it has more than {MOST_CELLS:,} cells")
        if any(cell is not None and str(cell).strip() for cell in row):
            rows.append((line, row))
    return rows


def _from_rows(rows: list[tuple[int, tuple[Any, ...]]]) -> Table:
    """Rows of a sheet, of which the first that fills most columns is the header."""
    widest = max(sum(cell is not None for cell in row) for _, row in rows)
    start = next(
        i for i, (_, row) in enumerate(rows) if sum(c is not None for c in row) > widest // 2
    )
    header, records = rows[start][1], rows[start + 1 :]
    names = {i: str(name).strip() for i, name in enumerate(header) if name is not None}
    refuse_twins(names.values())
    cells = {
        name: [row[i] if i < len(row) else None for _, row in records] for i, name in names.items()
    }
    return table_of(cells, (line for line, _ in records))


def _bytes_of(column: Any) -> int:
    """What a column takes as cells: one of few distinct values holds each of them once."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    return len(column) * int(column.dictionary.nbytes) // max(len(column.dictionary), 1)


def _table_of_batches(file: pq.ParquetFile) -> pa.Table:
    """The whole table, read piece by piece: what a footer says of its size need not be true."""
    batches: list[Any] = []
    total = 0
    for batch in file.iter_batches(batch_size=_BATCH, use_threads=False):
        total += sum(map(_bytes_of, batch.columns))
        if total > MOST_IN_COLUMNS:
            raise UserError(f"it unpacks to more than {MOST_IN_COLUMNS >> 20} MB")
        batches.append(batch)
    return pa.Table.from_batches(batches, file.schema_arrow)


def _from_parquet(content: bytes) -> Table:
    try:
        file = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False)
        groups = range(file.metadata.num_row_groups)
        size = sum(file.metadata.row_group(i).total_byte_size for i in groups)
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        if size > MOST_IN_COLUMNS or rows * columns > MOST_CELLS:
            raise UserError(
                f"it unpacks to {rows:,} rows of {columns:,} columns, {size >> 20:,} MB; at most "
                f"{MOST_CELLS:,} cells and {MOST_IN_COLUMNS >> 20} MB are read"
            )
        table = _table_of_batches(file)
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise UserError(f"it is broken Parquet ({first_line(error)})") from None
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        series = column.to_pandas().reset_index(drop=True)
        columns[name] = series if series.dtype.kind in "iufbmM" else typed(column.to_pylist())
    columns = flattened(columns)
    columns.pop("__index_level_0__", None)
    return Table(columns, np.arange(1, table.num_rows + 1))


def _from_json(text: str) -> Table:
    """Records, columns, a log of a trainer, or one record a line."""
    try:
        return _of_value(parse_json(text))
    except RecursionError:
        raise UserError("it is JSON nested too deeply") from None
    except json.JSONDecodeError as error:
        lines = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not lines[1][1].lstrip().startswith("{"):
            raise UserError(f"it is broken JSON (line {error.lineno}: {error.msg})") from None
    records = []
    for line, row in lines:
        try:
            records.append((line, parse_json(row)))
        except (json.JSONDecodeError, RecursionError) as error:
            # The last line of a run that was stopped may be cut off.
            if line == lines[-1][0]:
                break
            raise UserError(f"line {line} is broken JSON ({error})") from None
    return _of_records(records)


def _of_value(value: Any) -> Table:
    if isinstance(value, list):
        return _of_records(list(enumerate(value, 1)))
    for key in ("log_history", "runs", "trials", "results", "data", "records"):
        inner = value.get(key)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            return _of_records(list(enumerate(inner, 1)))
    if {"columns", "data"} <= value.keys():
        rows, names = value["data"], [str(name) for name in value["columns"]]
        return _of_records([(i, dict(zip(names, r, strict=False))) for i, r in enumerate(rows, 1)])
    if value and all(isinstance(v, dict) and "values" in v for v in value.values()):
        return _of_series(value)
    if value and all(isinstance(v, (dict, list)) for v in value.values()):
        return _of_columns(value)
    return _of_records([(1, value)])


def _of_columns(value: Mapping[str, Any]) -> Table:
    """Columns as lists or, as pandas writes them, as mappings from row to cell."""
    if all(isinstance(v, list) for v in value.values()):
        if len({len(v) for v in value.values()}) > 1:
            raise UserError("it is JSON with columns of several lengths")
        size = len(next(iter(value.values())))
        cells = {str(k): v for k, v in value.items()}
        return table_of(cells, range(1, size + 1), nulls=True)
    if all(isinstance(v, dict) for v in value.values()):
        keys = [set(v) for v in value.values()]
        if all(k == keys[0] for k in keys) and all(k.isdigit() for k in keys[0]):
            rows = list(next(iter(value.values())))
            cells = {str(k): [v[row] for row in rows] for k, v in value.items()}
            return table_of(cells, range(1, len(rows) + 1))
        return _of_records([(i, {"run": k, **v}) for i, (k, v) in enumerate(value.items(), 1)])
    return _of_records([(1, value)])


def _of_series(value: Mapping[str, Any]) -> Table:
    """Metrics of Sacred: each with its steps and values."""
    rows: dict[Any, dict[str, Any]] = {}
    for name, series in value.items():
        for step, score in zip(series.get("steps", ()), series["values"], strict=False):
            rows.setdefault(step, {"step": step})[name] = score
    return _of_records([(i, rows[step]) for i, step in enumerate(sorted(rows), 1)])


def _of_records(records: Sequence[tuple[int, Any]]) -> Table:
    if not records:
        raise UserError("it is an empty list")
    bad = next((line for line, record in records if not isinstance(record, dict)), None)
    if bad is not None:
        raise UserError(f"entry {bad} of the JSON is no mapping from column to cell")
    rows = [flat(record) for _, record in records]
    names = dict.fromkeys(name for row in rows for name in row)
    if len(names) * len(rows) > MOST_CELLS:
        raise UserError(f"it has more than {MOST_CELLS:,} cells")
    cells = {name: [row.get(name) for row in rows] for name in names}
    table = table_of(cells, (line for line, _ in records))
    # null is written, unlike a key that is left out.
    nulls = {n: np.array([n in row and row[n] is None for row in rows], np.int8) for n in names}
    marks = {n: table.marks.get(n, 0) + NULL * null for n, null in nulls.items() if null.any()}
    return replace(table, marks={**table.marks, **marks})
