"""Which questions a hypothesis asks: its budgets, its arms as tuned, the tuning behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hyperverdict.claims import budgets_of, type_of
from hyperverdict.claims.model import Arm, Outcomes, Question
from hyperverdict.outcomes.values import RunIndex, outcomes_of, values_of
from hyperverdict.study.model import TIME_METRIC, Hypothesis, Study
from hyperverdict.study.tuning import TuningArm, arms_of, tuning_arms
from hyperverdict.vocabulary.budget import Budget

DEFINITIONAL = "definitional"


@dataclass(frozen=True)
class Trial:
    """One tuned value of one arm, scored on validation by the tuning seeds."""

    arm: str
    settings: Mapping[str, Any]
    seeds: tuple[int, ...]
    score: float


def budgets_judged(hypothesis: Hypothesis) -> tuple[Budget | None, ...]:
    """The budgets of a hypothesis; one None for a claim that trains nothing."""
    if type_of(hypothesis).name == DEFINITIONAL:
        return (None,)
    return budgets_of(hypothesis)


def claim_arms(study: Study, hypothesis: Hypothesis, budget: Budget | None) -> tuple[Arm, ...]:
    """The arms as claimed, before tuning: they name the question in the ledger."""
    return () if budget is None else type_of(hypothesis).arms(hypothesis, study, budget)


def judged_arms(study: Study, hypothesis: Hypothesis, budget: Budget | None) -> tuple[Arm, ...]:
    """The arms as run: with the values that tuning chose, as far as it has."""
    return () if budget is None else arms_of(hypothesis, study, budget)


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
) -> Question:
    """The question at the raw alpha, with what was measured."""
    outcomes = outcomes_of(study, hypothesis, arms, runs) if arms else {}
    if budget is not None and budget.kind == "seconds":
        outcomes.pop(TIME_METRIC, None)
    return Question(study, hypothesis, budget, arms, outcomes, study.alpha)


def tuning_of(
    study: Study, hypothesis: Hypothesis, budget: Budget | None, runs: RunIndex
) -> tuple[tuple[Trial, ...], Mapping[str, Mapping[str, Any]]]:
    """(trials that ran, arm label -> chosen settings) of one question."""
    if budget is None or not hypothesis.tune:
        return (), {}
    trials = tuple(_trial(arm, runs) for arm in tuning_arms(hypothesis, study, budget))
    return tuple(t for t in trials if t.seeds), hypothesis.tuned.get(str(budget), {})


def _trial(arm: TuningArm, runs: RunIndex) -> Trial:
    rows = runs.rows(arm.configuration.path, arm.seeds)
    scores = values_of(rows, "validation_accuracy") if len(rows) else {}
    finite = [score for score in scores.values() if math.isfinite(score)]
    mean = sum(finite) / len(finite) if finite else math.nan
    return Trial(arm.arm, dict(arm.settings), tuple(scores), mean)


def seeds_of(outcomes: Mapping[str, Outcomes]) -> list[int]:
    """All seeds that any arm of any metric has."""
    return sorted({s for o in outcomes.values() for arm in o.values.values() for s in arm})
