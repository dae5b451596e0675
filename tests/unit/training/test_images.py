"""A folder of images as data: what is read how, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hyperverdict.errors import UserError
from hyperverdict.training import images as module
from hyperverdict.training.images import fingerprint, list_images, read_images
from PIL import Image


def save(file: Path, value=0, size=(4, 6), mode="L", **options) -> None:
    """An image of one colour, `size` is width and height."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(file, **options)


@pytest.fixture
def pets(tmp_path) -> Path:
    for number in range(3):
        save(tmp_path / f"pets/cat/{number}.png", 10 + number)
        save(tmp_path / f"pets/dog/{number}.jpg", 200)
    return tmp_path / "pets"


def test_one_folder_for_each_class(pets):
    parts, classes = read_images(pets)
    assert classes == ("cat", "dog")
    assert list(parts) == [""]
    images, labels = parts[""].images, parts[""].labels
    assert (images.shape, images.dtype) == ((6, 1, 6, 4), np.uint8)
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert images[:3, 0, 0, 0].tolist() == [10, 11, 12]


@pytest.mark.parametrize("validation", ["validation", "val"])
def test_folders_of_parts(tmp_path, validation):
    for part, values in (("train", "ab"), (validation, "b"), ("test", "ab")):
        for name in values:
            save(tmp_path / part / name / "1.png")
    parts, classes = read_images(tmp_path)
    assert classes == ("a", "b")
    assert {name: part.labels.tolist() for name, part in parts.items()} == {
        "train": [0, 1],
        "validation": [1],
        "test": [0, 1],
    }


def test_classes_are_sorted_by_number_where_all_are_numbers(tmp_path):
    for name in ("10", "9", "1"):
        save(tmp_path / f"numbers/{name}/x.png")
        save(tmp_path / f"words/{name}/x.png")
    save(tmp_path / "words/b/x.png")
    assert list_images(tmp_path / "numbers").classes == ("1", "9", "10")
    assert list_images(tmp_path / "words").classes == ("1", "10", "9", "b")


def test_colour_in_one_image_makes_all_coloured(pets):
    save(pets / "dog/colour.png", (1, 2, 3), mode="RGB")
    images = read_images(pets)[0][""].images
    assert images.shape == (7, 3, 6, 4)
    assert images[-1, :, 0, 0].tolist() == [1, 2, 3]
    assert images[0, :, 0, 0].tolist() == [10, 10, 10]


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [("RGBA", (1, 2, 3, 0), [1, 2, 3]), ("1", 1, [255]), ("LA", (7, 0), [7, 7, 7]), ("P", 0, [0, 0, 0])],
)  # fmt: skip
def test_other_modes(tmp_path, mode, value, expected):
    for name in "ab":
        save(tmp_path / name / "x.png", value, mode=mode)
    assert read_images(tmp_path)[0][""].images[0, :, 0, 0].tolist() == expected


def test_size_scales_the_shorter_side_and_keeps_the_middle(tmp_path):
    for name in "ab":
        file = tmp_path / name / "x.png"
        file.parent.mkdir()
        pixels = np.zeros((4, 8), np.uint8)
        pixels[:, 2:6] = 255  # the middle
        Image.fromarray(pixels).save(file)
    images = read_images(tmp_path, size=2)[0][""].images
    assert images.shape == (2, 1, 2, 2)
    assert (images > 200).all()


def test_a_rotated_photograph_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    for name in "ab":
        save(tmp_path / name / "x.jpg", exif=exif)
    assert read_images(tmp_path)[0][""].images.shape == (2, 1, 4, 6)


def test_hidden_files_and_litter_are_left_out(pets):
    for name in (".DS_Store", "cat/.hidden.png", "cat/Thumbs.db", "README.txt"):
        (pets / name).write_text("x")
    (pets / ".git").mkdir()
    assert len(read_images(pets)[0][""].labels) == 6


def remove(pets):
    for file in pets.glob("dog/*"):
        file.unlink()


def only_cats(pets):
    remove(pets)
    (pets / "dog").rmdir()


def loose(pets):
    only_cats(pets)
    for file in pets.glob("cat/*"):
        file.rename(pets / file.name)
    (pets / "cat").rmdir()


def cut(pets):
    file = pets / "cat/0.png"
    file.write_bytes(file.read_bytes()[:40])


def gif(pets):
    frames = [Image.new("L", (4, 6), value) for value in (0, 255)]
    frames[0].save(pets / "cat/x.gif", save_all=True, append_images=frames[1:])


def deep(pets):
    Image.fromarray(np.zeros((6, 4), np.uint16)).save(pets / "cat/x.png")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove, "dog holds no images; remove it, or add"),
        (only_cats, r"holds one class \(cat\); one folder for each of at least two"),
        (loose, "holds images, but no folders; one folder for each class"),
        (lambda p: save(p / "cat/a/x.png"), r"cat holds folders \(a\); the images of a class"),
        (lambda p: (p / "cat/notes.txt").write_text(""), "cat holds notes.txt, which is no image"),
        (lambda p: (p / "cat/0.png").write_text("x"), "cat/0.png cannot be read as an image"),
        (cut, "cat/0.png cannot be read as an image"),
        (lambda p: (p / "cat/0.png").write_bytes(b""), "cat/0.png cannot be read as an image"),
        (gif, "cat/x.gif holds several images"),
        (deep, "cat/x.png has more than 8 bits a channel"),
        (lambda p: save(p / "dog/x.png", size=(5, 6)), r"0.png is 4 x 6, .*x.png is 5 x 6; state one"),
        (lambda p: save(p / "train/cat/x.png"), r"holds parts \(train\) and also cat, dog"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_message(pets, change, message):
    change(pets)
    with pytest.raises(UserError, match=message):
        read_images(pets)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["train/a", "train/b", "test/c"], "class 'c' is in test/ and not in train/"),
        (["test/a", "test/b"], "holds test, and train/ is missing"),
        (["train/a", "train/b", "val/a", "validation/a"], "val/ and validation/; keep one"),
    ],
)
def test_parts_that_do_not_fit(tmp_path, files, message):
    for file in files:
        save(tmp_path / file / "x.png")
    with pytest.raises(UserError, match=message):
        list_images(tmp_path)


def test_a_missing_folder(tmp_path):
    with pytest.raises(UserError, match="nowhere does not exist"):
        list_images(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is no folder"):
        list_images(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty holds no folders"):
        list_images(tmp_path / "empty")


def test_all_broken_files_are_counted(pets):
    for file in pets.glob("*/*"):
        file.write_text("x")
    with pytest.raises(UserError, match=r"; and 3 more$"):
        read_images(pets)


def test_more_than_the_memory_is_refused_before_it_is_read(pets, monkeypatch):
    monkeypatch.setattr(module, "MAX_GIGABYTES", 1e-7)
    with pytest.raises(UserError, match=r"6 images of 4 x 6 take .* GB.*size: 32"):
        read_images(pets)


def test_the_fingerprint_changes_with_every_file(pets):
    before = list(fingerprint(pets))
    assert list(fingerprint(pets)) == before
    (pets / "cat/0.png").rename(pets / "cat/9.png")
    renamed = list(fingerprint(pets))
    save(pets / "cat/9.png", 99)
    assert len({tuple(before), tuple(renamed), tuple(fingerprint(pets))}) == 3
