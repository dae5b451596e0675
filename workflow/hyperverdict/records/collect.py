"""Runs become two tidy tables: `final`, one row per configuration and seed, and `curves`.

`final` holds every hyperparameter, how the seed ended and what it scored; `curves` one row per
evaluation. Both are written as CSV and Parquet; the correctness bits go to Parquet only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from hyperverdict.errors import UserError
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.layout import COLUMNS, METRICS_FILE, RunRecord, read_record
from hyperverdict.runs.parquet import parquet_bytes, read_parquet
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.vocabulary.training import Training
from hyperverdict.vocabulary.vocabulary import OURS
from hyperverdict.words.safe import csv_frame

BITS_COLUMN = "correct"
ENVIRONMENT_COLUMNS = ("device", "hardware", "threads", "commit", "host")
# The heads of the ledgers that stood beside a run when it was trained, as JSON: study -> head.
LEDGERS_COLUMN = "ledgers"
# Every evaluation's scores: `loss`, `accuracy` and the recorded metrics of their own column.
_SCORES = tuple(dict.fromkeys(m.curve for m in RECORDED.values() if not m.is_time))
CURVE_COLUMNS = tuple(
    name for name in dict.fromkeys(("path", *COLUMNS, *_SCORES)) if name != BITS_COLUMN
)
# What the best evaluation of a run is best in, as its checkpoint would be chosen.
_BEST_IN = RECORDED["accuracy"].curve


@dataclass(frozen=True)
class Tables:
    """The runs of a study.

    Attributes:
        final: one row per configuration path and seed; nan scores where `failed`; missing runs
            have no row.
        curves: one row per configuration path, seed, step and split.
    """

    final: pd.DataFrame
    curves: pd.DataFrame


def refuse_damaged(configurations: Iterable[Configuration], runs: Path) -> None:
    """UserError naming runs whose files are there and cannot be used: they are not left out."""
    folders = [runs / path for path in dict.fromkeys(c.path for c in configurations)]
    damaged = [f for f in folders if (f / METRICS_FILE).exists() and read_record(f) is None]
    if damaged:
        more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
        raise UserError(
            f"{damaged[0]}{more}: the run's files are damaged; start the study again, and it is "
            "trained again"
        )


def collect(configurations: Iterable[Configuration], runs: Path) -> Tables:
    """Read the runs of `configurations` below the folder `runs`; what is not there is left out."""
    distinct = {configuration.path: configuration for configuration in configurations}
    found = {
        path: (configuration, record)
        for path, configuration in distinct.items()
        if (record := read_record(runs / path)) is not None
    }
    rows = [row for path in found for row in _seed_rows(path, *found[path])]
    factors = _factors(distinct.values())
    if not rows:
        empty = pd.DataFrame(columns=_final_columns(factors))
        return Tables(empty, pd.DataFrame(columns=CURVE_COLUMNS))
    training = next(c.vocabulary.training for c, _ in found.values())
    metrics = _read_metrics({path: runs / path for path in found})
    if training is not None:
        metrics = _named(metrics, training)
    final = _with_scores(_without_score(pd.DataFrame(rows), metrics, training), metrics, factors)
    return Tables(final, metrics.drop(columns=BITS_COLUMN))


def _factors(configurations: Iterable[Configuration]) -> tuple[str, ...]:
    """The columns of hyperparameters; those of our own loop where there is no configuration."""
    return next((c.vocabulary.factors for c in configurations), OURS.factors)


def hyperparameter_cells(configuration: Configuration) -> dict[str, Any]:
    """Every hyperparameter as one plain cell: numbers stay numbers, lists take their path spelling.

    `width` is missing for layers of several widths; `budget` is spelled as in the path.
    """
    spell = configuration.vocabulary.spell
    cells = {
        name: spell(name, level) if isinstance(level, tuple) else level
        for name, level in configuration.levels
    }
    if configuration.vocabulary.handles:
        widths = configuration["hidden_units"]
        cells["width"] = widths[0] if len(set(widths)) == 1 else None
        cells["depth"] = len(widths)
    cells["budget"] = configuration.budget.slug
    return cells


def _final_columns(factors: Iterable[str]) -> list[str]:
    run = ("seed", "status", "failed", "message", "steps", "last_step", "samples", "epochs")
    size = ("parameters", "flops_per_sample", "train_size", "test_size", "train_seconds")
    identity = (
        "data_checksum",
        "code_checksum",
        "training_version",
        *ENVIRONMENT_COLUMNS,
        LEDGERS_COLUMN,
    )
    return ["path", *run, *factors, *size, *identity, *_score_columns(), BITS_COLUMN]


def _score_columns() -> list[str]:
    """The final table's columns of the recorded metrics; the training time is among the sizes."""
    scored = [metric for metric in RECORDED.values() if not metric.is_time]
    columns = [metric.final for metric in scored]
    columns += [metric.validation for metric in scored]
    columns += [metric.best for metric in scored]
    return list(dict.fromkeys([*columns, "best_validation_step"]))


