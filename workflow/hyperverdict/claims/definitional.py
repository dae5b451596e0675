"""Definitional: how many combinations a grid has is arithmetic, not evidence.

Keys::

    combinations: {width: 5, depth: 4, learning_rate: [1e-2, 1e-3, 1e-4]}   # counts or levels
    grows: exponentially                                                    # optional

Nothing is trained. The testable half ("so a smarter search pays") is a strategy claim.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from hyperverdict.claims.factors import factor_title, read_levels
from hyperverdict.claims.model import Claim, Design, Judgement, Question, Written
from hyperverdict.effects.effect import Evidence
from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.vocabulary import Vocabulary, unknown_factor
from hyperverdict.words.numbers import listed

COMBINATIONS: dict[str, Any] = {
    "type": "object",
    "description": "factors, each with the number of its levels or the levels themselves",
    "examples": [{"width": 5, "depth": 4}],
    "minProperties": 1,
    "additionalProperties": {
        "type": ["integer", "array"],
        "description": "a number of levels, or the levels",
        "minimum": 1,
        "minItems": 1,
    },
}
GROWS: dict[str, Any] = {
    "type": "string",
    "description": "how the number of combinations grows with the number of factors",
    "enum": ["exponentially"],
}


@dataclass(frozen=True)
class Definitional(Claim):
    """See the module.

    Attributes:
        counts: factor -> number of levels.
    """

    counts: Mapping[str, int]

    kind = "definitional"
    verb = "combinations"
    keys = frozenset({"combinations", "grows"})
    required = frozenset({"combinations"})
    figure = "counts"
    schema: ClassVar[Mapping[str, Any]] = {"combinations": COMBINATIONS, "grows": GROWS}
    trains = False

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses expectations and unknown factors."""
        if written.expect:
            raise UserError(
                "expect: a number of combinations is counted, not measured; leave it out",
                about="expect",
            )
        return cls(*written.common, read_counts(written.vocabulary, written.terms["combinations"]))

    def check(self, design: Design) -> None:
        """Every count can be multiplied."""

    def budgets(self, at_equal: tuple[Budget, ...]) -> tuple[Budget | None, ...]:
        """One None: nothing is trained."""
        return (None,)

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """None: nothing is trained."""
        return ()

    def judge(self, question: Question) -> Judgement:
        """True by arithmetic; facts hold the counts, their product and its growth."""
        counts = list(self.counts.values())
        growth = [math.prod(counts[:k]) for k in range(1, len(counts) + 1)]
        product = " × ".join(map(str, counts))
        mean = growth[-1] ** (1 / len(counts))
        notes = (
            f"{product} = {growth[-1]:,} combinations of {listed(map(factor_title, self.counts))}.",
            f"Each further factor with k levels multiplies them by k (here {mean:.3g} on average): "
            "exponential growth in the number of factors. Whether a smarter search pays is a "
            "separate claim.",
        )
        facts = {"counts": dict(self.counts), "combinations": growth[-1], "growth": growth}
        return Judgement(self.kind, "true by arithmetic", "", (), notes=notes, facts=facts)

    @property
    def topic(self) -> str:
        """What is counted."""
        return "number of combinations"

    @property
    def terms_text(self) -> str:
        """For example "combinations of width (4 levels) and depth (4 levels)"."""
        parts = (f"{factor_title(name)} ({n} levels)" for name, n in self.counts.items())
        return f"combinations of {listed(parts)}"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """Arithmetic needs no runs."""
        return MEANINGS


def read_counts(vocabulary: Vocabulary, raw: Mapping[str, Any]) -> dict[str, int]:
    """Factor -> number of levels; UserError for an unknown factor."""
    found = {}
    for written, value in raw.items():
        factor = vocabulary.resolve(str(written))
        if factor not in vocabulary.factors:
            unknown = unknown_factor(str(written), vocabulary.factors)
            raise UserError(f"combinations: {unknown}", about=str(written))
        if isinstance(value, (list, tuple)):
            value = len(read_levels(vocabulary, factor, value, "combinations", minimum=1))
        found[factor] = value
    return found


MEANINGS: Mapping[Evidence, str] = {
    "true by arithmetic": "The claim is true by arithmetic: no training run could contradict it.",
}
