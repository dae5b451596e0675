"""Optimizers and learning-rate schedules by the names of vocabulary/hyperparameters.py."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch
from torch import nn, optim

from hyperverdict.vocabulary.configuration import Configuration

# Of about 20 evaluations a run, wait for 2 without a lower validation loss, then halve.
PLATEAU_FACTOR, PLATEAU_PATIENCE = 0.5, 2

# Fused updates do all parameters in one kernel; RMSprop has none.
_OPTIMIZERS: dict[str, Callable[..., optim.Optimizer]] = {
    "sgd": lambda parameters, momentum, **rest: optim.SGD(parameters, fused=True, **rest),
    "sgd_momentum": lambda parameters, momentum, **rest: optim.SGD(
        parameters, momentum=momentum, fused=True, **rest
    ),
    "adam": lambda parameters, momentum, **rest: optim.Adam(parameters, fused=True, **rest),
    "adamw": lambda parameters, momentum, **rest: optim.AdamW(parameters, fused=True, **rest),
    "rmsprop": lambda parameters, momentum, **rest: optim.RMSprop(parameters, **rest),
}


def make_optimizer(
    configuration: Configuration, parameters: Iterable[nn.Parameter]
) -> optim.Optimizer:
    """The configuration's optimizer over these parameters."""
    _keep_compiler_unimported()
    return _OPTIMIZERS[configuration["optimizer"]](
        parameters,
        momentum=configuration["momentum"],
        lr=configuration["learning_rate"],
        weight_decay=configuration["weight_decay"],
    )


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


class Schedule(Protocol):
    """What changes the learning rate, if anything."""

    def after_step(self, step: int) -> None:
        """Called after optimizer step number `step`, from 1."""

    def after_evaluation(self, validation_loss: float) -> None:
        """Called with the loss on the validation curve's images."""

    def state_dict(self) -> dict[str, Any]:
        """Plain values."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of `state_dict`."""


class _Constant:
    def after_step(self, step: int) -> None:
        pass

    def after_evaluation(self, validation_loss: float) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        pass


class _Cosine(_Constant):
    """From the initial learning rate to 0 over the budget (Loshchilov and Hutter 2017, eq. 5).

    The closed form, where torch's own scheduler recurs: no state, no rounding that adds up.
    """

    def __init__(self, optimizer: optim.Optimizer, learning_rate: float, steps: int) -> None:
        self._optimizer, self._learning_rate, self._steps = optimizer, learning_rate, steps

    def after_step(self, step: int) -> None:
        share_left = (1 + math.cos(math.pi * min(step / self._steps, 1))) / 2
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate * share_left


class _ReduceOnPlateau(_Constant):
    def __init__(self, optimizer: optim.Optimizer) -> None:
        self._scheduler = optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=PLATEAU_FACTOR, patience=PLATEAU_PATIENCE
        )

    def after_evaluation(self, validation_loss: float) -> None:
        self._scheduler.step(validation_loss)

    def state_dict(self) -> dict[str, Any]:
        return self._scheduler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._scheduler.load_state_dict(state)


def make_schedule(configuration: Configuration, optimizer: optim.Optimizer, steps: int) -> Schedule:
    """The configuration's schedule over a budget of `steps`."""
    if configuration["schedule"] == "cosine":
        return _Cosine(optimizer, configuration["learning_rate"], steps)
    if configuration["schedule"] == "reduce_on_plateau":
        return _ReduceOnPlateau(optimizer)
    return _Constant()
