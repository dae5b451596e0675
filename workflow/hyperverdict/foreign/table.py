"""A table as it was read: columns of cells, and where each row stands in its file."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign.literals import parse_json, parse_literal
from hyperverdict.foreign.marks import NOT_A_NUMBER, NULL, WORDS

# Words for a cell that holds nothing.
EMPTY = frozenset({"", "nan", "-nan", "none", "null", "na", "n/a", "#n/a", "<na>", "nil", "nat"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_STARTS = frozenset("0123456789.+-")
_INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "-infinity"})
_GROUPED = re.compile(r"[+-]?\d{1,3}([,'_\u00a0\u2009\u202f ])\d{3}(\1\d{3})*(\.\d+)?")
_GROUPED_BY_DOTS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
# Longer whole numbers, and those that start with 0, are names.
MOST_DIGITS = 15
# Cells that are read of a file.
MOST_CELLS = 20_000_000

Column = pd.Series


@dataclass(frozen=True)
class Table:
    """Cells by column: numbers where every cell is one, else what was written.

    Attributes:
        columns: name -> cells [rows]; empty cells are nan in columns of numbers, else as written.
        lines: line (or row) of each row in its file.
        origins: names of the files, where there are several; `origin` [rows] numbers them.
        settings: columns that a file of settings or the name of a folder gave.
        run: the column that names runs by their file or folder, or "".
        notes: what was done to the files, in sentences.
        marks: column of numbers, or of nothing -> NULL or NOT_A_NUMBER [rows] where an empty cell
            says so, else 0; columns without such cells are left out.
    """

    columns: Mapping[str, Column[Any]]
    lines: npt.NDArray[np.int64]
    origins: tuple[str, ...] = ()
    origin: npt.NDArray[np.int64] | None = None
    settings: frozenset[str] = frozenset()
    run: str = ""
    notes: tuple[str, ...] = ()
    marks: Mapping[str, npt.NDArray[np.int8]] = field(default_factory=dict)
    _empty: dict[str, npt.NDArray[np.bool_]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def __len__(self) -> int:
        return len(self.lines)

    def empty(self, column: str) -> npt.NDArray[np.bool_]:
        """Which cells [rows] of a column hold nothing."""
        if column not in self._empty:
            self._empty[column] = empty_cells(self.columns[column])
        return self._empty[column]

    def place(self, row: int) -> str:
        """Where a row stands: "line 4", or "b.csv, line 4"."""
        file = "" if self.origin is None else f"{self.origins[int(self.origin[row])]}, "
        return f"{file}line {self.lines[row]}"

    def take(self, rows: npt.NDArray[Any]) -> Table:
        """The table of some rows (a mask or positions)."""
        chosen = np.flatnonzero(rows) if rows.dtype == bool else rows
        columns = {n: c.take(chosen).reset_index(drop=True) for n, c in self.columns.items()}
        origin = None if self.origin is None else self.origin[chosen]
        marks = {name: marks[chosen] for name, marks in self.marks.items()}
        return replace(self, columns=columns, lines=self.lines[chosen], origin=origin, marks=marks)


def empty_cells(column: Column[Any]) -> npt.NDArray[np.bool_]:
    """Which cells of a column hold nothing, in whatever word."""
    missing = column.isna().to_numpy(dtype=bool, na_value=True)
    if column.dtype.kind in "iufbmM":
        return missing
    codes, values = pd.factorize(column, use_na_sentinel=True)
    words = np.array([is_empty(value) for value in values] + [True])
    found: npt.NDArray[np.bool_] = missing | words[codes]
    return found


def is_empty(cell: object) -> bool:
    """Whether a cell holds nothing: empty, or a word for it."""
    if isinstance(cell, str):
        return cell.strip().lower() in EMPTY
    return (
        cell is None
        or cell is pd.NA
        or cell is pd.NaT
        or (isinstance(cell, float) and bool(np.isnan(cell)))
    )


def table_of(
    cells: Mapping[str, Sequence[Any]],
    lines: Iterable[int],
    *,
    decimal_comma: bool = False,
    nulls: bool = False,
) -> Table:
    """A table from cells by column, text or native.

    Args:
        nulls: a cell of None was written as such, not just left out.
    """
    columns = {name: typed(values, decimal_comma=decimal_comma) for name, values in cells.items()}
    none = NULL if nulls else 0
    marks = {name: _marks(cells[name], columns[name], none) for name in cells}
    marks = {name: found for name, found in marks.items() if found.any()}
    columns = flattened(columns)
    return Table(columns, np.fromiter(lines, dtype=np.int64), marks=marks)


def _marks(cells: Sequence[Any], column: Column[Any], none: int) -> npt.NDArray[np.int8]:
    """What the cells [rows] without a number say: 0 where they are just empty, `none` for None."""
    marks = np.zeros(len(cells), dtype=np.int8)
    empty: Iterable[int] = ()
    if column.dtype.kind == "f":
        empty = np.flatnonzero(np.isnan(column.to_numpy())).tolist()
    elif column.dtype == object and all(map(is_empty, cells)):
        empty = range(len(cells))
    for row in empty:
        cell = cells[row]
        is_nan = isinstance(cell, float) and cell != cell
        text = cell.strip().lower() if isinstance(cell, str) else ""
        said = none if cell is None else WORDS.get(text, 0)
        marks[row] = NOT_A_NUMBER if is_nan else said
    return marks


def table_of_frame(frame: pd.DataFrame) -> Table:
    """A table from a data frame; an index with names becomes columns."""
    names = [_joined(name) for name in frame.columns]
    refuse_twins(names, "the table")
    columns = {name: _of_series(frame.iloc[:, i]) for i, name in enumerate(names)}
    for level, name in enumerate(frame.index.names):
        if name is not None and str(name) not in columns:
            values = frame.index.get_level_values(level)
            columns[str(name)] = _of_series(pd.Series(values))
    return Table(flattened(columns), np.arange(2, len(frame) + 2))


def _joined(name: Any) -> str:
    if isinstance(name, tuple):
        return "_".join(str(part) for part in name if str(part))
    return str(name)


def refuse_twins(names: Iterable[str], what: str = "it") -> None:
    """UserError for two columns of one name in what is read."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UserError(f"{what} has two columns {name!r}; rename one")
        seen.add(name)


