"""Columns that repeat within a seed: folds, resamples and evaluations are no seeds of their own.

Three seeds on five folds are three replicates: the folds of a seed share its training data, and all
seeds share the folds, so that the differences of one seed (or of one fold) go together. The unit is
the seed, and its folds are averaged. Folds alone are no replicates at all: a t interval over the
folds of one cross-validation is too short, since any two training sets overlap.

Sources: Dietterich, Neural Computation 10 (1998); Bengio and Grandvalet, JMLR 5 (2004): no unbiased
estimate of the variance of a cross-validation exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hyperverdict.foreign import names
from hyperverdict.foreign.content import Codes

FOLD, SPLIT, RESAMPLE, EVALUATION = "fold", "data split", "resample", "evaluation"
NAMES: Mapping[str, tuple[str, ...]] = {
    FOLD: (
        "fold", "folds", "fold_id", "fold_idx", "fold_index", "fold_nr", "fold_no", "fold_num",
        "fold_number", "ifold", "i_fold", "cv_fold", "cv_split", "cv_iter",
        "cv_iteration", "cv_index", "cv_idx", "cv_id", "kfold", "k_fold", "outer_fold",
        "inner_fold", "test_fold",
        "val_fold", "valid_fold", "validation_fold", "held_out_fold", "heldout_fold",
    ),
    SPLIT: (
        "split_id", "split_idx", "split_index", "split_nr", "split_no", "split_number",
        "split_seed", "split", "data_split", "data_split_id", "train_test_split", "partition_id",
        "data_partition",
    ),
    RESAMPLE: (
        "bootstrap", "bootstrap_id", "bootstrap_idx", "bootstrap_index", "bootstrap_sample",
        "bootstrap_seed", "boot", "boot_id", "resample", "resample_id", "resampling", "subsample",
        "subsample_id", "jackknife",
    ),
    EVALUATION: (
        "eval_seed", "evaluation_seed", "test_seed", "eval_episode", "evaluation_episode",
        "test_episode", "eval_run", "eval_id", "eval_idx", "eval_index", "eval_rep", "eval_repeat",
        "evaluation_run", "evaluation_id", "test_run", "episode_id", "episode_idx", "episode_index",
    ),
}  # fmt: skip
_BY_NAME = {name: kind for kind, found in NAMES.items() for name in found}


def kind_of(name: str) -> str:
    """What a column of this name numbers: a fold, a data split, a resample or an evaluation."""
    return _BY_NAME.get(names.clean(names.last_part(name)), "")


def is_one_each(outer: Codes, inner: Codes) -> bool:
    """Whether each level of `inner` [n] stands in one level of `outer` [n], which has fewer."""
    pairs = pd.DataFrame({"outer": outer, "inner": inner}).drop_duplicates()
    n_outer, n_inner = pairs["outer"].nunique(), pairs["inner"].nunique()
    return len(pairs) == n_inner > n_outer > 1


def seeds_in_folds(
    arms: Sequence[Codes], seed: Codes, levels: Mapping[str, Codes]
) -> tuple[str, int]:
    """(the column whose levels recur under other seeds, while each seed has one; its levels).

    Such seeds number single fits: which of them belong to one repetition, nothing says.

    Args:
        arms: numbers of the runs of each arm.
        seed: of every run of the table [R].
        levels: column that repeats within a seed -> its levels [R].
    """
    runs = np.unique(np.concatenate(list(arms))) if arms else np.zeros(0, dtype=np.int64)
    for name, codes in levels.items():
        if is_one_each(codes[runs], seed[runs]):
            return name, len(np.unique(codes[runs]))
    return "", 0
