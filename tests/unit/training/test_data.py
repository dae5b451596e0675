from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hyperverdict.errors import UserError
from hyperverdict.training import sources
from hyperverdict.training.data import check_prepared, prepare, read_arrays
from hyperverdict.training.dataset import load
from hyperverdict.vocabulary.datasets import DATASETS


def test_digits_have_the_sizes_that_are_known_before_reading(digits):
    facts = check_prepared(digits)
    assert tuple(facts["sizes"].values()) == DATASETS["digits"].sizes()
    for classes in [(0, 1), (3, 5, 8)]:
        chosen = load(digits, classes)
        found = tuple(len(part) for part in (chosen.train, chosen.validation, chosen.test))
        assert found == DATASETS["digits"].sizes(classes)


def test_the_split_never_changes(digits):
    facts = check_prepared(digits)
    assert facts["checksum"].startswith("b4ea0482f09d13cacd4823ca536b7a12")


def test_the_parts_hold_every_image_once(digits):
    _, images, labels = read_arrays(digits)
    published = sources.read_published("digits", Path())
    ours = sorted(image.tobytes() for image in images)
    assert ours == sorted(image.tobytes() for image in published.train.images)
    assert np.bincount(labels).tolist() == list(DATASETS["digits"].class_counts)


def test_preparing_twice_gives_identical_files(digits, tmp_path):
    prepare("digits", tmp_path, tmp_path / "again")
    for name in ("images.npy", "labels.npy", "facts.json"):
        assert (tmp_path / "again" / name).read_bytes() == (digits / name).read_bytes()


def test_normalisation_is_of_the_training_part(digits):
    loaded = load(digits)
    images = loaded.normalise(loaded.train.images)
    assert images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.std().item() == pytest.approx(1, abs=1e-3)
    assert loaded.train.images.dtype.is_floating_point is False


def test_a_prefix_of_the_training_part_is_a_random_subset(digits):
    kept = load(digits, train_samples=200)
    assert len(kept.train) == 200
    assert (kept.train.labels == load(digits).train.labels[:200]).all()
    assert kept.train.labels.bincount().min() >= 10
    assert len(kept.validation) == DATASETS["digits"].sizes()[1]


def test_chosen_classes_are_relabelled_in_order(digits):
    everything, chosen = load(digits), load(digits, (3, 8), 50)
    assert chosen.classes == 2
    assert len(chosen.train) == 50
    rows = [i for i, label in enumerate(everything.train.labels) if label in (3, 8)][:50]
    assert (chosen.train.images == everything.train.images[rows]).all()
    expected = [{3: 0, 8: 1}[int(everything.train.labels[row])] for row in rows]
    assert chosen.train.labels.tolist() == expected


def test_a_class_that_is_not_there_is_refused(digits):
    with pytest.raises(UserError, match=r"classes: \[12\].*allowed: 0 to 9"):
        load(digits, (1, 12))


@pytest.mark.parametrize("name", ["images.npy", "labels.npy"])
def test_a_truncated_or_changed_file_is_named(digits, tmp_path, name):
    folder = tmp_path / "digits"
    shutil.copytree(digits, folder)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    check_prepared(folder)  # as long as it should be
    with pytest.raises(
        UserError, match=rf"{name} does not match its checksum.*it is prepared again"
    ):
        load(folder)
    (folder / name).write_bytes(content[:-10])
    with pytest.raises(UserError, match=rf"{name} is truncated"):
        check_prepared(folder)
    (folder / name).unlink()
    with pytest.raises(UserError, match=rf"{name} is missing"):
        check_prepared(folder)


def test_missing_facts_are_named(tmp_path):
    with pytest.raises(UserError, match=r"facts\.json is missing"):
        check_prepared(tmp_path)


