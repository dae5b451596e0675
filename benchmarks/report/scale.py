"""What collecting, judging, drawing and reporting a large study cost: seconds and peak memory.

    python benchmarks/report/scale.py runs         10,000 configurations x 10 seeds, 20 claims
    python benchmarks/report/scale.py comparisons  500 comparisons of neighbouring widths, 10 seeds

Writes benchmarks/report/scale.json. The runs' folders are written as training writes them, with
made-up scores; every step is a process of its own, as in the workflow.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from hyperverdict.study.model import Study  # noqa: E402

from tests.browser.large import large_study, score  # noqa: E402
from tests.unit.report import samples  # noqa: E402
from tests.unit.verdicts.synthetic import all_arms, write_synthetic  # noqa: E402

STEPS = ("collect", "judge", "plot", "report")
SIZES = {"runs": (20, 500), "comparisons": (500, 2)}


def comparisons(claims: int, _arms: int) -> Study:
    """A study of so many comparisons, each of a width with the next one."""
    return samples.read(
        samples.raw_study(
            {
                f"H{number}": {
                    "says": f"A width of {8 * (number + 2)} beats {8 * (number + 1)}.",
                    "compare": {"width": {"from": 8 * (number + 1), "to": 8 * (number + 2)}},
                    "expect": {"accuracy": "higher"},
                }
                for number in range(claims)
            }
        )
    )


def study_of(kind: str) -> Study:
    make = large_study if kind == "runs" else comparisons
    study: Study = make(*SIZES[kind])
    return study


def step(kind: str, name: str, results: Path) -> None:
    """One step of the workflow on the runs below `results`."""
    from hyperverdict import pipeline

    study = study_of(kind)
    folder = results / "studies" / study.name
    folder.mkdir(parents=True, exist_ok=True)
    paths = {"runs": list(all_arms(study)), "tuning": []}
    if name == "collect":
        pipeline.collect_runs(study, paths, results, folder)
    elif name == "judge":
        pipeline.judge(study, folder, ())
    elif name == "plot":
        pipeline.plot(study, folder)
    else:
        pipeline.write_study_report(study, folder, results, paths)


def measured(kind: str, name: str, results: Path) -> dict[str, float]:
    """Seconds, CPU seconds and the highest memory in MB of a step in a process of its own."""
    begun = time.perf_counter()
    child = subprocess.Popen([sys.executable, __file__, kind, name, str(results)])
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{name} ended with status {os.waitstatus_to_exitcode(status)}")
    return {
        "seconds": round(time.perf_counter() - begun, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_megabytes": round(usage.ru_maxrss / 1024),
    }


def main() -> None:
    kind, *rest = sys.argv[1:]
    if rest:
        step(kind, rest[0], Path(rest[1]))
        return
    study = study_of(kind)
    arms = all_arms(study)
    with tempfile.TemporaryDirectory() as place:
        results = Path(place) / "results"
        for configuration, seeds in arms.values():
            arm = type("Arm", (), {"configuration": configuration})
            write_synthetic(
                configuration, seeds, results / "runs", lambda _, seed, arm=arm: score(arm, seed)
            )
        steps = {name: measured(kind, name, results) for name in STEPS}
        folder = results / "studies" / study.name
        files = [folder / "report.html", *sorted((folder / "tables").iterdir())]
        sizes = {file.name: round(file.stat().st_size / 1e6, 1) for file in files}
    out = ROOT / "benchmarks/report/scale.json"
    known = json.loads(out.read_text()) if out.exists() else {}
    known[kind] = {
        "hypotheses": len(study.hypotheses),
        "configurations": len(arms),
        "runs": sum(len(seeds) for _, seeds in arms.values()),
        "steps": steps,
        "megabytes": sizes,
        "cores": os.cpu_count(),
        "versions": {
            "python": platform.python_version(),
            **{p: version(p) for p in ("hyperverdict", "pandas", "pyarrow", "matplotlib")},
        },
    }
    print(json.dumps(known[kind], indent=2))
    out.write_text(json.dumps(known, indent=2) + "\n")


if __name__ == "__main__":
    main()
