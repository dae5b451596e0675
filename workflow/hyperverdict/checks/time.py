"""Check 15: are times comparable?"""

from __future__ import annotations

from hyperverdict.checks.context import Case
from hyperverdict.study.model import TIME_METRIC
from hyperverdict.verdicts.model import Check
from hyperverdict.words.counting import digits, listed

# Load per core before the timing from which it may have measured its neighbours too.
BUSY = 0.5
LEAST_SHARE = 0.9
HARDWARE_COLUMNS = ("hardware", "device", "gpu", "cpu", "host", "hostname", "threads")


def times_not_comparable(case: Case) -> Check | None:
    """15 B: times over different hardware, threads, concurrency, or with warm-up counted."""
    judged = [leg for leg in case.judgement.legs if leg.metric == TIME_METRIC]
    if not judged or all(leg.dropped_because for leg in judged):
        return None
    reason = _reason_of_table(case) if case.timing is None else _reason_of_timing(case)
    if not reason:
        return _busy(case)
    return Check(
        "15", "blocks", f"Times are not comparable: {reason}.", "times not comparable", 8.5
    )


def _busy(case: Case) -> Check | None:
    """A caveat only: arms timed in turn suffer alike, and our own jobs may have just ended."""
    timing = case.timing
    if timing is None:
        return None
    if timing.cpu_share is not None:
        busy = timing.cpu_share < LEAST_SHARE
        how = f"the timing got {timing.cpu_share:.0%} of its processor"
    else:
        busy = timing.load is not None and timing.load > BUSY
        how = f"load {digits(timing.load or 0.0, 2)} per core"
    if not busy:
        return None
    sentence = f"The machine had other work when the times were taken ({how})."
    return Check("15", "caveat", sentence, gravity=5.8)


def _reason_of_timing(case: Case) -> str:
    timing = case.timing
    if timing is None:
        return ""
    untimed = [
        a.arm.label for a in case.arms if not timing.seconds_per_step(a.arm.configuration.arm_path)
    ]
    if untimed:
        return f"{listed(untimed)} was not timed"
    if timing.merged:
        return "the arms were timed in different jobs, not in turn"
    if timing.exclusive is False:
        return "other jobs ran beside the timing"
    return "warm-up was counted" if timing.warmup_steps == 0 else ""


def _reason_of_table(case: Case) -> str:
    """Why times recorded with the runs do not compare, "" when nothing says so."""
    arms = case.arms
    if not any(a.summary.means.get(TIME_METRIC) for a in arms):
        return "they were not measured"
    column = str(case.source.get("columns", {}).get(TIME_METRIC, ""))
    if case.source.get("export") and "train" not in column.lower():
        export = case.source["export"]
        return f"{column!r} of {export} counts start-up and evaluation with the training"
    known = [c for c in HARDWARE_COLUMNS if all(a.levels_of(c) for a in arms)]
    for name in known:
        values = sorted({level for a in arms for level in a.levels_of(name)})
        if len(values) > 1:
            return f"{name} differs ({listed(values[:3])})"
    return "" if known else "nothing says on which hardware each run was timed"


CHECKS = (times_not_comparable,)
