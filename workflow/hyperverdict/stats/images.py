"""How much of a difference is due to which test images were drawn."""

from __future__ import annotations

import math

from hyperverdict.stats.intervals import Floats


def image_standard_error(differences: Floats) -> float:
    """Standard error, for new images, of the difference of two arms.

    Args:
        differences: [images], the share of seeds right in one arm minus that in the other; nan
            is returned for fewer than 2.
    """
    if len(differences) < 2:
        return math.nan
    return float(differences.std(ddof=1)) / math.sqrt(len(differences))
