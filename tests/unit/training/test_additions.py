"""What a new hyperparameter, data set or recorded metric takes: two files, two files, one row.

Each example edits a copy of the package and trains with it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hyperverdict
import pyarrow.parquet as pq
import pytest
from hyperverdict.training.run import train_configuration

Edits = dict[str, dict[str, str]]
PACKAGE = Path(hyperverdict.__file__).parent

TRAIN = """
import json, sys
from pathlib import Path
from hyperverdict.records.collect import collect
from hyperverdict.training.data import prepare
from hyperverdict.training.run import train_configuration
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure
root, seeds, *settings = json.loads(sys.argv[1])
root, out = Path(root), []
for setting in settings:
    configuration = configure(setting, Budget("steps", 40))
    prepared = root / "prepared" / configuration.data
    if not prepared.exists():
        prepare(configuration.data, root, prepared)
    folder = root / "runs" / configuration.path
    train_configuration(
        configuration, seeds, prepared, folder, tensorboard=folder / "tensorboard"
    )
    final = collect([configuration], root / "runs").final.drop(columns="correct")
    out.append({"path": configuration.path, "final": json.loads(final.to_json(orient="records"))})
print(json.dumps(out))
"""


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Trains configurations with a copy of the package in which some texts are replaced."""

    def train(edits: Edits, seeds: list[int], *settings: dict[str, Any]) -> list[dict[str, Any]]:
        shutil.copytree(PACKAGE, tmp_path / "code" / "hyperverdict")
        for name, replacements in edits.items():
            file = tmp_path / "code" / "hyperverdict" / name
            text = file.read_text()
            for old, new in replacements.items():
                assert text.count(old) == 1, f"{name}: {old}"
                text = text.replace(old, new)
            file.write_text(text)
        done = subprocess.run(
            [sys.executable, "-c", TRAIN, json.dumps([str(tmp_path), seeds, *settings])],
            env=os.environ | {"PYTHONPATH": str(tmp_path / "code")},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return train


TINY = {"data": "digits", "hidden_units": [16], "batch_size": 32}


def test_a_hyperparameter_takes_its_row_and_the_place_that_uses_it(edited, digits, tiny, tmp_path):
    edits: Edits = {
        "vocabulary/hyperparameters.py": {
            '    Hyperparameter("classes", "",': '    Hyperparameter("label_smoothing", "share",'
            ' "share of the label spread over all classes", "0 to below 1", 0.0, False,'
            ' _real(0, 1), number_text),\n    Hyperparameter("classes", "",'
        },
        "training/loop.py": {
            "        self._data, self._device = data, device\n": (
                "        self._data, self._device = data, device\n"
                '        self._smoothing = configuration["label_smoothing"]\n'
            ),
            "cross_entropy(logits, labels)": (
                "cross_entropy(logits, labels, label_smoothing=self._smoothing)"
            ),
        },
    }
    default, smooth = edited(edits, [0], TINY, TINY | {"label_smoothing": "2e-1"})
    assert default["path"] == tiny().path
    assert smooth["path"] == tiny().path.replace("/steps~40", "/label_smoothing~0.2/steps~40")
    assert [run["final"][0]["label_smoothing"] for run in (default, smooth)] == [0, 0.2]
    before = train_configuration(tiny(), [0], digits, tmp_path / "before")
    kept = tmp_path / "runs" / default["path"] / "metrics.parquet"
    losses = [
        pq.read_table(file)["loss"].to_pylist()
        for file in (tmp_path / "before" / "metrics.parquet", kept)
    ]
    assert before.seeds["0"].status == "finished"
    assert losses[0] == losses[1]
    assert default["final"][0]["test_loss"] != smooth["final"][0]["test_loss"]


def test_a_data_set_takes_its_row_and_its_reader(edited):
    edits: Edits = {
        "vocabulary/datasets.py": {
            '    "cifar10": ': '    "stripes": DatasetFacts("stripes", (40, 60), None, 0.25, 0.25,'
            ' (1, 4, 4)),\n    "cifar10": '
        },
        "training/sources.py": {
            "READERS: Mapping": (
                "def _stripes(_resources: Path) -> Published:\n"
                "    labels = np.repeat([0, 1], [40, 60])\n"
                "    images = np.zeros((100, 1, 4, 4), np.uint8)\n"
                "    images[labels == 1, :, ::2] = 255\n"
                '    return Published(Part(images, labels), None, None, "made here")\n\n\n'
                "READERS: Mapping"
            ),
            '    "digits": _digits,\n': '    "digits": _digits,\n    "stripes": _stripes,\n',
        },
    }
    [run] = edited(edits, [0], {"data": "stripes", "hidden_units": [16], "batch_size": 8})
    [row] = run["final"]
    assert (row["data"], row["train_size"], row["test_size"]) == ("stripes", 50, 25)
    assert row["test_accuracy"] == 1


def test_a_recorded_metric_takes_one_row(edited, digits, tiny, tmp_path):
    """A second accuracy shows that every evaluation is scored; older seeds have no value."""
    edits: Edits = {
        "vocabulary/metrics.py": {
            "        Metric(\n            TIME,": '        _recorded("right", "share of right answers",'
            ' FRACTION, "higher", matters_from=0.01,\n'
            "            score=lambda predicted, true: (predicted == true).mean()),\n"
            "        Metric(\n            TIME,"
        },
    }
    folder = tmp_path / "runs" / tiny().path
    train_configuration(tiny(), [0], digits, folder)
    [run] = edited(edits, [0, 1], TINY)
    older, newer = run["final"]
    for split in ("test", "validation", "best_validation"):
        assert newer[f"{split}_right"] == pytest.approx(newer[f"{split}_accuracy"], abs=1e-12)
        assert older[f"{split}_right"] is None
    rows = pq.read_table(folder / "metrics.parquet").to_pylist()
    for row in rows:
        scored = row["seed"] == 1 and row["split"] != "train"
        expected = pytest.approx(row["accuracy"], abs=1e-12) if scored else None
        assert row["right"] == expected
    # The code from before the metric takes the table as its own, and keeps the column.
    record = train_configuration(tiny(), [0, 1, 2], digits, folder)
    assert sorted(record.seeds) == ["0", "1", "2"]
    assert [s["seeds"] for s in record.sessions] == [[0], [1], [2]]
    again = pq.read_table(folder / "metrics.parquet").to_pylist()
    assert [row for row in again if row["seed"] < 2] == rows
    assert {row["right"] for row in again if row["seed"] == 2} == {None}
