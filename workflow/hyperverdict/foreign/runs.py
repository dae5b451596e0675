"""Runs from elsewhere: a table of runs or evaluations becomes rows with our names.

Everything that is done to the table is said in `notes`; what cannot be read is refused with the row
and the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hyperverdict.effects.rounding import is_fine, step_of
from hyperverdict.errors import UserError, nearest
from hyperverdict.foreign.cells import as_numbers
from hyperverdict.foreign.identity import (
    PROGRESS,
    codes_of,
    repeated_text,
    rows_text,
    run_columns,
    telling_apart,
    with_runs,
    without_duplicates,
)
from hyperverdict.foreign.logs import progress_reached, settle_schedules
from hyperverdict.foreign.recognise import Recognised, recognise
from hyperverdict.runs.parquet import read_parquet
from hyperverdict.study.model import Metric
from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS, SHORTHANDS

FINISHED = frozenset({"finished", "complete", "completed", "done", "success", "succeeded", "ok"})
FAILED = frozenset({"failed", "fail", "diverged", "error", "out_of_memory", "oom", "nan"})
# Ended from outside, perhaps for their results: who leaves them out looks at survivors.
STOPPED = frozenset({"crashed", "killed", "pruned", "canceled", "cancelled", "stopped"})
UNFINISHED = STOPPED | {
    "running", "preempted", "preempting", "pending", "queued", "waiting", "scheduled",
}  # fmt: skip
SPLITS = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation",
    "validation": "validation", "dev": "validation", "test": "test", "eval": "test",
}  # fmt: skip
# What pandas takes for an empty cell, but for None: a schedule may be none.
MISSING = ["", "nan", "NaN", "-nan", "-NaN", "NA", "N/A", "n/a", "#N/A", "<NA>", "null", "NULL"]


@dataclass(frozen=True)
class ForeignRuns:
    """A table from elsewhere under our names.

    Attributes:
        rows: one row per evaluation: `run` (a code), `seed`, `line` (in the file), `failed`,
            progress, metrics and every other column under its clean name.
        notes: what was assumed or left out, in sentences.
        hyperparameters: columns that are known to be hyperparameters.
        others: further columns, of unknown meaning.
        seeded: whether seeds were recorded; else rows are numbered, and nothing pairs them.
        stopped: rows of runs that were stopped, which are not in `rows`.
    """

    rows: pd.DataFrame
    recognised: Recognised
    notes: tuple[str, ...]
    hyperparameters: tuple[str, ...]
    others: tuple[str, ...]
    seeded: bool
    stopped: pd.DataFrame

    @property
    def columns(self) -> Mapping[str, str]:
        """Our name -> their column."""
        return self.recognised.columns


def read_runs(file: Path) -> pd.DataFrame:
    """A CSV, TSV or Parquet file as it is; UserError names a file that cannot be read."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    try:
        if suffixes and suffixes[-1] in (".parquet", ".pq"):
            table = pq.read_table(file) if file.is_dir() else read_parquet(file)
            runs: pd.DataFrame = table.to_pandas(use_threads=False)
            return runs
        separator = "\t" if ".tsv" in suffixes else _separator(file)
        return pd.read_csv(
            file,
            sep=separator,
            encoding="utf-8-sig",
            low_memory=False,
            keep_default_na=False,
            na_values=MISSING,
        )
    except FileNotFoundError:
        raise UserError(f"{file} does not exist") from None
    except (OSError, ValueError, pa.ArrowException, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{file} is no table that can be read ({reason}); CSV or Parquet") from None


def _separator(file: Path) -> str:
    """The separator of a CSV file, as its header shows it."""
    if file.suffix.lower() in (".gz", ".bz2", ".xz", ".zip"):
        return ","
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        header = lines.readline()
    return max((",", ";", "\t"), key=header.count)


def foreign_runs(
    table: pd.DataFrame, mapped: Mapping[str, str], metrics: Iterable[str], factors: Iterable[str]
) -> ForeignRuns:
    """Read a table under our names.

    Args:
        table: one row per run or per evaluation.
        mapped: the study's `columns:`, our name -> theirs.
        metrics: metrics that the study claims something about.
        factors: hyperparameters that it varies.

    Raises UserError for a missing column, a value of the wrong type and contradicting duplicates.
    """
    metrics, factors = tuple(dict.fromkeys(metrics)), tuple(dict.fromkeys(factors))
    if not len(table):
        raise UserError("the table has no rows")
    if table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()][0]
        raise UserError(f"the table has two columns {twice!r}; rename one")
    found = _with_objective(recognise(table.columns, mapped, (*metrics, *factors)), metrics)
    _require(found, table, metrics, factors)
    notes: list[str] = []
    rows = _renamed(table, found)
    progress_reached(rows, table, found.columns, found.reached)
    rows["line"] = np.arange(2, len(rows) + 2)
    rows, stopped = _only_ended(rows, notes)
    rows = as_numbers(rows, metrics, found, notes)
    rows = _on_splits(rows, notes)
    known = _hyperparameters(rows, found, factors)
    settle_schedules(rows, known, factors, notes)
    known = (*known, *telling_apart(rows, known, metrics, notes))
    rows, seeded = _with_seeds(rows, known, metrics, notes)
    rows = without_duplicates(with_runs(rows, known), metrics, known, notes)
    ours = {*found.columns, *known, "line", "run", "failed"}
    others = tuple(str(c) for c in rows if c not in ours)
    return ForeignRuns(rows, found, tuple(notes), known, others, seeded, stopped)


