"""Numbers as sentences show them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from hyperverdict.claims.model import Effect

FRACTION_METRICS = frozenset({"accuracy", "error"})
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def digits(value: float, significant: int = 3) -> str:
    """A number with some significant digits, thousands separated, without an exponent."""
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("more than any number" if value > 0 else "none")
    if value == 0:
        return "0"
    decimals = max(0, significant - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def size(value: float, metric: str, ratio: bool = False) -> str:
    """A size of effect in words: ``1.5 points``, ``1.1 times``, ``0.02`` for other metrics."""
    if ratio:
        return f"{digits(value)} times"
    if metric in FRACTION_METRICS:
        points = digits(abs(value) * 100, 2)
        return f"{points} point" if points == "1" else f"{points} points"
    return digits(abs(value))


def estimate(effect: Effect) -> str:
    """The estimate of an effect with its sign: ``+1.5 points``, ``3.4 times``."""
    if effect.ratio:
        return size(effect.estimate, effect.metric, ratio=True)
    sign = "+" if effect.estimate >= 0 else "-"
    return f"{sign}{size(effect.estimate, effect.metric)}"


def count(n: int, noun: str, plural: str = "") -> str:
    """``1 seed``, ``3 seeds``, ``1,200 runs``."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def number_word(n: int) -> str:
    """Small whole numbers as words, for the start of a sentence: ``Three``."""
    return _WORDS[n].capitalize() if n < len(_WORDS) else f"{n:,}"


def listed(items: Iterable[object], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    words: Sequence[str] = [str(item) for item in items]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def seeds_text(seeds: Iterable[int]) -> str:
    """Seeds, runs of neighbours shortened: ``0 to 9``, ``3``, ``0 to 4, 7 and 9``."""
    ordered = sorted(set(seeds))
    groups: list[list[int]] = []
    for seed in ordered:
        if groups and seed == groups[-1][-1] + 1:
            groups[-1].append(seed)
        else:
            groups.append([seed])
    shown = []
    for group in groups:
        shown += [f"{group[0]} to {group[-1]}"] if len(group) > 2 else [str(seed) for seed in group]
    return listed(shown)
