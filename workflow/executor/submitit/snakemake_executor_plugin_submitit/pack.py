"""Which jobs share an array task, and how many."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")


def split_by_duration(
    items: Sequence[T], seconds: Sequence[float], most: float, at_once: int = 1
) -> list[list[T]]:
    """About as many parts as it takes to fill `most` seconds each, and these about equally long.

    Each of the longest first goes to the part that is shortest so far: Graham, SIAM Journal on
    Applied Mathematics 17 (1969).

    Args:
        most: seconds of a part whose items run `at_once` at a time; there are so many to a part at
            least, however long they take.
    """
    longest_first = sorted(range(len(items)), key=lambda index: -seconds[index])
    loads: list[float] = []
    for index in longest_first:
        if not loads or loads[-1] + seconds[index] > most * at_once:
            loads.append(0.0)
        loads[-1] += seconds[index]
    count = min(len(loads), math.ceil(len(items) / at_once))
    parts = [(0.0, part) for part in range(count)]
    members: list[list[int]] = [[] for _ in parts]
    for index in longest_first:
        load, part = heapq.heappop(parts)
        members[part].append(index)
        heapq.heappush(parts, (load + seconds[index], part))
    return [[items[index] for index in sorted(part)] for part in members]


def split_evenly(items: Sequence[T], size: int) -> list[list[T]]:
    """Parts of at most `size` items whose lengths differ by one at most."""
    if not items:
        return []
    count = math.ceil(len(items) / size)
    base, larger = divmod(len(items), count)
    parts, start = [], 0
    for number in range(count):
        end = start + base + (number < larger)
        parts.append(list(items[start:end]))
        start = end
    return parts


# One task takes no more: its inner Snakemake plans them all, and their names are arguments of one
# command (Linux takes 2 MB of them, the environment included).
MOST_JOBS = 1000
MOST_NAME_BYTES = 1_000_000


def bounded(parts: Sequence[Sequence[T]], name_bytes: Callable[[T], int]) -> list[list[T]]:
    """Parts for one task each: of MOST_JOBS items and MOST_NAME_BYTES of names at most."""
    found: list[list[T]] = []
    for part in parts:
        names = math.ceil(sum(map(name_bytes, part)) / MOST_NAME_BYTES)
        pieces = max(1, math.ceil(len(part) / MOST_JOBS), names)
        found.extend(split_evenly(part, math.ceil(len(part) / pieces)))
    return found


def chunks(items: Sequence[T], size: int) -> list[list[T]]:
    """Parts of `size` items, the last one shorter: submissions below MaxArraySize."""
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def grouped(items: Sequence[T], keys: Sequence[Hashable]) -> list[list[T]]:
    """Items of equal key together, in the order of first appearance."""
    groups: dict[Hashable, list[T]] = {}
    for item, key in zip(items, keys, strict=True):
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def task_minutes_limit(
    minutes: int | None, jobs: int, at_once: int, *most: int | None, grace_seconds: int = 0
) -> int | None:
    """The time limit of a task: the sum of its jobs' limits, bounded by setting and partition.

    Args:
        grace_seconds: before the limit at which jobs are told to stop. They come on top, where the
            bounds allow it, with the minute by which SLURM may be early: each job gets its limit.
    """
    if minutes is None:
        return None
    grace = math.ceil(grace_seconds / 60) + 1 if grace_seconds else 0
    total = minutes * math.ceil(jobs / at_once) + grace
    return max(minutes, min([total, *(bound for bound in most if bound is not None)]))
