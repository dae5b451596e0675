"""The tasks that are in SLURM's hands, and the jobs that wait for them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snakemake_executor_plugin_submitit_jobstep.ledger import FINAL_EVENTS, LedgerReader, damage_of

from .outcome import OUT_OF_TIME, Beside, Outcome, Verdict, judge, last_lines, with_memory_kill
from .overrun import overran
from .resources import BatchParameters, expected_seconds
from .slurm import TaskState, array_base
from .task import Target, Task

LAUNCH_FAILED = "launch failed requeued held"
# States of a task that its node is to blame for.
BAD_NODE = frozenset({"NODE_FAIL", "BOOT_FAIL", "LAUNCH_FAILED"})


@dataclass(eq=False)
class Unit:
    """What Snakemake handed over: a job, or a group of jobs that stay together."""

    job: Any
    targets: list[Target]
    rule: str
    again: int = 0
    # To run without others beside it, so that what happens to its task is its own doing.
    alone: bool = False
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def expected_seconds(self) -> int | None:
        """How long its rule says it will take, None where it says nothing."""
        return expected_seconds(self.job.resources)

    @property
    def label(self) -> str:
        """Its name for people."""
        return ", ".join(target.label for target in self.targets)


@dataclass(eq=False)
class LiveTask:
    """One array task that has been submitted."""

    id: str
    task: Task
    log: Path
    units: list[Unit] = field(default_factory=list)
    events: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    starts: dict[str, float] = field(default_factory=dict)
    # Jobs that the ledger has named since the task's last start, and what it says since then.
    last_start: set[str] = field(default_factory=set)
    since_start: list[Mapping[str, Any]] = field(default_factory=list)
    # The bytes of the task's log that a job has written; jobs that ran beside others.
    printed: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    mixed: set[str] = field(default_factory=set)
    state: TaskState | None = None
    ended_at: float | None = None
    cancelled_by_us: bool = False
    out_of_requeues: bool = False
    problem: str | None = None
    node: str = ""
    held_since: float | None = None
    releases: int = 0
    # Its ledger has an entry: it has begun on a node.
    begun: bool = False
    # What sbatch was asked for; None for a task of an earlier call.
    asked: BatchParameters | None = None

    def __post_init__(self) -> None:
        self.ledger = Path(self.task.ledger)
        self._reader = LedgerReader(self.ledger)
        self._running: set[str] = set()

    def read(self) -> None:
        """Take in what the ledger has to say since the last look."""
        for entry in self._reader.new_entries():
            self.node = entry.get("node", self.node)
            if entry["event"] == "task_start":
                self.last_start.clear()
                self.since_start.clear()
            self.since_start.append(entry)
            self.begun = True
            self._note_output(entry)
            if "key" in entry:
                self.events[entry["key"]] = entry
                self.last_start.add(entry["key"])
                if entry["event"] == "start":
                    self.starts[entry["key"]] = entry["time"]
            elif entry["event"] == "out_of_requeues":
                self.out_of_requeues = True
            elif entry["event"] == "node_problem":
                self.problem = entry["message"]

    @property
    def damage(self) -> str | None:
        """Which lines of its ledger cannot be read, in words; None where all can."""
        return damage_of(self.ledger, self._reader.damaged)

    def _note_output(self, entry: Mapping[str, Any]) -> None:
        """Where a job's lines are in the log of the task, and whether others are among them."""
        key, size = entry.get("key"), entry.get("output")
        if entry["event"] == "task_start":
            self._running.clear()
        if key is None:
            return
        if entry["event"] != "start":
            self._running.discard(key)
            if key in self.printed and size is not None:
                self.printed[key] = (self.printed[key][0], size)
            return
        self._running.add(key)
        if len(self._running) > 1:
            self.mixed |= self._running
        else:
            self.mixed.discard(key)
        self.printed.pop(key, None)
        if size is not None:
            self.printed[key] = (size, None)

    def lines_of(self, target: Target) -> tuple[str, str]:
        """The last lines of a job, indented, and the file they are from; never another job's."""
        if target.log is not None and (lines := last_lines(target.log)):
            return lines, target.log
        log = str(self.log)
        if target.key in self.printed and target.key not in self.mixed:
            begin, end = self.printed[target.key]
            return last_lines(log, begin=begin, end=end), log
        # Before any job has started, all lines are of the task.
        alone = len(self.task.targets) == 1 or not self.starts
        return (last_lines(log) if alone else ""), log

    def set_state(self, state: TaskState, now: float) -> None:
        """SLURM's word about the task."""
        if state.ended and not self.ended and not self.cancelled_by_us:
            state = with_memory_kill(state, last_lines(str(self.log)))
        elif self.ended and state.ended:
            return
        self.state = state
        self.node = state.node or self.node
        self.ended_at = (self.ended_at or now) if state.ended else None

    def seconds_of(self, key: str) -> float | None:
        """How long a finished job took."""
        end = self.events.get(key)
        if end is None or key not in self.starts:
            return None
        return float(end["time"]) - self.starts[key]

    def judge(
        self, target: Target, now: float, late_seconds: float, beside: Beside = Beside.NOTHING
    ) -> Outcome:
        """The outcome of one of its jobs."""
        waited = self.ended_at is not None and now - self.ended_at >= late_seconds
        return judge(
            self.events.get(target.key),
            self.state,
            waited_long=waited,
            cancelled_by_us=self.cancelled_by_us,
            out_of_requeues=self.out_of_requeues,
            in_last_start=target.key in self.last_start,
            beside=beside,
            overran=self._overran(target.key),
            minutes=self.task.job_minutes,
        )

    def _overran(self, key: str) -> bool:
        """Whether SLURM's time limit ended a job that had all of its time and no checkpoint."""
        if self.state is None or self.state.state not in OUT_OF_TIME:
            return False
        limit = time.time()
        if self.task.minutes is not None and self.since_start:
            # SLURM's word may come late.
            limit = min(limit, float(self.since_start[0]["time"]) + self.task.minutes * 60)
        return key in overran(self.task, self.since_start, limit)

    def judge_unit(self, unit: Unit, now: float, late_seconds: float) -> Outcome:
        """The outcome of a unit: a failure at once, success when all of its jobs are done."""
        beside = Beside.JOBS if self.task.at_once > 1 else Beside.NOTHING
        if len(unit.targets) > 1:
            beside = Beside.GROUP
        for target in unit.targets:
            unit.outcomes[target.key] = self.judge(target, now, late_seconds, beside)
        order = (Verdict.FAILED, Verdict.WAIT, Verdict.AGAIN, Verdict.DONE)
        return min(unit.outcomes.values(), key=lambda outcome: order.index(outcome.verdict))

    @property
    def finished(self) -> bool:
        """Whether each of its jobs has been done or has failed."""
        return all(self.final(target.key) for target in self.task.targets)

    def final(self, key: str) -> bool:
        """Whether this job of it has been done or has failed."""
        return self.events.get(key, {}).get("event") in FINAL_EVENTS

    @property
    def node_failure(self) -> str | None:
        """Why its node should not get another task; None where nothing speaks against it."""
        if self.problem is not None:
            return self.problem
        state = self.state.state if self.state is not None else ""
        return f"SLURM's state is {state}" if state in BAD_NODE else None

    @property
    def held(self) -> bool:
        """Whether SLURM holds it because a node could not start it; a user's own hold is none."""
        return self.state is not None and self.state.pending and LAUNCH_FAILED in self.state.reason

    @property
    def only_queued(self) -> bool:
        """Whether it has neither begun nor ended, so that its ledger need not exist."""
        return not (self.begun or self.ended)

    @property
    def only_waited(self) -> bool:
        """Whether nothing is known of it but that it was in the queue."""
        return not self.begun and (self.state is None or self.state.pending)

    @property
    def ended(self) -> bool:
        """Whether SLURM will not run it again."""
        return self.state is not None and self.state.ended


