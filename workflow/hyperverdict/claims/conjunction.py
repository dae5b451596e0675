"""How the parts of a claim combine: which legs are judged at a budget, and what they give together.

To support a claim all its parts must hold, each at alpha (intersection-union: Berger, Technometrics
24 (1982)); one part suffices to refute it, each at alpha / parts (union-intersection, Bonferroni).
So every effect is decided twice: `plain` at alpha and `strict` at alpha / parts. Whatever counts
against a claim shares alpha: where a claim may be refuted and may also be found without a
meaningful effect, each of the two gets alpha / 2 (`at_half`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hyperverdict.claims.model import Claim, Design, Failures, Judgement, Leg, Question
from hyperverdict.effects.contrast import Weighted
from hyperverdict.effects.effect import Effect, Evidence, Expectation, judge_effect
from hyperverdict.effects.measure import measure
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.errors import UserError
from hyperverdict.stats.decision import AT_LEAST, DIRECTION_ONLY, UPWARD
from hyperverdict.stats.exact import clopper_pearson
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.metrics import Metric

_TOLERANT = {"higher": "not_lower", "lower": "not_higher"}
TOLERANT_DIRECTIONS = frozenset(_TOLERANT.values())


@dataclass(frozen=True)
class TwoAlphas:
    """One effect decided at alpha (`plain`) and at alpha / parts (`strict`)."""

    plain: Effect
    strict: Effect

    @property
    def sharing(self) -> TwoAlphas:
        """The same where refuting and "no meaningful effect" each have half of the strict alpha."""
        return TwoAlphas(self.plain, at_half(self.strict))

    @property
    def shown(self) -> Effect:
        """The strict decision where it is what counts, else the plain one."""
        return self.strict if against(self.strict) else self.plain


def against(effect: Effect) -> bool:
    """Whether an effect contradicts its claim: opposite, or proven negligible."""
    return effect.evidence in ("refuted", "no meaningful effect")


def negligible_at_half(effect: Effect) -> bool:
    """Whether the effect is proven negligible at half of its alpha.

    The interval at 1 - alpha is two one-sided tests at alpha / 2 (Schuirmann 1987).
    """
    low, high = negligible_range(effect)
    inside = low < effect.ci[0] and effect.ci[1] < high
    return inside and effect.evidence == "no meaningful effect"


def at_half(effect: Effect) -> Effect:
    """The effect, undecided where what counts against its claim needs more than half its alpha.

    The interval at 1 - alpha is one-sided at alpha / 2, and so is what a direction is refuted by.
    """
    if effect.evidence == "no meaningful effect":
        holds = negligible_at_half(effect)
    elif effect.evidence == "refuted" and effect.direction in TOLERANT_DIRECTIONS:
        low, high = negligible_range(effect)
        holds = effect.ci[1] < low if effect.direction in UPWARD else effect.ci[0] > high
    else:
        return effect
    return effect if holds else replace(effect, evidence="inconclusive", grade="")


def negligible_range(effect: Effect) -> tuple[float, float]:
    """The sizes that do not matter, in the effect's unit."""
    return (1 / effect.delta, effect.delta) if effect.ratio else (-effect.delta, effect.delta)


def equal_by_design(metric: Metric, budget: Budget | None) -> bool:
    """Whether the budget itself makes the metric equal in all arms."""
    return budget is not None and budget.kind in metric.equal_at


def check_design(claim: Claim, design: Design) -> None:
    """Refuse a claim without expectations, equal arms, and a budget with nothing left to judge."""
    if not claim.expect:
        raise UserError(
            "expect is missing: what should happen, e.g. expect: {accuracy: higher}",
            about=claim.verb,
        )
    for expectation in claim.expect:
        if expectation.share_of_variance:
            raise UserError(
                f"expect: {expectation.metric.name}: share_of_variance belongs to matters_more",
                about="expect",
            )
    for budget in filter(None, claim.budgets(design.budgets)):
        claim.arms(design.baseline, budget)
        if all(equal_by_design(e.metric, budget) for e in claim.expect):
            names = ", ".join(e.metric.name for e in claim.expect)
            raise UserError(
                f"at_equal: {budget}: {names} is equal by design at equal {budget.kind}; "
                "claim it at another budget, or claim another metric too",
                about="at_equal",
            )


def check_directions(
    claim: Claim, why: str = "a trend is higher or lower; for 'not lower' use shape: never_worse"
) -> None:
    """Refuse not_lower, not_higher and sizes where the type needs higher or lower."""
    for expectation in claim.expect:
        if expectation.direction not in _TOLERANT or expectation.between is not None:
            raise UserError(f"expect: {expectation.metric.name}: {why}", about="expect")


def tolerant(expectation: Expectation) -> Expectation:
    """The same leg as "not worse": not_lower for higher, not_higher for lower."""
    return replace(expectation, direction=_TOLERANT[expectation.direction])  # type: ignore[arg-type]


def opposite_tolerant(expectation: Expectation) -> Expectation:
    """ "Absent": not_higher where higher or not_lower is claimed elsewhere, else not_lower."""
    flipped = "lower" if expectation.direction in UPWARD else "higher"
    return tolerant(replace(expectation, direction=flipped))  # type: ignore[arg-type]


def judged_legs(question: Question) -> tuple[tuple[Expectation, ...], tuple[Leg, ...]]:
    """The expectations to judge at this budget, and the legs dropped there with their reason."""
    kept, dropped = [], []
    for expectation in question.claim.expect:
        if equal_by_design(expectation.metric, question.budget):
            reason = f"{expectation.metric.title} is equal by design at {question.budget}"
            dropped.append(Leg(expectation, "inconclusive", (), dropped_because=reason))
        else:
            kept.append(expectation)
    return tuple(kept), tuple(dropped)


