"""Failed runs in words: they are outcomes, and the headline carries them."""

from __future__ import annotations

from collections import Counter

from hyperverdict.checks.context import CheckContext
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.words.numbers import count, listed

ENDS = {"diverged": "diverged", "out_of_memory": "ran out of memory"}


def failures_text(context: CheckContext) -> str:
    """For example ``2 of 6 runs of depth 3 diverged``; "" when no run failed."""
    parts = []
    for failures in context.judgement.failures:
        if failures.failed:
            arm = context.by_label[failures.arm]
            runs = f"{failures.failed} of {count(failures.total, 'run')}"
            parts.append(f"{runs} of {arm.title} {_ended(arm)}")
    return listed(parts)


def _ended(a: ArmRuns) -> str:
    """How the failed runs of an arm ended: diverged, ran out of memory, or failed."""
    if "status" not in a.rows:
        return "failed"
    ends = Counter(str(status) for status in a.rows["status"][a.rows["failed"].astype(bool)])
    known = [ENDS[end] for end in ends if end in ENDS]
    return listed(known, "or") if known and len(known) == len(ends) else "failed"
