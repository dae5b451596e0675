"""TensorBoard of one study: its runs under short names, hyperparameters with types.

Runs are shared by studies. A study's folder therefore holds, for every seed, a link to each event
file of the run and files of its own: the HParams session, how it ended, and the curves where the
run has no event files. TensorBoard reads the files of a folder in the order of their names and
keeps the first session it finds, so ours comes first.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hyperverdict import event_files
from hyperverdict.design.plan import Plan, PlannedRun
from hyperverdict.design.short_names import ShortNames
from hyperverdict.errors import UserError
from hyperverdict.event_files import Value
from hyperverdict.runs.curves import Point, curves_by_seed
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.layout import METRICS_FILE, RECORD_FILE, RunRecord, read_record
from hyperverdict.runs.parquet import read_parquet
from hyperverdict.vocabulary.configuration import LAYERS
from hyperverdict.words.printing import say
from hyperverdict.words.safe import folder_name, tensorboard

FOLDER = "tensorboard"
REFRESH_SECONDS = 15
_SESSION, _END = "events.out.tfevents.0000000000.study", "events.out.tfevents.9999999999.end"
_CURVES = "events.out.tfevents.0000000001.curves"
_METRICS = tuple(
    f"{name}/{split}" for split in ("test", "validation") for name in ("accuracy", "loss")
)
# When the run's own event file was begun, by its name.
_BEGUN = re.compile(r"\.tfevents\.(\d{9,11})\.")
# What is said of every run, also where it is the same for all.
_ALWAYS = ("held equal", "budget", "purpose")
Stamp = tuple[tuple[str, int], ...]


def hyperparameters(run: PlannedRun) -> dict[str, Value]:
    """What the HParams view sorts and filters by: numbers as numbers, the rest as text."""
    configuration = run.configuration
    values: dict[str, Value] = {}
    for name, level in configuration.levels:
        if name == LAYERS and configuration.vocabulary.handles and len(set(level)) == 1:
            values |= {"width": float(level[0]), "depth": float(len(level))}
        elif isinstance(level, bool):
            values[name] = level
        elif isinstance(level, (int, float)):
            values[name] = float(level)
        else:
            values[name] = configuration.vocabulary.spell(name, level)
    kind, _, amount = configuration.budget.slug.partition("~")
    values |= {"held equal": kind, "budget": str(configuration.budget)}
    with contextlib.suppress(ValueError):
        values["budget amount"] = float(amount)
    purposes = ", ".join(run.purposes)
    values |= {"purpose": purposes, "tuning": run.tuning}
    return {
        tensorboard(name): tensorboard(value) if isinstance(value, str) else value
        for name, value in values.items()
    }


@dataclass
class Boards:
    """The TensorBoard folder of a study, brought up to date as often as one likes.

    Attributes:
        results: where the runs are.
        folder: of the study; its subfolder `FOLDER` is written.
    """

    results: Path
    folder: Path
    _written: dict[str, tuple[Stamp, bytes, int]] = field(default_factory=dict)

    def write(self, plan: Plan) -> int:
        """Write what has changed since the last time; the number of seeds that are shown."""
        names = ShortNames.of(plan)
        values = _columns({run.folder: hyperparameters(run) for run in plan.all_runs})
        columns = event_files.experiment(values.values(), _metrics(plan))
        seeds, places = 0, set()
        for run in plan.all_runs:
            shown = folder_name(names.name(run.configuration))
            place = self.folder / FOLDER / (f"tuning, {shown}" if run.tuning else shown)
            found = self._run(run, place, columns, values[run.folder])
            seeds += found
            if found:
                places.add(place)
        for old in set((self.folder / FOLDER).glob("*/")) - places:
            # Of a name or run that the study no longer has; the runs themselves are elsewhere.
            if any(old.glob(f"*/{_SESSION}")):
                shutil.rmtree(old)
        return seeds

    def _run(
        self, run: PlannedRun, place: Path, columns: bytes, values: Mapping[str, Value]
    ) -> int:
        """Write the seeds of one run; how many there are."""
        source = self.results / run.folder
        stamp, described = _stamp(source, run.seeds), _checksum(columns, place, values)
        if stamp == () or self._written.get(run.folder, ((), b"", 0))[:2] == (stamp, described):
            return self._written[run.folder][2] if stamp else 0
        shown = [seed for seed in _seeds_of(run, source) if seed.is_there]
        kept = {f"seed {seed.number}" for seed in shown}
        for old in place.glob("seed */"):
            if old.name not in kept and (old / _SESSION).exists():
                shutil.rmtree(old)
        for seed in shown:
            seed.write(place / f"seed {seed.number}", columns, values, place.name)
        self._written[run.folder] = (stamp, described, len(shown))
        return len(shown)


def write_boards(plan: Plan, results: Path, folder: Path) -> int:
    """Bring a study's TensorBoard folder up to date; the number of seeds in it."""
    return Boards(results, folder).write(plan)


def _stamp(source: Path, seeds: Iterable[int]) -> Stamp:
    """What changes when a run has something new to show; empty before it has anything."""
    names = (RECORD_FILE, METRICS_FILE, *(f"{FOLDER}/seed~{seed}" for seed in seeds))
    found: list[tuple[str, int]] = []
    for name in names:
        with contextlib.suppress(OSError):
            found.append((name, os.stat(source / name).st_mtime_ns))
    return tuple(found)


