"""Jobs that are connected by `pipe()` or `service()` outputs: they run at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from .running import RunningJob, stop_all

# A job that is to end may get its process only later: it is looked for this often.
LOOK_SECONDS = 0.2
# SIGPIPE, as Popen and as a shell report it.
BROKEN_PIPE_STATUS = frozenset({-13, 141})


def members(job: Any) -> list[Any]:
    """The jobs of a group, or the job itself."""
    return list(job) if job.is_group() else [job]


class Groups:
    """The groups that run now: the devices of their jobs, and which of them was ended by us.

    Args:
        running: the running job of a job of Snakemake, None before it has one.
        grace_seconds: between SIGTERM and SIGKILL for a service that is no longer needed.
    """

    def __init__(self, running: Callable[[Any], RunningJob | None], grace_seconds: float) -> None:
        self._running = running
        self._grace_seconds = grace_seconds
        self._lock = threading.Lock()
        self._devices: dict[Any, Mapping[str, str]] = {}
        self._ended: set[Any] = set()
        self._at_fault: set[Any] = set()

    def has(self, job: Any) -> bool:
        """Whether the job is of a group, which has its devices already."""
        return job in self._devices

    def devices_of(self, job: Any) -> Mapping[str, str]:
        """The variables that name the GPUs of a job of a group."""
        return self._devices[job]

    def ended(self, job: Any) -> bool:
        """Whether the job is not to start, or was ended, because of the others of its group."""
        return job in self._ended

    def at_fault(self, job: Any) -> bool:
        """Whether the job failed by itself, and the others of its group with it."""
        return job in self._at_fault

    def forget(self, job: Any) -> None:
        """The job has an outcome."""
        with self._lock:
            self._devices.pop(job, None)
            self._ended.discard(job)
            self._at_fault.discard(job)

    def run(
        self,
        jobs: Collection[Any],
        devices: Collection[Mapping[str, str]],
        start: Callable[[Any], Future[Any]],
    ) -> None:
        """Run jobs together until all but the services have ended, then end the services.

        Raises what the first failing job raised, once all others have been ended.
        """
        with self._lock:
            for job in jobs:
                self._ended.discard(job)
                self._at_fault.discard(job)
            self._devices.update(zip(jobs, devices, strict=True))
        # Services first: their consumers may ask for them at once.
        ordered = sorted(jobs, key=lambda job: not job.is_service)
        futures: dict[Any, Future[Any]] = {}
        try:
            for job in ordered:
                futures[job] = start(job)
            self._await_consumers(futures)
        finally:
            self._end(futures, self._grace_seconds)

    def _await_consumers(self, futures: Mapping[Any, Future[Any]]) -> None:
        pending = dict(futures)
        while any(not job.is_service for job in pending):
            done, _ = wait(pending.values(), return_when=FIRST_COMPLETED)
            if any(future.exception() for future in done):
                failed = self._first_to_fail(pending)
                self._at_fault.update(failed)
                self._end(futures, 0)
                error = futures[failed[0]].exception()
                assert error is not None
                raise error
            pending = {job: future for job, future in pending.items() if future not in done}

    def _first_to_fail(self, futures: Mapping[Any, Future[Any]]) -> list[Any]:
        """The jobs that failed, without those that wrote to one that had failed before."""
        wait(futures.values(), timeout=LOOK_SECONDS)
        failed = [job for job, future in futures.items() if future.done() and future.exception()]
        first = [job for job in failed if self._status(job) not in BROKEN_PIPE_STATUS]
        return first or failed

    def _status(self, job: Any) -> int | None:
        running = self._running(job)
        return running.status if running is not None else None

    def _end(self, futures: Mapping[Any, Future[Any]], grace_seconds: float) -> None:
        """End the jobs that have not ended, and wait for them."""
        left = {job: future for job, future in futures.items() if not future.done()}
        self._ended.update(left)
        while left:
            running = [self._running(job) for job in left]
            stop_all(grace_seconds, {one for one in running if one is not None})
            wait(left.values(), timeout=LOOK_SECONDS)
            left = {job: future for job, future in left.items() if not future.done()}
