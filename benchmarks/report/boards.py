"""How quick TensorBoard of a large study is: 1,000 configurations with 10 seeds each.

    python benchmarks/report/boards.py [CLAIMS ARMS]

Writes benchmarks/report/boards.json. The runs' scores are made up; nothing is trained. Each seed has
20 evaluations of loss and accuracy on two splits, and its scores at the end.
"""

import json
import math
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from hyperverdict import event_files  # noqa: E402
from hyperverdict.boards import FOLDER, Boards, allow_open_files  # noqa: E402
from hyperverdict.design.plan import Plan, make_plan  # noqa: E402
from hyperverdict.runs.curves import curves_by_seed  # noqa: E402
from hyperverdict.runs.layout import TRAINING_VERSION, RunRecord, SeedRecord  # noqa: E402
from hyperverdict.runs.write import metrics_table, write_run  # noqa: E402

from tests.browser.large import large_study  # noqa: E402

EVALUATIONS = 20
REPEATS = 1
STARTED = "2026-01-01T00:00:00.000+00:00"
PATIENCE_SECONDS = 300
# Its events, its session, and how it ended.
FILES_OF_A_SEED = 3


def rows_of(seed: int, number: int) -> list[dict]:
    """The rows of one seed, as a training writes them."""
    splits = [
        (step + 1, split) for step in range(EVALUATIONS) for split in ("train", "validation_curve")
    ]
    ends = [(EVALUATIONS, split) for split in ("validation", "test")]
    return [
        {
            "seed": seed,
            "step": 15 * step,
            "samples": 480 * step,
            "epoch": step / 10,
            "split": split,
            "loss": 2.3 * math.exp(-step / 9) + 0.01 * seed,
            "accuracy": 1 - math.exp(-step / 9) - 0.0001 * (number % 50),
            "train_seconds": 0.02 * step,
        }
        for step, split in [*splits, *ends]
    ]


def write_runs(plan: Plan, results: Path) -> None:
    """Every run of a plan, as if it had been trained without event files."""
    for number, run in enumerate(plan.all_runs):
        end = SeedRecord("finished", 15 * EVALUATIONS, 0.4, 0)
        record = RunRecord(
            path=run.configuration.path,
            configuration=run.configuration.settings(),
            data_checksum="made up",
            training_version=TRAINING_VERSION,
            steps=15 * EVALUATIONS,
            parameters=1,
            flops_per_sample=1,
            train_size=1,
            test_size=1,
            seeds={str(seed): end for seed in run.seeds},
            sessions=[{"started": STARTED, "ended": STARTED, "wall_seconds": 4.0}],
        )
        rows = [row for seed in run.seeds for row in rows_of(seed, number)]
        write_run(results / run.folder, [metrics_table(rows)], record)


def write_events(plan: Plan, results: Path) -> None:
    """The event files that training leaves."""
    for number, run in enumerate(plan.all_runs):
        rows = [row for seed in run.seeds for row in rows_of(seed, number)]
        for seed, points in curves_by_seed(metrics_table(rows)).items():
            folder = results / run.folder / FOLDER / f"seed~{seed}"
            folder.mkdir(parents=True)
            file = folder / "events.out.tfevents.1767225600.host.1.0"
            file.write_bytes(event_files.scalars(points, 1767225600.0))


def seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def seconds_until_shown(folder: Path, runs: int) -> float:
    """Until TensorBoard lists every run, from its start on; nan where it may not open all files."""
    if allow_open_files() < FILES_OF_A_SEED * runs:
        return math.nan
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.perf_counter()
    words = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--port", str(port)]
    shown = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.perf_counter() - begun < PATIENCE_SECONDS:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs") as answer:
                    if len(json.load(answer)) >= runs:
                        return time.perf_counter() - begun
            except OSError:
                pass
            time.sleep(1)
    finally:
        shown.terminate()
        shown.wait()
    return math.nan


def measured(plan: Plan, results: Path) -> dict[str, float]:
    """Seconds that writing, refreshing and showing take, once."""
    write_runs(plan, results)
    from_tables = seconds(lambda: Boards(results, results / "tables").write(plan))
    write_events(plan, results)
    boards = Boards(results, results / "linked")
    return {
        "seconds_to_link": seconds(lambda: boards.write(plan)),
        "seconds_to_write_curves_from_tables": from_tables,
        "seconds_to_refresh": seconds(lambda: boards.write(plan)),
        "seconds_to_start_again": seconds(lambda: Boards(results, results / "linked").write(plan)),
        "seconds_until_tensorboard_lists_all": seconds_until_shown(
            results / "linked", plan.planned_seeds
        ),
        "megabytes_of_sessions": sum(
            file.stat().st_size for file in (results / "linked").rglob("*.study")
        )
        / 1e6,
    }


def main() -> None:
    claims, arms = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (20, 50)
    plan = make_plan(large_study(claims, arms))
    found = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            found.append(measured(plan, Path(folder)))
    result = {
        "configurations": len(plan.all_runs),
        "runs": plan.planned_seeds,
        **{name: statistics.median(facts[name] for facts in found) for name in found[0]},
        "open_files_allowed": allow_open_files(),
        "n": REPEATS,
        "cores": os.cpu_count(),
        "versions": {
            "python": platform.python_version(),
            **{p: version(p) for p in ("hyperverdict", "tensorboard", "pyarrow")},
        },
    }
    print(json.dumps(result, indent=2))
    if len(sys.argv) <= 2:
        out = ROOT / "benchmarks/report/boards.json"
        out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
