"""The executor: Snakemake's own local executor with warm scripts, GPU slots and a ledger."""

from __future__ import annotations

import concurrent.futures
import contextlib
import copy
import os
import signal
import sys
import threading
from typing import Any

from snakemake.exceptions import SpawnedJobError, WorkflowError
from snakemake.executors.local import Executor as LocalExecutor
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface
from snakemake_interface_executor_plugins.settings import ExecMode

from .gpus import GpuSlots, granted, this_machine
from .groups import Groups, members
from .record import Recorder, ended_as, output_size
from .running import JobPopen, RunningJob, running_job, stop_all, watch_shell_commands
from .scripts import use_warm_workers
from .settings import MINIMUM, ExecutorSettings, too_small
from .signals import Ending
from .workers import WarmWorkers


class StoppingError(Exception):
    """The job was not started because the executor has been told to stop."""


class Executor(LocalExecutor):  # type: ignore[misc]
    """Runs jobs on this machine, in the order and with the semantics of the local executor."""

    def __post_init__(self) -> None:
        super().__post_init__()
        settings = self.workflow.executor_settings
        if not isinstance(settings, ExecutorSettings):
            settings = ExecutorSettings()
        if (problem := too_small(settings, MINIMUM, "submitit-jobstep")) is not None:
            raise WorkflowError(problem)
        self.settings = settings
        # `workers` is the base class's: the size of its pool.
        self.warm_workers = WarmWorkers(settings.preload)
        self.slots = GpuSlots(granted(os.environ, this_machine()), settings.jobs_per_gpu)
        self.recorder = Recorder.from_environment()
        self.stopping = threading.Event()
        self._finished: dict[Any, RunningJob] = {}
        self.groups = Groups(self._finished.get, settings.grace_seconds)
        self._ready_for_signals = False
        self.ending = Ending()
        self._warned_no_gpu = False
        watch_shell_commands()
        self._restore_scripts = use_warm_workers(self.warm_workers)
        if self.workflow.exec_mode == ExecMode.REMOTE:
            self._leave_markers_to_main_process()

    def _leave_markers_to_main_process(self) -> None:
        # The submitting Snakemake writes the metadata of finished outputs. Did this one remove
        # their "incomplete" markers, results that come in while the submitting one is dead would
        # count as complete without metadata, and their recorded run times would be zero.
        async def finished(job: Any) -> None:
            return None

        self.workflow.persistence.finished = finished

    def run_jobs(self, jobs: list[JobExecutorInterface]) -> None:
        """Run a wave of jobs."""
        if not self._ready_for_signals:
            # Not earlier: the scheduler sets its own handler after it has made the executor.
            self._ready_for_signals = True
            if self.recorder is None:
                self.ending.listen()
            else:
                signal.signal(signal.SIGTERM, self._on_terminate)
        super().run_jobs(jobs)

    def _on_terminate(self, *_: Any) -> None:
        # In a thread: the handler may interrupt the scheduler while it holds its own lock.
        threading.Thread(target=self._stop, daemon=True).start()

    def _stop(self) -> None:
        self.stopping.set()
        self.workflow.scheduler.exit_gracefully()
        stop_all(self.settings.grace_seconds)

    def _asks_by_other_names(self, job: Any) -> bool:
        """Whether the job asks SLURM for devices without `gpu`: it then sees what SLURM gave."""
        asked = f"{job.resources.get('gres') or ''} {job.resources.get('slurm_extra') or ''}"
        return not job.resources.get("gpu") and "gpu" in asked

    def _gpus_of(self, job: Any) -> int:
        count = job.resources.get("gpu") or 0
        wanted = count if isinstance(count, int) else 1
        found = len(self.slots.devices.names)
        if wanted > found and not self._warned_no_gpu:
            self._warned_no_gpu = True
            instead = f"with {found}" if found else "without a GPU"
            self.logger.warning(
                f"{job.rule.name} asks for gpu={wanted}, but this process was granted {found}: the "
                f"job runs {instead}."
            )
        return wanted

    def report_job_submission(self, job_info: Any, register_job: bool = True) -> None:
        """The job is on its way; it is marked as started when it really starts."""
        super().report_job_submission(job_info, register_job=False)

    def _mark_started(self, job: Any) -> None:
        # The marker's time becomes the start time in the metadata. Marked later, as the base class
        # does it, a quick job would seem to end before it started.
        try:
            job.register(external_jobid=os.environ.get("SLURM_JOB_ID"))
        except OSError as error:
            self.logger.info(f"Failed to set the marker of a started job ({error}).")

    def cached_or_run(self, job: Any, run_func: Any, *args: Any) -> None:
        """Run one job in the calling pool thread."""
        with contextlib.ExitStack() as held:
            devices = None
            if not self._asks_by_other_names(job):
                devices = (
                    self.groups.devices_of(job)
                    if self.groups.has(job)
                    else held.enter_context(self.slots.assigned(self._gpus_of(job)))
                )
            running = held.enter_context(running_job(devices))
            self._finished[job] = running
            if self.stopping.is_set():
                raise StoppingError("not started: the task is being stopped")
            if self.groups.ended(job):
                raise StoppingError("not started: another job of its group has failed")
            if self.recorder is not None:
                self.recorder.started(job)
            self._mark_started(job)
            try:
                super().cached_or_run(job, run_func, *args)
            finally:
                running.output_end = output_size()

    def run_group_job(self, job: Any) -> None:
        """Jobs with `pipe()` or `service()` between them, in a pool thread of the group's own."""
        jobs = members(job)
        counts = [self._gpus_of(one) for one in jobs]
        with (
            self.slots.assigned_together(counts) as devices,
            # Waiting for a thread, one of them would keep the others waiting for ever.
            concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool,
        ):
            together = copy.copy(self)
            together.pool = pool
            self.groups.run(jobs, devices, together.run_single_job)

    def spawn_job(self, job: Any) -> None:
        """A `run:` or shadow job: a Snakemake of its own, with the job's devices."""
        if JobPopen(self.format_job_exec(job), shell=True).wait() != 0:
            raise SpawnedJobError()

    def print_job_error(self, job_info: Any, msg: Any = None, **kwargs: Any) -> None:
        """With how the job ended, where nobody else says."""
        running = self._finished.get(job_info.job)
        ended = ended_as(running.status if running is not None else None)
        super().print_job_error(job_info, msg or ended, **kwargs)

    def _callback(self, job_info: Any, future: Any) -> None:
        """The end of a job. One that Ctrl-C has stopped has not failed, and nobody asks for it."""
        if self.recorder is None and self.stopping.is_set() and future.exception() is not None:
            return
        super()._callback(job_info, future)

    def handle_job_success(self, job: Any) -> None:
        """After Snakemake has checked the outputs."""
        super().handle_job_success(job)
        for one in members(job):
            running = self._finished.pop(one, None)
            self.groups.forget(one)
            if self.recorder is not None and running is not None:
                self.recorder.done(one)

    def handle_job_error(self, job: Any) -> None:
        """After Snakemake has removed the outputs of the failed job."""
        super().handle_job_error(job)
        jobs = members(job)
        someone = any(self.groups.at_fault(one) for one in jobs)
        for one in jobs:
            running = self._finished.pop(one, None)
            # The others of a group did not fail, and go where it goes.
            beside = someone and not self.groups.at_fault(one)
            self.groups.forget(one)
            if self.recorder is not None:
                status, end = (running.status, running.output_end) if running else (None, None)
                self.recorder.not_done(one, status, self.stopping.is_set() or beside, end)

    def cancel(self) -> None:
        """Ctrl-C: stop what runs."""
        self.ending.ignore()
        self.stopping.set()
        stop_all(self.settings.grace_seconds)
        self._close()

    def shutdown(self) -> None:
        """All jobs have ended."""
        self._close()

    def _close(self) -> None:
        super().shutdown()
        self._restore_scripts()
        self.warm_workers.close()
        sys.stdout.flush()
