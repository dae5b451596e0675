"""Definitional: how many combinations a grid has is arithmetic, not evidence.

Keys::

    combinations: {width: 5, depth: 4, learning_rate: [1e-2, 1e-3, 1e-4]}   # counts or levels
    grows: exponentially                                                    # optional

Nothing is trained. The testable half ("so a smarter search pays") is a strategy claim.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hyperverdict.claims.factors import FACTORS, read_levels
from hyperverdict.claims.model import Arm, Judgement, Question
from hyperverdict.errors import UserError, nearest
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

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


class Definitional:
    """See the module."""

    name = "definitional"
    verb = "combinations"
    keys = frozenset({"combinations", "grows"})
    required = frozenset({"combinations"})
    one_of: frozenset[str] = frozenset()
    schema: Mapping[str, Mapping[str, Any]] = {"combinations": COMBINATIONS, "grows": GROWS}

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse expectations, unknown factors and counts below 1."""
        if hypothesis.expect:
            raise UserError(
                "expect: a number of combinations is counted, not measured; leave it out"
            )
        counts(hypothesis.terms)
        grows = hypothesis.terms.get("grows", "exponentially")
        if grows != "exponentially":
            raise UserError(f"grows: {grows!r} is not known; {nearest(grows, ['exponentially'])}")

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """None: nothing is trained."""
        return ()

    def judge(self, question: Question) -> Judgement:
        """True by arithmetic; facts hold the counts, their product and its growth."""
        levels = counts(question.hypothesis.terms)
        growth = [math.prod(list(levels.values())[:k]) for k in range(1, len(levels) + 1)]
        product = " x ".join(map(str, levels.values()))
        notes = [f"{product} = {growth[-1]:,} combinations of {', '.join(levels)}."]
        mean = growth[-1] ** (1 / len(levels))
        notes.append(
            f"Each further factor with k levels multiplies them by k (here {mean:.3g} on average): "
            "exponential in the number of factors. Whether a smarter search pays is another claim."
        )
        facts = {"counts": dict(levels), "combinations": growth[-1], "growth": growth}
        return Judgement(self.name, "true by arithmetic", "", (), notes=tuple(notes), facts=facts)


def counts(terms: Mapping[str, Any]) -> dict[str, int]:
    """Factor -> number of levels; UserError for an unknown factor or a count that is not whole."""
    raw = terms["combinations"]
    if not isinstance(raw, Mapping) or not raw:
        raise UserError(f"combinations must name factors with their counts, not {raw!r}")
    found = {}
    for factor, value in raw.items():
        if factor not in FACTORS:
            raise UserError(
                f"combinations: unknown hyperparameter {factor!r}; {nearest(factor, FACTORS)}"
            )
        if isinstance(value, (list, tuple)):
            value = len(read_levels(factor, value, "combinations", least=1))
        if type(value) is not int or value < 1:
            raise UserError(
                f"combinations: {factor} must have a whole number of levels, not {value!r}"
            )
        found[str(factor)] = value
    return found


TYPE = Definitional()
