"""The wish to stop: SIGTERM asks a job for a checkpoint and then for an end with exit code 85."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from hyperverdict.errors import UserError

REQUEUE_EXIT_CODE = 85
# As a program that SIGTERM has ended: 128 + 15.
ENDED_EXIT_CODE = 143


class Checkpointed(SystemExit):
    """The job was asked to stop: requeue it (exit code 85).

    Args:
        saved: whether anything is saved from which it continues. Where nothing is, the job ends as
            a program that SIGTERM has ended, and no executor takes it for one with a checkpoint.
    """

    def __init__(self, *, saved: bool = True) -> None:
        super().__init__(REQUEUE_EXIT_CODE if saved else ENDED_EXIT_CODE)
        self.saved = saved


def checked_interval(seconds: object) -> float:
    """Seconds between checkpoints, as a number; 0 means at every evaluation point."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds >= 0:
        raise UserError(
            f"resource checkpoint_seconds is {seconds!r}; allowed: a number of seconds, 0 or more"
        )
    return float(seconds)


class StopRequest:
    """While entered, SIGTERM and SIGINT set `requested` instead of ending the process."""

    def __init__(self) -> None:
        self.requested = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        # Python takes signal handlers in the main thread only; elsewhere the host decides.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._previous[number] = signal.signal(number, self._request)
        return self

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.requested = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)
