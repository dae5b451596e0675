"""One job fills one run folder: the wanted and missing seeds, whoever trains them.

Needs no torch.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from hyperverdict.errors import UserError
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.heads import heads_beside
from hyperverdict.runs.kept import PARTIAL_FOLDER
from hyperverdict.runs.layout import (
    METRICS_FILE,
    RECORD_FILE,
    RunRecord,
    SeedRecord,
    file_sha256,
    made_of_other,
    read_record,
    read_record_file,
)
from hyperverdict.runs.sealed import DamagedError, read_sealed_json
from hyperverdict.runs.write import read_table, write_record, write_run
from hyperverdict.training import provenance
from hyperverdict.training.partial import PartialFolder, PartialSeed

logger = logging.getLogger(__name__)

REPLACED_FOLDER = "replaced"
# What tells the seeds of one run from those of any other.
IDENTITY = ("path", "data_checksum", "training_version", "code_checksum")


@dataclass(frozen=True)
class Stored:
    """A sound run folder: the rows of all seeds and the record."""

    rows: pa.Table
    record: RunRecord


class Trainer(Protocol):
    """Trains the seeds of one configuration."""

    def empty_record(self) -> RunRecord:
        """The record of this run without seeds."""

    def train(
        self, seeds: list[int], partial: PartialFolder, earlier: Sequence[Mapping[str, Any]]
    ) -> None:
        """Train seeds one after the other; each is kept in `partial` as it ends.

        Args:
            earlier: the sessions that trained the seeds that exist.
        """


def fill_run(
    folder: Path,
    identity: Mapping[str, Any],
    seeds: Iterable[int],
    trainer: Trainer,
    *,
    log: Path | None = None,
    memory_mb: int | None = None,
    device: str = "cpu",
    retrain: bool = False,
) -> RunRecord:
    """Train the wanted seeds that `folder` does not hold yet, and write its table and record.

    Args:
        identity: path, data_checksum and training_version of the run, and the code_checksum where
            code of the user's own makes it.
        log, memory_mb: see `train_configuration`.
        retrain: runs of other code or data are put aside, and all seeds train again.

    Raises UserError when the folder holds seeds of other code or data.

    The seeds that it trains stay in `partial/`: whoever runs the job deletes the table, or puts an
    earlier one back, when the job is interrupted after it was written. `remove_copies` removes them
    once the job has ended well; so does the next call, since the table that it finds is safe.
    """
    stored = read_stored(folder, identity, retrain=retrain)
    there = frozenset(map(int, stored.record.seeds)) if stored else frozenset[int]()
    partial = PartialFolder(folder / PARTIAL_FOLDER, identity)
    partial.drop(there)
    ended = {seed: part for seed, part in partial.seeds().items() if seed not in there}
    missing = [s for s in sorted(set(seeds)) if s not in ended and s not in there]
    if stored is not None and not missing and not ended:
        logger.info(f"nothing to train; trained seeds: {len(stored.record.seeds)}")
        return stored.record
    ended |= _heed_death_note(log, missing, partial, device, memory_mb)
    missing = [seed for seed in missing if seed not in ended]
    record = stored.record if stored else trainer.empty_record()
    partial.describe(record)
    if missing:
        trainer.train(missing, partial, record.sessions)
        partial.write_held()
        ended |= {seed: part for seed, part in partial.seeds().items() if seed not in there}
    written = write_run(
        folder,
        [*([stored.rows] if stored else []), *(ended[seed].rows for seed in sorted(ended))],
        with_seeds(record, ended, heads_beside(folder)),
    )
    logger.info(f"seeds in {METRICS_FILE}: {len(written.seeds)}")
    return written


def remove_copies(folder: Path) -> None:
    """Remove what the jobs of a run have left beside its table, where the table holds all of it.

    Only once no job of the run is on its way.
    """
    left = folder / PARTIAL_FOLDER
    record = read_record(folder) if left.exists() else None
    if record is None:
        return
    whole = {name: getattr(record, name) for name in IDENTITY}
    # Where no code of the user's own makes a run, its identity names none.
    plain = {name: value for name, value in whole.items() if name != "code_checksum"}
    kept = [seed for identity in (whole, plain) for seed in PartialFolder(left, identity).seeds()]
    if set(kept) <= set(map(int, record.seeds)):
        shutil.rmtree(left, ignore_errors=True)


def read_stored(
    folder: Path, identity: Mapping[str, Any], *, retrain: bool = False
) -> Stored | None:
    """What the folder holds of this run; a record that does not fit a sound table is rewritten."""
    table_file = folder / METRICS_FILE
    try:
        vouched = _vouched(folder)
        rows, footer = read_table(table_file, sealed=not vouched)
        record = RunRecord.from_json(json.dumps(footer))
        foreign = [n for n in ("path", "training_version") if getattr(record, n) != identity[n]]
        if foreign:
            raise ValueError(f"it belongs to another run (other {', '.join(foreign)})")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning(f"{table_file} cannot be used, so its seeds train again: {error}")
        return None
    other = made_of_other(record, identity)
    if other and not retrain:
        raise UserError(f"{folder}: {other}")
    if other:
        put_aside(folder, record)
        return None
    record = replace(record, metrics_sha256=file_sha256(table_file))
    try:
        fits = read_record_file(folder) == record
    except (OSError, ValueError):
        fits = False
    if not fits:
        logger.warning(f"{RECORD_FILE} did not match the table; it was rewritten from the table")
        record = write_record(folder, record)
    return Stored(rows, record)


def _vouched(folder: Path) -> bool:
    """Whether a record beside the table, even a damaged one, holds the table's checksum.

    A table of an earlier version does not carry its own.
    """
    try:
        text = (folder / RECORD_FILE).read_bytes()
        return file_sha256(folder / METRICS_FILE).encode() in text
    except OSError:
        return False


def put_aside(folder: Path, record: RunRecord) -> None:
    """Keep a run that is about to be replaced, in a folder of its own below."""
    made_of = filter(None, (record.code_checksum, record.data_checksum))
    kept = folder / REPLACED_FOLDER / "-".join(checksum[:12] for checksum in made_of)
    for name in (METRICS_FILE, RECORD_FILE):
        if (folder / name).exists():
            write_atomic(kept / name, (folder / name).read_bytes())
    logger.warning(f"seeds of other code or data are kept in {kept}; all seeds train again")


def _heed_death_note(
    log: Path | None,
    missing: list[int],
    partial: PartialFolder,
    device: str,
    memory_mb: int | None,
) -> dict[int, PartialSeed]:
    """The seed during which the last attempt was killed for memory, as an outcome; ends the note.

    That is the plan's seed; before there was a plan, the first one. When the plan's seed has ended,
    none was in training. An attempt that has more memory than the killed one tries again instead.
    """
    note_file = Path(f"{log}.death.json")
    try:
        note = read_sealed_json(note_file)
    except FileNotFoundError:
        return {}
    except (OSError, DamagedError) as error:
        logger.warning(f"{note_file.name} counts for nothing ({error}): the seed trains again")
        return {}
    if not missing or note.get("reason") != "out_of_memory":
        return {}
    # Once only: a later attempt must not take it for news of its own.
    note_file.unlink()
    killed_at_mb = note.get("mem_mb")
    if memory_mb and isinstance(killed_at_mb, int | float) and memory_mb > killed_at_mb:
        logger.info(f"killed for memory at {killed_at_mb} MB; trying again with {memory_mb} MB")
        return {}
    seed = partial.plan().get("seed", missing[0])
    if seed not in missing:
        return {}
    message = f"the job was killed for memory (attempt {note.get('attempt', 'unknown')})"
    logger.warning(f"seed {seed}: out of memory, {message}")
    state = session(provenance.now(), provenance.choose_device(device))
    partial.keep(seed, [], SeedRecord("out_of_memory", 0, 0.0, 0, message), state)
    return {seed: partial.seeds()[seed]}


def session(started: str, device: str) -> dict[str, Any]:
    """Where and with what seeds are trained, as a record's session."""
    return {
        **provenance.code_state(),
        "versions": {**provenance.versions()},
        "hardware": provenance.hardware(device),
        "device": device,
        "threads": 1,
        "started": started,
        "ended": started,
        "wall_seconds": 0.0,
    }