def _of_series(series: Column[Any]) -> Column[Any]:
    series = series.reset_index(drop=True)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iufbmM":
        return series
    return typed(series.tolist())


def flattened(columns: Mapping[str, Column[Any]]) -> dict[str, Column[Any]]:
    """Columns of mappings (a W&B `config`) become a column a key, joined by a dot."""
    found: dict[str, Column[Any]] = {}
    for name, column in columns.items():
        cells = [_mapping(cell) for cell in column] if column.dtype == object else []
        if any(cell is not None for cell in cells):
            cells = [{} if cell is None else flat(cell) for cell in cells]
            keys = dict.fromkeys(key for cell in cells if cell for key in cell)
            if len(keys) * len(cells) > MOST_CELLS:
                raise UserError(
                    f"mappings in column {name!r} have {len(keys):,} keys, in {len(cells):,} rows; "
                    f"at most {MOST_CELLS:,} cells are read"
                )
            for key in keys:
                found[f"{name}.{key}"] = typed([(cell or {}).get(key) for cell in cells])
        else:
            found[name] = column
    return found


def _mapping(cell: object) -> Mapping[Any, Any] | None:
    """A cell that is a mapping, or the text of one."""
    if isinstance(cell, dict):
        return cell
    if not isinstance(cell, str) or cell[:1] + cell[-1:] != "{}":
        return None
    parsers: tuple[Callable[[str], Any], ...] = (parse_json, parse_literal)
    for parse in parsers:
        try:
            found = parse(cell)
            return found if isinstance(found, dict) else None
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return None


def flat(cell: Mapping[Any, Any], depth: int = 20) -> dict[str, Any]:
    """A nested mapping as one level, keys joined by a dot."""
    found: dict[str, Any] = {}
    for key, value in cell.items():
        if isinstance(value, dict) and value and depth:
            found |= {f"{key}.{rest}": inner for rest, inner in flat(value, depth - 1).items()}
        else:
            found[str(key)] = value
    return found


def typed(values: Sequence[Any], *, decimal_comma: bool = False) -> Column[Any]:
    """A column of numbers where every cell is a number or empty, else the cells as they are."""
    if all(isinstance(v, str) for v in values):
        numbers = text_numbers(values, decimal_comma=decimal_comma)
        return _text(values) if numbers is None else numbers
    kinds = {type(v) for v in values if not is_empty(v)}
    if all(issubclass(kind, (int, float, np.number)) and kind is not bool for kind in kinds):
        if not kinds or (len(kinds) == 1 and kinds <= {int} and not any(map(is_empty, values))):
            return _whole(values) if kinds else _text([""] * len(values))
        return pd.Series([np.nan if is_empty(v) else float(v) for v in values])
    if str in kinds and kinds <= {str, int, float}:
        return typed(["" if is_empty(v) else str(v) for v in values], decimal_comma=decimal_comma)
    return pd.Series(list(map(_frozen, values)), dtype=object)


def _frozen(cell: Any) -> Any:
    """A cell that can be compared with others: lists as tuples, mappings inside them as text."""
    if isinstance(cell, (list, tuple)):
        return tuple(map(_frozen, cell))
    return cell if isinstance(cell, Hashable) else str(cell)


