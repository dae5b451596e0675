"""Overhead of trainings of the user's own: functions against joblib, commands against a shell loop.

    .venv/bin/python benchmarks/own_training.py               5 turns, about 8 minutes on 2 quiet cores
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
CALL_CONFIGURATIONS, COMMAND_CONFIGURATIONS, SEEDS = 20, 5, 10
CALLS, COMMANDS = CALL_CONFIGURATIONS * SEEDS, COMMAND_CONFIGURATIONS * SEEDS
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
    for rate in range({CALL_CONFIGURATIONS}) for seed in range({SEEDS})
)
alone = time.perf_counter() - began
assert len(scores) == {CALLS}
print(alone)
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
LOOP = f"""
for rate in $(seq {COMMAND_CONFIGURATIONS}); do for seed in $(seq {SEEDS}); do
    echo "--rate $rate --seed $seed --out out/$rate-$seed.csv"
done; done | xargs -P{CORES} -L1 {sys.executable} program.py
"""
STUDY = """
study: {name}
train: {train}
{further}
metrics: {{score: {{better: higher, matters_from: 0.1}}}}
explore:
  grid: {{grid: {{rate: {levels}}}, metric: score, seeds: {seeds}}}
"""


def study(name: str, train: str, configurations: int, further: str = "") -> str:
    levels = list(range(1, configurations + 1))
    return STUDY.format(name=name, train=train, levels=levels, seeds=SEEDS, further=further)


def make_project(folder: Path) -> None:
    """The workflow with two studies, a function and a program."""
    for name in ("Snakefile", "pyproject.toml", "workflow", "profiles", "envs"):
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    (folder / "mytask.py").write_text(FUNCTION)
    (folder / "loop.py").write_text(JOBLIB)
    (folder / "program.py").write_text(PROGRAM)
    (folder / "calls.yaml").write_text(study("calls", "{call: mytask:train}", CALL_CONFIGURATIONS))
    command = f"{sys.executable} program.py --rate {{rate}} --seed {{seed}} --out {{metrics}}"
    (folder / "commands.yaml").write_text(
        study(
            "commands",
            f'{{command: "{command}", code: [program.py]}}',
            COMMAND_CONFIGURATIONS,
            "hyperparameters: {rate: {default: 0}}",
        )
    )


def timed(command: list[str], folder: Path) -> tuple[float, str]:
    """(wall seconds, what was printed) of a command."""
    paths = [str(folder / "workflow"), str(folder / "workflow/executor")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def snakemake(folder: Path, name: str) -> dict[str, float]:
    """Seconds of a study: all of the call with its report, its training part, its jobs alone."""
    shutil.rmtree(folder / "results", ignore_errors=True)
    shutil.rmtree(folder / ".snakemake", ignore_errors=True)
    call = [sys.executable, "-m", "snakemake", "--profile", "profiles/local", "--cores", str(CORES),
            "--config", "tensorboard=false", "--configfile", f"{name}.yaml"]  # fmt: skip
    training, _ = timed([*call, "--until", "train"], folder)
    records = [json.loads(f.read_text()) for f in folder.glob("results/runs/**/record.json")]
    ends = [end for record in records for end in record["seeds"].values()]
    assert {end["status"] for end in ends} == {"finished"}, ends
    assert len(ends) == (CALLS if name == "calls" else COMMANDS), len(ends)
    sessions = [session for record in records for session in record["sessions"]]
    first, last = (
        pick(datetime.fromisoformat(session[key]) for session in sessions)
        for pick, key in ((min, "started"), (max, "ended"))
    )
    report, _ = timed(call, folder)
    return {
        "jobs alone": (last - first).total_seconds(),
        "call that trains": training,
        "call that trains, and call that reports": training + report,
    }


def joblib(folder: Path) -> dict[str, float]:
    seconds, printed = timed([sys.executable, "loop.py"], folder)
    return {"Parallel alone": float(printed), "call": seconds}


def loop(folder: Path) -> dict[str, float]:
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()
    seconds, _ = timed(["bash", "-c", LOOP], folder)
    assert len(list((folder / "out").iterdir())) == COMMANDS
    return {"loop": seconds}


TOOLS = {
    "functions": lambda folder: snakemake(folder, "calls"),
    "joblib": joblib,
    "commands": lambda folder: snakemake(folder, "commands"),
    "xargs": loop,
}


def facts() -> dict[str, object]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    versions = {package: version(package) for package in PACKAGES}
    return {"processor": model, "cores": os.cpu_count(), "python": platform.python_version(),
            "versions": versions}  # fmt: skip


def ratios(least: dict[str, dict[str, float]]) -> list[tuple[str, float]]:
    calls, commands = least["functions"], least["commands"]
    parallel, shell = least["joblib"], least["xargs"]["loop"]
    return [
        (f"{CALLS} calls: jobs alone / joblib's call", calls["jobs alone"] / parallel["call"]),
        (
            f"{CALLS} calls: jobs alone / joblib's Parallel alone",
            calls["jobs alone"] / parallel["Parallel alone"],
        ),
        (f"{CALLS} calls: call that trains / joblib's call",
         calls["call that trains"] / parallel["call"]),
        (f"{COMMANDS} commands: jobs alone / shell loop", commands["jobs alone"] / shell),
        (f"{COMMANDS} commands: call that trains / shell loop",
         commands["call that trains"] / shell),
    ]  # fmt: skip


def page(result: dict[str, object], times: dict[str, dict[str, list[float]]]) -> str:
    least = {tool: {part: min(v) for part, v in parts.items()} for tool, parts in times.items()}
    rows = [
        f"| {tool} | {part} | {len(v)} | {min(v):.2f} | {median(v):.2f} | {max(v):.2f} |"
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
            f"{CALL_CONFIGURATIONS} configurations with {SEEDS} seeds each; each call in a process "
            "of its own",
            f"- joblib: the same calls by `Parallel(n_jobs={CORES})`, which keeps its processes",
            f"- commands: {COMMANDS} Python programs that write a line, as "
            f"{COMMAND_CONFIGURATIONS} configurations with {SEEDS} seeds each",
            f"- xargs: the same programs by `xargs -P{CORES}`",
            "",
            "\"Jobs alone\" is the time from the start of the first job's training to the end of "
            "the last one's, with all that Snakemake does between jobs. A call adds the start of "
            "Snakemake and of the warm process, which do not grow with the number of runs.",
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
                    times[tool].setdefault(part, []).append(round(seconds, 3))
                print(tool, {part: v[-1] for part, v in times[tool].items()}, flush=True)
    options.out.with_suffix(".json").write_text(
        json.dumps({**result, "seconds": times}, indent=1) + "\n"
    )
    text = page(result, times)
    options.out.with_suffix(".md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
