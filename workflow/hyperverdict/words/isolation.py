"""What goes wrong in the words of one part of a report stays in that part."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


def guarded(name: str, write: Callable[[], T], otherwise: Callable[[str], T]) -> T:
    """What `write` gives; where it raises, what `otherwise` makes of the sentence that says so.

    Args:
        name: of the part, for the log, which also gets the traceback.
    """
    try:
        return write()
    except Exception as error:
        log.exception("%s: a part could not be written", name)
        return otherwise(f"This part could not be written: {type(error).__name__}: {error}")
