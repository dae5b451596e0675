"""What a cell of a column of numbers says that holds none, where it is not just empty."""

from __future__ import annotations

from collections.abc import Mapping

# Its value is missing; or it is not a number.
NULL, NOT_A_NUMBER = 1, 2
WORDS: Mapping[str, int] = {
    "null": NULL,
    "none": NULL,
    **dict.fromkeys(("nan", "-nan", "+nan"), NOT_A_NUMBER),
}
