"""A run as it is so far: its table, and the seeds that an interrupted job has kept beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hyperverdict.runs.heads import heads_beside
from hyperverdict.runs.kept import PARTIAL_FOLDER, kept_for, kept_identity
from hyperverdict.runs.layout import METRICS_FILE, made_of_other, read_record
from hyperverdict.runs.write import read_table, write_run
from hyperverdict.training.fill import with_seeds
from hyperverdict.training.partial import PartialFolder, PartialSeed


def write_so_far(
    run: Path, identity: Mapping[str, Any], scores: Iterable[str], out: Path
) -> frozenset[int]:
    """Write a run with the seeds that an interrupted job has kept into another folder.

    Left out are seeds of other code or data than `identity` or the run's own, those whose file is
    damaged or carries no checksum, and those that ended well without all `scores`: their job stops.
    Nothing below `run` changes.

    Args:
        run: the run's folder.
        identity: what is known of that of the next job (see `kept_for`).
        scores: columns that every finished seed has to hold.
        out: the folder that is written, where there is something to add.

    Returns the seeds that were added; where there are none, nothing is written.
    """
    if not kept_for(run, identity):
        return frozenset()
    try:
        whose, record = kept_identity(run), read_record(run)
        if record is not None and made_of_other(record, whose):
            return frozenset()
        folder = PartialFolder(run / PARTIAL_FOLDER, whose)
        there = frozenset(map(int, record.seeds)) if record else frozenset[int]()
        wanted = tuple(scores)
        added = {
            seed: part
            for seed, part in folder.seeds().items()
            if seed not in there and _is_complete(part, wanted)
        }
        empty = record or folder.described()
        if not added or empty is None:
            return frozenset()
        tables = [read_table(run / METRICS_FILE)[0]] if record else []
    except (OSError, ValueError):
        # A job that has just ended well has put them into the table, or nothing can be used.
        return frozenset()
    tables += [added[seed].rows for seed in sorted(added)]
    write_run(out, tables, with_seeds(empty, added, heads_beside(run)))
    return frozenset(added)


def _is_complete(part: PartialSeed, scores: Iterable[str]) -> bool:
    """Whether a seed that ended well holds every score."""
    if part.record.status != "finished":
        return True
    known = set(part.rows.column_names)
    return all(name in known and len(part.rows[name].drop_null()) > 0 for name in scores)
