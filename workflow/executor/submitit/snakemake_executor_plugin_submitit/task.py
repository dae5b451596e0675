"""The file that describes one array task: what to run, and where its ledger is."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .stored import read_json, write_json

FORMAT = 2


@dataclass(frozen=True)
class Target:
    """One job of a task."""

    key: str
    label: str
    argument: str
    fingerprint: str
    log: str | None = None
    outputs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Task:
    """One array task: a Snakemake call over several targets."""

    ledger: str
    workdir: str
    head: str
    tail: str
    targets: list[Target]
    python: list[int]
    grace_seconds: int = 60
    max_requeues: int = 20
    minutes: int | None = None
    gpus: int = 0
    attempt: int = 1
    mem_mb: int | None = None
    at_once: int = 1
    # The time limit of one job, and whether its rule says that it has checkpoints of its own.
    job_minutes: int | None = None
    checkpoint: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def command(self, targets: Collection[Target]) -> str:
        """The shell command for some of the targets."""
        arguments = " ".join(shlex.quote(target.argument) for target in targets)
        return f"{self.head} --target-jobs {arguments} {self.tail}"


def write_task(path: Path, task: Task) -> None:
    """Write the file at once: a reader sees all of it or none."""
    write_json(path, asdict(task))


def read_task(path: Path) -> Task:
    """Read a task file; raises OSError, or ValueError where it is damaged."""
    values = read_json(path)
    if values.get("format") != FORMAT:
        raise ValueError(f"{path} was written by another version of this plugin")
    values["targets"] = [Target(**target) for target in values["targets"]]
    return Task(**values)
