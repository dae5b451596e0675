"""Made-up runs: scores of arms and seeds that lead a claim to the evidence that is asked for."""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
from hyperverdict.effects.outcomes import Arm
from hyperverdict.outcomes.timing import Timing
from hyperverdict.records.tables import Tables
from hyperverdict.study.model import Heatmap, Study
from hyperverdict.vocabulary.budget import samples_after, to_steps
from hyperverdict.vocabulary.configuration import Configuration

SEEDS = tuple(range(10))
DELTA = 0.01
# Evidence -> (true effect, standard deviation of a difference), in units of delta.
EVIDENCE = {
    "supported": (3.0, 0.6),
    "refuted": (-3.0, 0.6),
    "no meaningful effect": (0.0, 0.3),
    "inconclusive": (0.6, 2.5),
    "estimated": (0.6, 2.5),
}
# A level claimed best must look somewhat worse to be in doubt.
IN_DOUBT = (-1.0, 2.5)
# A search is averaged over all its orders and fresh seeds, which leaves less noise.
SEARCH_IN_DOUBT = (0.6, 6.0)
SEARCHED = {(64, 2): 1.0, (256, 3): -1.0}
# What an arm scores above the base, in units of the true effect, by claim type.
STEPS: Mapping[str, Callable[[Configuration], float]] = {
    "comparison": lambda c: c["batch_size"] == 128,
    "trade-off": lambda c: c["batch_size"] == 128,
    "trend": lambda c: math.log(width_of(c) / 16, 4),
    "universal": lambda c: depth_of(c) == 3,
    "interaction": lambda c: depth_of(c) == 3 and width_of(c) == 64,
    "conditional": lambda c: depth_of(c) == 3 and width_of(c) < 256,
    "importance": lambda c: 0.0,
    "learning curve": lambda c: 0.0,
    # The grid search tries the corners only, the other one starts in the middle.
    "strategy": lambda c: SEARCHED.get((width_of(c), depth_of(c)), 0.0),
    "optimum": lambda c: c["batch_size"] == 128,
}


def width_of(configuration: Configuration) -> int:
    return configuration["hidden_units"][0]


def depth_of(configuration: Configuration) -> int:
    return len(configuration["hidden_units"])


def draws(sd: float, n: int, name: object) -> list[float]:
    """n numbers whose mean is 0 and whose standard deviation is sd, exactly."""
    generator = random.Random(str(name))
    raw = [generator.gauss(0, 1) for _ in range(n)]
    middle = sum(raw) / n
    spread = math.sqrt(sum((x - middle) ** 2 for x in raw) / (n - 1))
    return [sd * (x - middle) / spread for x in raw]


Score = Callable[[Arm, int], float]


def scores(kind: str, evidence: str, n: int) -> Score:
    """Accuracies by arm and seed that lead a claim of this type to this evidence."""
    size, sd = EVIDENCE[evidence]
    if kind == "importance":
        return _variance_scores(evidence, n)
    if (kind, evidence) == ("optimum", "inconclusive"):
        size, sd = IN_DOUBT
    if (kind, evidence) == ("strategy", "inconclusive"):
        size, sd = SEARCH_IN_DOUBT

    @functools.cache
    def noise(path: str) -> list[float]:
        return draws(sd * DELTA / math.sqrt(2), n, f"{path} {evidence}")

    def score(arm: Arm, seed: int) -> float:
        step = STEPS[kind](arm.configuration)
        return 0.7 + size * DELTA * step + noise(arm.configuration.path)[seed]

    return score


def _variance_scores(evidence: str, n: int) -> Score:
    """Scores over width x depth in which one factor, both or noise make the variance."""
    width, depth, sd = {
        "supported": (0.05, 0.01, 0.003),
        "refuted": (0.01, 0.05, 0.003),
        "no meaningful effect": (0.05, 0.05, 0.0005),
    }.get(evidence, (0.03, 0.025, 0.015))

    def score(arm: Arm, seed: int) -> float:
        c = arm.configuration
        noise = draws(sd, n, f"{c.path} {evidence}")[seed]
        return 0.7 + width * (width_of(c) == 256) + depth * (depth_of(c) == 3) + noise

    return score


def whole_score(arm: Arm, seed: int) -> float:
    """Batch 128 is ahead at 300 steps and behind else; depth does nothing; width helps."""
    c = arm.configuration
    noise = draws(0.002, len(SEEDS), c.path)[seed]
    if c["batch_size"] != 64:
        ahead = 0.03 if c.budget.amount == 300 else -0.03
        return 0.7 + ahead * (c["batch_size"] == 128) + noise
    return 0.7 + 0.03 * math.log(width_of(c) / 256, 4) + noise


def arms_of(study: Study) -> dict[str, tuple[Arm, tuple[int, ...]]]:
    """Configuration path -> an arm and the seeds that any hypothesis wants of it."""
    found: dict[str, tuple[Arm, tuple[int, ...]]] = {}
    for hypothesis in study.hypotheses:
        for budget in hypothesis.budgets:
            for arm in study.claimed_arms(hypothesis, budget):
                path = arm.configuration.path
                seeds = found.get(path, (arm, ()))[1]
                found[path] = (arm, tuple(sorted({*seeds, *hypothesis.seeds})))
    return found


