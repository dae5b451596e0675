"""Logs of training, one row per evaluation: what in them looks like something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from hyperverdict.foreign.identity import PROGRESS, codes_of

# Evaluations of a run from which its spacing shows that it is a log.
LOGGED = 4
# A run stopped early when it reached less than this share of what was planned.
REACHED = 0.95


def settle_schedules(
    rows: pd.DataFrame, known: Iterable[str], factors: Iterable[str], notes: list[str]
) -> None:
    """Hyperparameters that change along a run, as a logged learning rate does, keep one value.

    It is the run's first; the claim's own factors are left as they are.
    """
    known, progress = tuple(known), [name for name in PROGRESS if name in rows]
    schedules = [c for c in known if c not in (*factors, "run") and _is_schedule(rows, known, c)]
    for column in schedules:
        others = [c for c in known if c not in schedules]
        run = codes_of(rows, [*_run_columns(rows), *others])
        first = rows.assign(_run=run).sort_values(progress, kind="stable").groupby("_run")[column]
        rows[column] = first.transform("first")
        notes.append(f"{column} changes along the training: known by its first value.")


def _run_columns(rows: pd.DataFrame) -> list[str]:
    return [c for c in ("run", "seed", "split") if c in rows]


def _is_schedule(rows: pd.DataFrame, known: tuple[str, ...], column: str) -> bool:
    """Whether each run logs the column at regular points, one value at each, and these change."""
    axis = next((name for name in PROGRESS if name in rows), None)
    if axis is None or not {"run", "seed"} & {*rows} or rows[column].nunique() < 2:
        return False
    run = [*_run_columns(rows), *(c for c in known if c != column)]
    if _combinations(rows, [*run, axis, column]) > _combinations(rows, [*run, axis]):
        return False
    if _combinations(rows, [*run, column]) == _combinations(rows, run):
        return False
    of_run = rows.groupby(codes_of(rows, run))
    changing = rows[of_run[column].transform("nunique") > 1]
    return all(_regular(at) for _, at in changing.groupby(codes_of(changing, run))[axis])


def _combinations(rows: pd.DataFrame, columns: list[str]) -> int:
    return int(codes_of(rows, columns).max()) + 1


def _regular(at: pd.Series[float]) -> bool:
    steps = np.diff(np.unique(at.to_numpy(dtype=float)))
    return len(steps) >= LOGGED - 1 and bool(np.allclose(steps, steps[0], rtol=0.01))


def diverged_late(
    rows: pd.DataFrame, metrics: Iterable[str], hyperparameters: Iterable[str]
) -> pd.Series[bool]:
    """Rows [n] of runs without a score at the last point at which some seed like them has one."""
    progress = [name for name in (*PROGRESS, "split") if name in rows]
    point = codes_of(rows, [*hyperparameters, *progress])
    failed = pd.Series(False, index=rows.index)
    for name in metrics:
        if name not in rows:
            continue
        evaluated = rows[rows.groupby(point)[name].transform("count") > 0]
        last = evaluated.drop_duplicates("run", keep="last")
        failed |= rows["run"].isin(last["run"][last[name].isna()])
    return failed


def progress_reached(
    rows: pd.DataFrame, table: pd.DataFrame, columns: Mapping[str, str], recorded: Mapping[str, str]
) -> None:
    """Where a run stopped before what its settings planned, what it reached takes their place.

    Args:
        columns: our name -> the column that `rows` took it from.
        recorded: our name -> a further column of `table`, which says how far the run got.
    """
    for name, column in recorded.items():
        planned = pd.to_numeric(table[columns[name]], errors="coerce").to_numpy(dtype=float)
        reached = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
        # Counted from 0, the last of 20 epochs is number 19.
        short = np.isnan(planned) | (reached + 1 < REACHED * planned)
        rows[name] = np.where(short, reached, planned)
