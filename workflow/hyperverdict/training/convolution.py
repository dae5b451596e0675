"""Convolutional networks: a small one whose parts are hyperparameters, and ResNet-18.

They are built as torch builds its own: their initialisation draws from torch's global generator,
which the caller seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import nn

from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.networks import RESNET18_STAGES, block_channels, cnn_features

Make = Callable[[], nn.Module]

# Numbers of groups of a group normalisation (Wu and He 2018), and the least channels of a group.
_GROUPS, _GROUP_CHANNELS = (8, 4, 2), 4


def convolutional_network(
    configuration: Configuration, shape: tuple[int, ...], classes: int, activation: Make
) -> nn.Sequential:
    """Blocks of convolution, normalisation, activation, pooling and dropout; then a linear output.

    With `pooling` stride the convolution itself takes each second pixel (Springenberg et al. 2015).
    Convolutions keep the size of the image otherwise. Dropout is that of the perceptron: of single
    values.
    """
    layers = [*_blocks(configuration, shape[0], activation), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(cnn_features(configuration, shape), classes))


def _blocks(configuration: Configuration, channels: int, activation: Make) -> Iterator[nn.Module]:
    kernel, pooling = configuration["kernel"], configuration["pooling"]
    normalise, dropout = _NORMALISATIONS[configuration["normalisation"]], configuration["dropout"]
    for out in block_channels(configuration):
        yield nn.Conv2d(
            channels,
            out,
            kernel,
            stride=2 if pooling == "stride" else 1,
            padding=kernel // 2,
            bias=normalise is None,  # a normalisation has a shift of its own
        )
        if normalise is not None:
            yield normalise(out)
        yield activation()
        if pooling in _POOLINGS:
            yield _POOLINGS[pooling](2)
        if dropout > 0:
            yield nn.Dropout(dropout)
        channels = out


def _group_norm(channels: int) -> nn.Module:
    """As many groups as leave each enough channels: 8 of 32 channels, 2 of 8, 1 of 6."""
    groups = (g for g in _GROUPS if channels % (g * _GROUP_CHANNELS) == 0)
    return nn.GroupNorm(next(groups, 1), channels)


_POOLINGS: dict[str, Callable[[int], nn.Module]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}
_NORMALISATIONS: dict[str, Callable[[int], nn.Module] | None] = {
    "none": None,
    "batch": nn.BatchNorm2d,
    "group": _group_norm,
    "layer": lambda channels: nn.GroupNorm(1, channels),
}


def resnet18(channels: int, classes: int) -> nn.Module:
    """torchvision's ResNet-18 (He et al. 2016) without trained weights, for small images.

    Its stem, made for images of 224 pixels, becomes a 3 x 3 convolution with stride 1 and without
    pooling, as that paper has it for CIFAR-10.
    """
    from torchvision.models import resnet18 as torchvisions  # costs seconds to import, so only here

    network: nn.Module = torchvisions(weights=None, num_classes=classes)
    stem = nn.Conv2d(channels, RESNET18_STAGES[0][0], 3, stride=1, padding=1, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
    network.conv1, network.maxpool = stem, nn.Identity()
    return network
