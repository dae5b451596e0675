"""CUDA in forked jobs: only where there is a device."""

import os
import subprocess
import sys

import pytest
from snakemake_executor_plugin_submitit_jobstep.gpus import devices_present
from snakemake_executor_plugin_submitit_jobstep.workers import WarmWorker, job_environment

pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not devices_present(), reason="no CUDA device on this machine")

SCRIPT = """
import os, sys, torch
assert "torch" in sys.modules
value = (torch.ones(1000, device="cuda") * 2).sum().item()
open(sys.argv[0] + f".{os.getpid()}.out", "w").write(f"{value} {torch.cuda.device_count()}")
"""


def outputs(script):
    return [path.read_text() for path in script.parent.glob("*.out")]


def test_cuda_works_in_forks_and_two_jobs_share_a_device(tmp_path):
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    worker = WarmWorker(1, "torch")
    environment = job_environment(
        1, None, {"CUDA_VISIBLE_DEVICES": devices_present()[0]}, os.environ
    )
    try:
        for _ in range(2):
            assert worker.run(str(script), environment, lambda pid: None).status == 0
    finally:
        worker.close()
    assert outputs(script) == ["2000.0 1"] * 2


def test_the_executor_gives_each_job_its_device(tmp_path):
    (tmp_path / "Snakefile").write_text(
        'rule all:\n    input: expand("{i}.txt", i=range(4))\n'
        'rule job:\n    output: "{i}.txt"\n    resources: gpu=1\n    script: "job.py"\n'
    )
    (tmp_path / "job.py").write_text(
        "import os, torch\ntorch.ones(10, device='cuda').sum().item()\n"
        "open(snakemake.output[0], 'w').write(os.environ['CUDA_VISIBLE_DEVICES'])\n"
    )
    command = ["snakemake", "--executor", "submitit-jobstep", "--cores", "2",
               "--submitit-jobstep-jobs-per-gpu", "2"]  # fmt: skip
    subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, check=True)
    found = {(tmp_path / f"{i}.txt").read_text() for i in range(4)}
    assert found <= set(devices_present())
