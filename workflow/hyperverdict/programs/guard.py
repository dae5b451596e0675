"""The process that ends what a job has started, should the job itself be killed.

The kernel could be asked to end a program with the job, but only in the program's own process
before it is the program. Such a start copies the whole job, which takes milliseconds of every seed.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from hyperverdict.programs.orphans import end_marked, signal_group

_END = b"end"
_IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Guard:
    """The job's side: it says which process group it runs, and that it has ended well.

    Attributes:
        mark: what the environment of all that the job starts says (`mark_of`).
    """

    def __init__(self, mark: str) -> None:
        reading, self._writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._writing)
                _serve(reading, mark)
            finally:
                os._exit(1)
        os.close(reading)

    def watch(self, group: int) -> None:
        """From now on, this process group is running; 0 for none."""
        self._say(str(group).encode())

    def close(self) -> None:
        """The job goes on without it."""
        self._say(_END)
        os.close(self._writing)
        os.waitpid(self._pid, 0)

    def _say(self, word: bytes) -> None:
        try:
            os.write(self._writing, word + b"\n")
        except BrokenPipeError:
            # It was killed. A later attempt looks for what this one may leave.
            return


def _serve(reading: int, mark: str) -> NoReturn:
    """Wait for the end of the job, however it ends; then end what it has left."""
    # Nothing that is sent to the job's session or process group is meant for it.
    os.setsid()
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    _keep_only(reading)
    group, content = 0, b""
    while received := os.read(reading, 1 << 12):
        *words, content = (content + received).split(b"\n")
        if _END in words:
            os._exit(0)
        group = int(words[-1]) if words else group
    if group:
        signal_group(group, signal.SIGKILL)
    end_marked(mark)
    os._exit(0)


def _keep_only(descriptor: int) -> None:
    """Close all other files: somebody may wait for their end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))
