"""The folders under .snakemake/submitit: one a run, with task files, ledgers and logs.

<run>/batch-<n>.json   one sbatch call: its comment, its tasks, and SLURM's id once it has one
<run>/tasks-<n>.json   its task files a second time
<run>/<n>.<i>.task.json, .ledger.jsonl
<run>/logs/            submitit's files and the tasks' output
<run>/owner.json       the Snakemake that follows it; its time of change is a sign of life
<run>/closed           the run ended in an orderly way: nothing is left to recover
<run>.ended            the same of a run whose folder has been removed

The name of a run ends with a checksum of the folder's path, and SLURM knows the name as comment of
each task: of tasks in the queue, those of this folder can be told from those of others.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from .stored import read_json, write_json
from .task import copies_path, read_copies

ROOT = Path(".snakemake") / "submitit"
COMMENT_PREFIX = "snakemake-submitit:"
KEEP_DAYS = 14
BEAT_SECONDS = 30
# An owner on another machine that gave no sign of life for so long is taken for dead.
SILENT_SECONDS = 180
ENDED = ".ended"
_COMMENT = re.compile(re.escape(COMMENT_PREFIX) + r"(?P<run>[^:|]+):(?P<batch>\d+)")
_RUN_NAME = re.compile(r"\d{8}-\d{6}-(?P<place>[0-9a-f]{8})(-\d+)?")
_FILE = re.compile(r"(?:batch|tasks)-(\d+)\.json|(\d+)\.\d+\.(?:task\.json|ledger\.jsonl|wait)")


@dataclass
class Batch:
    """One sbatch call."""

    path: Path
    comment: str
    tasks: list[str]
    job: str | None = None
    # sbatch has said no, or what it may have submitted has been cancelled.
    refused: bool = False
    # Whether SLURM made an array of it, where its queue has said so.
    is_array: bool | None = None

    def save(self) -> None:
        """Write it to its file."""
        write_json(self.path, {"comment": self.comment, "tasks": self.tasks, "job": self.job})

    def task_id(self, index: int) -> str:
        """SLURM's id of one task: a single job is no array."""
        array = len(self.tasks) > 1 if self.is_array is None else self.is_array
        return f"{self.job}_{index}" if array else str(self.job)

    @property
    def number(self) -> str:
        """Its number in the run."""
        return self.path.stem.removeprefix("batch-")

    def has_tasks(self, count: int) -> None:
        """It has at least so many tasks."""
        missing = range(len(self.tasks), count)
        self.tasks.extend(f"{self.number}.{index}" for index in missing)


