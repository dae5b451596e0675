"""Tuning nuisance hyperparameters per arm: on seeds of their own, with equal effort for every arm.

``tune: {learning_rate: [1e-4, 1e-3, 1e-2]}`` trains every arm at every value on the tuning seeds,
chooses each arm's value on validation, and evaluates the arms with their chosen values on the
hypothesis's own seeds. Several tuned hyperparameters form a grid.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hyperverdict.claims.factors import combinations, refuse_same_training
from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import Better

FIRST_TUNING_SEED = 1000
TUNING_SEEDS = 3


@dataclass(frozen=True)
class TuningArm:
    """One arm at one combination of tuned values.

    Attributes:
        arm: label of the arm being tuned.
        settings: the tuned values.
    """

    arm: str
    settings: Mapping[str, Level]
    configuration: Configuration
    seeds: tuple[int, ...]


def tuning_seeds(evaluation: Iterable[int]) -> tuple[int, ...]:
    """Seeds from 1000 that no evaluation uses."""
    used = set(evaluation)
    free = (seed for seed in range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + len(used) + TUNING_SEEDS))
    return tuple(seed for seed in free if seed not in used)[:TUNING_SEEDS]


def seeds_of_tuning(hypothesis: Hypothesis, study: Study) -> tuple[int, ...]:
    """The seeds on which a hypothesis's arms are tuned."""
    at_most = study.smoke.seeds if study.smoke else None
    return tuning_seeds([*study.seeds, *hypothesis.seeds])[:at_most]


def tuning_arms(
    hypothesis: Hypothesis, study: Study, budget: Budget | None
) -> tuple[TuningArm, ...]:
    """Every arm at every tuned value, on seeds disjoint from the evaluation's; empty untuned.

    Raises UserError when a tuned hyperparameter is one of the claim's factors, or has no effect.
    """
    if not hypothesis.tune:
        return ()
    seeds = seeds_of_tuning(hypothesis, study)
    grid = combinations(hypothesis.tune)
    found = []
    for arm in _claimed(hypothesis, study, budget):
        trials = [(settings, _tuned(arm, settings, study, budget)) for settings in grid]
        distinct: dict[Configuration, Arm] = {}
        for _, tuned in trials:
            refuse_same_training(distinct, tuned, "tune")
        found += [TuningArm(arm.label, s, tuned.configuration, seeds) for s, tuned in trials]
    return tuple(found)


def choose(
    arm: str,
    trials: Iterable[TuningArm],
    scores: Mapping[str, Mapping[int, float]],
    *,
    better: Better = "higher",
) -> dict[str, Any]:
    """The tuned values with the best mean validation score over the tuning seeds.

    Args:
        arm: label of the arm; trials of other arms are passed over.
        scores: configuration path -> tuning seed -> validation score, nan where a run failed. A
            trial that lacks a seed is chosen only when all do, then by its other seeds.

    Ties go to the trial listed first. UserError when no trial of the arm finished.
    """
    sign = -1.0 if better == "lower" else 1.0
    own = [trial for trial in trials if trial.arm == arm]
    ranks = [_rank(trial, scores.get(trial.configuration.path, {}), sign) for trial in own]
    if not ranks or max(ranks)[1] == -math.inf:
        raise UserError(f"tune: no run of {arm!r} finished, so no value can be chosen")
    return dict(own[ranks.index(max(ranks))].settings)


def _rank(trial: TuningArm, scores: Mapping[int, float], sign: float) -> tuple[bool, float]:
    found = [scores[seed] for seed in trial.seeds if math.isfinite(scores.get(seed, math.nan))]
    mean = sign * sum(found) / len(found) if found else -math.inf
    return len(found) == len(trial.seeds), mean


def arms_of(hypothesis: Hypothesis, study: Study, budget: Budget | None) -> tuple[Arm, ...]:
    """The arms to judge: each with the values that tuning chose for it, as far as it has.

    Labels stay as they are; an arm for which nothing was chosen keeps the baseline's values.
    """
    arms = _claimed(hypothesis, study, budget)
    if not hypothesis.tune or not hypothesis.tuned:
        return arms
    chosen = hypothesis.tuned[str(budget)]
    return tuple(_tuned(arm, chosen.get(arm.label, {}), study, budget) for arm in arms)


def at_edge(values: Iterable[Level], chosen: Level) -> bool:
    """Whether a chosen value is the smallest or largest of those tried (numbers only)."""
    tried = list(values)
    if not all(isinstance(value, (int, float)) for value in tried) or len(tried) < 2:
        return False
    return chosen in (min(tried), max(tried))


def _claimed(hypothesis: Hypothesis, study: Study, budget: Budget | None) -> tuple[Arm, ...]:
    arms = study.claimed_arms(hypothesis, budget)
    for arm in arms:
        varied = sorted(arm.levels.keys() & hypothesis.tune.keys())
        if varied:
            raise UserError(
                f"tune: {varied[0]} is what the claim varies; it cannot be tuned too", about="tune"
            )
    return arms


def _tuned(arm: Arm, settings: Mapping[str, Level], study: Study, budget: Budget | None) -> Arm:
    """The arm with other values of tuned hyperparameters."""
    if not settings or budget is None:
        return arm
    return replace(arm, configuration=study.baseline.configure({**arm.levels, **settings}, budget))


def possible_configurations(study: Study) -> Iterator[Configuration]:
    """All that a study may train: its arms, those that tune them, and the cells of its heatmaps."""
    for hypothesis in study.hypotheses:
        for budget in hypothesis.budgets:
            yield from (arm.configuration for arm in study.claimed_arms(hypothesis, budget))
            yield from (t.configuration for t in tuning_arms(hypothesis, study, budget))
    for heatmap in study.heatmaps:
        for cell in combinations(heatmap.grid):
            yield study.baseline.configure(cell, heatmap.budget)
