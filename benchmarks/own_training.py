"""Overhead of trainings of the user's own: functions against joblib, commands against a shell loop.

    .venv/bin/python benchmarks/own_training.py               5 turns, about 12 minutes on 2 quiet cores
    .venv/bin/python benchmarks/own_training.py --turns 1     once

Everything runs on two cores. The tools take turns; the smallest time of each counts, since what else
runs on the machine can only add to it. Results go to own_training.md and own_training.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CORES = 2
# A configuration is a job. Their numbers are even, so that no core waits for the other at the end.
CALL_CONFIGURATIONS, CALL_SEEDS = 20, 10
COMMAND_CONFIGURATIONS, COMMAND_SEEDS = 10, 5
# The same calls in fewer jobs: name of the study -> (configurations, seeds).
FEWER_JOBS = {"calls_10": (10, 20), "calls_4": (4, 50)}
CALLS, COMMANDS = CALL_CONFIGURATIONS * CALL_SEEDS, COMMAND_CONFIGURATIONS * COMMAND_SEEDS
PACKAGES = ("snakemake", "joblib", "numpy", "pyarrow")

FUNCTION = """
import math


def train(*, seed, rate: float = 0.0):
    return {"score": math.sin(seed + rate)}
"""
# As joblib's documentation starts.
JOBLIB = f"""
import time

from joblib import Parallel, delayed

from mytask import train

began = time.perf_counter()
scores = Parallel(n_jobs={CORES})(
    delayed(train)(seed=seed, rate=rate)
    for rate in range({CALL_CONFIGURATIONS}) for seed in range({CALL_SEEDS})
)
alone = time.perf_counter() - began
assert len(scores) == {CALLS}
print(alone)
"""
# The same calls one after the other in one process: seconds of one of them.
BARE = f"""
import time

from mytask import train

began = time.perf_counter()
for rate in range({CALL_CONFIGURATIONS}):
    for seed in range({CALL_SEEDS}):
        train(seed=seed, rate=rate)
print((time.perf_counter() - began) / {CALLS})
"""
# What nearly every program does: starts Python, reads arguments, writes a small file.
PROGRAM = """
import argparse
import csv

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--seed", type=int)
parser.add_argument("--out")
arguments = parser.parse_args()
with open(arguments.out, "w", newline="") as file:
    csv.writer(file).writerows([["score"], [arguments.rate + arguments.seed]])
"""
# The least that a training does: imports numpy, and computes for half a second.
SMALL = (
    """
import time

import numpy as np

began = time.process_time()
matrix = np.random.default_rng(0).normal(size=(200, 200))
while time.process_time() - began < 0.5:
    matrix = np.tanh(matrix @ matrix.T)
"""
    + PROGRAM
)
LOOP = """
for rate in $(seq {configurations}); do for seed in $(seq {seeds}); do
    echo "--rate $rate --seed $seed --out out/$rate-$seed.csv"
done; done | xargs -P{cores} -L1 {python} {program}
"""
STUDY = """
study: {name}
train: {train}
{further}
metrics: {{score: {{better: higher, matters_from: 0.1}}}}
explore:
  grid: {{grid: {{rate: {levels}}}, metric: score, seeds: {seeds}}}
