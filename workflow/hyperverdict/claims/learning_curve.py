"""Learning curve: what every epoch of one training brings.

Keys::

    each: {epoch: 1..5}
    expect: {accuracy: {higher_by: [0, 0.01]}, train_time: higher}

Judged on the validation curve: each epoch minus the one before, per seed (the seed is the unit,
never the epoch). All steps must hold; one that is opposite at alpha / steps refutes the claim.
"Slight" is an upper bound: `higher_by: [0, 0.01]`. The plateau is the first epoch from which the
remaining gain is proven below delta.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hyperverdict.claims.conditional import opposite_tolerant
from hyperverdict.claims.conjunction import (
    TwoAlphas,
    check_legs,
    judge_legs,
    judged_legs,
    outcomes_of,
)
from hyperverdict.claims.conjunction import weakest_grade as weakest
from hyperverdict.claims.factors import configuration_of, refuse_single_run
from hyperverdict.claims.model import Arm, Evidence, Judgement, Leg, Outcomes, Question
from hyperverdict.effects.effect import difference, judge_effect, measure
from hyperverdict.errors import UserError, nearest
from hyperverdict.study.model import TIME_METRIC, Expectation, Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

EACH: dict[str, Any] = {
    "type": "object",
    "description": "the epochs (full passes) whose gains are claimed, from the first to the last",
    "examples": [{"epoch": "1..5"}],
    "required": ["epoch"],
    "additionalProperties": False,
    "properties": {
        "epoch": {
            "type": ["string", "array"],
            "description": "a range such as 1..5, or a rising list of epochs",
            "items": {"type": "integer", "minimum": 1, "description": "an epoch, from 1"},
        }
    },
}


class LearningCurve:
    """See the module."""

    name = "learning curve"
    verb = "each"
    keys = frozenset({"each"})
    required = frozenset({"each"})
    one_of: frozenset[str] = frozenset()
    schema: Mapping[str, Mapping[str, Any]] = {"each": EACH}

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse a range of fewer than 2 epochs, an unknown form, a single seed."""
        check_legs(replace(hypothesis, at_equal=self.budgets(hypothesis)))
        if hypothesis.tune:
            raise UserError(
                "tune: a learning curve has one arm; there is nothing to tune it against"
            )
        self.arms(hypothesis, study, study.budget)
        refuse_single_run(hypothesis)

    def budgets(self, hypothesis: Hypothesis) -> tuple[Budget, ...]:
        """One: the last epoch claimed, whatever the study's budget is."""
        return (Budget("epochs", points(hypothesis.terms["each"])[-1]),)

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """One: the baseline, trained to the last epoch; `budget` is not used."""
        [last] = self.budgets(hypothesis)
        return (Arm(f"budget {last}", {"budget": str(last)}, configuration_of(study, {}, last)),)

    def judge(self, question: Question) -> Judgement:
        """Every step, leg by leg; facts hold the plateau epoch of each metric, None if not seen."""
        [budget] = self.budgets(question.hypothesis)
        question = replace(question, budget=budget)
        judgement = judge_legs(question, self.name, judge_leg)
        kept, _ = judged_legs(question)
        plateaus = {e.metric: plateau(question, e) for e in kept if e.metric != TIME_METRIC}
        epochs = list(points(question.hypothesis.terms["each"]))
        return replace(judgement, facts={"epochs": epochs, "plateau": plateaus})


def points(raw: object) -> tuple[int, ...]:
    """The epochs claimed, rising; UserError for anything else or fewer than two."""
    if not isinstance(raw, Mapping) or set(raw) != {"epoch"}:
        key = next((k for k in raw if k != "epoch"), "") if isinstance(raw, Mapping) else raw
        raise UserError(
            f"each must read like {{epoch: 1..5}}, not {key!r}; {nearest(key, ['epoch'])}"
        )
    epochs = _read_epochs(raw["epoch"])
    if len(epochs) < 2 or list(epochs) != sorted(set(epochs)) or epochs[0] < 1:
        raise UserError(f"each: epoch {raw['epoch']!r} must be at least 2 rising epochs, from 1")
    return epochs


def _read_epochs(raw: object) -> tuple[int, ...]:
    if isinstance(raw, str) and (match := re.fullmatch(r"\s*(\d+)\s*\.\.\s*(\d+)\s*", raw)):
        return tuple(range(int(match[1]), int(match[2]) + 1))
    if isinstance(raw, (list, tuple)) and all(type(x) is int for x in raw):
        return tuple(raw)
    raise UserError(f"each: epoch {raw!r} must be a range such as 1..5 or a list such as [1, 2, 5]")


def name_of(epoch: int) -> str:
    """An epoch as effects name it."""
    return f"epoch {epoch}"


def by_epoch(outcomes: Outcomes, epochs: tuple[int, ...]) -> Outcomes:
    """The curves of the one arm, turned into one arm per epoch: ``epoch 3`` -> seed -> value.

    A curve that ended early is nan (failed) at the epochs it did not reach.
    """
    curves = next(iter(outcomes.curves.values()), {})
    values = {
        name_of(epoch): {
            seed: float(curve[epoch - 1]) if epoch <= len(curve) else float("nan")
            for seed, curve in curves.items()
        }
        for epoch in epochs
    }
    return replace(outcomes, values=values, curves={})


def _pair(
    question: Question, expectation: Expectation, to: int, start: int, parts: int
) -> TwoAlphas:
    outcomes = by_epoch(outcomes_of(question, expectation.metric), (start, to))
    measured = measure(outcomes, difference(name_of(to), name_of(start)))
    plain = judge_effect(measured, expectation, question.alpha, question.looks)
    strict = judge_effect(measured, expectation, question.alpha / parts, question.looks, plan=False)
    return TwoAlphas(plain, strict)


def judge_leg(question: Question, expectation: Expectation) -> Leg:
    """One leg: every step between neighbouring epochs."""
    epochs = points(question.hypothesis.terms["each"])
    steps = list(zip(epochs[1:], epochs[:-1], strict=True))
    effects = [_pair(question, expectation, to, start, len(steps)) for to, start in steps]
    shown = tuple(e.shown for e in effects)
    evidence = _every_step(effects)
    grade = weakest([e.grade for e in shown]) if evidence == "supported" else ""
    return Leg(expectation.metric, expectation.direction, evidence, shown, "every epoch", grade)


def _every_step(effects: list[TwoAlphas]) -> Evidence:
    if any(e.strict.evidence == "refuted" for e in effects):
        return "refuted"
    plain = {e.plain.evidence for e in effects}
    if len(plain) == 1 and plain <= {"supported", "no meaningful effect"}:
        return next(iter(plain))
    return "inconclusive"


def plateau(question: Question, expectation: Expectation) -> int | None:
    """The first epoch from which the remaining gain is proven below delta, or None."""
    epochs = points(question.hypothesis.terms["each"])
    weaker = opposite_tolerant(replace(expectation, between=None))
    for epoch in epochs[:-1]:
        remaining = _pair(question, weaker, epochs[-1], epoch, 1).plain
        if remaining.evidence == "supported":
            return epoch
    return None


TYPE = LearningCurve()
