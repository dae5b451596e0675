"""One seed trained to its outcome: finished, diverged or out of memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch

from hyperverdict.errors import UserError
from hyperverdict.runs.layout import SeedStatus
from hyperverdict.training.checkpoint import CheckpointKeeper
from hyperverdict.training.dataset import Dataset
from hyperverdict.training.loop import DivergedError, Row, SeedRun
from hyperverdict.training.plugins import blamed, is_of_users
from hyperverdict.training.stopping import Checkpointed
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.hyperparameters import is_callable_name

logger = logging.getLogger(__name__)

OnRows = Callable[[list[Row]], None]


@dataclass(frozen=True)
class SeedOutcome:
    """How a seed ended and what it measured until then."""

    status: SeedStatus
    rows: list[Row]
    last_step: int
    train_seconds: float
    message: str = ""


def train_seed(
    configuration: Configuration,
    seed: int,
    data: Dataset,
    steps: int,
    device: str,
    keeper: CheckpointKeeper,
    on_rows: OnRows,
) -> SeedOutcome:
    """Train one seed, resuming from its checkpoint; `on_rows` gets the new rows of each evaluation.

    What the configuration causes is an outcome. Raises Checkpointed when asked to stop, UserError
    for an error in a model of the user's own.
    """
    run: SeedRun | None = None
    try:
        run = SeedRun(configuration, seed, data, steps, device)
        _train(run, keeper, on_rows)
        return _outcome("finished", run)
    except DivergedError as error:
        return _outcome("diverged", run, str(error))
    except (UserError, Checkpointed):
        raise
    except (Exception, SystemExit) as error:
        if is_out_of_memory(error):
            return _outcome("out_of_memory", run, str(error).splitlines()[0] if str(error) else "")
        model = str(configuration["model"])
        if is_callable_name(model) and is_of_users(error):
            place = configuration.vocabulary.knowing([model]).users.models[model].place
            raise UserError(f"model {model!r}: {blamed(error, place)}") from error
        raise


def _train(run: SeedRun, keeper: CheckpointKeeper, on_rows: OnRows) -> None:
    state = keeper.load()
    if state is not None:
        run.load_state_dict(state)
        logger.info(f"seed {run.seed} resumes after step {run.step}")
    while not run.done:
        run.train_until(keeper.wants_pause)
        if run.at_point:
            known = len(run.rows)
            run.evaluate_curve()
            on_rows(run.rows[known:])
        keeper.after_pause(run.state_dict)
    known = len(run.rows)
    run.finish()
    on_rows(run.rows[known:])


def _outcome(status: SeedStatus, run: SeedRun | None, message: str = "") -> SeedOutcome:
    if run is None:
        return SeedOutcome(status, [], 0, 0.0, message)
    return SeedOutcome(status, run.rows, run.step, run.train_seconds, message)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed: on the GPU, or on the CPU, where torch has no type for it."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return any(words in str(error) for words in ("can't allocate memory", "not enough memory"))
