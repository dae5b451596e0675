"""Our networks in numbers: which images they can be trained on, their parameters and operations.

Needs no torch, so that a plan can say what a network costs and refuse one that cannot be built.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Protocol

from hyperverdict.errors import UserError
from hyperverdict.vocabulary.hyperparameters import CONVOLUTIONAL, Level

# Channels of the four stages of ResNet-18, each of two blocks, and the stride of their first block.
RESNET18_STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))


class Settings(Protocol):
    """Hyperparameters by name, such as a configuration."""

    def __getitem__(self, name: str) -> Level:
        """The level of one."""


@dataclass(frozen=True)
class Layer:
    """The numbers of one layer.

    Attributes:
        weights: numbers that inputs are multiplied with.
        others: biases, and the scales and shifts of a normalisation.
        positions: how often an image meets the weights: once per pixel of a convolution's output.
    """

    weights: int
    others: int = 0
    positions: int = 1


def network_size(settings: Settings, shape: tuple[int, ...], classes: int) -> tuple[int, int]:
    """Trainable parameters, and FLOPs of one image's forward pass.

    Matrix products and convolutions only, a multiply-add counted as two; biases, normalisation and
    activations are left out. A training step costs about three times as much.
    """
    layers = tuple(_LAYERS[settings["model"]](settings, shape, classes))
    parameters = sum(layer.weights + layer.others for layer in layers)
    return parameters, sum(2 * layer.weights * layer.positions for layer in layers)


def _mlp(settings: Settings, shape: tuple[int, ...], classes: int) -> Iterator[Layer]:
    widths = (prod(shape), *settings["hidden_units"], classes)
    return (Layer(start * to, to) for start, to in pairwise(widths))


def _cnn(settings: Settings, shape: tuple[int, ...], classes: int) -> Iterator[Layer]:
    channels, *size = shape
    others = 1 if settings["normalisation"] == "none" else 2
    for out in block_channels(settings):
        halved = _halved(size, settings)
        met = halved if settings["pooling"] == "stride" else size
        yield Layer(channels * out * settings["kernel"] ** 2, others * out, prod(met))
        channels, size = out, halved
    yield Layer(channels * prod(size) * classes, classes)


def _resnet18(settings: Settings, shape: tuple[int, ...], classes: int) -> Iterator[Layer]:
    channels, *size = shape
    start, _ = RESNET18_STAGES[0]
    yield Layer(channels * start * 9, 2 * start, prod(size))
    for out, stride in RESNET18_STAGES:
        size = [-(-side // stride) for side in size]
        yield Layer(start * out * 9, 2 * out, prod(size))
        for _ in range(3):
            yield Layer(out * out * 9, 2 * out, prod(size))
        if stride > 1:
            yield Layer(start * out, 2 * out, prod(size))
        start = out
    yield Layer(start * classes, classes)


_LAYERS = {"mlp": _mlp, "cnn": _cnn, "resnet18": _resnet18}


def block_channels(settings: Settings) -> tuple[int, ...]:
    """Output channels of each block of cnn: doubled from block to block."""
    return tuple(settings["channels"] * 2**block for block in range(settings["blocks"]))


def cnn_features(settings: Settings, shape: tuple[int, ...]) -> int:
    """Inputs of cnn's linear output layer."""
    size = list(shape[1:])
    for _ in range(settings["blocks"]):
        size = _halved(size, settings)
    return block_channels(settings)[-1] * prod(size)


def _halved(size: list[int], settings: Settings) -> list[int]:
    """The sides of an image after a block: pooling leaves out the last of an odd number of rows."""
    if settings["pooling"] == "stride":
        return [-(-side // 2) for side in size]
    return [side // 2 for side in size]


def check_images(settings: Settings, shape: tuple[int, ...], train_size: int) -> None:
    """UserError where images of this shape cannot be augmented, or train a network of ours.

    Args:
        shape: of one image: channels, height, width; or the number of its features.
        train_size: training images; they decide how small the last batch of a pass is.
    """
    _check_augmentation(settings["augmentation"], shape)
    model = settings["model"]
    if model not in CONVOLUTIONAL:
        return
    if len(shape) != 3:
        raise UserError(
            f"model {model} needs images of channels x height x width, and one image here is "
            f"{' x '.join(map(str, shape))}; use model mlp, or data that keep the shape of images"
        )
    if model == "cnn":
        _check_blocks(settings, shape)
    _check_batches(settings, shape, train_size)


def _check_augmentation(names: tuple[str, ...], shape: tuple[int, ...]) -> None:
    if names and len(shape) != 3:
        raise UserError(
            f"augmentation: {', '.join(names)} needs images of channels x height x width, and one "
            f"image here is {' x '.join(map(str, shape))}; leave it out, or use data that keep the "
            "shape of images"
        )
    if "trivial_augment" in names and shape[0] not in (1, 3):
        raise UserError(
            f"augmentation: trivial_augment needs images of 1 or 3 channels, not {shape[0]}; "
            "use flip or crop"
        )


def _check_blocks(settings: Settings, shape: tuple[int, ...]) -> None:
    size, possible = list(shape[1:]), 0
    while min(size) > 1:
        size, possible = _halved(size, settings), possible + 1
    if settings["blocks"] > possible:
        most = f"use {possible} or fewer" if possible else "use model mlp"
        raise UserError(
            f"blocks: {settings['blocks']} blocks of cnn halve images of {shape[1]} x {shape[2]} "
            f"pixels too often; {most}"
        )


def _check_batches(settings: Settings, shape: tuple[int, ...], train_size: int) -> None:
    """A batch normalisation needs two values: one image of one pixel has no spread."""
    if settings["model"] == "cnn" and settings["normalisation"] != "batch":
        return
    batch = min(settings["batch_size"], train_size)
    if (train_size % batch or batch) == 1 and _smallest_normalised(settings, shape) == 1:
        raise UserError(
            f"batch_size: with {settings['batch_size']}, the last batch of a pass over "
            f"{train_size:,} images holds 1 image, too few for batch normalisation where the image "
            "has shrunk to 1 pixel; use another batch_size or train_samples"
        )


def _smallest_normalised(settings: Settings, shape: tuple[int, ...]) -> int:
    """Pixels of the smallest image that is normalised."""
    size = list(shape[1:])
    if settings["model"] == "resnet18":
        for _, stride in RESNET18_STAGES:
            size = [-(-side // stride) for side in size]
        return prod(size)
    strided = settings["pooling"] == "stride"
    for _ in range(settings["blocks"] - (0 if strided else 1)):
        size = _halved(size, settings)
    return prod(size)
