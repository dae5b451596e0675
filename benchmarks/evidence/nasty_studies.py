"""Nasty studies, judged by HyperVerdict (an earlier version and this one) and by its peers.

    python -m venv peers && peers/bin/pip install -r benchmarks/evidence/requirements.txt
    peers/bin/python benchmarks/evidence/nasty_studies.py --write

The peers need an environment of their own, since crystallize-ml wants an older `rich` than the
project pins. `--ours` names the interpreter of the project's environment; the earlier version is
taken from the repository. With --write the tables in docs/error-rates.md and the rates in
nasty_studies.json are replaced; with --tables the tables are made from these rates, and with --only
the named settings are measured again. About 20 minutes of CPU.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from nasty.settings import SETTINGS
from nasty.tables import BEFORE, NOW, OURS, tables

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCS = ROOT / "docs" / "error-rates.md"
RATES = HERE / "nasty_studies.json"
EARLIER = "db208ec"
PACKAGES = ("mushin-py", "autorank", "preregister", "crystallize-ml", "numpy", "scipy")
# Long ones first, so that no core waits at the end.
ORDER = ("looks", "best_of_40")


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The folder `workflow` of a commit."""
    packed = subprocess.run(
        ["git", "-C", ROOT, "archive", commit, "workflow"], check=True, capture_output=True
    ).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder) / "workflow"


def run(interpreter: str, module: str, engine: Path | None, options: list[str]) -> dict:
    """The rates of one program on some settings."""
    path = os.pathsep.join(map(str, [HERE, *([engine] if engine else [])]))
    limited = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rates.json"
        command = [interpreter, "-m", f"nasty.{module}", "--out", str(out), *options]
        subprocess.run(command, check=True, env={**os.environ, **limited, "PYTHONPATH": path})
        return json.loads(out.read_text())


