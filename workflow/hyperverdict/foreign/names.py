"""What the name of a column says: literal tables of the words that people use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperverdict.vocabulary.metrics import BETTER

if TYPE_CHECKING:
    from hyperverdict.foreign.exports import Role

# Our name of a setting -> names that others give it.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "learning_rate": ("lr", "init_lr", "initial_lr", "base_lr", "eta", "learningrate", "lr0"),
    "batch_size": ("batchsize", "bs", "batch", "train_batch_size", "per_device_train_batch_size"),
    "optimizer": ("optimiser", "optim", "opt", "optimizer_name"),
    "width": ("hidden_size", "hidden_dim", "n_units", "units", "num_units"),
    "depth": ("num_layers", "n_layers", "layers", "hidden_layers", "num_hidden_layers"),
    "hidden_units": ("hidden_layer_sizes", "layer_sizes"),
    "dropout": ("dropout_rate", "p_drop", "drop", "dropout_p", "dropout_prob"),
    "weight_decay": ("wd", "weightdecay", "l2"),
    "momentum": ("mom",),
    "activation": ("nonlinearity", "act", "act_fn", "activation_fn"),
    "schedule": ("scheduler", "lr_scheduler", "lr_schedule", "lr_scheduler_type"),
    "data": ("dataset", "data_set", "dataset_name", "task_name"),
    "model": ("architecture", "arch", "model_name", "model_name_or_path", "network"),
    "train_size": ("n_train", "num_train"),
}
SEEDS = (
    "seed", "random_seed", "rng_seed", "manual_seed", "random_state", "torch_seed",
    "seed_everything", "global_seed", "train_seed", "rng", "np_seed", "init_seed", "model_seed",
    "data_seed",
)  # fmt: skip
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
# Names of progress -> its unit; the first unit that a budget may be in, then all others.
PROGRESS: Mapping[str, tuple[str, ...]] = {
    "epochs": ("epoch", "epochs", "current_epoch", "epochs_trained", "train_epochs", "ep"),
    "steps": (
        "step", "steps", "global_step", "train_steps", "updates", "n_updates", "num_updates",
        "gradient_steps", "iterations", "iteration", "iter", "iters", "it", "trainer_global_step",
        "optimizer_steps", "num_steps_trained",
    ),
    "samples": (
        "samples", "samples_seen", "images_seen", "examples_seen", "n_samples_seen", "seen_samples",
        "num_samples_seen", "samples_trained",
    ),
    "iterations": ("training_iteration",),
    "timesteps": (
        "timesteps", "total_timesteps", "timesteps_total", "env_steps", "environment_steps",
        "num_env_steps_sampled", "time_total_timesteps", "frames", "num_timesteps", "env_step",
    ),
    "episodes": ("episodes", "episode", "episodes_total", "num_episodes", "time_episodes"),
    "tokens": ("tokens", "tokens_seen", "num_tokens", "n_tokens", "num_input_tokens_seen"),
    "rounds": ("rounds", "round", "communication_rounds", "generation", "generations"),
    "log steps": ("_step",),
}  # fmt: skip
# Words before a unit that say what was asked for: max_epochs, num_train_steps.
_ASKED = re.compile(r"(max|num|n|total|target|planned|nb|no_of)_(train_|training_)?(\w+)")
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
# Settings of logging and of the machine that change no score.
QUIET = frozenset(
    {"verbose", "verbosity", "debug", "log_interval", "log_every", "print_freq", "save_every"}
    | {"log_every_n_steps", "logging_steps", "save_steps", "pin_memory", "wandb", "use_wandb"}
)
METRICS: Mapping[str, tuple[str, ...]] = {
    "accuracy": (
        "acc", "mean_accuracy", "top1", "top1_acc", "acc1", "acc_1", "top_1_accuracy", "acc_top1",
        "top1_accuracy", "accuracy_top1", "categorical_accuracy", "sparse_categorical_accuracy",
        "binary_accuracy", "multiclassaccuracy", "accuracy_score",
    ),
    "error": ("err", "error_rate", "top1_error", "top1_err", "misclassification"),
    "loss": ("ce", "cross_entropy", "nll", "xent", "ce_loss", "mean_loss"),
}  # fmt: skip
SPLITS: Mapping[str, str] = {
    "test": "test", "testing": "test", "holdout": "test", "eval": "eval", "evaluation": "eval",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "train": "train", "training": "train",
}  # fmt: skip
BEST = frozenset({"best", "max", "maximum", "peak", "min", "minimum", "lowest", "highest"})
# Words that say which of several evaluations a score is, and change no name.
LAST = frozenset({"final", "last", "end"})
PERCENT = re.compile(r"%|percent|(^|[^a-z])pct", re.IGNORECASE)
# Words in names of results, whatever their metric.
RESULTS = re.compile(
    r"(^|_)(acc|accuracy|loss|err|error|score|f1|auc|auroc|map|iou|miou|bleu|rouge\w*|precision|recall|"
    r"perplexity|ppl|mse|rmse|mae|nll|wer|cer|fid|reward|return|success|r2|psnr|ssim|dice|kappa|mcc|"
    r"grad_norm|gradnorm|norm|entropy|kl|elbo|ece|brier|top1|top5|bpc|bpb|correlation)\d*(_|$)"
)
_BY_SETTING = {alias: ours for ours, names in SETTINGS.items() for alias in (ours, *names)}
_BY_METRIC = {alias: ours for ours, names in METRICS.items() for alias in (ours, *names)}
_BY_UNIT = {alias: unit for unit, names in PROGRESS.items() for alias in names}
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


def clean(column: str) -> str:
    """A name in lower case, its words joined by one underscore: testAcc (%) is test_acc."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", column)
    words = re.sub(r"[^0-9a-z]+", "_", spaced.lower()).strip("_")
    return f"_{words}" if column.startswith("_") and words else words


def last_part(name: str) -> str:
    """What stands behind the last dot or slash: optimizer.lr is lr."""
    return re.split(r"[./]", name)[-1]


def is_place(name: str) -> bool:
    """Whether a name is that of a file or folder."""
    return name.endswith(("dir", "path", "file", "url", "folder", "ckpt", "checkpoint"))


def setting_of(name: str) -> str:
    """Our name of a setting, "" for one that we do not know."""
    return _BY_SETTING.get(name, "")


def aliases_of(name: str) -> tuple[str, ...]:
    """All names of a setting that we know under one of them."""
    ours = setting_of(name) or name
    return (ours, *SETTINGS.get(ours, ()))


def unit_of(name: str) -> str:
    """The unit of a column of progress, "" for one that is none."""
    if name in _BY_UNIT:
        return _BY_UNIT[name]
    asked = _ASKED.fullmatch(name)
    return _BY_UNIT.get(asked.group(3), "") if asked else ""


def is_asked(name: str) -> bool:
    """Whether a name of progress says what was asked for, not what was reached."""
    return name not in _BY_UNIT and unit_of(name) != ""


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
    return Score(_BY_METRIC.get(name, name), split, is_best)


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
