"""One training job: all wanted and missing seeds of one configuration, into one run folder.

Needs no torch until there is something to train.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hyperverdict.runs.layout import (
    METRICS_FILE,
    RECORD_FILE,
    TRAINING_VERSION,
    RunRecord,
    SeedRecord,
    file_sha256,
)
from hyperverdict.runs.write import read_table, write_record, write_run
from hyperverdict.training import provenance
from hyperverdict.training.data import check_prepared
from hyperverdict.training.partial import PartialFolder, PartialSeed
from hyperverdict.training.timing import steps_for_seconds
from hyperverdict.vocabulary.configuration import Configuration

if TYPE_CHECKING:
    from hyperverdict.training.dataset import Dataset

logger = logging.getLogger(__name__)

PARTIAL_FOLDER = "partial"
_IDENTITY = ("path", "data_checksum", "training_version")


@dataclass(frozen=True)
class _Stored:
    """A sound run folder: the rows of all seeds and the record."""

    rows: pa.Table
    record: RunRecord


def train_configuration(
    configuration: Configuration,
    seeds: Iterable[int],
    prepared: Path,
    folder: Path,
    *,
    device: str = "cpu",
    timing: Path | None = None,
    tensorboard: Path | None = None,
    log: Path | None = None,
    memory_mb: int | None = None,
    checkpoint_seconds: float = 60.0,
) -> RunRecord:
    """Train the wanted seeds that `folder` does not hold yet, and write its table and record.

    Args:
        prepared: the folder of the configuration's prepared data.
        folder: the run's folder; what is there of the same identity is kept, whatever seeds it has.
        device: ``cuda`` is used when the job was given one, else the CPU.
        timing: ``timing.json`` of this configuration; needed for a budget in seconds.
        tensorboard: folder for this configuration's event files; none are written when None.
        log: the job's log file; an executor's death note is looked for beside it. Messages go to
            the logger `hyperverdict.training`.
        memory_mb: memory that this attempt was given; with more than a killed attempt had, its
            seed is tried again.
        checkpoint_seconds: training time that a kill may cost at most; 0 for a checkpoint at every
            evaluation point.

    Raises UserError for damaged data or a missing timing; Checkpointed (SystemExit 85) at SIGTERM.
    """
    facts = check_prepared(prepared)
    identity = {
        "path": configuration.path,
        "data_checksum": facts["checksum"],
        "training_version": TRAINING_VERSION,
    }
    stored = _read_stored(folder, identity)
    partial = PartialFolder(folder / PARTIAL_FOLDER, identity)
    steps = _steps(configuration, stored, partial, timing)
    ended = partial.seeds()
    missing = [
        seed
        for seed in sorted(set(seeds))
        if seed not in ended and (stored is None or str(seed) not in stored.record.seeds)
    ]
    if stored is not None and not missing and not ended:
        logger.info(f"nothing to train; trained seeds: {len(stored.record.seeds)}")
        return stored.record
    job = _Job(
        configuration, identity, steps, prepared, folder, device, tensorboard, checkpoint_seconds
    )
    ended |= _heed_death_note(log, missing, partial, device, memory_mb)
    missing = [seed for seed in missing if seed not in ended]
    record = stored.record if stored else job.empty_record()
    if missing:
        job.train(missing, partial, record.sessions)
        ended |= partial.seeds()
    written = write_run(
        folder,
        [*([stored.rows] if stored else []), *(ended[seed].rows for seed in sorted(ended))],
        _with_seeds(record, ended),
    )
    partial.remove()
    logger.info(f"seeds in {METRICS_FILE}: {len(written.seeds)}")
    return written


def _read_stored(folder: Path, identity: Mapping[str, Any]) -> _Stored | None:
    """What the folder holds of this run; a record that does not fit a sound table is rewritten."""
    table_file = folder / METRICS_FILE
    try:
        rows, footer = read_table(table_file)
        record = RunRecord.from_json(json.dumps(footer))
        foreign = [name for name in _IDENTITY if getattr(record, name) != identity[name]]
        if foreign:
            raise ValueError(f"it belongs to another run (other {', '.join(foreign)})")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        logger.warning(f"{table_file} cannot be used, so its seeds train again: {error}")
        return None
    record = replace(record, metrics_sha256=file_sha256(table_file))
    try:
        fits = RunRecord.from_json((folder / RECORD_FILE).read_text()) == record
    except (OSError, ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        logger.warning(f"{RECORD_FILE} did not match the table; it was rewritten from the table")
        record = write_record(folder, record)
    return _Stored(rows, record)


def _steps(
    configuration: Configuration,
    stored: _Stored | None,
    partial: PartialFolder,
    timing: Path | None,
) -> int:
    """Steps of every seed; for a budget in seconds those already in use, else from timing.json."""
    if configuration.budget.kind != "seconds":
        return configuration.budget.amount
    if stored is not None:
        return stored.record.steps
    planned = partial.plan().get("steps")
    return int(planned) if planned else steps_for_seconds(configuration, timing)


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
        note = json.loads(note_file.read_text())
    except (OSError, ValueError):
        return {}
    if not missing or not isinstance(note, dict) or note.get("reason") != "out_of_memory":
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
    session = _session(provenance.now(), provenance.choose_device(device))
    partial.keep(seed, [], SeedRecord("out_of_memory", 0, 0.0, 0, message), session)
    return {seed: partial.seeds()[seed]}


def _session(started: str, device: str) -> dict[str, Any]:
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


def _warn_if_elsewhere(earlier: Sequence[Mapping[str, Any]], now: Mapping[str, Any]) -> None:
    """Same seeds give the same numbers on the same hardware and torch only."""
    here = _where(now)
    others = sorted({_where(session) for session in earlier} - {here})
    if others:
        logger.warning(
            f"earlier seeds were trained on {'; '.join(others)}, these on {here}: "
            "the same seed may differ in its last digits"
        )


def _where(session: Mapping[str, Any]) -> str:
    hardware = session["hardware"]
    return f"{hardware['gpu'] or hardware['cpu']} with torch {session['versions']['torch']}"


def _with_seeds(record: RunRecord, ended: Mapping[int, PartialSeed]) -> RunRecord:
    """The record with seeds and the sessions that trained them; each session lists its seeds."""
    seeds, sessions = dict(record.seeds), [dict(session) for session in record.sessions]
    numbers: dict[str, int] = {}
    for seed, part in sorted(ended.items(), key=lambda item: item[1].session["ended"]):
        key = part.session["started"]
        if key not in numbers:
            numbers[key] = len(sessions)
            sessions.append({"seeds": []})
        number = numbers[key]
        sessions[number] = {**part.session, "seeds": [*sessions[number]["seeds"], seed]}
        seeds[str(seed)] = replace(part.record, session=number)
    return replace(record, seeds=seeds, sessions=sessions)


@dataclass(frozen=True)
class _Job:
    """What a job needs to train seeds; imports torch when asked to."""

    configuration: Configuration
    identity: Mapping[str, Any]
    steps: int
    prepared: Path
    folder: Path
    device: str
    tensorboard: Path | None
    checkpoint_seconds: float

    def _data(self) -> Dataset:
        from hyperverdict.training.dataset import load_for

        return load_for(self.configuration, self.prepared)

    def empty_record(self) -> RunRecord:
        """The record of this run without seeds."""
        from hyperverdict.training.network import describe_network

        data = self._data()
        parameters, flops = describe_network(self.configuration, data.shape, data.classes)
        return RunRecord(
            **self.identity,
            configuration=self.configuration.settings(),
            steps=self.steps,
            parameters=parameters,
            flops_per_sample=flops,
            train_size=len(data.train),
            test_size=len(data.test),
            seeds={},
        )

    def train(
        self, seeds: list[int], partial: PartialFolder, earlier: Sequence[Mapping[str, Any]]
    ) -> None:
        """Train seeds one after the other; each is kept in `partial` as it ends."""
        from hyperverdict.training import checkpoint
        from hyperverdict.training.loop import set_up_torch
        from hyperverdict.training.seeds import train_seed
        from hyperverdict.training.tensorboard import open_board

        device = provenance.choose_device(self.device)
        if device != self.device:
            logger.info(f"this job was given no {self.device}; it trains on the {device}")
        set_up_torch(device)
        _warn_if_elsewhere(earlier, _session(provenance.now(), device))
        data = self._data().to(device)
        every_seconds, clock = checkpoint.checked_interval(self.checkpoint_seconds), _Clock()
        logger.info(f"training seeds {seeds} on the {device}; steps of each: {self.steps}")
        with checkpoint.StopRequest() as stop:
            for seed in seeds:
                if stop.requested:
                    raise checkpoint.Checkpointed
                partial.begin(seed, self.steps)
                identity = {**self.identity, "steps": self.steps, "seed": seed, "device": device}
                keeper = checkpoint.CheckpointKeeper(
                    partial.checkpoint_file(seed), identity, stop, every_seconds
                )
                with open_board(self.tensorboard, self.configuration, seed) as board:
                    outcome = train_seed(
                        self.configuration, seed, data, self.steps, device, keeper, board.add
                    )
                record = SeedRecord(
                    outcome.status, outcome.last_step, outcome.train_seconds, 0, outcome.message
                )
                partial.keep(
                    seed, outcome.rows, record, clock.read(_session(clock.started, device))
                )
                keeper.remove()
                logger.info(_line(seed, outcome.rows, record))


class _Clock:
    """Wall time of a session."""

    def __init__(self) -> None:
        self.started, self._began = provenance.now(), time.monotonic()

    def read(self, session: dict[str, Any]) -> dict[str, Any]:
        """The session as of now."""
        return {
            **session,
            "ended": provenance.now(),
            "wall_seconds": round(time.monotonic() - self._began, 3),
        }


def _line(seed: int, rows: list[dict[str, Any]], record: SeedRecord) -> str:
    text = (
        f"seed {seed}: {record.status} after step {record.last_step}, {record.train_seconds:.2f} s"
    )
    scores = [row["accuracy"] for row in rows if row["split"] == "validation"]
    if scores:
        text += f", validation accuracy {scores[-1]:.4f}"
    return f"{text}; {record.message}" if record.message else text
