"""Settings beside the claim's own in which its arms differ, wholly or in part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Literal

import numpy as np

from hyperverdict.foreign.content import Codes
from hyperverdict.stats.thresholds import MATCHED, SAME_SHARES

# How a setting goes with the arms: not at all, with other shares of the same levels, or with other
# levels (or the same ones under other seeds).
Association = Literal["", "uneven", "apart"]


def associated(
    arms: Sequence[Codes], seeds: Sequence[Codes], levels: Codes, *, seeded: bool
) -> Association:
    """How a setting is associated with the arms.

    Args:
        arms: numbers of the runs of each arm.
        seeds: their seeds.
        levels: level of the setting in every run of the table [R].
    """
    held = [levels[runs] for runs in arms]
    if len({code for codes in held for code in codes.tolist()}) < 2:
        return ""
    pairs = (
        combinations(range(len(arms)), 2)
        if len(arms) < 8
        else ((0, i) for i in range(1, len(arms)))
    )
    found = {_differ(held[a], held[b], seeds[a], seeds[b], seeded) for a, b in pairs}
    return "apart" if "apart" in found else "uneven" if "uneven" in found else ""


def _differ(a: Codes, b: Codes, seeds_a: Codes, seeds_b: Codes, seeded: bool) -> Association:
    if not len(a) or not len(b):
        return ""
    common = np.intersect1d(seeds_a, seeds_b)
    smaller = min(len(np.unique(seeds_a)), len(np.unique(seeds_b)))
    if seeded and len(common) >= MATCHED * smaller:
        by_seed = [_by_seed(x, s) for x, s in ((a, seeds_a), (b, seeds_b))]
        other = any(by_seed[0][seed] != by_seed[1][seed] for seed in common.tolist())
        return "apart" if other else ""
    if not seeded and _mostly_own(a) and _mostly_own(b):
        # A setting that differs from run to run is a matter of replication.
        return ""
    if set(a.tolist()) != set(b.tolist()):
        return "apart"
    return "uneven" if _distance(a, b) > SAME_SHARES else ""


def _mostly_own(levels: Codes) -> bool:
    return len(levels) > 2 and len(np.unique(levels)) > len(levels) / 2


def _by_seed(levels: Codes, seeds: Codes) -> Mapping[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for level, seed in zip(levels.tolist(), seeds.tolist(), strict=True):
        found.setdefault(seed, set()).add(level)
    return {seed: frozenset(held) for seed, held in found.items()}


def _distance(a: Codes, b: Codes) -> float:
    """Total variation distance of the levels' shares: 0 alike, 1 without a common level."""
    levels = np.union1d(a, b)
    shares = [(codes[:, None] == levels).mean(axis=0) for codes in (a, b)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def names_text(names: Iterable[str], most: int = 8) -> list[str]:
    """Names of settings for a sentence, the first few of many."""
    found = [name.replace("_", " ") if name.islower() else name for name in names]
    return found if len(found) <= most else [*found[:most], f"{len(found) - most:,} more"]
