"""A training of the user's own in a folder, and its runs."""

from __future__ import annotations

import json
import multiprocessing
import sys
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hyperverdict.programs.job import train_with_program
from hyperverdict.runs.declaration import declaration_file, write_declaration
from hyperverdict.runs.layout import RunRecord, SeedRecord
from hyperverdict.runs.write import read_table
from hyperverdict.study.own import own_vocabulary
from hyperverdict.study.structure import Source
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline

# A function of the user's own.
LOGGED = """
def train(*, seed, epochs, log, rate=0.1):
    for epoch in range(1, epochs + 1):
        log(epoch=epoch, score=epoch / 10 + seed / 100)
"""
# Starts in a third of the time: no site, no environment.
PYTHON = f"{sys.executable} -I -S"
ARGUMENTS = "--seed {seed} --epochs {epochs} --out {metrics}"
# Begins every program below: its arguments as `a`, and a table that ends up in its metrics.
PRELUDE = """
import json, os, sys, time
words = sys.argv[1:]
a = {k.removeprefix("--"): v for k, v in zip(words, words[1:]) if k.startswith("--")}
seed, epochs, out = int(a["seed"]), int(a["epochs"]), a["out"]
def table(rows, header="epoch,score", out=out, mode="w"):
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with open(out, mode) as f:
        f.write(header + "\\n" if mode == "w" else "")
        f.writelines(",".join(map(str, row)) + "\\n" for row in rows)
def good():
    table([(e, e / 10 + seed / 100) for e in range(1, epochs + 1)])
"""


@dataclass
class Own:
    """A training in a folder; the working folder must be that one.

    Attributes:
        log: the job's log.
    """

    folder: Path
    stated: dict[str, Any] = field(default_factory=dict)
    epochs: int = 3

    @property
    def declaration(self) -> Path:
        return self.folder / "results/runs/train~own/training.json"

    @property
    def path(self) -> str:
        return f"train~own/rate~0.1/epochs~{self.epochs}"

    @property
    def run_folder(self) -> Path:
        return self.folder / "results/runs" / self.path

    def program(self, text: str, prelude: str = PRELUDE) -> None:
        (self.folder / "train.py").write_text(prelude + textwrap.dedent(text))

    def declare(
        self,
        command: str = f"{PYTHON} train.py {ARGUMENTS}",
        *,
        metrics: Mapping[str, Any] | None = None,
        **train: Any,
    ) -> None:
        self.stated = {
            "study": "own",
            "train": {"command": f"{command} --rate {{rate}}", "code": ["train.py"], **train},
            "hyperparameters": {"rate": {"default": 0.1}},
            "metrics": metrics or {"score": {"better": "higher", "matters_from": 0.01}},
            "baseline": {"budget": "1 epochs"},
        }
        content = {"defaults": {"rate": 0.1}, "core": ["rate"], "study": self.stated}
        self.declaration.parent.mkdir(parents=True, exist_ok=True)
        self.declaration.write_text(json.dumps(content))

    def train(self, seeds: Sequence[int] = (0, 1), **options: Any) -> RunRecord:
        if not self.stated:
            self.declare()
        return train_with_program(self.path, seeds, self.declaration, self.run_folder, **options)

    def rows(self, split: str = "") -> list[dict[str, Any]]:
        found = read_table(self.run_folder / "metrics.parquet")[0].to_pylist()
        return [row for row in found if split in ("", row["split"])]

    def scores(self) -> dict[int, float]:
        return {row["seed"]: row["score"] for row in self.rows("test")}

    def output(self, seed: int = 0) -> str:
        return (self.run_folder / f"logs/seed~{seed}.log").read_text(errors="replace")


@dataclass
class Called:
    """A training by a function in the working folder."""

    folder: Path
    epochs: int = 3
    stated: dict[str, Any] = field(default_factory=dict)

    def function(self, text: str = LOGGED) -> None:
        (self.folder / "mytask.py").write_text(textwrap.dedent(text))

    @property
    def study(self) -> dict[str, Any]:
        return {
            "study": "own",
            "train": {"call": "mytask:train"},
            "metrics": {"score": {"better": "higher", "matters_from": 0.01}},
            "baseline": {"budget": f"{self.epochs} epochs"},
            **self.stated,
        }

    def train(self, seeds: Sequence[int] = (0, 1), levels: Any = None, **options: Any) -> RunRecord:
        vocabulary = own_vocabulary(self.study, Source())
        training = vocabulary.training
        defaults = {n: r.default for n, r in vocabulary.hyperparameters.items() if n != "train"}
        file = declaration_file("own")
        write_declaration(file, defaults, training.stated)
        budget = Budget(training.unit, self.epochs if training.told_length else 1)
        configuration = Baseline({}, vocabulary).configure(levels or {}, budget)
        self.run_folder = self.folder / "results/runs" / configuration.path
        return train_with_program(configuration.path, seeds, file, self.run_folder, **options)

    def one(self, **options: Any) -> SeedRecord:
        return self.train([0], **options).seeds["0"]

    def scores(self, name: str = "score") -> dict[int, float]:
        rows = read_table(self.run_folder / "metrics.parquet")[0].to_pylist()
        return {row["seed"]: row[name] for row in rows if row["split"] == "test"}

    def printed(self, seed: int = 0) -> str:
        return (self.run_folder / f"logs/seed~{seed}.log").read_text()


def in_a_fork(work: Callable[[], object]) -> multiprocessing.Process:
    """A process that does the work."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


# A program that waits until it may go on.
STAYS = """
done = a.get("stay")
open("pid", "w").write(str(os.getpid()))
while not os.path.exists("go"): time.sleep(0.005)
good()
"""


def wait_for(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