@dataclass
class Run:
    """One run of the executor."""

    folder: Path
    batches: list[Batch] = field(default_factory=list)
    _last_beat: float = 0.0

    @property
    def logs(self) -> Path:
        """submitit's folder."""
        return self.folder / "logs"

    def new_batch(self, tasks: int) -> Batch:
        """A batch of so many tasks, not yet on disk."""
        number = len(self.batches)
        names = [f"{number}.{index}" for index in range(tasks)]
        comment = _comment(self.folder.name, number)
        batch = Batch(self.folder / f"batch-{number}.json", comment, names)
        self.batches.append(batch)
        return batch

    @property
    def open_batches(self) -> list[Batch]:
        """Those of which nobody knows whether SLURM has them."""
        return [batch for batch in self.batches if batch.job is None and not batch.refused]

    def task_path(self, name: str) -> Path:
        """The task file."""
        return self.folder.absolute() / f"{name}.task.json"

    def ledger_path(self, name: str) -> Path:
        """The ledger."""
        return self.folder.absolute() / f"{name}.ledger.jsonl"

    @property
    def _owner(self) -> Path:
        return self.folder / "owner.json"

    def claim(self) -> None:
        """Say that this process follows the run."""
        write_json(self._owner, this_process())

    def beat(self) -> None:
        """Give a sign of life, now and then."""
        now = time.monotonic()
        if now - self._last_beat >= BEAT_SECONDS:
            self._last_beat = now
            with contextlib.suppress(OSError):
                try:
                    read_json(self._owner)
                    os.utime(self._owner)
                except (OSError, ValueError):
                    self.claim()

    def _owners(self) -> Iterator[dict[str, Any]]:
        """What the files say of the process that follows the run, its own file first."""
        with contextlib.suppress(OSError, ValueError):
            yield read_json(self._owner)
        for path in self.folder.glob("tasks-*.json"):
            with contextlib.suppress(OSError, ValueError, KeyError):
                yield read_json(path)["owner"]

    def owner_alive(self) -> bool:
        """Whether a Snakemake still follows the run: another workflow of the same folder may."""
        owner = next(self._owners(), None)
        try:
            if owner is None:
                return False
            if owner["host"] == socket.gethostname():
                return bool(psutil.Process(owner["pid"]).create_time() == owner["since"])
            # A file that is missing came away lately where the folder has changed lately.
            sign = self._owner if self._owner.exists() else self.folder
            return time.time() - sign.stat().st_mtime < SILENT_SECONDS
        except (OSError, ValueError, KeyError, TypeError, psutil.Error):
            return False

    @property
    def closed(self) -> bool:
        """Whether it ended in an orderly way."""
        return (self.folder / "closed").exists()

    def close(self) -> None:
        """Nothing of this run is left to recover."""
        with contextlib.suppress(OSError):
            (self.folder / "closed").touch()

    def remove(self) -> None:
        """Delete its files: its last tasks may stay in SLURM's queue for some moments."""
        with contextlib.suppress(OSError):
            _ended_mark(self.folder).touch()
        _remove(self.folder)


def this_process() -> dict[str, Any]:
    """What tells this process from all others."""
    me = psutil.Process()
    return {"host": socket.gethostname(), "pid": me.pid, "since": me.create_time()}


def _ended_mark(folder: Path) -> Path:
    return folder.with_name(folder.name + ENDED)


