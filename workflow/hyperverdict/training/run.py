"""One training job of our own loop: seeds of one configuration, into one run folder.

Needs no torch until there is something to train.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperverdict.runs.kept import PARTIAL_FOLDER
from hyperverdict.runs.layout import TRAINING_VERSION, RunRecord, SeedRecord
from hyperverdict.training import provenance
from hyperverdict.training.code import code_checksum_of
from hyperverdict.training.data import check_prepared
from hyperverdict.training.fill import Clock, fill_run, read_stored, session
from hyperverdict.training.partial import PartialFolder
from hyperverdict.training.stopping import Checkpointed, StopRequest, checked_interval
from hyperverdict.training.timing import steps_for_seconds
from hyperverdict.vocabulary.configuration import Configuration

if TYPE_CHECKING:
    from hyperverdict.training.dataset import Dataset

logger = logging.getLogger(__name__)


def train_configuration(
    configuration: Configuration,
    seeds: Iterable[int],
    prepared: Path,
    folder: Path,
    *,
    device: str = "cpu",
    timing: Path | None = None,
    tensorboard: Path | None = None,
    log: Path | None = None,
    memory_mb: int | None = None,
    checkpoint_seconds: float = 60.0,
    retrain: bool = False,
) -> RunRecord:
    """Train the wanted seeds that `folder` does not hold yet, and write its table and record.

    Args:
        prepared: the folder of the configuration's prepared data.
        folder: the run's folder; what is there of the same identity is kept, whatever seeds it has.
        device: ``cuda`` is used when the job was given one, else the CPU.
        timing: ``timing.json`` of this configuration; needed for a budget in seconds.
        tensorboard: folder for this configuration's event files; none are written when None.
        log: the job's log file; an executor's death note is looked for beside it. Messages go to
            the logger `hyperverdict.training`.
        memory_mb: memory that this attempt was given; with more than a killed attempt had, its
            seed is tried again.
        checkpoint_seconds: training time that a kill may cost at most; 0 for a checkpoint at every
            evaluation point.
        retrain: seeds of other code or data are put aside, and all seeds train again.

    Raises UserError for damaged data, a missing timing, and seeds of other code or data;
    Checkpointed (SystemExit 85) at SIGTERM.
    """
    facts = check_prepared(prepared)
    code = code_checksum_of(configuration)
    identity = {
        "path": configuration.path,
        "data_checksum": facts["checksum"],
        "training_version": TRAINING_VERSION,
        **({"code_checksum": code} if code else {}),
    }
    steps = _steps(configuration, folder, identity, timing, device, retrain=retrain)
    job = _Job(
        configuration, identity, steps, prepared, folder, device, tensorboard, checkpoint_seconds
    )
    return fill_run(
        folder, identity, seeds, job, log=log, memory_mb=memory_mb, device=device, retrain=retrain
    )


def _steps(
    configuration: Configuration,
    folder: Path,
    identity: Mapping[str, Any],
    timing: Path | None,
    device: str,
    *,
    retrain: bool,
) -> int:
    """Steps of every seed; for a budget in seconds those already in use, else from timing.json."""
    if configuration.budget.kind != "seconds":
        return configuration.budget.amount
    stored = read_stored(folder, identity, retrain=retrain)
    if stored is not None:
        return stored.record.steps
    planned = PartialFolder(folder / PARTIAL_FOLDER, identity).plan().get("steps")
    if planned:
        return int(planned)
    return steps_for_seconds(configuration, timing, provenance.choose_device(device))


def _warn_if_elsewhere(earlier: Sequence[Mapping[str, Any]], now: Mapping[str, Any]) -> None:
    """Same seeds give the same numbers on the same hardware and torch only."""
    here = _where(now)
    others = sorted({_where(entry) for entry in earlier} - {here})
    if others:
        logger.warning(
            f"earlier seeds were trained on {'; '.join(others)}, these on {here}: "
            "the same seed may differ in its last digits"
        )


def _where(entry: Mapping[str, Any]) -> str:
    hardware = entry["hardware"]
    return f"{hardware['gpu'] or hardware['cpu']} with torch {entry['versions']['torch']}"


@dataclass(frozen=True)
class _Job:
    """What a job needs to train seeds; imports torch when asked to."""

    configuration: Configuration
    identity: Mapping[str, Any]
    steps: int
    prepared: Path
    folder: Path
    device: str
    tensorboard: Path | None
    checkpoint_seconds: float

    def _data(self) -> Dataset:
        from hyperverdict.training.dataset import load_for

        return load_for(self.configuration, self.prepared)

    def empty_record(self) -> RunRecord:
        """The record of this run without seeds."""
        from hyperverdict.training.network import describe_network

        data = self._data()
        parameters, flops = describe_network(self.configuration, data.shape, data.classes)
        return RunRecord(
            **self.identity,
            configuration=self.configuration.settings(),
            steps=self.steps,
            parameters=parameters,
            flops_per_sample=flops,
            train_size=len(data.train),
            test_size=len(data.test),
            seeds={},
        )

    def train(
        self, seeds: list[int], partial: PartialFolder, earlier: Sequence[Mapping[str, Any]]
    ) -> None:
        """Train seeds one after the other; each is kept in `partial` as it ends."""
        from hyperverdict.training.checkpoint import CheckpointKeeper
        from hyperverdict.training.loop import set_up_torch
        from hyperverdict.training.seeds import train_seed
        from hyperverdict.training.tensorboard import open_board

        device = provenance.choose_device(self.device)
        if device != self.device:
            logger.info(f"this job was given no {self.device}; it trains on the {device}")
        set_up_torch(device)
        _warn_if_elsewhere(earlier, session(provenance.now(), device))
        data = self._data().to(device)
        every_seconds, clock = checked_interval(self.checkpoint_seconds), Clock()
        logger.info(f"training seeds {seeds} on the {device}; steps of each: {self.steps}")
        with StopRequest() as stop:
            for seed in seeds:
                if stop.requested:
                    raise Checkpointed
                partial.begin(seed, self.steps)
                identity = {**self.identity, "steps": self.steps, "seed": seed, "device": device}
                keeper = CheckpointKeeper(
                    partial.checkpoint_file(seed), identity, stop, every_seconds
                )
                with open_board(self.tensorboard, self.configuration, seed) as board:
                    outcome = train_seed(
                        self.configuration, seed, data, self.steps, device, keeper, board.add
                    )
                record = SeedRecord(
                    outcome.status, outcome.last_step, outcome.train_seconds, 0, outcome.message
                )
                partial.keep(seed, outcome.rows, record, clock.read(session(clock.started, device)))
                keeper.remove()
                logger.info(_line(seed, outcome.rows, record))


def _line(seed: int, rows: list[dict[str, Any]], record: SeedRecord) -> str:
    text = (
        f"seed {seed}: {record.status} after step {record.last_step}, {record.train_seconds:.2f} s"
    )
    scores = [row["accuracy"] for row in rows if row["split"] == "validation"]
    if scores:
        text += f", validation accuracy {scores[-1]:.4f}"
    return f"{text}; {record.message}" if record.message else text
