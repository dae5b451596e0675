"""Optimizers by the names of vocabulary/hyperparameters.py."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn, optim

from hyperverdict.vocabulary.configuration import Configuration


def _betas(configuration: Configuration) -> tuple[float, float]:
    return configuration["beta1"], configuration["beta2"]


def _momentum(configuration: Configuration) -> dict[str, Any]:
    """Without momentum, Nesterov's form is plain descent, and torch refuses it."""
    momentum = configuration["momentum"]
    return {"momentum": momentum, "nesterov": configuration["nesterov"] and momentum > 0}


# Fused updates do all parameters in one kernel; RMSprop has none.
_OPTIMIZERS: dict[str, Callable[[Configuration], tuple[type[optim.Optimizer], dict[str, Any]]]] = {
    "sgd": lambda c: (optim.SGD, {"fused": True}),
    "sgd_momentum": lambda c: (optim.SGD, {"fused": True, **_momentum(c)}),
    "adam": lambda c: (optim.Adam, {"fused": True, "betas": _betas(c)}),
    "adamw": lambda c: (optim.AdamW, {"fused": True, "betas": _betas(c)}),
    "rmsprop": lambda c: (optim.RMSprop, {}),
}


def make_optimizer(
    configuration: Configuration, parameters: Iterable[nn.Parameter]
) -> optim.Optimizer:
    """The configuration's optimizer over these parameters."""
    _keep_compiler_unimported()
    kind, own = _OPTIMIZERS[configuration["optimizer"]](configuration)
    shared = {"lr": configuration["learning_rate"], "weight_decay": configuration["weight_decay"]}
    return kind(parameters, **shared, **own)


def plain_step(optimizer: optim.Optimizer) -> Callable[[], None]:
    """The optimizer's update, called without torch's decorators for profiling and torch.compile.

    The decorators cost a tenth of a small network's step, and the first one imports torch.compile
    (1.6 s, in every job) only to exclude itself from it.
    """
    update = inspect.unwrap(type(optimizer).step)

    def step() -> None:
        with torch.no_grad():
            update(optimizer)

    return step


def _keep_compiler_unimported() -> None:
    """The same for the other decorated methods; where torch has changed, the import is back."""
    for method in (optim.Optimizer.add_param_group, optim.Optimizer.zero_grad):
        wrapped = getattr(method, "__wrapped__", None)
        if wrapped is not None and not hasattr(wrapped, "__dynamo_disable"):
            wrapped.__dynamo_disable = wrapped
