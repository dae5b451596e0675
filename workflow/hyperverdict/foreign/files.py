"""Files of runs from elsewhere: whatever holds a table becomes one, or is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.foreign.documents import read_json
from hyperverdict.foreign.folders import read_folder, scalars_of, settings_in_name
from hyperverdict.foreign.parquet import ENCRYPTED, MAGIC, read_parquet
from hyperverdict.foreign.table import Table, joined, with_constants
from hyperverdict.foreign.texts import decoded, read_text
from hyperverdict.foreign.unpacking import BROKEN, PACKED, Unpacking, unpacked_bytes
from hyperverdict.foreign.wide import reshaped
from hyperverdict.foreign.workbook import read_workbook

# Says which of several files a row stands in.
FILE = "file"
# Bytes of a file, and files in an archive.
MOST_BYTES, MOST_MEMBERS = 256 << 20, 10_000
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


def read_content(
    content: bytes, name: str, sheet: str = "", unpacking: Unpacking | None = None
) -> Table:
    """The table that bytes hold; UserError says what they hold instead.

    Args:
        unpacking: what may still be unpacked of the file in which they are; None for the file.
    """
    unpacking = unpacking or Unpacking()
    for magic, opened in PACKED.items():
        if content.startswith(magic):
            unpacked = unpacked_bytes(opened(io.BytesIO(content)), name, unpacking)
            with unpacking.deeper():
                return read_content(unpacked, _inner(name), unpacking=unpacking)
    if content.startswith(b"PK\x03\x04"):
        with unpacking.deeper():
            return _from_zip(content, sheet, unpacking)
    if content.startswith(MAGIC):
        return read_parquet(content)
    if content.startswith(ENCRYPTED):
        raise UserError("it is encrypted Parquet")
    if content.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\x80\x04", b"\x80\x05")):
        raise UserError("it is an old Excel, PDF, image or pickle file")
    if not content.strip():
        raise UserError("it is empty")
    if name.lower().endswith((".parquet", ".pq")):
        raise UserError("it is broken Parquet: its first bytes are not PAR1")
    text = decoded(content)
    if text.lstrip()[:1] in ("{", "["):
        return read_json(text)
    if text.lstrip()[:1] == "<":
        raise UserError("it is HTML or XML")
    return read_text(text)


def _inner(name: str) -> str:
    return name.rpartition(".")[0] or name


def _from_zip(content: bytes, sheet: str, unpacking: Unpacking) -> Table:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except BROKEN as error:
        raise UserError(f"it is a broken archive ({error})") from None
    with archive:
        inside = [i for i in archive.infolist() if not i.is_dir()]
        unpacking.refuse(sum(i.file_size for i in inside), "it")
        if len(inside) > MOST_MEMBERS:
            raise UserError(f"it holds {len(inside):,} files, more than {MOST_MEMBERS:,}")
        if any(i.filename == "xl/workbook.xml" for i in inside):
            return read_workbook(content, sheet)
        shown = [i for i in inside if not Path(i.filename).name.startswith((".", "__"))]
        if not shown:
            raise UserError("it is an empty archive")
        names = [i.filename for i in shown]
        tables = []
        for member in shown:
            try:
                with archive.open(member) as packed:
                    unpacked = unpacked_bytes(packed, member.filename, unpacking)
            except BROKEN as error:
                # Encrypted, too, and packed in a way that is not known here.
                raise UserError(f"{member.filename} in it cannot be unpacked ({error})") from None
            if unpacked.startswith(b"PK\x03\x04"):
                raise UserError(f"it holds another archive, {member.filename}")
            tables.append(read_content(unpacked, member.filename, unpacking=unpacking))
        return joined(tables, names)
