"""Handing what an earlier, killed Snakemake left to the jobs of this one."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from . import slurm
from .leftovers import CANCEL_WAIT_SECONDS, Leftovers
from .live import LiveTask, Table, Unit
from .reports import Reports
from .status_log import StatusLog


@dataclass
class Recovery:
    """Decides for each unit whether it needs to be submitted at all."""

    leftovers: Leftovers
    table: Table
    reports: Reports
    status_log: StatusLog
    stopping: threading.Event

    def covers(self, unit: Unit) -> bool:
        """Whether the unit is finished already, or in a task that still lives."""
        if all(self.leftovers.is_finished(target) for target in unit.targets):
            self.status_log.report(f"recovered {unit.label}: an earlier run finished it")
            self.reports.submitted(unit, None)
            self.reports.succeeded(unit, None)
            return True
        task = self._task_that_holds(unit)
        if task is None:
            self._cancel_conflicts(unit)
            return False
        self.status_log.report(f"re-attached {unit.label} to task {task.id}")
        task.units.append(unit)
        self.reports.submitted(unit, task.id)
        return True

    def _task_that_holds(self, unit: Unit) -> LiveTask | None:
        """The one live task that has all jobs of the unit, as they are now."""
        found: LiveTask | None = None
        for target in unit.targets:
            holder = self.table.holder_of(target.key)
            if holder is None or holder[1].fingerprint != target.fingerprint:
                return None
            if holder[0].cancelled_by_us or found not in (None, holder[0]):
                return None
            found = holder[0]
        return found

    def _cancel_conflicts(self, unit: Unit) -> None:
        """Two tasks must not write the same outputs: an outdated one is cancelled and awaited."""
        for target in unit.targets:
            holder = self.table.holder_of(target.key)
            if holder is not None:
                self.status_log.report(
                    f"cancelling task {holder[0].id}: it runs an outdated {unit.label}"
                )
                self._cancel(holder[0])

    def _cancel(self, task: LiveTask) -> None:
        if not task.cancelled_by_us:
            task.cancelled_by_us = True
            slurm.cancel([task.id])
        deadline = time.monotonic() + CANCEL_WAIT_SECONDS
        while time.monotonic() < deadline and not self.stopping.is_set():
            state = slurm.queue().get(task.id)
            if state is None or state.ended:
                break
            time.sleep(0.5)
        if not task.units:
            self.table.drop(task)
