"""The second source of variation: how much an effect would move with new test images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.checks.context import ArmRuns, Case
from hyperverdict.stats.images import image_standard_error

BITS_COLUMN = "correct"
METRICS = frozenset({"accuracy", "error"})


def image_errors(case: Case) -> dict[str, float]:
    """Contrast name -> standard error for new images, in the metric's unit.

    Only contrasts of two arms on one test set whose correctness bits are recorded.
    """
    errors = {}
    bits: dict[str, npt.NDArray[np.float64] | None] = {}
    for effect in case.effects():
        pair = case.pair(effect)
        if pair is None or effect.metric not in METRICS:
            continue
        for a in pair:
            if a.arm.label not in bits:
                bits[a.arm.label] = correct_share(a)
        shares = [bits[a.arm.label] for a in pair]
        if shares[0] is None or shares[1] is None or len(shares[0]) != len(shares[1]):
            continue
        if pair[0].arm.configuration.data != pair[1].arm.configuration.data:
            continue
        errors[effect.name] = image_standard_error(shares[1] - shares[0])
    return errors


def correct_share(a: ArmRuns) -> npt.NDArray[np.float64] | None:
    """Share of seeds that classify each test image right [N]; None without correctness bits."""
    if BITS_COLUMN not in a.rows:
        return None
    rows = a.rows[~a.rows["failed"].astype(bool)]
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
