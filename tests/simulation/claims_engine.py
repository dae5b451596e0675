"""Whole claims on simulated outcomes, judged by the claim types themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from hyperverdict.claims import parse_claim
from hyperverdict.claims.model import Judgement, Question
from hyperverdict.effects.effect import Expectation
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.metrics import RECORDED, Metric
from hyperverdict.vocabulary.vocabulary import OURS

from .simulate import ALPHA, DELTA

# Without a resolution, so that scores may be any numbers.
METRIC = replace(RECORDED["accuracy"], matters_from=DELTA)
TIME = RECORDED["train_time"]
HIGHER = Expectation(METRIC, "higher", DELTA)
TIME_LOWER = Expectation(TIME, "lower", 1.10)


class Claim:
    """One claim whose arms are known; `judge` takes a value for every arm and seed."""

    def __init__(self, terms: Mapping[str, Any], *expect: Expectation) -> None:
        self.budget = Budget("steps", 300)
        baseline = Baseline({"data": "digits", "width": 64, "depth": 2})
        self.claim = parse_claim(terms, expect or (HIGHER,), OURS)
        self.arms = self.claim.arms(baseline, self.budget)

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
        return self._judge(outcomes, (0, 1, 2), alpha)

    def judge_curves(self, curves: npt.NDArray[np.float64], alpha: float = ALPHA) -> Judgement:
        """The judgement on one arm's accuracy at the ends of its epochs [n, epochs]."""
        [arm] = self.arms
        ends = {arm.label: dict(enumerate(curves.tolist()))}
        outcomes = Outcomes(METRIC, {arm.label: {}}, curves=ends)
        return self._judge({METRIC.name: outcomes}, tuple(range(len(curves))), alpha)

    def judge_selection(
        self,
        seen: npt.NDArray[np.float64],
        fresh: npt.NDArray[np.float64],
        alpha: float = ALPHA,
    ) -> Judgement:
        """The judgement of a search that sees and is scored on accuracy [arms, n]."""
        labels = [arm.label for arm in self.arms]
        values, curves = (
            {label: dict(enumerate(row)) for label, row in zip(labels, rows, strict=True)}
            for rows in (fresh.tolist(), seen[..., None].tolist())
        )
        outcomes = Outcomes(METRIC, values, curves=curves)
        return self._judge({METRIC.name: outcomes}, tuple(range(fresh.shape[1])), alpha)

    def _judge(
        self, outcomes: Mapping[str, Outcomes], seeds: tuple[int, ...], alpha: float
    ) -> Judgement:
        question = Question(self.claim, self.budget, self.arms, outcomes, seeds, alpha)
        return self.claim.judge(question)


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
