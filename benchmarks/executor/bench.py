"""CPU seconds and wall time per job of several ways to run many short jobs.

Started by run.sh, which starts the cluster of tests/cluster in a control group of its own.

CPU seconds are those of everything that the tool causes: its own process, SLURM's daemons, the jobs.
Tools that are not installed are named and left out (hydra-core, hydra-submitit-launcher,
hydra-joblib-launcher, ray[tune], snakemake-executor-plugin-slurm).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
CPU_GROUP = Path("/sys/fs/cgroup/cpuacct")
PACK = 8
LOCAL = "this machine"
REFERENCE = "submitit plugin, told that a job takes 1 s"
REFERENCE_LOCAL = f"{LOCAL}: submitit-jobstep"
PACKAGES = ("snakemake", "submitit", "torch", "snakemake-executor-plugin-slurm", "hydra-core",
            "hydra-submitit-launcher", "hydra-joblib-launcher", "ray")  # fmt: skip


@dataclass
class Tool:
    """One way to run the jobs."""

    name: str
    needs: str | None
    cluster: bool
    command: list[str]


@dataclass
class Result:
    """One measurement."""

    tool: str
    jobs: int
    wall_s: float
    cpu_s_per_job: float
    wall_s_per_job: float
    done: int
    load_before: float


def snakemake(jobs: int, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "snakemake", "--snakefile", str(HERE / "Snakefile"),
            "--quiet", "progress", "rules", "--max-jobs-per-timespan", "100000/1s",
            "--config", f"jobs={jobs}", *arguments]  # fmt: skip


def hydra(jobs: int, launcher: str, *arguments: str) -> list[str]:
    numbers = ",".join(map(str, range(jobs)))
    return [sys.executable, str(HERE / "hydra_app.py"), "--multirun", f"+number={numbers}",
            f"hydra/launcher={launcher}", *arguments]  # fmt: skip


def tools(jobs: int) -> list[Tool]:
    """All tools, with their commands for so many jobs."""
    many = ["--jobs", "1000", "--latency-wait", "5"]
    slurm = ["--executor", "slurm", *many, "--slurm-init-seconds-before-status-checks", "5",
             "--default-resources", "slurm_account=default", "slurm_partition=gpu"]  # fmt: skip
    groups = ["--groups", "work=g", "--group-components", f"g={PACK}", "--cores", "1"]
    cores = ["--cores", str(os.cpu_count())]
    limits = ["hydra.launcher.timeout_min=10", "hydra.launcher.cpus_per_task=1",
              "hydra.launcher.mem_gb=2", "hydra.launcher.partition=gpu"]  # fmt: skip
    return [
        Tool(REFERENCE, None, True,
             snakemake(jobs, "--executor", "submitit", *many,
                       "--set-resources", "work:submitit_seconds=1")),
        Tool(f"submitit plugin, {PACK} a task", None, True,
             snakemake(jobs, "--executor", "submitit", *many, "--submitit-pack", str(PACK))),
        Tool("submitit plugin, a task for each core", None, True,
             snakemake(jobs, "--executor", "submitit", *many, "--submitit-pack",
                       str(jobs // (os.cpu_count() or 1)))),
        Tool("submitit plugin, one task, a job for each core at once", None, True,
             snakemake(jobs, "--executor", "submitit", *many, "--submitit-pack", str(jobs),
                       "--submitit-jobs-at-once", str(os.cpu_count()))),
        Tool("slurm plugin, single jobs", "snakemake_executor_plugin_slurm", True,
             snakemake(jobs, *slurm)),
        Tool(f"slurm plugin, groups of {PACK}", "snakemake_executor_plugin_slurm", True,
             snakemake(jobs, *slurm, *groups)),
        Tool("plain submitit, one function a task", "submitit", True,
             [sys.executable, str(HERE / "plain_submitit.py"), str(jobs)]),
        Tool("hydra-submitit-launcher", "hydra_plugins.hydra_submitit_launcher", True,
             hydra(jobs, "submitit_slurm", *limits)),
        Tool(REFERENCE_LOCAL, None, False,
             snakemake(jobs, "--executor", "submitit-jobstep", *cores)),
        Tool(f"{LOCAL}: Snakemake's local executor", None, False, snakemake(jobs, *cores)),
        Tool(f"{LOCAL}: joblib through Hydra", "hydra_plugins.hydra_joblib_launcher", False,
             hydra(jobs, "joblib", f"hydra.launcher.n_jobs={os.cpu_count()}")),
        Tool(f"{LOCAL}: Ray Tune", "ray.tune", False,
             [sys.executable, str(HERE / "ray_app.py"), str(jobs)]),
    ]  # fmt: skip


def installed(module: str | None) -> bool:
    try:
        return module is None or importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def cpu_group() -> Path:
    """The control group of this process: the box's daemons and jobs are its members too."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpuacct" in controllers.split(",") and path != "/":
            return CPU_GROUP / path.lstrip("/")
    raise SystemExit("not in a cpuacct control group of its own: start this with run.sh")


def cpu_seconds(group: Path) -> float:
    return int((group / "cpuacct.usage").read_text()) / 1e9


def idle_rate(group: Path, seconds: float = 5.0) -> float:
    """CPU seconds a second that the daemons take while nothing runs."""
    before = cpu_seconds(group)
    time.sleep(seconds)
    return (cpu_seconds(group) - before) / seconds


