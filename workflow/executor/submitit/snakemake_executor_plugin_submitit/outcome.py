"""What becomes of a job, from its last ledger entry and SLURM's state of its task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from .overrun import OVERRAN, advice_of, message_of
from .slurm import TaskState

# SLURM ended the task for reasons that say nothing about its jobs.
LOST = frozenset({"PREEMPTED", "NODE_FAIL", "BOOT_FAIL", "REVOKED", "LAUNCH_FAILED"})
OUT_OF_TIME = frozenset({"TIMEOUT", "DEADLINE"})


# The task's first words in its output, which goes on through requeues.
START_LINE = "--- start of task"
# slurmstepd's words there. With limits by sampling the state is FAILED or CANCELLED; by control
# groups, on some versions, FAILED, while a cancelled task tells of any kill that it has survived.
LIMIT_EXCEEDED = re.compile(r"exceeded (?:job |step )?memory limit", re.IGNORECASE)
GROUP_KILL = re.compile(r"oom[-_]kill", re.IGNORECASE)


def with_memory_kill(state: TaskState, log_tail: str) -> TaskState:
    """The state, as OUT_OF_MEMORY where the output of the task's last start says so."""
    words = log_tail.rpartition(START_LINE)[2]
    if (state.state in ("FAILED", "CANCELLED") and LIMIT_EXCEEDED.search(words)) or (
        state.state == "FAILED" and GROUP_KILL.search(words)
    ):
        return replace(state, state="OUT_OF_MEMORY")
    return state


class Beside(Enum):
    """What may have run in the task at the same time as a job."""

    NOTHING = "nothing"
    JOBS = "jobs"
    GROUP = "group"


class Verdict(Enum):
    """What to do with a job."""

    WAIT = "wait"
    DONE = "done"
    FAILED = "failed"
    AGAIN = "again"


@dataclass(frozen=True)
class Outcome:
    """A verdict, with what to tell the user and the next attempt."""

    verdict: Verdict
    message: str = ""
    # SLURM's state for the death note; None leaves no note.
    note_state: str | None = None
    # Snakemake's own retries make sense.
    retry: bool = True
    # The next start is to be without other jobs beside it.
    alone: bool = False
    # What the user can do about a failure.
    advice: str = ""


AGAIN_BY_HAND = "call the same command again; finished jobs are kept"


def _failed(status: int | None) -> Outcome:
    if status:
        advice = f"correct what the lines above say, then {AGAIN_BY_HAND}"
        return Outcome(Verdict.FAILED, f"exit status {status}", advice=advice)
    message = "its command ended well, but Snakemake did not take its result: see the lines below"
    advice = f"make the job write all its outputs (or raise --latency-wait), then {AGAIN_BY_HAND}"
    return Outcome(Verdict.FAILED, message, advice=advice)


def _ended_without_word(state: TaskState, started: bool) -> Outcome:
    if started:
        message = (
            f"its task ended ({state.state}) while it ran and nothing was recorded: the task was "
            "killed, or the file system was full"
        )
    else:
        message = f"its task ended ({state.state}) before it started: see the task's log"
    advice = f"see the lines above, the disk space and quota (df, quota), then {AGAIN_BY_HAND}"
    return Outcome(Verdict.FAILED, message, "KILLED" if started else None, advice=advice)


def _cancelled(cancelled_by_us: bool) -> Outcome:
    if cancelled_by_us:
        return Outcome(Verdict.AGAIN)
    message = "its task was cancelled from outside (scancel); not retried"
    advice = f"if that was not meant, {AGAIN_BY_HAND}"
    return Outcome(Verdict.FAILED, message, "CANCELLED", retry=False, advice=advice)


def _killed(state: TaskState, event: Mapping[str, Any], out_of_requeues: bool) -> Outcome:
    if event.get("reason") in ("checkpointed", "stopped") and not out_of_requeues:
        return Outcome(Verdict.AGAIN, f"it was {event['reason']} to run again", "STOPPED")
    if out_of_requeues:
        message = "its task reached the time limit more often than max_requeues allows"
        advice = f"raise `runtime` or --submitit-max-requeues, then {AGAIN_BY_HAND}"
        return Outcome(Verdict.FAILED, message, "TIMEOUT", advice=advice)
    message = (
        f"killed by signal (status {event.get('status')}) while SLURM's state is {state.state}"
    )
    advice = f"raise `mem_mb` if it needs more; else see the lines above, and {AGAIN_BY_HAND}"
    return Outcome(Verdict.FAILED, message, "KILLED", advice=advice)


