"""Telling Snakemake, and the next attempt, what became of a job."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from . import notes
from .efficiency import Usage
from .live import LiveTask, Table, Unit
from .outcome import AGAIN_BY_HAND, Outcome, Verdict
from .store import Durations
from .task import Target


def keep_updated_outputs(job: Any, persistence: Any) -> None:
    """Let outputs flagged `update()` survive a failure.

    Snakemake on the node has restored them from their backup, and Snakemake here would delete them
    for want of one.
    """
    from snakemake.io import is_flagged

    for one in job if job.is_group() else [job]:
        for output in one.output:
            path = Path(output)
            # A backup that is left is older and better: the node never came to restore it.
            backed_up = persistence._get_backup_path(path).exists()
            if is_flagged(output, "update") and path.exists() and not backed_up:
                persistence.backup_output(path)


NODE_ADVICE = f"correct that, or exclude the node (--submitit-exclude-nodes), then {AGAIN_BY_HAND}"


def failing(unit: Unit) -> list[Target]:
    """The jobs of a unit that have failed; all of them where none is known to have."""
    known = [
        target
        for target in unit.targets
        if (outcome := unit.outcomes.get(target.key)) and outcome.verdict is Verdict.FAILED
    ]
    return known or unit.targets


def failure_message(unit: Unit, task: LiveTask | None, outcome: Outcome) -> str:
    """Which jobs failed and why, SLURM's state and node, their last lines, and what to do."""
    jobs = failing(unit)
    label = ", ".join(target.label for target in jobs)
    todo = [f"What to do: {outcome.advice}."] if outcome.advice else []
    if task is None:
        return "\n".join([f"{label}: {outcome.message}", *todo])
    state = task.state.state if task.state else "still in the queue"
    where = f"SLURM task {task.id} on node {task.node or 'unknown'}: {state}."
    if task.problem is not None:
        return "\n".join([f"{label}: {task.problem}", where, f"What to do: {NODE_ADVICE}."])
    parts = []
    for target in jobs:
        own = unit.outcomes.get(target.key, outcome)
        parts.append(f"{target.label}: {(own if own.message else outcome).message}")
        lines, log = task.lines_of(target)
        shown = os.path.relpath(log)
        parts.append(
            f"Last lines of {shown}:\n{lines}" if lines else f"Its lines, if any, are in {shown}."
        )
    parts.insert(1, where)
    if task.damage is not None:
        parts.insert(2, f"Its end may have been recorded: {task.damage}.")
    return "\n".join([*parts, *todo])


@dataclass
class Reports:
    """Reports of one run. The callables are Snakemake's."""

    table: Table
    durations: Durations
    persistence: Any
    on_submission: Callable[[SubmittedJobInfo, bool], None]
    on_success: Callable[[SubmittedJobInfo], None]
    on_error: Callable[..., None]
    usage: Usage = field(default_factory=Usage)

    def submitted(self, unit: Unit, task_id: str | None) -> None:
        """The unit is on its way; without a task it never was, or has been before."""
        # A recovered job keeps the mark that carries the time it really started.
        self.on_submission(SubmittedJobInfo(unit.job, external_jobid=task_id), task_id is not None)

    def succeeded(self, unit: Unit, task: LiveTask | None) -> None:
        """All jobs of the unit are done."""
        self.table.done += 1
        for target in unit.targets:
            notes.remove_note(target.log)
            seconds = task.seconds_of(target.key) if task else None
            if task is not None:
                self.usage.add(unit.rule, task.id, seconds, task.asked)
            if seconds is not None and not unit.job.is_group():
                self.durations.add(unit.rule, seconds, unit.expected_seconds)
        self.on_success(SubmittedJobInfo(unit.job))

    def noted(self, unit: Unit, task: LiveTask) -> None:
        """Leave death notes where the outcomes say so."""
        for target in unit.targets:
            outcome = unit.outcomes.get(target.key)
            if outcome is not None and outcome.note_state is not None:
                notes.write_note(
                    target.log,
                    outcome.note_state,
                    task=task.id,
                    attempt=unit.job.attempt,
                    mem_mb=task.task.mem_mb,
                )

    def failed(self, unit: Unit, task: LiveTask | None, outcome: Outcome) -> None:
        """A job of the unit has failed."""
        self.table.failed += 1
        if task is not None:
            self.noted(unit, task)
            for target in unit.targets:
                self.usage.add(unit.rule, task.id, task.seconds_of(target.key), task.asked)
        if not outcome.retry:
            unit.job.attempt = max(unit.job.attempt, unit.job.restart_times + 1)
        keep_updated_outputs(unit.job, self.persistence)
        self.on_error(
            SubmittedJobInfo(unit.job),
            msg=failure_message(unit, task, outcome),
            aux_logs=[str(task.log)] if task else [],
        )
