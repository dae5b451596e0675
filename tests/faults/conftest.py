"""How many faults the campaign draws, from which seed, and what is disturbed."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass

import pytest

from tests.faults import disturbing
from tests.faults.results import found
from tests.faults.studies import STUDY, TIMED_STUDY
from tests.workflow.conftest import Project, make_project

# `make test-faults` draws 200 from a new seed; the ordinary tests always the same few.
FAULTS = int(os.environ.get("FAULTS", "20"))
SEED = int(os.environ.get("FAULT_SEED", "1"))


def pytest_report_header() -> str:
    return f"faults: {FAULTS}, seed {SEED} (again: FAULTS={FAULTS} FAULT_SEED={SEED})"


def pytest_generate_tests(metafunc):
    """Every second fault is of a call that runs, every other one of a file."""
    for place, name in enumerate(("number_of_call", "number_of_file")):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, range(place, FAULTS, 2))


@dataclass(frozen=True)
class Undisturbed:
    """A finished project, what it found, and the seconds of its call."""

    project: Project
    found: dict[str, object]
    seconds: float


@pytest.fixture(scope="session")
def untimed(tmp_path_factory) -> Undisturbed:
    """A study without claims on time."""
    project = make_project(tmp_path_factory.mktemp("untimed"), STUDY)
    begun = time.monotonic()
    assert disturbing.start(project).wait(300) == 0, (project.path / "said.txt").read_text()
    return Undisturbed(project, found(project.path), time.monotonic() - begun)


@pytest.fixture(scope="session")
def undisturbed(untimed, tmp_path_factory) -> Undisturbed:
    """The same with a claim on time, as a folder that was used before."""
    place = tmp_path_factory.mktemp("undisturbed") / "project"
    shutil.copytree(untimed.project.path, place, symlinks=True)
    project = Project(place)
    project.write(TIMED_STUDY)
    project.run("--config", "tensorboard=false", "pdf=no")
    return Undisturbed(project, found(place), 0.0)


@pytest.fixture
def disturbed(undisturbed, tmp_path) -> Project:
    """A copy to disturb."""
    shutil.copytree(undisturbed.project.path, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")
