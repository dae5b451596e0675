"""Runs become two tidy tables: `final`, one row per configuration and seed, and `curves`.

`final` holds every hyperparameter, how the seed ended and what it scored; `curves` one row per
evaluation. Both are written as CSV and Parquet; the correctness bits go to Parquet only.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from hyperverdict.errors import UserError
from hyperverdict.runs.layout import COLUMNS, METRICS_FILE, RunRecord, read_record
from hyperverdict.runs.parquet import read_parquet
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS, spell

# Columns of `curves`; `correct` and the seeds' ends are in `final`.
CURVE_COLUMNS = (
    "path", "seed", "step", "samples", "epoch", "split", "loss", "accuracy", "train_seconds",
)  # fmt: skip
BITS_COLUMN = "correct"
ENVIRONMENT_COLUMNS = ("device", "hardware", "threads", "commit", "host")
_FINAL_SCORES = (
    "test_accuracy", "test_error", "test_loss", "validation_accuracy", "validation_loss",
    "best_validation_accuracy", "best_validation_loss", "best_validation_step",
)  # fmt: skip


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


def collect(configurations: Iterable[Configuration], runs: Path) -> Tables:
    """Read the runs of `configurations` below the folder `runs`; what is not there is left out."""
    distinct = {configuration.path: configuration for configuration in configurations}
    found = {
        path: (configuration, record)
        for path, configuration in distinct.items()
        if (record := read_record(runs / path)) is not None
    }
    rows = [row for path in found for row in _seed_rows(path, *found[path])]
    if not rows:
        return Tables(pd.DataFrame(columns=_final_columns()), pd.DataFrame(columns=CURVE_COLUMNS))
    metrics = _read_metrics({path: runs / path for path in found})
    final = _with_scores(pd.DataFrame(rows), metrics)
    return Tables(final, metrics.drop(columns=BITS_COLUMN, errors="ignore"))


def hyperparameter_cells(configuration: Configuration) -> dict[str, Any]:
    """Every hyperparameter as one plain cell: numbers stay numbers, lists take their path spelling.

    `width` is missing for layers of several widths; `budget` is spelled as in the path.
    """
    cells: dict[str, Any] = {}
    for name in HYPERPARAMETERS:
        value = getattr(configuration, name)
        cells[name] = spell(name, value) if isinstance(value, tuple) else value
    widths = configuration.hidden_units
    cells["width"] = widths[0] if len(set(widths)) == 1 else None
    cells["depth"] = len(widths)
    cells["budget"] = configuration.budget.slug
    return cells


def _final_columns() -> list[str]:
    run = ("seed", "status", "failed", "message", "steps", "last_step", "samples", "epochs")
    size = ("parameters", "flops_per_sample", "train_size", "test_size", "train_seconds")
    identity = ("data_checksum", "training_version", *ENVIRONMENT_COLUMNS)
    names = (*HYPERPARAMETERS, "width", "depth", "budget")
    return ["path", *run, *names, *size, *identity, *_FINAL_SCORES, BITS_COLUMN]


def _seed_rows(path: str, configuration: Configuration, record: RunRecord) -> list[dict[str, Any]]:
    shared = {
        "path": path,
        "steps": record.steps,
        **hyperparameter_cells(configuration),
        "parameters": record.parameters,
        "flops_per_sample": record.flops_per_sample,
        "train_size": record.train_size,
        "test_size": record.test_size,
        "data_checksum": record.data_checksum,
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
        return dict.fromkeys(ENVIRONMENT_COLUMNS)
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
    }


def _read_metrics(folders: dict[str, Path]) -> pd.DataFrame:
    tables = []
    for path, folder in folders.items():
        table = read_parquet(folder / METRICS_FILE)
        tables.append(table.append_column("path", pa.array([path] * len(table), pa.string())))
    joined: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas(
        use_threads=False
    )
    extra = [name for name in joined.columns if name not in (*CURVE_COLUMNS, BITS_COLUMN)]
    return joined[[*CURVE_COLUMNS, *extra, BITS_COLUMN]]


def _with_scores(final: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    key = ["path", "seed"]
    own = [c for c in metrics.columns if c not in COLUMNS and c != "path"]
    for split in ("test", "validation"):
        rows = metrics[metrics["split"] == split].drop_duplicates(key, keep="last")
        names = {c: f"{split}_{c}" for c in ("loss", "accuracy", *own)}
        more = ["samples", "epoch", BITS_COLUMN] if split == "test" else []
        rows = rows[[*key, *more, *names]].rename(columns={**names, "epoch": "epochs"})
        final = final.merge(rows, on=key, how="left")
    final = final.merge(_best_on_validation(metrics), on=key, how="left")
    final["test_error"] = 1.0 - final["test_accuracy"]
    final = _with_progress_of_failed(final, metrics)
    # A failed seed has no score, even where a table holds one from before it failed.
    scores = [c for c in final.columns if c.startswith(("test_", "validation_"))]
    scores.remove("test_size")
    final.loc[final["failed"], scores] = float("nan")
    bits = final[BITS_COLUMN].astype(object)
    final[BITS_COLUMN] = bits.where(bits.notna() & ~final["failed"], None)
    columns = _final_columns()
    columns[-1:-1] = [c for c in final.columns if c not in columns]
    return final[columns].sort_values(key, ignore_index=True)


def _best_on_validation(metrics: pd.DataFrame) -> pd.DataFrame:
    """The evaluation with the highest accuracy on the validation subset, the first of ties."""
    key = ["path", "seed"]
    curve = metrics[(metrics["split"] == "validation_curve") & metrics["accuracy"].notna()]
    best = curve.sort_values([*key, "accuracy", "step"], ascending=[True, True, False, True])
    best = best.drop_duplicates(key)[[*key, "accuracy", "loss", "step"]]
    return best.rename(columns={c: f"best_validation_{c}" for c in ("accuracy", "loss", "step")})


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
    folder.mkdir(parents=True, exist_ok=True)
    readable = tables.final.drop(columns=BITS_COLUMN, errors="ignore")
    _replace(folder / "final.csv", readable.to_csv(index=False).encode())
    _replace(folder / "curves.csv", tables.curves.to_csv(index=False).encode())
    for name, frame in (("final", tables.final), ("curves", tables.curves)):
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        _replace(folder / f"{name}.parquet", buffer.getvalue())


def read_tables(folder: Path) -> Tables:
    """The tables that `write_tables` left in `folder`; UserError names one that is broken."""
    frames = []
    for name in ("final", "curves"):
        file = folder / f"{name}.parquet"
        try:
            frames.append(read_parquet(file).to_pandas(use_threads=False))
        except (OSError, ValueError, pa.ArrowException) as error:
            raise UserError(f"{file} cannot be read ({error}); collect the runs again") from None
    return Tables(*frames)


def _replace(file: Path, content: bytes) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(file)