"""


def study(name: str, train: str, configurations: int, seeds: int, further: str = "") -> str:
    levels = list(range(1, configurations + 1))
    return STUDY.format(name=name, train=train, levels=levels, seeds=seeds, further=further)


def command_study(name: str, program: str) -> str:
    """A study of a program of ours."""
    command = f"{sys.executable} {program} --rate {{rate}} --seed {{seed}} --out {{metrics}}"
    return study(
        name,
        f'{{command: "{command}", code: [{program}]}}',
        COMMAND_CONFIGURATIONS,
        COMMAND_SEEDS,
        "hyperparameters: {rate: {default: 0}}",
    )


def make_project(folder: Path) -> None:
    """The workflow with three studies, a function and two programs."""
    for name in ("Snakefile", "pyproject.toml", "workflow", "profiles", "envs"):
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    texts = {
        "mytask.py": FUNCTION,
        "loop.py": JOBLIB,
        "bare.py": BARE,
        "program.py": PROGRAM,
        "small.py": SMALL,
        "calls.yaml": study("calls", "{call: mytask:train}", CALL_CONFIGURATIONS, CALL_SEEDS),
        **{
            f"{name}.yaml": study(name, "{call: mytask:train}", configurations, seeds)
            for name, (configurations, seeds) in FEWER_JOBS.items()
        },
        "commands.yaml": command_study("commands", "program.py"),
        "trainings.yaml": command_study("trainings", "small.py"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)


def timed(command: list[str], folder: Path) -> tuple[float, str]:
    """(wall seconds, what was printed) of a command."""
    parts = ("workflow", "workflow/executor/submitit", "workflow/executor/jobstep")
    paths = [str(folder / part) for part in parts]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def snakemake(folder: Path, name: str) -> dict[str, float]:
    """Seconds of a study: all of the call with its report, its training part, its jobs alone.

    And of one seed in a job: from the start of a job's training to the end of its last seed.
    """
    shutil.rmtree(folder / "results", ignore_errors=True)
    shutil.rmtree(folder / ".snakemake", ignore_errors=True)
    call = [sys.executable, "-m", "snakemake", "--profile", "profiles/local", "--cores", str(CORES),
            "--config", "tensorboard=false", "--configfile", f"{name}.yaml"]  # fmt: skip
    training, _ = timed([*call, "--until", "train"], folder)
    files = list(folder.glob("results/runs/**/record.json"))
    records = [json.loads(file.read_text()) for file in files]
    ends = [end for record in records for end in record["seeds"].values()]
    assert {end["status"] for end in ends} == {"finished"}, ends
    assert len(ends) == (CALLS if name.startswith("calls") else COMMANDS), len(ends)
    sessions = [session for record in records for session in record["sessions"]]
    first = min(datetime.fromisoformat(session["started"]) for session in sessions)
    last = max(file.stat().st_mtime for file in files)
    report, _ = timed(call, folder)
    return {
        "jobs alone": last - first.timestamp(),
        "one seed in a job": sum(session["wall_seconds"] for session in sessions) / len(ends),
        "call that trains": training,
        "call that trains, and call that reports": training + report,
    }


def joblib(folder: Path) -> dict[str, float]:
    seconds, printed = timed([sys.executable, "loop.py"], folder)
    _, bare = timed([sys.executable, "bare.py"], folder)
    return {"Parallel alone": float(printed), "call": seconds, "one bare call": float(bare)}


def loop(folder: Path, program: str) -> dict[str, float]:
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()
    text = LOOP.format(configurations=COMMAND_CONFIGURATIONS, seeds=COMMAND_SEEDS, cores=CORES,
                       python=sys.executable, program=program)  # fmt: skip
    seconds, _ = timed(["bash", "-c", text], folder)
    assert len(list((folder / "out").iterdir())) == COMMANDS
    return {"loop": seconds}


TOOLS = {
    "functions": lambda folder: snakemake(folder, "calls"),
    "functions, 10 jobs": lambda folder: snakemake(folder, "calls_10"),
    "functions, 4 jobs": lambda folder: snakemake(folder, "calls_4"),
    "joblib": joblib,
    "commands": lambda folder: snakemake(folder, "commands"),
    "xargs": lambda folder: loop(folder, "program.py"),
    "small trainings": lambda folder: snakemake(folder, "trainings"),
    "xargs, small trainings": lambda folder: loop(folder, "small.py"),
}


def facts() -> dict[str, object]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    versions = {package: version(package) for package in PACKAGES}
    return {"processor": model, "cores": os.cpu_count(), "python": platform.python_version(),
            "versions": versions}  # fmt: skip


def ratios(least: dict[str, dict[str, float]]) -> list[tuple[str, float]]:
    calls, parallel = least["functions"], least["joblib"]
    commands, shell = least["commands"], least["xargs"]["loop"]
    small, small_shell = least["small trainings"], least["xargs, small trainings"]["loop"]
    return [
        (f"{CALLS} calls: jobs alone / joblib's call", calls["jobs alone"] / parallel["call"]),
        *(
            (
                f"{CALLS} calls in {tool.partition(', ')[2]}: jobs alone / joblib's call",
                least[tool]["jobs alone"] / parallel["call"],
            )
            for tool in ("functions, 10 jobs", "functions, 4 jobs")
        ),
        (
            f"{CALLS} calls: jobs alone / joblib's Parallel alone",
            calls["jobs alone"] / parallel["Parallel alone"],
        ),
        (f"{CALLS} calls: call that trains / joblib's call",
         calls["call that trains"] / parallel["call"]),
        (f"{COMMANDS} trivial commands: jobs alone / shell loop", commands["jobs alone"] / shell),
        (f"{COMMANDS} trivial commands: call that trains / shell loop",
         commands["call that trains"] / shell),
        (f"{COMMANDS} small trainings: jobs alone / shell loop", small["jobs alone"] / small_shell),
        (f"{COMMANDS} small trainings: call that trains / shell loop",
         small["call that trains"] / small_shell),
    ]  # fmt: skip


def extra_ms(least: dict[str, dict[str, float]]) -> list[tuple[str, float]]:
    """Milliseconds of wall time that a seed takes longer than by itself."""
    bare, functions = least["joblib"]["one bare call"], least["functions"]
    rows = [
        ("a function's seed in its job - the bare call", functions["one seed in a job"] - bare),
        (
            "the same, with all around jobs (jobs alone x cores / seeds)",
            functions["jobs alone"] * CORES / CALLS - bare,
        ),
    ]
    for name, tool, shell in (
        ("trivial", "commands", "xargs"),
        ("small training", "small trainings", "xargs, small trainings"),
    ):
        extra = (least[tool]["jobs alone"] - least[shell]["loop"]) * CORES / COMMANDS
        rows.append((f"a command's seed ({name}) - one in the shell loop, with all around", extra))
    return [(name, 1000 * seconds) for name, seconds in rows]


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.7f}" if value < 0.001 else f"{value:.4f}"


def page(result: dict[str, object], times: dict[str, dict[str, list[float]]]) -> str:
    least = {tool: {part: min(v) for part, v in parts.items()} for tool, parts in times.items()}
    rows = [
        f"| {tool} | {part} | {len(v)} | {_seconds(min(v))} | {_seconds(median(v))} | "
        f"{_seconds(max(v))} |"
        for tool, parts in times.items()
        for part, v in parts.items()
    ]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())  # type: ignore[attr-defined]
    return "\n".join(
        [
            "# Overhead of trainings of the user's own",
            "",
            "Written by `.venv/bin/python benchmarks/own_training.py`.",
            "",
            f"- functions: {CALLS} calls of a function that computes one sine, as "
            f"{CALL_CONFIGURATIONS} configurations with {CALL_SEEDS} seeds each; each call in a "
            "process of its own; in 10 jobs (10 configurations with 20 seeds) and 4 jobs (4 with 50) as "
            "well, since a job costs the main process the same however many seeds it has",
            f"- joblib: the same calls by `Parallel(n_jobs={CORES})`, which keeps its processes",
            f"- commands: {COMMANDS} Python programs that write a line, as "
            f"{COMMAND_CONFIGURATIONS} configurations with {COMMAND_SEEDS} seeds each",
            f"- small trainings: {COMMANDS} Python programs, in the same way, that import numpy and "
            "compute for half a second of processor time",
            f"- xargs: the same programs by `xargs -P{CORES}`, which keeps neither logs nor records",
            "- one bare call: of the function, in a loop in one process",
            "",
            "\"Jobs alone\" is the time from the start of the first job's training to the moment "
            "at which the last one's results are on disk, with all that Snakemake does between jobs. "
            "A call adds the start of Snakemake and of the warm process, which do not grow with the "
            "number of runs. \"One seed in a job\" is the time of a job's training divided by its "
            "seeds, with two jobs at a time.",
            "",
            f"{result['cores']} cores of {result['processor']}, Python {result['python']}; "
            f"{versions}. Load average before: {result['load']:.1f}. Tools take turns.",
            "",
            "| tool | part | n | least s | median s | most s |",
            "|---|---|--:|--:|--:|--:|",
            *rows,
            "",
            "| ratio of the least times | |",
            "|---|--:|",
            *(f"| {name} | {ratio:.2f} |" for name, ratio in ratios(least)),
            "",
            "| extra wall time of a seed, of the least times | ms |",
            "|---|--:|",
            *(f"| {name} | {ms:.1f} |" for name, ms in extra_ms(least)),
            "",
        ]
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--out", type=Path, default=HERE / "own_training")
    options = parser.parse_args()
    result = {**facts(), "load": os.getloadavg()[0]}
    times: dict[str, dict[str, list[float]]] = {tool: {} for tool in TOOLS}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_project(folder)
        for _ in range(options.turns):
            for tool, run in TOOLS.items():
                for part, seconds in run(folder).items():
                    times[tool].setdefault(part, []).append(round(seconds, 7))
                print(tool, {part: v[-1] for part, v in times[tool].items()}, flush=True)
    options.out.with_suffix(".json").write_text(
        json.dumps({**result, "seconds": times}, indent=1) + "\n"
    )
    text = page(result, times)
    options.out.with_suffix(".md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
