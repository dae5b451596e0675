"""What the name of a column says: literal tables of the words that people use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperverdict.vocabulary.aliases import BEST as BEST
from hyperverdict.vocabulary.aliases import BY_METRIC, LAST
from hyperverdict.vocabulary.aliases import METRICS as METRICS
from hyperverdict.vocabulary.aliases import PROGRESS as PROGRESS
from hyperverdict.vocabulary.aliases import SEEDS as SEEDS
from hyperverdict.vocabulary.aliases import SPLITS as SPLITS
from hyperverdict.vocabulary.aliases import aliases_of as aliases_of
from hyperverdict.vocabulary.aliases import clean as clean
from hyperverdict.vocabulary.aliases import is_asked as is_asked
from hyperverdict.vocabulary.aliases import setting_of as setting_of
from hyperverdict.vocabulary.aliases import unit_of as unit_of
from hyperverdict.vocabulary.metrics import BETTER

if TYPE_CHECKING:
    from hyperverdict.foreign.exports import Role

RUNS = (
    "run_id", "run_uuid", "trial_id", "run", "trial", "id", "uuid", "run_name", "run_number",
    "run_idx", "run_index", "trial_number", "trial_name", "repeat", "rep", "repetition",
    "replicate", "replica", "jobid", "job_id", "exp_id", "_id",
)  # fmt: skip
STATES = (
    "state", "status", "run_status", "run_state", "job_state", "jobstate", "slurm_state",
    "job_status", "trial_state", "trial_status", "exit_status", "outcome", "completed", "complete",
    "finished", "is_finished", "success", "succeeded", "failed", "is_failed", "crashed",
    "diverged", "exit_code", "exitcode", "return_code", "returncode", "exit",
)  # fmt: skip
SPLIT_COLUMNS = ("split", "phase", "subset", "stage", "partition", "mode")
# Words of units: a numeric column named with one is progress where it differs between runs.
UNITS = re.compile(
    r"(^|_)(epochs?|steps?|iters?|iterations?|updates|timesteps|episodes|frames|tokens|rounds)(_|$)"
)
# Words beside a unit that make a setting, or a result, of it: warmup_steps, best_epoch.
NO_PROGRESS = re.compile(
    r"(^|_)(warmup|eval|valid|val|log|logging|save|print|decay|accumulation|accum|per|patience|every|"
    r"rollout|unroll|inner|outer|diffusion|inference|freeze|frozen|ramp|annealing|milestone|best|"
    r"max|min|delay|interval|freq|n|k|length)(_|$)"
)
COSTS: Mapping[str, tuple[str, ...]] = {
    "train_time": (
        "train_seconds", "training_time", "train_runtime", "wall_time", "walltime", "runtime",
        "elapsed", "elapsed_time", "seconds", "duration", "time", "time_s", "total_time",
        "time_total_s", "elapsed_seconds", "fit_time", "mean_fit_time",
    ),
    "parameters": (
        "num_parameters", "n_params", "num_params", "param_count", "params", "n_parameters",
    ),
    "flops_per_sample": (),
    "flops": ("gflops", "macs", "total_flos"),
    "memory": ("max_memory", "peak_memory", "gpu_memory", "mem", "max_mem", "memory_mb"),
    "throughput": ("samples_per_second", "images_per_second", "it_per_s", "steps_per_second"),
}  # fmt: skip
ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "hardware": ("gpu_type", "gpu", "gpu_name", "machine", "accelerator_type", "gpu_model"),
    "device": ("accelerator",),
    "threads": ("num_threads", "n_threads", "num_workers", "n_workers", "workers"),
    "host": ("hostname", "node", "nodename", "nodelist", "node_ip", "server"),
    "commit": (
        "git_commit", "git_sha", "git_hash", "code_version", "mlflow_source_git_commit", "sha",
    ),
    "pid": ("process_id",),
    "partition": ("queue", "cluster", "slurm_partition"),
    "versions": ("python_version", "torch_version", "cuda_version", "python", "torch", "cuda"),
}  # fmt: skip
NOTES = frozenset(
    {"name", "group", "tags", "tag", "notes", "note", "user", "username", "created", "created_at"}
    | {
        "sweep",
        "sweep_id",
        "job_type",
        "experiment",
        "experiment_id",
        "experiment_name",
        "exp_name",
    }
    | {"run_name", "source_name", "source_type", "start_time", "end_time", "started", "ended"}
    | {
        "artifact_uri",
        "description",
        "comment",
        "comments",
        "path",
        "url",
        "link",
        "datetime_start",
    }
    | {
        "datetime_complete",
        "mlflow_runname",
        "mlflow_source_name",
        "mlflow_user",
        "message",
        "line",
    }
    | {"mlflow_source_type", "date", "timestamp", "datetime", "file", "filename", "folder", "dir"}
    | {"output_dir", "log_dir", "logdir", "save_dir", "out_dir", "work_dir", "data_dir", "root"}
    | {
        "checkpoint",
        "ckpt",
        "ckpt_path",
        "checkpoint_path",
        "config_file",
        "config_path",
        "project",
    }
    | {"entity", "wandb_project", "wandb_entity", "logger", "index", "idx", "row", "job_name"}
    | {"command", "cmd", "args", "unnamed_0", "level_0", "traceback", "reason", "exp", "log_file"}
)
# Amounts of data, which exports may list among the results: they are settings.
AMOUNTS_OF_DATA = frozenset(
    {"train_size", "test_size", "val_size", "valid_size", "validation_size", "n_train", "n_test"}
    | {"n_val", "num_train", "num_test", "num_val", "train_samples", "test_samples", "eval_samples"}
    | {"val_samples", "num_classes", "n_classes", "dataset_size", "data_size", "num_train_samples"}
)
# Settings of logging and of the machine that change no score.
QUIET = frozenset(
    {"verbose", "verbosity", "debug", "log_interval", "log_every", "print_freq", "save_every"}
    | {"log_every_n_steps", "logging_steps", "save_steps", "pin_memory", "wandb", "use_wandb"}
)
PERCENT = re.compile(r"%|percent|(^|[^a-z])pct", re.IGNORECASE)
# Words in names of results, whatever their metric.
RESULTS = re.compile(
    r"(^|_)(acc|accuracy|loss|err|error|score|f1|auc|auroc|map|iou|miou|bleu|rouge\w*|precision|recall|"
    r"perplexity|ppl|mse|rmse|mae|nll|wer|cer|fid|reward|return|success|r2|psnr|ssim|dice|kappa|mcc|"
    r"grad_norm|gradnorm|norm|entropy|kl|elbo|ece|brier|top1|top5|bpc|bpb|correlation)\d*(_|$)"
)
_BY_COST = {alias: ours for ours, names in COSTS.items() for alias in (ours, *names)}
_BY_MACHINE = {alias: ours for ours, names in ENVIRONMENT.items() for alias in (ours, *names)}


@dataclass(frozen=True)
class Score:
    """What the name of a result says.

    Attributes:
        metric: accuracy, error, loss or the name that is left.
        split: test, eval, validation, train or "" where the name says none.
        is_best: it is the best of all evaluations.
    """

    metric: str
    split: str
    is_best: bool


def last_part(name: str) -> str:
    """What stands behind the last dot or slash: optimizer.lr is lr."""
    return re.split(r"[./]", name)[-1]


def is_place(name: str) -> bool:
    """Whether a name is that of a file or folder."""
    return name.endswith(("dir", "path", "file", "url", "folder", "ckpt", "checkpoint"))


def cost_of(name: str) -> str:
    """What a column of costs holds, "" for one that is none."""
    if name in _BY_COST:
        return _BY_COST[name]
    return (
        name
        if name.endswith(("_seconds", "_per_second", "_minutes", "_hours", "_runtime", "_time_s"))
        else ""
    )


def machine_of(name: str) -> str:
    """What a column on machine or code holds, "" for one that is none."""
    return _BY_MACHINE.get(name, "")


def score_of(column: str) -> Score:
    """What the name of a result says: its metric, its split, whether it is a best one."""
    words = clean(PERCENT.sub(" ", column)).strip("_").split("_")
    split = next((SPLITS[w] for w in words if w in SPLITS), "")
    is_best = any(w in BEST for w in words)
    left = [w for w in words if w not in SPLITS and w not in BEST and w not in LAST]
    if len(left) > 1 and left[-1] in ("epoch", "percent"):
        left = left[:-1]
    name = "_".join(left)
    return Score(BY_METRIC.get(name, name), split, is_best)


def is_result(name: str) -> bool:
    """Whether the words of a name are those of a result."""
    return name in BETTER or score_of(name).metric in METRICS or RESULTS.search(name) is not None


def role_of(name: str) -> tuple[Role, str] | None:
    """(role, our name) of a column by its clean name; None where the name says nothing."""
    if name in SEEDS:
        return "seed", "seed"
    if name in STATES:
        return "state", name
    if unit_of(name):
        return ("budget" if is_asked(name) else "progress"), unit_of(name)
    if setting_of(name):
        return "factor", setting_of(name)
    if name in RUNS:
        return "run id", name
    if name in NOTES or name in QUIET:
        return "note", name
    if machine_of(name):
        return "environment", machine_of(name)
    if cost_of(name):
        return "cost", cost_of(name)
    return ("metric", score_of(name).metric) if is_result(name) else None