def _whole(values: Sequence[Any]) -> Column[Any]:
    fits = all(abs(v) < 10**MOST_DIGITS for v in values)
    return pd.Series(values, dtype="int64") if fits else _text([str(v) for v in values])


def _text(values: Sequence[str]) -> Column[Any]:
    return pd.Series(values, dtype=object)


def text_numbers(values: Sequence[str], *, decimal_comma: bool) -> Column[Any] | None:
    """Cells of text as numbers; None where one of them is none, or where they are names."""
    known: dict[str, float] = {}
    whole = True
    for value in values:
        if value in known:
            continue
        number = _number(value.strip(), decimal_comma)
        if number is None:
            return None
        known[value] = number
        whole = whole and number.is_integer() and "e" not in value.lower() and "." not in value
    if all(number != number for number in known.values()):
        return None
    found = np.array([known[value] for value in values], dtype=float)
    return pd.Series(found.astype(np.int64)) if whole else pd.Series(found)


def _number(text: str, decimal_comma: bool) -> float | None:
    """The number that a cell spells, nan for an empty one, None for a word or a name."""
    if decimal_comma and "," in text:
        if _GROUPED_BY_DOTS.fullmatch(text):
            return float(text.replace(".", "").replace(",", "."))
        if _DECIMAL_COMMA.fullmatch(text):
            return float(text.replace(",", "."))
        return None
    if decimal_comma and text.count(".") > 1 and _GROUPED_BY_DOTS.fullmatch(text):
        return float(text.replace(".", ""))
    if text[:1] in _STARTS and "_" not in text:
        digits = text.lstrip("+-")
        if digits.isdigit() and (
            len(digits) > MOST_DIGITS or (len(digits) > 1 and digits[0] == "0")
        ):
            return None
        try:
            return float(text)
        except ValueError:
            pass
    if text.lower() in EMPTY:
        return float("nan")
    if text.lower() in _INFINITE:
        return float(text)
    if _GROUPED.fullmatch(text) and text.lstrip("+-")[0] != "0":
        return float(re.sub(r"[,'_\u00a0\u2009\u202f ]", "", text))
    return None


def has_decimal_commas(cells: Iterable[str], separator: str) -> bool:
    """Whether a file writes 0,5 for a half: no cell of it writes 0.5, and one cannot mean else."""
    found = False
    for cell in cells:
        if "." in cell and _NUMBER.fullmatch(cell) and not _GROUPED_BY_DOTS.fullmatch(cell):
            return False
        if "," in cell and "." in cell and _GROUPED_BY_DOTS.fullmatch(cell):
            found = True
        elif "," in cell and _DECIMAL_COMMA.fullmatch(cell):
            is_certain = cell.lstrip("+-")[0] in "0," or not _GROUPED.fullmatch(cell)
            found = found or is_certain or separator != ","
    return found


def joined(tables: Sequence[Table], names: Sequence[str]) -> Table:
    """Several tables as one, under the union of their columns; `names` are those of their files."""
    if len(tables) == 1:
        return tables[0]
    order = dict.fromkeys(name for table in tables for name in table.columns)
    sizes = [len(table) for table in tables]
    columns: dict[str, Column[Any]] = {}
    for name in order:
        parts = [t.columns.get(name) for t in tables]
        if all(p is not None and p.dtype.kind in "iuf" for p in parts):
            columns[name] = pd.Series(
                np.concatenate([p.to_numpy() for p in parts if p is not None])
            )
        else:
            cells = [
                [None] * size if part is None else part.tolist()
                for part, size in zip(parts, sizes, strict=True)
            ]
            columns[name] = typed([cell for part in cells for cell in part])
    return Table(
        columns,
        np.concatenate([table.lines for table in tables]),
        tuple(names),
        np.repeat(np.arange(len(tables)), sizes),
        frozenset(name for table in tables for name in table.settings),
        next((table.run for table in tables if table.run), ""),
        tuple(dict.fromkeys(note for table in tables for note in table.notes)),
        _joined_marks(tables),
    )


def _joined_marks(tables: Sequence[Table]) -> dict[str, npt.NDArray[np.int8]]:
    names = dict.fromkeys(name for table in tables for name in table.marks)
    return {
        name: np.concatenate(
            [table.marks.get(name, np.zeros(len(table), np.int8)) for table in tables]
        )
        for name in names
    }


def with_constants(table: Table, cells: Mapping[str, Any], *, settings: bool) -> Table:
    """The table with one value in every row of further columns."""
    columns = dict(table.columns)
    for name, value in cells.items():
        columns[name] = typed([value] * len(table))
    known = table.settings | set(cells) if settings else table.settings
    return replace(table, columns=columns, settings=known)
