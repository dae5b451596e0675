"""The folders under .snakemake/submitit: one a run, with task files, ledgers and logs.

<run>/batch-<n>.json   one sbatch call: its comment, its tasks, and SLURM's id once it has one
<run>/<n>.<i>.task.json, .ledger.jsonl
<run>/logs/            submitit's files and the tasks' output
<run>/owner.json       the Snakemake that follows it; its time of change is a sign of life
<run>/closed           the run ended in an orderly way: nothing is left to recover
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from .stored import read_json, write_json

ROOT = Path(".snakemake") / "submitit"
COMMENT_PREFIX = "snakemake-submitit:"
KEEP_DAYS = 14
BEAT_SECONDS = 30
# An owner on another machine that gave no sign of life for so long is taken for dead.
SILENT_SECONDS = 180


@dataclass
class Batch:
    """One sbatch call."""

    path: Path
    comment: str
    tasks: list[str]
    job: str | None = None
    # sbatch has said no, or what it may have submitted has been cancelled.
    refused: bool = False

    def save(self) -> None:
        """Write it to its file."""
        write_json(self.path, {"comment": self.comment, "tasks": self.tasks, "job": self.job})

    def task_id(self, index: int) -> str:
        """SLURM's id of one task: a single job is no array."""
        return f"{self.job}_{index}" if len(self.tasks) > 1 else str(self.job)


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
        me = psutil.Process()
        write_json(
            self._owner,
            {"host": socket.gethostname(), "pid": me.pid, "since": me.create_time()},
        )

    def beat(self) -> None:
        """Give a sign of life, now and then."""
        now = time.monotonic()
        if now - self._last_beat >= BEAT_SECONDS:
            self._last_beat = now
            with contextlib.suppress(OSError):
                os.utime(self._owner)

    def owner_alive(self) -> bool:
        """Whether a Snakemake still follows the run: another workflow of the same folder may."""
        try:
            owner = read_json(self._owner)
            if owner["host"] == socket.gethostname():
                return bool(psutil.Process(owner["pid"]).create_time() == owner["since"])
            return time.time() - self._owner.stat().st_mtime < SILENT_SECONDS
        except (OSError, ValueError, KeyError, psutil.Error):
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
        """Delete its files."""
        _remove(self.folder)


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
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1000):
        folder = root / (stamp if number == 0 else f"{stamp}-{number}")
        try:
            root.mkdir(parents=True, exist_ok=True)
            # Task files hold variables of the environment, which may be secrets.
            folder.mkdir(mode=0o700)
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
    """A run of an earlier Snakemake."""
    return Run(folder, [_load_batch(path) for path in sorted(folder.glob("batch-*.json"))])


def _load_batch(path: Path) -> Batch:
    """A batch of an earlier Snakemake.

    Of a damaged file, SLURM's id is not believed: what the comment finds in the queue is cancelled.
    """
    try:
        values = read_json(path)
        return Batch(path, values["comment"], values["tasks"], values["job"])
    except (OSError, ValueError, KeyError):
        number = path.stem.removeprefix("batch-")
        files = path.parent.glob(f"{number}.*.task.json")
        names = (file.name.removesuffix(".task.json") for file in files)
        tasks = sorted(names, key=lambda name: int(name.partition(".")[2]))
        return Batch(path, _comment(path.parent.name, number), tasks)


def _comment(run: str, number: int | str) -> str:
    return f"{COMMENT_PREFIX}{run}:{number}"


def open_runs(root: Path = ROOT) -> list[Run]:
    """Runs whose Snakemake was killed, oldest first."""
    if not root.is_dir():
        return []
    runs = [load_run(folder) for folder in sorted(root.iterdir()) if folder.is_dir()]
    return [run for run in runs if not run.closed and not run.owner_alive()]


def remove_old_runs(root: Path = ROOT, keep_days: float = KEEP_DAYS) -> None:
    """Delete closed runs that are older than some days."""
    if not root.is_dir():
        return
    for folder in root.iterdir():
        marker = folder / "closed"
        with contextlib.suppress(OSError):
            if time.time() - marker.stat().st_mtime > keep_days * 86400:
                _remove(folder)


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
