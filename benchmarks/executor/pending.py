"""File system calls and CPU time of the main process while many tasks wait in the queue.

    bash tests/cluster/slurm_box.sh run python benchmarks/executor/pending.py [TASKS]

needs strace, and root for the cluster. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SNAKEFILE = """
rule all:
    input: expand("out/{{number}}", number=range({tasks}))

rule step:
    output: "out/{{number}}"
    resources: runtime=5, mem_mb=100
    shell: "sleep 600; touch {{output}}"
"""
COMMAND = [
    sys.executable, "-m", "snakemake", "--executor", "submitit", "--jobs", "unlimited",
    "--submitit-pack", "1", "--submitit-extra-mem-mb", "0",
]  # fmt: skip
SECONDS = 20


def queued() -> int:
    """Tasks that wait."""
    said = subprocess.run(
        ["squeue", "-h", "-r", "-t", "PD", "-o", "%i"], capture_output=True, text=True, check=True
    )
    return len(said.stdout.split())


def cpu_seconds(pid: int) -> float:
    """User and system time of a process itself."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def file_calls(pid: int) -> int:
    """System calls on files by name, of a process and its threads."""
    counted = subprocess.run(
        ["timeout", "-s", "INT", str(SECONDS), "strace", "-f", "-c", "-e", "trace=%file", "-p",
         str(pid)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    total = re.search(r"^\S+\s+\S+\s+\S+\s+(\d+).*total$", counted.stderr, re.MULTILINE)
    if total is None:
        raise SystemExit(f"strace counted nothing: {counted.stderr.strip()}")
    return int(total[1])


def main() -> None:
    """Submit, look for a while, cancel."""
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 900
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Snakefile").write_text(SNAKEFILE.format(tasks=tasks))
        with Path(folder, "log").open("w") as log:
            process = subprocess.Popen(COMMAND, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 300
        while queued() < 0.9 * tasks:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(Path(folder, "log").read_text()[-3000:])
            time.sleep(2)
        # What was submitted is looked at in full.
        time.sleep(20)
        started = cpu_seconds(process.pid)
        time.sleep(SECONDS)
        spent = cpu_seconds(process.pid) - started
        calls = file_calls(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(120)
    found = {"tasks": tasks, "file_calls_per_second": calls / SECONDS}
    print(json.dumps(found | {"cpu_share_percent": 100 * spent / SECONDS}))


if __name__ == "__main__":
    main()
