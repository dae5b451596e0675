"""How long jobs take, by those that have finished."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from hyperverdict.live.job import JobText

# Before that, a job has mostly started Python.
LEAST_SECONDS = 10.0


class Entry(NamedTuple):
    """A running job, its seconds so far, and the share of its seeds that is done."""

    job: JobText
    seconds: float
    share: float


@dataclass
class _Kind:
    """Jobs of one kind: their weights, and what finished ones took."""

    stated: bool = True
    seconds: float = 0.0
    weight: float = 0.0


@dataclass
class Speed:
    """Seconds that jobs of each kind take for their weight.

    The weight of a job is the time it is expected to take, where it is stated for all jobs of its
    kind; else its number of seeds. So an expectation need not be right, only in proportion.
    """

    _kinds: dict[str, _Kind] = field(default_factory=dict)

    def meet(self, job: JobText) -> None:
        """A job that is going to run."""
        kind = self._kinds.setdefault(job.kind, _Kind())
        if kind.stated and not job.seconds:
            # What was measured so far has other weights.
            self._kinds[job.kind] = _Kind(stated=False)

    def took(self, job: JobText, seconds: float) -> None:
        """A job has finished."""
        kind = self._kinds.setdefault(job.kind, _Kind())
        kind.seconds += max(seconds, 0.0)
        kind.weight += self.weight(job)

    def weight(self, job: JobText) -> float:
        """The weight of a job among those of its kind."""
        if self._kinds[job.kind].stated and job.seconds:
            return job.seconds
        return float(len(job.seeds) or 1)

    def left(
        self, running: Iterable[Entry], waiting: Iterable[JobText], at_once: int
    ) -> float | None:
        """Seconds left with so many jobs at a time; None where no training has been measured.

        Of kinds that train nothing and that none has finished of, what is stated counts.
        """
        entries = list(running)
        factors = self._factors(entries)
        rest = [max(self._seconds(e.job, factors) - e.seconds, 0.0) for e in entries]
        ahead = list(waiting)
        unmeasured = (*ahead, *(entry.job for entry in entries))
        if not factors or any(job.seeds and job.kind not in factors for job in unmeasured):
            return None
        rest += [self._seconds(job, factors) for job in ahead]
        return max(sum(rest) / max(at_once, 1), max(rest, default=0.0))

    def left_by_rate(
        self,
        done: Iterable[JobText],
        running: Iterable[Entry],
        waiting: Iterable[JobText],
        since: float,
    ) -> float | None:
        """Seconds left if work goes on as it has for some seconds; None before a job is done."""
        finished = sum(self.weight(job) for job in done if job.seeds)
        entries = [entry for entry in running if entry.job.seeds]
        finished += sum(self.weight(entry.job) * entry.share for entry in entries)
        rest = sum(self.weight(entry.job) * (1 - entry.share) for entry in entries)
        rest += sum(self.weight(job) for job in waiting if job.seeds)
        return since * rest / finished if finished else None

    def _seconds(self, job: JobText, factors: dict[str, float]) -> float:
        if job.kind not in factors:
            return job.seconds or 0.0
        return factors[job.kind] * self.weight(job)

    def _factors(self, running: Iterable[Entry]) -> dict[str, float]:
        """Seconds for each unit of weight, by kind; from running jobs where none has finished."""
        measured = {
            name: kind.seconds / kind.weight for name, kind in self._kinds.items() if kind.weight
        }
        partly: dict[str, tuple[float, float]] = {}
        for entry in running:
            enough = entry.share and entry.seconds >= LEAST_SECONDS
            if enough and entry.job.kind not in measured:
                seconds, weight = partly.get(entry.job.kind, (0.0, 0.0))
                done = entry.share * self.weight(entry.job)
                partly[entry.job.kind] = (seconds + entry.seconds, weight + done)
        return measured | {name: seconds / weight for name, (seconds, weight) in partly.items()}
