"""What a run's code consists of, and what its checksum depends on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.training import code
from hyperverdict.training.code import code_checksum, files_of, listed_files


def write(folder: Path, **files: str) -> None:
    """Write modules; ``a__b`` is the file a/b.py, ``a__init`` a/__init__.py."""
    for name, text in files.items():
        path = folder / f"{name.replace('__init', '/__init__').replace('__', '/', 1)}.py"
        if name.endswith("__init"):
            path = folder / name.removesuffix("__init").replace("__", "/") / "__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import blocks", {"blocks.py"}),
        ("from blocks import conv", {"blocks.py"}),
        ("import parts.conv", {"parts/__init__.py", "parts/conv.py"}),
        ("from parts import conv", {"parts/__init__.py", "parts/conv.py"}),
        ("from parts.conv import Conv", {"parts/__init__.py", "parts/conv.py"}),
        ("def f():\n    import blocks", {"blocks.py"}),
        ("try:\n    import blocks\nexcept ImportError:\n    pass", {"blocks.py"}),
        ("import importlib\nimportlib.import_module('blocks')", {"blocks.py"}),
        ("__import__('blocks')", {"blocks.py"}),
        (
            "from parts.relative import x",
            {"parts/__init__.py", "parts/relative.py", "parts/conv.py"},
        ),
        ("from listed import *", {"listed/__init__.py", "listed/inner.py"}),
        ("import spread.inner", {"spread/inner.py"}),  # a namespace package has no file
        ("import numpy, json, missing_module\nfrom numpy import linalg", set()),
        ("import hyperverdict.errors", set()),
        ("from . import blocks", set()),  # there is no package around it
    ],
)
def test_files_of_a_module_are_it_and_what_it_imports_from_here(tmp_path, source, found):
    write(
        tmp_path,
        net=source,
        blocks="",
        parts__init="",
        parts__conv="",
        parts__relative="from . import conv\nfrom .. import blocks\nfrom .missing import y",
        listed__init="__all__ = ['inner']",
        listed__inner="",
        spread__inner="",
        unused="",
    )
    assert set(files_of("net", [tmp_path])) == {"net.py", *found}


def test_modules_that_import_each_other_are_read_once(tmp_path):
    write(tmp_path, a="import b", b="import a\nimport c", c="from a import x")
    assert list(files_of("a", [tmp_path])) == ["a.py", "b.py", "c.py"]


def test_a_module_of_a_nested_package_brings_the_packages_around_it(tmp_path):
    write(tmp_path, outer__init="import beside", beside="")
    (tmp_path / "outer/inner").mkdir()
    (tmp_path / "outer/inner/__init__.py").write_text("")
    (tmp_path / "outer/inner/net.py").write_text("from ...outer import deep\nfrom ..deep import x")
    (tmp_path / "outer/deep.py").write_text("")
    assert list(files_of("outer.inner.net", [tmp_path])) == [
        "beside.py",
        "outer/__init__.py",
        "outer/deep.py",
        "outer/inner/__init__.py",
        "outer/inner/net.py",
    ]


def test_the_first_folder_is_the_one_that_counts(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        write(folder, net=f"# {folder.name}\nimport blocks")
    write(second, blocks="")
    assert files_of("net", [first, second]) == {
        "blocks.py": second / "blocks.py",
        "net.py": first / "net.py",
    }


def test_no_module_is_imported(tmp_path):
    write(tmp_path, net="import parts.conv\nraise SystemExit", parts__init="raise SystemExit")
    write(tmp_path, parts__conv="raise SystemExit")
    assert len(files_of("net", [tmp_path])) == 3
    assert not {"net", "parts", "parts.conv"} & set(sys.modules)


@pytest.mark.parametrize(
    ("name", "meant"), [("my_models.py", "my_models"), ("src/nets.py", "src.nets")]
)
def test_a_file_is_no_module_and_the_module_is_named(tmp_path, name, meant):
    (tmp_path / "src").mkdir()
    for file in ("my_models.py", "src/nets.py"):
        (tmp_path / file).write_text("")
    with pytest.raises(UserError, match=f": write {meant}, as Python imports it"):
        files_of(name, (tmp_path,))
    with pytest.raises(UserError, match=r"'other.py' is neither in"):
        files_of("other.py", (tmp_path,))


def test_a_missing_module_is_refused_with_the_nearest(tmp_path):
    write(tmp_path, my_models="", parts__init="", parts__conv="")
    with pytest.raises(UserError, match=r"'my_model' is neither in .* did you mean 'my_models'"):
        files_of("my_model", [tmp_path])
    with pytest.raises(UserError, match="did you mean 'conv'"):
        files_of("parts.con", [tmp_path])
    with pytest.raises(UserError, match=r"nor installed$"):
        files_of("quite.different", [tmp_path])
    with pytest.raises(UserError, match="nor installed"):
        files_of("../evil", [tmp_path])


def test_a_syntax_error_is_one_message_with_its_line(tmp_path):
    write(tmp_path, net="import broken", broken="x = 1\ndef f(:\n")
    with pytest.raises(UserError, match=r"broken.py, line 2: "):
        files_of("net", [tmp_path])
    (tmp_path / "net.py").write_bytes(b"\x00\x01")
    with pytest.raises(UserError, match=r"net.py"):
        files_of("net", [tmp_path])


def test_an_installed_module_has_no_files_of_the_users(tmp_path):
    assert files_of("numpy.linalg", [tmp_path]) == {}


# --- files that a study lists ----------------------------------------------------------------------


def test_listed_folders_hold_all_files_but_caches_and_hidden_ones(tmp_path):
    for name in ("train.py", "lib/a.py", "lib/deep/b.txt", "lib/.hidden", "lib/.git/config",
                 "lib/__pycache__/a.pyc", "lib/c.pyc"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    expected = ["lib/a.py", "lib/deep/b.txt", "train.py"]
    assert list(listed_files(["train.py", "./lib/"], tmp_path)) == expected
    assert list(listed_files(["."], tmp_path)) == expected


def test_what_the_workflow_writes_is_no_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("train.py", "results/runs/a", "resources/b", "logs/c", "lib/results/d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert list(listed_files(["."], tmp_path)) == ["lib/results/d", "train.py"]


def test_links_are_followed_once(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/a.py").write_text("a")
    (tmp_path / "lib/again").symlink_to(tmp_path / "lib")
    (tmp_path / "elsewhere.py").write_text("b")
    (tmp_path / "lib/link.py").symlink_to(tmp_path / "elsewhere.py")
    files = listed_files(["lib"], tmp_path)
    assert list(files) == ["lib/a.py", "lib/link.py"]
    before = code_checksum(files)
    (tmp_path / "elsewhere.py").write_text("c")
    assert code_checksum(files) != before


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("trian.py", "trian.py does not exist"),
        ("broken", "is a broken link"),
        ("empty", "the folder empty holds no files"),
    ],
)
def test_what_cannot_be_code_is_refused(tmp_path, entry, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=message):
        listed_files([entry], tmp_path)


def test_data_are_no_code(tmp_path, monkeypatch):
    (tmp_path / "big").write_bytes(b"x" * 3000)
    monkeypatch.setattr(code, "MAX_FILE_MB", 0.001)
    with pytest.raises(UserError, match=r"big has .* MB.* name data under `data:`"):
        code_checksum(listed_files(["big"], tmp_path))
    monkeypatch.setattr(code, "MAX_FILES", 1)
    (tmp_path / "small").write_bytes(b"")
    with pytest.raises(UserError, match=r"more than 1 files.*`data:`"):
        listed_files(["."], tmp_path)


# --- the checksum ----------------------------------------------------------------------------------


def test_the_checksum_never_changes_for_the_same_code(tmp_path):
    write(tmp_path, a="x = 1\n", b="")
    files = {"a.py": tmp_path / "a.py", "lib/b.py": tmp_path / "b.py"}
    golden = "a1d87e6a"
    assert code_checksum(files, "python a.py")[:8] == golden
    assert code_checksum(dict(reversed(files.items())), "python a.py")[:8] == golden


def test_the_checksum_depends_on_names_contents_and_further_text(tmp_path):
    write(tmp_path, a="x", b="y")
    a, b = tmp_path / "a.py", tmp_path / "b.py"
    sums = [
        code_checksum(files, extra)
        for files, extra in (
            ({"a": a}, ""), ({"a": b}, ""), ({"b": a}, ""), ({"a": a, "b": b}, ""), ({"a": a}, "z"),
            ({}, ""),
        )
    ]  # fmt: skip
    assert len(set(sums)) == len(sums)


def test_the_checksum_depends_on_no_place_time_or_line_end(tmp_path):
    for folder, text in (("one", b"x\ny\n"), ("two", b"x\r\ny\r\n"), ("three", b"x\0\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.py").write_bytes(text)
    os.utime(tmp_path / "two/net.py", (1, 1))
    one, two, three = (
        code_checksum({"net.py": tmp_path / folder / "net.py"})
        for folder in ("one", "two", "three")
    )
    assert one == two != three
    (tmp_path / "three/net.py").write_bytes(b"x\0\r\n")  # no text: every byte counts
    assert code_checksum({"net.py": tmp_path / "three/net.py"}) != three


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"gone.py is missing"):
        code_checksum({"gone.py": tmp_path / "gone.py"})
    with pytest.raises(UserError, match="no regular file"):
        code_checksum({"lib": tmp_path})


def test_reading_code_loads_nothing_heavy():
    program = (
        "import sys; import hyperverdict.training.code; "
        "print([m for m in ('torch', 'numpy', 'pyarrow', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
