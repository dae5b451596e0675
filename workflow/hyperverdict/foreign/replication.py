"""What stands for a replicate: a seed where a column says so, else a setting of a full grid.

Runs that differ in a setting are no replicates of one another, and one seed number in all runs is
none either. Nothing is averaged over progress, pieces of runs or budgets; several runs of one seed
are averaged only over settings that every arm holds alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hyperverdict.foreign.content import Codes, codes_of
from hyperverdict.foreign.progress import Floats
from hyperverdict.foreign.rows import Mask
from hyperverdict.foreign.runs import Runs
from hyperverdict.foreign.select import Selection


@dataclass(frozen=True)
class Replicates:
    """The replicates of one arm.

    Attributes:
        seeds: number of each replicate [m]: its seed, or the number of its settings or run.
        scores: metric -> score of each [m]; nan where it failed.
        failed: whether each failed [m].
        rows: rows of the runs behind each.
        averaged: runs behind most replicates.
    """

    seeds: Codes
    scores: Mapping[str, Floats]
    failed: Mask
    rows: tuple[Codes, ...]
    averaged: int


def free_settings(runs: Runs, fixed: frozenset[str]) -> tuple[str, ...]:
    """Settings that differ between runs and that nothing fixes."""
    return tuple(name for name in runs.varying if name not in fixed)


def combinations_of(runs: Runs, names: Sequence[str]) -> Codes:
    """The combination of settings in each run [R]."""
    return codes_of([runs.codes(name) for name in names], runs.n)


def is_full_grid(arms: Sequence[Selection], combination: Codes) -> bool:
    """Whether every arm has a run of each combination of settings that any has."""
    held = [set(combination[arm.runs].tolist()) for arm in arms if len(arm.runs)]
    return len(held) > 1 and all(combos == held[0] for combos in held) and len(held[0]) > 1


def replicates(arm: Selection, number: Codes, combination: Codes) -> Replicates:
    """One entry for each replicate of an arm.

    Args:
        number: the replicate of each run of the table [R].
        combination: its other settings [R]; each counts the same in a replicate's mean.
    """
    numbers = number[arm.runs]
    unique, where = np.unique(numbers, return_inverse=True)
    cell = codes_of([where.astype(np.int64), combination[arm.runs]], len(numbers))
    frame = pd.DataFrame({"at": where, "cell": cell, "failed": arm.failed})
    # A replicate lacks what a failed run of one of its settings would have scored.
    lacking = frame.groupby(["at", "cell"])["failed"].all().groupby("at").any()
    failed = lacking.reindex(range(len(unique))).to_numpy(dtype=bool)
    scores = {}
    for name, values in arm.scores.items():
        cells = pd.Series(values).groupby([where, cell]).mean()
        means = cells.groupby(level=0).mean().reindex(range(len(unique))).to_numpy(dtype=float)
        scores[name] = np.where(failed, np.nan, means)
    order = np.argsort(where, kind="stable")
    bounds = np.searchsorted(where[order], np.arange(len(unique) + 1))
    groups = [order[bounds[i] : bounds[i + 1]] for i in range(len(unique))]
    sizes = [len(g) for g in groups]
    return Replicates(
        unique,
        scores,
        failed,
        tuple(arm.rows[g] for g in groups),
        int(np.median(sizes)) if sizes else 0,
    )
