"""Scores that recur to their last digit in runs that should differ: copies of one run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hyperverdict.effects.rounding import step_of
from hyperverdict.foreign.content import Codes, codes_of
from hyperverdict.foreign.runs import Runs
from hyperverdict.foreign.select import Selection
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, listed

# Digits from which equal scores are no chance of rounding; how improbable recurrences must be.
MOST_COARSE_DIGITS = 4
IMPROBABLE = 1e-3


def copied(runs: Runs, metric: Metric, arms: Sequence[tuple[str, Selection]], number: Codes) -> str:
    """What recurs in the arms, in words; "" where nothing does, or where chance may do it.

    Args:
        arms: (title, runs) of each arm.
        number: the replicate of each run of the table [R].
    """
    label = np.concatenate([np.full(len(arm.runs), i) for i, (_, arm) in enumerate(arms)])
    values = np.concatenate([arm.scores[metric.name] for _, arm in arms])
    rows = np.concatenate([arm.rows for _, arm in arms])
    numbers = np.concatenate([number[arm.runs] for _, arm in arms])
    exact = np.isfinite(values) & np.array(
        [_digits(v) > MOST_COARSE_DIGITS for v in values], dtype=bool
    )
    if exact.sum() < 2:
        return ""
    code = codes_of(
        [_score_codes(runs, rows), np.unique(values, return_inverse=True)[1]], len(values)
    )
    if all(len(np.unique(code[label == arm])) < 2 for arm in np.unique(label)):
        # Where all arms are constant, the check of that says so.
        return ""
    alike = _alike(code, label, numbers)
    pairs = [
        (a, b)
        for group in _groups(code, exact)
        for i, a in enumerate(group)
        for b in group[i + 1 :]
        if (label[a] == label[b] and numbers[a] != numbers[b])
        or (label[a] != label[b] and (int(label[a]), int(label[b])) not in alike)
    ]
    if not pairs or not _improbable(metric, values, label, len(pairs)):
        return ""
    involved = sorted({place for pair in pairs for place in pair})
    first, second = pairs[0]
    titles = list(dict.fromkeys(arms[label[i]][0] for i in involved))
    return (
        f"{len(involved)} of {count(int(np.isfinite(values).sum()), 'run')} have a {metric.title} "
        f"that recurs to its last digit, such as {values[first]:.10g} in "
        f"{_which(titles, label[first] == label[second])}: copies of one run are no replication."
    )


def _alike(code: Codes, label: Codes, numbers: Codes) -> set[tuple[int, int]]:
    """Pairs of arms that agree with every seed: the factor changed nothing, as its check says."""
    held = [
        dict(zip(numbers[label == arm].tolist(), code[label == arm].tolist(), strict=True))
        for arm in np.unique(label)
    ]
    return {
        (a, b)
        for a, first in enumerate(held)
        for b, second in enumerate(held)
        if a != b
        and (common := first.keys() & second.keys())
        and all(first[n] == second[n] for n in common)
    }


def _which(titles: Sequence[str], same_arm: bool) -> str:
    shown = listed(titles[:3])
    return f"several runs of {titles[0]}" if same_arm else f"runs of {shown}"


def _digits(value: float) -> int:
    """Significant digits of a score, also of one in single precision."""
    if not math.isfinite(value):
        return 0
    is_single = float(np.float32(value)) == value
    # Ten digits: 0.9500000000000001 is what adding 0.9 and 0.05 gives.
    text = str(np.float32(value)) if is_single else f"{value:.10g}"
    return len(text.partition("e")[0].replace("-", "").replace(".", "").strip("0"))


def _score_codes(runs: Runs, rows: Codes) -> Codes:
    """One code for rows that agree in every other score of theirs."""
    columns = [
        np.unique(runs.table.columns[c.theirs].to_numpy(dtype=float)[rows], return_inverse=True)[1]
        for c in runs.roles.of("metric")
        if runs.table.columns[c.theirs].dtype.kind in "iuf"
    ]
    return codes_of([c.astype(np.int64) for c in columns], len(rows))


def _groups(code: Codes, exact: np.ndarray) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for place in np.flatnonzero(exact):
        found.setdefault(int(code[place]), []).append(int(place))
    return [group for group in found.values() if len(group) > 1]


def _improbable(metric: Metric, values: np.ndarray, label: Codes, n_pairs: int) -> bool:
    """Whether so many equal pairs are no coincidence of rounded scores."""
    step = step_of(metric, [dict(enumerate(values))])
    if metric.ratio:
        step = float(step * np.nanmin(values)) if step else 0.0
    spreads = [
        np.nanstd(np.unique(values[label == i]), ddof=1)
        for i in np.unique(label)
        if len(np.unique(values[(label == i) & np.isfinite(values)])) > 1
    ]
    spread = max(spreads, default=0.0)
    if step == 0 or spread == 0:
        return True
    n = int(np.isfinite(values).sum())
    expected = n * (n - 1) / 2 * min(1.0, step / (2 * math.sqrt(math.pi) * spread))
    at_most = sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(n_pairs))
    return 1 - at_most < IMPROBABLE
