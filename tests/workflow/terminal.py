"""Commands in a terminal of a given width, and what a person would read there."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from dataclasses import dataclass

CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
SECONDS = 300


@dataclass
class Seen:
    """What a command wrote to its terminal.

    Attributes:
        raw: every byte.
        status: exit status.
    """

    raw: bytes
    status: int

    @property
    def lines(self) -> list[str]:
        """Every state of every line, the overwritten ones included."""
        found = re.split(rb"[\r\n]+", CONTROL.sub(b"", self.raw))
        return [line.decode() for line in found if line.strip()]

    @property
    def left(self) -> list[str]:
        """What stands there in the end: of each line what was written after it was last erased."""
        rows = []
        for row in self.raw.split(b"\n"):
            kept = row.rpartition(b"\x1b[2K")[2].rstrip(b"\r")
            rows.append(CONTROL.sub(b"", kept).rpartition(b"\r")[2].decode())
        return [row for row in rows if row.strip()]

    @property
    def coloured(self) -> bool:
        return COLOUR.search(self.raw) is not None


def see(command, cwd, width=100, interrupt_at="", **environment) -> Seen:
    """Run a command in a terminal.

    Args:
        interrupt_at: Ctrl-C is typed once this has been written.
    """
    unwanted = ("NO_COLOR", "COLUMNS", "LINES")
    inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
    wanted = {**inherited, "TERM": "xterm", "OMP_NUM_THREADS": "1", **environment}
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execvpe(command[0], command, wanted)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    raw, deadline, waiting = b"", time.monotonic() + SECONDS, interrupt_at.encode()
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.5)
        if not ready:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        raw += data
        if waiting and waiting in raw:
            os.write(terminal, b"\x03")
            waiting = b""
    os.close(terminal)
    return Seen(raw, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