def outcomes_of(question: Question, metric: Metric) -> Outcomes:
    """What was measured of a metric; nothing when no run recorded it."""
    if metric.name in question.outcomes:
        return question.outcomes[metric.name]
    return Outcomes(metric, {arm.label: {} for arm in question.arms})


def two_alphas(
    question: Question,
    contrast: Weighted,
    expectation: Expectation,
    parts: int,
    outcomes: Outcomes | None = None,
) -> TwoAlphas:
    """A contrast decided at the question's alpha and at alpha / parts.

    Args:
        outcomes: what it is measured on; the question's own of the leg's metric when None.
    """
    measured = measure(outcomes or outcomes_of(question, expectation.metric), contrast)
    plain = judge_effect(measured, expectation, question.alpha, question.look_rule)
    if parts == 1:
        return TwoAlphas(plain, plain)
    alpha = question.alpha / parts
    strict = judge_effect(measured, expectation, alpha, question.look_rule, plan=False)
    return TwoAlphas(plain, strict)


def all_hold(effects: Sequence[TwoAlphas]) -> Evidence:
    """The evidence that every effect is as claimed; see `conjunction`."""
    return conjunction([e.plain.evidence for e in effects], [e.strict.evidence for e in effects])


def conjunction(plain: Sequence[Evidence], strict: Sequence[Evidence]) -> Evidence:
    """The evidence on a claim whose parts must all hold, from theirs at alpha and at alpha / parts.

    A part proven negligible breaks the conjunction as an opposite one does; only when all are
    negligible is there "no meaningful effect". Both count against the claim, so both are read at
    alpha / parts.
    """
    if "refuted" in strict:
        return "refuted"
    if strict and set(strict) == {"no meaningful effect"}:
        return "no meaningful effect"
    if "no meaningful effect" in strict:
        return "refuted"
    return "supported" if plain and set(plain) == {"supported"} else "inconclusive"


def every_step(steps: Sequence[TwoAlphas], alone: bool = True) -> Evidence:
    """The evidence that every step is as claimed.

    Args:
        alone: the steps are the whole claim, so that "no meaningful effect" in all of them may use
            half of alpha; as one context of several they have no such verdict.
    """
    if any(e.strict.evidence == "refuted" for e in steps):
        return "refuted"
    if steps and all(e.plain.evidence == "supported" for e in steps):
        return "supported"
    negligible = alone and bool(steps) and all(negligible_at_half(e.plain) for e in steps)
    return "no meaningful effect" if negligible else "inconclusive"


def weakest_grade(grades: Sequence[str]) -> str:
    """The grade that a conjunction deserves; "" where no part has one."""
    if DIRECTION_ONLY in grades:
        return DIRECTION_ONLY
    return AT_LEAST if AT_LEAST in grades else ""


def leg_of(expectation: Expectation, evidence: Evidence, effects: Sequence[TwoAlphas]) -> Leg:
    """A leg of several effects, graded by the weakest where it is supported."""
    shown = tuple(effect.shown for effect in effects)
    grade = weakest_grade([e.grade for e in shown]) if evidence == "supported" else ""
    return Leg(expectation, evidence, shown, grade)


def leg_of_one(expectation: Expectation, effect: Effect) -> Leg:
    """A leg that one effect decides."""
    return Leg(expectation, effect.evidence, (effect,), effect.grade)


LegJudge = Callable[[Question, Expectation], Leg]


def judge_legs(question: Question, judge_leg: LegJudge) -> Judgement:
    """Judge every leg that the budget leaves, and combine them.

    `judge_leg` is called on the question as it is, and once more at alpha / legs when there are
    several, because a single leg suffices to refute the claim.
    """
    kept, dropped = judged_legs(question)
    legs = tuple(judge_leg(question, expectation) for expectation in kept)
    strict = legs
    if len(legs) > 1:
        harder = replace(question, alpha=question.alpha / len(legs))
        strict = tuple(judge_leg(harder, expectation) for expectation in kept)
    evidence = conjunction([leg.evidence for leg in legs], [leg.evidence for leg in strict])
    return Judgement(
        kind=question.claim.kind,
        evidence=evidence,
        grade=weakest_grade([leg.grade for leg in legs]) if evidence != "inconclusive" else "",
        legs=legs + dropped,
        failures=failures_of(question),
        notes=_leg_notes(question, evidence, legs),
    )


def _leg_notes(question: Question, evidence: Evidence, legs: Sequence[Leg]) -> tuple[str, ...]:
    notes = []
    level = f"the stricter level (alpha / {len(legs)} = {question.alpha / max(1, len(legs)):.4g})"
    if len(legs) > 1 and evidence != "refuted" and any(x.evidence == "refuted" for x in legs):
        notes.append(
            f"One of the {len(legs)} parts points the other way, but not at {level} that refutes "
            "the whole claim."
        )
    small = all(x.evidence == "no meaningful effect" for x in legs)
    if len(legs) > 1 and evidence == "inconclusive" and small:
        notes.append(
            f"All {len(legs)} parts are too small to matter, but not at {level} that contradicts "
            "the whole claim."
        )
    failing = any(effect.failures_decide for leg in legs for effect in leg.effects)
    if failing and evidence == "inconclusive":
        notes.append("Inconclusive: the outcome depends on the failed runs.")
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
