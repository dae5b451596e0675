"""Timing jobs: seconds per step of arms that ran in turn on one machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.runs.sealed import read_json


@dataclass(frozen=True)
class Timing:
    """What one timing job measured.

    Attributes:
        arms: arm path (a configuration's path without its budget) -> seconds per step, one per
            repeat; repeats of one index ran one after the other.
        exclusive: nothing else of ours ran beside it; None when not recorded.
        load: the machine's one-minute load average before the job, per core; None when unknown.
        merged: put together from several jobs, so that nothing pairs the arms.
        cpu_share: share of its processor that a job on a CPU got; None when unknown.
        start_up: of whole trainings of the user's own: "taken off", "included", or "reported" where
            the times are those that the program itself reports; "" for steps of our own.
        code: checksum of the user's training that was timed; "" for our own loop.
        codes: arm path -> checksum of the user's model and data function that our loop was timed
            with; absent for arms that are ours altogether.
    """

    arms: Mapping[str, Sequence[float]]
    hardware: Mapping[str, Any] = field(default_factory=dict)
    threads: int | None = None
    exclusive: bool | None = None
    load: float | None = None
    warmup_steps: int | None = None
    merged: bool = False
    cpu_share: float | None = None
    start_up: str = ""
    code: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)

    def code_of(self, arm_path: str) -> str:
        """The checksum of the user's code with which an arm was timed; "" where nothing says it."""
        return self.codes.get(arm_path, self.code)

    def seconds_per_step(self, arm_path: str) -> Sequence[float]:
        """Seconds per step of one arm, one per repeat; empty when it was not timed."""
        return self.arms.get(arm_path, ())


def read_timing(file: Path) -> Timing:
    """Read one timing.json; UserError names a file that is broken."""
    try:
        return timing_from(read_json(file))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{file} is not a timing table ({error}); delete it, and it is measured again"
        ) from None


def timing_from(raw: Mapping[str, Any]) -> Timing:
    """A Timing from the content of timing.json; KeyError, TypeError or ValueError else."""
    arms = {
        str(path): tuple(float(second) for second in seconds)
        for path, seconds in raw["arms"].items()
    }
    if any(not second > 0 for seconds in arms.values() for second in seconds):
        raise ValueError("seconds per step must be above 0")
    hardware = dict(raw.get("hardware") or {})
    return Timing(
        arms=arms,
        hardware=hardware,
        threads=raw.get("threads"),
        exclusive=raw.get("exclusive"),
        load=_load_per_core(raw),
        cpu_share=None if "cuda" in str(raw.get("device")) else raw.get("cpu_share"),
        warmup_steps=raw.get("warmup_steps"),
        start_up=str(raw.get("start_up") or ""),
        code=str(raw.get("code_checksum") or ""),
        codes=dict(raw.get("code_checksums") or {}),
    )


def _load_per_core(raw: Mapping[str, Any]) -> float | None:
    load = raw.get("load_before", raw.get("load"))
    if isinstance(load, (list, tuple)):
        load = load[0] if load else None
    cores = (raw.get("hardware") or {}).get("cores") or raw.get("cores")
    return float(load) / float(cores) if load is not None and cores else None


def timing_of(arm_paths: Iterable[str], timings: Iterable[Timing]) -> Timing | None:
    """The timing job that measured all these arms, else what several hold of them, else None."""
    wanted = tuple(dict.fromkeys(arm_paths))
    timings = tuple(timings)
    for timing in timings:
        if all(path in timing.arms for path in wanted):
            return timing
    parts = {
        path: timing.arms[path] for timing in timings for path in wanted if path in timing.arms
    }
    return Timing(parts, merged=True) if parts else None
