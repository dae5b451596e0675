"""One seed of one configuration, from initialisation to its last test image.

Everything random comes from generators derived from the seed, one per purpose, so that a seed has
the same initialisation and data order in every arm that shares their sizes.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from hyperverdict.training.augmentation import make_augmentation
from hyperverdict.training.dataset import Dataset, TensorPart
from hyperverdict.training.evaluation import Score, curve_images, evaluate, evaluation_steps
from hyperverdict.training.network import build_network
from hyperverdict.training.optimizers import make_optimizer, plain_step
from hyperverdict.training.schedules import make_schedule
from hyperverdict.vocabulary.budget import samples_after
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.hyperparameters import CONVOLUTIONAL, RUNS_SEED
from hyperverdict.vocabulary.networks import check_images

Row = dict[str, Any]

# Reading the loss waits for a GPU, so there it is read now and then; on a CPU it costs nothing.
_CUDA_LOSS_CHECK_STEPS = 100


class DivergedError(Exception):
    """The loss or the network's output is no longer finite."""


def derived_generator(seed: int, purpose: str) -> Generator:
    """A CPU generator of its own for one purpose of a seed."""
    digest = hashlib.sha256(f"{purpose} {seed}".encode()).digest()
    # Generators take 63 bits.
    return Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def seed_of(configuration: Configuration, purpose: str, seed: int) -> int:
    """The seed that a purpose is drawn from: the run's, unless the configuration gives its own."""
    own = configuration[f"{purpose.replace(' ', '_')}_seed"]
    return seed if own == RUNS_SEED else int(own)


def set_up_torch(device: str) -> None:
    """One thread, flushed denormals (they triple a step's time), deterministic kernels."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if device != "cpu":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # asked for by the next line
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.benchmark = False


class DataOrder:
    """Rows of batch after batch: full passes, each in a new order, the last batch smaller."""

    def __init__(self, seed: int, train_size: int, batch_size: int, device: str) -> None:
        self._generator = derived_generator(seed, "data order")
        self._train_size, self._batch_size, self._device = train_size, batch_size, device
        self._start_pass()

    def _start_pass(self) -> None:
        self._pass_state = self._generator.get_state()
        # Drawn on the CPU: the order is the same on every device.
        order = torch.randperm(self._train_size, generator=self._generator)
        self._batches = torch.split(order.to(self._device), self._batch_size)
        self._next = 0

    def next_rows(self) -> Tensor:
        """Row numbers [batch] of the next batch."""
        if self._next == len(self._batches):
            self._start_pass()
        rows = self._batches[self._next]
        self._next += 1
        return rows

    def state_dict(self) -> dict[str, Any]:
        """The generator as the current pass began, and the position in the pass."""
        return {"pass_state": self._pass_state, "next": self._next}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of `state_dict`."""
        self._generator.set_state(state["pass_state"])
        self._start_pass()
        self._next = state["next"]


