"""Faults drawn at random: what a study finds is the same afterwards as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from random import Random

import pytest

from tests.faults import disturbing, results
from tests.faults.conftest import SEED
from tests.faults.damaging import draw
from tests.faults.test_files import STUDY
from tests.workflow.conftest import Project, make_project

# Kinds of faults; the first one is drawn as often as all others together.
SIGNAL = disturbing.send_signal
OTHERS = (
    disturbing.two_calls,
    disturbing.moved_folder,
    disturbing.clock_jump,
    disturbing.full_disk,
    disturbing.read_only,
)
# What nothing can make again: the next call names it, and its claims may be post hoc afterwards.
NAMED = ("ledger",)


def _found(project: Project) -> dict[str, object]:
    """Metrics, choices and verdicts of a study, times apart, line by line."""
    path = project.path
    lines = dict(enumerate(results.verdicts(path).splitlines()))
    return {**results.metrics(path), **results.choices(path), **lines}


def _changed(project: Project, before: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """What a project found otherwise than before."""
    now = _found(project)
    names = before.keys() | now.keys()
    return {k: (before.get(k), now.get(k)) for k in names if before.get(k) != now.get(k)}


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """A finished project, what it found, and the seconds of its call."""
    project = make_project(tmp_path_factory.mktemp("undisturbed"), STUDY)
    begun = time.monotonic()
    assert disturbing.start(project).wait(300) == 0, (project.path / "said.txt").read_text()
    return project, _found(project), time.monotonic() - begun


@pytest.fixture
def fresh(tmp_path) -> Project:
    (tmp_path / "project").mkdir()
    return make_project(tmp_path / "project", STUDY)


def _again(project: Project) -> str:
    """The next call, as the README tells a user to make it; what it says."""
    project.run("--unlock")
    done = project.snakemake("--config", "tensorboard=false", "pdf=no")
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said[-4000:]
    assert done.returncode == 0, said[-4000:]
    return said


def test_a_call_that_is_disturbed(fresh, undisturbed, number_of_call):
    _, found, seconds = undisturbed
    random = Random(f"{SEED} {number_of_call}")
    disturb = random.choice((SIGNAL,) * len(OTHERS) + OTHERS)
    if disturb in (disturbing.full_disk, disturbing.read_only) and os.geteuid() != 0:
        disturb = SIGNAL  # only root may mount
    what = disturb(fresh, random, seconds)
    print(what)
    said = (fresh.path / "said.txt").read_text()
    assert "Traceback" not in said, f"{what}\n{said[-4000:]}"
    _again(fresh)
    assert not _changed(fresh, found), what


def test_a_file_that_is_damaged(undisturbed, tmp_path, number_of_file):
    finished, found, _ = undisturbed
    shutil.copytree(finished.path, tmp_path / "project", symlinks=True)
    project = Project(tmp_path / "project")
    fault = draw(project.path, Random(f"{SEED} {number_of_file}"))
    print(fault)
    said = _again(project)
    changed = _changed(project, found)
    if fault.kind in NAMED:
        assert "ledger" in said, fault
        assert not [name for name in changed if not isinstance(name, int)], fault
    else:
        assert not changed, fault
