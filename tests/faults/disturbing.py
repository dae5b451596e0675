"""Faults of a call while it runs: signals, full and read-only disks, two calls, moves, clocks.

Every function disturbs a project in a way that a random generator draws, and says what it did.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.workflow.conftest import SNAKEMAKE, Project

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TARGETS = ("main process", "worker", "job")
# Seconds within which everything that a killed call has started must have ended.
ENDED_WITHIN = 60
_CALL = (str(SNAKEMAKE), "--profile", "profiles/local", "--config", "tensorboard=false", "pdf=no")


def start(project: Project, *options: str) -> subprocess.Popen[bytes]:
    """A call in a session of its own, as a terminal starts one; its words go to `said.txt`."""
    with (project.path / "said.txt").open("ab") as said:
        return subprocess.Popen(
            [*_CALL, *options],
            cwd=project.path,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )


def processes_in(folder: Path) -> dict[int, int]:
    """Processes that work in a folder -> their parents."""
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            inside = Path(os.readlink(entry / "cwd")).is_relative_to(folder)
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if inside and fields[0] != "Z":
                found[int(entry.name)] = int(fields[1])
    return found


def all_ended(folder: Path) -> bool:
    """Whether every process in a folder ends within `ENDED_WITHIN` seconds."""
    until = time.monotonic() + ENDED_WITHIN
    while left := processes_in(folder):
        if time.monotonic() > until:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return False
        time.sleep(0.1)
    return True


def _target(project: Project, main: int, name: str, random: Random) -> int:
    """A process of the call: its main process, one that it started, or one of those' children."""
    parents = processes_in(project.path)
    workers = sorted(pid for pid, parent in parents.items() if parent == main)
    jobs = sorted(pid for pid, parent in parents.items() if parent in workers)
    known = {"worker": workers, "job": jobs}.get(name) or [main]
    return random.choice(known)


def _wait_for_log(project: Project, call: subprocess.Popen[bytes]) -> None:
    """Until Snakemake has loaded itself: before, it tells of an interruption in its own way."""
    logs, begun = project.path / ".snakemake/log", time.time()
    while call.poll() is None and not (
        logs.exists() and any(f.stat().st_mtime >= begun - 1 for f in logs.iterdir())
    ):
        time.sleep(0.05)


def send_signal(project: Project, random: Random, seconds: float) -> str:
    """A signal at a random moment of a call that takes about `seconds`."""
    number, name = random.choice(SIGNALS), random.choice(TARGETS)
    after = random.uniform(0, seconds)
    call = start(project)
    _wait_for_log(project, call)
    with contextlib.suppress(subprocess.TimeoutExpired):
        call.wait(after)
    if call.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(_target(project, call.pid, name, random), number)
    call.wait(300)
    assert all_ended(project.path), f"processes were left after {number.name} to the {name}"
    return f"{number.name} to the {name} after {after:.2f} s"


def two_calls(project: Project, random: Random, seconds: float) -> str:
    """A second call in the same folder while the first one runs, with and without Snakemake's lock."""
    after, options = random.uniform(0, seconds), random.choice(((), ("--nolock",)))
    calls = [start(project, *options)]
    with contextlib.suppress(subprocess.TimeoutExpired):
        calls[0].wait(after)
    calls.append(start(project, *options))
    for call in calls:
        call.wait(300)
    assert all_ended(project.path), "processes were left after two calls"
    return " ".join([f"a second call after {after:.2f} s", *options])


def moved_folder(project: Project, random: Random, seconds: float) -> str:
    """The folder is moved after a call that was killed."""
    said = send_signal(project, random, seconds)
    elsewhere = project.path.with_name("moved here")
    shutil.move(project.path, elsewhere)
    project.path = elsewhere
    return f"{said}, then moved"


def clock_jump(project: Project, random: Random, seconds: float) -> str:
    """Files have times of days ago or ahead, as after a jump of the clock, and a killed call."""
    said = send_signal(project, random, seconds)
    shift = random.choice((-1, 1)) * random.uniform(3600, 5 * 86_400)
    files = [f for top in ("results", "resources") for f in (project.path / top).rglob("*")]
    for file in random.sample(sorted(files), k=len(files) // 2):
        if file.is_file() and not file.is_symlink():
            moment = file.stat().st_mtime + shift
            os.utime(file, (moment, moment))
    return f"{said}, then the times of half of the files moved by {shift / 3600:.0f} hours"


@contextlib.contextmanager
def _mounted(place: Path, *options: str) -> Iterator[None]:
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", *options, str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def full_disk(project: Project, random: Random, seconds: float) -> str:
    """A call whose results are on a disk that becomes full, at any of its writes."""
    place, kilobytes = project.path / "results", round(random.uniform(40, 4000))
    kept = project.path / "kept"
    with _mounted(place, "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs"):
        call = start(project)
        call.wait(300)
        assert all_ended(project.path), "processes were left on a full disk"
        shutil.copytree(place, kept, symlinks=True)
    shutil.copytree(kept, place, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(kept)
    return f"a disk of {kilobytes} kB"


def read_only(project: Project, random: Random, seconds: float) -> str:
    """A call that is killed, and one that may only read its results."""
    said = send_signal(project, random, seconds)
    place = project.path / "results"
    with _mounted(place, "--bind", str(place)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
        start(project).wait(300)
        assert all_ended(project.path), "processes were left where results are read-only"
    return f"{said}, then a call with read-only results"
