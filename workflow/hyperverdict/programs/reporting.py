"""What a user's function reports through: `log`, one object for one seed.

    def train(*, seed, epochs, log, heads=4):
        for epoch in range(1, epochs + 1):
            ...
            log(epoch=epoch, accuracy=0.9)

Every call is a line in a file at once, so that nothing is lost when the process dies.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from hyperverdict.runs.files import write_atomic


class Stopped(BaseException):
    """Raised by a function that was asked to stop and has saved: this seed is continued later.

    No Exception, so that `except Exception` in a training loop does not catch it.
    """


class Log:
    """What a function gets as `log`.

    Attributes:
        device: "cpu" or "cuda".
    """

    Stopped: ClassVar[type[BaseException]] = Stopped

    def __init__(
        self, rows: str | Path, checkpoint: str | Path, tensorboard: str | Path, device: str
    ) -> None:
        self.device = device
        self._rows, self._checkpoint, self._tensorboard = rows, checkpoint, tensorboard
        self._file: int | None = None
        self._asked = False
        self._has_seen = False

    def __call__(self, values: Mapping[str, Any] | None = None, /, **further: Any) -> None:
        """Report numbers as one row: ``log(epoch=3, accuracy=0.9)``.

        Rows of equal progress are one row. Names that are no words go into a mapping:
        ``log({"eval/bleu": 21.2}, epoch=3)``. Tensors and arrays of one number are numbers.

        Raises TypeError for what is no number.
        """
        row = numbers_of({**(values or {}), **further})
        if row:
            self._write(row)

    def end(self, end: Mapping[str, Any]) -> None:
        """Write down how the call ended; nothing is reported after."""
        self._write([end])

    def _write(self, content: object) -> None:
        if self._file is None:
            self._file = self._opened()
        line = checked_line(content)
        while line:
            line = line[os.write(self._file, line) :]

    def _opened(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        try:
            return os.open(self._rows, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self._rows), exist_ok=True)
            return os.open(self._rows, flags, 0o666)

    @property
    def checkpoint(self) -> Path:
        """A folder that survives restarts, empty at first: save here, and look here first."""
        return _made(self._checkpoint)

    @property
    def tensorboard(self) -> Path:
        """A folder for TensorBoard's event files of this seed."""
        return _made(self._tensorboard)

    @property
    def should_stop(self) -> bool:
        """Whether the job is asked to end: save to `checkpoint`, then ``raise log.Stopped``."""
        self._has_seen |= self._asked
        return self._asked

    def ask_to_stop(self) -> None:
        """Make `should_stop` True."""
        self._asked = True

    @property
    def has_seen_stop(self) -> bool:
        """Whether the function has been told to stop, and has read it."""
        return self._has_seen


def _made(folder: str | Path) -> Path:
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    return path


def numbers_of(values: Mapping[str, Any]) -> dict[str, float]:
    """Values as plain numbers; TypeError, naming the value, for what is none."""
    return {_name(name): _number(name, value) for name, value in values.items()}


def _name(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise TypeError(f"log: {name!r} is no name of a metric")
    return name


def _number(name: str, value: Any) -> float:
    is_text = isinstance(value, (str, bytes, bool)) or value is None
    try:
        if is_text:
            raise TypeError
        number = float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"log: {name}={value!r} is not a number") from None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def read_report(file: Path) -> tuple[list[dict[str, float]], dict[str, Any] | None]:
    """(the rows that were reported, how the last call ended: None where it did not say so).

    The last line is left out where a crash cut it off. Raises ReportDamagedError for any other line
    that is not as it was written.
    """
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], None
    rows: list[dict[str, float]] = []
    end = None
    # What stands behind the last line end was cut off.
    for number, line in enumerate(lines[:-1], 1):
        match _content_of(line, number):
            case dict() as row:
                rows.append(row)
                end = None
            case [dict() as ended]:
                end = ended
            case []:
                end = None
    return rows, end


class ReportDamagedError(ValueError):
    """A line of a report is not as it was written."""


# Hexadecimal digits of a line's checksum, which stands behind it.
_DIGITS = 16


def checked_line(content: object) -> bytes:
    """A line of a report, with its checksum."""
    text = json.dumps(content).encode()
    return b"%s %s\n" % (text, _checksum(text))


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_DIGITS].encode()


def _content_of(line: bytes, number: int) -> object:
    text, _, checksum = line.rpartition(b" ")
    if checksum != _checksum(text):
        raise ReportDamagedError(f"line {number} does not fit its checksum")
    return json.loads(text)


def continue_report(file: Path) -> None:
    """Void how the last call ended, and remove what a crash cut off, before another call adds rows.

    Raises ReportDamagedError as `read_report` does; FileNotFoundError.
    """
    read_report(file)
    content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    write_atomic(file, whole + checked_line([]))
