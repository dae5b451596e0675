"""Cells become numbers: metrics, percentages, durations. What is none is a failure, or refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign.identity import PROGRESS
from hyperverdict.foreign.recognise import Recognised

FRACTIONS = ("accuracy", "error", "validation_accuracy")
PERCENT = re.compile(r"%|percent|(^|[^a-z])pct", re.IGNORECASE)
# Averages in single precision may end above 1 by so much.
ROUNDING = 1e-6
# No training takes thirty years: such times are dates.
LONGEST_SECONDS = 1e9


def as_numbers(
    rows: pd.DataFrame, metrics: Iterable[str], found: Recognised, notes: list[str]
) -> pd.DataFrame:
    """The rows with numbers in their metrics and progress, and accuracy and error from each other.

    Raises UserError with line and column for a cell of a claimed metric that is no number.
    """
    for name in dict.fromkeys((*metrics, *PROGRESS, "accuracy", "loss", "train_time")):
        if name in rows:
            rows[name] = _number_column(rows, name, found)
    if "train_time" in metrics and "train_time" in rows:
        _refuse_dates(rows, found)
    if "error" in rows and "error" not in metrics and rows["error"].dtype.kind not in "iuf":
        rows = rows.rename(columns={"error": "message"})
    for name in ("validation_accuracy", "validation_loss", "train_loss", "test_size", "parameters"):
        if name in rows:
            rows[name] = pd.to_numeric(rows[name], errors="coerce")
    if "test_size" in rows:  # scikit-learn calls a share of the data so
        rows["test_size"] = rows["test_size"].where(rows["test_size"] >= 1)
    claimed = {"accuracy", "error"} if {"accuracy", "error"} & {*metrics} else set()
    for name in FRACTIONS:
        if name in rows:
            rows[name] = _fractions(rows, name, found, notes, name in claimed)
    if "accuracy" in rows and "error" not in rows:
        rows["error"] = 1.0 - rows["accuracy"]
    elif "error" in rows and "accuracy" not in rows:
        rows["accuracy"] = 1.0 - rows["error"]
    return _marked_failed(rows, metrics, notes)


def _number_column(rows: pd.DataFrame, name: str, found: Recognised) -> pd.Series[Any]:
    """A column as numbers; times may be written as durations. UserError names a bad cell."""
    column = rows[name]
    if column.dtype.kind == "m":
        seconds: pd.Series[Any] = column.dt.total_seconds()
        return seconds
    if column.dtype.kind in "iufb" and column.dtype.kind != "b":
        return column.astype(float)
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    missing = column.isna() | column.astype("string").str.strip().str.lower().isin(
        ["", "nan", "none", "null", "na"]
    )
    bad = numbers.isna() & ~missing
    if bad.any() and name == "train_time":
        durations = pd.to_timedelta(column.astype("string"), errors="coerce").dt.total_seconds()
        numbers = numbers.fillna(durations)
        bad = numbers.isna() & ~missing
    if bad.any():
        where = int(np.flatnonzero(bad.to_numpy())[0])
        theirs = found.columns.get(name, name)
        raise UserError(
            f"line {rows['line'].iloc[where]}, column {theirs!r}: {column.iloc[where]!r} "
            "is not a number"
        )
    return numbers


def _refuse_dates(rows: pd.DataFrame, found: Recognised) -> None:
    dates = (rows["train_time"] > LONGEST_SECONDS).to_numpy()
    if dates.any():
        row = rows.iloc[int(np.flatnonzero(dates)[0])]
        raise UserError(
            f"line {row['line']}, column {found.columns['train_time']!r}: {row['train_time']:.0f} "
            "is a date, not how many seconds the training took"
        )


def _fractions(
    rows: pd.DataFrame, name: str, found: Recognised, notes: list[str], claimed: bool
) -> pd.Series[Any]:
    """Accuracies and errors as fractions; percentages are divided by 100.

    UserError for a column of a claim that holds both.
    """
    column, theirs = rows[name], found.columns.get(name, name)
    finite = column[np.isfinite(column)]
    if not len(finite):
        return column
    if finite.min() < 0 or finite.max() > 100:
        bad = finite.min() if finite.min() < 0 else finite.max()
        raise UserError(f"{name} of {bad:g} is no fraction from 0 to 1 and no percentage")
    named = PERCENT.search(str(theirs)) is not None
    if finite.max() <= 1 + ROUNDING and not named:
        return column.where(~np.isfinite(column), column.clip(upper=1.0))
    fractions = finite[(finite > 0) & (finite <= 1)]
    if claimed and len(fractions) and not named:
        lines = [rows["line"].loc[where] for where in (fractions.index[0], finite.idxmax())]
        raise UserError(
            f"column {str(theirs)!r} holds fractions and percentages: {fractions.iloc[0]:g} (line "
            f"{lines[0]}), {finite.max():g} (line {lines[1]}). Write one kind; if all are "
            f"percentages, name it {theirs}_percent and map it by `columns:`"
        )
    notes.append(f"{name.capitalize()} is in percent in the table: divided by 100.")
    return column / 100


def _marked_failed(rows: pd.DataFrame, metrics: Iterable[str], notes: list[str]) -> pd.DataFrame:
    """Runs whose metric is not a finite number failed; the count is said."""
    for name in metrics:
        if name not in rows:
            continue
        values = rows[name].to_numpy(dtype=float)
        infinite = np.isinf(values)
        if infinite.any():
            notes.append(_as_failed(int(infinite.sum()), "infinite value", f" of {name}"))
        empty = np.isnan(values) & ~rows["failed"].to_numpy(dtype=bool)
        if empty.any() and not _is_sparse(rows, empty):
            notes.append(_as_failed(int(empty.sum()), "row", f" without {name}"))
        rows.loc[infinite, name] = np.nan
    return rows


def _as_failed(n: int, what: str, which: str) -> str:
    if n == 1:
        return f"1 {what}{which} counts as a failed run."
    return f"{n:,} {what}s{which} count as failed runs."


def _is_sparse(rows: pd.DataFrame, empty: Any) -> bool:
    """Evaluation logs leave cells empty between evaluations: most rows, not a few failed runs."""
    return bool(empty.mean() > 0.5) and any(name in rows for name in PROGRESS)
