"""A network of the user's own: ``module:function``, called with the hyperparameters it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.nn.parameter import UninitializedParameter

from hyperverdict.errors import UserError
from hyperverdict.training.plugins import named_callable, users_code
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.users import model_arguments


@contextmanager
def drawing_from(generator: Generator) -> Iterator[None]:
    """Torch's global generator, seeded from `generator` for the time being."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        yield


def own_network(
    configuration: Configuration, shape: tuple[int, ...], classes: int, generator: Generator
) -> nn.Module:
    """A network of the user's own, on the CPU.

    Its function is called as ``function(shape, classes, ...)`` with the hyperparameters that it
    takes by keyword, or as ``function(configuration, shape, classes)``, the older contract. It
    draws from torch's global generator, which is seeded from `generator` for the call.
    Raises UserError, with the file and line of the user's code, where it fails or gives no network.
    """
    name = configuration["model"]
    users = configuration.vocabulary.knowing([name]).users
    model = users.models[name]
    build = named_callable(name, "model", users.folders, users.packages)
    before = (configuration,) if model.whole else ()
    arguments = model_arguments(model, configuration)
    with drawing_from(generator):
        with users_code("model", name):
            network = build(*before, shape, classes, **arguments)
        if not isinstance(network, nn.Module):
            raise UserError(
                f"model {name!r} ({model.place}) must return a torch.nn.Module, and returned "
                f"{type(network).__name__}"
            )
        if any(isinstance(p, UninitializedParameter) for p in network.parameters()):
            with users_code("model", name, model.place):
                _settle(network, shape)
    network.register_forward_hook(_checking(f"model {name!r} ({model.place})", shape, classes))
    return network


def _checking(who: str, shape: tuple[int, ...], classes: int) -> Callable[..., None]:
    """A hook that refuses an output that is not one row of logits for each image, at any call.

    A network may fit some batches only: two images, or whole batches and no smaller last one.
    """

    def check(_network: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        _check_logits(output, who, (len(inputs[0]), *shape), classes)

    return check


def _settle(network: nn.Module, shape: tuple[int, ...]) -> None:
    """Let lazy layers learn their sizes, so that they are initialised before training."""
    with torch.no_grad():
        network.eval()(torch.zeros(2, *shape))
    network.train()


def try_network(
    configuration: Configuration, shape: tuple[int, ...], classes: int, images: Tensor | None = None
) -> int:
    """Build a network of the user's own and train it on two images; gives its parameters.

    Args:
        images: two of the images, normalised [2 x *shape]; zeros when None.

    Raises UserError, with the file and line of the user's code, for what would fail in training.
    """
    network = own_network(configuration, shape, classes, Generator()).train()
    name = configuration["model"]
    model = configuration.vocabulary.knowing([name]).users.models[name]
    who = f"model {name!r} ({model.place})"
    images = torch.zeros(2, *shape) if images is None else images
    with users_code("model", name, model.place), drawing_from(Generator()):
        logits = network(images)
    parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
    if not parameters:
        raise UserError(f"{who} has no parameters that train")
    if not logits.requires_grad:
        raise UserError(
            f"{who}: its output does not depend on its parameters in a way that can train them; "
            "is it detached, or computed under no_grad?"
        )
    with users_code("model", name, model.place):
        loss = functional.cross_entropy(logits, torch.zeros(2, dtype=torch.int64))
        loss.backward()  # type: ignore[no-untyped-call]
    return parameters


def _check_logits(logits: object, who: str, images: tuple[int, ...], classes: int) -> None:
    """UserError where the output for images [N x ...] is not logits [N x classes]."""
    if not isinstance(logits, Tensor):
        raise UserError(
            f"{who} must map images to logits, one tensor, and its output is a "
            f"{type(logits).__name__}"
        )
    if logits.shape != (images[0], classes):
        raise UserError(
            f"{who} must map images [{_times(images)}] to logits [{images[0]} x {classes}], and "
            f"its output is [{_times(tuple(logits.shape))}]"
        )
    if not logits.is_floating_point():
        raise UserError(f"{who} must give logits as floats, and its output is {logits.dtype}")


def _times(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes))
