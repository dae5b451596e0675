"""Which jobs the time limit has ended for good: their next start is their next attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from snakemake_executor_plugin_submitit_jobstep.ledger import FINAL_EVENTS, OVERRAN, last_events

from .task import Task


def of_last_start(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The entries of a ledger since its task last started on a node."""
    starts = [index for index, entry in enumerate(entries) if entry["event"] == "task_start"]
    return list(entries[starts[-1] :] if starts else entries)


def overran(task: Task, entries: Sequence[Mapping[str, Any]], now: float) -> list[str]:
    """Keys of jobs without a checkpoint that ran at the time limit and had all of their time.

    A job has a checkpoint if it ended with exit status 85, or if its rule says so
    (`submitit_checkpoint`). A job had all of its time if no other job of the task came before it,
    or if it ran for its own `runtime`.

    Args:
        entries: of the ledger, since the last start of the task.
        now: Unix time at which the limit was reached.
    """
    if task.checkpoint:
        return []
    starts = [entry for entry in entries if entry["event"] == "start"]
    first = {entry["key"] for entry in starts[: task.at_once]}
    began = {entry["key"]: float(entry["time"]) for entry in starts}
    return [
        key
        for key, entry in last_events(entries).items()
        if entry["event"] not in FINAL_EVENTS
        and entry.get("reason") != "checkpointed"
        and (key in first or _had_its_time(task, now - began.get(key, now)))
    ]


def _had_its_time(task: Task, seconds: float) -> bool:
    return task.job_minutes is not None and seconds >= task.job_minutes * 60


def message_of(minutes: int | None) -> str:
    """What to say of a job that overran."""
    limit = "" if minutes is None else f" of {minutes} min (`runtime`)"
    return (
        f"it reached its time limit{limit} without a checkpoint (it did not end with exit status "
        "85): its next start is its next attempt"
    )


def advice_of(minutes: int | None) -> str:
    """What a user can do about it."""
    grows = f"{minutes or 60} * attempt"
    return (
        f"raise `runtime`, or let it grow: `runtime=lambda wildcards, attempt: {grows}` in the "
        f"rule, or `runtime: {grows}` under set-resources of the profile, with `retries`"
    )


__all__ = ["OVERRAN", "advice_of", "message_of", "of_last_start", "overran"]
