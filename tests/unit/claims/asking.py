"""Questions for tests: a hypothesis as a study would hold it, and outcomes for its arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyperverdict.claims import type_of
from hyperverdict.claims.model import Judgement, Outcomes, Question
from hyperverdict.study.model import Expectation, Hypothesis, Metric, Study
from hyperverdict.vocabulary.budget import Budget, parse_budget

BUDGET = Budget("steps", 300)


def make_study(delta: float = 0.01, **baseline: Any) -> Study:
    metrics = {
        "accuracy": Metric("accuracy", delta, unit="fraction of test images"),
        "loss": Metric("loss", delta),
        "train_time": Metric("train_time", 1.10, ratio=True, unit="seconds"),
    }
    base = {"data": "digits", "width": 64, "depth": 2, **baseline}
    return Study("test", "test", "test.yaml", base, BUDGET, tuple(range(10)), metrics, (), ())


def make_hypothesis(
    terms: Mapping[str, Any], expect: Mapping[str, Any], **changes: Any
) -> Hypothesis:
    legs = tuple(
        e if isinstance(e, Expectation) else Expectation(metric, e) for metric, e in expect.items()
    )
    budgets = tuple(parse_budget(b) for b in changes.pop("at_equal", ["300 steps"]))
    seeds = changes.pop("seeds", tuple(range(10)))
    return Hypothesis("H", "says", terms, legs, budgets, seeds, **changes)


def ask(
    hypothesis: Hypothesis,
    values: Mapping[str, Sequence[Sequence[float]]],
    *,
    study: Study | None = None,
    alpha: float = 0.05,
    resolution: float = 0.0,
    **more: Any,
) -> Judgement:
    """Judge a hypothesis on values: metric -> a list of per-seed values for each arm."""
    study = study or make_study()
    kind = type_of(hypothesis)
    budget = hypothesis.at_equal[0]
    arms = kind.arms(hypothesis, study, budget)
    outcomes = {
        metric: Outcomes(
            study.metrics[metric],
            {arm.label: dict(enumerate(v)) for arm, v in zip(arms, per_arm, strict=True)},
            resolution if metric == "accuracy" else 0.0,
        )
        for metric, per_arm in values.items()
    }
    return kind.judge(Question(study, hypothesis, budget, arms, outcomes, alpha, **more))


COMPARE = {"compare": {"batch_size": {"from": 4, "to": 128}}}


def differences(d: Sequence[float], base: float = 0.0) -> list[list[float]]:
    """Arms A, B whose per-seed difference B - A is d."""
    return [[base] * len(d), [base + x for x in d]]


def ask_curves(
    hypothesis: Hypothesis,
    curves: Mapping[str, Sequence[Sequence[float]]],
    *,
    study: Study | None = None,
) -> Judgement:
    """Judge a learning curve on values: metric -> one curve for each seed."""
    study = study or make_study()
    kind = type_of(hypothesis)
    arms = kind.arms(hypothesis, study, BUDGET)
    label = arms[0].label
    outcomes = {
        metric: Outcomes(study.metrics[metric], {label: {}}, curves={label: dict(enumerate(c))})
        for metric, c in curves.items()
    }
    return kind.judge(Question(study, hypothesis, BUDGET, arms, outcomes, 0.05))
