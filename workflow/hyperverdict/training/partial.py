"""What an unfinished job leaves in `partial/`: its plan, finished seeds, a checkpoint.

All of it carries the run's identity; what belongs to another run is ignored.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.layout import SeedRecord
from hyperverdict.runs.write import Row, metrics_table, read_table, write_table

logger = logging.getLogger(__name__)

# What a job that is killed loses at most of seeds that take less.
HELD_SECONDS = 1.0


@dataclass(frozen=True)
class PartialSeed:
    """A seed that has ended in a job that has not: rows, record, and its session."""

    rows: pa.Table
    record: SeedRecord
    session: dict[str, Any]


class PartialFolder:
    """The `partial/` folder of one run."""

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self._folder, self._identity = folder, dict(identity)
        self._held: dict[int, PartialSeed] = {}
        self._written = time.monotonic()

    @property
    def _plan_file(self) -> Path:
        return self._folder / "plan.json"

    def plan(self) -> dict[str, Any]:
        """``steps`` and the ``seed`` in training of an unfinished job; empty when there is none."""
        try:
            plan = json.loads(self._plan_file.read_text())
        except (OSError, ValueError):
            return {}
        return plan if isinstance(plan, dict) and plan.get("identity") == self._identity else {}

    def begin(self, seed: int, steps: int) -> None:
        """Note which seed is in training, and its steps."""
        plan = {"identity": self._identity, "steps": steps, "seed": seed}
        # After a crash of the machine nobody asks which seed it was.
        write_atomic(self._plan_file, json.dumps(plan).encode(), lasting=False)

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
        """Keep a seed that has ended, on disk within a second: for seeds that take milliseconds."""
        self._held[seed] = PartialSeed(metrics_table(rows), record, session)
        if time.monotonic() - self._written > HELD_SECONDS:
            self.write_held()

    def write_held(self) -> None:
        """Write all seeds that are kept in memory only."""
        for seed, part in self._held.items():
            footer = {
                "identity": self._identity,
                "seed": seed,
                "record": asdict(part.record),
                "session": part.session,
            }
            write_table(self._folder / f"seed~{seed}.parquet", part.rows, footer)
        self._held.clear()
        self._written = time.monotonic()

    def seeds(self) -> dict[int, PartialSeed]:
        """The seeds that have ended."""
        found = {}
        for path in sorted(self._folder.glob("seed~*.parquet")):
            try:
                rows, footer = read_table(path)
                if footer["identity"] != self._identity:
                    raise ValueError("another run's")
                record = SeedRecord(**footer["record"])
                found[int(footer["seed"])] = PartialSeed(rows, record, footer["session"])
            except (ValueError, KeyError, TypeError) as error:
                logger.warning(f"{path.name} of an earlier attempt cannot be used: {error}")
        return found | self._held

    def discard(self, seeds: Iterable[int]) -> None:
        """Forget seeds that have ended, as if they had not been trained."""
        for seed in seeds:
            self._held.pop(seed, None)
            (self._folder / f"seed~{seed}.parquet").unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove it all, once the run's table holds every seed."""
        shutil.rmtree(self._folder, ignore_errors=True)
