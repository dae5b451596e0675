"""Which rows of a table are one run, and which are said twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign.recognise import ALIASES, DESCRIPTIONS

PROGRESS = ("steps", "epochs", "samples")
# A column of more levels than this, and than a quarter of the rows, is a result, not a level.
FEW_LEVELS = 2


def rows_text(n: int) -> str:
    """``1 row``, ``1,200 rows``."""
    return f"{n:,} row" if n == 1 else f"{n:,} rows"


def repeated_text(n: int) -> str:
    """That so many rows repeat others."""
    which = "repeats another and is" if n == 1 else "repeat others and are"
    return f"{rows_text(n)} {which} left out."


def codes_of(rows: pd.DataFrame, columns: Iterable[str]) -> Any:
    """One code [rows] per combination of the columns' values."""
    code = np.zeros(len(rows), dtype=np.int64)
    for column in columns:
        codes, levels = pd.factorize(rows[column], use_na_sentinel=False)
        code = pd.factorize(code * (len(levels) + 1) + codes)[0].astype(np.int64)
    return code


def telling_apart(
    rows: pd.DataFrame, hyperparameters: Iterable[str], metrics: Iterable[str], notes: list[str]
) -> tuple[str, ...]:
    """Further columns of few levels, when rows that seem to be one run disagree without them."""
    if "seed" not in rows or "run" in rows:
        return ()
    known = tuple(hyperparameters)
    identity = _identity(rows, known)
    measured = [name for name in metrics if name in rows]
    twice, repeated = _repeats(rows, identity, measured)
    if not (twice & ~repeated).any():
        return ()
    few = max(FEW_LEVELS, len(rows) // 4)
    ours = {*known, *measured, *ALIASES, *DESCRIPTIONS, "error"}
    levels = [str(c) for c in rows if c not in ours and 1 < rows[c].nunique() <= few]
    twice, repeated = _repeats(rows, [*identity, *levels], measured)
    if not levels or (twice & ~repeated).any():
        return ()
    notes.append(f"Taken as hyperparameters, since they tell runs apart: {', '.join(levels)}.")
    return tuple(levels)


def _identity(rows: pd.DataFrame, hyperparameters: Iterable[str]) -> list[str]:
    names = ("run", "seed", *PROGRESS, "split")
    return [*(c for c in names if c in rows), *hyperparameters]


def _repeats(
    rows: pd.DataFrame, identity: list[str], measured: list[str]
) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Rows [n] whose identity was there before, and those whose results were there too."""
    return rows.duplicated(identity), rows.duplicated([*identity, *measured])


def run_columns(rows: pd.DataFrame, others: Iterable[str]) -> list[str]:
    """What names a run: its id, and what differs under one id, which then only counts repeats."""
    per_id = rows.groupby("run")
    return ["run", *(c for c in others if c != "run" and (per_id[c].nunique() > 1).any())]


def with_runs(rows: pd.DataFrame, hyperparameters: Iterable[str]) -> pd.DataFrame:
    """`run` as a code: their own id, else all hyperparameters and the seed together."""
    if "run" in rows and rows["run"].notna().all():
        rows["run"] = codes_of(rows, run_columns(rows, ["seed", *hyperparameters]))
        return rows
    rows["run"] = codes_of(rows, ["seed", *hyperparameters])
    return rows


def without_duplicates(
    rows: pd.DataFrame, metrics: Iterable[str], hyperparameters: Iterable[str], notes: list[str]
) -> pd.DataFrame:
    """Drop repeated rows; UserError when two rows of one evaluation disagree."""
    identity = _identity(rows, hyperparameters)
    measured = [name for name in metrics if name in rows]
    twice, repeated = _repeats(rows, identity, measured)
    if not twice.any():
        return rows
    conflicts = twice & ~repeated
    if conflicts.any():
        raise UserError(_conflict(rows, identity, measured, int(np.flatnonzero(conflicts)[0])))
    notes.append(repeated_text(int(repeated.sum())))
    return rows[~repeated].reset_index(drop=True)


def _conflict(rows: pd.DataFrame, identity: list[str], metrics: list[str], where: int) -> str:
    second = rows.iloc[where]
    same = rows[identity].apply(lambda row: _same(row, second[identity]), axis=1)
    first = rows[same].iloc[0]
    name = next(m for m in metrics if not _equal(first[m], second[m]))
    shown = ", ".join(f"{c} {second[c]}" for c in identity if c != "run")
    return (
        f"lines {first['line']} and {second['line']} are the same run ({shown}) but hold {name} "
        f"{first[name]:g} and {second[name]:g}; drop one, or name the column that tells them apart "
        "under `columns: {run: ...}`"
    )


def _same(row: pd.Series[Any], other: pd.Series[Any]) -> bool:
    return all(_equal(a, b) for a, b in zip(row, other, strict=True))


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b or (pd.isna(a) and pd.isna(b)))
