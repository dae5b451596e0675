"""Names that a hyperparameter declared outside this package must not have."""

from __future__ import annotations

from keyword import iskeyword

from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import KINDS

# Words with a meaning of their own in studies, paths and the calls of a user's functions.
_WORDS = frozenset(
    (*KINDS, "trainings", "step", "epoch", "budget", "seed", "seeds", "data", "model", "train",
     "kind", "extras", "metrics", "checkpoint", "tensorboard", "device", "log", "shape")
)  # fmt: skip
# Columns of the tables of runs that hold something else; those of scores begin like `_SCORES`.
_COLUMNS = frozenset(
    {"path", "status", "failed", "message", "last_step", "parameters", "flops_per_sample",
     "train_size", "test_size", "train_seconds", "train_time", "data_checksum", "code_checksum",
     "training_version", "hardware", "threads", "commit", "host", "correct", "split", "loss",
     "accuracy", "error"}
)  # fmt: skip
_SCORES = ("test_", "validation_", "best_validation_")


def check_name(name: str) -> None:
    """Refuse a name that is no plain word, or that means something else somewhere.

    Raises UserError saying which.
    """
    if not name.isascii() or not name.isidentifier() or iskeyword(name) or "__" in name:
        raise UserError(f"{name!r} must be a word of letters, digits and single _")
    if name in _WORDS | _COLUMNS or name.startswith(_SCORES):
        raise UserError(f"{name!r} has a meaning of its own here; give it another name")
