"""Names that people give elsewhere to what has one name here.

Columns of tables from elsewhere are read under all of them. A study of our own training is refused
with the one to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

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
# Further names that a study is refused with, but no column is read under.
_IN_STUDIES: Mapping[str, tuple[str, ...]] = {
    "learning_rate": ("step_size", "stepsize", "learn_rate", "max_lr", "peak_lr"),
    "batch_size": ("minibatch", "mini_batch", "minibatch_size", "mini_batch_size", "batches"),
    "optimizer": ("solver", "update_rule", "optimization", "algorithm"),
    "width": (
        "neurons", "n_neurons", "num_neurons", "hidden_neurons", "nodes", "hidden_nodes", "hidden",
        "n_hidden", "num_hidden", "hidden_width", "layer_size", "layer_width", "units_per_layer",
    ),
    "depth": ("layer", "n_layer", "number_of_layers", "n_hidden_layers", "hidden_layer"),
    "hidden_units": ("hidden_sizes", "hidden_dims", "layer_widths", "units_list", "topology"),
    "dropout": ("drop_rate", "dropout_probability", "drop_prob"),
    "weight_decay": (
        "l2_reg", "l2_penalty", "l2_regularization", "l2_regularisation", "regularization",
        "regularisation", "reg", "weight_penalty",
    ),
    "activation": ("activation_function", "activations", "nonlin", "non_linearity", "act_function"),
    "schedule": ("learning_rate_schedule", "lr_decay", "lr_policy", "decay_schedule", "scheduling"),
    "nesterov": ("use_nesterov", "nesterov_momentum"),
    "beta1": ("beta_1", "b1", "adam_beta1"),
    "beta2": ("beta_2", "b2", "adam_beta2"),
    "warmup_steps": ("warmup", "warm_up", "warm_up_steps", "num_warmup_steps", "n_warmup_steps"),
    "decay_factor": ("gamma", "lr_gamma", "decay_rate"),
    "decay_steps": ("step_lr", "lr_step_size", "decay_every"),
    "clip_norm": (
        "grad_clip", "gradient_clip", "gradient_clipping", "clip", "clipnorm", "max_grad_norm",
        "gradient_clip_val", "grad_norm", "max_norm",
    ),
    "label_smoothing": ("smoothing", "label_smooth", "ls"),
    "initialisation": ("initialization", "init", "initializer", "initialiser", "weight_init"),
    "blocks": ("n_blocks", "num_blocks", "conv_layers", "n_conv_layers"),
    "channels": ("filters", "n_filters", "num_filters", "n_channels", "num_channels"),
    "kernel": ("kernel_size", "filter_size", "kernelsize"),
    "pooling": ("pool", "pool_type"),
    "normalisation": ("normalization", "norm", "batch_norm", "batchnorm", "norm_type"),
    "train_samples": (
        "train_size", "n_train", "num_train", "n_samples", "num_samples", "train_subset",
        "subset_size", "max_samples", "training_samples", "n_train_samples", "training_size",
    ),
    "classes": ("labels", "class_subset"),
    "budget": ("budgets", "training_length", "train_length", "length", "duration"),
}  # fmt: skip
_SECONDS = ("second", "seconds", "train_seconds", "max_seconds", "time_limit", "max_time", "time")
_SEED_COUNTS = (
    "seeds", "n_seeds", "num_seeds", "replicates", "n_runs", "num_runs", "runs", "repeats",
    "n_repeats", "repetitions", "n_replicates",
)  # fmt: skip

BY_METRIC = {alias: ours for ours, names in METRICS.items() for alias in (ours, *names)}
_METRICS_IN_STUDIES = dict.fromkeys(
    ("train_time", "time", "training_time", "runtime", "wall_time", "walltime", "duration",
     "seconds", "train_seconds", "elapsed_time"), "train_time",
)  # fmt: skip
_BY_SETTING = {alias: ours for ours, names in SETTINGS.items() for alias in (ours, *names)}
_BY_UNIT = {alias: unit for unit, names in PROGRESS.items() for alias in names}
# train_size is ours in tables alone.
_BY_ANY = {alias: ours for alias, ours in _BY_SETTING.items() if ours != "train_size"} | {
    alias: ours for ours, names in _IN_STUDIES.items() for alias in (ours, *names)
}


def clean(column: str) -> str:
    """A name in lower case, its words joined by one underscore: testAcc (%) is test_acc."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", column)
    words = re.sub(r"[^0-9a-z]+", "_", spaced.lower()).strip("_")
    return f"_{words}" if column.startswith("_") and words else words


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


def own_name(word: object, known: Iterable[str], value: object = None) -> str:
    """The known name that a word from elsewhere stands for, "" for none.

    Args:
        value: what is written for it: a list of units belongs to each layer.
    """
    meant = _meant(str(word))
    if meant in ("width", "depth") and isinstance(value, (list, tuple)):
        meant = "hidden_units"
    names = tuple(known)
    return next((name for name in (meant, *names) if name in names and _meant(name) == meant), "")


def _meant(word: str) -> str:
    name = clean(word)
    return _BY_ANY.get(name) or _BY_ANY.get(name.replace("_", "")) or name


def length_unit(word: object) -> str:
    """The unit of budgets that a word names (steps, samples, epochs, seconds), "" for none."""
    name = clean(str(word))
    unit = "seconds" if name in _SECONDS else unit_of(name)
    unit = "steps" if unit == "iterations" else unit
    return unit if unit in ("steps", "samples", "epochs", "seconds") else ""


def metric_meant(word: object, known: Iterable[str]) -> str:
    """The known metric that a word from elsewhere stands for, "" for none: test_acc is accuracy."""
    names = tuple(known)
    meant = _metric(str(word))
    return next((name for name in (meant, *names) if name in names and _metric(name) == meant), "")


def _metric(word: str) -> str:
    words = clean(word).strip("_").split("_")
    left = "_".join(w for w in words if w not in SPLITS and w not in BEST and w not in LAST)
    if clean(word) in _METRICS_IN_STUDIES:
        return _METRICS_IN_STUDIES[clean(word)]
    return BY_METRIC.get(left) or left or clean(word)


def is_seed(word: object) -> bool:
    """Whether a word names seeds, or how many there are."""
    return clean(str(word)) in (*SEEDS, *_SEED_COUNTS)
