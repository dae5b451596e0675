"""Code of the worked examples in test_files_to_touch.py: a study to judge, and a claim type."""

STUDY = '''
import numpy as np
from pathlib import Path
from hyperverdict.claims.model import Question
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.study.load import load_study

def judge(text, values):
    """The judgement on the first hypothesis, on values for each arm."""
    Path("study.yaml").write_text(text)
    study = load_study("study.yaml")
    h = study.hypotheses[0]
    arms = study.claimed_arms(h, h.budgets[0])
    outcomes = {e.metric.name: Outcomes(e.metric, {
        a.label: dict(enumerate(v)) for a, v in zip(arms, values, strict=True)}) for e in h.claim.expect}
    return study, h, h.claim.judge(Question(h.claim, h.budgets[0], arms, outcomes, h.seeds, 0.05))
'''

NO_EFFECT = '''"""No effect: two arms differ by less than the size that matters.

Keys::

    no_effect_of: {batch_size: {from: 4, to: 128}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hyperverdict.claims.comparison import Comparison
from hyperverdict.claims.conjunction import judge_legs
from hyperverdict.claims.model import Judgement, Leg, Question
from hyperverdict.claims.comparison import judge_leg
from hyperverdict.claims.schemas import COMPARE
from hyperverdict.effects.effect import Evidence
from dataclasses import replace

SWAPPED: Mapping[str, Evidence] = {"no meaningful effect": "supported", "supported": "refuted"}


@dataclass(frozen=True)
class NoEffect(Comparison):
    """See the module."""

    kind = "no effect"
    verb = "no_effect_of"
    keys = frozenset({"no_effect_of"})
    required = frozenset({"no_effect_of"})
    schema: ClassVar[Mapping[str, Any]] = {"no_effect_of": COMPARE}

    @classmethod
    def parse(cls, written):
        """As a comparison."""
        terms = {"compare": written.terms["no_effect_of"]}
        return super().parse(replace(written, terms=terms))

    def judge(self, question: Question) -> Judgement:
        """Supported where the effect is proven negligible."""
        judgement = judge_legs(question, judge_leg)
        return replace(judgement, evidence=SWAPPED.get(judgement.evidence, judgement.evidence))

    @property
    def topic(self) -> str:
        """Its factors."""
        return f"no effect of {super().topic}"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """What the evidence means."""
        return {"supported": "There is no effect that matters {where}.", "refuted": "There is one.",
                "inconclusive": "It is undecided {where} whether there is an effect that matters."}
'''
