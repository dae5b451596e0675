"""Images and labels of a user: what is taken, and the fix for what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hyperverdict.errors import UserError
from hyperverdict.training.arrays import checked_parts

GREY = np.zeros((6, 4, 4), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def check(images, labels=LABELS, **parts):
    return checked_parts({"train": (images, labels), **parts}, "data set 'x'")["train"]


@pytest.mark.parametrize(
    ("images", "shape", "dtype"),
    [
        (GREY, (6, 1, 4, 4), "uint8"),
        (np.zeros((6, 3, 4, 4), np.uint8), (6, 3, 4, 4), "uint8"),
        (np.zeros((6, 5)), (6, 5), "float32"),
        (np.zeros((6, 4, 4), np.float16), (6, 1, 4, 4), "float32"),
        (np.zeros((6, 2), np.int64), (6, 2), "float32"),
        (np.zeros((6, 2), bool), (6, 2), "uint8"),
        (torch.zeros(6, 2), (6, 2), "float32"),
        ([[0.5, 1]] * 6, (6, 2), "float32"),
        (np.zeros((6, 2, 4, 4)), (6, 2, 4, 4), "float32"),  # two channels
        (np.zeros((6, 3, 4, 3)), (6, 3, 4, 3), "float32"),  # three channels, three pixels wide
        (np.zeros((4, 4, 6)).T, (6, 1, 4, 4), "float32"),
    ],
)
def test_images_as_bytes_or_floats_channels_first(images, shape, dtype):
    part = check(images)
    assert (part.images.shape, part.images.dtype.name) == (shape, dtype)
    assert part.images.flags.c_contiguous
    assert part.labels.dtype == np.int64


def test_values_are_kept_as_they_are():
    images = np.arange(24, dtype=np.uint8).reshape(6, 4)
    assert (check(images).images == images).all()
    assert (check(images / 255).images == (images / 255).astype(np.float32)).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_last_are_refused_with_the_fix(channels):
    with pytest.raises(UserError, match=r"6 x 8 x 8 x .*images.transpose\(0, 3, 1, 2\)"):
        check(np.zeros((6, 8, 8, channels)))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.full((6, 2), np.nan), "12 values that are not finite"),
        (np.full((6, 2), 1e300), "12 values that are not finite"),
        (np.full((6, 2), "a"), "they must be numbers"),
        (np.full((6, 2), 1j), "images are complex128; they must be numbers"),
        ([[1, 2], [1]] * 3, "is no array|holds Python objects"),
        (np.array([None] * 12).reshape(6, 2), "holds Python objects"),
        (np.zeros(6), "images must be N x ..., got|images must be N x ... and labels N"),
        (np.zeros((5, 2)), "got 5 x 2 and 6"),
        (np.zeros((6, 0)), "holds no values"),
    ],
)
def test_images_that_cannot_be_trained_on(images, message):
    with pytest.raises(UserError, match=f"data set 'x', train.*({message})"):
        check(images)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS + 1, "labels are 1 to 3; they start at 0: use labels - 1"),
        (LABELS * 2, "no image has label 1, and the highest is 4.*np|numpy.unique"),
        (LABELS - 1, "the lowest is -1"),
        (LABELS.astype(float), r"float64; they must be whole numbers: use labels.astype\(int\)"),
        (LABELS + 0.5, "they name classes"),
        (np.eye(3)[LABELS], r"6 x 3, one column per class; use labels.argmax\(1\)"),
        (LABELS[:, None], r"6 x 1; use labels.ravel\(\)"),
        (np.array(list("abcabc")), "use numpy.unique"),
        (np.zeros(6, int), "all labels are 0; at least two classes"),
        (np.full(6, np.nan), "they must be whole numbers"),
        (LABELS[:5], "got 6 x 1 x 4|got 6 x 4 x 4 and 5"),
    ],
)
def test_labels_that_cannot_be_trained_on(labels, message):
    with pytest.raises(UserError, match=message):
        check(GREY, labels)


def test_true_and_false_are_two_classes():
    assert check(GREY, LABELS > 0).labels.tolist() == [0, 1, 1, 0, 1, 1]


@pytest.mark.parametrize("pair", [None, "ab", {"a": 1, "b": 2}, (GREY,), (GREY, LABELS, LABELS), 3])
def test_a_part_is_a_pair(pair):
    with pytest.raises(UserError, match=r"test: must be a pair \(images, labels\)"):
        check(GREY, test=pair)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ((np.zeros((6, 5, 4), np.uint8), LABELS), "one image is 1 x 5 x 4, and in train 1 x 4 x 4"),
        ((GREY / 255, LABELS), "images are float32, and in train uint8"),
        ((GREY, LABELS + 1), "label 3 is in no training image"),
        ((GREY[:0], LABELS[:0]), "with N above 0"),
    ],
)
def test_a_part_is_like_the_training_part(test, message):
    with pytest.raises(UserError, match=f"'x', test: .*{message}"):
        check(GREY, test=test)


def test_parts_of_another_scale_are_refused():
    images = np.linspace(0, 1, 96).reshape(6, 4, 4)
    check(images, test=(images * 2, LABELS))
    with pytest.raises(UserError, match="test: the largest value is 1, and in train 255"):
        check(images * 255, test=(images, LABELS))
    features = images.reshape(6, 16)  # features have no common scale
    check(features * 255, test=(features, LABELS))


def test_a_class_may_be_missing_in_the_other_parts():
    check(GREY, test=(GREY[:2], LABELS[:2]))
