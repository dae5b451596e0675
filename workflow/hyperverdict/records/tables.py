"""The tables of a study's runs, and the files that hold them: Parquet, and CSV to look at.

The answers to each test image go to Parquet only, and curves of more rows than a spreadsheet holds
as well.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hyperverdict.errors import UserError
from hyperverdict.records.curves import BITS_COLUMN
from hyperverdict.runs.files import whole_file, write_atomic
from hyperverdict.runs.parquet import parquet_bytes, read_parquet, sealed_schema
from hyperverdict.runs.sealed import sealed
from hyperverdict.runs.write import SCHEMA
from hyperverdict.words.safe import csv_frame

# Rows of a spreadsheet below its heading.
MOST_CSV_ROWS = 1_048_575
_LABELS = ["path", "split"]


@dataclass(frozen=True)
class Tables:
    """The runs of a study.

    Attributes:
        final: one row per configuration path and seed; nan scores where `failed`; missing runs
            have no row.
        curves: one row per configuration path, seed, step and split.
    """

    final: pd.DataFrame
    curves: pd.DataFrame


def concatenated(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of several folders as one; those without rows add nothing."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def write_tables(tables: Tables, folder: Path) -> None:
    """Write final.csv, final.parquet, curves.csv and curves.parquet, each whole or not at all."""
    write_final(tables.final, folder)
    curves = _one_kind_a_column(tables.curves)
    schema = pa.Schema.from_pandas(curves, preserve_index=False)
    with curves_file(folder, schema.remove_metadata()) as add:
        add(curves)


def write_final(final: pd.DataFrame, folder: Path) -> None:
    """Write final.csv and final.parquet."""
    frame = _one_kind_a_column(final)
    readable = frame.drop(columns=BITS_COLUMN, errors="ignore")
    write_atomic(folder / "final.csv", csv_frame(readable).to_csv(index=False).encode())
    stored = pa.Table.from_pandas(frame, preserve_index=False)
    write_atomic(folder / "final.parquet", parquet_bytes(stored, stored.schema.metadata))


def curve_schema(columns: Iterable[str]) -> pa.Schema:
    """The types of the curves' columns: as in the runs' tables; scores are numbers."""
    known = {field.name: field.type for field in SCHEMA} | {"path": pa.string()}
    return pa.schema([(name, known.get(name, pa.float64())) for name in columns])


@contextmanager
def curves_file(folder: Path, schema: pa.Schema) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Write curves.parquet part by part, and curves.csv where it has at most `MOST_CSV_ROWS` rows.

    Gives the function that adds a part. Files of before stay until the new ones are whole; where
    there are too many rows, no curves.csv is left.
    """
    readable, rows = folder / "curves.csv", 0
    with whole_file(folder / "curves.parquet") as parquet, whole_file(readable) as text:
        text.write(csv_frame(pd.DataFrame(columns=schema.names)).to_csv(index=False).encode())
        whole = io.BytesIO()
        with pq.ParquetWriter(whole, sealed_schema(schema)) as writer:

            def add(part: pd.DataFrame) -> None:
                nonlocal rows
                rows += len(part)
                writer.write_table(pa.Table.from_pandas(part, schema, preserve_index=False))
                if rows > MOST_CSV_ROWS:
                    text.close()
                else:
                    text.write(csv_frame(part).to_csv(index=False, header=False).encode())

            yield add
        parquet.write(sealed(whole.getvalue()))
    if rows > MOST_CSV_ROWS:
        readable.unlink(missing_ok=True)


def _one_kind_a_column(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with columns of several kinds of cells, such as text and numbers, as text."""
    objects = [c for c in frame.columns if frame[c].dtype == object and c != BITS_COLUMN]
    mixed = [c for c in objects if not _of_one_kind(frame[c].dropna())]
    texts = {c: frame[c].map(str, na_action="ignore") for c in mixed}
    return frame.assign(**texts) if texts else frame


def _of_one_kind(cells: pd.Series[Any]) -> bool:
    kinds: set[type] = set(map(type, cells))
    return len(kinds) < 2 or (bool not in kinds and all(issubclass(k, Real) for k in kinds))


def read_tables(folder: Path) -> Tables:
    """The tables that `write_tables` left in `folder`; UserError names one that is broken.

    Paths and splits of the curves are categories, in order of their names.
    """
    final = _read_table(folder / "final.parquet")
    curves = _read_table(folder / "curves.parquet", labels=_LABELS)
    labels = {
        name: curves[name].cat.reorder_categories(sorted(curves[name].cat.categories))
        for name in _LABELS
        if isinstance(curves.get(name, pd.Series()).dtype, pd.CategoricalDtype)
    }
    return Tables(final, curves.assign(**labels))


def _read_table(file: Path, labels: Sequence[str] = ()) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = read_parquet(file, labels).to_pandas(use_threads=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UserError(
            f"{file} cannot be read ({error}); start the study again, and its runs are collected "
            "again"
        ) from None
    return frame


def failed_seeds(final: pd.DataFrame) -> dict[str, frozenset[int]]:
    """Path of a configuration -> its seeds that ended without a score."""
    lost = final[final["failed"].astype(bool)]
    found: dict[str, set[int]] = {}
    for path, seed in zip(lost["path"], lost["seed"], strict=True):
        found.setdefault(str(path), set()).add(int(seed))
    return {path: frozenset(seeds) for path, seeds in found.items()}


def read_final(folder: Path) -> pd.DataFrame:
    """The final table that `write_tables` left, without the answers to each test image."""
    return _read_table(folder / "final.parquet").drop(columns=BITS_COLUMN, errors="ignore")
