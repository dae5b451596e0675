"""Learning-rate schedules by the names of vocabulary/hyperparameters.py, and warm-up.

All but reduce_on_plateau are closed forms of the step, where torch's own schedulers recur: no
state, no rounding that adds up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

from torch import optim

from hyperverdict.vocabulary.configuration import Configuration

# Of about 20 evaluations a run, wait for 2 without a lower validation loss, then halve.
PLATEAU_FACTOR, PLATEAU_PATIENCE = 0.5, 2
# How often a whole run decays where `decay_steps` is not given.
DECAYS_PER_RUN = 3

# Steps taken -> the share of the initial learning rate with which the next one is taken.
Share = Callable[[int], float]


class Schedule(Protocol):
    """What changes the learning rate, if anything."""

    def after_step(self, step: int) -> None:
        """Called after optimizer step number `step`, from 1."""

    def after_evaluation(self, validation_loss: float) -> None:
        """Called with the loss on the validation curve's images."""

    def state_dict(self) -> dict[str, Any]:
        """Plain values."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of `state_dict`; the optimizer restores the learning rate itself."""


def make_schedule(configuration: Configuration, optimizer: optim.Optimizer, steps: int) -> Schedule:
    """The configuration's schedule over a budget of `steps`, warm-up included."""
    warmup = configuration["warmup_steps"]
    if configuration["schedule"] == "reduce_on_plateau":
        return _ReduceOnPlateau(optimizer, configuration["learning_rate"], warmup)
    if configuration["schedule"] == "constant" and not warmup:
        return _Constant()
    share = _SHARES[configuration["schedule"]](configuration, steps)
    return _ClosedForm(optimizer, configuration["learning_rate"], _warmed(share, warmup))


def warm_share(step: int, warmup: int) -> float:
    """After `step` steps: (step + 1) / warmup until it reaches 1 (Goyal et al. 2017, section 2.2).

    The first step is taken with 1 / warmup of the learning rate, step number `warmup` with all.
    """
    return min((step + 1) / warmup, 1.0) if warmup else 1.0


def _warmed(share: Share, warmup: int) -> Share:
    """A schedule with warm-up: the product of both, so that the schedule's own steps stay."""
    return (lambda step: warm_share(step, warmup) * share(step)) if warmup else share


def _constant(configuration: Configuration, steps: int) -> Share:
    return lambda step: 1.0


def _cosine(configuration: Configuration, steps: int) -> Share:
    """From 1 to 0 over the budget (Loshchilov and Hutter 2017, eq. 5)."""
    return lambda step: (1 + math.cos(math.pi * min(step / steps, 1))) / 2


def _step(configuration: Configuration, steps: int) -> Share:
    """Times `decay_factor` after each interval, as He et al. 2016 (section 3.4) divide by 10.

    factor ** floor(step / interval), torch's StepLR.
    """
    factor, (times, interval) = configuration["decay_factor"], _interval(configuration, steps)
    return lambda step: factor ** (times * step // interval)


def _exponential(configuration: Configuration, steps: int) -> Share:
    """The smooth form of `_step`: factor ** (step / interval).

    ExponentialLR of torch has one factor for each step; this is its `factor ** (1 / interval)`.
    """
    factor, (times, interval) = configuration["decay_factor"], _interval(configuration, steps)
    return lambda step: factor ** (times * step / interval)


def _interval(configuration: Configuration, steps: int) -> tuple[int, int]:
    """Decays and the steps that they take: (1, decay_steps), or those of a whole run.

    Whole numbers, so that no decay comes a step late by rounding.
    """
    every = configuration["decay_steps"]
    return (1, every) if every else (DECAYS_PER_RUN, steps)


_SHARES: dict[str, Callable[[Configuration, int], Share]] = {
    "constant": _constant,
    "cosine": _cosine,
    "step": _step,
    "exponential": _exponential,
}


class _Constant:
    def after_step(self, step: int) -> None:
        pass

    def after_evaluation(self, validation_loss: float) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        pass


class _ClosedForm(_Constant):
    """A share of the initial learning rate that depends on the step alone."""

    def __init__(self, optimizer: optim.Optimizer, learning_rate: float, share: Share) -> None:
        self._optimizer, self._learning_rate, self._share = optimizer, learning_rate, share
        self.after_step(0)

    def after_step(self, step: int) -> None:
        _set_learning_rate(self._optimizer, self._learning_rate * self._share(step))


class _ReduceOnPlateau(_Constant):
    """Halved when the validation loss has stopped falling; warm-up scales what has been left."""

    def __init__(self, optimizer: optim.Optimizer, learning_rate: float, warmup: int) -> None:
        self._optimizer, self._learning_rate, self._warmup = optimizer, learning_rate, warmup
        self._scheduler = optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=PLATEAU_FACTOR, patience=PLATEAU_PATIENCE
        )
        self._reductions = 0
        self.after_step(0)

    def after_step(self, step: int) -> None:
        if step < self._warmup:
            share = PLATEAU_FACTOR**self._reductions * warm_share(step, self._warmup)
            _set_learning_rate(self._optimizer, self._learning_rate * share)

    def after_evaluation(self, validation_loss: float) -> None:
        before = self._optimizer.param_groups[0]["lr"]
        self._scheduler.step(validation_loss)
        self._reductions += self._optimizer.param_groups[0]["lr"] < before

    def state_dict(self) -> dict[str, Any]:
        return {**self._scheduler.state_dict(), "reductions": self._reductions}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        scheduler = dict(state)
        self._reductions = scheduler.pop("reductions", 0)
        self._scheduler.load_state_dict(scheduler)


def _set_learning_rate(optimizer: optim.Optimizer, learning_rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
