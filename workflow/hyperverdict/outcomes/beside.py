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
    found = tuple(arm for arm in arms if runs.seeds(arm.runs_path))
    if not found:
        return Beside(more=more)
    seeds = frozenset[int]().union(*(runs.seeds(arm.runs_path) for arm in found))
    return Beside(found, outcomes_of(question.claim, found, tuple(sorted(seeds)), runs), more)


@dataclass(frozen=True)
class StudyLevels:
    """The levels of all cells and arms of a study, each made into an arm once.

    Claims that compare the same factors in the same contexts share their arms, so the work grows
    with the number of claims, not with its square.
    """

    study: Study
    _at: dict[Budget, tuple[Levels, ...]] = field(default_factory=dict, repr=False, compare=False)
    _arms: dict[tuple[str, ...], Mapping[str, Arm]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def at(self, budget: Budget) -> tuple[Levels, ...]:
        """The levels of all cells and arms at one budget."""
        if budget not in self._at:
            self._at[budget] = tuple(_levels_of(self.study, budget))
        return self._at[budget]

    def arms(
        self, factors: tuple[str, ...], contexts: Mapping[str, Levels], budget: Budget
    ) -> Mapping[str, Arm]:
        """Runs path -> arm, of every level that the study has of these factors, in each context.

        Args:
            factors: in the order in which labels name them.
            contexts: what tells a context from others (`_identity`) -> its levels.
        """
        key = (str(budget), *factors, "", *contexts)
        if key not in self._arms:
            found: dict[str, Arm] = {}
            for settings in _distinct(self.at(budget), factors):
                for context in contexts.values():
                    arm = make_arm(self.study.baseline, settings, budget, context)
                    found.setdefault(arm.runs_path, arm)
            self._arms[key] = found
        return self._arms[key]


def arms_beside(
    levels: StudyLevels, hypothesis: Hypothesis, arms: tuple[Arm, ...], budget: Budget | None
) -> tuple[Arm, ...]:
    """Arms of the study's heatmaps and other claims that differ from a claim's own in the compared
    factors alone.

    None for a claim on the training length, or one with tuned settings: there nothing is a level of
    the same family.
    """
    compared = {name for arm in arms for name in arm.settings}
    if budget is None or not compared or BUDGET in compared or hypothesis.tune:
        return ()
    contexts = {_identity(arm.context): arm.context for arm in arms}
    named = {arm.runs_path for arm in arms}
    known = levels.arms(tuple(arms[0].settings), contexts, budget)
    return tuple(arm for path, arm in known.items() if path not in named)


def _identity(levels: Levels) -> str:
    return str(sorted(levels.items(), key=str))


def _distinct(known: Iterable[Levels], factors: tuple[str, ...]) -> tuple[Levels, ...]:
    """The different levels of the factors among levels that are known, in their order."""
    settings = ({name: one[name] for name in factors} for one in known if one.keys() >= {*factors})
    found: dict[str, Levels] = {}
    for one in settings:
        found.setdefault(_identity(one), one)
    return tuple(found.values())


def _levels_of(study: Study, budget: Budget) -> Iterator[Levels]:
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
