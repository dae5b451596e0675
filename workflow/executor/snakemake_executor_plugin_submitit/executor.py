"""The executor: Snakemake's view of the array tasks."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import threading
import time
import traceback
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.real import RealExecutor
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.utils import format_cli_arg, join_cli_args

from . import adopt, notes, slurm
from .command import inner_arguments, quoted, rule_of, single_jobs, target_of, write_waitfile
from .live import LiveTask, Table, Unit
from .outcome import Outcome, Verdict, last_lines
from .pack import chunks, grouped, pack_size, split_evenly, task_minutes_limit
from .resources import PACK_RESOURCE, BatchParameters, ResourceError, batch_parameters
from .settings import ExecutorSettings
from .store import Durations, Run, new_run, open_runs, remove_old_runs
from .submit import (
    NO_SPACE,
    Refusal,
    SubmissionError,
    forget_surrounding_job,
    job_name,
    submit,
    submitit_parameters,
)
from .task import Task, write_task

FALLBACK_ARRAY_SIZE = 1000
RETRY_SECONDS = (2.0, 5.0, 10.0, 20.0, 30.0)
# A task that neither squeue nor sacct knows, although they answer.
LOST_SECONDS = 120


class Executor(RemoteExecutor):  # type: ignore[misc]
    """Packs ready jobs into array tasks and follows them through their ledgers.

    Everything that talks to SLURM happens in Snakemake's polling thread, except cancelling.
    """

    def __init__(self, workflow: Any, logger: Any) -> None:
        # The base class starts the polling thread before it calls __post_init__.
        self._ready = threading.Event()
        super().__init__(workflow, logger)

    def __post_init__(self) -> None:
        settings = self.workflow.executor_settings
        self.settings = settings if isinstance(settings, ExecutorSettings) else ExecutorSettings()
        self._check_workflow()
        forget_surrounding_job()
        remove_old_runs()
        self.table = Table()
        self.durations = Durations()
        self.inheritance = self._inherit()
        self.run: Run = new_run()
        self.stopping = threading.Event()
        self._waiting: list[Unit] = []
        self._waiting_lock = threading.Lock()
        self._newest = 0.0
        self._attempts = 0
        self._not_before = 0.0
        self._next_slurm = 0.0
        self._unknown_since: dict[str, float] = {}
        self._said: dict[str, str] = {}
        self._last_status = ("", 0.0)
        self._array_size: int | None = None
        self._ready.set()

    def _check_workflow(self) -> None:
        if self.workflow.remote_execution_settings.immediate_submit:
            raise WorkflowError("--immediate-submit is not supported by the submitit executor.")

    @property
    def next_seconds_between_status_checks(self) -> float:
        """Between two rounds of the polling thread; SLURM itself is asked less often."""
        return min(1.0, self.settings.poll_seconds) if self._ready.is_set() else 0.1

    # --- taking over -------------------------------------------------------------------------

    def _inherit(self) -> adopt.Inheritance:
        runs = open_runs()
        try:
            inheritance = adopt.inherit(runs)
        except slurm.SlurmUnavailableError as error:
            raise WorkflowError(
                "An earlier Snakemake was killed here and may have left jobs in the queue, but "
                f"SLURM does not answer ({error}). Try again when it does: running now could run "
                "them twice."
            ) from error
        if runs:
            self.logger.info(
                f"submitit: an earlier run was interrupted; it left {len(inheritance.finished)} "
                f"finished jobs to adopt and {len(inheritance.live)} tasks in the queue."
            )
        for task in inheritance.live:
            self.table.add(task)
        return inheritance

    def _adopted(self, unit: Unit) -> bool:
        """Whether the unit needs no submission: finished before, or in a live task already."""
        if all(self.inheritance.adopt(target) for target in unit.targets):
            self._say(f"adopted {unit.label}: finished by an earlier run")
            self._report_submission(unit, None)
            self._succeed(unit, None)
            return True
        holders = [self.table.holder_of(target.key) for target in unit.targets]
        if any(holder is None for holder in holders):
            self._cancel_conflicts(unit)
            return False
        found = [holder for holder in holders if holder is not None]
        tasks = {id(task): task for task, _ in found}
        same = all(
            old.fingerprint == new.fingerprint
            for (_, old), new in zip(found, unit.targets, strict=True)
        )
        task = found[0][0]
        if len(tasks) > 1 or not same or task.cancelled_by_us:
            self._cancel_conflicts(unit)
            return False
        self._say(f"re-attached {unit.label} to task {task.id}")
        task.units.append(unit)
        self._report_submission(unit, task.id)
        return True

    def _cancel_conflicts(self, unit: Unit) -> None:
        """Two tasks must not write the same outputs: an outdated one is cancelled and awaited."""
        for target in unit.targets:
            holder = self.table.holder_of(target.key)
            if holder is None or holder[0].ended:
                continue
            task = holder[0]
            if not task.cancelled_by_us:
                self._say(f"cancelling task {task.id}, which runs an outdated {unit.label}")
                task.cancelled_by_us = True
                slurm.cancel([task.id])
            deadline = time.monotonic() + adopt.CANCEL_WAIT_SECONDS
            while time.monotonic() < deadline and not self.stopping.is_set():
                state = slurm.queue().get(task.id)
                if state is None or state.ended:
                    break
                time.sleep(0.5)
            self.table.drop(task) if not task.units else None

    # --- submitting --------------------------------------------------------------------------

    def run_jobs(self, jobs: list[Any]) -> None:
        """Take ready jobs; they are packed and submitted once no more come for a moment."""
        for job in jobs:
            self.run_job_pre(job)
            self.run_job(job)

    def run_job(self, job: Any) -> None:
        """Take one ready job."""
        unit = Unit(job, [target_of(one) for one in single_jobs(job)], rule_of(job))
        with self._waiting_lock:
            self._waiting.append(unit)
            self._newest = time.monotonic()

    def _report_submission(self, unit: Unit, external: str | None) -> None:
        info = SubmittedJobInfo(unit.job, external_jobid=external)
        # An adopted job keeps the mark that carries the time it really started.
        RealExecutor.report_job_submission(self, info, register_job=external is not None)

    def _take_waiting(self) -> list[Unit]:
        with self._waiting_lock:
            quiet = time.monotonic() - self._newest
            if not self._waiting or quiet < self.settings.coalesce_seconds:
                return []
            units, self._waiting = self._waiting, []
        return units

    def _put_back(self, units: list[Unit]) -> None:
        with self._waiting_lock:
            self._waiting = units + self._waiting

    def _submit_waiting(self) -> None:
        if time.monotonic() < self._not_before:
            return
        units = [unit for unit in self._take_waiting() if not self._adopted(unit)]
        parameters = {id(unit): self._parameters(unit) for unit in units}
        units = [unit for unit in units if parameters[id(unit)] is not None]
        keys = [
            (parameters[id(unit)], unit.job.attempt, unit.job.threads, unit.rule,
             unit.job.jobid if unit.job.is_group() else None)
            for unit in units
        ]  # fmt: skip
        groups = grouped(units, keys)
        while groups:
            group = groups[0]
            known = parameters[id(group[0])]
            assert known is not None
            if self.stopping.is_set() or not self._submit_group(group, known):
                self._put_back(
                    [unit for group in groups for unit in group if not _held(self, unit)]
                )
                return
            groups.pop(0)

    def _parameters(self, unit: Unit) -> BatchParameters | None:
        try:
            return batch_parameters(
                unit.job.resources, unit.job.threads, self.settings.extra_mem_mb
            )
        except ResourceError as error:
            self._report_submission(unit, None)
            self._fail(unit, None, Outcome(Verdict.FAILED, str(error), retry=False))
            return None

    def _pack_size(self, unit: Unit) -> int:
        if unit.job.is_group():
            return 1
        resource = unit.job.resources.get(PACK_RESOURCE)
        seconds = self.durations.seconds(unit.rule)
        return pack_size(resource, self.settings.pack, self.settings.task_minutes, seconds)

    def _submit_group(self, units: list[Unit], parameters: BatchParameters) -> bool:
        """Submit jobs of equal parameters; False when it is to be tried again later."""
        packs = split_evenly(units, self._pack_size(units[0]))
        for part in chunks(packs, self.array_size):
            try:
                self._submit_array(part, parameters)
            except SubmissionError as error:
                if not self._refused([unit for pack in part for unit in pack], parameters, error):
                    return False
            self._attempts = 0
        return True

    @property
    def array_size(self) -> int:
        """Tasks in one submission."""
        if self._array_size is None:
            # Task numbers start at 0 and stay below MaxArraySize.
            self._array_size = (
                self.settings.max_array_size or slurm.max_array_size() or FALLBACK_ARRAY_SIZE
            )
        return self._array_size

    def _submit_array(self, packs: list[list[Unit]], parameters: BatchParameters) -> None:
        minutes = task_minutes_limit(
            parameters.minutes, max(map(len, packs)), self.settings.max_task_minutes
        )
        batch = self.run.new_batch(len(packs))
        prefix = self.settings.job_prefix or Path.cwd().name
        try:
            tasks = [
                self._write_task(name, pack, minutes)
                for name, pack in zip(batch.tasks, packs, strict=True)
            ]
            batch.save()
        except OSError as error:
            raise SubmissionError(str(error)) from error
        batch.job = submit(
            self.run.logs,
            [self.run.task_path(name) for name in batch.tasks],
            submitit_parameters(
                parameters,
                minutes,
                job_name(prefix, packs[0][0].rule),
                batch.comment,
                self.settings,
            ),
            self.settings.python,
        )
        with contextlib.suppress(OSError):
            batch.save()
        for index, (pack, task) in enumerate(zip(packs, tasks, strict=True)):
            task_id = batch.task_id(index)
            self.table.add(LiveTask(task_id, task, adopt.log_path(self.run, task_id), list(pack)))
            for unit in pack:
                self._report_submission(unit, task_id)
        jobs = sum(map(len, packs))
        self.logger.info(
            f"submitit: submitted {jobs} jobs of {packs[0][0].rule} as {len(packs)} tasks "
            f"of SLURM job {batch.job}."
        )
        self._next_slurm = min(self._next_slurm, time.monotonic() + 2)

    def _write_task(self, name: str, pack: list[Unit], minutes: int | None) -> Task:
        jobs = [unit.job for unit in pack]
        waitfile = write_waitfile(self.run.folder.absolute() / f"{name}.wait", jobs)
        general = self.workflow.spawned_job_args_factory.general_args(
            executor_common_settings=self.common_settings
        )
        extra = [
            quoted("--submitit-jobstep-preload", self.settings.preload),
            quoted("--submitit-jobstep-jobs-per-gpu", self.settings.jobs_per_gpu),
            quoted("--submitit-jobstep-grace-seconds", max(1, self.settings.grace_seconds - 10)),
        ]
        memory = jobs[0].resources.get("mem_mb")
        gpus = jobs[0].resources.get("gpu") or 0
        task = Task(
            ledger=str(self.run.ledger_path(name)),
            workdir=os.getcwd(),
            head=self._command_head(),
            tail=inner_arguments(jobs, self.dag, waitfile, jobs[0].threads, general, extra),
            targets=[target for unit in pack for target in unit.targets],
            python=list(sys.version_info[:3]),
            grace_seconds=self.settings.grace_seconds,
            max_requeues=self.settings.max_requeues,
            minutes=minutes,
            gpus=gpus if isinstance(gpus, int) else 1,
            attempt=jobs[0].attempt,
            mem_mb=memory if isinstance(memory, int) else None,
        )
        write_task(self.run.task_path(name), task)
        return task

    def _command_head(self) -> str:
        precommand = self.workflow.spawned_job_args_factory.precommand(
            executor_common_settings=self.common_settings
        )
        return str(
            join_cli_args(
                [
                    self.get_envvar_declarations(),
                    f"{precommand} &&" if precommand else "",
                    f"exec {self.settings.python or shlex.quote(sys.executable)} -m snakemake",
                    format_cli_arg("--snakefile", self.get_snakefile()),
                ]
            )
        )

    def _refused(
        self, units: list[Unit], parameters: BatchParameters, error: SubmissionError
    ) -> bool:
        """Report a refused submission; False when it is worth another try."""
        kind = error.kind
        if kind is Refusal.AWAY or (kind is Refusal.FULL and self.table.tasks):
            seconds = RETRY_SECONDS[min(self._attempts, len(RETRY_SECONDS) - 1)]
            self._attempts += 1
            self._not_before = time.monotonic() + seconds
            self._say(f"SLURM takes no jobs now ({error.words}); trying again", key="away")
            return False
        if NO_SPACE.search(error.words):
            message = f"the task files could not be written to {self.run.folder}: {error.words}"
        else:
            origin = parameters.origin_of(error.words)
            message = (
                f"sbatch refused it: {error.words}\nIt was asked for with {origin} "
                f"(resources of rule {units[0].rule}, or default-resources and set-resources of "
                "the profile)."
            )
        for unit in units:
            self._report_submission(unit, None)
            self._fail(unit, None, Outcome(Verdict.FAILED, message, retry=False))
        return True

    # --- following ---------------------------------------------------------------------------

    async def check_active_jobs(
        self, active_jobs: list[SubmittedJobInfo]
    ) -> AsyncGenerator[SubmittedJobInfo, None]:
        """One round: submit what waits, read the ledgers, now and then ask SLURM."""
        if self._ready.is_set():
            try:
                self._round()
            except Exception:
                # An exception here would abort the workflow and leave its jobs behind.
                self._say(f"internal error, going on:\n{traceback.format_exc()}", key="internal")
        # Nothing is left for the base class to carry over: the table has all jobs.
        for info in active_jobs[:0]:
            yield info

    def report_job_submission(self, job_info: SubmittedJobInfo, register_job: bool = True) -> None:
        """The base class would keep a job list that is empty while it polls: use our own."""
        RealExecutor.report_job_submission(self, job_info, register_job)

    def _round(self) -> None:
        self._submit_waiting()
        now = time.monotonic()
        for task in list(self.table.tasks.values()):
            task.read()
            self._settle(task, now)
        if self.table.tasks and now >= self._next_slurm:
            self._next_slurm = now + self.settings.slurm_poll_seconds
            self._ask_slurm()
        self._show_status()

    def _ask_slurm(self) -> None:
        try:
            states = slurm.queue()
        except slurm.SlurmUnavailableError as error:
            self._say(f"SLURM does not answer ({error}); tasks go on, asking again", key="squeue")
            return
        self._unsay("squeue")
        silent = self.table.update(states)
        if silent:
            self._ask_accounting(silent)
        # States first, ledgers after: what a task wrote before it ended is seen.
        now = time.monotonic()
        for task in list(self.table.tasks.values()):
            task.read()
            self._settle(task, now)

    def _ask_accounting(self, silent: list[LiveTask]) -> None:
        """Tasks that squeue has forgotten already."""
        try:
            states = slurm.accounting(task.id for task in silent)
            self._unsay("sacct")
        except slurm.SlurmUnavailableError as error:
            self._say(f"no accounting ({error}); relying on squeue and the ledgers", key="sacct")
            states = {}
        now = time.monotonic()
        for task in silent:
            if task.id in states and states[task.id].ended:
                task.set_state(states[task.id], now)
            elif now - self._unknown_since.setdefault(task.id, now) > LOST_SECONDS:
                task.set_state(slurm.TaskState("LOST"), now)
            else:
                continue
            self._unknown_since.pop(task.id, None)

    @property
    def _late_seconds(self) -> float:
        # Ledgers live on the same file system as the outputs.
        return float(max(3, self.workflow.execution_settings.latency_wait))

    def _settle(self, task: LiveTask, now: float) -> None:
        """Report all jobs of a task whose outcome is known."""
        for unit in list(task.units):
            outcome = task.judge_unit(unit, now, self._late_seconds)
            if outcome.verdict is Verdict.WAIT:
                continue
            task.units.remove(unit)
            if outcome.verdict is Verdict.DONE:
                self._succeed(unit, task)
            elif outcome.verdict is Verdict.FAILED:
                self._fail(unit, task, outcome)
            else:
                self._again(unit, task, outcome)
        if not task.units and (task.ended or all_final(task)):
            self.table.drop(task)

    def _succeed(self, unit: Unit, task: LiveTask | None) -> None:
        self.table.done += 1
        for target in unit.targets:
            notes.remove_note(target.log)
            seconds = task.seconds_of(target.key) if task else None
            if seconds is not None and not unit.job.is_group():
                self.durations.add(unit.rule, seconds)
        self.report_job_success(SubmittedJobInfo(unit.job))

    def _leave_notes(self, unit: Unit, task: LiveTask) -> None:
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

    def _again(self, unit: Unit, task: LiveTask, outcome: Outcome) -> None:
        """The job was lost through no fault of its own: submit it anew, not as an attempt."""
        self._leave_notes(unit, task)
        unit.again += 1
        if unit.again > self.settings.max_requeues:
            words = f"{outcome.message}, {unit.again} times: max_requeues reached"
            self._fail(unit, task, Outcome(Verdict.FAILED, words))
            return
        where = f"task {task.id} on {task.node or 'no node'}"
        self._say(f"{where}: {outcome.message}; submitting again {unit.label}")
        unit.outcomes.clear()
        self._put_back([unit])

    def _fail(self, unit: Unit, task: LiveTask | None, outcome: Outcome) -> None:
        self.table.failed += 1
        message = f"{unit.label}: {outcome.message}"
        logs: list[str] = []
        if task is not None:
            self._leave_notes(unit, task)
            state = task.state.state if task.state else "still in the queue"
            message = task.problem or message
            message += f"\nSLURM task {task.id} on node {task.node or 'unknown'}: {state}."
            log = next((t.log for t in unit.targets if last_lines(t.log)), None)
            shown = log or str(task.log)
            if task.problem is None and (tail := last_lines(shown)):
                message += f"\nLast lines of {os.path.relpath(shown)}:\n{tail}"
            logs = [str(task.log)]
        if not outcome.retry:
            unit.job.attempt = max(unit.job.attempt, unit.job.restart_times + 1)
        self.report_job_error(SubmittedJobInfo(unit.job), msg=message, aux_logs=logs)

    def print_job_error(self, job_info: SubmittedJobInfo, msg: Any = None, **kwargs: Any) -> None:
        """Without the base class's hint to look elsewhere: the message has it all."""
        job_info.job.log_error(msg, **kwargs)

    # --- telling -----------------------------------------------------------------------------

    def _say(self, text: str, key: str | None = None) -> None:
        """Log a line; one with a key only when it says something new."""
        if key is not None:
            if self._said.get(key) == text:
                return
            self._said[key] = text
        self.logger.info(f"submitit: {text}")

    def _unsay(self, key: str) -> None:
        if self._said.pop(key, None) is not None:
            self.logger.info("submitit: SLURM answers again")

    def _show_status(self) -> None:
        if not self.settings.status_seconds or not self.table.tasks:
            return
        line, shown_at = self._last_status
        now = time.monotonic()
        if now - shown_at < self.settings.status_seconds:
            return
        new = self.table.status_line()
        if new != line:
            self._last_status = (new, now)
            self.logger.info(new)

    # --- ending ------------------------------------------------------------------------------

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """Cancel all live tasks, whatever the list says: it is empty while the thread polls."""
        tasks = [task for task in list(self.table.tasks.values()) if not task.ended]
        for task in tasks:
            task.cancelled_by_us = True
        ids = slurm.short_ids((task.id for task in tasks), self.table.array_sizes)
        if not ids:
            return
        for seconds in (0.0, *RETRY_SECONDS[:3]):
            time.sleep(seconds)
            try:
                slurm.cancel(ids)
            except slurm.SlurmUnavailableError as error:
                self.logger.warning(f"submitit: scancel failed ({error})")
                continue
            return
        self.logger.error(f"submitit: these jobs are still in the queue: scancel {' '.join(ids)}")

    def cancel(self) -> None:
        """Ctrl-C or an error inside Snakemake: leave nothing in the queue."""
        self.stopping.set()
        self.cancel_jobs([])
        super().shutdown()
        # The polling thread may have been inside sbatch.
        self.cancel_jobs([])
        self._close()

    def shutdown(self) -> None:
        """The end of the workflow, in success or failure."""
        self.stopping.set()
        super().shutdown()
        if any(task.units for task in self.table.tasks.values()):
            self.cancel_jobs([])
        left = [
            task.id for task in self.table.tasks.values() if not task.ended and not all_final(task)
        ]
        self._close(left)

    def _close(self, left: list[str] | None = None) -> None:
        self.durations.save()
        keep = self.settings.keep_logs or self.table.failed or self.table.tasks
        for run in (*self.inheritance.runs, self.run):
            if left and run is not self.run:
                # Tasks nobody asked for in this call: a later one may.
                self.logger.info(
                    f"submitit: left in the queue from an earlier run: {' '.join(left)}"
                )
                continue
            run.close()
            if not keep:
                run.remove()


def all_final(task: LiveTask) -> bool:
    """Whether nothing of the task is left to do."""
    return all(
        task.events.get(target.key, {}).get("event") in ("done", "failed")
        for target in task.task.targets
    )


def _held(executor: Executor, unit: Unit) -> bool:
    """Whether a live task has the unit already."""
    return any(unit in task.units for task in executor.table.tasks.values())
