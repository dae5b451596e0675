"""The comparison of two runs of Snakemake's own tests, on the files that pytest writes."""

import subprocess
import sys
from pathlib import Path

COMPARE = Path(__file__).with_name("compare.py")
TESTS = """
import os, pytest
def test_same(): pass
def test_differs(): assert os.environ.get("EXECUTOR") == "local", "only there"
def test_never(): assert False
def test_skipped(): pytest.skip("no network")
"""


def run(folder, executor):
    (folder / "test_one.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={executor}.xml", "test_one.py"]
    subprocess.run(command, cwd=folder, env={"EXECUTOR": executor}, check=False)
    return folder / f"{executor}.xml"


def compare(*files):
    command = [sys.executable, str(COMPARE), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_test_that_passes_with_one_executor_alone_is_named(tmp_path):
    local, other = run(tmp_path, "local"), run(tmp_path, "other")
    status, output = compare(local, other)
    assert status == 1
    assert "2 of 4 tests pass with the first executor" in output
    assert "test_differs: AssertionError: only there" in output
    assert "test_never" not in output
    assert compare(local, local)[0] == 0
    assert compare(other, local)[0] == 0