def killed_or_running(event: Mapping[str, Any] | None) -> bool:
    """Whether what is known of a job ends with its being run, or killed."""
    return event is not None and (event["event"] == "start" or event.get("reason") == "killed")


MORE_MEMORY = (
    "raise `mem_mb`, or let it grow: `mem_mb=lambda wildcards, attempt: 2000 * attempt` in the "
    "rule, or `mem_mb: 2000 * attempt` under set-resources of the profile, with `retries`"
)


def _out_of_memory(state: TaskState, beside: Beside) -> Outcome:
    if beside is Beside.JOBS:
        # Nobody knows which of them took it: each is tried by itself, and then it is known.
        message = "its task ran out of memory with several jobs at once"
        return Outcome(Verdict.AGAIN, message, "KILLED", alone=True)
    if beside is Beside.GROUP:
        message = "a job of its group ran out of memory (which one is not recorded)"
        return Outcome(Verdict.FAILED, message, "KILLED", advice=MORE_MEMORY)
    message = "out of memory: SLURM killed it (state OUT_OF_MEMORY)"
    return Outcome(Verdict.FAILED, message, state.state, advice=MORE_MEMORY)


def judge(
    event: Mapping[str, Any] | None,
    state: TaskState | None,
    *,
    waited_long: bool,
    cancelled_by_us: bool = False,
    out_of_requeues: bool = False,
    in_last_start: bool = True,
    beside: Beside = Beside.NOTHING,
    overran: bool = False,
    minutes: int | None = None,
) -> Outcome:
    """The outcome of one job.

    `event` is its last ledger entry, `waited_long` says that a late entry is no longer expected
    after the task has ended, `in_last_start` that the entry is of the task's last start,
    `overran` that it had all of its time (`minutes`) if the time limit ended it.
    """
    name = event["event"] if event else None
    if name == "done":
        return Outcome(Verdict.DONE)
    if name == "failed":
        return _failed(event["status"] if event else None)
    if name == OVERRAN:
        return Outcome(Verdict.FAILED, message_of(minutes), "TIMEOUT", advice=advice_of(minutes))
    if state is None or not state.ended or not waited_long:
        return Outcome(Verdict.WAIT)
    started = event is not None
    note = state.state if started else None
    if state.state == "CANCELLED":
        return _cancelled(cancelled_by_us)
    if state.state in LOST:
        return Outcome(Verdict.AGAIN, f"its task was lost ({state.state})", note)
    if state.state in OUT_OF_TIME and overran:
        return Outcome(Verdict.FAILED, message_of(minutes), "TIMEOUT", advice=advice_of(minutes))
    if state.state in OUT_OF_TIME and not out_of_requeues:
        return Outcome(Verdict.AGAIN, f"its task reached the time limit ({state.state})", note)
    if state.state == "OUT_OF_MEMORY" and not (started and in_last_start):
        return Outcome(Verdict.AGAIN, "its task ran out of memory before it started")
    if state.state == "OUT_OF_MEMORY" and killed_or_running(event):
        return _out_of_memory(state, beside)
    if (event is not None and name == "stopped") or out_of_requeues:
        return _killed(state, event or {}, out_of_requeues)
    return _ended_without_word(state, started)


def last_lines(
    path: str | None,
    count: int = 12,
    most_bytes: int = 16384,
    begin: int = 0,
    end: int | None = None,
) -> str:
    """The end of a log, indented, or an empty string.

    Args:
        begin, end: bytes between which to look.
    """
    if path is None:
        return ""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            end = size if end is None else min(end, size)
            begin = max(begin, end - most_bytes)
            file.seek(begin)
            text = file.read(max(0, end - begin)).decode(errors="replace")
    except OSError:
        return ""
    lines = [line for line in text.splitlines() if line.strip()][-count:]
    return "\n".join(f"    {line}" for line in lines)
