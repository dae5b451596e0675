"""Runs that were never trained: a study in a folder, and records with numbers we choose."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from hyperverdict.checks import run_checks
from hyperverdict.checks.context import CheckContext
from hyperverdict.outcomes.timing import Timing
from hyperverdict.outcomes.values import index_runs
from hyperverdict.records.collect import collect
from hyperverdict.records.tables import Tables
from hyperverdict.runs.layout import TRAINING_VERSION, RunRecord, SeedRecord
from hyperverdict.runs.write import metrics_table, write_run
from hyperverdict.study.load import load_study
from hyperverdict.study.model import Study
from hyperverdict.verdicts.judge import JudgementInputs, judge_question, judge_study
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.vocabulary.budget import samples_after, steps_per_epoch
from hyperverdict.vocabulary.configuration import Configuration

REFLECTION = """
study: reflection
data: digits
seeds: 6
baseline: {width: 256, depth: 2, batch_size: 64, optimizer: adam, learning_rate: 1e-3, budget: 300 steps}
metrics:
  accuracy: {matters_from: 0.01}
  train_time: {matters_from: 1.10x}
hypotheses:
  H1:
    says: A high batch size trains faster but updates less often, so accuracy is lower.
    compare: {batch_size: {from: 4, to: 128}}
    expect: {train_time: lower, accuracy: lower}
    at_equal: [300 steps, 38400 samples]
    because: updates
    saw: {accuracy: {from: 0.51, to: 0.78}}
  H4:
    says: A low batch size trains faster but updates less often, so accuracy is lower.
    compare: {batch_size: {from: 128, to: 4}}
    expect: {train_time: lower, accuracy: lower}
    at_equal: [300 steps, 38400 samples]
    because: updates
    saw: {accuracy: {from: 0.78, to: 0.51}}
  H5:
    says: One more layer gives higher accuracy.
    compare: {depth: {from: 2, to: 3}}
    expect: {accuracy: higher}
    at_equal: [300 steps]
    saw: {accuracy: {to: 0.77}}
  wide:
    says: Every doubling of width helps.
    trend: {width: [16, 64, 256, 1024]}
    shape: every_step
    expect: {accuracy: higher}
