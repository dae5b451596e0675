"""What an unfinished job leaves in `partial/`: its plan, finished seeds, a checkpoint.

All of it carries the run's identity; what belongs to another run is ignored.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.kept import PLAN_FILE, file_name
from hyperverdict.runs.layout import RunRecord, SeedRecord
from hyperverdict.runs.sealed import json_bytes, read_sealed_json
from hyperverdict.runs.write import Row, metrics_table, read_table, rows_by_seed, write_table

logger = logging.getLogger(__name__)

# What a job that is killed loses at most of seeds that take less, and how much longer than writing
# them training them has to take: writing costs a few per cent of a job at most.
HELD_SECONDS, HELD_FACTOR = 1.0, 30.0


@dataclass(frozen=True)
class PartialSeed:
    """A seed that has ended in a job that has not: rows, record, and its session."""

    rows: pa.Table
    record: SeedRecord
    session: dict[str, Any]


@dataclass(frozen=True)
class _Held:
    """The same before it is on disk."""

    rows: Sequence[Row]
    record: SeedRecord
    session: dict[str, Any]


class PartialFolder:
    """The `partial/` folder of one run."""

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self._folder, self._identity = folder, dict(identity)
        self._held: dict[int, _Held] = {}
        self._written, self._write_seconds = time.monotonic(), 0.0
        self._plan_size = 0
        self._about: dict[str, Any] = {}

    def describe(self, record: RunRecord) -> None:
        """What the files of seeds say of their run from now on: its record without any seed."""
        self._about = asdict(replace(record, seeds={}, sessions=[], metrics_sha256=""))

    def described(self) -> RunRecord | None:
        """The record without seeds of the run whose seeds are there; None where no file says it.

        Files of earlier versions do not.
        """
        for path in self._paths():
            try:
                footer = read_table(path, sealed=True)[1]
                if footer["identity"] == self._identity:
                    return RunRecord.from_plain(footer["run"])
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        return None

    @property
    def _plan_file(self) -> Path:
        return self._folder / PLAN_FILE

    def plan(self) -> dict[str, Any]:
        """``steps`` and the ``seed`` in training of an unfinished job; empty when there is none."""
        try:
            plan = read_sealed_json(self._plan_file)
        except (OSError, ValueError):
            return {}
        return plan if plan.get("identity") == self._identity else {}

    def begin(self, seed: int, steps: int) -> None:
        """Note which seed is in training, and its steps."""
        plan = {"identity": self._identity, "steps": steps, "seed": seed}
        content = json_bytes(plan, indent=None)
        if len(content) <= self._plan_size and self._overwrite_plan(content):
            return
        # After a crash of the machine nobody asks which seed it was.
        write_atomic(self._plan_file, content, lasting=False)
        self._plan_size = len(content)

    def _overwrite_plan(self, content: bytes) -> bool:
        """Write it over that of the last seed, in one call of the system; False where it is gone.

        For seeds that take milliseconds: a new file for each would be a good part of them.
        """
        try:
            file = os.open(self._plan_file, os.O_WRONLY)
        except FileNotFoundError:
            return False
        try:
            os.write(file, content.ljust(self._plan_size))
        finally:
            os.close(file)
        return True

    def checkpoint_file(self, seed: int) -> Path:
        """Where the checkpoint of a seed is."""
        return self._folder / f"seed~{seed}.checkpoint"

    def keep(
        self, seed: int, rows: Sequence[Row], record: SeedRecord, session: dict[str, Any]
    ) -> None:
        """Keep a seed that has ended."""
        self.hold(seed, rows, record, session)
        self.write_held()

    def hold(
        self, seed: int, rows: Sequence[Row], record: SeedRecord, session: dict[str, Any]
    ) -> None:
        """Keep a seed that has ended, on disk within a second: for seeds that take milliseconds.

        Where writing takes long, on a slow disk, it is later.
        """
        self._held[seed] = _Held(rows, record, session)
        if time.monotonic() - self._written > max(HELD_SECONDS, HELD_FACTOR * self._write_seconds):
            self.write_held()

    def write_held(self) -> None:
        """Write all seeds that are kept in memory only, as one file."""
        if not self._held:
            return
        began = time.monotonic()
        self._write(self._folder / file_name(min(self._held), max(self._held)), self._held)
        self._held.clear()
        self._written = time.monotonic()
        self._write_seconds = self._written - began

    def _write(self, path: Path, seeds: Mapping[int, _Held]) -> None:
        parts = {
            str(seed): {"record": asdict(held.record), "session": held.session}
            for seed, held in seeds.items()
        }
        rows = metrics_table([row for held in seeds.values() for row in held.rows])
        about = {"run": self._about} if self._about else {}
        write_table(path, rows, {"identity": self._identity, "seeds": parts, **about})

    def seeds(self) -> dict[int, PartialSeed]:
        """The seeds that have ended."""
        found = {seed: part for _, parts in self._files() for seed, part in parts.items()}
        return found | self._in_memory()

    def _in_memory(self) -> dict[int, PartialSeed]:
        if not self._held:
            return {}
        table = metrics_table([row for held in self._held.values() for row in held.rows])
        found, start = {}, 0
        for seed, held in self._held.items():
            rows = table.slice(start, len(held.rows))
            found[seed] = PartialSeed(rows, held.record, held.session)
            start += len(held.rows)
        return found

    def _files(self) -> Iterator[tuple[Path, dict[int, PartialSeed]]]:
        """Each file of seeds, with what it holds."""
        for path in self._paths():
            try:
                rows, footer = read_table(path, sealed=True)
                if footer["identity"] != self._identity:
                    raise ValueError("another run's")
                tables = rows_by_seed(rows)
                parts = {
                    int(seed): PartialSeed(
                        tables.get(int(seed), rows.slice(0, 0)),
                        SeedRecord(**part["record"]),
                        part["session"],
                    )
                    for seed, part in footer["seeds"].items()
                }
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                logger.warning(f"{path.name} of an earlier attempt cannot be used: {error}")
                continue
            yield path, parts

    def _paths(self) -> list[Path]:
        try:
            names = os.listdir(self._folder)
        except OSError:
            return []
        found = [name for name in names if name.startswith("seed") and name.endswith(".parquet")]
        return [self._folder / name for name in sorted(found)]

    def discard(self, seeds: Iterable[int]) -> None:
        """Forget seeds that have ended, as if they had not been trained."""
        unwanted = set(seeds)
        for seed in unwanted & self._held.keys():
            del self._held[seed]
        for path, parts in self._files():
            if not unwanted & parts.keys():
                continue
            rest = {seed: part for seed, part in parts.items() if seed not in unwanted}
            if not rest:
                path.unlink()
                continue
            # In its place, so that the others are on disk at every moment.
            held = {s: _Held(p.rows.to_pylist(), p.record, p.session) for s, p in rest.items()}
            self._write(path, held)
            path.rename(path.with_name(file_name(min(rest), max(rest))))
        self.write_held()

    def drop(self, seeds: Collection[int]) -> None:
        """Remove the files that hold nothing but the given seeds, which are safe elsewhere."""
        for path, parts in self._files():
            if parts.keys() <= set(seeds):
                path.unlink()
