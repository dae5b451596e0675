"""Provenance of a study: what its run records say of code, versions, hardware and time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from hyperverdict.runs.layout import RunRecord
from hyperverdict.words.numbers import count, seeds_text


def provenance_of(records: Iterable[RunRecord]) -> dict[str, Any]:
    """What a report states, in reading order; empty without records.

    Keys are headings for people; what holds nothing is left out. "trained" is the first start to
    the last end (UTC); checksums are by data set or training; "configurations" is path -> steps,
    seeds, parameters and wall time.
    """
    known = sorted(records, key=lambda record: record.path)
    sessions = [session for record in known for session in record.sessions]
    if not sessions:
        return {}
    found = {
        "code": _counted(_commit(session) for session in sessions),
        "versions": _versions(sessions),
        "hardware": _counted(_hardware(session) for session in sessions),
        "devices": _counted(_device(session) for session in sessions),
        "training jobs": len(sessions),
        "training jobs' wall time": f"{sum(s['wall_seconds'] for s in sessions) / 3600:.2f} hours",
        "trained": f"{min(s['started'] for s in sessions)} to {max(s['ended'] for s in sessions)}",
        "training version": sorted({record.training_version for record in known}),
        "data checksums": {
            _maker(record): record.data_checksum[:16] for record in known if record.data_checksum
        },
        "code checksums": {
            _maker(record): record.code_checksum[:16] for record in known if record.code_checksum
        },
        "configurations": {record.path: _configuration(record) for record in known},
    }
    return {heading: content for heading, content in found.items() if content}


def _maker(record: RunRecord) -> str:
    """The data set of our own loop, or the name of the user's training."""
    settings = record.configuration
    return str(settings.get("data") or settings.get("train", ""))


def _commit(session: dict[str, Any]) -> str:
    commit = (session.get("commit") or "")[:12] or "unknown commit"
    return f"{commit}{' with local changes' if session.get('dirty') else ''}"


def _hardware(session: dict[str, Any]) -> str:
    hardware = session.get("hardware", {})
    cores = hardware.get("cores")
    known = count(cores, "core") if isinstance(cores, int) else ""
    parts = [hardware.get("gpu"), hardware.get("cpu"), known]
    return ", ".join(str(part) for part in parts if part)


def _device(session: dict[str, Any]) -> str:
    threads = session.get("threads")
    known = f", {count(threads, 'thread')}" if isinstance(threads, int) else ""
    return f"{session.get('device')}{known}"


def _versions(sessions: list[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for session in sessions:
        for name, version in session.get("versions", {}).items():
            found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}


def _configuration(record: RunRecord) -> str:
    wall = sum(session["wall_seconds"] for session in record.sessions)
    statuses = Counter(entry.status for entry in record.seeds.values())
    ends = ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in sorted(statuses.items()))
    seeds = seeds_text(int(seed) for seed in record.seeds)
    steps = f"{count(record.steps, 'step')}; " if record.steps else ""
    parameters = f"{record.parameters:,} parameters; " if record.parameters else ""
    return f"{steps}seeds {seeds} ({ends}); {parameters}{wall:.1f} s wall time"


def _counted(entries: Iterable[str]) -> list[str]:
    """Distinct entries with how many jobs each holds for, when there are several."""
    counts = Counter(entries)
    if len(counts) == 1:
        return list(counts)
    return [f"{entry} ({n} jobs)" for entry, n in counts.most_common()]
