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
    LedgerReader,
    damage_of,
    last_events,
    outputs_state,
    read_ledger,
)

from . import slurm
from .live import LiveTask
from .slurm import TaskState
from .store import Batch, Run, batch_of_comment, is_unique
from .task import Target, Task, read_own, read_task, write_task
from .unfollowed import Unfollowed, in_queue

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
    unfollowed: Unfollowed = field(default_factory=Unfollowed)
    # What was damaged, and what became of it.
    notes: list[str] = field(default_factory=list)

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


def cancel_unrecorded(batch: Batch, states: Mapping[str, TaskState]) -> bool:
    """Cancel an array whose submission the killed Snakemake did not complete, and wait for it.

    Returns whether it is gone.
    """
    job = job_of_comment(states, batch.comment)
    if job is None:
        return True
    slurm.cancel([job])
    deadline = time.monotonic() + CANCEL_WAIT_SECONDS
    while time.monotonic() < deadline:
        left = [state for task, state in slurm.queue().items() if slurm.array_base(task) == job]
        if all(state.ended for state in left):
            return True
        time.sleep(0.5)
    return False


def log_path(run: Run, task_id: str) -> Path:
    """Where submitit puts the task's output."""
    return run.logs.absolute() / f"{task_id}_0_log.out"


def _find_job(run: Run, batch: Batch, states: Mapping[str, TaskState], into: Leftovers) -> None:
    """Which of SLURM's jobs a batch is, by its comment where its file does not say.

    One whose submission was interrupted is cancelled.
    """
    job = job_of_comment(states, batch.comment)
    if job is None or job == batch.job:
        return
    ids = [task for task in states if slurm.array_base(task) == job]
    if not is_unique(batch.comment):
        _leave_alone(ids, batch, states, into)
    elif all(submitted_path(run, task).exists() for task in ids):
        indices = [task.partition("_")[2] for task in ids]
        batch.job, batch.is_array = job, any(indices)
        batch.has_tasks(max((int(index) for index in indices if index.isdigit()), default=0) + 1)
        into.notes.append(f"SLURM job {job} is found by its comment; {batch.path} did not name it")
        with contextlib.suppress(OSError):
            batch.save()
    elif not cancel_unrecorded(batch, states):
        _leave_alone(ids, batch, states, into)


def _leave_alone(
    ids: list[str], batch: Batch, states: Mapping[str, TaskState], into: Leftovers
) -> None:
    """No job is started beside these tasks as long as they are in the queue."""
    alive = [task for task in ids if in_queue(states, task)]
    into.unfollowed.tasks |= dict.fromkeys(alive, batch.path)


def submitted_path(run: Run, task_id: str) -> Path:
    """What submitit leaves for a task once its submission is complete."""
    return run.logs.absolute() / f"{task_id}_submitted.pkl"


def _take_task(
    run: Run, batch: Batch, index: int, states: Mapping[str, TaskState], into: Leftovers
) -> None:
    path = run.task_path(batch.tasks[index])
    task_id = batch.task_id(index) if batch.job is not None else ""
    alive = in_queue(states, task_id)
    try:
        task = read_task(path)
    except ValueError:
        if alive:
            into.unfollowed.tasks[task_id] = path
        return
    reader = LedgerReader(Path(task.ledger))
    last = last_events(reader.new_entries())
    damage = damage_of(reader.path, reader.damaged)
    if damage is not None:
        into.notes.append(damage)
    for target in task.targets:
        entry: Mapping[str, Any] = last.get(target.key, {})
        if entry.get("event") == "done":
            into.finished[target.key] = Finished(target.fingerprint, entry.get("outputs", {}))
    if alive:
        _restore(path, task, into)
        live = LiveTask(task_id, task, log_path(run, task_id))
        live.set_state(states[task_id], time.monotonic())
        live.read()
        into.live.append(live)


def _restore(path: Path, task: Task, into: Leftovers) -> None:
    """Write the file of a task anew where it is damaged: the node reads it at the next start."""
    try:
        read_own(path)
    except (OSError, ValueError):
        into.notes.append(f"{path} was damaged or gone; it is restored from its copy")
        with contextlib.suppress(OSError):
            write_task(path, task)


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
    """Whether nothing proves that all jobs of a task have ended."""
    try:
        task = read_task(task_file)
    except ValueError:
        return True
    last = last_events(read_ledger(Path(task.ledger)))
    return any(last.get(t.key, {}).get("event") not in FINAL_EVENTS for t in task.targets)


def _strays(runs: list[Run], states: Mapping[str, TaskState]) -> dict[str, Path]:
    """Tasks in the queue that belong to a batch of which a run has no file at all."""
    by_name = {run.folder.name: run for run in runs}
    found = {}
    for task, state in states.items():
        name, number = batch_of_comment(state.comment) or ("", 0)
        run = by_name.get(name)
        if run is None or state.ended:
            continue
        if str(number) not in {batch.number for batch in run.batches}:
            found[task] = run.folder / f"batch-{number}.json"
    return found


def leftovers_of(runs: list[Run]) -> Leftovers:
    """Look through the runs that were not closed; raises SlurmUnavailableError."""
    leftovers = Leftovers(runs=runs)
    if not runs:
        return leftovers
    states = slurm.queue()
    leftovers.unfollowed.tasks |= _strays(runs, states)
    for run in runs:
        for batch in run.batches:
            _find_job(run, batch, states, leftovers)
    states |= _silent_states(runs, states)
    for run in runs:
        for batch in run.batches:
            for index in range(len(batch.tasks)):
                _take_task(run, batch, index, states, leftovers)
    return leftovers