def run_rows(configuration: Configuration, seed: int, accuracy: float) -> dict[str, Any]:
    """One row of the final table."""
    size = configuration.train_size
    steps = to_steps(configuration.budget, configuration["batch_size"], size)
    count = 2_000 if steps.kind == "seconds" else steps.amount
    samples = samples_after(count, configuration["batch_size"], size)
    return {
        "path": configuration.path, "seed": seed, "status": "finished", "failed": False,
        "steps": count, "last_step": count, "samples": samples, "epochs": samples / size,
        "batch_size": configuration["batch_size"], "parameters": 269_322,
        "flops_per_sample": 537_600, "train_size": size, "test_size": 10_000,
        "learning_rate": configuration["learning_rate"], "data_checksum": "abc",
        "training_version": 1, "device": "cpu", "hardware": "a processor", "threads": 1,
        "commit": "c0ffee", "host": "node", "test_accuracy": accuracy,
        "test_error": 1 - accuracy, "test_loss": 1 - accuracy,
        "validation_accuracy": accuracy, "validation_loss": 1 - accuracy,
        "best_validation_accuracy": accuracy, "best_validation_loss": 1 - accuracy,
        "best_validation_step": count, "train_seconds": count * 0.001 * (1 + seed / 1000),
    }  # fmt: skip


def curve_rows(run: Mapping[str, Any], points: int = 20) -> Iterable[dict[str, Any]]:
    """A validation curve that rises and ends flat at the final accuracy."""
    for k in range(1, points + 1):
        share = k / points
        accuracy = run["test_accuracy"] * (1 - math.exp(-12 * share))
        yield {
            "path": run["path"], "seed": run["seed"], "step": max(1, round(run["steps"] * share)),
            "samples": round(run["samples"] * share), "epoch": run["epochs"] * share,
            "split": "validation_curve", "loss": 1 - accuracy, "accuracy": accuracy,
            "train_seconds": run["train_seconds"] * share,
        }  # fmt: skip


def epoch_rows(run: Mapping[str, Any], evidence: str, epochs: int = 5) -> list[dict[str, Any]]:
    """A curve whose gain from epoch to epoch leads to this evidence."""
    size, sd = EVIDENCE[evidence]
    rows = []
    for epoch in range(1, epochs + 1):
        noise = draws(sd * DELTA / math.sqrt(2), len(SEEDS), f"{epoch} {evidence}")
        accuracy = 0.5 + size * DELTA * epoch + noise[run["seed"]]
        step = round(run["steps"] * epoch / epochs)
        rows.append({
            "path": run["path"], "seed": run["seed"], "step": step,
            "samples": round(run["samples"] * epoch / epochs), "epoch": float(epoch),
            "split": "validation_curve", "loss": 1 - accuracy, "accuracy": accuracy,
            "train_seconds": run["train_seconds"] * epoch / epochs,
        })  # fmt: skip
    return rows


def tables_of(study: Study, score: Score, epochs: str = "") -> Tables:
    """All runs of a study; `epochs` names the evidence that curves over epochs lead to."""
    runs = [
        run_rows(arm.configuration, seed, score(arm, seed))
        for arm, seeds in arms_of(study).values()
        for seed in seeds
    ]
    curves = [
        row for run in runs for row in (epoch_rows(run, epochs) if epochs else curve_rows(run))
    ]
    return Tables(pd.DataFrame(runs), pd.DataFrame(curves))


def tables_of_heatmap(study: Study) -> Tables:
    """The runs of every cell of the study's grid."""
    heatmap: Heatmap = study.heatmaps[0]
    names = list(heatmap.grid)
    cells = [
        study.baseline.configure(dict(zip(names, levels, strict=True)), heatmap.budget)
        for levels in itertools.product(*heatmap.grid.values())
    ]
    rows = [
        run_rows(cell, seed, 0.7 + 0.01 * position + draws(0.002, len(SEEDS), cell.path)[seed])
        for position, cell in enumerate(cells)
        for seed in SEEDS
    ]
    return Tables(pd.DataFrame(rows), pd.DataFrame())


def timing_of(study: Study, size: float, sd: float) -> Timing:
    """A timing job in which batches of 128 are slower by `size`, in units of log 1.1."""
    arms = {}
    for arm, _ in arms_of(study).values():
        c = arm.configuration
        slower = size if c["batch_size"] == 128 else 0.0
        noise = draws(sd / math.sqrt(2), len(SEEDS), c.arm_path)
        arms[c.arm_path] = [0.001 * 1.1 ** (slower + x) for x in noise]
    return Timing(arms, {"cpu": "a processor", "cores": 2}, 1, True, 0.1, 20)


def empty_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = ["path", "seed", "status", "failed", "step", "split", "epoch"]
    return pd.DataFrame(columns=columns), pd.DataFrame(columns=columns)