def fake_fashion_mnist(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Four small idx files, zipped, whose checksums are taken for the right ones."""
    folder.mkdir(parents=True)
    contents = {}
    for name in sources.FASHION_MNIST_MD5:
        count = 60 if name.startswith("train") else 20
        labels = np.arange(count, dtype=np.uint8) % 10
        is_images = "images" in name
        shape = (count, 28, 28) if is_images else (count,)
        values = np.broadcast_to(labels[:, None, None], shape) if is_images else labels
        header = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()
        contents[name] = header + values.tobytes()
        (folder / f"{name}.gz").write_bytes(gzip.compress(contents[name]))
    md5 = {n: sources.hashlib.md5(c).hexdigest() for n, c in contents.items()}
    monkeypatch.setattr(sources, "FASHION_MNIST_MD5", md5)
    monkeypatch.setattr(sources, "DEBIAN_FOLDER", folder.parent / "nowhere")
    small = DATASETS["fashion_mnist"]
    replaced = type(small)("small", (6,) * 10, (2,) * 10, small.validation_share, 0.0, small.shape)
    monkeypatch.setitem(DATASETS, "fashion_mnist", replaced)
    return contents


@pytest.mark.parametrize("place", ["FashionMNIST/raw", "fashion-mnist"])
@pytest.mark.parametrize("zipped", [True, False])
def test_fashion_mnist_is_read_from_resources(tmp_path, monkeypatch, place, zipped):
    folder = tmp_path / place
    contents = fake_fashion_mnist(folder, monkeypatch)
    if not zipped:
        for name, content in contents.items():
            (folder / f"{name}.gz").unlink()
            (folder / name).write_bytes(content)
    facts = prepare("fashion_mnist", tmp_path, tmp_path / "out")
    assert facts["sizes"] == {"train": 50, "validation": 10, "test": 20}
    assert facts["source"] == "resources"
    loaded = load(tmp_path / "out")
    assert (loaded.train.images[:, 0, 0, 0] == loaded.train.labels).all()
    assert loaded.validation.labels.bincount().tolist() == [1] * 10


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "truncated or not a gzip file"),
        (lambda path: path.write_bytes(b"no archive"), "truncated or not a gzip file"),
        (lambda path: path.write_bytes(gzip.compress(b"other")), "wrong checksum"),
        (lambda path: path.unlink(), "holds no t10k-labels-idx1-ubyte"),
    ],
)
def test_a_damaged_idx_file_is_one_clear_message(tmp_path, monkeypatch, damage, message):
    folder = tmp_path / "fashion-mnist"
    fake_fashion_mnist(folder, monkeypatch)
    damage(folder / "t10k-labels-idx1-ubyte.gz")
    with pytest.raises(UserError, match=message) as caught:
        prepare("fashion_mnist", tmp_path, tmp_path / "out")
    assert "t10k-labels-idx1-ubyte" in str(caught.value)
    assert not (tmp_path / "out" / "facts.json").exists()


def test_without_any_source_the_three_ways_are_named(tmp_path, monkeypatch):
    def no_network(*arguments: object, **keywords: object) -> None:
        raise RuntimeError("no network here")

    monkeypatch.setattr(sources, "DEBIAN_FOLDER", tmp_path / "nowhere")
    monkeypatch.setattr(sources, "_torchvision_set", no_network)
    with pytest.raises(UserError) as caught:
        prepare("fashion_mnist", tmp_path, tmp_path / "out")
    for way in ("fashion-mnist/", "apt-get install dataset-fashion-mnist", "no network here"):
        assert way in str(caught.value)
    with pytest.raises(UserError, match=r"CIFAR10 could not be read.*no network here"):
        prepare("cifar10", tmp_path, tmp_path / "out")


def test_mnist_is_read_by_torchvision_from_resources(tmp_path, monkeypatch):
    small = DATASETS["mnist"]
    counts = type(small)("small", (6,) * 10, (2,) * 10, 1 / 6, 0.0, small.shape)
    monkeypatch.setitem(DATASETS, "mnist", counts)
    # torchvision reads the same four file names and format as Fashion-MNIST's.
    raw = tmp_path / "MNIST" / "raw"
    for name, content in fake_fashion_mnist(tmp_path / "fashion-mnist", monkeypatch).items():
        raw.mkdir(parents=True, exist_ok=True)
        (raw / name).write_bytes(content)
    facts = prepare("mnist", tmp_path, tmp_path / "out")
    assert facts["sizes"] == {"train": 50, "validation": 10, "test": 20}
    assert facts["shape"] == [1, 28, 28]
    loaded = load(tmp_path / "out")
    assert (loaded.train.images[:, 0, 5, 5] == loaded.train.labels).all()
    damaged = raw / "train-images-idx3-ubyte"
    damaged.write_bytes(damaged.read_bytes()[:-5])
    with pytest.raises(UserError, match="torchvision's MNIST could not be read"):
        prepare("mnist", tmp_path, tmp_path / "again")


def test_cifars_channels_come_first():
    class Cifar:
        data = np.arange(2 * 32 * 32 * 3, dtype=np.uint8).reshape(2, 32, 32, 3)
        targets = (3, 1)

    part = sources._as_part(Cifar)
    assert part.images.shape == (2, 3, 32, 32)
    assert (part.images[1, 2] == Cifar.data[1, :, :, 2]).all()
    assert part.labels.tolist() == [3, 1]


def test_another_number_of_images_is_refused(tmp_path, monkeypatch):
    fake_fashion_mnist(tmp_path / "fashion-mnist", monkeypatch)
    small = DATASETS["fashion_mnist"]
    counts = type(small)("small", (7,) * 10, (2,) * 10, 1 / 6, 0.0, small.shape)
    monkeypatch.setitem(DATASETS, "fashion_mnist", counts)
    with pytest.raises(UserError, match=r"training part holds 60 images.*expected 70"):
        prepare("fashion_mnist", tmp_path, tmp_path / "out")


def test_an_unknown_data_set_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(UserError, match="did you mean 'fashion_mnist'"):
        prepare("fashion_mist", tmp_path, tmp_path / "out")


@pytest.mark.skipif(
    not sources.DEBIAN_FOLDER.is_dir() and not os.environ.get("CI"),
    reason="Debian's dataset-fashion-mnist is not installed (in CI it must be)",
)
def test_the_real_fashion_mnist_has_the_known_sizes(tmp_path):
    facts = prepare("fashion_mnist", tmp_path, tmp_path / "out")
    assert tuple(facts["sizes"].values()) == DATASETS["fashion_mnist"].sizes()
    assert facts["checksum"].startswith("e49c1bc88d4c2cd01a1f9314d8a8865a")
    _, _, labels = read_arrays(tmp_path / "out")
    assert np.bincount(labels[50_000:60_000]).tolist() == [1000] * 10


USERS_MODULE = """
import numpy as np

def blobs():
    random = np.random.default_rng(0)
    def part(count):
        labels = np.arange(count) % 3
        return random.normal(labels[:, None] * 4.0, 1, (count, 5)), labels
    return {"train": part(90), "validation": part(30), "test": part(33)}

def wrong():
    return {"train": (np.zeros((3, 2)), np.zeros(3, int)), "validation": None, "test": None}

def lacking():
    return {"train": None}
"""


@pytest.fixture
def users_module(tmp_path, monkeypatch):
    (tmp_path / "users_data.py").write_text(USERS_MODULE)
    monkeypatch.chdir(tmp_path)
    return "users_data"


def test_a_users_own_data_set(users_module, tmp_path):
    facts = prepare(f"{users_module}:blobs", tmp_path, tmp_path / "out")
    assert facts["sizes"] == {"train": 90, "validation": 30, "test": 33}
    assert facts["classes"] == 3
    assert len(facts["mean"]) == 5
    loaded = load(tmp_path / "out")
    before = loaded.train.images.clone()
    loaded.normalise(loaded.train.images)
    assert (loaded.train.images == before).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("users_data:wrong", "validation: must be a pair"),
        ("users_data:lacking", "train: must be a pair"),
        ("users_data:blob", "did you mean 'blobs'"),
        ("no_such_module:blobs", "module 'no_such_module' is neither in"),
    ],
)
def test_a_wrong_callable_is_one_clear_message(users_module, tmp_path, name, message):
    with pytest.raises(UserError, match=message):
        prepare(name, tmp_path, tmp_path / "out")
