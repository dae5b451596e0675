"""A job in words, for the one who watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class LostSeed(NamedTuple):
    """A seed that trained without a result: how it ended, and why where that is known."""

    seed: int
    status: str
    why: str


@dataclass(frozen=True)
class JobText:
    """What a job is called.

    Attributes:
        doing: what it does, such as ``judging the claims``; "" for a mere target.
        kind: jobs of one kind take about equally long: the rule's name.
        configuration: short name of the configuration that it trains; "" for any other job.
        seeds: that it trains.
        seconds: how long it is expected to take; None where nobody knows.
        finished: counts the seeds of it that are on disk while it trains.
        lost: its seeds that ended without a result, once it has finished.
        logs_failures: its log says why it failed.
    """

    doing: str
    kind: str
    configuration: str = ""
    seeds: tuple[int, ...] = ()
    seconds: float | None = None
    finished: Callable[[], int] | None = field(default=None, compare=False)
    lost: Callable[[], Sequence[LostSeed]] | None = field(default=None, compare=False)
    logs_failures: bool = False


class JobWords(Protocol):
    """Knows the jobs of a workflow, or of a part of it."""

    def job(self, rule: str, wildcards: Mapping[str, str]) -> JobText | None:
        """A job in words; None for one that is not known here."""

    def planned(self) -> Sequence[tuple[str, Mapping[str, str]]]:
        """Rule and wildcards of every job that this call runs, finished ones included."""


def neutral(rule: str, wildcards: Mapping[str, str]) -> JobText:
    """A job of any workflow: its rule and its wildcards."""
    spelled = ", ".join(f"{name}={value}" for name, value in wildcards.items())
    return JobText(f"{rule} ({spelled})" if spelled else rule, rule)
