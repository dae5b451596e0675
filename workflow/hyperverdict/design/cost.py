"""What a plan costs: seconds per step from timings or earlier runs, else a stated estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

from hyperverdict.design.plan import PlannedTiming
from hyperverdict.design.state import RunState
from hyperverdict.runs.sealed import read_json
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.hyperparameters import CONVOLUTIONAL, MODELS
from hyperverdict.vocabulary.networks import network_size

Source = Literal["timing table", "earlier runs", "estimate", "unknown"]

# One CPU core of 2020s server hardware, single precision, fused Adam; from the two measured points
# of an MLP 784-256-256-10: 0.8 ms a step at batch 4, 2.0 ms at batch 128.
OVERHEAD_SECONDS_PER_STEP = 5e-4
UPDATE_SECONDS_PER_PARAMETER = 1e-9
FLOPS_PER_SECOND = 1.5e11
# The same for convolutions of 3 x 3 pixels: 1e10 to 4e10 FLOPs a second, the more channels the
# more; from cnn on images of 8, 28 and 32 pixels at batches of 4 to 128, and resnet18 on CIFAR-10.
CONVOLUTION_OVERHEAD_SECONDS_PER_STEP = 1e-3
CONVOLUTION_FLOPS_PER_SECOND = 2.5e10
# Each change of an image of 28 pixels; trivial_augment takes one image after another.
AUGMENTATION_SECONDS_PER_IMAGE = {"flip": 5e-6, "crop": 2e-5, "trivial_augment": 3e-4}
UNKNOWN_SHAPE = (1, 28, 28)
# Loading torch and the data, and the final evaluation.
START_SECONDS_PER_JOB = 5.0
EVALUATION_SHARE = 0.1
TIMING_SECONDS_PER_BLOCK = 0.25


@dataclass(frozen=True)
class Cost:
    """Seconds of one core (or one GPU's worth of jobs), and where the figure comes from."""

    seconds: float
    source: Source


def _size(configuration: Configuration) -> tuple[int, int]:
    """Parameters and FLOPs of one image's forward pass; a guess for networks or data of one's own.

    The guess is a multilayer perceptron on images of MNIST's size.
    """
    facts = configuration.data_facts
    shape = facts.shape if facts else UNKNOWN_SHAPE
    classes = len(configuration["classes"]) or (len(facts.class_counts) if facts else 10)
    if configuration["model"] in MODELS:
        return network_size(configuration, shape, classes)
    return network_size({**dict(configuration.levels), "model": "mlp"}, shape, classes)


def estimated_seconds_per_step(configuration: Configuration) -> float:
    """Stated estimate for one CPU core: overhead + optimizer + forward and backward passes.

    The passes cost 6 FLOPs a parameter and image in a perceptron, three forward passes in a
    convolutional network. Augmentation comes on top.
    """
    (parameters, forward), batch_size = _size(configuration), int(configuration["batch_size"])
    changes = (AUGMENTATION_SECONDS_PER_IMAGE[name] for name in configuration["augmentation"])
    update = UPDATE_SECONDS_PER_PARAMETER * parameters + batch_size * sum(changes)
    if configuration["model"] in CONVOLUTIONAL:
        passes = 3 * forward * batch_size / CONVOLUTION_FLOPS_PER_SECOND
        return CONVOLUTION_OVERHEAD_SECONDS_PER_STEP + update + passes
    return OVERHEAD_SECONDS_PER_STEP + update + 6 * parameters * batch_size / FLOPS_PER_SECOND


def _final_evaluation_seconds(configuration: Configuration) -> float:
    """One pass over the validation and test images, where it is not in `START_SECONDS_PER_JOB`."""
    facts = configuration.data_facts
    if configuration["model"] not in CONVOLUTIONAL or facts is None:
        return 0.0
    _, validation, test = facts.sizes(configuration["classes"])
    return (validation + test) * _size(configuration)[1] / CONVOLUTION_FLOPS_PER_SECOND


def timed_seconds_per_step(timings: Path) -> dict[str, float]:
    """Seconds per step by arm path, from all timings on disk; configurations' own win."""
    found: dict[str, float] = {}
    for file in sorted(timings.glob("contrasts/*/timing.json")):
        arms = _read(file).get("arms", {})
        found |= {path: median(blocks) for path, blocks in arms.items() if blocks}
    for file in sorted(timings.glob("configurations/**/timing.json")):
        entry = _read(file)
        if "arm_path" in entry:
            found[str(entry["arm_path"])] = float(entry["seconds_per_step"])
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        return read_json(file)
    except (OSError, ValueError):
        return {}


def run_cost(state: RunState, timed: Mapping[str, float]) -> Cost:
    """What the missing seeds of one run will cost, a start of Python and torch included."""
    if not state.untrained:
        return Cost(0.0, "earlier runs")
    per_seed, source = _seconds_per_seed(state, timed)
    if source == "unknown":
        return Cost(0.0, source)
    start = START_SECONDS_PER_JOB if state.run.configuration.vocabulary.ours else 0.0
    return Cost(start + _of_seeds(state, per_seed), source)


def timing_seconds(timing: PlannedTiming, states: Mapping[str, RunState]) -> float | None:
    """What timing whole trainings takes, as earlier runs of its arms took; None where one has none.

    Each training comes with one of a single unit, by which start-up is known.
    """
    total = 0.0
    for configuration in timing.configurations:
        state = states.get(f"runs/{configuration.path}")
        if state is None or not state.train_seconds:
            return None
        share = 1 + 1 / configuration.budget.amount
        total += timing.repeats * share * median(state.train_seconds.values())
    return total


def estimated_seconds(state: RunState) -> float:
    """What training the missing seeds of one run takes by the stated estimate, measuring nothing.

    One basis for all runs, so that what they took in fact corrects it. 0 where it would be a guess:
    a network or data of the user's own.
    """
    configuration = state.run.configuration
    if not configuration.vocabulary.ours:
        return 0.0
    facts = configuration.data_facts
    known = configuration["model"] in MODELS and facts is not None
    if not known and configuration.budget.kind != "seconds":
        return 0.0
    return _of_seeds(state, _estimated_seconds_per_seed(configuration))


def _of_seeds(state: RunState, seconds_per_seed: float) -> float:
    return len(state.untrained) * seconds_per_seed * (1 + EVALUATION_SHARE)


def _estimated_seconds_per_seed(configuration: Configuration) -> float:
    if configuration.budget.kind == "seconds":
        return configuration.budget.amount
    training = configuration.budget.amount * estimated_seconds_per_step(configuration)
    return training + _final_evaluation_seconds(configuration)


def _seconds_per_seed(state: RunState, timed: Mapping[str, float]) -> tuple[float, Source]:
    configuration = state.run.configuration
    if not configuration.vocabulary.ours:
        if state.train_seconds:
            return median(state.train_seconds.values()), "earlier runs"
        return 0.0, "unknown"
    if configuration.budget.kind != "seconds":
        if state.train_seconds:
            return median(state.train_seconds.values()), "earlier runs"
        if configuration.arm_path in timed:
            return configuration.budget.amount * timed[configuration.arm_path], "timing table"
    return _estimated_seconds_per_seed(configuration), "estimate"
