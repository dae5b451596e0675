"""Whether Ctrl-C has ended a call: then its jobs have not failed, whatever they say."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupts:
    """Notes Ctrl-C.

    Attributes:
        happened: whether it was typed since `listen`.
    """

    def __init__(self) -> None:
        self.happened = False

    def listen(self) -> None:
        """Note SIGINT from now on, and do what was done at it before.

        A signal that is ignored, as under nohup, stays ignored. Nothing happens in other threads.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        earlier = signal.getsignal(signal.SIGINT)
        if callable(earlier):
            signal.signal(signal.SIGINT, self._noting(earlier))

    def _noting(
        self, earlier: Callable[[int, FrameType | None], Any]
    ) -> Callable[[int, FrameType | None], Any]:
        def note(number: int, frame: FrameType | None) -> Any:
            self.happened = True
            return earlier(number, frame)

        return note