class SeedRun:
    """The training of one seed: `take_step`, `evaluate_curve` when `at_point`, `finish` at the end.

    Attributes:
        step: optimizer steps taken.
        rows: metric rows so far, with the columns of runs/layout.py.
        train_seconds: time in training steps, evaluation excluded.
    """

    def __init__(
        self,
        configuration: Configuration,
        seed: int,
        data: Dataset,
        steps: int,
        device: str = "cpu",
    ) -> None:
        self.seed, self.steps, self.step = seed, steps, 0
        self.rows: list[Row] = []
        self.train_seconds = 0.0
        self._data, self._device = data, device
        self._batch_size = configuration["batch_size"]
        self._convolutional = configuration["model"] in CONVOLUTIONAL
        self._clip_norm = configuration["clip_norm"]
        self._label_smoothing = configuration["label_smoothing"]
        check_images(configuration, data.shape, len(data.train))

        def drawn(purpose: str) -> Generator:
            return derived_generator(seed_of(configuration, purpose, seed), purpose)

        network = build_network(configuration, data.shape, data.classes, drawn("initialisation"))
        self.network = network.to(device).train()
        # Dropout takes no generator of its own; nothing else draws from the global one.
        torch.manual_seed(drawn("dropout").initial_seed())
        self._optimizer = make_optimizer(configuration, self.network.parameters())
        self._update = plain_step(self._optimizer)
        self._schedule = make_schedule(configuration, self._optimizer, steps)
        order = seed_of(configuration, "data order", seed)
        self._order = DataOrder(order, len(data.train), self._batch_size, device)
        self._augmentation = make_augmentation(configuration, data, drawn("augmentation"))
        points = evaluation_steps(steps, self._batch_size, len(data.train))
        self._points = frozenset(points)
        self._curve_images = curve_images(
            steps,
            len(points),
            self._batch_size,
            len(data.validation),
            convolutional=self._convolutional,
        )
        self._start_means()

    def _start_means(self) -> None:
        zero = torch.zeros((), dtype=torch.float64, device=self._device)
        self._loss_sum, self._correct_sum, self._seen = zero, zero.clone(), 0

    @property
    def at_point(self) -> bool:
        """Whether an evaluation is due after the step just taken."""
        return self.step in self._points

    @property
    def done(self) -> bool:
        """Whether all steps are taken."""
        return self.step >= self.steps

    def take_step(self) -> None:
        """One optimizer step; raises DivergedError when the loss is seen not to be finite."""
        rows = self._order.next_rows()
        images = self._data.train.images.index_select(0, rows)
        if self._augmentation is not None:
            images = self._augmentation(images)
        images = self._data.normalise(images)
        labels = self._data.train.labels.index_select(0, rows)
        logits = self.network(images)
        loss = functional.cross_entropy(logits, labels, label_smoothing=self._label_smoothing)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if self._clip_norm:
            nn.utils.clip_grad_norm_(self.network.parameters(), self._clip_norm)
        self._update()
        self.step += 1
        self._schedule.after_step(self.step)
        self._count(logits.detach(), self._plain_loss(logits, loss, labels), labels)

    def _plain_loss(self, logits: Tensor, loss: Tensor, labels: Tensor) -> Tensor:
        """The cross-entropy without label smoothing, on the scale of the validation loss."""
        if not self._label_smoothing:
            return loss.detach()
        return functional.cross_entropy(logits.detach(), labels)

    def _count(self, logits: Tensor, loss: Tensor, labels: Tensor) -> None:
        self._seen += len(labels)
        self._loss_sum += loss * len(labels)
        self._correct_sum += (logits.argmax(1) == labels).sum()
        if self._device == "cpu" or self.step % _CUDA_LOSS_CHECK_STEPS == 0:
            self._require_finite(self._loss_sum.item(), "training loss")

    def _require_finite(self, loss: float, what: str) -> None:
        if not math.isfinite(loss):
            raise DivergedError(f"{what} not finite after step {self.step}")

    def train_until(self, pause: Callable[[], bool]) -> None:
        """Steps to the next evaluation point, the end, or until `pause` says so; timed."""
        started = time.perf_counter()
        try:
            while not self.done:
                self.take_step()
                if self.at_point or pause():
                    break
        finally:
            if self._device != "cpu":
                torch.cuda.synchronize()
            self.train_seconds += time.perf_counter() - started

    def evaluate_curve(self) -> None:
        """Record training since the last evaluation and the fixed validation images.

        Raises DivergedError when either loss is not finite.
        """
        loss = self._loss_sum.item() / self._seen
        self._require_finite(loss, "training loss")
        score = self._evaluate(self._data.validation, self._curve_images)
        self._require_finite(score.loss, "validation loss")
        self._record("train", loss, self._correct_sum.item() / self._seen)
        self._record("validation_curve", score.loss, score.accuracy, **score.further)
        self._schedule.after_evaluation(score.loss)
        self._start_means()

    def finish(self) -> None:
        """Score the whole validation and test part, once, with one bit per test image."""
        validation = self._evaluate(self._data.validation)
        test = self._evaluate(self._data.test)
        self._require_finite(validation.loss + test.loss, "final loss")
        self._record("validation", validation.loss, validation.accuracy, **validation.further)
        bits = packed_bits(test)
        self._record("test", test.loss, test.accuracy, correct=bits, **test.further)

    def _evaluate(self, part: TensorPart, images: int | None = None) -> Score:
        return evaluate(self.network, self._data, part, images, convolutional=self._convolutional)

    def _record(self, split: str, loss: float, accuracy: float, **more: float | bytes) -> None:
        train_size = len(self._data.train)
        samples = samples_after(self.step, self._batch_size, train_size)
        row = {
            "seed": self.seed,
            "step": self.step,
            "samples": samples,
            "epoch": samples / train_size,
            "split": split,
            "loss": loss,
            "accuracy": accuracy,
            "train_seconds": self.train_seconds,
            "correct": None,
            **more,
        }
        self.rows.append(row)

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the run depends on: tensors and plain values only."""
        return {
            "step": self.step,
            "train_seconds": self.train_seconds,
            "rows": self.rows,
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "order": self._order.state_dict(),
            "augmentation": self._augmentation and self._augmentation.state_dict(),
            "random_state": torch.get_rng_state(),
            "cuda_random_state": None if self._device == "cpu" else torch.cuda.get_rng_state(),
            "means": (self._loss_sum, self._correct_sum, self._seen),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of `state_dict`: what follows equals an uninterrupted run."""
        self.step, self.train_seconds = state["step"], state["train_seconds"]
        self.rows = list(state["rows"])
        self.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self._order.load_state_dict(state["order"])
        if self._augmentation is not None:
            self._augmentation.load_state_dict(state["augmentation"])
        torch.set_rng_state(state["random_state"].cpu())
        if state["cuda_random_state"] is not None:
            torch.cuda.set_rng_state(state["cuda_random_state"].cpu())
        loss_sum, correct_sum, self._seen = state["means"]
        self._loss_sum, self._correct_sum = loss_sum.to(self._device), correct_sum.to(self._device)


def packed_bits(score: Score) -> bytes:
    """Which images were right, one bit each in order, as numpy.packbits packs them."""
    return np.packbits(score.correct.cpu().numpy()).tobytes()
