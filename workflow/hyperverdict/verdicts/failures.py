"""Failed runs in words: they are outcomes, and the headline carries them."""

from __future__ import annotations

from collections import Counter

from hyperverdict.checks.context import ArmRuns, Case
from hyperverdict.words.counting import listed

ENDS = {"diverged": "diverged", "out_of_memory": "ran out of memory"}


def failures_text(case: Case) -> str:
    """For example ``2 of 6 of depth 3 diverged``; "" when no run failed."""
    parts = [
        f"{failures.failed} of {failures.total} of {failures.arm} {how(case.arm(failures.arm))}"
        for failures in case.judgement.failures
        if failures.failed
    ]
    return listed(parts)


def how(a: ArmRuns | None) -> str:
    """How the failed runs of an arm ended: diverged, ran out of memory, or failed."""
    if a is None or "status" not in a.rows:
        return "failed"
    ends = Counter(str(status) for status in a.rows["status"][a.rows["failed"].astype(bool)])
    known = [ENDS[end] for end in ends if end in ENDS]
    return listed(known, "or") if known and len(known) == len(ends) else "failed"
