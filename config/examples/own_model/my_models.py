"""A network of one's own for HyperVerdict's training loop: see docs/own-data-and-models.md."""

from torch import nn


def cnn(shape, classes, *, filters: int = 8, stages: int = 1, dropout=0.0):
    """`stages` convolutions, each followed by pooling, with twice the filters of the one before.

    The arguments after the * are hyperparameters: a study varies them. `dropout` is one that
    HyperVerdict knows already; the other two are declared by their defaults here.
    """
    channels, height, width = shape
    layers = []
    for stage in range(stages):
        wanted = filters * 2**stage
        layers += [nn.Conv2d(channels, wanted, kernel_size=3, padding=1), nn.ReLU()]
        layers += [nn.MaxPool2d(2)]
        channels, height, width = wanted, height // 2, width // 2
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Dropout(dropout), nn.Linear(channels * height * width, classes)
    )
