"""Parquet from elsewhere, whose footer need not be true: measured before and while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hyperverdict.errors import UserError, first_line
from hyperverdict.foreign.pages import DICTIONARY, Pages, is_encrypted, pages_of
from hyperverdict.foreign.table import MOST_CELLS, Table, flattened, typed

MAGIC, ENCRYPTED = b"PAR1", b"PARE"
# Of texts; the encoding that spells each value.
_BYTES, _PLAIN = "BYTE_ARRAY", 0
# Bytes of its columns in memory, and pages, of which each takes some time.
MOST_IN_COLUMNS, MOST_PAGES = 512 << 20, 200_000
# Rows of one piece at most, and at least where each cell may be as long as a page.
_BATCH, _SMALLEST_BATCH = 4096, 16
# Groups in groups; deeper ones are no table of runs.
_DEEPEST = 32


def read_parquet(content: bytes) -> Table:
    """The table of a Parquet file; UserError says what is wrong with it."""
    try:
        table = _whole(content)
    except (pa.ArrowException, OSError, MemoryError, ValueError, OverflowError) as error:
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


def _whole(content: bytes) -> pa.Table:
    """All of the file, read piece by piece and measured, texts at first without repetitions."""
    footer = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False)
    metadata, schema = footer.metadata, footer.schema_arrow
    _refuse_chunks(content, metadata)
    leaves = [footer.schema.column(i) for i in range(metadata.num_columns)]
    deepest = max((leaf.path.count(".") for leaf in leaves), default=0)
    if deepest > _DEEPEST:
        raise UserError(f"one of its columns is nested {deepest:,} times, more than {_DEEPEST}")
    pages = _measured(content, metadata, leaves)
    texts = [leaf.path for leaf, found in zip(leaves, pages, strict=True) if _is_short(leaf, found)]
    rows = _rows_at_once(leaves, pages)
    file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts, pre_buffer=False)
    batches: list[Any] = []
    total = 0
    # Dictionaries differ between row groups, which texts in lists must not do.
    for group in range(metadata.num_row_groups):
        for batch in file.iter_batches(rows, [group], use_threads=False):
            total += sum(map(_bytes_of, batch.columns))
            if total > MOST_IN_COLUMNS:
                raise _too_large(f"more than {MOST_IN_COLUMNS >> 20} MB")
            batches.append(batch.cast(schema))
    table = pa.Table.from_batches(batches, schema)
    if table.num_rows != metadata.num_rows:
        raise ValueError(
            f"it holds {table.num_rows:,} rows, and its footer says {metadata.num_rows:,}"
        )
    return table


def _refuse_chunks(content: bytes, metadata: Any) -> None:
    """UserError where its columns are too many, or encrypted, which pyarrow ends the process at."""
    chunks = metadata.num_row_groups * metadata.num_columns
    if chunks > MOST_PAGES:
        raise _too_many_pages()
    size = int.from_bytes(content[-8:-4], "little")
    if is_encrypted(content[-8 - size : -8]):
        raise UserError("it is encrypted Parquet")


def _measured(content: bytes, metadata: Any, leaves: Sequence[Any]) -> list[Pages]:
    """The pages of every column; UserError where they, or the footer, say that it is too much."""
    rows, columns = metadata.num_rows, metadata.num_columns
    if rows * columns > MOST_CELLS:
        raise _too_large(f"{rows:,} rows of {columns:,} columns")
    found, number, size, cells = [Pages()] * columns, 0, 0, 0
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for i, leaf in enumerate(leaves):
            pages = _pages_of(content, group.column(i))
            found[i] += pages
            number += pages.number
            cells += pages.values
            size += pages.size + pages.values * max(leaf.length, 0)
            if cells > MOST_CELLS:
                raise _too_large(f"more than {MOST_CELLS:,} cells")
            if size > MOST_IN_COLUMNS:
                raise _too_large(f"more than {MOST_IN_COLUMNS >> 20} MB")
            if number > MOST_PAGES:
                raise _too_many_pages()
    return found


def _is_short(leaf: Any, pages: Pages) -> bool:
    """Whether pyarrow can read a column as its distinct texts and their numbers."""
    if leaf.physical_type != _BYTES or leaf.logical_type.type == "DECIMAL":
        return False
    if "." in leaf.path:
        return bool(pages.encodings) and pages.encodings <= DICTIONARY
    return bool(pages.encodings & DICTIONARY) and pages.encodings <= {_PLAIN, *DICTIONARY}


def _rows_at_once(leaves: Sequence[Any], pages: Sequence[Pages]) -> int:
    """Rows that fit, however long the texts are that a few bytes stand for; UserError for none."""
    rows = _BATCH
    for leaf, found in zip(leaves, pages, strict=True):
        if leaf.physical_type != _BYTES or found.spells_texts or _is_short(leaf, found):
            continue
        cells = found.values if leaf.max_repetition_level else _SMALLEST_BATCH
        if found.largest * cells > MOST_IN_COLUMNS:
            raise UserError(
                f"column {leaf.path} may unpack to more than {MOST_IN_COLUMNS >> 20} MB; write it "
                "without a dictionary, in encoding PLAIN"
            )
        if not leaf.max_repetition_level:
            rows = min(rows, MOST_IN_COLUMNS // max(found.largest, 1))
    return rows


def _pages_of(content: bytes, column: Any) -> Pages:
    start = column.data_page_offset
    if column.has_dictionary_page and 0 < column.dictionary_page_offset < start:
        start = column.dictionary_page_offset
    return pages_of(content, start, column.total_compressed_size, column.num_values)


def _too_large(what: str) -> UserError:
    return UserError(
        f"it unpacks to {what}; at most {MOST_CELLS:,} cells and {MOST_IN_COLUMNS >> 20} MB are "
        "read"
    )


def _too_many_pages() -> UserError:
    return UserError(
        f"it has more than {MOST_PAGES:,} pages; write it with larger row groups and pages"
    )


def _bytes_of(column: Any) -> int:
    """What a column takes once every cell of it holds its own text."""
    if pa.types.is_dictionary(column.type):
        known = column.dictionary
        if pa.types.is_nested(known.type) or pa.types.is_primitive(known.type):
            return int(column.nbytes)
        lengths = pc.take(pc.binary_length(known), column.indices)
        return int(pc.sum(lengths).as_py() or 0) + 4 * len(column)
    if pa.types.is_struct(column.type):
        return sum(map(_bytes_of, column.flatten()))
    if pa.types.is_map(column.type):
        return _bytes_of(column.keys) + _bytes_of(column.items) + 4 * len(column)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return _bytes_of(column.flatten()) + 4 * len(column)
    return int(column.nbytes)
