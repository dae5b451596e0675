"""Learning curve: what every epoch of one training brings.

Keys::

    each: {epoch: 1..5}
    expect: {accuracy: {higher_by: [0, 0.01]}, train_time: higher}

Judged on the validation curve: each epoch minus the one before, per seed (the seed is the unit,
never the epoch). All steps must hold; one that is opposite at alpha / steps refutes the claim.
"Slight" is an upper bound: `higher_by: [0, 0.01]`. The plateau is the first epoch from which the
remaining gain is proven below delta. It is tested from the last epoch backwards and the first
failure ends it, so that all its tests together are wrong with probability alpha.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from hyperverdict.claims.conjunction import (
    TwoAlphas,
    check_design,
    every_step,
    judge_legs,
    judged_legs,
    leg_of,
    opposite_tolerant,
    outcomes_of,
    two_alphas,
)
from hyperverdict.claims.factors import refuse_single_run
from hyperverdict.claims.model import Claim, Design, Judgement, Leg, Question, Written
from hyperverdict.effects.contrast import named
from hyperverdict.effects.effect import Evidence, Expectation
from hyperverdict.effects.outcomes import Arm, Outcomes
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.vocabulary import BUDGET

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


@dataclass(frozen=True)
class LearningCurve(Claim):
    """See the module.

    Attributes:
        epochs: rising, at least two.
    """

    epochs: tuple[int, ...]

    kind = "learning curve"
    verb = "each"
    keys = frozenset({"each"})
    required = frozenset({"each"})
    schema: ClassVar[Mapping[str, Any]] = {"each": EACH}
    reads = "epochs"

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses a range of fewer than 2 epochs and an unknown form."""
        expect = tuple(replace(leg, metric=leg.metric.along_training()) for leg in written.expect)
        written = replace(written, expect=expect)
        return cls(*written.common, read_epochs(written.terms["each"]["epoch"]))

    def check(self, design: Design) -> None:
        """Refuse tuning and a single seed."""
        check_design(self, design)
        if design.tuned:
            raise UserError(
                "tune: a learning curve has one arm; there is nothing to tune it against",
                about="tune",
            )
        refuse_single_run(design)

    @property
    def _budget(self) -> Budget:
        return Budget("epochs", self.epochs[-1])

    def budgets(self, at_equal: tuple[Budget, ...]) -> tuple[Budget | None, ...]:
        """One: the last epoch claimed, whatever the study's budget is."""
        return (self._budget,)

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """One: the baseline, trained to the last epoch; `budget` is not used."""
        last = self._budget
        configuration = baseline.configure({}, last)
        return (Arm(f"budget {last}", str(last), str(last), {BUDGET: last}, configuration),)

    def judge(self, question: Question) -> Judgement:
        """Every step, leg by leg; facts hold the plateau epoch of each metric, None if not seen."""
        question = replace(question, budget=self._budget)
        judgement = judge_legs(question, self._judge_leg)
        kept, _ = judged_legs(question)
        plateaus = [
            [e.metric.title, self._plateau(question, e)] for e in kept if not e.metric.is_time
        ]
        return replace(judgement, facts={"plateaus": plateaus})

    def _judge_leg(self, question: Question, expectation: Expectation) -> Leg:
        """Every step between neighbouring epochs."""
        steps = list(zip(self.epochs[:-1], self.epochs[1:], strict=True))
        effects = [_step(question, expectation, start, to, len(steps)) for start, to in steps]
        return leg_of(expectation, every_step(effects), effects)

    def _plateau(self, question: Question, expectation: Expectation) -> int | None:
        """The first epoch from which the remaining gain is proven below delta, or None.

        A fixed-sequence test from the last epoch backwards. Source: Maurer, Hothorn and Lehmacher,
        "Multiple comparisons in drug clinical trials and preclinical assays: a-priori ordered
        hypotheses" (1995).
        """
        weaker = opposite_tolerant(replace(expectation, between=None))
        plateau = None
        for epoch in reversed(self.epochs[:-1]):
            remaining = _step(question, weaker, epoch, self.epochs[-1], 1).plain
            if remaining.evidence != "supported":
                break
            plateau = epoch
        return plateau

    @property
    def topic(self) -> str:
        """How long one trains."""
        return "training longer"

    @property
    def terms_text(self) -> str:
        """For example "each epoch from 1 to 5"."""
        first, last = self.epochs[0], self.epochs[-1]
        if self.epochs == tuple(range(first, last + 1)):
            return f"each epoch from {first} to {last}"
        return f"each step between the epochs {', '.join(map(str, self.epochs))}"

    def null(self, leg: Leg) -> str:
        """No change."""
        return f"{leg.metric.title} stays the same from one step to the next"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """What the steps do."""
        return MEANINGS

    def findings(self, judgement: Judgement) -> tuple[str, ...]:
        """Where the plateau is."""
        last = self.epochs[-1]
        return tuple(
            f"No plateau of {what} is proven up to epoch {last}."
            if epoch is None
            else f"Plateau of {what}: the gain from epoch {epoch} to epoch {last} is proven too "
            "small to matter."
            for what, epoch in judgement.facts.get("plateaus", ())
        )


def read_epochs(raw: object) -> tuple[int, ...]:
    """The epochs claimed, rising; UserError for anything else or fewer than two."""
    if isinstance(raw, str) and (match := re.fullmatch(r"\s*(\d+)\s*\.\.\s*(\d+)\s*", raw)):
        epochs = tuple(range(int(match[1]), int(match[2]) + 1))
    elif isinstance(raw, Sequence) and not isinstance(raw, str):
        epochs = tuple(raw)
    else:
        raise UserError(
            f"each: epoch {raw!r} must be a range such as 1..5 or a list such as [1, 2, 5]"
        )
    if len(epochs) < 2 or list(epochs) != sorted(set(epochs)) or epochs[0] < 1:
        raise UserError(f"each: epoch {raw!r} must be at least 2 rising epochs, from 1")
    return epochs


def by_epoch(outcomes: Outcomes, epochs: tuple[int, ...]) -> Outcomes:
    """The curves of the one arm, turned into one arm per epoch: ``3`` -> seed -> value.

    A curve that ended early is nan (failed) at the epochs it did not reach.
    """
    curves = next(iter(outcomes.curves.values()), {})
    values = {
        str(epoch): {
            seed: float(curve[epoch - 1]) if epoch <= len(curve) else float("nan")
            for seed, curve in curves.items()
        }
        for epoch in epochs
    }
    return replace(outcomes, values=values, curves={})


def _step(
    question: Question, expectation: Expectation, start: int, to: int, parts: int
) -> TwoAlphas:
    metric = expectation.metric
    contrast = named("epoch", metric, str(start), str(to), [arm.label for arm in question.arms])
    outcomes = by_epoch(outcomes_of(question, metric), (to, start))
    return two_alphas(question, contrast, expectation, parts, outcomes)


MEANINGS: Mapping[Evidence, str] = {
    "supported": "Every step along training does what the claim says {where}.",
    "refuted": "Not every step along training does what the claim says {where}.",
    "no meaningful effect": "The steps along training change {metric} by less than {size} {where}.",
    "inconclusive": "It is undecided {where} whether every step along training does what the claim "
    "says: at least one step is too close to call.",
}
