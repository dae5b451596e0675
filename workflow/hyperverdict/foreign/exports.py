"""Exports: a literal table of what tools write, how each is recognised and what its columns are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from hyperverdict.foreign.table import Table

Role = Literal[
    "factor",  # a setting, varied or the same in all runs
    "seed",
    "run id",
    "progress",  # how far a run had trained: epochs, steps, samples, any unit
    "budget",  # how far it was asked to train
    "metric",  # a result, with its split; also the column that says the split of each row
    "state",  # how the run ended
    "cost",  # time, memory, size
    "environment",  # machine and code
    "note",  # names, dates, remarks
    "ignored",  # said by the study, or empty
]


@dataclass(frozen=True)
class Export:
    """What one tool writes.

    Attributes:
        is_one: whether a table is its export, from the names of its columns.
        shows: the same from the table's cells, where names do not suffice.
        settings, results: prefixes of its settings and of its results, stripped in this export.
        others: further prefixes, of unknown meaning; noise: those of columns that are notes.
        roles: what its own columns are, in lower case.
        run: columns that name runs, the best first, in lower case.
        training: plain scores are those of training, since each has a twin on validation.
        from_zero: columns of progress that count from 0, in lower case.
        states: words of its own -> how a run ended.
        test_after: scores on test data alone stand in rows after the last epoch, whose progress
            counts all epochs.
    """

    name: str
    is_one: Callable[[frozenset[str]], bool]
    shows: Callable[[Table], bool] = lambda table: True
    settings: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)
    run: tuple[str, ...] = ()
    training: bool = False
    from_zero: frozenset[str] = frozenset()
    states: Mapping[str, str] = field(default_factory=dict)
    test_after: bool = False


def _has(*names: str) -> Callable[[frozenset[str]], bool]:
    return lambda columns: frozenset(names) <= columns


def _starts(names: Iterable[str], *prefixes: str) -> bool:
    return any(name.startswith(prefixes) for name in names)


def _notes(*names: str) -> dict[str, Role]:
    return dict.fromkeys(names, "note")


def _costs(*names: str) -> dict[str, Role]:
    return dict.fromkeys(names, "cost")


def _machines(*names: str) -> dict[str, Role]:
    return dict.fromkeys(names, "environment")


def _pairs(columns: Iterable[str]) -> list[str]:
    """Scores that stand beside their own twin on validation: accuracy and val_accuracy."""
    names = set(columns)
    return [name for name in names if f"val_{name}" in names]


def _counts_from_zero(table: Table) -> bool:
    """Whether a column `epoch` of whole numbers starts at 0 and misses none."""
    name = next((n for n in table.columns if n.lower() == "epoch"), "")
    if not name or table.columns[name].dtype.kind not in "iuf":
        return False
    found = np.unique(table.columns[name].dropna().to_numpy(dtype=float))
    return bool(len(found) and found[0] == 0 and np.array_equal(found, np.arange(len(found))))


def _rows_apart(table: Table) -> bool:
    """Whether scores of training and of validation never stand in one row, as Lightning logs."""
    train = [n for n in table.columns if n.lower().startswith(("train_", "train/"))]
    val = [n for n in table.columns if n.lower().startswith(("val_", "val/", "valid_"))]
    if not train or not val or not _counts_from_zero(table):
        return False
    filled = [np.any([~table.empty(n) for n in names], axis=0) for names in (train, val)]
    return not bool((filled[0] & filled[1]).any()) and bool(filled[0].any() and filled[1].any())


def _keras_epochs(table: Table) -> bool:
    return bool(_pairs(n.lower() for n in table.columns)) and _counts_from_zero(table)


EXPORTS: tuple[Export, ...] = (
    Export(
        "SEML",
        lambda names: (
            _starts(names, "config.")
            and (_starts(names, "result.") or {"_id", "batch_id"} <= names)
        ),
        settings=("config.",),
        results=("result.",),
        noise=("slurm.", "seml.", "stats.", "git.", "host.", "captured_out"),
        roles={
            "status": "state",
            **_notes("batch_id", "format", "command", "artifacts", "meta", "experiment"),
            **_notes("add_time", "start_time", "stop_time", "heartbeat", "resources", "info"),
        },
        run=("_id",),
    ),
    Export(
        "Ray Tune",
        lambda names: (
            (_starts(names, "config/") and not _starts(names, "summary/"))
            or {"training_iteration", "trial_id"} <= names
            or {"training_iteration", "time_total_s"} <= names
        ),
        settings=("config/", "config."),
        roles={
            "status": "state",
            "training_iteration": "progress",
            "timesteps_total": "progress",
            "episodes_total": "progress",
            "num_env_steps_sampled": "progress",
            **_costs("time_this_iter_s", "time_total_s", "time_since_restore"),
            **_costs("warmup_time", "timesteps_this_iter", "episodes_this_iter"),
            **_machines("hostname", "node_ip", "pid", "loc"),
            **_notes("done", "date", "timestamp", "experiment_tag", "experiment_id", "logdir"),
            **_notes("checkpoint_dir_name", "should_checkpoint", "iterations_since_restore"),
            **_notes("timesteps_since_restore", "trial_name", "episode_media", "custom_metrics"),
        },
        run=("trial_id", "trial name", "run"),
        states={"terminated": "finished"},
    ),
    Export(
        "Optuna",
        lambda names: (
            "number" in names
            and "state" in names
            and (_starts(names, "params_", "values_") or "value" in names)
        ),
        settings=("params_",),
        others=("user_attrs_", "system_attrs_", "values_"),
        roles={
            "state": "state",
            "duration": "cost",
            "value": "metric",
            **_notes("datetime_start", "datetime_complete"),
        },
        run=("number",),
    ),
    Export(
        "DVC",
        lambda names: {"experiment", "rev", "typ"} <= names,
        settings=("params.yaml:", "params.json:", "params.toml:"),
        results=("metrics.json:", "metrics.yaml:", "scores.json:", "results.json:"),
        roles={
            "state": "state",
            **_notes("experiment", "typ", "created", "parent", "executor"),
        },
        run=("rev",),
    ),
    Export(
        "MLflow",
        lambda names: _starts(names, "metrics.") or _starts(names, "params."),
        settings=("params.",),
        results=("metrics.",),
        others=("tags.mlflow.", "tags."),
        roles={
            "status": "state",
            **_notes("experiment_id", "artifact_uri", "start_time", "end_time", "lifecycle_stage"),
        },
        run=("run_id", "run_uuid"),
    ),
    Export(
        "MLflow (UI)",
        lambda names: {"start time", "run id"} <= names and "source name" in names,
        roles={
            "status": "state",
            "duration": "cost",
            **_notes("start time", "name", "source type", "source name", "user", "version"),
            **_notes("experiment id", "experiment name", "models", "dataset"),
        },
        run=("run id",),
    ),
    Export(
        "Neptune",
        lambda names: "sys/id" in names or _starts(names, "parameters/"),
        settings=("parameters/",),
        noise=("sys/", "source_code/", "monitoring/"),
        roles={"sys/failed": "state", "sys/state": "note", "sys/running_time": "cost"},
        run=("sys/id",),
    ),
    Export(
        "W&B",
        lambda names: _starts(names, "config.", "summary.", "config/", "summary/"),
        settings=("config.", "config/"),
        results=("summary.", "summary/"),
        roles={
            "state": "state",
            "_step": "progress",
            **_costs("_runtime", "runtime", "_wandb.runtime", "duration"),
            **_notes("_timestamp", "created", "updated", "end time", "group", "job_type"),
            **_notes("sweep", "tags", "notes", "user", "url", "path", "_wandb", "project"),
        },
        run=("id", "run_id", "name", "run"),
    ),
    Export(
        "W&B",
        lambda names: {"name", "state"} <= names or {"_runtime", "_timestamp"} <= names,
        roles={
            "state": "state",
            "_step": "progress",
            **_costs("_runtime", "runtime", "duration", "relative time (process)"),
            **_notes("_timestamp", "created", "updated", "end time", "group", "job type"),
            **_notes("sweep", "tags", "notes", "user", "relative time (wall)", "commit message"),
            **_machines("hostname", "gpu type", "gpu count", "github", "commit", "cpu count"),
        },
        run=("id", "run_id", "name"),
    ),
    Export(
        "Hugging Face Trainer",
        lambda names: (
            {"epoch", "step"} <= names
            and bool({"eval_loss", "eval_runtime", "train_runtime"} & names)
        ),
        roles={
            "learning_rate": "metric",
            "loss": "metric",
            "grad_norm": "metric",
            **_costs("eval_runtime", "eval_samples_per_second", "eval_steps_per_second"),
            **_costs("train_runtime", "train_samples_per_second", "train_steps_per_second"),
            **_costs("total_flos", "num_input_tokens_seen"),
        },
        training=True,
    ),
    Export(
        "Ultralytics",
        lambda names: _starts(names, "metrics/map") and _starts(names, "train/"),
        results=("metrics/",),
        roles={
            "time": "cost",
            **dict.fromkeys(("lr/pg0", "lr/pg1", "lr/pg2", "x/lr0", "x/lr1", "x/lr2"), "metric"),
        },
    ),
    Export(
        "Lightning CSVLogger",
        _has("epoch", "step"),
        _rows_apart,
        run=("version", "run"),
        from_zero=frozenset({"epoch", "step"}),
        test_after=True,
    ),
    Export(
        "Keras CSVLogger",
        lambda names: {"epoch", "loss", "val_loss"} <= names and "step" not in names,
        _keras_epochs,
        training=True,
        from_zero=frozenset({"epoch"}),
    ),
)
PLAIN = Export("", lambda names: True)


def recognise(table: Table) -> Export:
    """Which tool wrote a table; `PLAIN` when none is recognised."""
    names = frozenset(name.strip().lower() for name in table.columns)
    return next((e for e in EXPORTS if e.is_one(names) and e.shows(table)), PLAIN)


def without_prefix(export: Export, column: str) -> tuple[str, Role | None]:
    """(a column's name without the export's prefix, the role that the prefix gives it)."""
    kinds: tuple[tuple[tuple[str, ...], Role | None], ...] = (
        (export.settings, "factor"),
        (export.results, "metric"),
        (export.noise, "note"),
        (export.others, None),
    )
    for prefixes, role in kinds:
        for prefix in prefixes:
            if column.startswith(prefix) and len(column) > len(prefix):
                return column[len(prefix) :], role
    return column, None
