"""One rule for the signals that end a run: SIGTERM and SIGHUP do what Ctrl-C does.

Snakemake itself waits for running jobs on SIGTERM, which an ending login session does not, and dies
of SIGHUP with its lock and its jobs left behind.
"""

from __future__ import annotations

import signal
import threading
from typing import Any, NoReturn

ENDING = (signal.SIGTERM, signal.SIGHUP)


def end_as_by_ctrl_c() -> None:
    """Let SIGTERM and SIGHUP interrupt the main thread as Ctrl-C does.

    A signal that is ignored, as under nohup, stays ignored. Nothing happens in other threads.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def ignore_while_ending() -> None:
    """Let further ones not interrupt the end; a second Ctrl-C still does."""
    if threading.current_thread() is threading.main_thread():
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt(signal.Signals(number).name)
