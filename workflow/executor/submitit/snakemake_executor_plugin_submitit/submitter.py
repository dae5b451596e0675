"""From ready jobs to submitted arrays."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from . import leftovers, slurm
from .command import CallBuilder, write_waitfile
from .live import LiveTask, Table, Unit, count
from .outcome import AGAIN_BY_HAND, Outcome, Verdict
from .pack import chunks, grouped, task_minutes_limit
from .partitions import Partitions
from .reports import Reports
from .resources import (
    BatchParameters,
    ResourceError,
    batch_parameters,
    expected_seconds,
    has_checkpoint,
    minutes_of,
)
from .settings import ExecutorSettings
from .sizes import Sizes
from .status_log import StatusLog
from .store import Batch, Durations, Run, this_process
from .submit import (
    NO_SPACE,
    Refusal,
    SubmissionError,
    job_name,
    submit,
    submitit_parameters,
)
from .task import Task, copies_path, write_copies, write_task

FALLBACK_ARRAY_SIZE = 1000
# One submission takes no more, however large arrays may be: nothing else is looked at meanwhile.
MOST_ARRAY_SIZE = 10_000
# While jobs keep coming, those that came first wait at most so many times coalesce_seconds.
MOST_COALESCING = 10
CORRECT = f"correct the resources or settings, then {AGAIN_BY_HAND}"
RETRY_SECONDS = (2.0, 5.0, 10.0, 20.0, 30.0)


@dataclass
class Submitter:
    """Collects ready jobs, packs those of equal parameters, and submits them."""

    settings: ExecutorSettings
    run: Run
    table: Table
    durations: Durations
    reports: Reports
    status_log: StatusLog
    calls: CallBuilder
    covered: Callable[[Unit], bool]
    stopping: threading.Event
    # Resources that hold where neither a rule nor a profile sets them.
    defaults: Mapping[str, str] = field(default_factory=dict)
    # Why nothing may be submitted now; None where nothing is in the way.
    blocked: Callable[[], str | None] = lambda: None
    partitions: Partitions = field(default_factory=Partitions)
    _waiting: list[Unit] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _newest: float = 0.0
    _oldest: float = 0.0
    _refusals: int = 0
    _not_before: float = 0.0
    _array_size: int | None = None

    @cached_property
    def sizes(self) -> Sizes:
        """How jobs become tasks."""
        return Sizes(self.settings, self.durations)

    def add(self, unit: Unit) -> None:
        """Take one ready job."""
        with self._lock:
            self._newest = time.monotonic()
            if not self._waiting:
                self._oldest = self._newest
            self._waiting.append(unit)

    def put_back(self, units: list[Unit]) -> None:
        """Jobs to submit later, before those that came since."""
        with self._lock:
            if not self._waiting:
                self._oldest = time.monotonic()
            self._waiting = units + self._waiting

    def _take(self) -> list[Unit]:
        with self._lock:
            now, pause = time.monotonic(), self.settings.coalesce_seconds
            has_waited = now - self._oldest >= MOST_COALESCING * pause
            if not self._waiting or (now - self._newest < pause and not has_waited):
                return []
            units, self._waiting = self._waiting, []
        return units

    def submit_waiting(self) -> bool:
        """Submit what waits, once no more comes for a moment; whether anything was submitted."""
        if time.monotonic() < self._not_before or self.stopping.is_set():
            return False
        units = self._take()
        left = list(units)
        try:
            self._cancel_open()
            groups = self._groups([unit for unit in units if not self._settled_early(unit, left)])
            for group, parameters in groups if self._may_start(groups) else []:
                if self.stopping.is_set() or not self._submit_group(group, parameters, left):
                    break
        except slurm.SlurmUnavailableError as error:
            self._try_later(error)
        finally:
            self.put_back(left)
        return len(left) < len(units)

    def _may_start(self, jobs: Collection[object]) -> bool:
        """Whether no task is in the queue that may run the same jobs."""
        why = self.blocked() if jobs else None
        if why is not None:
            self.status_log.report(why, key="unfollowed")
            self._not_before = time.monotonic() + self.settings.slurm_poll_seconds
        return why is None

    def _cancel_open(self) -> None:
        """Cancel what an interrupted submission may have left, before it is made again."""
        for batch in self.run.open_batches:
            if not leftovers.cancel_unrecorded(batch, slurm.queue()):
                raise slurm.SlurmUnavailableError("an interrupted submission has not ended yet")
            batch.refused = True

    def _settled_early(self, unit: Unit, left: list[Unit]) -> bool:
        """Whether the unit needs no submission, or cannot be submitted."""
        if not self.covered(unit):
            return False
        left.remove(unit)
        return True

    def _groups(self, units: list[Unit]) -> list[tuple[list[Unit], BatchParameters | str]]:
        parameters = [self._parameters(unit) for unit in units]
        keys = [
            (known, unit.job.attempt, unit.job.threads, unit.rule,
             None if isinstance(known, str) else (self.sizes.fixed(unit), self.sizes.at_once(unit)),
             unit.job.jobid if unit.job.is_group() else None)
            for unit, known in zip(units, parameters, strict=True)
        ]  # fmt: skip
        known = {id(unit): value for unit, value in zip(units, parameters, strict=True)}
        return [(group, known[id(group[0])]) for group in grouped(units, keys)]

    def _parameters(self, unit: Unit) -> BatchParameters | str:
        """The unit's sbatch parameters, or what is wrong with its resources."""
        try:
            # Also as a full task would ask: some resources are wrong for several jobs only.
            expected_seconds(unit.job.resources)
            at_once = self.sizes.at_once(unit)
            self._task_parameters(unit, min(self.sizes.fixed(unit) or at_once, at_once))
            return self._task_parameters(unit, 1)
        except ResourceError as error:
            return str(error)

    def _task_parameters(self, unit: Unit, at_once: int) -> BatchParameters:
        """The parameters of a task that runs so many like this unit at the same time."""
        job, settings = unit.job, self.settings
        resources = job.resources
        if self.defaults:
            given = {name: resources[name] for name in resources.keys()}  # noqa: SIM118
            stated = {name: value for name, value in given.items() if value not in (None, "")}
            resources = {**self.defaults, **stated}
        parameters = batch_parameters(
            resources, job.threads, settings.extra_mem_mb, at_once, settings.jobs_per_gpu
        )
        if job.attempt > 1:
            parameters = self.partitions.within_limit(parameters)
        return self.partitions.placed(parameters)

    @property
    def _bad_nodes(self) -> set[str]:
        """Nodes that no task is to run on."""
        stated = (self.settings.exclude_nodes or "").split(",")
        return {*self.table.failed_nodes, *(name.strip() for name in stated if name.strip())}

    def _submit_group(
        self, units: list[Unit], parameters: BatchParameters | str, left: list[Unit]
    ) -> bool:
        """Submit jobs of equal parameters; False when it is to be tried again later."""
        if isinstance(parameters, str):
            self._fail(units, parameters, left)
            return True
        packs = self.sizes.packs(units)
        at_once = min(self.sizes.at_once(units[0]), max(map(len, packs)))
        wanted = self._task_parameters(units[0], at_once)
        parts = list(chunks(packs, self.array_size))
        while parts:
            part = parts.pop(0)
            parameters = wanted.without_nodes(self._bad_nodes)
            try:
                self._submit_array(part, parameters, at_once, left)
            except SubmissionError as error:
                if self.stopping.is_set():
                    # Ctrl-C reaches sbatch, too: it has refused nothing.
                    return False
                if error.kind is Refusal.FULL and len(part) > 1:
                    # What fits under the limit is submitted, and the rest when jobs have ended.
                    middle = len(part) // 2
                    parts[:0] = [part[:middle], part[middle:]]
                    continue
                if error.kind is Refusal.FINAL and self.table.failed_nodes:
                    # Perhaps no other nodes are left.
                    self.table.failed_nodes.clear()
                    parts.insert(0, part)
                    continue
                if error.kind is Refusal.AWAY or (
                    error.kind is Refusal.FULL and self._may_free_up()
                ):
                    self._try_later(error)
                    return False
                members = [unit for pack in part for unit in pack]
                self._fail(members, self._refusal_message(error, units[0], parameters), left)
            self._refusals = 0
        return True

    def _may_free_up(self) -> bool:
        """Whether this user has tasks in the queue, whose end makes room under a limit."""
        return bool(self.table.tasks) or any(not state.ended for state in slurm.queue().values())

    @property
    def array_size(self) -> int:
        """Tasks in one submission."""
        if self._array_size is None:
            # Task numbers start at 0 and stay below MaxArraySize.
            self._array_size = self.settings.max_array_size or min(
                slurm.max_array_size() or FALLBACK_ARRAY_SIZE, MOST_ARRAY_SIZE
            )
        return self._array_size

    def _submit_array(
        self,
        packs: list[list[Unit]],
        parameters: BatchParameters,
        at_once: int,
        left: list[Unit],
    ) -> None:
        minutes = task_minutes_limit(
            parameters.minutes,
            max(map(len, packs)),
            at_once,
            self.settings.max_task_minutes,
            self.partitions.minutes(parameters),
            grace_seconds=self.settings.grace_seconds,
        )
        batch = self.run.new_batch(len(packs))
        rule = packs[0][0].rule
        name = job_name(self.settings.job_prefix or Path.cwd().name, rule)
        try:
            tasks = [
                self._write_task(task_name, pack, minutes, at_once)
                for task_name, pack in zip(batch.tasks, packs, strict=True)
            ]
            copies = copies_path(self.run.folder, batch.number)
            write_copies(copies, dict(zip(batch.tasks, tasks, strict=True)), this_process())
            batch.save()
        except OSError as error:
            raise SubmissionError(str(error)) from error
        batch.job = self._submitted(
            batch,
            self.run.logs,
            [self.run.task_path(task_name) for task_name in batch.tasks],
            submitit_parameters(
                parameters, minutes, name, batch.comment, self.settings, self.run.logs, len(packs)
            ),
            self.settings.python,
        )
        with contextlib.suppress(OSError):
            batch.save()
        for index, (pack, task) in enumerate(zip(packs, tasks, strict=True)):
            task_id = batch.task_id(index)
            log = leftovers.log_path(self.run, task_id)
            self.table.add(LiveTask(task_id, task, log, list(pack), asked=parameters))
            for unit in pack:
                left.remove(unit)
                self.reports.submitted(unit, task_id)
        jobs = sum(map(len, packs))
        self.status_log.report(
            f"submitted {count(jobs, 'job')} of {rule} as {count(len(packs), 'task')} "
            f"of SLURM job {batch.job}"
        )
        if parameters.wanted_minutes is not None:
            self.status_log.report(
                f"{rule}: attempt {packs[0][0].job.attempt} asks for "
                f"runtime={parameters.wanted_minutes}; it gets the {parameters.minutes} min that "
                "the partition allows"
            )

    def _submitted(self, batch: Batch, *arguments: Any) -> str:
        """SLURM's id of a batch; one that sbatch did not refuse stays open, to be looked for."""
        try:
            return submit(*arguments)
        except SubmissionError as error:
            batch.refused = error.kind is not Refusal.AWAY
            raise

    def _write_task(self, name: str, pack: list[Unit], minutes: int | None, at_once: int) -> Task:
        jobs = [unit.job for unit in pack]
        waitfile = write_waitfile(self.run.folder.absolute() / f"{name}.wait", jobs)
        memory = jobs[0].resources.get("mem_mb")
        gpus = jobs[0].resources.get("gpu") or 0
        task = Task(
            ledger=str(self.run.ledger_path(name)),
            workdir=os.getcwd(),
            head=self.calls.head(),
            environment=self.calls.environment(),
            tail=self.calls.tail(jobs, waitfile, at_once),
            targets=[target for unit in pack for target in unit.targets],
            python=list(sys.version_info[:3]),
            grace_seconds=self.settings.grace_seconds,
            max_requeues=self.settings.max_requeues,
            minutes=minutes,
            gpus=gpus if isinstance(gpus, int) else 1,
            attempt=jobs[0].attempt,
            mem_mb=memory if isinstance(memory, int) else None,
            at_once=at_once,
            job_minutes=minutes_of(jobs[0].resources.get("runtime")),
            checkpoint=has_checkpoint(jobs[0].resources),
        )
        write_task(self.run.task_path(name), task)
        return task

    def _try_later(self, error: Exception) -> None:
        seconds = RETRY_SECONDS[min(self._refusals, len(RETRY_SECONDS) - 1)]
        self._refusals += 1
        self._not_before = time.monotonic() + seconds
        full = isinstance(error, SubmissionError) and error.kind is Refusal.FULL
        text = (
            f"a limit on submitted jobs is reached ({error}); the rest is submitted as jobs end"
            if full
            else f"SLURM is not accepting jobs ({error}); retrying"
        )
        self.status_log.report(text, key="away")

    def _refusal_message(
        self, error: SubmissionError, unit: Unit, parameters: BatchParameters
    ) -> str:
        if NO_SPACE.search(error.words):
            return f"the task files could not be written to {self.run.folder}: {error.words}"
        return (
            f"sbatch refused it: {error.words}\n"
            f"It was asked for with {parameters.origin_of(error.words)} (resources of rule "
            f"{unit.rule}, or default-resources and set-resources of the profile)."
        )

    def _fail(self, units: list[Unit], message: str, left: list[Unit]) -> None:
        for unit in units:
            left.remove(unit)
            self.reports.submitted(unit, None)
            outcome = Outcome(Verdict.FAILED, message, retry=False, advice=CORRECT)
            self.reports.failed(unit, None, outcome)
