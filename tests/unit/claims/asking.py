"""Questions for tests: a hypothesis as a study file would hold it, and outcomes for its arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyperverdict.claims.model import Judgement, Question
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.study.load import study_of
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.study.structure import Source, check_structure
from hyperverdict.vocabulary.budget import Budget

BUDGET = Budget("steps", 300)
BASELINE = {"width": 64, "depth": 2}
SHARE = {"share_of_variance": "higher"}


def study_with(
    terms: Mapping[str, Any],
    expect: Mapping[str, Any],
    delta: float = 0.01,
    baseline: Mapping[str, Any] = BASELINE,
    **changes: Any,
) -> Study:
    """A study of one hypothesis, through the door that a study file comes through."""
    expected = {"expect": dict(expect)} if expect else {}
    raw = {
        "study": "test",
        "data": "digits",
        "baseline": {**baseline, "budget": "300 steps"},
        "metrics": {name: {"matters_from": delta} for name in ("accuracy", "loss")},
        "hypotheses": {"H": {"says": "says", **terms, **expected, **changes}},
    }
    source = Source()
    return study_of(check_structure(raw, source), source)


def make_hypothesis(
    terms: Mapping[str, Any], expect: Mapping[str, Any], **changes: Any
) -> Hypothesis:
    return study_with(terms, expect, **changes).hypotheses[0]


def ask(
    hypothesis: Hypothesis,
    values: Mapping[str, Sequence[Sequence[float]]],
    *,
    alpha: float = 0.05,
    resolution: float = 0.0,
    **more: Any,
) -> Judgement:
    """Judge a hypothesis on values: metric -> a list of per-seed values for each arm."""
    question = question_of(hypothesis, alpha, **more)
    outcomes = {
        metric: Outcomes(
            metric_of(hypothesis, metric),
            {arm.label: dict(enumerate(v)) for arm, v in zip(question.arms, per_arm, strict=True)},
            resolution if metric == "accuracy" else 0.0,
        )
        for metric, per_arm in values.items()
    }
    return judge(question, outcomes)


def question_of(hypothesis: Hypothesis, alpha: float = 0.05, **more: Any) -> Question:
    """A question without outcomes, at the hypothesis' first budget."""
    budget = hypothesis.budgets[0]
    arms = () if budget is None else hypothesis.claim.arms(the_baseline(), budget)
    return Question(hypothesis.claim, budget, arms, {}, hypothesis.seeds, alpha, **more)


def the_baseline():
    return study_with(COMPARE, {"accuracy": "higher"}).baseline


def metric_of(hypothesis: Hypothesis, name: str):
    return next(e.metric for e in hypothesis.claim.expect if e.metric.name == name)


def judge(question: Question, outcomes: Mapping[str, Outcomes]) -> Judgement:
    from dataclasses import replace

    return question.claim.judge(replace(question, outcomes=outcomes))


COMPARE = {"compare": {"batch_size": {"from": 4, "to": 128}}}


def differences(d: Sequence[float], base: float = 0.0) -> list[list[float]]:
    """Arms A, B whose per-seed difference B - A is d."""
    return [[base] * len(d), [base + x for x in d]]


def ask_curves(
    hypothesis: Hypothesis, curves: Mapping[str, Sequence[Sequence[float]]]
) -> Judgement:
    """Judge a learning curve on values: metric -> one curve for each seed."""
    question = question_of(hypothesis)
    label = question.arms[0].label
    outcomes = {
        metric: Outcomes(
            metric_of(hypothesis, metric), {label: {}}, curves={label: dict(enumerate(c))}
        )
        for metric, c in curves.items()
    }
    return judge(question, outcomes)
