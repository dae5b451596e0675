"""Following live tasks: their ledgers all the time, SLURM now and then."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import slurm
from .live import LAUNCH_FAILED, LiveTask, Table, Unit
from .outcome import AGAIN_BY_HAND, Outcome, Verdict
from .reports import Reports
from .settings import ExecutorSettings
from .status_log import StatusLog

# Reasons of a pending task that no waiting resolves.
STUCK = re.compile(
    r"PartitionTimeLimit|PartitionNodeLimit|BadConstraints|MaxWallDurationPerJobLimit|"
    r"MaxCpuPerJobLimit|MaxMemPerJob|MaxNodePerJobLimit|InvalidQOS|InvalidAccount|PartitionConfig"
)
# A held task is released after so many looks (its bad node is drained by then, or the restarted
# controller in order again), and so often at most.
RELEASE_AFTER_POLLS = 4
MOST_RELEASES = 3
# A task that neither squeue nor sacct knows, although squeue answers.
LOST_SECONDS = 120
# The same for one that only waited: SLURM forgets a pending task of an array when it is cancelled.
VANISHED_SECONDS = 20


def ledgers_in(folders: Iterable[Path]) -> set[str] | None:
    """The files in these folders, as paths; None where one cannot be listed."""
    found: set[str] = set()
    try:
        for folder in folders:
            found.update(os.path.join(folder, name) for name in os.listdir(folder))
    except OSError:
        return None
    return found


@dataclass
class Follower:
    """Reports the outcome of every job in the table."""

    settings: ExecutorSettings
    table: Table
    reports: Reports
    status_log: StatusLog
    put_back: Callable[[list[Unit]], None]
    # Ledgers live on the same file system as the outputs, and may appear as late.
    late_seconds: float
    _next_ledgers: float = 0.0
    _next_slurm: float = 0.0
    _unknown_since: dict[str, float] = field(default_factory=dict)

    def look_soon(self) -> None:
        """Ask SLURM shortly: something was submitted."""
        self._next_slurm = min(self._next_slurm, time.monotonic() + 2)

    def look(self) -> None:
        """One round."""
        now = time.monotonic()
        if not self.table.tasks:
            return
        if now >= self._next_ledgers:
            self._next_ledgers = now + self.settings.poll_seconds
            self._settle_all()
        if now >= self._next_slurm:
            self._next_slurm = now + self.settings.slurm_poll_seconds
            self._ask_slurm()
        self.status_log.show_status(self.table.status_line(), self.table.queue())

    def _settle_all(self) -> None:
        now = time.monotonic()
        tasks = list(self.table.tasks.values())
        # One list of each folder, and not a look-up for each of the tasks that wait in the queue.
        written = ledgers_in({task.ledger.parent for task in tasks if task.only_queued})
        for task in tasks:
            if not task.only_queued or written is None or str(task.ledger) in written:
                task.read()
                if (damage := task.damage) is not None:
                    self.status_log.report(damage, key=str(task.ledger))
                self._settle(task, now)

    def _ask_slurm(self) -> None:
        try:
            states = slurm.queue()
        except slurm.SlurmUnavailableError as error:
            text = f"SLURM is not answering ({error}); tasks continue, retrying"
            self.status_log.report(text, key="squeue")
            return
        self.status_log.clear("squeue")
        silent = self.table.update(states)
        ids = {task.id for task in silent}
        self._unknown_since = {k: v for k, v in self._unknown_since.items() if k in ids}
        self._warn_of_stuck()
        self._release_held()
        if silent:
            self._ask_accounting(silent)
        # States first, ledgers after: what a task wrote before it ended is seen.
        self._settle_all()

    def _warn_of_stuck(self) -> None:
        for task in self.table.tasks.values():
            state = task.state
            if state is not None and state.pending and STUCK.search(state.reason):
                rules = ", ".join(sorted({unit.rule for unit in task.units}))
                given = task.asked.origin_of(state.reason) if task.asked else "what it asks for"
                text = (
                    f"task {task.id} ({rules}) can not start: SLURM’s reason is {state.reason}. "
                    f"Compare {given} (resources of the rule, or default-resources and "
                    "set-resources of the profile) with the limits of its partition and account; "
                    "Ctrl-C cancels it"
                )
                self.status_log.report(text, key=state.reason)

    def _release_held(self) -> None:
        """Set tasks going again that SLURM holds because their node could not start them."""
        now = time.monotonic()
        wait = RELEASE_AFTER_POLLS * self.settings.slurm_poll_seconds
        due = []
        for task in self.table.tasks.values():
            if not task.held:
                task.held_since = None
            elif task.held_since is None:
                task.held_since = now
            elif now - task.held_since >= wait and task.releases < MOST_RELEASES:
                task.held_since = None
                task.releases += 1
                due.append(task.id)
            elif task.releases >= MOST_RELEASES:
                text = (
                    f"task {task.id} is still held by SLURM after {MOST_RELEASES} tries to release "
                    f"it ({LAUNCH_FAILED}): ask your administrators (Ctrl-C cancels it)"
                )
                self.status_log.report(text, key=f"held {task.id}")
        if due:
            self._release(due)

    def _release(self, tasks: list[str]) -> None:
        some = ", ".join(tasks[:5]) + (f" and {len(tasks) - 5} more" if len(tasks) > 5 else "")
        held = f"SLURM holds tasks that it could not start ({LAUNCH_FAILED}): {some}"
        try:
            slurm.release(tasks)
            self.status_log.report(f"{held}; released them")
        except slurm.SlurmUnavailableError as error:
            self.status_log.report(f"{held}; releasing them failed: {error}")

    def _ask_accounting(self, silent: list[LiveTask]) -> None:
        """Tasks that squeue has forgotten already."""
        states = {}
        try:
            states = slurm.accounting(task.id for task in silent)
            self.status_log.clear("sacct")
        except slurm.SlurmUnavailableError as error:
            text = f"SLURM’s accounting is not available ({error}); using squeue and the ledgers"
            self.status_log.report(text, key="sacct")
        now = time.monotonic()
        long_silent = []
        for task in silent:
            known = states.get(task.id)
            since = self._unknown_since.setdefault(task.id, now)
            if known is not None and known.state != "UNKNOWN":
                task.set_state(known, now)
            if known is not None and known.ended:
                self._unknown_since.pop(task.id)
            elif now - since > (VANISHED_SECONDS if task.only_waited else LOST_SECONDS):
                long_silent.append(task)
        if long_silent:
            self._ask_by_name(long_silent, states)

    def _ask_by_name(self, tasks: list[LiveTask], accounts: Mapping[str, slurm.TaskState]) -> None:
        """Tasks that the controller's list lacks for long: its word alone proves one gone."""
        try:
            states = slurm.still_known(task.id for task in tasks)
        except slurm.SlurmUnavailableError as error:
            self.status_log.report(f"SLURM is not answering ({error}); retrying", key="by name")
            return
        self.status_log.clear("by name")
        now = time.monotonic()
        for task in tasks:
            self._unknown_since.pop(task.id)
            if task.id in states:
                task.set_state(states[task.id], now)
            elif task.id in accounts:
                text = (
                    f"SLURM’s accounting says that task {task.id} is {accounts[task.id].state}, "
                    "its controller does not know it. It is not started again while they disagree: "
                    "ask your administrators (sacctmgr show runawayjobs), or press Ctrl-C"
                )
                self.status_log.report(text, key=f"runaway {task.id}")
            else:
                state = "CANCELLED" if task.only_waited else "LOST"
                task.set_state(slurm.TaskState(state), now)

    def _settle(self, task: LiveTask, now: float) -> None:
        """Report all jobs of a task whose outcome is known."""
        for unit in list(task.units):
            outcome = task.judge_unit(unit, now, self.late_seconds)
            if outcome.verdict is Verdict.WAIT:
                continue
            task.units.remove(unit)
            self._avoid_node(task)
            if outcome.verdict is Verdict.DONE:
                self.reports.succeeded(unit, task)
            elif outcome.verdict is Verdict.FAILED:
                self.reports.failed(unit, task, outcome)
            else:
                self._again(unit, task, outcome)
        if not task.units and (task.ended or task.finished):
            self.table.drop(task)

    def _avoid_node(self, task: LiveTask) -> None:
        """Let no later task run where this one could not."""
        why = task.node_failure
        if why is not None and task.node and task.node not in self.table.failed_nodes:
            self.table.failed_nodes[task.node] = why
            self.status_log.report(f"node {task.node} gets no more tasks of this run: {why}")

    def _again(self, unit: Unit, task: LiveTask, outcome: Outcome) -> None:
        """The job was lost through no fault of its own: submit it anew, not as an attempt."""
        unit.again += 1
        unit.alone = unit.alone or outcome.alone
        if unit.again > self.settings.max_requeues:
            words = f"{outcome.message}, {unit.again} times: max_requeues reached"
            advice = f"exclude bad nodes (--submitit-exclude-nodes), or {AGAIN_BY_HAND}"
            unit.outcomes.clear()
            self.reports.failed(unit, task, Outcome(Verdict.FAILED, words, advice=advice))
            return
        self.reports.noted(unit, task)
        where = f"task {task.id} on {task.node or 'no node'}"
        self.status_log.report(f"{where}: {outcome.message}; submitting again {unit.label}")
        unit.outcomes.clear()
        self.put_back([unit])
