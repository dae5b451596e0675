"""Out of memory, on clusters where the kernel or SLURM itself enforces the limit."""

import json

SNAKEFILE = """
    rule all:
        input: expand("out/{i}.txt", i=NAMES)
    rule train:
        output: "out/{i}.txt"
        log: "logs/{i}.log"
        retries: 1
        resources:
            runtime=5,
            mem_mb=lambda wildcards, attempt: 300 if attempt == 1 else 4000
        script: "scripts/train.py"
"""
# The greedy one takes its memory once the modest one runs. Each leaves the note that it found.
SCRIPT = """
    import time
    from pathlib import Path
    name = snakemake.wildcards.i
    with open(f"runs/{name}", "a") as runs:
        print("started", file=runs)
    note = Path(snakemake.log[0] + ".death.json")
    if name == "greedy":
        while not Path("runs/modest").exists():
            time.sleep(0.1)
        block = bytearray(1800 * 2**20)
        block[::4096] = b"x" * len(block[::4096])
    end = time.time() + 6
    while time.time() < end:
        time.sleep(0.1)
    Path(snakemake.output[0]).write_text(note.read_text() if note.exists() else "none")
"""
EXTRA = "--submitit-extra-mem-mb=700"


def write(flow, *names):
    flow.write(Snakefile=SNAKEFILE.replace("NAMES", repr(names)), train=SCRIPT)


def test_out_of_memory_is_noted_and_retried_with_more(cluster, flow):
    write(flow, "greedy")
    (flow.folder / "runs/modest").touch()
    output = flow.succeed(EXTRA)
    assert "out of memory: SLURM killed it" in output
    note = json.loads(flow.read("out/greedy.txt"))
    assert note["reason"] == "out_of_memory"
    assert note["attempt"] == 1
    assert note["mem_mb"] == 300
    assert not flow.exists("logs/greedy.log.death.json"), "the note outlived the success"


def test_out_of_memory_with_jobs_at_once_falls_on_the_one_that_took_it(cluster, flow):
    write(flow, "greedy", "modest")
    output = flow.succeed(EXTRA, "--submitit-pack=2", "--submitit-jobs-at-once=2")
    # Nobody knows yet who it was, and each is tried alone.
    assert "out of memory with several jobs at once" in output
    assert output.count("out of memory: SLURM killed it") == 1
    assert json.loads(flow.read("out/greedy.txt"))["reason"] == "out_of_memory"
    if cluster.kernel_limits_memory():
        # The kernel kills one process, and the other goes on.
        assert flow.read("out/modest.txt") == "none"
        assert flow.runs_of("modest") == 1
    else:
        assert json.loads(flow.read("out/modest.txt"))["reason"] == "killed"
        assert flow.runs_of("modest") == 2