def _with_objective(found: Recognised, metrics: Iterable[str]) -> Recognised:
    """Optuna's `value` is the one metric that no column is named after."""
    unfound = [name for name in metrics if name not in found.columns]
    if found.export != "Optuna" or len(unfound) != 1 or "value" not in found.clean:
        return found
    return replace(found, columns={**found.columns, unfound[0]: "value"})


def _require(
    found: Recognised, table: pd.DataFrame, metrics: Iterable[str], factors: Iterable[str]
) -> None:
    for name in (*metrics, *factors):
        if name == "error" and "accuracy" in found.columns:
            continue
        if name not in found.columns and name != "budget":
            raise UserError(
                f"no column holds {name!r}; {nearest(name, map(str, table.columns))} "
                f"Say which one does under `columns:`, such as columns: {{{name}: THEIR_NAME}}."
            )


def _renamed(table: pd.DataFrame, found: Recognised) -> pd.DataFrame:
    theirs = {column: ours for ours, column in reversed(list(found.columns.items()))}
    names = {c: theirs.get(c, found.clean[str(c)]) for c in table.columns}
    taken: set[str] = set()
    kept = {}
    # A column under its own name goes before one that only cleans to it.
    for column in sorted(table.columns, key=lambda c: c not in theirs):
        if names[column] not in taken:
            taken.add(names[column])
            kept[column] = names[column]
    rows = table[[c for c in table.columns if c in kept]].rename(columns=kept)
    # Two of our names may share one column, as accuracy and validation_accuracy can.
    for ours, column in found.columns.items():
        if ours not in rows:
            rows[ours] = table[column]
    return rows.reset_index(drop=True)


