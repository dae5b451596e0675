"""Tables are read on one thread: Arrow's own can abort a process that ends."""

from __future__ import annotations

import subprocess
import sys

from hyperverdict.records.collect import collect
from hyperverdict.records.tables import write_tables
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure

from tests.unit.verdicts.synthetic import write_synthetic

PROGRAM = """
import os, sys
from pathlib import Path
import pandas
from hyperverdict.records.collect import collect
from hyperverdict.records.tables import read_tables
from hyperverdict.foreign.files import read_runs
from hyperverdict.vocabulary.configuration import parse_path
runs, tables, path = sys.argv[1:]
threads = len(os.listdir("/proc/self/task"))
assert len(collect([parse_path(path)], Path(runs)).final) == 3
assert len(read_tables(Path(tables)).final) == 3
assert len(read_runs([Path(tables) / "final.parquet"])) == 3
assert len(os.listdir("/proc/self/task")) == threads, "a thread was started"
"""


def test_collecting_and_reading_tables_starts_no_thread(tmp_path):
    configuration = configure({"data": "digits", "batch_size": 32}, Budget("steps", 300))
    write_synthetic(configuration, [0, 1, 2], tmp_path / "runs")
    write_tables(collect([configuration], tmp_path / "runs"), tmp_path / "tables")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "runs"), str(tmp_path / "tables")]
    done = subprocess.run([*command, configuration.path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
