"""What was requested against what was used, by rule: memory, time and CPUs."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import slurm
from .resources import BatchParameters

# Below this share, the report says what to ask for instead.
LITTLE = 0.5
# What is asked for in its place: the peak with some room.
ROOM = 1.3
# The end of the last tasks is in the accounting database after so long, or will not be soon.
SETTLE_SECONDS = 30


@dataclass
class RuleUse:
    """What the jobs of one rule asked for and used.

    Attributes:
        seconds: of each job that ended.
        minutes: the largest `runtime`.
        mem_mb: the most memory that a task asked for.
        cpus: the most CPUs that a task asked for.
        tasks: ids of the tasks.
    """

    seconds: list[float] = field(default_factory=list)
    minutes: int | None = None
    mem_mb: int | None = None
    cpus: int = 1
    tasks: set[str] = field(default_factory=set)


class Usage:
    """Collects what jobs use while they end."""

    def __init__(self) -> None:
        self.rules: dict[str, RuleUse] = {}

    def add(
        self, rule: str, task: str, seconds: float | None, asked: BatchParameters | None
    ) -> None:
        """One job has ended that ran for so long (None where that is not known)."""
        use = self.rules.setdefault(rule, RuleUse())
        use.tasks.add(task)
        if seconds is not None:
            use.seconds.append(seconds)
        if asked is not None:
            use.minutes = max(use.minutes or 0, asked.minutes or 0) or None
            use.mem_mb = max(use.mem_mb or 0, asked.mem_mb or 0) or None
            use.cpus = max(use.cpus, asked.cpus)

    @property
    def tasks(self) -> set[str]:
        """The ids of all tasks."""
        return {task for use in self.rules.values() for task in use.tasks}


def mean(values: Iterable[float]) -> float | None:
    """The mean, None of nothing."""
    found = list(values)
    return sum(found) / len(found) if found else None


def _share(used: float | None, asked: float | None) -> str:
    return "" if used is None or not asked else f" ({100 * used / asked:.0f}%)"


def _megabytes(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.0f} MB"


def _minutes(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds / 60:.1f} min"


def row(rule: str, use: RuleUse, spent: Mapping[str, slurm.Spent]) -> list[str]:
    """The cells of one rule: name, jobs, memory and time asked and used, CPUs used."""
    known = [spent[task] for task in use.tasks if task in spent]
    peak = max((one.peak_mb for one in known if one.peak_mb is not None), default=None)
    longest = max(use.seconds, default=None)
    wall = sum(one.wall_seconds * one.cpus for one in known)
    cpu = sum(one.cpu_seconds for one in known)
    asked_seconds = None if use.minutes is None else use.minutes * 60
    return [
        rule,
        str(len(use.seconds)),
        _megabytes(use.mem_mb),
        _megabytes(peak) + _share(peak, use.mem_mb),
        "none" if use.minutes is None else f"{use.minutes} min",
        _minutes(longest) + _share(longest, asked_seconds),
        _minutes(mean(use.seconds)),
        f"{100 * cpu / wall:.0f}%" if wall else "unknown",
    ]


HEADER = [
    "rule", "jobs", "memory of a task", "peak", "time of a job", "longest", "mean", "CPUs busy",
]  # fmt: skip


def advice(rule: str, use: RuleUse, spent: Mapping[str, slurm.Spent], extra_mb: int) -> list[str]:
    """Sentences on what a rule asks for without using it."""
    peaks = [spent[task].peak_mb for task in use.tasks if task in spent]
    peak = max((one for one in peaks if one is not None), default=None)
    found = []
    if peak is not None and use.mem_mb and peak < LITTLE * use.mem_mb:
        enough = max(100, round((ROOM * peak - extra_mb) / 100 + 0.5) * 100)
        if enough < use.mem_mb - extra_mb:
            found.append(f"{rule}: mem_mb={enough} would have been enough")
    longest = max(use.seconds, default=None)
    if longest is not None and use.minutes and longest < LITTLE * use.minutes * 60:
        enough = max(1, round(ROOM * longest / 60 + 0.5))
        if enough < use.minutes:
            found.append(f"{rule}: runtime={enough} would have been enough")
    return found


def report(usage: Usage, spent: Mapping[str, slurm.Spent], extra_mb: int) -> str:
    """The table by rule, as text, with what to change; empty without jobs."""
    if not usage.rules:
        return ""
    rows = [HEADER, *(row(rule, use, spent) for rule, use in sorted(usage.rules.items()))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in rows
    ]
    hints = [
        hint
        for rule, use in sorted(usage.rules.items())
        for hint in advice(rule, use, spent, extra_mb)
    ]
    return "\n".join(["requested and used, by rule:", *lines, *hints])


def settled(
    tasks: Collection[str],
    most_seconds: float,
    ask: Callable[[Collection[str]], Mapping[str, slurm.Spent]] = slurm.spent,
    sleep: Callable[[float], None] = time.sleep,
) -> Mapping[str, slurm.Spent]:
    """What tasks have used, as soon as all have ended in SLURM's books, or after `most_seconds`.

    A job says that it has ended before SLURM knows it of its task.
    """
    deadline = time.monotonic() + most_seconds
    while True:
        known = ask(tasks)
        if all(task in known and known[task].ended for task in tasks):
            return known
        if time.monotonic() > deadline:
            return known
        sleep(1)


def summary(usage: Usage, extra_mb: int, ask: Any = slurm.spent, sleep: Any = time.sleep) -> str:
    """The report; without SLURM's accounting only what the ledgers say."""
    try:
        known = settled(usage.tasks, SETTLE_SECONDS, ask, sleep) if usage.tasks else {}
    except slurm.SlurmUnavailableError as error:
        text = report(usage, {}, extra_mb)
        return f"{text}\nSLURM’s accounting is not available ({error}): memory and CPUs are unknown"
    return report(usage, known, extra_mb)
