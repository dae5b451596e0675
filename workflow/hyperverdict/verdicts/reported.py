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
from hyperverdict.study.model import Study
from hyperverdict.verdicts.changes import changes
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.verdicts.snapshot import (
    FailedSeeds,
    Snapshot,
    from_plain,
    snapshot_of,
    to_plain,
)

REPORTED_FILE = "reported.json"


class _DamagedError(Exception):
    """Why what is remembered cannot be read."""


def with_changes(
    report: StudyReport,
    file: Path,
    study: Study | None = None,
    failed: FailedSeeds | None = None,
) -> StudyReport:
    """The report with what changed since the last one; remembers it unless it is provisional.

    A file that is missing is as none: there is nothing to compare with, and the present report is
    remembered. Of a damaged one, and of one that cannot be written, a sentence says so.

    Args:
        study, failed: see `snapshot_of`.
    """
    damage = ""
    try:
        last, before = _read(file)
    except _DamagedError as error:
        last, before = None, None
        damage = f"What changed cannot be said: {file.name} is damaged ({error})"
    now = snapshot_of(report, hyperverdict.__version__, _now(), study, failed)
    if last is not None:
        now = now.after(last)
    if report.provisional:
        return _compared(report, last, now, f"{damage}." if damage else "")
    if last is None or not now.same_as(last):
        before, last = last, now
        unwritten = _write(file, now, before)
        if unwritten:
            problem = f"The present report could not be remembered in {file.name}: {unwritten}."
            damage = f"{damage}. {problem}" if damage else problem
        elif damage:
            damage = f"{damage}. It was written anew."
    return _compared(report, before, now, damage)


def _compared(
    report: StudyReport, before: Snapshot | None, now: Snapshot, problem: str
) -> StudyReport:
    found = () if before is None else changes(before, now)
    since = "" if before is None else before.time
    return replace(report, changes=(*filter(None, (problem,)), *found), since=since)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M")


def _read(file: Path) -> tuple[Snapshot | None, Snapshot | None]:
    """(last report, the one before that said something else); _DamagedError, saying why."""
    try:
        stored = json.loads(file.read_bytes())
        content = stored["reports"]
        if stored["sha256"] != sha256_of({"reports": content}):
            raise _DamagedError("its checksum does not fit")
        last, before = (None if one is None else from_plain(one) for one in content)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise _DamagedError(f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _DamagedError("it is not UTF-8 text") from error
    except RecursionError as error:
        raise _DamagedError("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise _DamagedError(f"it is not JSON: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _DamagedError("it is not what HyperVerdict writes") from error
    return last, before


def _write(file: Path, last: Snapshot, before: Snapshot | None) -> str:
    """Remember them; gives why that was not possible, or ""."""
    content = [to_plain(last), None if before is None else to_plain(before)]
    # As it will be read back: tuples become lists.
    content = json.loads(json.dumps(content))
    stored = {"sha256": sha256_of({"reports": content}), "reports": content}
    try:
        write_atomic(file, (json.dumps(stored) + "\n").encode())
    except OSError as error:
        return str(error.strerror)
    return ""