class Clock:
    """Wall time of a session."""

    def __init__(self) -> None:
        self.started, self._began = provenance.now(), time.monotonic()

    def read(self, state: dict[str, Any]) -> dict[str, Any]:
        """The session as of now."""
        return {
            **state,
            "ended": provenance.now(),
            "wall_seconds": round(time.monotonic() - self._began, 3),
        }


def with_seeds(
    record: RunRecord, ended: Mapping[int, PartialSeed], heads: Mapping[str, str]
) -> RunRecord:
    """The record with seeds and the sessions that trained them; each session lists its seeds.

    Args:
        heads: those of the ledgers beside the run, which the new sessions carry.
    """
    kept = {"ledgers": dict(heads)} if heads else {}
    seeds, sessions = dict(record.seeds), [dict(entry) for entry in record.sessions]
    numbers: dict[str, int] = {}
    for seed, part in sorted(ended.items(), key=lambda item: item[1].session["ended"]):
        key = part.session["started"]
        if key not in numbers:
            numbers[key] = len(sessions)
            sessions.append({"seeds": []})
        number = numbers[key]
        sessions[number] = {
            **part.session, **kept, "seeds": [*sessions[number]["seeds"], seed],
        }  # fmt: skip
        seeds[str(seed)] = replace(part.record, session=number)
    return replace(record, seeds=seeds, sessions=sessions)
