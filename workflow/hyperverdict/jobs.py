"""What surrounds every job of the workflow: its log, and failures as one message."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from hyperverdict.errors import UserError
from hyperverdict.words.printing import tell
from hyperverdict.words.safe import terminal

# What a disk, and no fault of ours, says to a write.
_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EROFS: "the disk may only be read",
    errno.EIO: "the disk reports an error",
}
# Folders in which jobs, and they alone, write.
_OURS = frozenset({"results", "resources"})


class _SafeFormatter(logging.Formatter):
    """Lines that may be shown in a terminal, as the end of a log is."""

    def format(self, record: logging.LogRecord) -> str:
        return terminal(super().format(record))


class _Log(logging.FileHandler):
    """A log that a full disk makes shorter, and nothing else."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        pass


@contextmanager
def job(log: str | Path) -> Iterator[None]:
    """Write log messages and warnings to the job's log; end on UserError with its message alone.

    So does a disk that takes nothing more, SIGINT, and a file that somebody removes meanwhile.
    Other exceptions are bugs: their traceback goes to the log and to standard error.
    """
    try:
        with _logged(Path(log)):
            yield
    except UserError as error:
        _end(str(error))
    except KeyboardInterrupt:
        _end("interrupted (SIGINT)", 128 + signal.SIGINT)
    except OSError as error:
        why = _from_outside(error)
        if not why:
            raise
        _end(why)


def _from_outside(error: BaseException) -> str:
    """What happened to a disk or a file, and what to do; "" for any other error."""
    if not isinstance(error, OSError):
        return ""
    if error.errno in _DISK:
        where = f" ({error.filename})" if error.filename else ""
        return f"{_DISK[error.errno]}{where}; correct that and call the same command again"
    if error.errno == errno.ENOENT and _OURS.intersection(Path(str(error.filename)).parts):
        return (
            f"{error.filename} was removed while this job used it, as by another call in the same "
            "folder; call the same command again once no other call runs"
        )
    return ""


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = _Log(path, encoding="utf-8")
    handler.setFormatter(_SafeFormatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    except (UserError, KeyboardInterrupt) as error:
        logging.error("%s", str(error) or "interrupted (SIGINT)")
        raise
    except Exception as error:
        if why := _from_outside(error):
            logging.error("%s", why)
        else:
            logging.exception("this is a bug in hyperverdict; please report it with this log")
        raise
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()


def _end(said: str, status: int = 1) -> NoReturn:
    """End the job with one message."""
    tell(f"\nhyperverdict: {said}\n")
    raise SystemExit(status) from None


def has_machine_to_itself(threads: int) -> bool:
    """Whether a job holds all cores of its machine, by its threads or by its SLURM allocation."""
    allocated = int(os.environ.get("SLURM_CPUS_ON_NODE", "0") or 0)
    return max(threads, allocated) >= (os.cpu_count() or 1)