def measure(args: argparse.Namespace) -> dict:
    """Rates of all methods; every program and setting is a process of its own."""
    ids = sorted((s.id for s in SETTINGS), key=lambda i: i not in ORDER)
    ids = [i for i in ids if not args.only or i in args.only]
    began = time.time()
    with (
        checkout(EARLIER) as earlier,
        checkout("HEAD") as now,
        ThreadPoolExecutor(args.jobs) as pool,
    ):
        programs = {
            "peers": (sys.executable, "peers", None, max(1, args.confirm // 2)),
            BEFORE: (args.ours, "ours", earlier, args.confirm),
            NOW: (args.ours, "ours", now, args.confirm),
        }
        jobs = {
            (name, i): pool.submit(
                run,
                interpreter,
                module,
                engine,
                ["--studies", str(args.studies), "--confirm", str(confirm), "--only", i],
            )
            for i in ids
            for name, (interpreter, module, engine, confirm) in programs.items()
        }
        results = {}
        for job, future in jobs.items():
            results[job] = future.result()
            print(f"{time.time() - began:5.0f} s  {job[1]}: {job[0]}", flush=True)
    return {
        "conditions": conditions(args, time.time() - began),
        "cannot": next(r["cannot"] for (name, _), r in results.items() if name == "peers"),
        "rates": together(results),
        "models": [
            sum(r["models"][k] for (n, _), r in results.items() if n == "peers")
            for k in ("checked", "same")
        ],
    }


def together(results: dict) -> dict[str, dict]:
    """Method -> cell -> rates; ours under the names of the two versions."""
    found: dict[str, dict] = {}
    for (program, _), result in results.items():
        for method, cells in result.items():
            if method in ("models", "cannot"):
                continue
            name = method if program == "peers" else program + method.removeprefix(OURS)
            found.setdefault(name, {}).update(cells)
    # The earlier version showed no confidence sequence beside its verdicts.
    absent = f"{BEFORE}, its confidence sequence"
    return {name: cells for name, cells in found.items() if cells and name != absent}


def merged(stored: dict, measured: dict) -> dict:
    """The stored rates with the settings that were measured again in their place."""
    rates = {name: dict(cells) for name, cells in stored["rates"].items()}
    for name, cells in measured["rates"].items():
        rates.setdefault(name, {}).update(cells)
    now = {**stored["conditions"]["now"], **measured["conditions"]["now"]}
    minutes = stored["conditions"]["minutes"] + measured["conditions"]["minutes"]
    kept = {**measured["conditions"], "now": now, "minutes": round(minutes, 1)}
    models = measured["models"] if measured["models"][0] else stored["models"]
    return {**measured, "rates": rates, "conditions": kept, "models": models}


def commits(now: dict[str, str]) -> str:
    """The commit of this version; several where settings were measured again later."""
    each = {commit: [i for i in now if now[i] == commit] for commit in now.values()}
    if len(each) == 1:
        return f"commit {next(iter(each))}"
    titles = {s.id: s.title for s in SETTINGS}
    first, *later = sorted(each, key=lambda commit: -len(each[commit]))
    others = (f"{c} ({'; '.join(titles[i] for i in each[c])})" for c in later)
    return f"commits {first}, {', '.join(others)}"


def conditions(args: argparse.Namespace, seconds: float) -> dict[str, object]:
    """What the rates were measured on and with."""
    commit = subprocess.run(
        ["git", "-C", ROOT, "log", "-1", "--format=%h", "--", "workflow"],
        check=True,
        capture_output=True,
        text=True,
    )
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "studies": args.studies,
        "jobs": args.jobs,
        "minutes": round(seconds / 60, 1),
        "now": {
            s.id: commit.stdout.strip() for s in SETTINGS if not args.only or s.id in args.only
        },
        "cpu": model[1] if model else platform.machine(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def agreement(rates: dict[str, dict]) -> str:
    """How often each public entry point said what was measured."""
    lines = []
    for name, cells in rates.items():
        checked = sum(cell["checked"] for cell in cells.values())
        same = sum(cell["same"] for cell in cells.values())
        if checked:
            lines.append(f"{name} {same:,} of {checked:,}")
    return "; ".join(lines)


def section(measured: dict) -> str:
    """All that stands between the markers."""
    is_, rates = measured["conditions"], measured["rates"]
    versions = ", ".join(f"{name} {v}" for name, v in is_["versions"].items())
    error = np.sqrt(0.05 * 0.95 / is_["studies"])
    checked, same = measured["models"]
    opening = (
        f"{is_['studies']:,} studies for each figure (Monte-Carlo standard error {error:.3f} at 0.05; "
        f"at most {0.5 / np.sqrt(is_['studies']):.3f}), {is_['jobs']} processes on {os.cpu_count()} cores ({is_['cpu']}, shared with other work), "
        f"{is_['minutes']} minutes, Python {is_['python']}, {versions}. Before: commit {EARLIER}; now: "
        f"{commits(is_['now'])}. Bold: wrong in more than 0.05 + 3 standard errors.\n\n"
        f"Judged again through the public entry points, same verdict: {agreement(rates)}; "
        f"`mushin.benchmark.compare` on models, instead of `compare_methods` on their scores, "
        f"{same} of {checked}. Where the verdict of `hyperverdict.compare` differs, it is "
        "inconclusive, because a check blocked it or corrected for a choice. Figures of a cell are then "
        "the share that the engine's test claims times the share that `compare` confirmed.\n"
    )
    return f"{opening}\n{tables(rates, measured['cannot'], is_['studies'])}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1_000)
    parser.add_argument("--confirm", type=int, default=15, help="studies of a kind judged again")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--ours", default=str(ROOT / ".venv" / "bin" / "python"))
    parser.add_argument("--only", nargs="*", help="ids of settings")
    parser.add_argument("--write", action="store_true", help="replace the tables in the docs")
    parser.add_argument(
        "--tables", action="store_true", help="do not measure, use the stored rates"
    )
    args = parser.parse_args()
    stored = json.loads(RATES.read_text()) if RATES.exists() else {}
    measured = stored if args.tables else measure(args)
    if args.only and stored and not args.tables:
        measured = merged(stored, measured)
    text = section(measured)
    print(text)
    if args.write:
        if not args.tables:
            RATES.write_text(json.dumps(measured, indent=1) + "\n")
        between = re.compile(r"(<!-- nasty -->\n).*(<!-- nasty end -->)", re.DOTALL)
        DOCS.write_text(between.sub(lambda m: f"{m[1]}\n{text}\n{m[2]}", DOCS.read_text()))


if __name__ == "__main__":
    main()
