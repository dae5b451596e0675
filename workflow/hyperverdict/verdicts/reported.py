"""The file that remembers the last report: what the present one is compared with.

It is not an output of the workflow, so that nothing deletes it before a report is made again. It
holds the snapshot of the last complete report and that of the one before that said something else:
making the same report again shows the same changes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import hyperverdict
from hyperverdict.ledger.chain import sha256_of
from hyperverdict.runs.files import write_atomic
from hyperverdict.verdicts.changes import Snapshot, changes, from_plain, snapshot_of, to_plain
from hyperverdict.verdicts.model import StudyReport

REPORTED_FILE = "reported.json"


def with_changes(report: StudyReport, file: Path) -> StudyReport:
    """The report with what changed since the last one; remembers it unless it is provisional.

    A file that is missing, damaged or of another format is as none: there is nothing to compare
    with, and the present report is remembered.
    """
    last, before = _read(file)
    now = snapshot_of(report, hyperverdict.__version__, _now())
    if report.provisional:
        return _compared(report, last, now)
    if last is None or not now.same_as(last):
        before, last = last, now
        _write(file, now, before)
    return _compared(report, before, now)


def _compared(report: StudyReport, before: Snapshot | None, now: Snapshot) -> StudyReport:
    if before is None:
        return report
    return replace(report, changes=changes(before, now), since=before.time)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M")


def _read(file: Path) -> tuple[Snapshot | None, Snapshot | None]:
    """(last report, the one before that said something else)."""
    try:
        stored = json.loads(file.read_bytes())
        content = stored["reports"]
        if stored["sha256"] != sha256_of({"reports": content}):
            return None, None
        last, before = (None if one is None else from_plain(one) for one in content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, None
    return last, before


def _write(file: Path, last: Snapshot, before: Snapshot | None) -> None:
    content = [to_plain(last), None if before is None else to_plain(before)]
    # As it will be read back: tuples become lists.
    content = json.loads(json.dumps(content))
    stored = {"sha256": sha256_of({"reports": content}), "reports": content}
    write_atomic(file, (json.dumps(stored) + "\n").encode())
