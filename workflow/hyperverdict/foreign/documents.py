"""Tables in JSON: records, columns, logs of trainers, or one record a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hyperverdict.errors import UserError
from hyperverdict.foreign.literals import parse_json
from hyperverdict.foreign.marks import NULL
from hyperverdict.foreign.table import MOST_CELLS, Table, flat, refuse_twins, table_of


def read_json(text: str) -> Table:
    """Records, columns, a log of a trainer, or one record a line; UserError for anything else."""
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
    if {"columns", "data"} <= value.keys() and _are_rows(value["columns"], value["data"]):
        rows, names = value["data"], [str(name) for name in value["columns"]]
        refuse_twins(names)
        return _of_records([(i, dict(zip(names, r, strict=False))) for i, r in enumerate(rows, 1)])
    if value and all(map(_is_series, value.values())):
        return _of_series(value)
    if value and all(isinstance(v, (dict, list)) for v in value.values()):
        return _of_columns(value)
    return _of_records([(1, value)])


def _are_rows(names: Any, rows: Any) -> bool:
    """Whether a table is split as pandas does it: names of columns, and a list for each row."""
    lists = isinstance(names, list) and isinstance(rows, list)
    return lists and all(isinstance(row, list) for row in rows)


def _is_series(value: Any) -> bool:
    """Whether this is a metric of Sacred."""
    if not isinstance(value, dict) or not isinstance(value.get("values"), list):
        return False
    steps = value.get("steps", [])
    return isinstance(steps, list) and all(isinstance(step, (int, float)) for step in steps)


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
