"""Data sets of the user's own, from a function, a folder or an .npz file to prepared data."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hyperverdict.errors import UserError
from hyperverdict.training.data import prepare
from hyperverdict.training.dataset import load
from hyperverdict.training.own_data import made_from
from hyperverdict.vocabulary.users import Users
from PIL import Image

MODULE = """
import numpy as np
import own_helpers

def images(n, classes=2):
    labels = np.arange(n) % classes
    return own_helpers.pixels(n, labels), labels

def pair(*, noise=0.0, size=3): return images(20)
def whole(): return {"train": images(20), "validation": images(6), "test": images(8)}
def with_test(): return {"train": images(20), "test": images(8)}
def with_val(): return {"train": images(20), "val": images(6)}
def only_train(): return {"train": images(20)}
def three(): return images(20), images(4), images(4)
def nothing(): pass
def other_key(): return {"train": images(20), "tests": images(4)}
def twice(): return {"train": images(20), "val": images(4), "validation": images(4)}
def no_train(): return {"test": images(4)}
def tiny(): return images(4)
def fails():
    return own_helpers.broken()
def exits(): raise SystemExit("no more")
def last(): return {"train": (np.zeros((20, 8, 8, 3)), np.arange(20) % 2)}
def arguments(*, noise=0.0, flag=True):
    labels = np.arange(20) % 2
    return np.full((20, 2), noise + flag) + labels[:, None], labels
"""
HELPERS = """
def pixels(n, labels):
    import numpy as np
    return np.repeat(labels, 16).reshape(n, 4, 4).astype(np.uint8)

def broken():
    return {}["missing"]
