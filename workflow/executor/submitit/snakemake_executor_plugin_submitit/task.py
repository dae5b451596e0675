"""The file that describes one array task: what to run, and where its ledger is.

All tasks of a batch stand a second time in one file, which serves where a task's own file is
damaged or gone.
"""

from __future__ import annotations

import contextlib
import functools
import shlex
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .stored import read_json, write_json

FORMAT = 2
SUFFIX = ".task.json"


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
    """What a task file says, or else its copy; raises ValueError where neither can be read."""
    try:
        return read_own(path)
    except (OSError, ValueError) as error:
        name = path.name.removesuffix(SUFFIX)
        task = read_copies(copies_path(path.parent, name.partition(".")[0])).get(name)
        if task is None:
            raise ValueError(f"{path} cannot be read: {error}") from error
        return task


def read_own(path: Path) -> Task:
    """What a task file itself says; raises OSError, or ValueError where it is damaged."""
    return _task_of(read_json(path), path)


def _task_of(values: Mapping[str, Any], path: Path) -> Task:
    if values.get("format") != FORMAT:
        raise ValueError(f"{path} was written by another version of this plugin")
    try:
        targets = [Target(**target) for target in values["targets"]]
        return Task(**{**values, "targets": targets})
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def copies_path(folder: Path, batch: int | str) -> Path:
    """Where all tasks of a batch stand a second time."""
    return folder / f"tasks-{batch}.json"


def write_copies(path: Path, tasks: Mapping[str, Task], owner: Mapping[str, Any]) -> None:
    """Write the tasks of a batch, by name, and who follows them.

    What all of them share is written once.
    """
    own = {name: asdict(task) for name, task in tasks.items()}
    first, *others = own.values()
    shared = {
        key: value for key, value in first.items() if all(one[key] == value for one in others)
    }
    rest = {
        name: {key: value for key, value in one.items() if key not in shared}
        for name, one in own.items()
    }
    write_json(path, {"owner": dict(owner), "shared": shared, "tasks": rest})


def read_copies(path: Path) -> Mapping[str, Task]:
    """The tasks of a batch by name; none where the file is missing or damaged."""
    try:
        facts = path.stat()
    except OSError:
        return {}
    return _read_copies(path, facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=4)
def _read_copies(path: Path, mtime_ns: int, size: int) -> Mapping[str, Task]:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        values = read_json(path)
        shared = values["shared"]
        return {name: _task_of(shared | own, path) for name, own in values["tasks"].items()}
    return {}
