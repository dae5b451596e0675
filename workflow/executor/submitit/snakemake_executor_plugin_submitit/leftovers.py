"""What a killed Snakemake left: finished results, and live tasks to re-attach."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snakemake_executor_plugin_submitit_jobstep.ledger import (
    FINAL_EVENTS,
    last_events,
    outputs_state,
    read_ledger,
)

from . import slurm
from .live import LiveTask
from .slurm import TaskState
from .store import Batch, Run
from .task import Target, read_task

CANCEL_WAIT_SECONDS = 60


@dataclass
class Finished:
    """A job that an earlier run has finished."""

    fingerprint: str
    outputs: Mapping[str, list[int]]


@dataclass
class Leftovers:
    """All that can be recovered."""

    finished: dict[str, Finished] = field(default_factory=dict)
    live: list[LiveTask] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def is_finished(self, target: Target) -> bool:
        """Whether this job is finished, was the same job, and its outputs are untouched."""
        found = self.finished.get(target.key)
        if found is None or found.fingerprint != target.fingerprint:
            return False
        return bool(target.outputs) and found.outputs == outputs_state(target.outputs)


def job_of_comment(states: Mapping[str, TaskState], comment: str) -> str | None:
    """The array that was submitted with this comment."""
    for task, state in states.items():
        if state.comment == comment:
            return slurm.array_base(task)
    return None


def cancel_unrecorded(batch: Batch, states: Mapping[str, TaskState]) -> None:
    """Cancel an array whose submission the killed Snakemake did not complete, and wait for it."""
    job = job_of_comment(states, batch.comment)
    if job is None:
        return
    slurm.cancel([job])
    deadline = time.monotonic() + CANCEL_WAIT_SECONDS
    while time.monotonic() < deadline:
        left = [state for task, state in slurm.queue().items() if slurm.array_base(task) == job]
        if all(state.ended for state in left):
            return
        time.sleep(0.5)


def log_path(run: Run, task_id: str) -> Path:
    """Where submitit puts the task's output."""
    return run.logs.absolute() / f"{task_id}_0_log.out"


def _take_task(
    run: Run, batch: Batch, index: int, states: Mapping[str, TaskState], into: Leftovers
) -> None:
    try:
        task = read_task(run.task_path(batch.tasks[index]))
    except (OSError, ValueError, TypeError):
        return
    last = last_events(read_ledger(Path(task.ledger)))
    for target in task.targets:
        entry: Mapping[str, Any] = last.get(target.key, {})
        if entry.get("event") == "done":
            into.finished[target.key] = Finished(target.fingerprint, entry.get("outputs", {}))
    if batch.job is None:
        return
    task_id = batch.task_id(index)
    state = states.get(task_id)
    if state is not None and not state.ended:
        live = LiveTask(task_id, task, log_path(run, task_id))
        live.set_state(state, time.monotonic())
        live.read()
        into.live.append(live)


def _silent_states(runs: list[Run], states: Mapping[str, TaskState]) -> dict[str, TaskState]:
    """What is known of tasks that the queue's list lacks: of the controller by name, else sacct."""
    silent = [
        batch.task_id(index)
        for run in runs
        for batch in run.batches
        if batch.job is not None
        for index, name in enumerate(batch.tasks)
        if batch.task_id(index) not in states and _is_unfinished(run.task_path(name))
    ]
    found = slurm.still_known(silent)
    rest = [task for task in silent if task not in found]
    with contextlib.suppress(slurm.SlurmUnavailableError):
        accounts = slurm.accounting(rest)
        found |= {task: accounts[task] for task in rest if task in accounts}
    return found


def _is_unfinished(task_file: Path) -> bool:
    """Whether the ledger of a task lacks the end of any of its jobs."""
    try:
        task = read_task(task_file)
    except (OSError, ValueError, TypeError):
        return False
    last = last_events(read_ledger(Path(task.ledger)))
    return any(last.get(t.key, {}).get("event") not in FINAL_EVENTS for t in task.targets)


def leftovers_of(runs: list[Run]) -> Leftovers:
    """Look through the runs that were not closed; raises SlurmUnavailableError."""
    leftovers = Leftovers(runs=runs)
    if not runs:
        return leftovers
    states = slurm.queue()
    states |= _silent_states(runs, states)
    for run in runs:
        for batch in run.batches:
            if batch.job is None:
                cancel_unrecorded(batch, states)
            for index in range(len(batch.tasks)):
                _take_task(run, batch, index, states, leftovers)
    return leftovers