"""

# A claim to judge where what matters is not what is claimed.
DEPTH = "compare: {depth: {from: 2, to: 3}}"

TEST_SIZE = 360
Score = Callable[[Configuration, int], float]


def study_from(text: str, folder: Path) -> Study:
    file = folder / "study.yaml"
    file.write_text(text)
    return load_study(file)


def accuracies(configuration: Configuration, seed: int) -> float:
    """Batch 128 ahead by 27 points at 300 steps, no effect of depth, a little of width."""
    batch, layers = configuration["batch_size"], configuration["hidden_units"]
    noise = np.random.default_rng([seed, batch, len(layers)])
    base = 0.78 if batch > 4 or configuration.budget.amount > 300 else 0.51
    width = math.log2(layers[0] / 256)
    return round(base + 0.004 * width + float(noise.normal(0, 0.002)), 4)


def evaluations(
    configuration: Configuration, steps: int, final: float, points: int = 12
) -> list[dict[str, Any]]:
    """A curve that rises to `final` and is flat in its last half."""
    size, batch = configuration.train_size, configuration["batch_size"]
    rows = []
    for step in sorted({max(1, round(steps * i / points)) for i in range(1, points + 1)}):
        share = min(1.0, 2 * step / steps)
        accuracy = final * (0.5 + 0.5 * share)
        samples = samples_after(step, batch, size)
        for split, worse in (("train", 0.0), ("validation_curve", 0.001)):
            rows.append(
                {
                    "step": step,
                    "samples": samples,
                    "epoch": step / steps_per_epoch(batch, size),
                    "split": split,
                    "loss": 1.2 - accuracy + worse,
                    "accuracy": accuracy - worse,
                    "train_seconds": 0.001 * step,
                }
            )
    last = rows[-1]
    rows += [{**last, "split": split, "accuracy": final} for split in ("validation", "test")]
    return rows


def correct_bits(accuracy: float, size: int, seed: int) -> bytes:
    """The first images right, so that pairs of runs agree as real ones do."""
    right = np.zeros(size, dtype=bool)
    right[: round(accuracy * size)] = True
    return np.packbits(np.roll(right, seed)).tobytes()


def write_synthetic(
    configuration: Configuration,
    seeds: Iterable[int],
    runs: Path,
    score: Score = accuracies,
    failed: Iterable[int] = (),
    checksum: str = "abc",
    commit: str = "c0ffee",
) -> None:
    """A run's folder; `failed` seeds diverged halfway."""
    seeds, failed = list(seeds), set(failed)
    steps = configuration.budget.amount
    test_size = TEST_SIZE
    rows = []
    for seed in seeds:
        value = score(configuration, seed)
        found = evaluations(configuration, steps, value)
        if seed in failed:
            found = [r for r in found if r["split"] in ("train", "validation_curve")][
                : len(found) // 2
            ]
        for row in found:
            bits = correct_bits(value, test_size, seed) if row["split"] == "test" else None
            rows.append({"seed": seed, **row, "correct": bits})
    ends = {
        str(seed): SeedRecord(
            "diverged" if seed in failed else "finished",
            steps // 2 if seed in failed else steps,
            0.001 * steps,
            0,
            "loss is nan" if seed in failed else "",
        )
        for seed in seeds
    }
    record = RunRecord(
        path=configuration.path,
        configuration=configuration.settings(),
        data_checksum=checksum,
        training_version=TRAINING_VERSION,
        steps=steps,
        parameters=sum(configuration["hidden_units"]) * 100,
        flops_per_sample=sum(configuration["hidden_units"]) * 200,
        train_size=configuration.train_size,
        test_size=test_size,
        seeds=ends,
        sessions=[
            {
                "commit": commit,
                "device": "cpu",
                "threads": 1,
                "hostname": "node",
                "wall_seconds": 0.001 * steps * len(seeds),
                "started": "2026-01-01T00:00:00+00:00",
                "ended": "2026-01-01T00:00:01+00:00",
            }
        ],
    )
    write_run(runs / configuration.path, [metrics_table(rows)], record)


def all_arms(study: Study) -> dict[str, tuple[Configuration, tuple[int, ...]]]:
    """path -> (configuration, seeds) of every arm of a study."""
    found: dict[str, tuple[Configuration, tuple[int, ...]]] = {}
    for hypothesis in study.hypotheses:
        for budget in hypothesis.budgets:
            for arm in study.claimed_arms(hypothesis, budget):
                path = arm.configuration.path
                seeds = found.get(path, (None, ()))[1]
                found[path] = (arm.configuration, tuple(sorted({*seeds, *hypothesis.seeds})))
    return found


def run_all(study: Study, runs: Path, score: Score = accuracies) -> Tables:
    """Write every run of the study and collect them."""
    arms = all_arms(study)
    for configuration, seeds in arms.values():
        write_synthetic(configuration, seeds, runs, score)
    return collect((configuration for configuration, _ in arms.values()), runs)


def timing_of_arms(study: Study, per_step: Callable[[Configuration], float]) -> Timing:
    """One timing job over all arms, with a little jitter."""
    arms = {
        configuration.arm_path: [per_step(configuration) * (1 + 0.01 * (r % 3)) for r in range(6)]
        for configuration, _ in all_arms(study).values()
    }
    return Timing(arms, {"cpu": "a processor", "cores": 2}, 1, True, 0.1, 20)


def batch_cost(configuration: Configuration) -> float:
    """Seconds per step: 0.8 ms at batch 4, 2 ms at batch 128."""
    return 0.0008 + 0.0012 * (configuration["batch_size"] - 4) / 124


def judged(study: Study, runs: Path, score: Score = accuracies) -> StudyReport:
    tables = run_all(study, runs, score)
    return judge_study(study, tables.final, tables.curves, [timing_of_arms(study, batch_cost)])


