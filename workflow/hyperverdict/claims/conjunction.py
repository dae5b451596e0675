"""Legs of a claim: which are judged at a budget, and how several effects or legs combine.

To support a claim all its parts must hold, each at alpha (intersection-union); one part suffices to
refute it, each at alpha / parts (union-intersection). So every effect is decided twice: `plain` at
alpha and `strict` at alpha / parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hyperverdict.claims.model import Effect, Evidence, Failures, Judgement, Leg, Outcomes, Question
from hyperverdict.effects.effect import Contrast, judge_effect, measure
from hyperverdict.errors import UserError
from hyperverdict.stats.decision import AT_LEAST, DIRECTION_ONLY
from hyperverdict.stats.exact import clopper_pearson
from hyperverdict.study.model import TIME_METRIC, Expectation, Hypothesis
from hyperverdict.vocabulary.budget import Budget

# What a budget makes equal in all arms.
EQUAL_BY_DESIGN: dict[str, frozenset[str]] = {
    "seconds": frozenset({TIME_METRIC}),
    "steps": frozenset({"steps", "updates"}),
    "samples": frozenset({"samples"}),
    "epochs": frozenset({"samples", "epochs"}),
}


@dataclass(frozen=True)
class TwoAlphas:
    """One effect decided at alpha (`plain`) and at alpha / parts (`strict`)."""

    plain: Effect
    strict: Effect

    @property
    def shown(self) -> Effect:
        """The strict decision where it is what counts, else the plain one."""
        return self.strict if against(self.strict) else self.plain


def against(effect: Effect) -> bool:
    """Whether an effect contradicts its claim: opposite, or proven negligible."""
    return effect.evidence in ("refuted", "no meaningful effect")


def equal_by_design(metric: str, budget: Budget | None) -> bool:
    """Whether the budget itself makes the metric equal in all arms."""
    return budget is not None and metric in EQUAL_BY_DESIGN[budget.kind]


def check_legs(hypothesis: Hypothesis) -> None:
    """Refuse a claim without expectations, or one with nothing left to judge at a budget."""
    if not hypothesis.expect:
        raise UserError("expect is missing: what should happen, e.g. expect: {accuracy: higher}")
    for expectation in hypothesis.expect:
        if expectation.share_of_variance:
            raise UserError(
                f"expect: {expectation.metric}: share_of_variance belongs to matters_more"
            )
        _check_between(expectation)
    for budget in hypothesis.at_equal:
        if all(equal_by_design(e.metric, budget) for e in hypothesis.expect):
            names = ", ".join(e.metric for e in hypothesis.expect)
            raise UserError(
                f"at_equal: {budget}: {names} is equal by design at equal {budget.kind}; "
                "claim it at another budget, or claim another metric too"
            )


def _check_between(expectation: Expectation) -> None:
    if expectation.between is not None and not expectation.between[0] < expectation.between[1]:
        low, high = expectation.between
        raise UserError(
            f"expect: {expectation.metric}: [{low}, {high}] must be a lower and a higher number"
        )


def judged_legs(question: Question) -> tuple[tuple[Expectation, ...], tuple[Leg, ...]]:
    """The expectations to judge at this budget, and the legs dropped there with their reason."""
    kept, dropped = [], []
    for expectation in question.hypothesis.expect:
        if equal_by_design(expectation.metric, question.budget):
            reason = f"{expectation.metric} is equal by design at {question.budget}"
            dropped.append(
                Leg(
                    expectation.metric,
                    expectation.direction,
                    "inconclusive",
                    (),
                    dropped_because=reason,
                )
            )
        else:
            kept.append(expectation)
    return tuple(kept), tuple(dropped)


def outcomes_of(question: Question, metric: str) -> Outcomes:
    """What was measured of a metric; nothing when no run recorded it."""
    if metric in question.outcomes:
        return question.outcomes[metric]
    return Outcomes(question.study.metrics[metric], {arm.label: {} for arm in question.arms})


def two_alphas(
    question: Question, contrast: Contrast, expectation: Expectation, parts: int
) -> TwoAlphas:
    """A contrast of the question's arms, decided at its alpha and at alpha / parts."""
    measured = measure(outcomes_of(question, expectation.metric), contrast)
    plain = judge_effect(measured, expectation, question.alpha, question.looks)
    if parts == 1:
        return TwoAlphas(plain, plain)
    strict = judge_effect(measured, expectation, question.alpha / parts, question.looks, plan=False)
    return TwoAlphas(plain, strict)


