"""The executor: what Snakemake calls."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from snakemake_executor_plugin_submitit_jobstep.settings import too_small
from snakemake_executor_plugin_submitit_jobstep.signals import Ending
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.real import RealExecutor
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

from . import slurm
from .command import CallBuilder, rule_of, single_jobs, target_of
from .efficiency import summary
from .follower import Follower
from .leftovers import Leftovers, job_of_comment, leftovers_of
from .live import Table, Unit, count
from .recovery import Recovery
from .reports import Reports
from .settings import MINIMUM, ExecutorSettings
from .status_log import StatusLog
from .store import Durations, Run, new_run, open_runs, remove_old_runs
from .submit import forget_surrounding_job, shell_defaults
from .submitter import RETRY_SECONDS, Submitter

ERRORS_IN_A_ROW = 10
# Ending takes no longer than this for each of: cancelling, and finding an interrupted submission.
STOP_SECONDS = 15.0


class Executor(RemoteExecutor):  # type: ignore[misc]
    """Packs ready jobs into array tasks and follows them through their ledgers.

    All that talks to SLURM happens in Snakemake's polling thread, except cancelling.
    """

    def __init__(self, workflow: Any, logger: Any) -> None:
        # The base class starts the polling thread before it calls __post_init__.
        self._ready = threading.Event()
        super().__init__(workflow, logger)

    def __post_init__(self) -> None:
        if self.workflow.remote_execution_settings.immediate_submit:
            raise WorkflowError("--immediate-submit is not supported by the submitit executor.")
        settings = self.workflow.executor_settings
        self.settings = settings if isinstance(settings, ExecutorSettings) else ExecutorSettings()
        if (problem := too_small(self.settings, MINIMUM, "submitit")) is not None:
            raise WorkflowError(problem)
        if "\\" in os.getcwd():
            raise WorkflowError(
                f"The name of the working folder holds a backslash ({os.getcwd()}). sbatch cannot "
                "name the output of each task there: rename the folder."
            )
        defaults = shell_defaults(os.environ)
        sentences = forget_surrounding_job()
        remove_old_runs()
        self.stopping = threading.Event()
        self.table = Table()
        self.durations = Durations()
        self.status_log = StatusLog(self.logger, self.settings.status_seconds)
        for sentence in sentences:
            self.status_log.report(sentence)
        self.leftovers = self._found_leftovers()
        self.run = self._new_run()
        self.reports = reports = Reports(
            self.table,
            self.durations,
            self.workflow.persistence,
            self.report_job_submission,
            self.report_job_success,
            self.report_job_error,
        )
        recovery = Recovery(self.leftovers, self.table, reports, self.status_log, self.stopping)
        self.submitter = Submitter(
            self.settings,
            self.run,
            self.table,
            self.durations,
            reports,
            self.status_log,
            CallBuilder(self, self.settings),
            recovery.covers,
            self.stopping,
            defaults,
            self.leftovers.unfollowed.message,
        )
        self.follower = Follower(
            self.settings,
            self.table,
            reports,
            self.status_log,
            self.submitter.put_back,
            float(max(3, self.workflow.execution_settings.latency_wait)),
        )
        self._errors = 0
        self._ready_for_signals = False
        self.left_behind = False
        self.ending = Ending()
        self._ready.set()

    def _new_run(self) -> Run:
        place = self.settings.logs
        try:
            return new_run(logs=Path(place) if place else None)
        except OSError as error:
            raise WorkflowError(
                f"--submitit-logs {place}: no folder can be made there ({error.strerror})"
                if place
                else f"no folder can be made for this run: {error}"
            ) from error

    def _found_leftovers(self) -> Leftovers:
        runs = open_runs()
        try:
            leftovers = leftovers_of(runs)
        except slurm.SlurmUnavailableError as error:
            raise WorkflowError(
                "An earlier Snakemake was killed here and may have left jobs in the queue, but "
                f"SLURM is not answering ({error}). Try again when it is: starting now could run "
                "them twice."
            ) from error
        if runs:
            self.status_log.report(
                "an earlier run was interrupted; it left "
                f"{count(len(leftovers.finished), 'finished job')} to recover and "
                f"{count(len(leftovers.live), 'task')} in the queue"
            )
        for note in leftovers.notes:
            self.status_log.report(note)
        for task in leftovers.live:
            self.table.add(task)
        return leftovers

    @property
    def next_seconds_between_status_checks(self) -> float:
        """Between two rounds of the polling thread; SLURM itself is asked less often."""
        return min(1.0, self.settings.poll_seconds) if self._ready.is_set() else 0.1

    def run_jobs(self, jobs: list[Any]) -> None:
        """Take ready jobs; they are packed and submitted once no more come for a moment."""
        if not self._ready_for_signals:
            # Not earlier: the scheduler sets its own handler after it has made the executor.
            self._ready_for_signals = True
            self.ending.listen()
        for job in jobs:
            self.run_job_pre(job)
            self.run_job(job)

    def run_job(self, job: Any) -> None:
        """Take one ready job."""
        self.submitter.add(Unit(job, [target_of(one) for one in single_jobs(job)], rule_of(job)))

    def report_job_submission(self, job_info: SubmittedJobInfo, register_job: bool = True) -> None:
        """The base class would keep a job list that is empty while it polls: the table is ours."""
        RealExecutor.report_job_submission(self, job_info, register_job)

    def print_job_error(self, job_info: SubmittedJobInfo, msg: Any = None, **kwargs: Any) -> None:
        """Without the base class's hint to look elsewhere: the message has it all."""
        if job_info.job.is_group():
            # Snakemake leaves out the message of a group. An attribute of the record stays, for
            # loggers that show it; for the others it is said apart.
            kwargs["reason"] = msg
            self.logger.error(msg, extra={"repeats_reason": True})
        job_info.job.log_error(msg, **kwargs)

    async def check_active_jobs(
        self, active_jobs: list[SubmittedJobInfo]
    ) -> AsyncGenerator[SubmittedJobInfo, None]:
        """One round: submit what waits, read the ledgers, now and then ask SLURM."""
        if self._ready.is_set():
            try:
                if self.submitter.submit_waiting():
                    self.follower.look_soon()
                self.follower.look()
                self.run.beat()
                self._errors = 0
            except Exception:
                # An exception here ends the workflow and its tasks: only one that stays does.
                self._errors += 1
                if self._errors >= ERRORS_IN_A_ROW:
                    raise
                self.status_log.report(
                    f"internal error, continuing:\n{traceback.format_exc()}", "internal"
                )
        # Nothing is left for the base class to carry over: the table has all jobs.
        for info in active_jobs[:0]:
            yield info

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """Cancel all live tasks, whatever the list says: it is empty while the thread polls."""
        tasks = [
            task
            for task in list(self.table.tasks.values())
            if not (task.ended or task.cancelled_by_us)
        ]
        for task in tasks:
            task.cancelled_by_us = True
        ids = slurm.short_ids((task.id for task in tasks), self.table.array_sizes)
        if not ids:
            return
        deadline = time.monotonic() + STOP_SECONDS
        while True:
            try:
                slurm.cancel(ids, max(1.0, deadline - time.monotonic()))
                self.status_log.report(f"cancelled {count(len(tasks), 'task')} in the queue")
                return
            except slurm.SlurmUnavailableError as error:
                if time.monotonic() + RETRY_SECONDS[0] > deadline:
                    self.left_behind = True
                    self.logger.error(
                        f"submitit: SLURM does not answer ({error}). These jobs are still in the "
                        f"queue: {' '.join(ids)}. The next call in this folder takes them over; "
                        f"to end them now: scancel {' '.join(ids)}"
                    )
                    return
                time.sleep(RETRY_SECONDS[0])

    def cancel(self) -> None:
        """Ctrl-C, SIGTERM or an error inside Snakemake: leave nothing in the queue.

        SIGHUP, a lost session, leaves the tasks to the next call.
        """
        self.ending.ignore()
        self.stopping.set()
        if self.ending.terminal_is_gone:
            self._leave_tasks()
            return
        self.cancel_jobs([])
        super().shutdown()
        # The polling thread may have been inside sbatch.
        self.cancel_jobs([])
        self._cancel_interrupted_submissions()
        self._close()

    def _leave_tasks(self) -> None:
        """Let the tasks in the queue go on, for the next call to take over."""
        super().shutdown()
        # Snakemake would remove the empty folders into which they are going to write.
        self.dag.cleanup_workdir = lambda: None
        left = sum(not task.ended for task in self.table.tasks.values())
        self.left_behind = True
        self.logger.warning(
            f"submitit: the session was lost. {count(left, 'task')} stay in the queue; the same "
            "command in this folder takes them over."
        )
        self._close()

    def _cancel_interrupted_submissions(self) -> None:
        """Find and cancel what sbatch had asked for when it was interrupted.

        The controller may still carry such a request out.
        """
        open_batches = self.run.open_batches
        deadline = time.monotonic() + STOP_SECONDS
        while open_batches and time.monotonic() < deadline:
            try:
                states = slurm.queue(max(1.0, deadline - time.monotonic()))
                found = {
                    batch.comment: job_of_comment(states, batch.comment) for batch in open_batches
                }
                jobs = [job for job in found.values() if job is not None]
                if jobs:
                    slurm.cancel(jobs, max(1.0, deadline - time.monotonic()))
                    self.status_log.report(f"cancelled SLURM job {', '.join(jobs)}, just submitted")
                open_batches = [b for b in open_batches if found[b.comment] is None]
            except slurm.SlurmUnavailableError:
                pass
            if open_batches:
                time.sleep(1)
        if open_batches:
            self.left_behind = True
            self.logger.error(
                "submitit: a submission was interrupted, and SLURM has not said whether it was "
                "carried out. The next call in this folder looks for it and cancels it; to look "
                'yourself: squeue --me -o "%i %k"'
            )

    def shutdown(self) -> None:
        """The end of the workflow, in success or failure."""
        self.stopping.set()
        super().shutdown()
        if any(task.units for task in self.table.tasks.values()):
            self.cancel_jobs([])
        if self.settings.efficiency_report:
            text = summary(self.reports.usage, self.settings.extra_mem_mb)
            if text:
                self.status_log.report(text)
        self._close()

    def _close(self) -> None:
        self.durations.save()
        unclaimed = [
            task.id
            for task in self.table.tasks.values()
            if task.asked is None and not (task.ended or task.finished or task.cancelled_by_us)
        ]
        if unclaimed and not self.left_behind:
            # Jobs of an earlier call that this one did not want: a later call may.
            self.status_log.report(f"left in the queue from an earlier run: {' '.join(unclaimed)}")
        elif not self.left_behind and not self.leftovers.unfollowed.tasks:
            for run in self.leftovers.runs:
                run.close()
                if not self.settings.keep_logs:
                    run.remove()
        if self.left_behind:
            # Open: the next call takes over what is in the queue, or cancels it.
            return
        self.run.close()
        if not (self.settings.keep_logs or self.table.failed or self.stopped_early):
            self.run.remove()

    @property
    def stopped_early(self) -> bool:
        """Whether some tasks were cancelled: their logs may tell why."""
        return any(task.cancelled_by_us for task in self.table.tasks.values())
