"""One rule for the signals that end a run: SIGTERM and SIGHUP interrupt it as Ctrl-C does.

Snakemake itself waits for running jobs on SIGTERM, which an ending login session does not, and dies
of SIGHUP with its lock left behind.
"""

from __future__ import annotations

import signal
import threading
from typing import Any, NoReturn

ENDING = (signal.SIGTERM, signal.SIGHUP)


class Ending:
    """What ends the run of one executor.

    Attributes:
        by: the signal that did, None before there is one, and after Ctrl-C.
    """

    def __init__(self) -> None:
        self.by: signal.Signals | None = None

    def listen(self) -> None:
        """Let SIGTERM and SIGHUP interrupt the main thread as Ctrl-C does.

        A signal that is ignored, as under nohup, stays ignored. Nothing happens in other threads.
        """
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    signal.signal(number, self._interrupt)

    def ignore(self) -> None:
        """Let further ones not interrupt the end; a second Ctrl-C still does."""
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                signal.signal(number, signal.SIG_IGN)

    @property
    def terminal_is_gone(self) -> bool:
        """Whether the session was lost, which nobody may have wanted."""
        return self.by is signal.SIGHUP

    def _interrupt(self, number: int, frame: Any) -> NoReturn:
        self.by = signal.Signals(number)
        raise KeyboardInterrupt(self.by.name)
