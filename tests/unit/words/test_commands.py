"""Commands that are printed work in the folder in which they are read."""

from __future__ import annotations

import shlex

import pytest
from hyperverdict.words.commands import CLONE, snakemake

SHORT = "snakemake --profile profiles/local --configfile study.yaml"


@pytest.fixture
def clone(tmp_path):
    """A clone in a folder whose name a shell would take apart."""
    folder = tmp_path / "my clone"
    (folder / "profiles/local").mkdir(parents=True)
    (folder / "Snakefile").write_text("")
    return folder


def test_the_call_is_short_in_a_clone(clone, monkeypatch):
    monkeypatch.chdir(clone)
    assert snakemake("study.yaml", clone=clone) == SHORT


def test_elsewhere_the_call_names_the_files_of_the_clone(clone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # A Snakefile of one's own does not make a folder a clone.
    (tmp_path / "Snakefile").write_text("")
    words = shlex.split(snakemake("my study.yaml", target="partial_report", clone=clone))
    assert words == [
        "snakemake", "partial_report", "--snakefile", str(clone / "Snakefile"),
        "--profile", str(clone / "profiles/local"), "--configfile", "my study.yaml",
    ]  # fmt: skip


def test_without_a_clone_the_call_stays_short(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert snakemake("study.yaml", clone=tmp_path / "none") == SHORT


def test_this_package_lies_in_a_clone():
    assert (CLONE / "Snakefile").is_file()
    assert (CLONE / "profiles/local").is_dir()
