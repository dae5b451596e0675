"""Before the first job: files whose times lie ahead, as after a clock that was wrong.

Snakemake fails a job whose output is older than its input, and a file from tomorrow is newer than
all that is made today. Such a file gets the present time; its content is checked as ever.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hyperverdict.invocation import Invocation
from hyperverdict.runs.layout import METRICS_FILE, RECORD_FILE
from hyperverdict.words.numbers import count

# Clocks of file servers differ by so many seconds.
TOLERANCE_SECONDS = 1.0


def set_back_times(run: Invocation, *, keep: bool) -> str:
    """Give files of a study that lie ahead of the clock the present time; says how many there were.

    Args:
        keep: only say so, as a dry-run does.

    Files that may only be read stay as they are.
    """
    ahead = list(_ahead(_files(run), time.time() + TOLERANCE_SECONDS))
    if not ahead:
        return ""
    found = f"{count(len(ahead), 'file')} of earlier calls ({ahead[0]}{_more(ahead)})"
    verb = "has a time" if len(ahead) == 1 else "have times"
    if keep:
        return f"{found} {verb} in the future. A run sets the present time."
    for file in ahead:
        with contextlib.suppress(OSError):
            os.utime(file)
    return f"{found} {verb} in the future, as after a wrong clock. The present time is set."


def _more(files: Sequence[Path]) -> str:
    return " and others" if len(files) > 1 else ""


def _ahead(files: Iterable[Path], now: float) -> Iterator[Path]:
    for file in files:
        with contextlib.suppress(OSError):
            if file.stat().st_mtime > now:
                yield file


def _files(run: Invocation) -> Iterator[Path]:
    """The files that jobs of a study may read, and that earlier jobs have written."""
    plan = run.plan
    data = {r.configuration.prepared for r in plan.all_runs}
    folders = [run.folder, run.timings, *(run.prepared / name for name in sorted(data))]
    if plan.pending:
        # Which runs tuning will ask for is not known yet.
        folders += [run.results / "runs", run.results / "tuning"]
    for folder in folders:
        yield from (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    for planned in plan.all_runs:
        yield from (run.results / planned.folder / name for name in (METRICS_FILE, RECORD_FILE))
