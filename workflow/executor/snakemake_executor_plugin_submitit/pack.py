"""Which jobs share an array task, and how many."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")


def pack_size(
    resource: int | None,
    setting: int | None,
    task_minutes: float,
    job_seconds: float | None,
    unknown: int = 1,
    at_once: int = 1,
) -> int:
    """Jobs a task: the rule's resource, else the setting, else what a target duration holds."""
    if resource:
        return max(1, resource)
    if setting:
        return max(1, setting)
    if job_seconds is None:
        return max(1, unknown, at_once)
    return max(1, int(task_minutes * 60 / max(job_seconds, 0.1))) * at_once


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
    minutes: int | None, jobs: int, at_once: int, *most: int | None
) -> int | None:
    """The time limit of a task: the sum of its jobs' limits, bounded by setting and partition."""
    if minutes is None:
        return None
    total = minutes * math.ceil(jobs / at_once)
    return max(minutes, min([total, *(bound for bound in most if bound is not None)]))
