"""Tuning nuisance hyperparameters per arm: on seeds of their own, with equal effort for every arm.

``tune: {learning_rate: [1e-4, 1e-3, 1e-2]}`` trains every arm at every value on the tuning seeds,
chooses each arm's value on validation, and evaluates the arms with their chosen values on the
hypothesis's own seeds. Several tuned hyperparameters form a grid.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hyperverdict.claims.factors import configuration_of, contexts_of, read_factors, read_level
from hyperverdict.claims.model import Arm
from hyperverdict.errors import UserError
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Configuration

FIRST_TUNING_SEED = 1000
TUNING_SEEDS = 3


@dataclass(frozen=True)
class TuningArm:
    """One arm at one combination of tuned values.

    Attributes:
        arm: label of the arm being tuned.
        settings: the tuned values, as written.
    """

    arm: str
    settings: Mapping[str, Any]
    configuration: Configuration
    seeds: tuple[int, ...]


def tuning_seeds(evaluation: Iterable[int], count: int = TUNING_SEEDS) -> tuple[int, ...]:
    """Seeds from 1000 that no evaluation uses."""
    used = set(evaluation)
    free = (seed for seed in range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + len(used) + count))
    return tuple(seed for seed in free if seed not in used)[:count]


def tuning_arms(hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[TuningArm, ...]:
    """Every arm at every tuned value, on seeds disjoint from the evaluation's; empty untuned.

    Raises UserError when a tuned hyperparameter is one of the claim's factors.
    """
    if not hypothesis.tune:
        return ()
    seeds = tuning_seeds([*study.seeds, *hypothesis.seeds])
    grid = contexts_of(read_tune(hypothesis))
    return tuple(
        TuningArm(arm.label, settings, _tuned(study, budget, arm, settings), seeds)
        for arm in _arms(hypothesis, study, budget)
        for settings in grid
    )


def choose(
    arm: str,
    trials: Iterable[TuningArm],
    scores: Mapping[str, Mapping[int, float]],
    *,
    higher_is_better: bool = True,
) -> dict[str, Any]:
    """The tuned values with the best mean validation score over the tuning seeds.

    Args:
        arm: label of the arm; trials of other arms are passed over.
        scores: configuration path -> tuning seed -> validation score, nan where a run failed. A
            trial that lacks a seed is chosen only when all do, then by its other seeds.

    Ties go to the trial listed first. UserError when no trial of the arm finished.
    """
    sign = 1.0 if higher_is_better else -1.0
    own = [trial for trial in trials if trial.arm == arm]
    ranks = [_rank(trial, scores.get(trial.configuration.path, {}), sign) for trial in own]
    if not ranks or max(ranks)[1] == -math.inf:
        raise UserError(f"tune: no run of {arm!r} finished, so no value can be chosen")
    return dict(own[ranks.index(max(ranks))].settings)


def _rank(trial: TuningArm, scores: Mapping[int, float], sign: float) -> tuple[bool, float]:
    found = [scores[seed] for seed in trial.seeds if math.isfinite(scores.get(seed, math.nan))]
    mean = sign * sum(found) / len(found) if found else -math.inf
    return len(found) == len(trial.seeds), mean


def tuned_arms(
    hypothesis: Hypothesis,
    study: Study,
    budget: Budget,
    chosen: Mapping[str, Mapping[str, Any]],
) -> tuple[Arm, ...]:
    """The arms to judge: each with the values chosen for it; labels stay as they are.

    Args:
        chosen: arm label -> tuned settings; an arm without any keeps the baseline's.
    """
    return tuple(
        replace(arm, configuration=_tuned(study, budget, arm, chosen.get(arm.label, {})))
        for arm in _arms(hypothesis, study, budget)
    )


def arms_of(hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
    """The arms to judge: with the values that tuning chose, where the hypothesis carries them."""
    if hypothesis.tune and hypothesis.tuned:
        return tuned_arms(hypothesis, study, budget, hypothesis.tuned[str(budget)])
    return _arms(hypothesis, study, budget)


def at_edge(factor: str, values: Iterable[Any], chosen: Any) -> bool:
    """Whether a chosen value is the smallest or largest of those tried (numbers only)."""
    tried = [read_level(factor, value) for value in values]
    if not all(isinstance(value, (int, float)) for value in tried) or len(tried) < 2:
        return False
    return read_level(factor, chosen) in (min(tried), max(tried))


def read_tune(hypothesis: Hypothesis) -> dict[str, tuple[Any, ...]]:
    """The tuned hyperparameters with their values, none listed twice."""
    return read_factors({name: list(values) for name, values in hypothesis.tune.items()}, "tune")


def _arms(hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
    from hyperverdict.claims import type_of

    arms = type_of(hypothesis).arms(hypothesis, study, budget)
    for arm in arms:
        varied = sorted({*arm.settings, *arm.context} & hypothesis.tune.keys())
        if varied:
            raise UserError(f"tune: {varied[0]} is what the claim varies; it cannot be tuned too")
    return arms


def _tuned(study: Study, budget: Budget, arm: Arm, settings: Mapping[str, Any]) -> Configuration:
    return configuration_of(study, {**arm.context, **arm.settings, **settings}, budget)
