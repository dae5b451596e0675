"""Faults of files: the kinds of files that a finished study leaves, and seeded ways to damage one.

A campaign draws a kind, a file of it and a fault from one random generator, so that a printed seed
repeats it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Kind -> pattern below the project's folder. Every file that any job or call reads back is of one.
KINDS = {
    "metrics": "results/runs/**/metrics.parquet",
    "record": "results/runs/**/record.json",
    "tuning metrics": "results/tuning/**/metrics.parquet",
    "tuning record": "results/tuning/**/record.json",
    "choice": "results/studies/*/tuning/*.json",
    "final table": "results/studies/*/tables/final.parquet",
    "curves table": "results/studies/*/tables/curves.parquet",
    "verdicts": "results/studies/*/verdicts.json",
    "figure index": "results/studies/*/figures/figures.json",
    "figure": "results/studies/*/figures/*.svg",
    "report": "results/studies/*/report.html",
    "memory of reports": "results/studies/*/reported.json",
    "ledger": "results/studies/*/ledger.jsonl",
    "ledger head": "results/studies/*/ledger.head",
    "timing": "results/timing/contrasts/*/timing.json",
    "data facts": "resources/prepared/*/facts.json",
    "images": "resources/prepared/*/images.npy",
    "labels": "resources/prepared/*/labels.npy",
    "Snakemake's metadata": ".snakemake/metadata/*",
}


def flip(content: bytes, random: random.Random) -> bytes:
    """One bit flipped."""
    changed = bytearray(content)
    changed[random.randrange(len(content))] ^= 1 << random.randrange(8)
    return bytes(changed)


def truncate(content: bytes, random: random.Random) -> bytes:
    """Cut off anywhere."""
    return content[: random.randrange(1, len(content))]


def empty(content: bytes, random: random.Random) -> bytes:
    """Nothing left."""
    return b""


def delete(content: bytes, random: random.Random) -> None:
    """No file left."""


FAULTS: dict[str, Callable[[bytes, random.Random], bytes | None]] = {
    fault.__name__: fault for fault in (flip, truncate, empty, delete)
}


@dataclass(frozen=True)
class Fault:
    """What was done to which file."""

    kind: str
    file: Path
    fault: str
    time_kept: bool
    before: bytes

    def __str__(self) -> str:
        kept = "time kept" if self.time_kept else "time changed"
        return f"{self.fault} of {self.kind} ({kept}): {self.file}"


def files_of(project: Path, kind: str) -> list[Path]:
    """The files of a kind, in a fixed order."""
    return sorted(file for file in project.glob(KINDS[kind]) if file.is_file())


def damage(
    project: Path, kind: str, fault: str, random: random.Random, *, keep_time: bool
) -> Fault:
    """Damage one file of a kind; IndexError where a study has none."""
    file = random.choice(files_of(project, kind))
    before, times = file.read_bytes(), file.stat()
    after = FAULTS[fault](before, random)
    if after is None:
        file.unlink()
    else:
        file.write_bytes(after)
        if keep_time:
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    return Fault(kind, file.relative_to(project), fault, keep_time, before)


def draw(project: Path, random: random.Random) -> Fault:
    """A fault of any kind."""
    kind = random.choice([kind for kind in KINDS if files_of(project, kind)])
    fault = random.choice(sorted(FAULTS))
    return damage(project, kind, fault, random, keep_time=random.random() < 0.5)
