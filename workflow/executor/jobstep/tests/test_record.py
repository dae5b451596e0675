"""What a task's ledger says of the jobs of a real Snakemake."""

import json
import os
import subprocess
import sys

SNAKEFILE = """
rule all:
    input: "a.txt", "b.txt", "c.txt", "d.txt"
rule warm:
    output: "a.txt"
    script: "fails.py"
rule shell:
    output: "b.txt"
    shell: "echo words of shell; exit 3"
rule forgets:
    output: "c.txt"
    shell: "echo words of forgets"
rule good:
    output: "d.txt"
    shell: "echo words of good; touch {output}"
"""


def test_the_lines_of_each_job_are_found_in_the_output_of_its_task(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "fails.py").write_text("print('words of warm')\nraise ValueError('bad shape')\n")
    ledger, output = tmp_path / "ledger", tmp_path / "out.log"
    command = ["snakemake", "--executor=submitit-jobstep", "--cores=1", "--keep-going",
               "--submitit-jobstep-preload=json", "--latency-wait=0"]  # fmt: skip
    with output.open("a") as file:
        subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, stdout=file, stderr=file, check=False,
            env=os.environ | {"SNAKEMAKE_SUBMITIT_LEDGER": str(ledger)},
        )  # fmt: skip
    begins, lines = {}, {}
    for entry in map(json.loads, ledger.read_text().splitlines()):
        rule = json.loads(entry["key"])[0]
        if entry["event"] == "start":
            begins[rule] = entry["output"]
        elif entry["event"] == "failed":
            lines[rule] = output.read_bytes()[begins[rule] : entry["output"]].decode()
    assert set(lines) == {"warm", "shell", "forgets"}
    assert "words of warm" in lines["warm"]
    assert "bad shape" in lines["warm"]
    assert lines["shell"] == "words of shell\n"
    # Its command ended well: Snakemake's own words are the reason.
    assert "MissingOutputException" in lines["forgets"]
    for rule, text in lines.items():
        assert not [other for other in ("warm", "shell", "forgets", "good")
                    if other != rule and f"words of {other}" in text]  # fmt: skip
