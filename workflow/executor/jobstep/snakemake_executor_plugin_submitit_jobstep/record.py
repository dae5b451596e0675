"""Writes what happens to the jobs of an array task into the task's ledger."""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

from .ledger import CHECKPOINTED_STATUS, LEDGER_VARIABLE, LedgerWriter, job_key, outputs_state

# SIGTERM and SIGKILL, as Popen and as a shell report them.
KILLED_STATUS = frozenset({-15, -9, 143, 137})


def stopped_reason(status: int | None, stopping: bool) -> str | None:
    """Why a job that ended without success has not failed of itself, or None when it has.

    A signal tells nothing about the job: SLURM's state of the task decides later.
    """
    if status == CHECKPOINTED_STATUS:
        return "checkpointed"
    if stopping:
        return "stopped"
    return "killed" if status in KILLED_STATUS else None


def ended_as(status: int | None) -> str | None:
    """How a job ended, in words; None where its status says nothing."""
    if not status:
        return None
    number = -status if status < 0 else status - 128
    if number not in {int(known) for known in signal.Signals}:
        return f"exit status {status}"
    name = signal.Signals(number).name
    why = ": out of memory, or killed by somebody" if number == signal.SIGKILL else ""
    return f"ended by signal {number} ({name}){why}"


def output_size() -> int | None:
    """Bytes of output of this process so far, where it goes into a file, as that of a task."""
    facts = os.fstat(2)
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


class Recorder:
    """The ledger of this process, written for the jobs of Snakemake."""

    def __init__(self, ledger: LedgerWriter) -> None:
        self.ledger = ledger

    @classmethod
    def from_environment(cls) -> Recorder | None:
        """The recorder of the array task this process runs in, or None outside of one."""
        ledger = os.environ.get(LEDGER_VARIABLE)
        return cls(LedgerWriter(Path(ledger))) if ledger else None

    def _append(self, event: str, job: Any, **values: Any) -> None:
        key = job_key(job.rule.name, job.wildcards_dict)
        try:
            self.ledger.append(event, key=key, **values)
        except OSError as error:
            # The job itself is fine; the submitting side will say that its outcome is unknown.
            print(f"cannot write {self.ledger.path}: {error}", file=sys.stderr, flush=True)

    def started(self, job: Any) -> None:
        """The job's process is about to start; what it prints comes after what there is."""
        self._append("start", job, output=output_size())

    def done(self, job: Any) -> None:
        """The job has succeeded and its outputs were found."""
        self._append("done", job, outputs=outputs_state(str(path) for path in job.output))

    def not_done(
        self, job: Any, status: int | None, stopping: bool, output_end: int | None = None
    ) -> None:
        """The job has ended without success.

        Args:
            output_end: bytes of output when its process ended. Where the process ended well, what
                Snakemake has said since then is the reason.
        """
        reason = stopped_reason(status, stopping)
        values = {"status": status, "output": output_end if status else output_size()}
        if reason is None:
            self._append("failed", job, **values)
        else:
            self._append("stopped", job, reason=reason, **values)
