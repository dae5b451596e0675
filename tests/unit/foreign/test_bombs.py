"""Small files that unpack to huge ones: refused before memory is gone, whatever they say of their size."""

from __future__ import annotations

import contextlib
import gzip
import io
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign import files, parquet, unpacking
from hyperverdict.foreign.files import read_content

ROWS = b"256,1,0.9\n"
# Of a process that has imported all that reading takes, in MB: about 200 of them are imports.
MOST_MEMORY = 600
READ = """
import sys
from pathlib import Path
from hyperverdict.errors import UserError
from hyperverdict.foreign.files import read_path
try:
    read_path(Path(sys.argv[1]))
except UserError as error:
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) // 1024, error)
"""


def zipped(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def test_a_bomb_of_240_mb_is_refused_in_little_memory(tmp_path):
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(b"batch_size,seed,test_accuracy\n")]
    parts += [packer.compress(ROWS * 100_000) for _ in range(240)]
    file = tmp_path / "bomb.csv.gz"
    file.write_bytes(b"".join([*parts, packer.flush()]))
    done = subprocess.run(
        [sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=True
    )
    megabytes, said = done.stdout.split(" ", 1)
    assert "unpacks to more than 128 MB" in said
    assert int(megabytes) < MOST_MEMORY


def test_archives_in_archives_share_one_limit(monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 100_000)
    member = gzip.compress(b"a,b\n" + b"1,2\n" * 5_000)
    assert len(read_content(zipped(one=member), "runs.zip")) == 5_000
    many = zipped(**{f"{number}.gz": member for number in range(10)})
    assert len(many) < 100_000
    with pytest.raises(UserError, match="unpacks to more than"):
        read_content(many, "runs.zip")


def test_archives_that_never_end_are_refused():
    content = b"a,b\n1,2\n"
    for _ in range(unpacking.MOST_LAYERS):
        content = gzip.compress(content)
    assert len(read_content(content, "runs.gz")) == 1
    with pytest.raises(UserError, match="packed more than 4 times"):
        read_content(gzip.compress(content), "runs.gz")


def test_an_archive_of_countless_files_is_refused(monkeypatch):
    monkeypatch.setattr(files, "MOST_MEMBERS", 5)
    with pytest.raises(UserError, match="it holds 6 files, more than 5"):
        read_content(zipped(**{f"{n}.csv": b"a,b\n1,2\n" for n in range(6)}), "runs.zip")


@pytest.mark.parametrize("encoded", [True, False])
def test_parquet_that_repeats_one_long_text_is_measured_as_it_is_read(monkeypatch, encoded):
    """Its footer counts the text once."""
    monkeypatch.setattr(parquet, "MOST_IN_COLUMNS", 10_000_000)
    sink = io.BytesIO()
    notes = pa.array(["x" * 10_000] * 5_000)
    pq.write_table(pa.table({"note": notes.dictionary_encode() if encoded else notes}), sink)
    assert len(sink.getvalue()) < 100_000
    with pytest.raises(UserError, match="it unpacks to more than 9 MB"):
        read_content(sink.getvalue(), "runs.parquet")


@pytest.mark.parametrize("cut", [1, 9, 40, 200])
def test_parquet_with_a_damaged_footer_is_broken_parquet(cut):
    sink = io.BytesIO()
    pq.write_table(pa.table({"seed": np.arange(1000), "score": np.zeros(1000)}), sink)
    content = bytearray(sink.getvalue())
    # Sizes and offsets of row groups become huge.
    content[-cut - 60 : -cut - 50] = b"\xfe" * 10
    # An answer, where nothing that is read was hit, or one message.
    with contextlib.suppress(UserError):
        assert len(read_content(bytes(content), "runs.parquet")) <= 1000
