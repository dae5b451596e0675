"""Failed runs in words: they are outcomes, and the headline carries them."""

from __future__ import annotations

from hyperverdict.checks.context import CheckContext
from hyperverdict.words.numbers import count, listed


def failures_text(context: CheckContext) -> str:
    """For example ``2 of 6 runs of depth 3 diverged``; "" when no run failed."""
    parts = []
    for failures in context.judgement.failures:
        if failures.failed:
            arm = context.by_label[failures.arm]
            runs = f"{failures.failed} of {count(failures.total, 'run')}"
            parts.append(f"{runs} of {arm.title} {arm.ended}")
    return listed(parts)
