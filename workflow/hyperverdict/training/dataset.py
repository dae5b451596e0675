"""Prepared data as tensors: whole parts in memory, indexed by row, normalised per batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hyperverdict.errors import UserError
from hyperverdict.training.arrays import Array
from hyperverdict.training.data import read_arrays
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.datasets import PARTS


@dataclass(frozen=True)
class TensorPart:
    """Images [N x C x H x W or N x features], as stored, and labels [N], int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: str) -> TensorPart:
        """The part on a device."""
        return TensorPart(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Dataset:
    """The three parts, and what normalises their images.

    Attributes:
        mean, scale: float32, broadcast over images; a batch is ``(images - mean) * scale``.
        checksum: identifies the stored arrays.
    """

    train: TensorPart
    validation: TensorPart
    test: TensorPart
    mean: Tensor
    scale: Tensor
    classes: int
    shape: tuple[int, ...]
    checksum: str

    def normalise(self, images: Tensor) -> Tensor:
        """Stored images as float32 network input; a new tensor."""
        return (images - self.mean).mul_(self.scale)

    def to(self, device: str) -> Dataset:
        """The data set on a device."""
        if device == "cpu":
            return self
        parts = {name: getattr(self, name).to(device) for name in PARTS}
        return replace(self, **parts, mean=self.mean.to(device), scale=self.scale.to(device))


def load(folder: Path, classes: tuple[int, ...] = (), train_samples: int = 0) -> Dataset:
    """Prepared data as tensors, its checksums verified.

    `classes` keeps these classes, relabelled 0 to k-1 in their order; `train_samples` keeps the
    first training images of what is left (all when 0).
    Raises UserError for damaged files and for classes that the data set does not have.
    """
    facts, images, labels = read_arrays(folder)
    unknown = [c for c in classes if c >= facts["classes"]]
    if unknown:
        raise UserError(
            f"classes: {unknown} are not in data set {facts['data']!r}; "
            f"allowed: 0 to {facts['classes'] - 1}"
        )
    parts: dict[str, TensorPart] = {}
    start = 0
    for name in PARTS:
        stop = start + facts["sizes"][name]
        limit = train_samples if name == "train" else 0
        parts[name] = _part(images[start:stop], labels[start:stop], classes, limit)
        start = stop
    broadcast = (1, -1) + (1,) * (images.ndim - 2)
    return Dataset(
        train=parts["train"],
        validation=parts["validation"],
        test=parts["test"],
        mean=torch.tensor(facts["mean"], dtype=torch.float32).reshape(broadcast),
        scale=(1 / torch.tensor(facts["std"], dtype=torch.float64)).float().reshape(broadcast),
        classes=len(classes) or facts["classes"],
        shape=tuple(facts["shape"]),
        checksum=facts["checksum"],
    )


def load_for(configuration: Configuration, folder: Path) -> Dataset:
    """The data that a configuration trains on."""
    return load(folder, configuration["classes"], configuration["train_samples"])


def _part(images: Array, labels: Array, classes: tuple[int, ...], limit: int) -> TensorPart:
    if classes:
        rows = np.flatnonzero(np.isin(labels, classes))
        images, labels = images[rows], np.searchsorted(classes, labels[rows])
    if limit:
        images, labels = images[:limit], labels[:limit]
    return TensorPart(_tensor(images), _tensor(labels))


def _tensor(array: Any) -> Tensor:
    return torch.from_numpy(np.asarray(array))
