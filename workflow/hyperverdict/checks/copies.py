"""Checks 29, 30: runs that agree to the last digit, over the seeds of an arm or between arms."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from hyperverdict.checks.context import ArmRuns, Case
from hyperverdict.claims.model import Effect
from hyperverdict.effects.rounding import FRACTIONS
from hyperverdict.study.model import TIME_METRIC
from hyperverdict.verdicts.model import Check
from hyperverdict.words.counting import digits, listed

# So many runs, or different scores, tell a pattern from a chance.
FEWEST = 3


def seeds_change_nothing(case: Case) -> Check | None:
    """29 B/C: in every arm from elsewhere all runs have one score (C where its steps may do it)."""
    if not case.foreign:
        return None
    for name, outcomes in case.question.outcomes.items():
        arms = {label: list(runs.values()) for label, runs in outcomes.finished().items()}
        too_few = min(map(len, arms.values()), default=0) < FEWEST
        if name == TIME_METRIC or outcomes.curves or too_few:
            continue
        exact = name in FRACTIONS and all(scores[0] in (0.0, 1.0) for scores in arms.values())
        if exact or any(len(set(scores)) > 1 for scores in arms.values()):
            continue
        if any(_varies(a) for a in case.arms):
            continue
        label, scores = next(iter(arms.items()))
        same = (
            f"All {len(scores)} runs of {label} have {name.replace('_', ' ')} "
            f"{digits(scores[0], 5)}, and so in each arm"
        )
        if outcomes.fine:
            sentence = f"{same}: copies of one run, or seeds that never reached the training."
            return Check("29", "blocks", sentence, "no replication", 11)
        sentence = f"{same}: copies of one run, or scores too coarse to tell seeds apart."
        return Check("29", "caveat", sentence, gravity=7.9)
    return None


def factor_changes_nothing(case: Case) -> Check | None:
    """30 B/C: two arms score the same with every seed.

    It blocks a difference between arms from elsewhere that agree everywhere. Our own training
    certainly got the factor's level, levels may act alike, and "not worse" may well be equal.
    """
    compared = [e for e in case.effects() if e.metric != TIME_METRIC and case.pair(e)]
    agreeing = [(effect, n) for effect in compared if (n := _agreeing(case, effect))]
    if not agreeing:
        return None
    effect, seeds = agreeing[0]
    to, _, start = effect.name.partition(" - ")
    factor = listed(sorted(case.compared))
    sentence = (
        f"{start} and {to} have exactly the same {effect.metric.replace('_', ' ')} with each of "
        f"{seeds} seeds: between them {factor} never acted"
    )
    if not case.foreign:
        return Check("30", "caveat", f"{sentence}.", gravity=7.6)
    sentence += ", or never reached the training."
    if len(agreeing) == len(compared) and effect.direction in ("higher", "lower"):
        return Check("30", "blocks", sentence, "same results", 10.5)
    return Check("30", "caveat", sentence, gravity=7.6)


def _agreeing(case: Case, effect: Effect) -> int:
    """How many seeds two arms agree in, in all that was recorded; 0 where chance may do that."""
    outcomes, pair = case.question.outcomes.get(effect.metric), case.pair(effect)
    if outcomes is None or pair is None or not outcomes.fine:
        return 0
    first, second = (_scores(outcomes.values.get(a.arm.label, {}), a) for a in pair)
    different = first.drop_duplicates().dropna(how="all")
    return len(first) if len(different) >= FEWEST and first.equals(second) else 0


def _scores(judged: Mapping[int, float], a: ArmRuns) -> pd.DataFrame:
    """All scores of an arm [seeds, scores], in the order of its seeds."""
    recorded = a.rows.set_index("seed")[_score_columns(a)]
    return recorded.assign(judged=pd.Series(judged, dtype=float)).sort_index()


def _varies(a: ArmRuns) -> bool:
    return any(a.rows[column].nunique() > 1 for column in _score_columns(a))


def _score_columns(a: ArmRuns) -> list[str]:
    scores = [c for c in map(str, a.rows) if c.startswith(("test_", "validation_", "train_loss"))]
    return [c for c in scores if c != "test_size" and pd.api.types.is_numeric_dtype(a.rows[c])]


CHECKS = (seeds_change_nothing, factor_changes_nothing)
