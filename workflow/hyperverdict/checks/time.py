"""Are times comparable?"""

from __future__ import annotations

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, caveat, check
from hyperverdict.outcomes.timing import Timing
from hyperverdict.vocabulary.metrics import TIME
from hyperverdict.words.numbers import digits, listed, percent_text

# Load per core before the timing from which it may have measured its neighbours too.
BUSY = 0.5
MINIMUM_SHARE = 0.9
HARDWARE_COLUMNS = ("hardware", "device", "gpu", "cpu", "host", "hostname", "threads")


@check(
    "blocks",
    "caveat",
    title="Times are comparable",
    explains="Whether times come from one machine, taken in turn, without other jobs beside them "
    "and without warm-up. A busy machine is a caveat, since arms timed in turn suffer alike.",
    remedy="Time the arms in turn, in one job of their own on an idle machine.",
)
def times_not_comparable(context: CheckContext) -> Found:
    """Times over different hardware, threads, concurrency, or with warm-up counted."""
    if not any(metric.is_time for metric in context.metrics):
        return NOT_APPLICABLE
    timing = context.timing
    reason = _reason_of_table(context) if timing is None else _reason_of_timing(context, timing)
    if reason:
        return blocks(f"Times are not comparable: {reason}.", "times not comparable", 8.5)
    return _busy(timing) if timing else None


def _busy(timing: Timing) -> Found:
    """A caveat only: arms timed in turn suffer alike, and our own jobs may have just ended."""
    if timing.cpu_share is not None:
        busy = timing.cpu_share < MINIMUM_SHARE
        how = f"the timing got {percent_text(timing.cpu_share, 0)} of its processor"
    else:
        busy = timing.load is not None and timing.load > BUSY
        how = f"load {digits(timing.load or 0.0, 2)} per core"
    if not busy:
        return None
    return caveat(f"The machine had other work while the times were taken ({how}).", 5.8)


def _reason_of_timing(context: CheckContext, timing: Timing) -> str:
    untimed = [
        a.title for a in context.arms if not timing.seconds_per_step(a.arm.configuration.timed_path)
    ]
    if untimed:
        return f"{listed(untimed)} {'was' if len(untimed) == 1 else 'were'} not timed"
    if timing.merged:
        return "the arms were timed in different jobs, not in turn"
    for a in context.arms:
        timed = timing.code_of(a.arm.configuration.timed_path)
        made = {str(code) for code in a.levels_of("code_checksum")}
        if not timed or not made or made == {timed}:
            continue
        return "other code was timed than made the runs (delete its timing.json to time again)"
    if timing.exclusive is False:
        return "other jobs ran beside the timing"
    return "warm-up was counted" if timing.warmup_steps == 0 else ""


def _reason_of_table(context: CheckContext) -> str:
    """Why times recorded with the runs do not compare, "" when nothing says so."""
    arms, table = context.arms, context.elsewhere
    if not any(a.summary.means.get(TIME) for a in arms):
        return "they were not measured"
    column = table.metric_columns.get(TIME, "") if table else ""
    if table and table.export and "train" not in column.lower():
        return f"{column!r} of {table.export} counts start-up and evaluation with the training"
    known = [c for c in HARDWARE_COLUMNS if all(a.levels_of(c) for a in arms)]
    for name in known:
        values = sorted({level for a in arms for level in a.levels_of(name)})
        if len(values) > 1:
            return f"{name} differs ({listed(values[:3])})"
    return "" if known else "nothing states on which hardware each run was timed"


CHECKS: tuple[Check, ...] = (times_not_comparable,)