def context_of(
    study: Study, tables: Tables, id_: str, budget: int = 0, timings: Iterable[Timing] = ()
) -> CheckContext:
    """The context of one hypothesis at the budget of this position."""
    hypothesis = next(h for h in study.hypotheses if h.id == id_)
    inputs = JudgementInputs(study, index_runs(tables.final, tables.curves, timings))
    return judge_question(inputs, hypothesis, hypothesis.budgets[budget]).context


def levels_fired(context: CheckContext) -> dict[str, str]:
    """Check id -> level of all checks that fire."""
    return {check.id: check.level for check in run_checks(context) if check.fired}


# One hypothesis of every claim type.
ALL = """
study: everything
data: digits
seeds: 6
metrics: {accuracy: {matters_from: 0.01}, train_time: {matters_from: 1.10x}}
hypotheses:
  count:
    says: Combinations grow exponentially.
    combinations: {width: 5, depth: 4}
    grows: exponentially
  H1:
    says: Larger batches are faster and less accurate.
    compare: {batch_size: {from: 4, to: 128}}
    expect: {train_time: lower, accuracy: lower}
    at_equal: [300 steps, 2 epochs, 5 seconds]
    because: updates
    primary: true
  trend:
    says: Width helps.
    trend: {width: [16, 64, 256, 1024]}
    shape: on_average
    expect: {accuracy: higher}
  always:
    says: Wider and deeper is always better.
    all_of:
      - {trend: {width: [16, 64, 256]}, in_every: {depth: [1, 2, 3]}}
      - {trend: {depth: [1, 2, 3]}, in_every: {width: [16, 64, 256]}}
    shape: every_step
    expect: {accuracy: higher}
  together:
    says: Depth pays only with width.
    compare: {depth: {from: 2, to: 3}}
    depends_on: {width: {from: 64, to: 256}}
    expect: {accuracy: {is: higher, matters_from: 0.01}}
  only:
    says: Depth helps only with small batches.
    compare: {depth: {from: 2, to: 3}}
    only_in: {batch_size: {yes: [32], no: [128]}}
    expect: {accuracy: higher}
  importance:
    says: Batch size matters more than width.
    matters_more: {these: {batch_size: [4, 64]}, than: {width: [64, 256]}}
    expect: {accuracy: {share_of_variance: higher}}
  epochs:
    says: Every epoch gives a slight improvement, but takes time.
    each: {epoch: 1..4}
    expect: {accuracy: {higher_by: [0, 0.5]}, train_time: higher}
  search:
    says: Random search beats the grid.
    search: random
    than: grid
    over: {width: [16, 64, 256], depth: [1, 2, 3]}
    trials: 4
    expect: {accuracy: higher}
  best:
    says: 64 is the best batch size.
    best: {batch_size: [4, 16, 64, 128]}
    is: [64]
    expect: {accuracy: higher}
"""

ONE = """
study: one
data: {data}
seeds: {seeds}
baseline: {{model: "{model}", batch_size: 64, budget: 300 steps}}
metrics: {{accuracy: {{matters_from: 0.01}}}}
hypotheses:
  H:
    says: Something helps.
    {claim}
    expect: {{{expect}}}
    at_equal: {at_equal}
    {more}
"""


def one_claim(
    folder: Path,
    claim: str = "compare: {batch_size: {from: 32, to: 64}}",
    expect: str = "accuracy: higher",
    at_equal: str = "[300 steps]",
    seeds: int = 6,
    more: str = "",
    data: str = "digits",
    model: str = "mlp",
) -> Study:
    """A study of one hypothesis H; without `at_equal` where that is ""."""
    text = ONE.format(
        claim=claim,
        expect=expect,
        at_equal=at_equal,
        seeds=seeds,
        more=more,
        data=data,
        model=model,
    )
    return study_from(text.replace("    at_equal: \n", ""), folder)