def _remove(folder: Path) -> None:
    """Delete a run's folder, and its logs where they lie elsewhere."""
    logs = folder / "logs"
    if logs.is_symlink():
        shutil.rmtree(logs.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def new_run(root: Path = ROOT, logs: Path | None = None) -> Run:
    """A folder for this run.

    Args:
        logs: folder in which this run makes one for its logs; raises OSError where it cannot.
    """
    stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{_place(root)}"
    for number in range(1000):
        folder = root / (stamp if number == 0 else f"{stamp}-{number}")
        try:
            root.mkdir(parents=True, exist_ok=True)
            # Task files hold variables of the environment, which may be secrets.
            folder.mkdir(mode=0o700)
            _ended_mark(folder).unlink(missing_ok=True)
        except FileExistsError:
            continue
        if logs is None:
            (folder / "logs").mkdir(mode=0o700)
        else:
            _make_elsewhere(folder / "logs", logs / folder.name)
        run = Run(folder)
        run.claim()
        return run
    raise RuntimeError(f"no free folder name in {root}")


def _make_elsewhere(link: Path, place: Path) -> None:
    """Make a folder, under another name where workflows share the place, and a link to it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{place.name}-", dir=place.parent.absolute()))
    link.symlink_to(made, target_is_directory=True)


def load_run(folder: Path) -> Run:
    """A run of an earlier Snakemake, with each batch of which any file is left."""
    found = (_FILE.fullmatch(name) for name in sorted(os.listdir(folder)))
    numbers = {int(match[1] or match[2]) for match in found if match is not None}
    return Run(folder, [_load_batch(folder, number) for number in sorted(numbers)])


def _load_batch(folder: Path, number: int) -> Batch:
    """A batch of an earlier Snakemake.

    Of a damaged file, SLURM's id is not believed: the comment finds it in the queue.
    """
    path = folder / f"batch-{number}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        values = read_json(path)
        comment, tasks, job = values["comment"], list(values["tasks"]), values["job"]
        if all(isinstance(text, str) for text in (comment, job or "", *tasks)):
            return Batch(path, comment, tasks, job)
    batch = Batch(path, _comment(folder.name, number), [])
    files = [file.name for file in folder.glob(f"{number}.*")]
    indices = [name.split(".")[1] for name in (*read_copies(copies_path(folder, number)), *files)]
    batch.has_tasks(max((int(index) + 1 for index in indices if index.isdigit()), default=0))
    return batch


def _comment(run: str, number: int | str) -> str:
    return f"{COMMENT_PREFIX}{run}:{number}"


def _place(root: Path) -> str:
    """A checksum of the path of a folder of runs."""
    return hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:8]


def batch_of_comment(comment: str) -> tuple[str, int] | None:
    """The run and the number of the batch that SLURM knows by a comment; None for another's."""
    match = _COMMENT.fullmatch(comment)
    return (match["run"], int(match["batch"])) if match else None


def is_unique(comment: str) -> bool:
    """Whether no run of another folder can have this comment; one of earlier versions can."""
    known = batch_of_comment(comment)
    return known is not None and _RUN_NAME.fullmatch(known[0]) is not None


def is_lost(run: str, root: Path = ROOT) -> bool:
    """Whether a run was of this folder, has not ended, and its files are gone."""
    match = _RUN_NAME.fullmatch(run)
    if match is None or match["place"] != _place(root):
        return False
    return not (root / run).is_dir() and not _ended_mark(root / run).exists()


def open_runs(root: Path = ROOT) -> list[Run]:
    """Runs whose Snakemake was killed, oldest first."""
    if not root.is_dir():
        return []
    runs = [Run(folder) for folder in sorted(root.iterdir()) if folder.is_dir()]
    left = [run for run in runs if not run.closed and not run.owner_alive()]
    return [load_run(run.folder) for run in left]


def remove_old_runs(root: Path = ROOT, keep_days: float = KEEP_DAYS) -> None:
    """Delete closed runs that are older than some days."""
    if not root.is_dir():
        return
    for folder in root.iterdir():
        is_mark = folder.name.endswith(ENDED)
        marker = folder if is_mark else folder / "closed"
        with contextlib.suppress(OSError):
            if time.time() - marker.stat().st_mtime > keep_days * 86400:
                marker.unlink() if is_mark else _remove(folder)


class Durations:
    """How long jobs of each rule took, remembered between runs.

    Where a rule says how long its jobs will take, what is remembered is by how much it was wrong.
    """

    def __init__(self, root: Path = ROOT) -> None:
        self.path = root / "durations.json"
        self._known: dict[str, list[float]] = {}
        with contextlib.suppress(OSError, ValueError):
            self._known = read_json(self.path)

    def seconds(self, rule: str, expected: float | None = None) -> float | None:
        """What a job will take: the mean of jobs seen, or what is expected, corrected by them.

        None for a rule that was never seen and expects nothing.
        """
        if expected is None:
            count, mean = self._known.get(rule, [0, 0.0])
            return mean if count else None
        taken, promised = (self._known.get(key, [0, 0.0])[1] for key in _compared(rule))
        return expected * taken / promised if promised else expected

    def add(self, rule: str, seconds: float, expected: float | None = None) -> None:
        """One more job; recent jobs weigh more once there are many."""
        self._average(rule, seconds)
        if expected is not None:
            for key, value in zip(_compared(rule), (seconds, expected), strict=True):
                self._average(key, value)

    def _average(self, key: str, value: float) -> None:
        count, mean = self._known.get(key, [0, 0.0])
        count = min(count + 1, 50)
        self._known[key] = [count, mean + (value - mean) / count]

    def save(self) -> None:
        """Write them down."""
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_json(self.path, self._known)


def _compared(rule: str) -> tuple[str, str]:
    """Where the means are kept of what jobs took that had expected something, and of that."""
    return f"{rule}, taken", f"{rule}, expected"
