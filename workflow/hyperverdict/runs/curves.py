"""The curves of a run's seeds, from its metrics table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from hyperverdict.runs.write import rows_by_seed

# What says where a row is, and holds no score.
_PLACES = ("seed", "step", "samples", "epoch", "split", "train_seconds", "correct")


class Point(NamedTuple):
    """One value of a curve.

    Attributes:
        name: column and split, as in TensorBoard: "accuracy/validation_curve".
        seconds: spent in training until then; 0 where nobody measured it.
    """

    name: str
    value: float
    step: int
    seconds: float


def curves_by_seed(table: pa.Table) -> dict[int, list[Point]]:
    """The finite scores of every seed in a run's metrics table, in the order of its rows."""
    return {seed: list(_points(rows)) for seed, rows in rows_by_seed(table).items()}


def _points(rows: pa.Table) -> Iterator[Point]:
    columns = {name: rows[name].to_pylist() for name in rows.column_names if name != "correct"}
    scores = [name for name in columns if name not in _PLACES]
    for i, (step, split) in enumerate(zip(columns["step"], columns["split"], strict=True)):
        seconds = columns["train_seconds"][i]
        known = seconds is not None and math.isfinite(seconds)
        for name in scores:
            value = columns[name][i]
            if value is not None and math.isfinite(value):
                yield Point(f"{name}/{split}", value, step or 0, seconds if known else 0.0)
