from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hyperverdict.training import provenance


@pytest.fixture(autouse=True)
def fresh():
    provenance.code_state.cache_clear()
    yield
    provenance.code_state.cache_clear()


def test_the_commit_comes_from_the_executor_where_it_says_so(monkeypatch):
    monkeypatch.setenv("HYPERVERDICT_COMMIT", "abc123-dirty")
    assert provenance.code_state() == {"commit": "abc123", "dirty": True}
    provenance.code_state.cache_clear()
    monkeypatch.setenv("HYPERVERDICT_COMMIT", "abc123")
    assert provenance.code_state() == {"commit": "abc123", "dirty": False}


def test_the_commit_comes_from_git_else(monkeypatch):
    monkeypatch.delenv("HYPERVERDICT_COMMIT", raising=False)
    command = ["git", "-C", str(Path(provenance.__file__).parent), "rev-parse", "HEAD"]
    git = subprocess.run(command, capture_output=True, text=True, check=False)
    assert provenance.code_state()["commit"] == git.stdout.strip()


def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.delenv("HYPERVERDICT_COMMIT", raising=False)
    monkeypatch.setenv("PATH", "")
    assert provenance.code_state() == {"commit": "", "dirty": False}


def test_cuda_is_used_only_when_asked_for_and_given(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert provenance.choose_device("cpu") == "cpu"
    assert provenance.choose_device("cuda") == "cuda"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert provenance.choose_device("cuda") == "cuda"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert provenance.choose_device("cuda") == "cpu"
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert provenance.choose_device("cuda") == "cpu"


def test_hardware_names_the_processor():
    hardware = provenance.hardware("cpu")
    assert hardware["cpu"]
    assert hardware["cores"] >= 1
    assert hardware["gpu"] == ""
