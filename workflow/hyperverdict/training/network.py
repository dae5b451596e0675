"""Networks from configurations: ours, or a user's ``module:callable``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Generator, Tensor, nn

from hyperverdict.training.convolution import convolutional_network, resnet18
from hyperverdict.training.own_network import drawing_from, own_network, try_network
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.hyperparameters import is_callable_name
from hyperverdict.vocabulary.networks import network_size

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "silu": nn.SiLU,
}


# He et al. 2015 for layers before a ReLU, Glorot and Bengio 2010, Saxe et al. 2014.
_INITIALISATIONS: dict[str, Callable[..., Tensor]] = {
    "kaiming_normal": partial(nn.init.kaiming_normal_, nonlinearity="relu"),
    "kaiming_uniform": partial(nn.init.kaiming_uniform_, nonlinearity="relu"),
    "xavier_normal": nn.init.xavier_normal_,
    "xavier_uniform": nn.init.xavier_uniform_,
    "orthogonal": nn.init.orthogonal_,
}


def build_network(
    configuration: Configuration, shape: tuple[int, ...], classes: int, generator: Generator
) -> nn.Module:
    """The network of a configuration, initialised from `generator`, on the CPU.

    It maps images [batch x *shape] to logits [batch x classes]. For a model of the user's own see
    `own_network`; `check_images` says whether a network of ours fits the images.
    """
    network = _build(configuration, shape, classes, generator)
    if configuration["initialisation"] != "default":
        initialise(network, configuration["initialisation"], generator)
    return network


def initialise(network: nn.Module, kind: str, generator: Generator) -> None:
    """Draw the weights of all linear and convolutional layers again; their biases become 0.

    "default" is what the network was built with: torch's own, or that of its paper for ResNet-18.
    """
    for module in network.modules():
        if isinstance(module, (nn.Linear, nn.modules.conv._ConvNd)):
            _INITIALISATIONS[kind](module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _build(
    configuration: Configuration, shape: tuple[int, ...], classes: int, generator: Generator
) -> nn.Module:
    model = configuration["model"]
    if is_callable_name(model):
        return own_network(configuration, shape, classes, generator)
    if model == "mlp":
        return multilayer_perceptron(configuration, math.prod(shape), classes, generator)
    with drawing_from(generator):
        if model == "resnet18":
            return resnet18(shape[0], classes)
        activation = ACTIVATIONS[configuration["activation"]]
        return convolutional_network(configuration, shape, classes, activation)


def multilayer_perceptron(
    configuration: Configuration, features: int, classes: int, generator: Generator
) -> nn.Sequential:
    """Flatten, then linear, activation and dropout per hidden layer, then the linear output."""
    return nn.Sequential(nn.Flatten(), *_layers(configuration, features, classes, generator))


def _layers(
    configuration: Configuration, features: int, classes: int, generator: Generator
) -> Iterator[nn.Module]:
    for units in configuration["hidden_units"]:
        yield _linear(features, units, generator)
        yield ACTIVATIONS[configuration["activation"]]()
        if configuration["dropout"] > 0:
            yield nn.Dropout(configuration["dropout"])
        features = units
    yield _linear(features, classes, generator)


class _Linear(nn.Linear):
    """A linear layer that is not initialised yet: torch's initialisation takes no generator."""

    def reset_parameters(self) -> None:
        pass


def _linear(fan_in: int, fan_out: int, generator: Generator) -> nn.Linear:
    """A linear layer with torch's own default, weight and bias uniform in +-1/sqrt(fan_in)."""
    layer = _Linear(fan_in, fan_out)
    bound = 1 / math.sqrt(fan_in)
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


def count_parameters(network: nn.Module) -> int:
    """Trainable parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def forward_flops(network: nn.Module, shape: tuple[int, ...]) -> int:
    """Floating-point operations of one image's forward pass.

    Matrix products and convolutions only, a multiply-add counted as two, as torch's own counter
    does; biases and activations are left out. A training step costs about three times as much.
    """
    from torch.utils.flop_counter import FlopCounterMode  # slow to import

    mode = network.training
    device = next(network.parameters()).device
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network.eval()(torch.zeros(1, *shape, device=device))
    network.train(mode)
    return int(counter.get_total_flops())


def describe_network(
    configuration: Configuration, shape: tuple[int, ...], classes: int
) -> tuple[int, int]:
    """Trainable parameters, and FLOPs of one image's forward pass (see `forward_flops`).

    For our own by arithmetic, so that one too large for the memory has them too.
    """
    if is_callable_name(configuration["model"]):
        try_network(configuration, shape, classes)
        network = build_network(configuration, shape, classes, Generator())
        return count_parameters(network), forward_flops(network, shape)
    return network_size(configuration, shape, classes)
