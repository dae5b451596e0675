"""What an option is for: the seed, the training length, the metrics, or a hyperparameter."""

from __future__ import annotations

import re
from typing import Literal

from hyperverdict.foreign.names import NOTES, QUIET, SEEDS, clean, is_place, setting_of

Role = Literal[
    "seed", "length", "metrics", "checkpoint", "tensorboard", "device", "data", "quiet", "setting"
]

# Words of an option that say how long to train -> the unit that the study writes.
UNITS = {
    "epoch": "epochs", "epochs": "epochs",
    "step": "steps", "steps": "steps", "updates": "steps",
    "iter": "iterations", "iters": "iterations", "iteration": "iterations",
    "iterations": "iterations",
    "trees": "trees", "estimators": "trees",
    "rounds": "rounds", "round": "rounds",
    "timesteps": "timesteps", "episodes": "episodes", "tokens": "tokens", "frames": "frames",
}  # fmt: skip
_ASKING = frozenset(
    {"max", "maximum", "num", "n", "nb", "no", "of", "number", "total", "train", "training",
     "boost", "boosting"}
)  # fmt: skip
# Options that name where scores are written, the most telling first.
OUTPUTS = (
    "metrics", "metrics_file", "metrics_path", "metrics_out", "metrics_csv", "csv", "csv_file",
    "csv_path", "results_file", "result_file", "log_csv", "out_file", "output_file", "results",
    "out", "output", "results_dir", "result_dir", "log_dir", "logdir", "log_path", "log_file",
    "output_dir", "out_dir", "outdir", "output_path", "default_root_dir", "work_dir", "run_dir",
    "save_dir", "exp_dir", "save_path",
)  # fmt: skip
_CHECKPOINTS = frozenset({"checkpoint_dir", "ckpt_dir", "checkpoints_dir", "checkpoint_folder"})
_BOARDS = frozenset({"tensorboard", "tensorboard_dir", "tb_dir", "tb_log_dir", "tb_logdir"})
_DATA = re.compile(
    r"(^|_)(data|dataset|corpus)(_|$)|^(train|test|val|valid|validation|dev)_(file|path|dir|csv)$"
)
# Options of the machine, the screen and the bookkeeping: no hyperparameters.
_QUIET = re.compile(
    r"(^|_)(workers?|threads|jobs|gpus?|cuda|mps|rank|port|host|world|verbose|quiet|debug|wandb|"
    r"project|entity|interval|freq|every|config|resume|save|log|logging|print|progress|profile|"
    r"notes?|tags?|name|id|dry|version|help|memory|accelerator|devices|nodes)(_|$)"
)


def role_of(name: str) -> Role:
    """What an option of this name is for, by the names that people use."""
    word = clean(name)
    if word in SEEDS:
        return "seed"
    if unit_of(word):
        return "length"
    if word in OUTPUTS:
        return "metrics"
    if word in _CHECKPOINTS:
        return "checkpoint"
    if word in _BOARDS:
        return "tensorboard"
    if word == "device":
        return "device"
    if _DATA.search(word):
        return "data"
    if setting_of(word):
        return "setting"
    return "quiet" if word in NOTES | QUIET or is_place(word) or _QUIET.search(word) else "setting"


def unit_of(name: str) -> str:
    """The unit of the training length that an option of this name states; "" for another option."""
    words = clean(name).split("_")
    unit = UNITS.get(words[-1], "")
    return unit if unit and set(words[:-1]) <= _ASKING else ""