def quiet_queue(complete: bool) -> None:
    """Wait until SLURM has let go of the last tool's jobs."""
    if not complete:
        subprocess.run(["scancel", "-u", str(os.getuid())], check=False)
    while subprocess.run(["squeue", "-h"], capture_output=True, check=True).stdout.strip():
        time.sleep(0.2)


def measure(tool: Tool, jobs: int, group: Path, idle: float, timeout: float) -> Result:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    (folder / "done").mkdir()
    load, cpu, begin = os.getloadavg()[0], cpu_seconds(group), time.monotonic()
    with (folder / "log").open("w") as log:
        try:
            subprocess.run(tool.command, cwd=folder, stdout=log, stderr=log, timeout=timeout,
                           env=os.environ | {"PYTHONPATH": str(HERE)}, check=False)  # fmt: skip
        except subprocess.TimeoutExpired:
            print(f"{tool.name}: stopped after {timeout} s", file=sys.stderr)
    wall = time.monotonic() - begin
    done = len(list((folder / "done").glob("*.done")))
    if tool.cluster:
        quiet_queue(done == jobs)
    used = cpu_seconds(group) - cpu - idle * (time.monotonic() - begin)
    if done < jobs:
        print((folder / "log").read_text()[-2000:], file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return Result(tool.name, jobs, round(wall, 1), round(used / jobs, 2), round(wall / jobs, 2),
                  done, round(load, 1))  # fmt: skip


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def facts() -> dict[str, object]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    slurm = subprocess.run(["sinfo", "--version"], capture_output=True, text=True, check=False)
    return {"processor": processor(), "cores": os.cpu_count(), "python": platform.python_version(),
            "slurm": slurm.stdout.strip(), "versions": versions}  # fmt: skip


def turns_of(results: list[Result], jobs: int) -> dict[str, list[Result]]:
    """The runs of each tool with so many jobs, in the order of first measurement."""
    runs: dict[str, list[Result]] = {}
    for one in results:
        if one.jobs == jobs:
            runs.setdefault(one.tool, []).append(one)
    return runs


def line(tool: str, runs: list[Result], reference: list[Result] | None) -> str:
    """A row of the table: medians, their range, and ratios to the reference's medians."""
    cpu = [one.cpu_s_per_job for one in runs]
    wall = [one.wall_s for one in runs]
    ratios = ["", ""]
    if reference:
        ratios = [
            f"{median(cpu) / median([one.cpu_s_per_job for one in reference]):.1f}",
            f"{median(wall) / median([one.wall_s for one in reference]):.1f}",
        ]
    done = min(one.done for one in runs)
    note = "" if done == runs[0].jobs else f" ({done} of {runs[0].jobs} jobs done)"
    spread = f" ({min(cpu):.2f} to {max(cpu):.2f})" if len(runs) > 1 else ""
    return (
        f"| {tool}{note} | {len(runs)} | {median(cpu):.2f}{spread} | {ratios[0]} | "
        f"{median(wall):.1f} | {ratios[1]} |"
    )


def table(results: list[Result], jobs: int) -> str:
    """One table for a number of jobs; ratios are to the plugin at the same place."""
    runs = turns_of(results, jobs)
    lines = [
        "| tool | n | CPU-s a job | CPU, times ours | wall s | wall, times ours |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for tool, some in runs.items():
        local = tool.startswith(LOCAL)
        lines.append(line(tool, some, runs.get(REFERENCE_LOCAL if local else REFERENCE)))
    return "\n".join(lines)


def save(out: Path, known: dict[str, object], results: list[Result]) -> None:
    out.with_suffix(".json").write_text(
        json.dumps({**known, "pack": PACK, "results": [asdict(one) for one in results]}, indent=1)
        + "\n"
    )
    versions = ", ".join(f"{name} {number}" for name, number in known["versions"].items())  # type: ignore[attr-defined]
    out.with_suffix(".md").write_text(
        "# Many short jobs: CPU seconds and wall time per job\n\n"
        "Each job imports torch and works 0.2 s. CPU seconds count the tool, SLURM's daemons and the "
        "jobs. Tools take turns in one run of the benchmark; medians (smallest to largest) of n "
        "turns. The load before each is in results.json. Ratios "
        f"are to {REFERENCE!r} on the cluster and to {REFERENCE_LOCAL!r} on the machine itself.\n\n"
        f"{known['cores']} cores of {known['processor']}, "
        f"{known['slurm']}, Python {known['python']}; {versions}.\n"
        + "".join(
            f"\n## {jobs} jobs\n\n{table(results, jobs)}\n"
            for jobs in sorted({one.jobs for one in results})
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=[32, 200])
    parser.add_argument("--turns", type=int, nargs="+", default=[3, 1],
                        help="turns of each tool, for each of the numbers of jobs")  # fmt: skip
    parser.add_argument("--only", nargs="+", help="parts of the names of the tools to run")
    parser.add_argument("--timeout", type=float, default=1800)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    group, known = cpu_group(), facts()
    results: list[Result] = []
    idle = idle_rate(group)
    for jobs, turns in zip(options.jobs, options.turns, strict=True):
        for tool in tools(jobs) * turns:
            if options.only and not any(part in tool.name for part in options.only):
                continue
            if not installed(tool.needs):
                print(f"{tool.name}: not installed, left out", flush=True)
                continue
            results.append(measure(tool, jobs, group, idle, options.timeout))
            print(results[-1], flush=True)
            save(options.out, known, results)


if __name__ == "__main__":
    main()
