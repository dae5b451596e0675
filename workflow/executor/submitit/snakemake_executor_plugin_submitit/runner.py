"""What submitit starts on the node: one Snakemake over the task's unfinished targets."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from snakemake_executor_plugin_submitit_jobstep.death import die_with_parent
from snakemake_executor_plugin_submitit_jobstep.gpus import (
    HIDDEN,
    SLURM_GRANTS,
    devices_present,
)
from snakemake_executor_plugin_submitit_jobstep.ledger import (
    FINAL_EVENTS,
    LEDGER_VARIABLE,
    LedgerReader,
    LedgerWriter,
    damage_of,
    last_events,
    read_ledger,
)

from . import notes, slurm
from .outcome import START_LINE
from .overrun import OVERRAN, of_last_start, overran
from .task import Target, Task, read_task

DEADLINE_VARIABLE = "SNAKEMAKE_SUBMITIT_DEADLINE"
STATUS_WRONG_PYTHON = 64
STATUS_NO_GPU = 65
STATUS_NO_TASK = 66
# After jobs were told to stop, the inner Snakemake itself needs a moment to end.
INNER_END_SECONDS = 15
# SLURM sends the signal before the time limit up to a minute early.
EARLY_SIGNAL_SECONDS = 75


def task_id(environment: Mapping[str, str]) -> str:
    """This task's id as squeue and sacct write it."""
    array = environment.get("SLURM_ARRAY_JOB_ID")
    if array is not None:
        return f"{array}_{environment['SLURM_ARRAY_TASK_ID']}"
    return environment.get("SLURM_JOB_ID", "none")


def unfinished(task: Task, entries: list[dict[str, Any]]) -> list[Target]:
    """Targets without a final word in the ledger."""
    last = last_events(entries)
    return [
        target
        for target in task.targets
        if last.get(target.key, {}).get("event") not in FINAL_EVENTS
    ]


def interrupted(targets: list[Target], entries: list[dict[str, Any]]) -> list[Target]:
    """Targets that were running when an earlier start of this task ended."""
    last = last_events(entries)
    return [target for target in targets if target.key in last]


def node_problem(task: Task, environment: Mapping[str, str]) -> tuple[int, str] | None:
    """Why this node cannot run the task, with an exit status of its own."""
    node = os.uname().nodename
    if list(sys.version_info[:2]) != task.python[:2]:
        here, there = (
            ".".join(map(str, version[:2])) for version in (sys.version_info, task.python)
        )
        return STATUS_WRONG_PYTHON, (
            f"node {node} runs Python {here} ({sys.executable}), the workflow was started with "
            f"{there}: install the same environment on a shared file system, or set "
            "--submitit-python"
        )
    if task.gpus and "SLURM_JOB_ID" in environment and not devices_present(environment):
        return STATUS_NO_GPU, (
            f"SLURM gave no GPU on node {node} although {task.gpus} were asked for (none of "
            f"{', '.join((*HIDDEN, *SLURM_GRANTS))} names one): check `gpu`, `gres` and the "
            "partition"
        )
    return None


def deadline(task: Task, environment: Mapping[str, str], now: float) -> float | None:
    """When running jobs will get SIGTERM because of the time limit, as Unix time."""
    if environment.get("SLURM_JOB_END_TIME", "").isdigit():
        return int(environment["SLURM_JOB_END_TIME"]) - task.grace_seconds
    return None if task.minutes is None else now + task.minutes * 60 - task.grace_seconds


def state_at_signal(end: float | None, now: float) -> str:
    """What USR2 announces: the time limit, or (PreemptParameters=send_user_signal) preemption."""
    return "TIMEOUT" if end is None or now > end - EARLY_SIGNAL_SECONDS else "PREEMPTED"