def _seed_rows(path: str, configuration: Configuration, record: RunRecord) -> list[dict[str, Any]]:
    shared = {
        "path": path,
        "steps": record.steps or None,
        **hyperparameter_cells(configuration),
        # 0 where nobody knows, as of a training of the user's own.
        "parameters": record.parameters or None,
        "flops_per_sample": record.flops_per_sample or None,
        "train_size": record.train_size or None,
        "test_size": record.test_size or None,
        "data_checksum": record.data_checksum,
        "code_checksum": record.code_checksum or None,
        "training_version": record.training_version,
    }
    return [
        {
            **shared,
            "seed": int(seed),
            "status": end.status,
            "failed": end.status != "finished",
            "message": end.message,
            "last_step": end.last_step,
            "train_seconds": end.train_seconds,
            **_environment(record, end.session),
        }
        for seed, end in record.seeds.items()
    ]


def _environment(record: RunRecord, session: int) -> dict[str, Any]:
    """Where a seed was trained, as text, so that a difference within a contrast shows."""
    if not 0 <= session < len(record.sessions):
        return dict.fromkeys((*ENVIRONMENT_COLUMNS, LEDGERS_COLUMN))
    entry = record.sessions[session]
    hardware = entry.get("hardware")
    if isinstance(hardware, dict):
        shown = {key: value for key, value in hardware.items() if key != "hostname" and value}
        hardware = ", ".join(f"{key} {value}" for key, value in sorted(shown.items()))
    host = entry.get("hostname") or (entry.get("hardware") or {}).get("hostname")
    return {
        "device": entry.get("device"),
        "hardware": hardware,
        "threads": entry.get("threads"),
        "commit": entry.get("commit"),
        "host": host,
        LEDGERS_COLUMN: json.dumps(entry["ledgers"]) if entry.get("ledgers") else None,
    }


def _read_metrics(folders: dict[str, Path]) -> pd.DataFrame:
    tables = []
    for path, folder in folders.items():
        table = read_parquet(folder / METRICS_FILE)
        tables.append(table.append_column("path", pa.array([path] * len(table), pa.string())))
    joined: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas(
        use_threads=False
    )
    known = (*CURVE_COLUMNS, BITS_COLUMN)
    further = [name for name in joined.columns if name not in known]
    # A metric that no run has recorded yet is a column without values.
    return joined.reindex(columns=[*CURVE_COLUMNS, *further, BITS_COLUMN])


def _named(metrics: pd.DataFrame, training: Training) -> pd.DataFrame:
    """The columns that a training of the user's own reported, under the names of metrics.

    Rows of the split "validation" hold the scores on which choices are made.
    """
    reported = {
        metric: metrics[name] if name in metrics else float("nan")
        for metric, name in training.scores.items()
    }
    chosen = metrics[metrics["split"] == "test"].assign(
        split="validation",
        **{m: metrics[n] if n in metrics else float("nan") for m, n in training.validation.items()},
    )
    return pd.concat([metrics.assign(**reported), chosen], ignore_index=True)


def _without_score(
    seeds: pd.DataFrame, metrics: pd.DataFrame, training: Training | None
) -> pd.DataFrame:
    """Finished seeds without a claimed score that other seeds have count as failed.

    A metric that is declared after the runs may be no number in some of them, which their jobs had
    no reason to note; without this they would silently drop out of the comparison.
    """
    if training is None:
        return seeds
    found = seeds.copy()
    ends = metrics[metrics["split"] == "test"].drop_duplicates(["path", "seed"], keep="last")
    known = found[["path", "seed"]].merge(ends, on=["path", "seed"], how="left")
    for metric, name in training.scores.items():
        lost = known[metric].isna().to_numpy() & ~found["failed"].to_numpy()
        if known[metric].notna().any() and lost.any():
            found.loc[lost, "status"] = "diverged"
            found.loc[lost, "message"] = f"it reports no finite {name} at the end"
            found["failed"] = found["failed"] | lost
    return found


