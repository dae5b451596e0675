"""A file appears whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hyperverdict.runs.files import whole_file, why_unwritable, write_atomic

PACKAGE = Path(__file__).parents[3] / "workflow/hyperverdict"


def test_content_and_folders_are_written_and_nothing_else_is_left(tmp_path):
    file = tmp_path / "a" / "b" / "file.json"
    write_atomic(file, b"one")
    write_atomic(file, b"two")
    assert file.read_bytes() == b"two"
    assert list(file.parent.iterdir()) == [file]


def test_a_crash_before_the_end_leaves_the_old_content(tmp_path, monkeypatch):
    file = tmp_path / "file"
    write_atomic(file, b"old")

    def crash(_descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="no space"):
        write_atomic(file, b"new")
    assert file.read_bytes() == b"old"


def test_it_is_the_only_place_that_replaces_files():
    others = [
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if any(call in file.read_text() for call in ("os.replace(", "os.rename(", ".rename(Path"))
        or "temporary.replace(" in file.read_text()
        or "unfinished.replace(" in file.read_text()
    ]
    assert others == ["runs/files.py"]


def test_a_file_that_is_closed_inside_is_not_kept(tmp_path):
    file = tmp_path / "file"
    write_atomic(file, b"old")
    with whole_file(file) as content:
        content.write(b"new")
        content.close()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_may_only_be_read_is_named(tmp_path, monkeypatch):
    missing = tmp_path / "results" / "runs"
    assert why_unwritable(missing) == ""
    (tmp_path / "file").touch()
    assert why_unwritable(tmp_path / "file" / "runs") == f"{tmp_path / 'file'} is a file"
    monkeypatch.setattr(os, "access", lambda place, _: place != tmp_path)
    assert why_unwritable(missing) == f"{tmp_path} may only be read"
