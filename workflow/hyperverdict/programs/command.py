"""The command of one seed: placeholders filled, values passed as arguments and never by a shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hyperverdict.programs.orphans import MARK, mark_of
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.hyperparameters import Level, number_text
from hyperverdict.vocabulary.training import (
    CHECKPOINT,
    DEVICE,
    METRICS,
    SEED,
    TENSORBOARD,
    TRAIN,
    Training,
    filled,
    pieces,
)


@dataclass(frozen=True)
class SeedFolders:
    """Where the run of one seed keeps its files.

    Attributes:
        metrics: file or folder that the program writes.
        checkpoint: a folder that survives restarts.
        tensorboard: a folder for event files.
        log: what the program prints.
    """

    metrics: Path
    checkpoint: Path
    tensorboard: Path
    log: Path


def seed_command(
    training: Training,
    configuration: Configuration,
    seed: int,
    folders: SeedFolders,
    device: str,
) -> list[str]:
    """The arguments of the process that trains one seed."""
    levels = {name: level for name, level in configuration.levels if name != TRAIN}
    arguments = {name: _argument(configuration, name, level) for name, level in levels.items()}
    arguments |= {
        SEED: (str(seed),),
        METRICS: (str(folders.metrics),),
        CHECKPOINT: (str(folders.checkpoint),),
        TENSORBOARD: (str(folders.tensorboard),),
        DEVICE: (device,),
        training.unit: (str(configuration.budget.amount),),
    }
    return filled(training.command, arguments)


def _argument(configuration: Configuration, name: str, level: Level) -> tuple[str, ...]:
    flag = configuration.vocabulary.hyperparameters[name].flag
    if flag:
        return (flag,) if level else ()
    return (argument_text(level),)


def argument_text(level: Level) -> str:
    """A level as a program reads it: 0.001, 4, adam, true."""
    if isinstance(level, bool):
        return str(level).lower()
    return number_text(level) if isinstance(level, (int, float)) else str(level)


def make_folders(training: Training, folders: SeedFolders) -> None:
    """Make what the command expects to exist: the parents, and folders that it writes into."""
    for path in (folders.metrics.parent, folders.log.parent):
        path.mkdir(parents=True, exist_ok=True)
    if training.uses(CHECKPOINT):
        folders.checkpoint.mkdir(parents=True, exist_ok=True)
    if any(_is_inside(word) for word in training.command):
        folders.metrics.mkdir(parents=True, exist_ok=True)


def _is_inside(word: str) -> bool:
    """Whether a word names something inside the place of the metrics: ``{metrics}/log.csv``."""
    parts = pieces(word)
    names = [name for name, _ in parts]
    if METRICS not in names:
        return False
    after = parts[names.index(METRICS) + 1 :]
    return bool(after) and after[0][1].startswith("/")


def environment(base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of a program: ours, with its output unbuffered, and whose run it is."""
    return {**base, "PYTHONUNBUFFERED": "1", MARK: mark_of(folder)}


def told_place(command: Sequence[str], metrics: Path) -> Path:
    """The file or folder that a command names: behind {metrics} may stand more of its name."""
    start = str(metrics)
    ends = [word.rpartition(start)[2] for word in command if start in word]
    return Path(start + next((end for end in ends if end.strip("/")), ""))