def all_hold(effects: Sequence[TwoAlphas]) -> Evidence:
    """The evidence that every effect is as claimed; see `conjunction`."""
    return conjunction([e.plain.evidence for e in effects], [e.strict.evidence for e in effects])


def conjunction(plain: Sequence[Evidence], strict: Sequence[Evidence]) -> Evidence:
    """The evidence on a claim whose parts must all hold, from theirs at alpha and at alpha / parts.

    A part proven negligible breaks the conjunction as an opposite one does; only when all are
    negligible is there "no meaningful effect".
    """
    if "refuted" in strict:
        return "refuted"
    if plain and set(plain) == {"no meaningful effect"}:
        return "no meaningful effect"
    if "no meaningful effect" in strict:
        return "refuted"
    return "supported" if plain and set(plain) == {"supported"} else "inconclusive"


def weakest_grade(grades: Sequence[str]) -> str:
    """The grade that a conjunction deserves; "" where no part has one."""
    if DIRECTION_ONLY in grades:
        return DIRECTION_ONLY
    return AT_LEAST if AT_LEAST in grades else ""


LegJudge = Callable[[Question, Expectation], Leg]


def judge_legs(question: Question, kind: str, judge_leg: LegJudge) -> Judgement:
    """Judge every leg that the budget leaves, and combine them.

    `judge_leg` is called on the question as it is, and once more at alpha / legs when there are
    several, because a single leg suffices to refute the claim.
    """
    kept, dropped = judged_legs(question)
    legs = tuple(judge_leg(question, expectation) for expectation in kept)
    strict = legs
    if len(legs) > 1:
        harder = at_alpha(question, question.alpha / len(legs))
        strict = tuple(judge_leg(harder, expectation) for expectation in kept)
    evidence = conjunction([leg.evidence for leg in legs], [leg.evidence for leg in strict])
    return Judgement(
        kind=kind,
        evidence=evidence,
        grade=weakest_grade([leg.grade for leg in legs]) if evidence != "inconclusive" else "",
        legs=legs + dropped,
        failures=failures_of(question),
        notes=_leg_notes(question, evidence, legs),
    )


def at_alpha(question: Question, alpha: float) -> Question:
    """The same question under another error probability."""
    return replace(question, alpha=alpha)


def _leg_notes(question: Question, evidence: Evidence, legs: Sequence[Leg]) -> tuple[str, ...]:
    notes = []
    if len(legs) > 1 and evidence != "refuted" and any(x.evidence == "refuted" for x in legs):
        notes.append(
            f"One of {len(legs)} legs refutes the claim only at alpha / {len(legs)} = "
            f"{question.alpha / len(legs):.4g}; it does not reach that."
        )
    if any(effect.failures_decide for leg in legs for effect in leg.effects):
        notes.append("Inconclusive: failures decide it.")
    return tuple(notes)


def failures_of(question: Question, alpha: float = 0.05) -> tuple[Failures, ...]:
    """Failed runs of every arm with the exact interval of their rate; empty when none failed."""
    counts = [(arm.label, *_failed(question, arm.label)) for arm in question.arms]
    if not any(failed for _, failed, _ in counts):
        return ()
    return tuple(
        Failures(label, failed, total, clopper_pearson(failed, total, alpha))
        for label, failed, total in counts
    )


def _failed(question: Question, label: str) -> tuple[int, int]:
    """(failed, run) seeds of an arm over all metrics."""
    runs: dict[int, bool] = {}
    for outcomes in question.outcomes.values():
        for seed, value in outcomes.values.get(label, {}).items():
            runs[seed] = runs.get(seed, False) or not math.isfinite(value)
    return sum(runs.values()), len(runs)