class Table:
    """All live tasks."""

    def __init__(self) -> None:
        self.tasks: dict[str, LiveTask] = {}
        self.array_sizes: Counter[str] = Counter()
        self._holders: dict[str, tuple[LiveTask, Target]] = {}
        # Nodes that could not run a task, and why: no later task runs there.
        self.failed_nodes: dict[str, str] = {}
        self.done = 0
        self.failed = 0

    def add(self, task: LiveTask) -> None:
        """Watch a task."""
        self.tasks[task.id] = task
        self.array_sizes[array_base(task.id)] += 1
        for target in task.task.targets:
            self._holders[target.key] = (task, target)

    def drop(self, task: LiveTask) -> None:
        """Forget a task."""
        self.tasks.pop(task.id, None)
        for target in task.task.targets:
            if self._holders.get(target.key, (None,))[0] is task:
                del self._holders[target.key]

    def update(self, states: Mapping[str, TaskState]) -> list[LiveTask]:
        """Take in SLURM's states; the tasks it said nothing about."""
        now = time.monotonic()
        silent = []
        for task in self.tasks.values():
            if task.id in states:
                task.set_state(states[task.id], now)
            elif not task.ended:
                silent.append(task)
        return silent

    def holder_of(self, key: str) -> tuple[LiveTask, Target] | None:
        """The live task that may still run a job of this name, and its target there."""
        holder = self._holders.get(key)
        if holder is None or holder[0].ended or holder[0].final(key):
            return None
        return holder

    @property
    def waiting(self) -> Iterable[tuple[LiveTask, Unit]]:
        """Units that have no outcome yet."""
        return [(task, unit) for task in self.tasks.values() for unit in task.units]

    def _running(self) -> list[LiveTask]:
        return [task for task in self.tasks.values() if task.state and task.state.running]

    def _reasons(self) -> Counter[str]:
        """Why tasks wait -> how many."""
        return Counter(
            task.state.reason if task.state else "submitted"
            for task in self.tasks.values()
            if not (task.ended or (task.state and task.state.running))
        )

    def queue(self) -> dict[str, Any]:
        """The status line in numbers: jobs_running, and reasons -> pending tasks."""
        running = sum(unit_runs(task, unit) for task in self._running() for unit in task.units)
        return {"jobs_running": running, "reasons": dict(self._reasons().most_common(3))}

    def status_line(self) -> str:
        """Running, pending with SLURM's reasons, done, failed, time left."""
        running, reasons = self._running(), self._reasons()
        jobs_running = sum(unit_runs(task, unit) for task in running for unit in task.units)
        left = max(
            (task.state.time_left for task in running if task.state), default="", key=_seconds
        )
        parts = [
            f"{count(len(running), 'task')} running ({count(jobs_running, 'job')}"
            + (f", {left} left)" if left else ")")
        ]
        named = ", ".join(f"{reason} {n}" for reason, n in reasons.most_common(3))
        parts.append(f"{reasons.total()} pending" + (f" ({named})" if named else ""))
        parts.append(f"{count(self.done, 'job')} done")
        parts.append(f"{self.failed} failed")
        return "submitit: " + ", ".join(parts)


def count(n: int, noun: str) -> str:
    """``1 task``, ``3 tasks``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def unit_runs(task: LiveTask, unit: Unit) -> bool:
    """Whether one of the unit's jobs is being run."""
    return any(task.events.get(target.key, {}).get("event") == "start" for target in unit.targets)


def _seconds(left: str) -> int:
    """squeue's time left, `[days-][hours:]minutes:seconds`, for comparing."""
    days, _, clock = left.rpartition("-")
    total = 0
    for part in clock.split(":"):
        if not part.isdigit():
            return -1
        total = total * 60 + int(part)
    return total + (int(days) * 86400 if days.isdigit() else 0)
