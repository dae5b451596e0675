"""Reading Parquet on the caller's thread.

Arrow's worker threads may still let go of a Python object while the interpreter ends; the process
then aborts with all its work done ("terminate called without an active exception",
apache/arrow#34314). Our files are small: reading them needs no second thread.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def read_parquet(file: Path) -> pa.Table:
    """A Parquet file; OSError when it cannot be opened, pa.ArrowException when it is broken.

    The bytes come first, so a file that a job replaces meanwhile is read whole.
    """
    # pq.read_table would import pandas, a second in every job.
    content = pa.BufferReader(file.read_bytes())
    return pq.ParquetFile(content, pre_buffer=False).read(use_threads=False)
