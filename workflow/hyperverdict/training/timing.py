"""Seconds per step: of one configuration, for budgets in seconds; of a contrast, for time claims.

Evaluation and warm-up are never counted. The arms of a contrast are measured in turn (A B A B), so
that a slow moment of the machine meets all of them.
"""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperverdict.errors import UserError
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.layout import TRAINING_VERSION
from hyperverdict.runs.sealed import json_bytes, read_json
from hyperverdict.training import provenance
from hyperverdict.training.code import code_checksum_of
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Configuration

if TYPE_CHECKING:
    from hyperverdict.training.loop import SeedRun

DEFAULT_REPEATS = 5

# A block is long enough for the clock and short enough to interleave.
_BLOCK_SECONDS, _MINIMUM_BLOCK_STEPS = 0.15, 5
_WARM_UP_SECONDS, _MINIMUM_WARM_UP_STEPS = 0.15, 10
# Never reached: timed runs have no end, and nothing is evaluated.
_ENDLESS_STEPS = 10**9
_SEED = 0
# Devices differ by factors; arms by percents.
_DEVICE_REPEATS = 2


def steps_for_seconds(configuration: Configuration, timing: Path | None, device: str) -> int:
    """Steps that a budget in seconds buys on a device: to 2 significant digits, at least 1.

    Raises UserError when the timing is missing, unreadable, another configuration's or another
    device's.
    """
    budget = configuration.budget
    if timing is None:
        raise UserError(f"a budget of {budget} needs a timing.json, and none was given")
    try:
        content = read_json(timing)
        arm_path, seconds_per_step = content["arm_path"], float(content["seconds_per_step"])
        timed_on = content.get("device", device)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"timing {timing} is missing or unreadable ({error}); delete it and run again"
        ) from error
    if arm_path != configuration.arm_path:
        raise UserError(f"timing {timing} is of {arm_path}, expected {configuration.arm_path}")
    if timed_on != device:
        raise UserError(
            f"timing {timing} was measured on the {timed_on}, and this job trains on the {device}; "
            f"delete it to measure on the {device}"
        )
    if not (math.isfinite(seconds_per_step) and seconds_per_step > 0):
        raise UserError(f"timing {timing}: seconds_per_step is {seconds_per_step}, must be above 0")
    return max(1, two_significant_digits(budget.amount / seconds_per_step))


def two_significant_digits(value: float) -> int:
    """A positive number rounded to 2 significant digits and to a whole number."""
    return round(float(f"{value:.1e}"))


def time_configuration(
    configuration: Configuration,
    prepared: Path,
    out: Path,
    *,
    repeats: int = DEFAULT_REPEATS,
    device: str = "cpu",
) -> dict[str, Any]:
    """Measure one configuration; writes ``{"arm_path", "seconds_per_step" (the median), ...}``.

    Args:
        prepared: the folder of the configuration's prepared data.
    """
    measured = _measure([configuration], {configuration.prepared: prepared}, repeats, device)
    repeats_seconds = measured.pop("arms")[configuration.arm_path]
    content = {
        "arm_path": configuration.arm_path,
        "seconds_per_step": statistics.median(repeats_seconds),
        "repeats": repeats_seconds,
        **measured,
    }
    return _write(out, content)


def time_contrast(
    configurations: Sequence[Configuration],
    repeats: int,
    out: Path,
    prepared: Mapping[str, Path],
    *,
    device: str = "cpu",
    exclusive: bool,
) -> dict[str, Any]:
    """Measure the arms in turn; writes ``{"arms": {arm_path: [seconds per step]}, ...}``.

    Args:
        repeats: blocks per arm.
        prepared: name of a prepared copy -> its folder.
        exclusive: whether the job was given the machine for itself, as the rule asks; what ran
            beside it all the same shows in the load and in `cpu_share`.
    """
    content = _measure(configurations, prepared, repeats, device)
    return _write(out, {**content, "exclusive": exclusive})


def seconds_on(
    device: str, configurations: Sequence[Configuration], prepared: Mapping[str, Path]
) -> tuple[float, ...]:
    """Seconds per step of configurations on a device; empty where torch cannot use it."""
    measured = _measure(configurations, prepared, _DEVICE_REPEATS, device)
    if measured["device"] != device:
        return ()
    return tuple(statistics.median(measured["arms"][c.arm_path]) for c in configurations)


def _write(out: Path, content: dict[str, Any]) -> dict[str, Any]:
    write_atomic(out, json_bytes(content))
    return content


def _measure(
    configurations: Sequence[Configuration], prepared: Mapping[str, Path], repeats: int, device: str
) -> dict[str, Any]:
    from hyperverdict.training.dataset import load_for
    from hyperverdict.training.loop import SeedRun, set_up_torch

    chosen = provenance.choose_device(device)
    set_up_torch(chosen)
    started, load_before = provenance.now(), os.getloadavg()
    arms = {configuration.arm_path: configuration for configuration in configurations}
    runs = {}
    for path, configuration in arms.items():
        data = load_for(configuration, prepared[configuration.prepared]).to(chosen)
        endless = replace(configuration, budget=Budget("steps", _ENDLESS_STEPS))
        runs[path] = SeedRun(endless, _SEED, data, _ENDLESS_STEPS, chosen)
    warm_up = {path: _warm_up(run, chosen) for path, run in runs.items()}
    block = {path: _block_steps(seconds) for path, (_, seconds) in warm_up.items()}
    cpu_before, wall_before = time.process_time(), time.perf_counter()
    times: dict[str, list[float]] = {path: [] for path in runs}
    for _ in range(repeats):
        for path, run in runs.items():
            times[path].append(_seconds_per_step(run, block[path], chosen))
    codes = {path: code_checksum_of(configuration) for path, configuration in arms.items()}
    return {
        "arms": times,
        "code_checksums": {path: code for path, code in codes.items() if code},
        "hardware": provenance.hardware(chosen),
        "device": chosen,
        "threads": 1,
        "warmup_steps": min(steps for steps, _ in warm_up.values()),
        "steps_per_block": block,
        "load_before": load_before,
        "load_after": os.getloadavg(),
        "cpu_share": round(
            (time.process_time() - cpu_before) / (time.perf_counter() - wall_before), 3
        ),
        "implementation": {
            **provenance.versions(),
            **provenance.code_state(),
            "training_version": TRAINING_VERSION,
        },
        "started": started,
        "ended": provenance.now(),
    }


def _warm_up(run: SeedRun, device: str) -> tuple[int, float]:
    """Steps taken, and seconds per step of the last of them (the first ones are slow)."""
    _seconds_per_step(run, _MINIMUM_WARM_UP_STEPS, device)
    seconds = _seconds_per_step(run, _MINIMUM_WARM_UP_STEPS, device)
    further = math.ceil(_WARM_UP_SECONDS / seconds)
    return 2 * _MINIMUM_WARM_UP_STEPS + further, _seconds_per_step(run, further, device)


def _block_steps(seconds_per_step: float) -> int:
    return max(_MINIMUM_BLOCK_STEPS, math.ceil(_BLOCK_SECONDS / seconds_per_step))


def _seconds_per_step(run: SeedRun, steps: int, device: str) -> float:
    from hyperverdict.training.loop import DivergedError

    _wait(device)
    started = time.perf_counter()
    for _ in range(steps):
        # A diverged step costs what any step costs.
        with contextlib.suppress(DivergedError):
            run.take_step()
    _wait(device)
    return (time.perf_counter() - started) / steps


def _wait(device: str) -> None:
    if device != "cpu":
        import torch

        torch.cuda.synchronize()
