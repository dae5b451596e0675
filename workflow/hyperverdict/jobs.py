"""What surrounds every job of the workflow: its log, and failures as one message."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.words.printing import tell
from hyperverdict.words.safe import terminal


class _SafeFormatter(logging.Formatter):
    """Lines that may be shown in a terminal, as the end of a log is."""

    def format(self, record: logging.LogRecord) -> str:
        return terminal(super().format(record))


@contextmanager
def job(log: str | Path) -> Iterator[None]:
    """Write log messages and warnings to the job's log; end on UserError with its message alone.

    Other exceptions are bugs: their traceback goes to the log and to standard error.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(_SafeFormatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    except UserError as error:
        logging.error("%s", error)
        tell(f"\nhyperverdict: {error}\n")
        raise SystemExit(1) from None
    except Exception:
        logging.exception("this is a bug in hyperverdict; please report it with this log")
        raise
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()


def has_machine_to_itself(threads: int) -> bool:
    """Whether a job holds all cores of its machine, by its threads or by its SLURM allocation."""
    allocated = int(os.environ.get("SLURM_CPUS_ON_NODE", "0") or 0)
    return max(threads, allocated) >= (os.cpu_count() or 1)
