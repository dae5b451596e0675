"""How far a call of Snakemake has got."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hyperverdict.live.job import JobText
from hyperverdict.live.speed import Entry, Speed

Key = tuple[str, frozenset[tuple[str, str]]]

# Jobs whose folders are looked into for finished seeds.
LOOKED_AT = 64


def job_key(rule: str, wildcards: Mapping[str, str]) -> Key:
    """What tells a job from all others of a workflow."""
    return rule, frozenset(wildcards.items())


@dataclass
class Running:
    """A job on its way: since when (seconds of a monotonic clock), and its seeds done so far."""

    key: Key
    job: JobText
    since: float
    seeds_done: int = 0


@dataclass
class Progress:
    """The jobs of one call.

    Attributes:
        steps, steps_done: jobs of all kinds, as Snakemake counts them.
        planned: every job known to be run; grows when tuning has chosen.
        done: those that have succeeded.
        running, failed: by Snakemake's number of the job.
        at_work: jobs that a cluster runs at this moment; None where nobody says.
        waits_for: why others wait there, and how many tasks of them.
        remote: jobs wait in a queue, so that the time since they were handed over is not theirs.
        trainings, trainings_done, seeds: configurations that this call trains, those that are done,
            and seeds that it trains. Counted as they come: they are asked for at every refresh.
        last: the configuration that finished last.
        seeds_lost: seeds of finished jobs that ended without a result.
    """

    steps: int = 0
    steps_done: int = 0
    planned: dict[Key, JobText] = field(default_factory=dict)
    done: dict[Key, JobText] = field(default_factory=dict)
    running: dict[int, Running] = field(default_factory=dict)
    failed: dict[int, Running] = field(default_factory=dict)
    at_work: int | None = None
    waits_for: Mapping[str, int] = field(default_factory=dict)
    remote: bool = False
    last: JobText | None = None
    seeds_lost: int = 0
    began: float | None = None
    most_at_once: int = 1
    trainings: int = 0
    trainings_done: int = 0
    seeds: int = 0
    _seeds_of_done: int = 0
    speed: Speed = field(default_factory=Speed)

    def plan(self, jobs: Iterable[tuple[Key, JobText]]) -> None:
        """All jobs of this call as far as they are known; what was known of one stays."""
        for key, job in jobs:
            if key not in self.planned:
                self.planned[key] = job
                self.trainings += bool(job.configuration)
                self.seeds += len(job.seeds)
                self.speed.meet(job)

    def started(self, number: int, key: Key, job: JobText, now: float) -> None:
        """A job is on its way, perhaps once more after it failed."""
        self.plan([(key, job)])
        self.failed.pop(number, None)
        self.began = now if self.began is None else self.began
        self.running[number] = Running(key, self.planned[key], now)
        self.most_at_once = max(self.most_at_once, len(self.running))

    def finished(self, number: int, now: float) -> tuple[JobText, float] | None:
        """A job has succeeded: what it was, and its seconds; None where it never started here."""
        entry = self.running.pop(number, None)
        if entry is None:
            return None
        seconds = now - entry.since
        if entry.key not in self.done:
            self.done[entry.key] = entry.job
            self.trainings_done += bool(entry.job.configuration)
            self._seeds_of_done += len(entry.job.seeds)
        self.speed.took(entry.job, seconds)
        if entry.job.configuration:
            self.last = entry.job
        return entry.job, seconds

    def has_failed(self, number: int) -> Running | None:
        """A job has failed; None where it never started here."""
        entry = self.running.pop(number, None)
        if entry is not None:
            self.failed[number] = entry
        return entry

    @property
    def trainings_running(self) -> int:
        """Trainings that are on their way."""
        return sum(bool(entry.job.configuration) for entry in self.running.values())

    @property
    def seeds_done(self) -> int:
        """Seeds of finished jobs, and those that running and failed ones have finished."""
        started = (*self.running.values(), *self.failed.values())
        return self._seeds_of_done + sum(entry.seeds_done for entry in started)

    def count_seeds(self, entries: Iterable[Running] | None = None) -> None:
        """Look how many seeds running jobs, or the given ones, have finished."""
        chosen = list(self.running.values())[:LOOKED_AT] if entries is None else entries
        for entry in chosen:
            if entry.job.finished is not None:
                entry.seeds_done = min(entry.job.finished(), len(entry.job.seeds))

    def seconds_left(self, now: float) -> float | None:
        """About how long the rest takes by measured speed; None before any is measured.

        On a cluster, the work done since the first job was handed over gives the speed, with the
        time spent in the queue. Elsewhere the seconds of the finished jobs do.
        """
        over = {entry.key for entry in self.failed.values()} | self.done.keys()
        on_the_way = {entry.key for entry in self.running.values()}
        waiting = [
            job for key, job in self.planned.items() if key not in over and key not in on_the_way
        ]
        running = [
            Entry(e.job, now - e.since, e.seeds_done / len(e.job.seeds) if e.job.seeds else 0.0)
            for e in self.running.values()
        ]
        if self.remote:
            since = now - self.began if self.began is not None else 0.0
            return self.speed.left_by_rate(self.done.values(), running, waiting, since)
        return self.speed.left(running, waiting, self.most_at_once)
