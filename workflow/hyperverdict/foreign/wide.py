"""Tables of another shape: one row a score, or one column a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign.content import cell_codes, codes_of
from hyperverdict.foreign.table import Table, typed

# Columns of long tables that say what the column `value` holds.
TAGS = ("tag", "metric", "metric_name", "key", "variable", "measure")
# More different tags than this are no metrics.
MOST_TAGS = 200
# Columns that differ between two scores of one evaluation.
TIMES = ("wall time", "timestamp", "time", "walltime", "id")


def reshaped(table: Table) -> Table:
    """One column a metric, whatever the table's shape; UserError for curves without settings."""
    _refuse_charts(table.columns)
    lower = {name.lower(): name for name in table.columns}
    tag = next((lower[name] for name in TAGS if name in lower), None)
    value = lower.get("value")
    if tag is None or value is None or table.columns[value].dtype.kind not in "iuf":
        return table
    tags = table.columns[tag]
    if tags.dtype != object or not 1 <= tags.nunique() <= MOST_TAGS:
        return table
    return _pivoted(table, tag, value, [n for n in table.columns if n.lower() not in TIMES])


def _refuse_charts(names: Iterable[str]) -> None:
    charts = [n for n in names if n.endswith(("__MIN", "__MAX")) and " - " in n]
    if charts:
        raise UserError(
            f"the table is a chart exported from W&B (it has a column {charts[0]!r}): its curves "
            "carry no settings. Export the table of runs instead"
        )


def _pivoted(table: Table, tag: str, value: str, names: Sequence[str]) -> Table:
    """A row for each combination of the other columns; UserError for two scores in one cell."""
    keys = [name for name in names if name not in (tag, value)]
    code = codes_of([cell_codes(table.columns[name]) for name in keys], len(table))
    first = pd.Series(code).drop_duplicates().index.to_numpy()
    kept = table.take(first)
    columns = {name: kept.columns[name] for name in keys}
    for label in pd.unique(table.columns[tag]):
        rows = np.flatnonzero((table.columns[tag] == label).to_numpy())
        if len(np.unique(code[rows])) < len(rows):
            places = pd.Series(code[rows]).duplicated().to_numpy()
            raise UserError(
                f"{table.place(int(rows[places][0]))}: a second {label} of one evaluation; "
                "a column that tells them apart is missing"
            )
        scores = np.full(len(first), np.nan)
        scores[code[rows]] = table.columns[value].to_numpy(dtype=float)[rows]
        columns[str(label)] = typed(scores.tolist())
    note = f"One row a score: column {tag!r} names the metrics."
    return replace(kept, columns=columns, notes=(*table.notes, note))
