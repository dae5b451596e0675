"""What it costs to check every file that is read back: seconds with and without the checks.

    python benchmarks/report/checks.py         1,000 configurations x 10 seeds
    python benchmarks/report/checks.py 10 500  5,000 configurations x 10 seeds

Looks at every run of a large study, as each call does before its first job, and collects them; in
turn with the checks and without them. Writes benchmarks/report/checks.json.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.large import large_study, score  # noqa: E402
from tests.unit.verdicts.synthetic import all_arms, write_synthetic  # noqa: E402

REPEATS = 3


class Same:
    """A checksum that fits whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def without_checks() -> None:
    """Believe every checksum from now on, in this process."""
    from hyperverdict.runs import layout, parquet, sealed

    layout.file_sha256 = lambda path: Same()  # type: ignore[assignment,return-value]
    sealed.seal_of = parquet.seal_of = lambda content: "sealed"  # type: ignore[assignment]


def step(results: Path, claims: int, arms: int, checked: str) -> None:
    """Look at all runs and collect them; prints the CPU seconds of both."""
    from hyperverdict import pipeline
    from hyperverdict.runs.layout import read_record

    if checked == "without":
        without_checks()
    study = large_study(claims, arms)
    paths = {"runs": list(all_arms(study)), "tuning": []}
    folder = results / "studies" / study.name
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.process_time()
    records = [read_record(results / "runs" / path) for path in paths["runs"]]
    looked = time.process_time()
    assert None not in records
    pipeline.collect_runs(study, paths, results, folder)
    print(json.dumps({"look": looked - begun, "collect": time.process_time() - looked}))


def measured(results: Path, claims: int, arms: int, checked: str) -> dict[str, float]:
    """The CPU seconds of a process of its own."""
    command = [sys.executable, __file__, str(claims), str(arms), str(results), checked]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    claims, arms = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (20, 50)
    if len(sys.argv) > 4:
        step(Path(sys.argv[3]), claims, arms, sys.argv[4])
        return
    study = large_study(claims, arms)
    with tempfile.TemporaryDirectory() as place:
        results = Path(place) / "results"
        for configuration, seeds in all_arms(study).values():
            arm = type("Arm", (), {"configuration": configuration})
            write_synthetic(
                configuration, seeds, results / "runs", lambda _, seed, arm=arm: score(arm, seed)
            )
        size = sum(f.stat().st_size for f in (results / "runs").rglob("*") if f.is_file())
        found: dict[str, list[dict[str, float]]] = {"with": [], "without": []}
        for _ in range(REPEATS):
            for checked in found:
                found[checked].append(measured(results, claims, arms, checked))
    content = {
        "configurations": len(all_arms(study)),
        "runs": sum(len(seeds) for _, seeds in all_arms(study).values()),
        "megabytes": round(size / 1e6, 1),
        "repeats": REPEATS,
        "cpu_seconds": {
            checked: {
                name: round(statistics.median(one[name] for one in repeats), 2)
                for name in repeats[0]
            }
            for checked, repeats in found.items()
        },
        "cores": os.cpu_count(),
        "versions": {
            "python": platform.python_version(),
            **{p: version(p) for p in ("hyperverdict", "pandas", "pyarrow")},
        },
    }
    text = json.dumps(content, indent=2)
    print(text)
    (ROOT / "benchmarks/report/checks.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
