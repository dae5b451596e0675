"""A project folder of its own for every test that runs Snakemake."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")

STUDY = """
study: tiny
data: digits
seeds: 3
baseline: {width: 16, depth: 1, batch_size: 32, budget: 40 steps}
metrics:
  accuracy: {matters_from: 0.01}
  train_time: {matters_from: 1.10x}
hypotheses:
  H1:
    says: A large batch is faster but less accurate.
    compare: {batch_size: {from: 8, to: 64}}
    expect: {train_time: lower, accuracy: lower}
    at_equal: [40 steps, 640 samples]
    because: updates
    saw: {accuracy: {from: 0.51, to: 0.78}}
explore:
  size: {grid: {width: [8, 16]}, seeds: 2}
"""


@dataclass
class Project:
    """A copy of the workflow with a study of its own."""

    path: Path
    said: str = ""

    def write(self, study: str) -> None:
        (self.path / "config/config.yaml").write_text(study)

    def snakemake(
        self, *args: str, profile: str | None = "profiles/local", **environment: str
    ) -> subprocess.CompletedProcess:
        options = () if "--config" in args else ("--config", "tensorboard=false")
        profiles = ("--profile", profile) if profile else ()
        return subprocess.run(
            [str(SNAKEMAKE), *profiles, *args, *options],
            cwd=self.path,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
            capture_output=True,
            text=True,
            timeout=400,
        )

    def run(self, *args: str, profile: str | None = "profiles/local", **environment: str) -> str:
        done = self.snakemake(*args, profile=profile, **environment)
        output = done.stdout + done.stderr
        assert done.returncode == 0, output[-4000:]
        return output

    def fail(self, *args: str, profile: str | None = "profiles/local", **environment: str) -> str:
        done = self.snakemake(*args, profile=profile, **environment)
        output = done.stdout + done.stderr
        assert done.returncode != 0, output[-4000:]
        return output

    @property
    def runs(self) -> list[Path]:
        return sorted(p.parent for p in self.path.glob("results/runs/**/metrics.parquet"))


def make_project(path: Path, study: str = STUDY) -> Project:
    for name in ("Snakefile", "pyproject.toml"):
        shutil.copy(ROOT / name, path / name)
    for name in ("workflow", "envs", "profiles"):
        shutil.copytree(
            ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    (path / "config").mkdir()
    project = Project(path)
    project.write(study)
    return project


@pytest.fixture
def project(tmp_path) -> Project:
    """A fresh project; nothing trained."""
    return make_project(tmp_path)


@pytest.fixture(scope="session")
def _finished(tmp_path_factory) -> Project:
    project = make_project(tmp_path_factory.mktemp("finished"))
    project.run()
    return project


@pytest.fixture
def finished(_finished, tmp_path) -> Project:
    """A copy of a project whose study has run."""
    shutil.copytree(_finished.path, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")
