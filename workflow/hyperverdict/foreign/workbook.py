"""Tables in the sheets of Excel workbooks."""

from __future__ import annotations

import io
import warnings
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.foreign.table import MOST_CELLS, Table, refuse_twins, table_of


def read_workbook(content: bytes, sheet: str) -> Table:
    """The one sheet that holds a table, or the named one; UserError where there is none."""
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
