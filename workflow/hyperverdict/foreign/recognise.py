"""Tables from elsewhere: which export it is, and which of its columns is what.

Exports of W&B, MLflow and Optuna are known by their columns; any other table by usual names. What
the study's `columns:` says goes before everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hyperverdict.errors import UserError, nearest

# Prefixes of exports, and whether what follows is a hyperparameter (True), a result or unknown.
PREFIXES: tuple[tuple[str, bool | None], ...] = (
    ("config.", True),
    ("config/", True),
    ("params.", True),
    ("params_", True),
    ("params/", True),
    ("hparams.", True),
    ("hparams/", True),
    ("metrics.", False),
    ("metrics/", False),
    ("summary.", False),
    ("summary/", False),
    ("user_attrs_", None),
    ("tags.", None),
)

# Our name -> names that others give it, the likeliest first. Test results go before those on
# validation: claims are about the reported split.
ALIASES: dict[str, tuple[str, ...]] = {
    "seed": ("seed", "random_seed", "rng_seed", "manual_seed", "random_state", "torch_seed"),
    "run": ("run_id", "run", "id", "trial_id", "number"),
    "status": ("status", "state"),
    "split": ("split", "phase", "subset"),
    "steps": (
        "steps", "step", "global_step", "train_steps", "max_steps", "updates", "iterations",
        "iteration", "iter", "trainer_global_step",
    ),
    "epochs": ("epochs", "epoch", "num_epochs", "n_epochs", "max_epochs"),
    "samples": ("samples", "samples_seen", "images_seen", "examples_seen"),
    "train_time": (
        "train_time", "train_seconds", "training_time", "train_runtime", "wall_time", "runtime",
        "elapsed", "seconds", "duration",
    ),
    "accuracy": (
        "test_accuracy", "test_acc", "accuracy", "acc", "eval_accuracy", "eval_acc",
        "best_test_accuracy", "best_test_acc", "best_accuracy", "best_acc", "validation_accuracy",
        "val_accuracy", "val_acc", "valid_acc", "best_val_accuracy", "best_val_acc",
    ),
    "error": ("test_error", "test_err", "error", "err", "eval_error", "val_error"),
    "loss": ("test_loss", "loss", "eval_loss", "validation_loss", "val_loss"),
    "validation_accuracy": ("validation_accuracy", "val_accuracy", "val_acc", "valid_acc"),
    "validation_loss": ("validation_loss", "val_loss", "valid_loss"),
    "train_loss": ("train_loss", "training_loss"),
    "learning_rate": ("learning_rate", "lr", "init_lr", "base_lr", "eta"),
    "batch_size": ("batch_size", "batchsize", "bs", "batch", "train_batch_size"),
    "optimizer": ("optimizer", "optimiser", "optim", "opt"),
    "width": ("width", "hidden_size", "hidden_dim", "n_units", "units"),
    "depth": ("depth", "num_layers", "n_layers", "layers", "hidden_layers"),
    "hidden_units": ("hidden_units", "hidden_layer_sizes"),
    "dropout": ("dropout", "dropout_rate", "p_drop", "drop"),
    "weight_decay": ("weight_decay", "wd"),
    "momentum": ("momentum",),
    "activation": ("activation", "nonlinearity"),
    "schedule": ("schedule", "scheduler", "lr_scheduler", "lr_schedule"),
    "data": ("data", "dataset", "data_set"),
    "model": ("model", "architecture", "arch"),
    "parameters": ("parameters", "num_parameters", "n_params", "num_params", "param_count"),
    "test_size": ("test_size", "n_test", "num_test"),
    "train_size": ("train_size", "n_train", "num_train"),
    "hardware": ("hardware", "gpu_type", "gpu", "machine"),
    "device": ("device", "accelerator"),
    "threads": ("threads", "num_threads", "n_threads"),
    "host": ("host", "hostname"),
    "commit": ("commit", "git_commit", "git_sha", "code_version", "mlflow_source_git_commit"),
}  # fmt: skip

# Columns that name or describe runs; they follow the arms without being hyperparameters.
DESCRIPTIONS = frozenset(
    {"name", "group", "tags", "notes", "user", "created", "sweep", "job_type", "experiment"}
    | {"experiment_id", "run_name", "source_name", "source_type", "start_time", "end_time"}
    | {"artifact_uri", "description", "path", "url", "datetime_start", "datetime_complete"}
    | {"mlflow_runname", "mlflow_source_name", "mlflow_user", "mlflow_source_type"}
    | {"status", "failed", "line", "run", "seed", "message", "date", "timestamp", "budget"}
    | {"steps", "epochs", "samples", "flops", "flops_per_sample", "parameters", "train_seconds"}
)

MAXIMUM = re.compile(r"(^|_)(best|max|maximum|peak|min|minimum|lowest)(_|$)")
SPLITS = ("test", "eval", "val", "valid", "validation", "train", "training")
# Scores that may be those of training where a log has the same on other images.
TRAINING_SCORES = ("accuracy", "acc", "loss", "error", "err")


@dataclass(frozen=True)
class Recognised:
    """What a table's columns are.

    Attributes:
        export: "W&B", "MLflow", "Optuna" or "" for any other table.
        columns: our name -> their column.
        clean: their column -> its name without prefix, in lower case, for all columns.
        hyperparameters: clean names of columns that the export itself calls hyperparameters.
        reached: progress whose column is a setting -> the column that says how far the run got.
    """

    export: str
    columns: Mapping[str, str]
    clean: Mapping[str, str]
    hyperparameters: frozenset[str]
    reached: Mapping[str, str] = field(default_factory=dict)


def recognise(
    columns: Iterable[str], mapped: Mapping[str, str], wanted: Iterable[str]
) -> Recognised:
    """Find the columns that hold what we need.

    Args:
        columns: the table's columns.
        mapped: the study's `columns:`, our name -> theirs.
        wanted: names that the study uses beyond the usual ones (metrics, own hyperparameters).

    Raises UserError when `mapped` names a column that the table lacks.
    """
    theirs = [str(column) for column in columns]
    for ours, column in mapped.items():
        if column not in theirs:
            raise UserError(
                f"columns: {ours}: the table has no column {column!r}; {nearest(column, theirs)}"
            )
    clean = {column: clean_name(column) for column in theirs}
    found = dict(mapped)
    first = {name: column for column, name in reversed(clean.items())}
    export = export_of(theirs)
    for ours in (*ALIASES, *wanted):
        if ours in found:
            continue
        if ours in theirs and ours not in mapped.values():
            found[ours] = ours
            continue
        for alias in _aliases(ours, export):
            if alias in first and first[alias] not in mapped.values():
                found[ours] = first[alias]
                break
    for ours in ("accuracy", "loss", "error"):
        if ours in wanted and ours not in mapped and ours in found:
            found[ours] = _on_other_images(ours, found[ours], clean)
    settings = _settings(theirs)
    declared = frozenset(clean[column] for column in settings)
    return Recognised(export, found, clean, declared, _reached(found, mapped, settings, clean))


def _on_other_images(ours: str, column: str, clean: Mapping[str, str]) -> str:
    """The test score rather than a plain one; UserError where a plain one may be of training."""
    if clean[column] not in TRAINING_SCORES:
        return column
    named = {name: theirs for theirs, name in reversed(list(clean.items()))}
    words = (ours, ours[:3])
    twins = {p: next((named[f"{p}_{w}"] for w in words if f"{p}_{w}" in named), "") for p in SPLITS}
    if twins["test"]:
        return twins["test"]
    twin = next((twins[p] for p in ("eval", "val", "valid", "validation") if twins[p]), "")
    if not twin or twins["train"] or twins["training"]:
        return column
    raise UserError(
        f"columns {column!r} and {twin!r}: the first may be measured on training images. Say which "
        f"one is meant under `columns:`, such as columns: {{{ours}: {twin}}}"
    )


def _reached(
    found: Mapping[str, str],
    mapped: Mapping[str, str],
    settings: Iterable[str],
    clean: Mapping[str, str],
) -> dict[str, str]:
    """Progress that is known by a setting -> a column of the log that says how far the run got."""
    settings = set(settings)
    logged = {name: theirs for theirs, name in clean.items() if theirs not in settings}
    reached = {}
    for ours in ("steps", "epochs", "samples"):
        aliases = [alias for alias in ALIASES[ours] if alias in logged]
        if ours in found and ours not in mapped and found[ours] in settings and aliases:
            reached[ours] = logged[aliases[0]]
    return reached


def _aliases(ours: str, export: str) -> tuple[str, ...]:
    aliases = ALIASES.get(ours, (ours, f"test_{ours}", f"eval_{ours}"))
    # A trial number of Optuna and a name of W&B identify runs; in other tables `number` may not.
    if ours == "run" and export != "Optuna":
        aliases = tuple(alias for alias in aliases if alias not in ("number", "run"))
    if ours == "run" and export == "W&B":
        aliases = (*aliases, "name")
    return aliases


def clean_name(column: str) -> str:
    """Without an export's prefix, in lower case, words joined by one underscore."""
    for prefix, _ in PREFIXES:
        if column.startswith(prefix):
            column = column.removeprefix(prefix)
            break
    return re.sub(r"[^0-9a-z]+", "_", column.lower()).strip("_")


def export_of(columns: Iterable[str]) -> str:
    """Which tool exported a table with these columns; "" when none is recognised."""
    names = set(columns)
    lower = {name.lower() for name in names}
    if {"number", "state"} <= names and any(n.startswith(("params_", "value")) for n in names):
        return "Optuna"
    if (
        any(n.startswith(("metrics.", "params.")) for n in names)
        or {
            "start time",
            "run id",
            "source name",
        }
        <= lower
    ):
        return "MLflow"
    if {"Name", "State"} <= names or {"_runtime", "_timestamp"} <= names:
        return "W&B"
    return ""


def _settings(columns: Iterable[str]) -> list[str]:
    """Columns that the export itself calls hyperparameters."""
    prefixes = tuple(prefix for prefix, is_one in PREFIXES if is_one)
    return [column for column in columns if column.startswith(prefixes)]


def is_maximum(column: str) -> bool:
    """Whether a column's name says that it holds the best of all epochs."""
    return MAXIMUM.search(clean_name(column)) is not None