class Runner:
    """One start of one task."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.task = read_task(path)
        self.ledger = LedgerWriter(Path(self.task.ledger))
        self.id = task_id(os.environ)
        self.process: subprocess.Popen[bytes] | None = None
        self.end = deadline(self.task, os.environ, time.time())
        self.time_is_up = False
        self.state = "TIMEOUT"
        self.told_to_end = False

    def note(self, event: str, **values: Any) -> None:
        """A ledger entry about the task itself."""
        try:
            self.ledger.append(event, task=self.id, **values)
        except OSError as error:
            print(f"cannot write {self.ledger.path}: {error}", file=sys.stderr, flush=True)

    def stop_jobs(self) -> None:
        """Tell the inner Snakemake to end its jobs, giving them time for a checkpoint."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)

    def _on_time_limit(self, *_: Any) -> None:
        self.time_is_up = True
        self.state = state_at_signal(self.end, time.time())
        self.stop_jobs()

    def _on_terminate(self, *_: Any) -> None:
        # scancel, preemption or the limit itself: SLURM decides whether the task runs again.
        self.told_to_end = True
        self.stop_jobs()

    def install_handlers(self) -> None:
        """Replace submitit's own: it would forget what is finished, and ignores SIGTERM."""
        signal.signal(signal.SIGUSR2, self._on_time_limit)
        signal.signal(signal.SIGTERM, self._on_terminate)

    def environment(self) -> dict[str, str]:
        """The environment of the inner Snakemake."""
        environment = {**os.environ, **self.task.environment}
        environment[LEDGER_VARIABLE] = self.task.ledger
        if self.end is not None:
            environment[DEADLINE_VARIABLE] = str(int(self.end))
        return environment

    def run_targets(self, targets: list[Target]) -> int:
        """One inner Snakemake over these targets."""
        # As a file: a long list of targets would not fit into one argument of bash.
        with tempfile.TemporaryFile("w+") as script:
            script.write(self.task.command(targets))
            script.flush()
            script.seek(0)
            name = f"/dev/fd/{script.fileno()}"
            self.process = subprocess.Popen(
                ["bash", name],
                cwd=self.task.workdir,
                env=self.environment(),
                pass_fds=[script.fileno()],
                stdin=subprocess.DEVNULL,
                preexec_fn=partial(die_with_parent, os.getpid()),
            )
            if self.time_is_up or self.told_to_end:
                self.stop_jobs()
            return self.wait()

    def wait(self) -> int:
        """Wait for the inner Snakemake; kill it when it outlives the grace it was given."""
        assert self.process is not None
        stop_by: float | None = None
        while True:
            try:
                return self.process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if self.time_is_up or self.told_to_end:
                    stop_by = stop_by or time.monotonic() + self.task.grace_seconds
                    if time.monotonic() > stop_by + INNER_END_SECONDS:
                        self.process.kill()

    def leave_notes(self, entries: list[dict[str, Any]]) -> None:
        """Tell the jobs that were interrupted by the last end of this task what it was."""
        targets = interrupted(unfinished(self.task, entries), entries)
        if not targets or not any(entry["event"] == "task_start" for entry in entries):
            return
        last = [entry for entry in entries if entry["event"] in ("requeue", "task_start")][-1]
        state = last.get("state") or slurm.last_end(os.environ.get("SLURM_JOB_ID", "")) or "UNKNOWN"
        for target in targets:
            notes.write_note(
                target.log, state, task=self.id, attempt=self.task.attempt, mem_mb=self.task.mem_mb
            )

    def give_up_overran(self, entries: list[dict[str, Any]]) -> set[str]:
        """Jobs that start from the beginning anyhow are left to their next attempt; their keys."""
        keys = overran(self.task, of_last_start(entries), time.time())
        for key in keys:
            self.note(OVERRAN, key=key)
        return set(keys)

    def requeue(self, state: str) -> None:
        """Back into the queue for the unfinished targets, a bounded number of times.

        `state` is what SLURM would make of the task otherwise.
        """
        entries = read_ledger(self.ledger.path)
        given_up = self.give_up_overran(entries) if state == "TIMEOUT" else set()
        if all(target.key in given_up for target in unfinished(self.task, entries)):
            return
        done = sum(entry["event"] == "requeue" for entry in entries)
        if done >= self.task.max_requeues:
            self.note("out_of_requeues", requeues=done)
            return
        self.note("requeue", number=done + 1, state=state)
        print(f"{state}: requeue {done + 1} of {self.task.max_requeues}", flush=True)
        slurm.requeue(os.environ["SLURM_JOB_ID"])
        # SLURM ends this process; leaving earlier could end the task before it is requeued.
        time.sleep(60)

    def run(self) -> int:
        """Run what is unfinished; the exit status of the task."""
        self.install_handlers()
        print(START_LINE, self.id, flush=True)
        problem = node_problem(self.task, os.environ)
        if problem is not None:
            print(problem[1], file=sys.stderr, flush=True)
            self.note("node_problem", message=problem[1])
            return problem[0]
        reader = LedgerReader(self.ledger.path)
        entries = reader.new_entries()
        if (damage := damage_of(reader.path, reader.damaged)) is not None:
            print(damage, file=sys.stderr, flush=True)
        targets = unfinished(self.task, entries)
        self.leave_notes(entries)
        self.note("task_start", restarts=int(os.environ.get("SLURM_RESTART_COUNT", "0")))
        status = self.run_targets(targets) if targets else 0
        self.note("task_end", status=status)
        if self.told_to_end:
            # SIGTERM to a task that goes on running announces its preemption: making room before
            # the grace ends. A cancelled task is completing, and must not come back.
            if slurm.job_state(os.environ["SLURM_JOB_ID"]) == "RUNNING":
                self.requeue("PREEMPTED")
        elif self.time_is_up:
            self.requeue(self.state)
        return status


def run_task(path: str) -> None:
    """Entry point on the node."""
    try:
        runner = Runner(Path(path))
    except ValueError as error:
        print(f"{error}; call the same command again", file=sys.stderr, flush=True)
        sys.exit(STATUS_NO_TASK)
    # SystemExit passes through submitit, which would write a result file nobody reads.
    sys.exit(runner.run())
