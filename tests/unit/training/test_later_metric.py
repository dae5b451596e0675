"""A metric that is recorded from some day on: older seeds have no value, and stay as they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import hyperverdict
import pyarrow.parquet as pq
import pytest
from hyperverdict.training.run import train_configuration

PACKAGE = Path(hyperverdict.__file__).parent
TRAIN = """
import json, sys
from pathlib import Path
from hyperverdict.records.collect import collect
from hyperverdict.training.run import train_configuration
from hyperverdict.vocabulary.configuration import parse_path
path, prepared, runs = sys.argv[1:]
configuration, folder = parse_path(path), Path(runs) / path
train_configuration(
    configuration, [0, 1], Path(prepared), folder, tensorboard=folder / "tensorboard"
)
final = collect([configuration], Path(runs)).final
print(final.drop(columns="correct").to_json(orient="records"))
"""
# A second accuracy, so that its values are known.
ROW = """\
        _recorded("right", "share of right answers", FRACTION, "higher", matters_from=0.01,
            score=lambda predicted, true: (predicted == true).mean()),
"""


def with_a_further_metric(folder: Path) -> Path:
    """A copy of the package whose training records one metric more."""
    shutil.copytree(PACKAGE, folder / "hyperverdict")
    table = folder / "hyperverdict/vocabulary/metrics.py"
    before, last = table.read_text().split('        _recorded("loss",')
    table.write_text(f'{before}{ROW}        _recorded("loss",{last}')
    return folder


def test_older_seeds_are_kept_without_it(digits, tiny, tmp_path):
    runs, path = tmp_path / "runs", tiny().path
    train_configuration(tiny(), [0], digits, runs / path)
    code = with_a_further_metric(tmp_path / "code")
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, path, str(digits), str(runs)],
        env=os.environ | {"PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    older, newer = json.loads(done.stdout)
    for split in ("test", "validation", "best_validation"):
        assert newer[f"{split}_right"] == pytest.approx(newer[f"{split}_accuracy"], abs=1e-12)
        assert older[f"{split}_right"] is None
    rows = pq.read_table(runs / path / "metrics.parquet").to_pylist()
    for row in rows:
        scored = row["seed"] == 1 and row["split"] != "train"
        expected = pytest.approx(row["accuracy"], abs=1e-12) if scored else None
        assert row["right"] == expected
    # The code from before it takes the table as its own, and keeps the column.
    record = train_configuration(tiny(), [0, 1, 2], digits, runs / path)
    assert [session["seeds"] for session in record.sessions] == [[0], [1], [2]]
    again = pq.read_table(runs / path / "metrics.parquet").to_pylist()
    assert [row for row in again if row["seed"] < 2] == rows
    assert {row["right"] for row in again if row["seed"] == 2} == {None}
