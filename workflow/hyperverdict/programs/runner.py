"""How one seed of a user's training is run, whether it is a command or a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hyperverdict.programs.command import SeedFolders
from hyperverdict.programs.metrics import Reported
from hyperverdict.runs.layout import SeedStatus
from hyperverdict.training.stopping import StopRequest


@dataclass(frozen=True)
class Ran:
    """How the run of one seed ended.

    Attributes:
        status: "finished" where the program itself ended well; what it reports is judged after.
        message: why it failed.
        reported: what it reported; None where it failed.
        seconds: wall time of all its calls.
    """

    status: SeedStatus
    message: str = ""
    reported: Reported | None = None
    seconds: float = 0.0


class SeedRunner(Protocol):
    """Runs seeds of one configuration, one after the other."""

    def run(self, seed: int, folders: SeedFolders, device: str, stop: StopRequest) -> Ran:
        """Run one seed.

        Raises UserError for a program that breaks its contract; Checkpointed where it was stopped
        and continues later.
        """

    def close(self) -> None:
        """End what the runner has started for all seeds."""
