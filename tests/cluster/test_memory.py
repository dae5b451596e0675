"""Out of memory, on clusters where the kernel or SLURM itself enforces the limit."""

import json


def test_out_of_memory_is_noted_and_retried_with_more(cluster, flow):
    flow.write(
        Snakefile="""
            rule train:
                output: "out.txt"
                log: "logs/train.log"
                retries: 1
                resources:
                    runtime=5,
                    mem_mb=lambda wildcards, attempt: 300 if attempt == 1 else 4000
                script: "scripts/train.py"
        """,
        train="""
            import json, time
            from pathlib import Path
            note = Path(snakemake.log[0] + ".death.json")
            block = bytearray(1500 * 2**20)
            block[::4096] = b"x" * len(block[::4096])
            end = time.time() + 8
            while time.time() < end:
                time.sleep(0.1)
            Path(snakemake.output[0]).write_text(note.read_text() if note.exists() else "none")
        """,
    )
    output = flow.succeed("--submitit-extra-mem-mb=700")
    assert "out of memory: SLURM killed it" in output
    note = json.loads(flow.read("out.txt"))
    assert note["reason"] == "out_of_memory"
    assert note["attempt"] == 1
    assert note["mem_mb"] == 300
    assert not flow.exists("logs/train.log.death.json"), "the note outlived the success"


def test_out_of_memory_with_jobs_at_once_falls_on_the_one_that_took_it(cluster, flow):
    flow.write(
        Snakefile="""
            rule all:
                input: "out/greedy.txt", "out/modest.txt"
            rule train:
                output: "out/{i}.txt"
                log: "logs/{i}.log"
                retries: 1
                resources:
                    runtime=5,
                    mem_mb=lambda wildcards, attempt: 300 if attempt == 1 else 4000
                script: "scripts/train.py"
        """,
        train="""
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
        """,
    )
    output = flow.succeed(
        "--submitit-extra-mem-mb=700", "--submitit-pack=2", "--submitit-jobs-at-once=2"
    )
    assert output.count("out of memory: SLURM killed it") == 1
    assert json.loads(flow.read("out/greedy.txt"))["reason"] == "out_of_memory"
    if cluster.kernel_limits_memory():
        assert flow.read("out/modest.txt") == "none"
        assert flow.runs_of("modest") == 1
    else:
        # SLURM kills the whole task, so who it was is found by trying each alone.
        assert "out of memory with several jobs at once" in output
        assert json.loads(flow.read("out/modest.txt"))["reason"] == "killed"
        assert flow.runs_of("modest") == 2
