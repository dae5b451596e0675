"""How many jobs a task gets, and how many of them run at the same time."""

from __future__ import annotations

from dataclasses import dataclass

from .live import Unit
from .pack import bounded, split_by_duration, split_evenly
from .resources import AT_ONCE_RESOURCE, PACK_RESOURCE, whole_number
from .settings import ExecutorSettings
from .store import Durations

# No job on a node takes less.
MINIMUM_SECONDS = 0.1


@dataclass(frozen=True)
class Sizes:
    """What settings, rules and earlier jobs say about the sizes of tasks."""

    settings: ExecutorSettings
    durations: Durations

    def at_once(self, unit: Unit) -> int:
        """Jobs of a task that may run at the same time."""
        if unit.alone or unit.job.is_group():
            return 1
        return whole_number(unit.job.resources, AT_ONCE_RESOURCE) or self.settings.jobs_at_once

    def fixed(self, unit: Unit) -> int | None:
        """Jobs a task where the rule or the settings say so."""
        if unit.job.is_group():
            return 1
        return whole_number(unit.job.resources, PACK_RESOURCE) or self.settings.pack

    def packs(self, units: list[Unit]) -> list[list[Unit]]:
        """Jobs of equal parameters as tasks that are not too large for a node's command line."""
        return bounded(
            self._wanted_packs(units),
            lambda unit: sum(len(target.argument.encode()) + 1 for target in unit.targets),
        )

    def _wanted_packs(self, units: list[Unit]) -> list[list[Unit]]:
        """Jobs of equal parameters as tasks: of a fixed size, else of about equal duration."""
        fixed, at_once = self.fixed(units[0]), self.at_once(units[0])
        if fixed is not None:
            return split_evenly(units, fixed)
        seconds = {
            unit: max(known, MINIMUM_SECONDS)
            for unit in units
            if (known := self.durations.seconds(unit.rule, unit.expected_seconds)) is not None
        }
        unknown = [unit for unit in units if unit not in seconds]
        task_seconds = self.settings.task_minutes * 60
        return [
            *split_by_duration(list(seconds), list(seconds.values()), task_seconds, at_once),
            *split_evenly(unknown, max(self.settings.first_pack, at_once)),
        ]
