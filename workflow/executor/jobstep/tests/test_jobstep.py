"""The executor for one machine, run as a user runs it."""

import os
import subprocess
import sys

WORKFLOW = """
rule all:
    input: expand("script-{i}.txt", i=range(3)), "named.txt", "shell.txt", "cpu.txt", "run.txt"
rule script:
    output: "script-{i}.txt"
    benchmark: "{i}.tsv"
    resources: gpu=1
    script: "look.py"
rule named:
    output: "named.txt"
    resources: gpu=1, submitit_preload="this,colorsys"
    script: "look.py"
rule shell:
    output: "shell.txt"
    resources: gpu=1
    shell: "sleep 0.5; echo $CUDA_VISIBLE_DEVICES > {output}"
rule cpu:
    output: "cpu.txt"
    shell: "echo none:$CUDA_VISIBLE_DEVICES > {output}"
rule run:
    output: "run.txt"
    run:
        import os
        open(output[0], "w").write("none:" + os.environ["CUDA_VISIBLE_DEVICES"])
"""
SCRIPT = """
import os, sys, time
time.sleep(0.5)
with open(snakemake.output[0], "w") as out:
    out.write(f"{os.environ['CUDA_VISIBLE_DEVICES']} {'colorsys' in sys.modules} {os.getppid()} {'this' in sys.modules}")
"""


def run(folder, *arguments):
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "3,5"}
    command = [sys.executable, "-m", "snakemake", "--executor", "submitit-jobstep", "--cores", "2"]
    done = subprocess.run([*command, *arguments], cwd=folder, env=environment, check=False,
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_warm_scripts_and_a_device_for_each_job_that_asks(tmp_path):
    (tmp_path / "Snakefile").write_text(WORKFLOW)
    (tmp_path / "look.py").write_text(SCRIPT)
    status, output = run(tmp_path, "--submitit-jobstep-preload=colorsys")
    assert status == 0, output
    scripts = [(tmp_path / f"script-{i}.txt").read_text().split() for i in range(3)]
    assert {words[0] for words in scripts} <= {"3", "5"}
    assert [words[1] for words in scripts] == ["True"] * 3
    # One warm process is the parent of all.
    assert len({words[2] for words in scripts}) == 1
    assert {words[3] for words in scripts} == {"False"}
    # A rule may name what its jobs find imported; another process has imported it.
    _, colorsys, parent, this = (tmp_path / "named.txt").read_text().split()
    assert (colorsys, this) == ("True", "True")
    assert parent != scripts[0][2]
    assert (tmp_path / "shell.txt").read_text().strip() in ("3", "5")
    assert (tmp_path / "cpu.txt").read_text() == "none:\n"
    assert (tmp_path / "run.txt").read_text() == "none:"
    seconds = (tmp_path / "0.tsv").read_text().splitlines()[1].split("\t")[0]
    assert float(seconds) >= 0.5


def test_a_failing_script_fails_its_job_with_its_traceback(tmp_path):
    (tmp_path / "Snakefile").write_text('rule bad:\n    output: "x.txt"\n    script: "bad.py"\n')
    (tmp_path / "bad.py").write_text("raise ValueError('no such optimizer')\n")
    status, output = run(tmp_path, "--submitit-jobstep-preload=colorsys")
    assert status == 1
    assert "ValueError: no such optimizer" in output
    assert "Error in rule bad" in output
