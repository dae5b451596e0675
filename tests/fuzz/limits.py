"""What every input gets: an answer or one message, within limits of time and memory."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError
from hypothesis import HealthCheck, settings

# Examples of all properties together: a thousand in `make test`, 20,000 in `make test-fuzz`.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1000"))
# Of CPU time of one example, and what one example may add to the memory of the process.
SECONDS, GIGABYTES = 10, 2
LONGEST_MESSAGE = 20_000


class TookTooLong(BaseException):
    """No `except Exception` takes it for a broken input."""


def examples(share: float) -> settings:
    """Settings of a property that gets this share of all examples."""
    return settings(
        max_examples=max(1, round(EXAMPLES * share)),
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Ends what takes longer or more memory; in the main thread of a process."""

    def end(number: int, frame: Any) -> None:
        raise TookTooLong(f"more than {SECONDS} s of CPU time")

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + GIGABYTES * 2**30
    earlier = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, earlier)


def answer(call: Callable[[], Any]) -> Any:
    """What a call gives; None where it refuses its input with a message of ours.

    Any other exception, and a message that says nothing or too much, is a failure.
    """
    with limited():
        try:
            return call()
        except UserError as error:
            refused = str(error)
    assert 0 < len(refused) < LONGEST_MESSAGE
    return None
