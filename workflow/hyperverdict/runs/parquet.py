"""Reading and writing Parquet on the caller's thread; what is written carries its checksum.

Arrow's worker threads may still let go of a Python object while the interpreter ends; the process
then aborts with all its work done ("terminate called without an active exception",
apache/arrow#34314). Our files are small: reading them needs no second thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hyperverdict.runs.sealed import KEY, OPEN_SEAL, DamagedError, Seal, seal_of, sealed

_KEY = KEY.encode()


def parquet_bytes(
    table: pa.Table, metadata: Mapping[bytes, bytes], *, compression: str = "snappy"
) -> bytes:
    """A table as a sealed Parquet file, with metadata of its own in place of its schema's."""
    sink = pa.BufferOutputStream()
    # Last, so that no text of a user's stands behind it.
    marked = table.replace_schema_metadata({**metadata, _KEY: OPEN_SEAL.encode()})
    pq.write_table(marked, sink, compression=compression)
    return sealed(sink.getvalue().to_pybytes())


def sealed_schema(schema: pa.Schema) -> pa.Schema:
    """A schema for a file that is written in parts, and then sealed as a whole."""
    return schema.with_metadata({**(schema.metadata or {}), _KEY: OPEN_SEAL.encode()})


def read_parquet(file: Path, labels: Sequence[str] = ()) -> pa.Table:
    """A Parquet file, sealed or of another writer.

    Args:
        labels: text columns of few different texts, each of which is kept once; where there are.

    Raises OSError when it cannot be opened, DamagedError when it is not as it was written and
    pa.ArrowException when it is no Parquet.
    The bytes come first, so a file that a job replaces meanwhile is read whole.
    """
    return parse_parquet(file.read_bytes(), labels)[0]


def parse_parquet(content: bytes, labels: Sequence[str] = ()) -> tuple[pa.Table, Seal]:
    """The table in a Parquet file, and whether it was sealed; raises as `read_parquet` does."""
    seal = seal_of(content)
    # pq.read_table would import pandas, a second in every job.
    source = pa.BufferReader(content)
    known = [name for name in labels if name in pq.read_schema(source).names] if labels else []
    file = pq.ParquetFile(source, pre_buffer=False, read_dictionary=known)
    table = file.read(use_threads=False)
    metadata = dict(table.schema.metadata or {})
    if metadata.pop(_KEY, None) is not None and seal == "unsealed":
        raise DamagedError("its checksum is not one")
    table = table.replace_schema_metadata(metadata)
    return (table.unify_dictionaries() if known else table), seal


def read_parquet_names(file: Path) -> list[str]:
    """The names of a Parquet file's columns, from its footer; its checksum is not looked at."""
    return list(pq.read_schema(file).names)