def _with_scores(
    final: pd.DataFrame, metrics: pd.DataFrame, factors: Iterable[str]
) -> pd.DataFrame:
    key = ["path", "seed"]
    scores = [c for c in metrics.columns if c not in ("path", *COLUMNS) or c in _SCORES]
    for split in ("test", "validation"):
        rows = metrics[metrics["split"] == split].drop_duplicates(key, keep="last")
        names = {c: f"{split}_{c}" for c in scores}
        more = ["samples", "epoch", BITS_COLUMN] if split == "test" else []
        rows = rows[[*key, *more, *names]].rename(columns={**names, "epoch": "epochs"})
        final = final.merge(rows, on=key, how="left")
    final = final.merge(_best_on_validation(metrics, scores), on=key, how="left")
    for metric in RECORDED.values():
        if metric.complement_of and metric.final not in final:
            final[metric.final] = 1.0 - final[RECORDED[metric.complement_of].final]
    final = _with_progress_of_failed(final, metrics)
    # A failed seed has no score, even where a table holds one from before it failed.
    scored = [c for c in final.columns if c.startswith(("test_", "validation_"))]
    scored.remove("test_size")
    final.loc[final["failed"], scored] = float("nan")
    bits = final[BITS_COLUMN].astype(object)
    final[BITS_COLUMN] = bits.where(bits.notna() & ~final["failed"], None)
    columns = _final_columns(factors)
    columns[-1:-1] = [c for c in final.columns if c not in columns]
    return final[columns].sort_values(key, ignore_index=True)


def _best_on_validation(metrics: pd.DataFrame, scores: list[str]) -> pd.DataFrame:
    """The best evaluation on the validation subset, by accuracy, the first of ties."""
    key = ["path", "seed"]
    curve = metrics[(metrics["split"] == "validation_curve") & metrics[_BEST_IN].notna()]
    best = curve.sort_values([*key, _BEST_IN, "step"], ascending=[True, True, False, True])
    best = best.drop_duplicates(key)[[*key, *scores, "step"]]
    return best.rename(columns={c: f"best_validation_{c}" for c in (*scores, "step")})


def _with_progress_of_failed(final: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Samples and epochs of seeds without a test row: those of their last evaluation."""
    key = ["path", "seed"]
    last = metrics.sort_values([*key, "step"]).drop_duplicates(key, keep="last")
    progress = final[key].merge(last[[*key, "samples", "epoch"]], on=key, how="left")
    final["samples"] = final["samples"].fillna(progress["samples"])
    final["epochs"] = final["epochs"].fillna(progress["epoch"])
    return final


def joined(parts: Iterable[Tables]) -> Tables:
    """Tables of runs from several folders as one; parts without runs add nothing."""
    known = list(parts)
    return Tables(
        _concatenated([tables.final for tables in known]),
        _concatenated([tables.curves for tables in known]),
    )


def _concatenated(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def write_tables(tables: Tables, folder: Path) -> None:
    """Write final.csv, final.parquet, curves.csv and curves.parquet, each whole or not at all."""
    for name, table in (("final", tables.final), ("curves", tables.curves)):
        frame = _one_kind_a_column(table)
        readable = frame.drop(columns=BITS_COLUMN, errors="ignore")
        write_atomic(folder / f"{name}.csv", csv_frame(readable).to_csv(index=False).encode())
        stored = pa.Table.from_pandas(frame, preserve_index=False)
        content = parquet_bytes(stored, stored.schema.metadata)
        write_atomic(folder / f"{name}.parquet", content)


def _one_kind_a_column(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with columns of several kinds of cells, such as text and numbers, as text."""
    objects = [c for c in frame.columns if frame[c].dtype == object and c != BITS_COLUMN]
    mixed = [c for c in objects if not _of_one_kind(frame[c].dropna())]
    texts = {c: frame[c].map(str, na_action="ignore") for c in mixed}
    return frame.assign(**texts) if texts else frame


def _of_one_kind(cells: pd.Series[Any]) -> bool:
    kinds: set[type] = set(map(type, cells))
    return len(kinds) < 2 or (bool not in kinds and all(issubclass(k, Real) for k in kinds))


def read_tables(folder: Path) -> Tables:
    """The tables that `write_tables` left in `folder`; UserError names one that is broken."""
    return Tables(*(_read_table(folder / f"{name}.parquet") for name in ("final", "curves")))


def _read_table(file: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = read_parquet(file).to_pandas(use_threads=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UserError(
            f"{file} cannot be read ({error}); start the study again, and its runs are collected "
            "again"
        ) from None
    return frame


def failed_seeds(final: pd.DataFrame) -> dict[str, frozenset[int]]:
    """Path of a configuration -> its seeds that ended without a score."""
    lost = final[final["failed"].astype(bool)]
    found: dict[str, set[int]] = {}
    for path, seed in zip(lost["path"], lost["seed"], strict=True):
        found.setdefault(str(path), set()).add(int(seed))
    return {path: frozenset(seeds) for path, seeds in found.items()}


def read_final(folder: Path) -> pd.DataFrame:
    """The final table that `write_tables` left, without the answers to each test image."""
    return _read_table(folder / "final.parquet").drop(columns="correct", errors="ignore")
