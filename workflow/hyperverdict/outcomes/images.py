"""The second source of variation: how much an effect would move with new test images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.effects.contrast import Contrast
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.outcomes.values import is_counted
from hyperverdict.stats.images import image_standard_error

BITS_COLUMN = "correct"


def image_errors(
    contrasts: Iterable[Contrast], arms: Mapping[str, ArmRuns]
) -> dict[Contrast, float]:
    """Contrast -> standard error for new images, in the metric's unit.

    Only contrasts of two arms on one test set whose correctness bits are recorded.

    Args:
        arms: label -> arm.
    """
    errors: dict[Contrast, float] = {}
    bits: dict[str, npt.NDArray[np.float64] | None] = {}
    for contrast in contrasts:
        if contrast.pair is None or not is_counted(contrast.metric):
            continue
        for label in contrast.pair:
            if label not in bits:
                bits[label] = correct_share(arms[label])
        start, to = (bits[label] for label in contrast.pair)
        if start is None or to is None or len(start) != len(to):
            continue
        first, second = (arms[label].arm.configuration.prepared for label in contrast.pair)
        if first == second:
            errors[contrast] = image_standard_error(to - start)
    return errors


def correct_share(a: ArmRuns) -> npt.NDArray[np.float64] | None:
    """Share of seeds that classify each test image right [N]; None without correctness bits."""
    if BITS_COLUMN not in a.rows:
        return None
    rows = a.finished
    packed = [bits for bits in rows[BITS_COLUMN] if isinstance(bits, bytes)]
    if not packed or len(packed) < len(rows):
        return None
    return _unpack(packed, rows)


def _unpack(packed: list[bytes], rows: pd.DataFrame) -> npt.NDArray[np.float64] | None:
    sizes = rows["test_size"].unique()
    if len(sizes) != 1 or not sizes[0] > 0:
        return None
    size = int(sizes[0])
    if {len(bits) for bits in packed} != {-(-size // 8)}:
        return None
    table = np.frombuffer(b"".join(packed), dtype=np.uint8).reshape(len(packed), -1)
    share: npt.NDArray[np.float64] = np.unpackbits(table, axis=1, count=size).mean(axis=0)
    return share
