"""What the warm process imports: all that a job needs, and nothing that makes its forks dear."""

import subprocess
import sys
from pathlib import Path

import pytest
from hyperverdict.opening import open_invocation
from hyperverdict.runs.declaration import write_declaration

STUDY = """study: own
train: {train}
hyperparameters: {{rate: {{default: 0}}}}
metrics: {{score: {{better: higher, matters_from: 0.1}}}}
explore:
  grid: {{grid: {{rate: [1, 2]}}, metric: score, seeds: 1}}
"""
COMMAND = (
    '{command: "python train.py --rate {rate} --seed {seed} --out {metrics}", code: [train.py]}'
)
CALL = "{call: mytask:train}"
# Imports them, runs a job in this process, and prints what that has imported beside.
JOB = """
import importlib, sys
from pathlib import Path
for name in sys.argv[1].split(","):
    importlib.import_module(name)
known = set(sys.modules)
from hyperverdict.programs.job import train_with_program
path = "train~own/rate~1/trainings~1"
folder = Path("results/runs")
train_with_program(path, [0], folder / "train~own/training.json", folder / path)
outermost = {name.partition(".")[0] for name in set(sys.modules) - known}
print(len(outermost - {"mytask"}), "pandas" in known)
"""


@pytest.mark.parametrize(("train", "has_pandas"), [(COMMAND, True), (CALL, False)])
def test_a_job_finds_imported_what_it_needs(tmp_path, monkeypatch, train, has_pandas):
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text("import sys\nopen(sys.argv[-1], 'w').write('score\\n1\\n')\n")
    Path("mytask.py").write_text("def train(*, seed, rate=0.0):\n    return {'score': rate}\n")
    text = STUDY.format(train=train)
    if train == CALL:
        text = text.replace("hyperparameters: {rate: {default: 0}}\n", "")
    Path("study.yaml").write_text(text)
    run = open_invocation(["study.yaml"], {}, main=True)
    write_declaration(Path(run.declaration), run.declared_defaults, run.stated_training)
    done = subprocess.run(
        [sys.executable, "-c", JOB, run.preload], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["0", str(has_pandas)], done.stderr
