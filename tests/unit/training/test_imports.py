"""Imports are most of a short job: what a job does not need, it must not import, nor start."""

from __future__ import annotations

import subprocess
import sys

from hyperverdict.vocabulary.hyperparameters import SCHEDULES

PROGRAM = """
import os, sys
from pathlib import Path
from hyperverdict.vocabulary.configuration import parse_path
from hyperverdict.training.run import train_configuration
prepared, folder, *paths = sys.argv[1:]

def train():
    for number, path in enumerate(paths):
        train_configuration(parse_path(path), [0], Path(prepared), Path(folder) / str(number))

# NumPy's and the allocator's, which never touch Python; Arrow's can abort a process that ends.
threads = len(os.listdir("/proc/self/task"))
train()
heavy = "tensorboard torchvision pandas sklearn scipy sympy pyarrow.compute torch._dynamo"
for name in heavy.split():
    assert name not in sys.modules, name
sys.modules["torch"] = None  # from here on, its import fails
train()
assert len(os.listdir("/proc/self/task")) == threads, "a thread was started"
"""


def test_a_job_imports_what_it_needs_and_no_torch_with_nothing_to_train(digits, tiny, tmp_path):
    more = {
        "warmup_steps": 1,
        "clip_norm": 1,
        "label_smoothing": 0.1,
        "initialisation": "orthogonal",
    }
    paths = [tiny(2, schedule=schedule).path for schedule in SCHEDULES]
    paths.append(tiny(2, optimizer="sgd_momentum", nesterov=True, **more).path)
    paths.append(tiny(2, model="cnn", channels=2, augmentation=["flip", "crop"]).path)
    command = [sys.executable, "-c", PROGRAM, str(digits), str(tmp_path), *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