def _checksum(columns: bytes, place: Path, values: Mapping[str, Value]) -> bytes:
    """Of all that is said of a run besides its results."""
    return hashlib.sha256(columns + f"{place}{sorted(values.items())}".encode()).digest()


@dataclass(frozen=True)
class _Seed:
    """One seed of a run.

    Attributes:
        events: the run's own event files.
        curves: from its table, where it has none.
        started, ended: in seconds since 1970, 0 where it is not known.
        status: how it ended; "" while it runs.
    """

    number: int
    events: tuple[Path, ...]
    curves: tuple[Point, ...]
    started: float
    ended: float
    status: str

    @property
    def is_there(self) -> bool:
        return bool(self.events or self.curves or self.status)

    def write(self, place: Path, columns: bytes, values: Mapping[str, Value], group: str) -> None:
        place.mkdir(parents=True, exist_ok=True)
        for file in self.events:
            link, target = place / file.name, os.path.relpath(file, place)
            if not link.is_symlink():
                link.symlink_to(target)
        for link in place.iterdir():
            if link.is_symlink() and not link.exists():
                link.unlink()
        _keep(place / _SESSION, event_files.session(columns, values, group, self.started))
        curves = event_files.scalars(self.curves, self.started) if self.curves else b""
        _keep(place / _CURVES, curves)
        finished = self.status == "finished"
        _keep(place / _END, event_files.end(finished, self.ended) if self.status else b"")


def _keep(file: Path, content: bytes) -> None:
    """Write a file unless it holds this already; remove it where there is nothing to hold."""
    if not content:
        file.unlink(missing_ok=True)
    elif not file.exists() or file.read_bytes() != content:
        write_atomic(file, content, lasting=False)


def _seeds_of(run: PlannedRun, source: Path) -> Iterable[_Seed]:
    record = read_record(source)
    events = {
        seed: tuple(sorted((source / FOLDER / f"seed~{seed}").glob("*tfevents*")))
        for seed in run.seeds
    }
    ended = {} if record is None else record.seeds
    from_table = [seed for seed in run.seeds if str(seed) in ended and not events[seed]]
    curves = curves_by_seed(read_parquet(source / METRICS_FILE)) if from_table else {}
    for seed in run.seeds:
        begun, over = _times(record, seed)
        named = [float(found[1]) for file in events[seed] if (found := _BEGUN.search(file.name))]
        yield _Seed(
            number=seed,
            events=events[seed],
            curves=tuple(curves.get(seed, ())) if seed in from_table else (),
            # The same while it runs and afterwards.
            started=min(named, default=begun),
            ended=over,
            status=ended[str(seed)].status if str(seed) in ended else "",
        )


def _times(record: RunRecord | None, seed: int) -> tuple[float, float]:
    """When the job that trained a seed began and ended."""
    entry = record.seeds.get(str(seed)) if record else None
    if record is None or entry is None or not 0 <= entry.session < len(record.sessions):
        return 0.0, 0.0
    session = record.sessions[entry.session]
    return _seconds(session.get("started")), _seconds(session.get("ended"))


def _seconds(moment: object) -> float:
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return 0.0


def _metrics(plan: Plan) -> tuple[str, ...]:
    """Tags of the scores that the HParams view shows."""
    training = plan.study.vocabulary.training
    if training is None:
        return _METRICS
    return tuple(dict.fromkeys(f"{column}/test" for column in training.scores.values()))


def _columns(runs: dict[str, dict[str, Value]]) -> dict[str, dict[str, Value]]:
    """The values that differ between runs, and what is always said.

    Text for hyperparameters that are a number in one run and text in another.
    """
    found: dict[str, list[Value]] = {}
    for values in runs.values():
        for name, value in values.items():
            found.setdefault(name, []).append(value)
    shown = {
        name: len({type(level) for level in levels}) == 1
        for name, levels in found.items()
        if name in _ALWAYS or len(set(levels)) > 1 or len(levels) < len(runs)
    }
    return {
        run: {n: v if shown[n] else str(v) for n, v in values.items() if n in shown}
        for run, values in runs.items()
    }


def watch(
    plan_now: Callable[[], Plan], results: Path, folder: Path, port: int | None = None
) -> None:
    """Show a study in TensorBoard on this machine until it is stopped; new runs appear.

    Args:
        plan_now: the plan of the study as tuning has left it.
    """
    program = _program()
    boards = Boards(results, folder)
    if not boards.write(plan_now()):
        say(f"{results} has no runs of this study yet; they appear as they train")
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    options = ["--logdir", str(folder / FOLDER), "--host", "127.0.0.1"]
    options += ["--port", str(port)] if port is not None else []
    allow_open_files()
    shown = subprocess.Popen([*program, *options])
    # However it is ended, TensorBoard ends with it.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while shown.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                shown.wait(REFRESH_SECONDS)
            boards.write(plan_now())
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        shown.terminate()
        shown.wait()


def allow_open_files() -> int:
    """Let this process and those it starts open as many files as the system allows; that many.

    TensorBoard keeps three files of every seed open, and would leave runs out without a word.
    """
    import resource

    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        allowed = most
    return sys.maxsize if allowed == resource.RLIM_INFINITY else allowed


def _program() -> tuple[str, ...]:
    from importlib.util import find_spec

    if find_spec("tensorboard") is None:
        raise UserError("watch: TensorBoard is not installed; pip install tensorboard")
    return (sys.executable, "-m", "tensorboard.main")
