"""What of a plan is already there, and what a run would therefore train."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hyperverdict.design.plan import Plan, PlannedRun
from hyperverdict.runs.layout import METRICS_FILE, RECORD_FILE, read_record


@dataclass(frozen=True)
class RunState:
    """The state of one planned run.

    Attributes:
        recorded: seeds with an outcome on disk, whatever study wanted them.
        missing: seeds that this study wants and that have none.
        unsound: why files that exist cannot be used, or "".
        train_seconds: recorded seconds of training per finished seed.
    """

    run: PlannedRun
    recorded: tuple[int, ...]
    missing: tuple[int, ...]
    unsound: str = ""
    train_seconds: Mapping[int, float] | None = None


def run_state(run: PlannedRun, results: Path) -> RunState:
    """Look at one run's folder below `results`; cheap, reads no table."""
    folder = results / run.folder
    record = read_record(folder)
    if record is None or record.path != run.configuration.path:
        present = [name for name in (METRICS_FILE, RECORD_FILE) if (folder / name).exists()]
        unsound = (
            f"{folder / present[0]}: damaged, or written by another program or version"
            if present
            else ""
        )
        return RunState(run, (), run.seeds, unsound)
    recorded = tuple(sorted(int(seed) for seed in record.seeds))
    missing = tuple(seed for seed in run.seeds if seed not in set(recorded))
    seconds = {int(s): e.train_seconds for s, e in record.seeds.items() if e.status == "finished"}
    return RunState(run, recorded, missing, "", seconds)


def plan_state(plan: Plan, results: Path) -> dict[str, RunState]:
    """The state of every planned run, by its folder below `results`."""
    return {run.folder: run_state(run, results) for run in plan.all_runs}


def seeds_after(run: PlannedRun, results: Path) -> list[int]:
    """The seeds on record once the run's job is done: those wanted and those already there.

    As a job's parameter this changes only when something new is wanted.
    """
    return sorted({*run.seeds, *run_state(run, results).recorded})


def to_force(states: Iterable[RunState], results: Path) -> list[str]:
    """Files of runs that exist but lack seeds or are unsound: Snakemake must make them again."""
    return [
        str(results / state.run.folder / METRICS_FILE)
        for state in states
        if state.missing and (state.recorded or state.unsound)
    ]
