"""When memory that figures no longer need is found: between them, not while they are drawn."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def collected_between() -> Iterator[Callable[[], object]]:
    """Python's search for cycles rests until the given function is called.

    A figure is thousands of objects that refer to one another. Searching among them while they are
    made finds nothing and takes a fifth of the time.
    """
    was_searching = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield lambda: gc.collect(1)
    finally:
        gc.unfreeze()
        if was_searching:
            gc.enable()
