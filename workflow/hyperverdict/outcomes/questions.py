"""Which questions a hypothesis asks: its arms as tuned, the tuning behind them, the outcomes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hyperverdict.claims.conjunction import equal_by_design
from hyperverdict.claims.model import Question
from hyperverdict.effects.outcomes import Arm, Outcomes
from hyperverdict.outcomes.values import RunIndex, Seeds, outcomes_of, values_of
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.study.tuning import TuningArm, tuning_arms
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.hyperparameters import Level


@dataclass(frozen=True)
class Trial:
    """One tuned value of one arm (its label), scored on validation by the tuning seeds."""

    arm: str
    settings: Mapping[str, Level]
    seeds: tuple[int, ...]
    score: float


def named_elsewhere(arm: Arm, hypothesis: Hypothesis, budget: Budget | None) -> Arm:
    """The arm under a name of its own, for rows of a table from elsewhere."""
    at = f"/{budget.slug}" if budget else ""
    return replace(arm, elsewhere=f"{hypothesis.id}/{arm.label}{at}")


def make_question(
    study: Study,
    hypothesis: Hypothesis,
    budget: Budget | None,
    arms: tuple[Arm, ...],
    runs: RunIndex,
    seeds: Seeds | None = None,
) -> Question:
    """The question at the study's alpha, with what was measured.

    Args:
        seeds: those to judge on; the hypothesis's own when None.
    """
    claim, judged = hypothesis.claim, tuple(hypothesis.seeds if seeds is None else seeds)
    outcomes = outcomes_of(claim, arms, judged, runs) if arms else {}
    kept = {name: o for name, o in outcomes.items() if not equal_by_design(o.metric, budget)}
    return Question(claim, budget, arms, kept, judged, study.alpha)


def tuning_of(
    study: Study, hypothesis: Hypothesis, budget: Budget | None, runs: RunIndex
) -> tuple[tuple[Trial, ...], Mapping[str, Mapping[str, Level]]]:
    """(trials that ran, arm label -> chosen settings) of one question."""
    if budget is None or not hypothesis.tune:
        return (), {}
    by = study.chosen_by(hypothesis)
    column = by.validation if by else ""
    trials = tuple(_trial(arm, runs, column) for arm in tuning_arms(hypothesis, study, budget))
    return tuple(t for t in trials if t.seeds), hypothesis.tuned.get(str(budget), {})


def _trial(arm: TuningArm, runs: RunIndex, column: str) -> Trial:
    rows = runs.rows(arm.configuration.path, arm.seeds)
    scores = values_of(rows, column) if len(rows) and column in rows else {}
    finite = [score for score in scores.values() if math.isfinite(score)]
    mean = sum(finite) / len(finite) if finite else math.nan
    return Trial(arm.arm, dict(arm.settings), tuple(scores), mean)


def seeds_of(outcomes: Mapping[str, Outcomes]) -> list[int]:
    """All seeds that any arm of any metric has."""
    return sorted({s for o in outcomes.values() for arm in o.values.values() for s in arm})
