"""Tasks of earlier calls that are in SLURM's queue and of which nobody can say what they run.

What cannot be read never proves that a job is gone: beside such a task no job is started.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import slurm
from .slurm import TaskState
from .store import ROOT, batch_of_comment, is_lost

SHOWN = 10


@dataclass
class Unfollowed:
    """Tasks by SLURM's id, with the file that would say what they run."""

    tasks: dict[str, Path] = field(default_factory=dict)
    root: Path = ROOT
    _looked: bool = False

    def message(self) -> str | None:
        """Why nothing may be submitted now, and what to do; None where nothing is in the way.

        Once nothing is, SLURM is not asked again. Raises SlurmUnavailableError.
        """
        if self._looked and not self.tasks:
            return None
        states = slurm.queue()
        if not self._looked:
            self.tasks |= lost_tasks(states, self.root)
            self._looked = True
        states |= slurm.still_known(task for task in self.tasks if task not in states)
        self.tasks = {task: file for task, file in self.tasks.items() if in_queue(states, task)}
        return _words(self.tasks) if self.tasks else None


def in_queue(states: Mapping[str, TaskState], task: str) -> bool:
    """Whether SLURM has a task and may run it."""
    return task in states and not states[task].ended


def lost_tasks(states: Mapping[str, TaskState], root: Path) -> dict[str, Path]:
    """Tasks in the queue that runs of this folder have submitted whose files are gone."""
    found = {}
    for task, state in states.items():
        known = batch_of_comment(state.comment)
        if known is not None and not state.ended and is_lost(known[0], root):
            found[task] = root / known[0]
    return found


def _words(tasks: Mapping[str, Path]) -> str:
    files = sorted({str(file) for file in tasks.values()})
    ids = slurm.ranges(tasks)
    return (
        f"SLURM task {_some(ids, ', ')} of an earlier call in this folder cannot be followed, "
        f"because {_some(files, ', ')} cannot be read: which jobs it runs is not known. No job is "
        "submitted until it has ended, because one could run twice. Wait, or end it: "
        f"scancel {shlex.join(ids)}"
    )


def _some(words: list[str], between: str) -> str:
    more = len(words) - SHOWN
    return between.join(words[:SHOWN]) + (f" and {more} more" if more > 0 else "")
