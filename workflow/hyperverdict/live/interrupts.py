"""Whether Ctrl-C has ended a call: then its jobs have not failed, whatever they say."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from hyperverdict.words.printing import tell

STOPPED = "\nStopped. Call the same command again to continue.\n"


class Interrupts:
    """Notes Ctrl-C.

    Attributes:
        happened: whether it was typed since `listen`.
    """

    def __init__(self) -> None:
        self.happened = False

    def listen(self) -> None:
        """Note SIGINT from now on, and do what was done at it before.

        Where nobody takes care of it, as while Snakemake reads the rules, the call ends with one
        line instead of a traceback. A signal that is ignored, as under nohup, stays ignored.
        Nothing happens in other threads.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        earlier = signal.getsignal(signal.SIGINT)
        if callable(earlier):
            signal.signal(signal.SIGINT, self._noting(earlier))
            sys.excepthook = _without_traceback(sys.excepthook)

    def _noting(
        self, earlier: Callable[[int, FrameType | None], Any]
    ) -> Callable[[int, FrameType | None], Any]:
        def note(number: int, frame: FrameType | None) -> Any:
            self.happened = True
            return earlier(number, frame)

        return note


def _without_traceback(
    earlier: Callable[[type[BaseException], BaseException, TracebackType | None], Any],
) -> Callable[[type[BaseException], BaseException, TracebackType | None], Any]:
    """What is done with errors that nobody handles: of Ctrl-C only a line is said."""

    def show(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            tell(STOPPED)
        else:
            earlier(kind, error, traceback)

    return show
