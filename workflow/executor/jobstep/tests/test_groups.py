"""Jobs connected by `pipe()` and `service()`, run as a user runs them."""

import os
import subprocess
import sys
import threading

import psutil
import pytest
from snakemake_executor_plugin_submitit_jobstep.gpus import Devices, GpuSlots

SHELL = """
rule all:
    input: "both.txt", "served-0.txt", "served-1.txt"
rule make:
    output: pipe("numbers-{i}")
    shell: "for n in 1 2 3; do echo {wildcards.i}$n; done > {output}"
rule both:
    input: "numbers-a", "numbers-b"
    output: "both.txt"
    shell: "cat {input} > {output}"
rule server:
    output: service("address.txt")
    shell: "echo up > {output}; sleep 987"
rule client:
    input: "address.txt"
    output: "served-{i}.txt"
    shell: "cat {input} > {output}"
"""
SCRIPTS = """
rule all:
    input: "taken.txt", "served.txt"
rule make:
    output: pipe("numbers")
    resources: gpu=1
    script: "make.py"
rule take:
    input: "numbers"
    output: "taken.txt"
    resources: gpu=1
    script: "take.py"
rule server:
    output: service("address.txt")
    script: "server.py"
rule client:
    input: "address.txt"
    output: "served.txt"
    shell: "cat {input} > {output}"
"""
MAKE = """
import os
with open(snakemake.output[0], "w") as out:
    for n in range(3):
        print(n, os.environ["CUDA_VISIBLE_DEVICES"], file=out)
"""
TAKE = """
import os
with open(snakemake.input[0]) as numbers, open(snakemake.output[0], "w") as out:
    out.write(numbers.read() + os.environ["CUDA_VISIBLE_DEVICES"])
"""
SERVER = """
import os, signal, sys, time
def end(*_):
    open("ended.txt", "w").close()
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
with open("address.new", "w") as out:
    out.write(str(os.getpid()))
os.rename("address.new", snakemake.output[0])
time.sleep(987)
"""
FAILING = """
rule all:
    input: "taken.txt"
rule make:
    output: pipe("numbers")
    shell: "echo $$ > make.pid; {make}"
rule take:
    input: "numbers"
    output: "taken.txt"
    log: "take.log"
    shell: "{take}"
"""


def run(folder, *arguments, devices="3", cores=8):
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": devices}
    command = [sys.executable, "-m", "snakemake", "--executor", "submitit-jobstep",
               "--cores", str(cores), "--submitit-jobstep-preload=json"]  # fmt: skip
    done = subprocess.run([*command, *arguments], cwd=folder, env=environment, check=False,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_pipes_and_services_run_together_and_services_end(tmp_path):
    (tmp_path / "Snakefile").write_text(SHELL)
    status, output = run(tmp_path)
    assert status == 0, output
    assert (tmp_path / "both.txt").read_text().split() == ["a1", "a2", "a3", "b1", "b2", "b3"]
    assert (tmp_path / "served-0.txt").read_text() == "up\n"
    assert not (tmp_path / "address.txt").exists()
    # Nothing is left of the service, neither its shell nor what the shell ran.
    mine = [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "987"]]
    assert [p for p in mine if p.cwd() == str(tmp_path)] == []


def test_warm_scripts_are_connected_and_share_the_one_device(tmp_path):
    (tmp_path / "Snakefile").write_text(SCRIPTS)
    for name, text in {"make": MAKE, "take": TAKE, "server": SERVER}.items():
        (tmp_path / f"{name}.py").write_text(text)
    status, output = run(tmp_path)
    assert status == 0, output
    assert (tmp_path / "taken.txt").read_text() == "0 3\n1 3\n2 3\n3"
    assert (tmp_path / "ended.txt").exists()
    assert not alive(int((tmp_path / "served.txt").read_text()))


@pytest.mark.parametrize(
    ("make", "take", "at_fault"),
    [
        # It never opens the pipe: the other would wait for ever.
        ("echo 1 > {output}", "exit 3", "take"),
        # The other one dies of the broken pipe.
        ("yes > {output}", "read x < {input}; exit 3", "take"),
        ("exit 3", "cat {input} > {output}", "make"),
    ],
)
def test_a_failing_job_ends_the_others_of_its_group(tmp_path, make, take, at_fault):
    text = FAILING.replace("{make}", make).replace("{take}", take)
    (tmp_path / "Snakefile").write_text(text)
    status, output = run(tmp_path)
    assert status == 1
    assert "Error in group" in output
    assert f"Error in rule {at_fault}" in output
    assert "exit code 3" in output or "exit status 3" in output
    assert not alive(int((tmp_path / "make.pid").read_text()))


def test_a_failing_service_fails_its_clients(tmp_path):
    text = SHELL.replace("sleep 987", "exit 3").replace('cat {input} > {output}"\n', 'sleep 987"\n')
    (tmp_path / "Snakefile").write_text(text)
    status, output = run(tmp_path, "served-0.txt")
    assert status == 1, output
    assert not (tmp_path / "served-0.txt").exists()


def test_a_failed_group_is_tried_again(tmp_path):
    text = FAILING.replace("{make}", "echo 1 > {output}").replace(
        "{take}", "test -e again || {{ touch again; exit 3; }}; cat {input} > {output}"
    )
    (tmp_path / "Snakefile").write_text(text)
    status, output = run(tmp_path, "--retries=1")
    assert status == 0, output
    assert (tmp_path / "taken.txt").read_text() == "1\n"


def test_a_group_takes_its_devices_at_once():
    slots = GpuSlots(Devices(("0", "1"), {"CUDA_VISIBLE_DEVICES": ("0", "1")}))
    with slots.assigned_together([1, 1, 0]) as devices:
        assert [seen["CUDA_VISIBLE_DEVICES"] for seen in devices] == ["0", "1", ""]
        assert slots._take([1]) is None
    # More than there is: they share, but with no job outside of the group.
    with slots.assigned_together([1, 2]) as devices:
        assert [seen["CUDA_VISIBLE_DEVICES"] for seen in devices] == ["0", "0,1"]
        assert slots._take([1, 1]) is None
    got = threading.Event()

    def others():
        with slots.assigned_together([1, 2]):
            got.set()

    with slots.assigned(1) as device:
        assert device == {"CUDA_VISIBLE_DEVICES": "0"}
        thread = threading.Thread(target=others)
        thread.start()
        assert not got.wait(0.2)
    assert got.wait(60)
    thread.join()