"""


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Prepares a data set beside which the modules lie."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_sets.py").write_text(MODULE)
    (tmp_path / "own_helpers.py").write_text(HELPERS)
    for name in ("own_sets", "own_helpers"):
        sys.modules.pop(name, None)

    def make(name, **data_sets):
        return prepare(name, tmp_path, tmp_path / "out", Users((tmp_path,), data_sets))

    return make


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("whole", (20, 6, 8)),
        ("pair", (12, 4, 4)),
        ("only_train", (12, 4, 4)),
        ("with_test", (16, 4, 8)),
        ("with_val", (16, 6, 4)),
    ],
)
def test_parts_that_are_missing_are_taken_from_the_training_part(make, tmp_path, name, sizes):
    facts = make(f"own_sets:{name}")
    assert tuple(facts["sizes"].values()) == sizes
    counts = facts["class_counts"]
    assert {part: sum(of) for part, of in counts.items()} == facts["sizes"]
    assert counts["train"][0] == counts["train"][1]
    assert counts["validation"][0] == counts["validation"][1]
    loaded = load(tmp_path / "out")
    assert (loaded.train.images[:, 0, 0, 0] == loaded.train.labels).all()
    assert (loaded.test.images[:, 0, 0, 0] == loaded.test.labels).all()


def test_a_split_never_changes(make):
    assert make("own_sets:pair")["checksum"].startswith("0b0727da")
    assert make("own_sets:whole")["checksum"].startswith("d460fbe9")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("three", r"returned tuple; it must return a dict .* or a pair"),
        ("nothing", "returned NoneType; it must return a dict"),
        ("other_key", "the key 'tests'; did you mean 'test'"),
        ("twice", "the key 'validation'; validation is there already"),
        ("no_train", "a dict without train"),
        ("tiny", "the validation part gets no image: no class has enough"),
        ("fails", r"own_helpers.py, line 7: KeyError: 'missing'"),
        ("exits", r"own_sets.py, line 22: SystemExit: exit no more"),
        ("last", r"train: images are 20 x 8 x 8 x 3.*transpose"),
    ],
)
def test_what_a_function_returns_wrongly_is_one_message(make, name, message):
    with pytest.raises(UserError, match=f"data set 'own_sets:{name}'.*{message}"):
        make(f"own_sets:{name}")


def test_a_function_is_called_with_its_arguments(make, tmp_path):
    make("own_sets:arguments~flag~false~noise~5")
    assert load(tmp_path / "out").train.images.max() == 6
    make("mine~flag~false", mine={"call": "own_sets:arguments", "noise": 7})
    assert load(tmp_path / "out").train.images.max() == 8


def test_a_module_that_fails_on_import_is_one_message(make, tmp_path):
    (tmp_path / "own_helpers.py").write_text("x = 1\n1 / 0\n")
    with pytest.raises(UserError, match=r"own_helpers.py, line 2: ZeroDivisionError: division"):
        make("own_sets:pair")
    (tmp_path / "own_helpers.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(UserError, match=r"own_helpers.py, line 2: "):
        make("own_sets:pair")
    (tmp_path / "own_helpers.py").write_text("import no_such_module_here")
    with pytest.raises(UserError, match=r"own_helpers.py, line 1: ModuleNotFoundError: No module"):
        make("own_sets:pair")


# --- npz ---


def images(n):
    return np.repeat(np.arange(n) % 2, 16).reshape(n, 4, 4).astype(np.uint8)


def labels(n):
    return np.arange(n) % 2


@pytest.mark.parametrize(
    ("arrays", "sizes"),
    [
        ({"x": images(20), "y": labels(20)}, (12, 4, 4)),
        ({"X": images(20), "y": labels(20)}, (12, 4, 4)),
        ({"images": images(20), "labels": labels(20)}, (12, 4, 4)),
        (
            {"x_train": images(20), "y_train": labels(20), "x_test": images(8), "y_test": labels(8)},
            (16, 4, 8),
        ),
        (
            {"train_images": images(20), "train_labels": labels(20), "val_images": images(6),
             "val_labels": labels(6), "test_images": images(8), "test_labels": labels(8)},
            (20, 6, 8),
        ),
    ],
)  # fmt: skip
def test_an_npz_file(make, arrays, sizes):
    np.savez("data.npz", **arrays)
    facts = make("mine", mine={"npz": "data.npz"})
    assert tuple(facts["sizes"].values()) == sizes
    assert facts["source"].endswith("data.npz")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": images(20)}, "needs both x and y"),
        ({"x_train": images(20)}, "needs both x_train and y_train"),
        ({"x_test": images(8), "y_test": labels(8)}, "needs both x_train and y_train"),
        ({"a": images(20), "b": labels(20)}, "holds an array 'a'; arrays must be named x and y"),
        ({"x": images(20), "images": images(20), "y": labels(20)}, "holds an array 'images'"),
        ({"x": images(20), "y": labels(20), "x_test": images(8), "y_test": labels(8)}, "x beside test"),
        ({"x": np.array([{}] * 20), "y": labels(20)}, "holds Python objects"),
        ({"x": images(20), "y": labels(20) + 1}, "use labels - 1"),
    ],
)  # fmt: skip
def test_a_wrong_npz_file_is_one_message(make, arrays, message):
    np.savez("data.npz", **arrays)
    with pytest.raises(UserError, match=f"data set 'mine'.*{message}"):
        make("mine", mine={"npz": "data.npz"})


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04cut"])
def test_a_file_that_is_no_npz_is_named(make, content):
    Path("data.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"data.npz is no .npz file of arrays"):
        make("mine", mine={"npz": "data.npz"})
    with pytest.raises(UserError, match=r"gone.npz does not exist"):
        make("mine", mine={"npz": "gone.npz"})
    np.save("one.npy", images(4))
    with pytest.raises(UserError, match=r"one.npy is no .npz"):
        make("mine", mine={"npz": "one.npy"})


# --- a folder of images ---


def test_a_folder_of_images(make):
    for name in ("cat", "dog"):
        Path("pets", name).mkdir(parents=True)
        for number in range(10):
            Image.new("L", (4, 6), number).save(f"pets/{name}/{number}.png")
    facts = make("mine", mine={"folder": "pets", "size": 3})
    assert tuple(facts["sizes"].values()) == (12, 4, 4)
    assert (facts["shape"], facts["class_names"]) == ([1, 3, 3], ["cat", "dog"])
    with pytest.raises(UserError, match=r"data set .mine.: folder .*other does not exist"):
        make("mine", mine={"folder": "other"})


# --- what a copy was made from ---


def test_a_copy_tells_what_it_was_made_from(make, tmp_path):
    users = Users((tmp_path,), {"mine": {"npz": "a.npz"}, "pets": {"folder": "pets"}})
    np.savez("a.npz", x=images(20), y=labels(20))
    facts = make("own_sets:pair", **users.data_sets)
    assert facts["made_from"] == made_from("own_sets:pair", users)
    assert "made_from" not in prepare("digits", tmp_path, tmp_path / "digits")
    names = ("own_sets:pair", "own_sets:pair~noise~1", "mine")
    before = [made_from(name, users) for name in names]
    assert len(set(before)) == 3
    helpers = tmp_path / "own_helpers.py"
    helpers.write_text(helpers.read_text() + "# changed\n")
    np.savez("a.npz", x=images(22), y=labels(22))
    after = [made_from(name, users) for name in names]
    assert not set(before) & set(after)
    assert made_from("digits", users) == ""
    json.dumps(facts)
