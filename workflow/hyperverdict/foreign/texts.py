"""CSV in every usual dialect: its encoding, separator, decimal sign and comment lines."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice

from hyperverdict.errors import UserError
from hyperverdict.foreign.table import MOST_CELLS, Table, has_decimal_commas, refuse_twins, table_of
from hyperverdict.words.safe import from_csv

SEPARATORS = (",", ";", "\t", "|")
# Lines on which the separator is found.
SAMPLE = 50
# Characters of a cell.
LONGEST_CELL = 10_000_000
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def decoded(content: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else UTF-16, else Latin-1."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    start = content[:1000]
    if start.count(0) > len(start) // 4:
        big = start[0::2].count(0) > start[1::2].count(0)
        return content.decode("utf-16-be" if big else "utf-16-le", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read_text(text: str) -> Table:
    """A table of separated values; UserError says what is wrong with it, and in which line."""
    if "\0" in text[:1000]:
        raise UserError("it holds bytes that are no text")
    skipped, separator, text = _without_preamble(text)
    separator = separator or separator_of(text)
    # Before any of them is held. Quoted cells may hold separators and line ends.
    if text.count(separator) + text.count("\n") > (2 if '"' in text else 1) * MOST_CELLS:
        raise UserError(
            f"it has more than {MOST_CELLS:,} cells; leave out what no claim needs, such as "
            "columns, or evaluations between the first and the last"
        )
    rows = _records(text, separator)
    header = next(rows, None)
    if header is None:
        raise UserError("it is empty")
    names, records = [name.strip() for name in header[1]], list(rows)
    if len(names) == 1 and any(" " in row[0].strip() for _, row in records[:SAMPLE] if row):
        names, records = _by_spaces(names[0], records)
    names, records = _evened(names, records)
    refuse_twins(names)
    decimal_comma = has_decimal_commas(chain.from_iterable(r for _, r in records), separator)
    cells = {name: [row[i] for _, row in records] for i, name in enumerate(names)}
    table = table_of(cells, (line + skipped for line, _ in records), decimal_comma=decimal_comma)
    if not decimal_comma:
        return table
    note = "Commas in numbers are read as decimal signs: 0,5 is a half."
    return replace(table, notes=(note,))


def _without_preamble(text: str) -> tuple[int, str, str]:
    """(lines left out, the separator that a first line names, text without comment lines)."""
    separator, skipped = "", 0
    while text:
        line, _, rest = text.partition("\n")
        stripped = line.strip()
        if stripped.lower().startswith("sep=") and _may_separate(stripped[4:]):
            separator = stripped[4]
        elif stripped and not (stripped.startswith("#") and not _is_header(stripped, rest)):
            break
        text, skipped = rest, skipped + 1
    return skipped, separator, text.removeprefix("#").lstrip(" ")


def _may_separate(text: str) -> bool:
    return len(text) == 1 and text.isprintable() and not text.isalnum() and text not in "\"'\\ "


def _is_header(line: str, rest: str) -> bool:
    """Whether a line behind # names the columns of the lines that follow."""
    after = next((x for x in rest.splitlines()[:5] if x and not x.startswith("#")), "")
    return any(line.count(s) == after.count(s) > 0 for s in SEPARATORS) and "{" not in line


def _lines(text: str) -> Iterator[str]:
    """The lines of a text, whatever system wrote their ends; one at a time, as all take memory."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def separator_of(text: str) -> str:
    """The separator under which most lines have as many cells as the header."""
    lines = list(islice((line for line in _lines(text) if line.strip()), SAMPLE))

    def quality(separator: str) -> tuple[float, int]:
        try:
            with _long_cells():
                widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
        except csv.Error:
            # A cell that is too long, which is said of its line once it is read.
            return 0.0, 1
        width = widths[0] if widths else 1
        agreeing = sum(w == width for w in widths) / max(len(widths), 1)
        return (agreeing if width > 1 else 0.0, width)

    return max(SEPARATORS, key=quality)


@contextmanager
def _long_cells() -> Iterator[None]:
    """Cells may be as long as LONGEST_CELL; the limit is one of the whole process."""
    earlier = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(earlier)


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every line that is not blank."""
    reader, cells, start = csv.reader(_lines(text), delimiter=separator), 0, 1
    try:
        with _long_cells():
            for row in reader:
                cells += len(row)
                if cells > MOST_CELLS:
                    raise UserError(f"it has more than {MOST_CELLS:,} cells")
                if any(cell.strip() for cell in row):
                    yield start, [from_csv(cell.strip()) for cell in row]
                start = reader.line_num + 1
    except csv.Error as error:
        said = str(error)
        if "field limit" in said:
            said = f"a cell has more than {LONGEST_CELL:,} characters, or a quote has no end"
        raise UserError(f"line {reader.line_num}: {said}") from None


def _by_spaces(
    header: str, records: list[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    names = header.split()
    return names, [(line, row[0].split()) for line, row in records]


def _evened(
    names: list[str], records: list[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Every row as long as the header; a name for the unnamed first column of row numbers.

    UserError names the first line that has more cells than the header.
    """
    if names and records and all(len(row) == len(names) + 1 for _, row in records):
        first = [row[0] for _, row in records]
        if len(records) > 1 and first in ([str(i + k) for i in range(len(first))] for k in (0, 1)):
            names = ["", *names]
    for line, row in records:
        if len(row) > len(names) and any(row[len(names) :]):
            raise UserError(f"line {line} has {len(row)} cells, the header {len(names)}")
    width = len(names)
    even = [(line, [*row[:width], *[""] * (width - len(row))]) for line, row in records]
    kept = [i for i, name in enumerate(names) if name or any(row[i] for _, row in even)]
    named = [names[i] or ("row" if i == 0 else f"column {i + 1}") for i in kept]
    if len(kept) == width:
        return named, even
    return named, [(line, [row[i] for i in kept]) for line, row in even]
