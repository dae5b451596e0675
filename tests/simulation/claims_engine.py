"""Whole claims on simulated outcomes, judged by the claim types themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from hyperverdict.claims import type_of
from hyperverdict.claims.model import Judgement, Outcomes, Question
from hyperverdict.study.model import Expectation, Hypothesis, Metric, Study
from hyperverdict.vocabulary.budget import Budget

from .simulate import ALPHA, DELTA

METRIC = Metric("accuracy", DELTA)
TIME = Metric("train_time", 1.10, ratio=True)
HIGHER = Expectation("accuracy", "higher")


class Claim:
    """One claim whose arms are known; `judge` takes a value for every arm and seed."""

    def __init__(self, terms: Mapping[str, Any], *expect: Expectation) -> None:
        budget = Budget("steps", 300)
        base = {"data": "digits", "width": 64, "depth": 2}
        metrics = {m.name: m for m in (METRIC, TIME)}
        self.study = Study("s", "s", "s.yaml", base, budget, (0,), metrics, (), ())
        self.hypothesis = Hypothesis("H", "h", terms, expect or (HIGHER,), (budget,), (0, 1, 2))
        self.kind = type_of(self.hypothesis)
        self.arms = self.kind.arms(self.hypothesis, self.study, budget)
        self.budget = budget

    def judge(
        self,
        values: npt.NDArray[np.float64],
        *more: tuple[Metric, npt.NDArray[np.float64]],
        alpha: float = ALPHA,
    ) -> Judgement:
        """The judgement on accuracy [arms, n], and further metrics of the same shape."""
        outcomes = {
            metric.name: Outcomes(
                metric,
                {
                    arm.label: dict(enumerate(row.tolist()))
                    for arm, row in zip(self.arms, table, strict=True)
                },
            )
            for metric, table in ((METRIC, values), *more)
        }
        question = Question(self.study, self.hypothesis, self.budget, self.arms, outcomes, alpha)
        return self.kind.judge(question)


COMPARISON = {"compare": {"batch_size": {"from": 4, "to": 128}}}
UNIVERSAL = {
    "compare": {"depth": {"from": 2, "to": 3}},
    "in_every": {"width": [16, 64, 256]},
}
ONLY_IN = {
    "compare": {"depth": {"from": 2, "to": 3}},
    "only_in": {"data": {"yes": ["mnist"], "no": ["digits"]}},
}


def trend(shape: str) -> dict[str, Any]:
    return {"trend": {"width": [16, 64, 256, 1024]}, "shape": shape}


def optimum(claimed: int) -> dict[str, Any]:
    return {"best": {"width": [16, 32, 64, 128, 256]}, "is": [claimed]}
