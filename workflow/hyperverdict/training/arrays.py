"""Images and labels that come from a user: checked, with the fix in each message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hyperverdict.errors import UserError
from hyperverdict.vocabulary.datasets import PARTS

Array = npt.NDArray[Any]

# Numbers of channels by which a last axis is known to be one: grey, colour, colour and alpha.
_CHANNELS = (1, 3, 4)
# Where the values of one part end at 1 and those of another go beyond this, their scales differ.
_OTHER_SCALE = 20
# The most classes that a data set may have: more are numbers that are no classes.
MAX_CLASSES = 100_000


@dataclass(frozen=True)
class Part:
    """Images [N x C x H x W, or N x features] as uint8 or float32, and labels [N] as int64."""

    images: Array
    labels: Array


def checked_parts(given: Mapping[str, Any], where: str) -> dict[str, Part]:
    """Parts of a data set as arrays that can be trained on.

    Args:
        given: part -> (images, labels); "train" and perhaps the others.
        where: names the data set in messages.

    Raises UserError for what cannot be trained on, naming the part and the fix.
    """
    parts = {
        name: _checked_part(given[name], f"{where}, {name}") for name in PARTS if name in given
    }
    train = parts["train"]
    for name, part in parts.items():
        _check_like_train(part, train, f"{where}, {name}")
    _check_classes(train.labels, f"{where}, train")
    return parts


def _checked_part(pair: Any, where: str) -> Part:
    if isinstance(pair, str | Mapping) or not hasattr(pair, "__len__") or len(pair) != 2:
        raise UserError(f"{where}: must be a pair (images, labels)")
    images, labels = (_array(value, f"{where}, {w}") for value, w in zip(pair, _TWO, strict=True))
    if images.ndim < 2 or labels.shape[:1] != images.shape[:1] or not len(images):
        raise UserError(
            f"{where}: images must be N x ... and labels N with N above 0, got {_shape(images)} "
            f"and {_shape(labels)}"
        )
    return Part(_checked_images(images, where), _checked_labels(labels, where))


_TWO = ("images", "labels")


def _array(value: Any, where: str) -> Array:
    try:
        array = np.asarray(value)
    except Exception as error:
        raise UserError(
            f"{where}: is no array ({type(error).__name__}: {error}); give numpy arrays, such as "
            "tensor.cpu().numpy()"
        ) from None
    if array.dtype == object:
        raise UserError(
            f"{where}: holds Python objects, such as lists of unequal lengths; give one array of "
            "numbers"
        )
    return array


def _shape(array: Array) -> str:
    return " x ".join(map(str, array.shape)) or "a single value"


def _checked_images(images: Array, where: str) -> Array:
    """Images as uint8 or float32, channels first."""
    if images.dtype == bool:
        images = images.astype(np.uint8)
    if not np.issubdtype(images.dtype, np.number) or np.iscomplexobj(images):
        raise UserError(f"{where}: images are {images.dtype}; they must be numbers")
    if images.ndim == 4 and images.shape[-1] in _CHANNELS and images.shape[1] > max(_CHANNELS):
        raise UserError(
            f"{where}: images are {_shape(images)}, with the channels last; they must be "
            "N x channels x height x width: use images.transpose(0, 3, 1, 2)"
        )
    if 0 in images.shape:
        raise UserError(f"{where}: images are {_shape(images)}, which holds no values")
    if images.dtype != np.uint8:
        with np.errstate(over="ignore"):
            images = images.astype(np.float32)
        wrong = int(np.count_nonzero(~np.isfinite(images)))
        if wrong:
            raise UserError(
                f"{where}: images hold {wrong:,} values that are not finite (NaN or infinite)"
            )
    # N x H x W has one channel.
    images = images[:, None] if images.ndim == 3 else images
    return np.ascontiguousarray(images)


def _checked_labels(labels: Array, where: str) -> Array:
    """Labels [N] as whole numbers from 0."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        raise UserError(f"{where}: labels are {_shape(labels)}; use labels.ravel()")
    if labels.ndim == 2:
        raise UserError(
            f"{where}: labels are {_shape(labels)}, one column per class; use labels.argmax(1)"
        )
    if labels.ndim != 1:
        raise UserError(f"{where}: labels are {_shape(labels)}; they must be N")
    if labels.dtype == bool:
        labels = labels.astype(np.int64)
    if np.issubdtype(labels.dtype, np.floating):
        fix = (
            "use labels.astype(int)" if np.all(labels == np.round(labels)) else "they name classes"
        )
        raise UserError(f"{where}: labels are {labels.dtype}; they must be whole numbers: {fix}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise UserError(
            f"{where}: labels are {labels.dtype}; they must be whole numbers from 0: use "
            "numpy.unique(labels, return_inverse=True)[1] on all parts together"
        )
    lowest = int(labels.min())
    if lowest < 0:
        raise UserError(f"{where}: labels must be whole numbers from 0; the lowest is {lowest}")
    highest = int(labels.max())
    if highest > np.iinfo(np.int64).max:
        raise UserError(
            f"{where}: the highest label is {highest}; labels must be 0, 1, 2, ... without gaps"
        )
    return labels.astype(np.int64)


def _check_like_train(part: Part, train: Part, where: str) -> None:
    if part.images.shape[1:] != train.images.shape[1:]:
        raise UserError(
            f"{where}: one image is {_shape(part.images[0])}, and in train "
            f"{_shape(train.images[0])}"
        )
    if part.images.dtype != train.images.dtype:
        raise UserError(
            f"{where}: images are {part.images.dtype}, and in train {train.images.dtype}; give all "
            "parts the same type and scale"
        )
    largest, of_train = (float(p.images.max()) for p in (part, train))
    low, high = sorted((largest, of_train))
    if part.images.ndim == 4 and low <= 1 and high > _OTHER_SCALE:
        raise UserError(
            f"{where}: the largest value is {largest:g}, and in train {of_train:g}; give all parts "
            "the same scale"
        )
    unknown = int(part.labels.max())
    if unknown > int(train.labels.max()):
        raise UserError(f"{where}: label {unknown} is in no training image")


def _check_classes(labels: Array, where: str) -> None:
    present = np.unique(labels)
    highest = int(present[-1])
    if len(present) == 1:
        raise UserError(f"{where}: all labels are {highest}; at least two classes are needed")
    if len(present) > MAX_CLASSES:
        raise UserError(
            f"{where}: the labels name {len(present):,} classes; at most {MAX_CLASSES:,} can be "
            "trained. Are they numbers to be predicted, or one for each image?"
        )
    if len(present) == highest + 1:
        return
    if len(present) == highest and present[0] == 1:
        raise UserError(f"{where}: labels are 1 to {highest}; they start at 0: use labels - 1")
    first = int(np.flatnonzero(present != np.arange(len(present)))[0])
    raise UserError(
        f"{where}: no image has label {first}, and the highest is {highest}; labels must be "
        "0, 1, 2, ... without gaps: use numpy.unique(labels, return_inverse=True)[1] on all parts "
        "together"
    )
