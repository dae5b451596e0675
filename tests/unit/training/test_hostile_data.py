"""Data of the user's own that cannot be trained on, and code that does what no function should."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from hyperverdict import apart
from hyperverdict.apart import prepare_apart
from hyperverdict.errors import UserError
from hyperverdict.training import own_data
from hyperverdict.training.data import prepare
from hyperverdict.vocabulary.users import Users

HEAD = """
import os, signal, sys, time
import numpy as np
N = 40
x = np.zeros((N, 1, 4, 4), np.float32) + np.arange(N)[:, None, None, None]
y = np.arange(N) % 2
class Odd:
    def __len__(self): return 2
    def __iter__(self): raise RuntimeError("odd")
class Leaves:
    def __array__(self, *args, **kwargs): sys.exit(4)
def load():
"""
REFUSED = {
    "return x, np.where(np.arange(N) == 3, 10**6, y)": "no image has label 2",
    "return x, np.where(np.arange(N) == 3, 2**62, y)": "no image has label 2",
    "return x, y.astype(np.uint64) + np.uint64(2**63)": "the highest label is 9223372036854775809",
    "return np.zeros((300_000, 1)), np.arange(300_000)": "name 300,000 classes; at most 100,000",
    "return np.zeros((300_000, 1)), np.arange(300_000) * 2": "name 300,000 classes",
    "return x, y - 1": "the lowest is -1",
    "return x, y + 0.5": "they must be whole numbers",
    "return x, y * np.nan": "they must be whole numbers",
    "return x, y * 0": "at least two classes are needed",
    "return x, y[:-1]": "got 40 x 1 x 4 x 4 and 39",
    "return x * np.nan, y": "not finite",
    "return x[:0], y[:0]": "N above 0",
    "return np.zeros((N, 0)), y": "holds no values",
    "return {'train': (x, y), 'test': (x[:, :, 1:], y)}": "one image is 1 x 3 x 4, and in train",
    "return {'train': (x, y), 'test': (x[:0], y[:0])}": "test: images must be N x",
    "return {'train': (x, y), 'test': None}": "test: must be a pair",
    "return {'train': Odd()}": "RuntimeError: odd",
    "return Leaves(), y": "SystemExit: exit 4",
    "return 3": "returned int",
    "raise BaseException('x')": "line 13: BaseException: x",
    "raise GeneratorExit": "GeneratorExit",
    "exit()": "SystemExit: exit",
    "return load()": "RecursionError",
}
ENDS = {
    "os._exit(0)": "ended with exit code 0; see",
    "os._exit(3)": "ended with exit code 3; see",
    "os.kill(os.getpid(), signal.SIGKILL)": "was ended by SIGKILL, as where memory runs out; see",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "return np.zeros((10**6, 10**7)), y": "MemoryError",
}
# Which image is where in prepared data of 40 images in 4 classes.
EARLIER = [
    37, 1, 29, 32, 10, 31, 27, 7, 14, 24, 17, 39, 34, 8, 38, 21, 9, 36, 30, 19,
    3, 6, 12, 16, 5, 4, 22, 2, 13, 23, 28, 11, 35, 15, 20, 18, 26, 0, 33, 25,
]  # fmt: skip


@pytest.fixture
def users(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    return Users((folder,), prepared=tmp_path / "resources/prepared")


def write(users, module, body):
    (users.folders[0] / f"{module}.py").write_text(f"{HEAD}    {body}\n")
    return f"{module}:load"


@pytest.mark.parametrize("body", REFUSED)
def test_what_cannot_be_trained_on_is_one_message(users, body):
    name = write(users, f"hostile_{list(REFUSED).index(body)}", body)
    with pytest.raises(UserError, match=r"^data set 'hostile_") as refused:
        prepare(name, users.prepared, users.prepared / name, users)
    assert REFUSED[body] in str(refused.value)
    assert not (users.prepared / name / "facts.json").exists()


@pytest.mark.parametrize("body", ENDS)
def test_a_function_that_ends_its_process_ends_only_that(users, body):
    name = write(users, "hostile_end", body)
    with pytest.raises(UserError) as refused:
        prepare_apart(name, users)
    assert ENDS[body] in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_a_function_that_never_ends_is_stopped(users):
    name = write(users, "hostile_sleep", "time.sleep(600)")
    with pytest.raises(UserError, match=r"took longer than 0.05 minutes and was stopped; see"):
        prepare_apart(name, users, minutes=0.05)
    assert apart.DATA_MINUTES > 30


FORKS = """
if os.fork() == 0:
    os.setsid()
    with open("pid.new", "w") as file:
        print(os.getpid(), file=file)
    os.rename("pid.new", "pid")
    time.sleep(600)
    os._exit(0)
while not os.path.exists("pid"):
    time.sleep(0.01)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the kernel of Linux")
@pytest.mark.parametrize("end", ["return x, y", "os._exit(0)", "time.sleep(600)"])
def test_what_a_function_has_forked_ends_with_its_preparation(users, monkeypatch, end):
    monkeypatch.chdir(users.folders[0])
    body = textwrap.indent(FORKS + end, "    ").strip()
    name = write(users, "hostile_forks", body)
    for minutes in (0.1, 0.5, 2) if "sleep" in end else (2,):
        with contextlib.suppress(UserError):
            prepare_apart(name, users, minutes=minutes)
        if (users.folders[0] / "pid").exists():
            break
    pid = int((users.folders[0] / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_every_image_its_own_class_is_split_without_looking_at_all_images_for_each(users):
    name = write(users, "hostile_many", "return np.zeros((90_000, 1)), np.arange(90_000)")
    with pytest.raises(UserError, match="the validation part gets no image"):
        prepare(name, users.prepared, users.prepared / name, users)


def test_an_npz_file_that_unpacks_to_more_than_memory_holds_is_not_unpacked(users, monkeypatch):
    file = users.folders[0] / "bomb.npz"
    np.savez_compressed(file, x=np.zeros((1000, 1000), np.uint8), y=np.arange(1000) % 2)
    assert file.stat().st_size < 10_000
    bomb = Users(users.folders, {"bomb": {"npz": "bomb.npz"}}, prepared=users.prepared)
    monkeypatch.setattr(own_data, "MAX_NPZ_GIGABYTES", 0.0005)
    with pytest.raises(UserError, match=r"the arrays of .*bomb.npz take .* GB; at most"):
        prepare("bomb", users.prepared, users.prepared / "bomb", bomb)


def test_an_npz_file_whose_header_lies_is_refused(users):
    file = users.folders[0] / "lies.npz"
    np.savez(file, x=np.zeros((4, 2)), y=np.arange(4) % 2)
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["x.npy"] = parts["x.npy"].replace(b"(4, 2)", b"(4000000000, 2)".ljust(6))[: 10**6]
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    lying = Users(users.folders, {"lies": {"npz": "lies.npz"}}, prepared=users.prepared)
    with pytest.raises(UserError, match=r"data set 'lies': .*lies.npz"):
        prepare("lies", users.prepared, users.prepared / "lies", lying)


def test_the_split_is_that_of_earlier_versions(users):
    """Its rows are part of every checksum of data."""
    name = write(users, "hostile_same", "return x, np.arange(N) % 4")
    prepare(name, users.prepared, users.prepared / name, users)
    facts = json.loads((users.prepared / name / "facts.json").read_text())
    images = np.load(users.prepared / name / "images.npy")[:, 0, 0, 0].astype(int).tolist()
    assert facts["sizes"] == {"train": 24, "validation": 8, "test": 8}
    assert images == EARLIER
