"""When and on what a run is evaluated, and the evaluation itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from hyperverdict.training.dataset import Dataset, TensorPart
from hyperverdict.vocabulary.budget import steps_per_epoch
from hyperverdict.vocabulary.metrics import RECORDED

# The recorded metrics that are computed from predictions and labels.
_SCORED = {metric.curve: metric.score for metric in RECORDED.values() if metric.score}

POINTS_PER_RUN = 20
EPOCH_ENDS_UP_TO = 100

# Cost in units of one image's forward pass, fitted on a 784-256-256-10 network on one core: forward
# and backward cost 2 an image, an optimizer update 100 whatever the batch.
_STEP_UNITS_PER_IMAGE, _STEP_UNITS = 2, 100
# Beside an image's way through convolutions, the update costs nothing.
_CONVOLUTIONAL_STEP_UNITS = 0
_EVALUATION_SHARE = 0.07  # leaves room below a tenth for the cost of each call
# Convolutions hold many values for each image.
_BATCH_IMAGES, _CONVOLUTIONAL_BATCH_IMAGES = 1024, 128


def evaluation_steps(steps: int, batch_size: int, train_size: int) -> tuple[int, ...]:
    """Steps after which a run of `steps` is evaluated; the last one always.

    About 20, at a round interval (1, 2 or 5 times a power of ten) so that arms share points, plus
    every epoch end when there are at most 100.
    """
    interval = _round_interval(steps / POINTS_PER_RUN)
    points = {*range(interval, steps, interval), steps}
    per_epoch = steps_per_epoch(batch_size, train_size)
    if steps / per_epoch <= EPOCH_ENDS_UP_TO:
        points |= set(range(per_epoch, steps, per_epoch))
    return tuple(sorted(points))


def _round_interval(wanted: float) -> int:
    """The number 1, 2 or 5 times a power of ten that is nearest to `wanted` as a ratio."""
    power = 10 ** math.floor(math.log10(max(wanted, 1)))
    choices = [factor * power for factor in (1, 2, 5, 10)]
    return int(min(choices, key=lambda choice: abs(math.log(choice / max(wanted, 1)))))


def curve_images(
    steps: int, points: int, batch_size: int, validation_size: int, *, convolutional: bool = False
) -> int:
    """Validation images of each evaluation, so that all cost under a tenth of the training.

    A function of the configuration alone, never of a clock.
    """
    update = _CONVOLUTIONAL_STEP_UNITS if convolutional else _STEP_UNITS
    training = steps * (_STEP_UNITS_PER_IMAGE * batch_size + update)
    affordable = int(_EVALUATION_SHARE * training / points)
    return max(1, min(affordable, validation_size))


@dataclass(frozen=True)
class Score:
    """Mean cross-entropy (nats), accuracy, and whether each image was right [N, bool].

    `further` holds the metrics that have a `score` of their own, by column.
    """

    loss: float
    accuracy: float
    correct: Tensor
    further: dict[str, float] = field(default_factory=dict)


def evaluate(
    network: nn.Module,
    data: Dataset,
    part: TensorPart,
    images: int | None = None,
    *,
    convolutional: bool = False,
) -> Score:
    """The network's score on the first `images` of a part (all when None), in large batches."""
    batch = _CONVOLUTIONAL_BATCH_IMAGES if convolutional else _BATCH_IMAGES
    count = len(part) if images is None else images
    loss = torch.zeros((), dtype=torch.float64, device=part.labels.device)
    predictions = []
    network.eval()
    with torch.inference_mode():
        for start in range(0, count, batch):
            rows = slice(start, min(start + batch, count))
            logits = network(data.normalise(part.images[rows]))
            loss += functional.cross_entropy(logits, part.labels[rows], reduction="sum")
            predictions.append(logits.argmax(1))
    network.train()
    predicted, labels = torch.cat(predictions), part.labels[:count]
    correct = predicted == labels
    return Score(
        loss.item() / count, correct.sum().item() / count, correct, _further(predicted, labels)
    )


def _further(predicted: Tensor, labels: Tensor) -> dict[str, float]:
    """The other recorded metrics of predictions [N] against labels [N]."""
    if not _SCORED:
        return {}
    arrays = predicted.cpu().numpy(), labels.cpu().numpy()
    return {column: float(score(*arrays)) for column, score in _SCORED.items()}
