"""How many runs stand behind a report, each counted once, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from hyperverdict.checks.context import CheckContext
from hyperverdict.words.numbers import count

# Columns that differ between two questions about one run of a table from elsewhere.
OF_THE_QUESTION = frozenset({"path", "budget"})


def run_counts(contexts: Sequence[CheckContext]) -> tuple[int, int, int]:
    """(planned, analysed) runs, a shared run once, and questions whose times lack."""
    if any(context.elsewhere for context in contexts):
        runs = _distinct_rows(contexts)
        return runs, runs, 0
    planned: set[tuple[str, int]] = set()
    present: set[tuple[str, int]] = set()
    missing_times = 0
    for context in contexts:
        for a in context.arms:
            planned |= {(a.summary.path, seed) for seed in a.summary.seeds}
            present |= {(a.summary.path, int(s)) for s in a.rows["seed"]} if len(a.rows) else set()
        times = (o for o in context.question.outcomes.values() if o.metric.is_time)
        missing_times += any(not any(outcomes.values.values()) for outcomes in times)
    return len(planned), len(planned & present), missing_times


def _distinct_rows(contexts: Sequence[CheckContext]) -> int:
    """Runs of a table from elsewhere: those that agree in all that every question knows are one."""
    tables = [
        pd.concat([a.rows for a in context.arms if len(a.rows)])
        for context in contexts
        if any(len(a.rows) for a in context.arms)
    ]
    if not tables:
        return 0
    known = (set(table.columns[table.notna().any()]) for table in tables)
    common = sorted(set.intersection(*known) - OF_THE_QUESTION)
    if not any(name.startswith("test_") for name in common):
        return sum(map(len, tables))
    cells = pd.concat([table[common].astype(str) for table in tables])
    return max(len(cells.drop_duplicates()), *map(len, tables))


def provisional_text(planned: int, analysed: int, missing_times: int) -> str:
    """Why a report is not final, or ""."""
    parts = []
    if analysed < planned:
        missing = planned - analysed
        are = "is" if missing == 1 else "are"
        parts.append(f"{missing:,} of {count(planned, 'run')} {are} missing")
    if missing_times:
        parts.append("training times are not measured yet")
    return "; ".join(parts)