def _only_ended(rows: pd.DataFrame, notes: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(rows of runs that ended by themselves, rows of runs that were stopped).

    `failed` marks those that failed.
    """
    said = rows["failed"] if "failed" in rows else pd.Series("", index=rows.index)
    rows["failed"] = said.astype("string").str.lower().isin(["true", "1", "1.0", "yes"]).to_numpy()
    if "status" not in rows:
        return rows, rows.iloc[:0]
    words = rows["status"].astype("string").str.lower().str.split(".").str[-1].fillna("")
    unfinished = words.isin(list(UNFINISHED))
    for word, n in words[unfinished].value_counts().items():
        notes.append(f"{rows_text(n)} with status {word!r} {'is' if n == 1 else 'are'} left out.")
    rows["failed"] |= words.isin(list(FAILED)).to_numpy()
    unknown = sorted(set(words[~words.isin([*FINISHED, *FAILED, *UNFINISHED, ""])]))
    if unknown:
        notes.append(f"Status {unknown[0]!r} is not known and taken as finished.")
    kept = (~unfinished, words.isin(list(STOPPED)))
    ended, stopped = (rows[which].reset_index(drop=True) for which in kept)
    if not len(ended):
        raise UserError("no run in the table has ended: every row's status is unfinished")
    return ended, stopped


def _hyperparameters(
    rows: pd.DataFrame, found: Recognised, factors: Iterable[str]
) -> tuple[str, ...]:
    """Columns known to be hyperparameters: by our names, by the study, or by the export."""
    names = (*HYPERPARAMETERS, *SHORTHANDS, *factors, *sorted(found.hyperparameters))
    known = dict.fromkeys(name for name in names if name in rows)
    return tuple(name for name in known if name not in (*PROGRESS, "seed"))


def _with_seeds(
    rows: pd.DataFrame, hyperparameters: Iterable[str], metrics: Iterable[str], notes: list[str]
) -> tuple[pd.DataFrame, bool]:
    """Seeds as whole numbers; where there are none, every run gets its own, so nothing pairs."""
    if "seed" not in rows:
        notes.append("No column holds seeds: runs are not paired.")
        rows = _without_copies(rows, metrics, notes)
        rows["seed"] = (
            codes_of(rows, run_columns(rows, hyperparameters))
            if "run" in rows
            else _numbered(rows, hyperparameters)
        )
        return rows, False
    numbers = pd.to_numeric(rows["seed"], errors="coerce")
    if rows["seed"].isna().any():
        line = rows["line"][rows["seed"].isna()].iloc[0]
        raise UserError(f"line {line}: the seed is missing")
    whole = numbers.notna() & (numbers == numbers.round())
    rows["seed"] = (
        numbers.astype("int64") if whole.all() else pd.factorize(rows["seed"], sort=True)[0]
    )
    return rows, True


def _without_copies(rows: pd.DataFrame, metrics: Iterable[str], notes: list[str]) -> pd.DataFrame:
    """Leave out scored rows that equal another in all columns, where that is no chance."""
    measured = [name for name in metrics if name in rows]
    # Failed runs have no score to tell them apart.
    scored = rows[measured].notna().any(axis=1)
    copies = scored & rows.duplicated([c for c in rows if c != "line"])
    scores = {name: rows[name].dropna().to_numpy(dtype=float) for name in measured}
    fine = any(
        is_fine(step_of(Metric(name, 1.0), [dict(enumerate(values))]), float(np.abs(values).max()))
        for name, values in scores.items()
        if len(values)
    )
    if not copies.any() or not fine:
        return rows
    notes.append(repeated_text(int(copies.sum())))
    return rows[~copies].reset_index(drop=True)


def _numbered(rows: pd.DataFrame, hyperparameters: Iterable[str]) -> Any:
    """A number per run: the k-th row of one configuration at one point belongs to its k-th run."""
    points = [c for c in (*PROGRESS, "split") if c in rows]
    arm = codes_of(rows, hyperparameters)
    point = codes_of(rows, [*hyperparameters, *points])
    repeat = pd.Series(point).groupby(point).cumcount().to_numpy()
    return pd.factorize(arm * (int(repeat.max()) + 1) + repeat)[0]


def _on_splits(rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Long tables with one row per split: claims are about test rows, else validation rows."""
    if "split" not in rows:
        return rows
    words = rows["split"].astype("string").str.lower().map(SPLITS)
    rows["split"] = words.fillna("other")
    present = set(rows["split"])
    reported = "test" if "test" in present else "validation"
    if reported not in present:
        raise UserError(f"column split names no test or validation rows, only {sorted(present)}")
    if reported == "validation":
        notes.append("No test rows: judged on validation rows.")
    return rows
