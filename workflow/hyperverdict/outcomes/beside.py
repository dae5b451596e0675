"""Levels that runs have and a claim does not name: of its table, or of its study's other grids."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from hyperverdict.claims.factors import Levels, combinations, make_arm
from hyperverdict.claims.model import Question
from hyperverdict.effects.outcomes import Arm, Outcomes
from hyperverdict.outcomes.values import RunIndex, outcomes_of
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.vocabulary import BUDGET

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Beside:
    """Arms that differ from a claim's own in the compared factors alone, and that it does not name.

    Attributes:
        arms: each in one of the claim's contexts.
        outcomes: metric name -> what they scored.
        more: levels beyond those, too many to look at one by one.
    """

    arms: tuple[Arm, ...] = ()
    outcomes: Mapping[str, Outcomes] = field(default_factory=dict)
    more: int = 0

    def of(self, context: Levels) -> tuple[Arm, ...]:
        """The arms of one context."""
        return tuple(arm for arm in self.arms if dict(arm.context) == dict(context))

    def with_these(self, question: Question, arms: Iterable[Arm]) -> Question:
        """The question with some of these arms beside its own."""
        added = tuple(arms)
        outcomes = {
            name: replace(
                found,
                values={
                    **found.values,
                    **{arm.label: self.outcomes[name].values.get(arm.label, {}) for arm in added},
                },
            )
            for name, found in question.outcomes.items()
            if name in self.outcomes
        }
        return replace(question, arms=(*question.arms, *added), outcomes=outcomes)


def beside(question: Question, arms: Iterable[Arm], runs: RunIndex, more: int = 0) -> Beside:
    """What arms beside the question's scored; those without runs are left out."""
    found = tuple(arm for arm in arms if len(runs.rows(arm.runs_path)))
    if not found:
        return Beside(more=more)
    seeds = {int(s) for arm in found for s in runs.rows(arm.runs_path)["seed"]}
    return Beside(found, outcomes_of(question.claim, found, tuple(sorted(seeds)), runs), more)


def arms_beside(
    study: Study, hypothesis: Hypothesis, arms: tuple[Arm, ...], budget: Budget | None
) -> tuple[Arm, ...]:
    """Arms of the study's heatmaps and other claims that differ from a claim's own in the compared
    factors alone.

    None for a claim on the training length, or one with tuned settings: there nothing is a level of
    the same family.
    """
    compared = {name for arm in arms for name in arm.settings}
    if budget is None or not compared or BUDGET in compared or hypothesis.tune:
        return ()
    contexts = {str(sorted(arm.context.items(), key=str)): arm.context for arm in arms}
    named = {arm.runs_path for arm in arms}
    found: dict[str, Arm] = {}
    for levels in _levels_elsewhere(study, budget):
        if not compared <= levels.keys():
            continue
        for context in contexts.values():
            settings = {name: levels[name] for name in arms[0].settings}
            arm = make_arm(study.baseline, settings, budget, context)
            if arm.runs_path not in named:
                found.setdefault(arm.runs_path, arm)
    return tuple(found.values())


def _levels_elsewhere(study: Study, budget: Budget) -> Iterator[Levels]:
    """The levels of all cells and arms of a study at one budget."""
    for heatmap in study.heatmaps:
        if heatmap.budget == budget:
            yield from combinations(heatmap.grid)
    for hypothesis in study.hypotheses:
        try:
            arms = study.claimed_arms(hypothesis, budget) if budget in hypothesis.budgets else ()
        except Exception:
            # It is judged, and its error told, by itself.
            log.exception("the arms of %s are not known", hypothesis.id)
            continue
        yield from (arm.levels for arm in arms)
