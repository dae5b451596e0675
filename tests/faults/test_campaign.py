"""Faults drawn at random: what a study finds is the same afterwards as if nothing had happened."""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.faults import disturbing
from tests.faults.conftest import SEED
from tests.faults.damaging import draw
from tests.faults.results import changed, metrics
from tests.faults.studies import STUDY
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


def test_a_call_that_is_disturbed(fresh, untimed, number_of_call):
    random = Random(f"{SEED} {number_of_call}")
    disturb = random.choice((SIGNAL,) * len(OTHERS) + OTHERS)
    if disturb in (disturbing.full_disk, disturbing.read_only) and os.geteuid() != 0:
        disturb = SIGNAL  # only root may mount
    what = disturb(fresh, random, untimed.seconds)
    print(what)
    said = (fresh.path / "said.txt").read_text()
    assert "Traceback" not in said, f"{what}\n{said[-4000:]}"
    _again(fresh)
    assert not changed(fresh.path, untimed.found), what


def test_a_file_that_is_damaged(undisturbed, disturbed, number_of_file):
    fault = draw(disturbed.path, Random(f"{SEED} {number_of_file}"))
    print(fault)
    said = _again(disturbed)
    otherwise = changed(disturbed.path, undisturbed.found)
    if fault.kind in NAMED:
        assert "ledger" in said, fault
        runs = metrics(undisturbed.project.path)
        assert not otherwise.keys() & runs.keys(), fault
    else:
        assert not otherwise, fault
