"""Sensitivity: would another defensible way of judging the same runs give the same?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from hyperverdict.checks.context import CheckContext
from hyperverdict.claims.model import Judgement, Question
from hyperverdict.claims.wording import deciding_effect
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.outcomes.questions import seeds_of
from hyperverdict.outcomes.values import scores_on
from hyperverdict.stats.trimmed import TRIMMED_FROM
from hyperverdict.verdicts.model import SensitivityLine, WayEstimate
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.numbers import p_text

TRIMMED = "20% trimmed mean"
MINIMUM_LEAVE_OUT_SEEDS = 4
MANY_SEEDS = 30

T = TypeVar("T")


def sensitivity(context: CheckContext) -> tuple[SensitivityLine, ...]:
    """What the other ways of judging give, those that apply."""
    if not context.arms:
        return ()
    lines = (
        _sign_flip(context),
        _judged_on(TRIMMED, _trimmed(context), context),
        _judged_on("best on validation", _on_best_validation(context), context),
        _leave_one_out(context),
        _judged_on("failures at worst case", _at_worst(context), context),
    )
    return tuple(line for line in lines if line is not None)


def _judged_on(
    name: str, question: Question | None, context: CheckContext
) -> SensitivityLine | None:
    if question is None:
        return None
    judged = context.claim.judge(question)
    agrees = judged.evidence == context.judgement.evidence
    return SensitivityLine(name, judged.evidence, agrees, estimates=_estimates(judged, context))


def _estimates(
    judged: Judgement, context: CheckContext, without_seed: int | None = None
) -> tuple[WayEstimate, ...]:
    """The effects that decide the verdict, as another judgement of the question measured them."""
    measured = {effect.contrast: effect for effect in judged.effects}
    deciding = (deciding_effect(leg) for leg in context.judgement.judged_legs)
    found = (measured.get(effect.contrast) for effect in deciding if effect is not None)
    return tuple(
        WayEstimate(
            effect.metric.name,
            contrast_name(effect.contrast),
            effect.estimate,
            effect.ci,
            without_seed,
        )
        for effect in found
        if effect is not None and effect.is_measured
    )


def trimmed_text(line: SensitivityLine) -> str:
    """Where trimmed means give something else; "" where they agree."""
    return "" if line.agrees else f"Judged by 20% trimmed means it is {line.evidence}."


def _trimmed(context: CheckContext) -> Question | None:
    """The question on 20% trimmed means; None where nothing would be cut, and for shares.

    They leave out the extreme fifth of the values on either side, so that single runs cannot decide
    alone. Source: Yuen, Biometrika 61 (1974).
    """
    judged = [effect for effect in context.effects if effect.contrast.kind != "share"]
    if not any(effect.n >= TRIMMED_FROM for effect in judged):
        return None
    outcomes = {n: replace(o, trimmed=True) for n, o in context.question.outcomes.items()}
    return replace(context.question, outcomes=outcomes)


def leave_one_out(question: Question, judgement: Judgement) -> dict[int, Judgement]:
    """seed -> the judgement without it; only where at least three seeds remain.

    With many seeds only the most extreme of each effect are left out: if any changes it, they do.
    """
    seeds = seeds_of(question.outcomes)
    if len(seeds) < MINIMUM_LEAVE_OUT_SEEDS:
        return {}
    if len(seeds) > MANY_SEEDS:
        seeds = sorted(_extreme_seeds(judgement) & set(seeds))
    judge = question.claim.judge
    return {seed: judge(without_seed(question, seed)) for seed in seeds}


def _extreme_seeds(judgement: Judgement) -> set[int]:
    """The seeds whose contrasts lie farthest on either side, for every effect."""
    extreme: set[int] = set()
    for effect in judgement.effects:
        ordered = [seed for seed, _ in sorted(effect.per_seed, key=lambda pair: pair[1])]
        extreme |= {*ordered[:1], *ordered[-1:]}
    return extreme


def without_seed(question: Question, seed: int) -> Question:
    """The question with one seed taken from every arm and metric."""

    def drop(outcomes: Outcomes) -> Outcomes:
        values, curves = _without(outcomes.values, seed), _without(outcomes.curves, seed)
        return replace(outcomes, values=values, curves=curves)

    return replace(question, outcomes={n: drop(o) for n, o in question.outcomes.items()})


def _without(by_arm: Mapping[str, Mapping[int, T]], seed: int) -> dict[str, dict[int, T]]:
    return {
        arm: {s: value for s, value in by_seed.items() if s != seed}
        for arm, by_seed in by_arm.items()
    }


def worst_case(question: Question) -> Question:
    """Failed runs get the worst value of the question: a sensitivity line, never the primary."""

    def fill(outcomes: Outcomes) -> Outcomes:
        finite = [v for arm in outcomes.values.values() for v in arm.values() if math.isfinite(v)]
        if not finite:
            return outcomes
        worst = max(finite) if outcomes.metric.better == "lower" else min(finite)
        values: Mapping[str, Mapping[int, float]] = {
            arm: {s: v if math.isfinite(v) else worst for s, v in by_seed.items()}
            for arm, by_seed in outcomes.values.items()
        }
        return replace(outcomes, values=values)

    return replace(question, outcomes={n: fill(o) for n, o in question.outcomes.items()})


def _at_worst(context: CheckContext) -> Question | None:
    failed = any(failures.failed for failures in context.judgement.failures)
    return worst_case(context.question) if failed else None


def _on_best_validation(context: CheckContext) -> Question | None:
    """The question on the best evaluation of each run's validation curve, where one is recorded."""
    outcomes = dict(context.question.outcomes)
    changed = False
    for name, of in context.question.outcomes.items():
        column = of.metric.best
        if not column or of.curves:
            continue
        if all(column in a.rows and a.rows[column].notna().any() for a in context.arms):
            values = {a.label: scores_on(a.rows, of.metric, column) for a in context.arms}
            outcomes[name] = replace(of, values=values)
            changed = True
    return replace(context.question, outcomes=outcomes) if changed else None


def _sign_flip(context: CheckContext) -> SensitivityLine | None:
    """What the exact sign-flip test gives: the same, or which effect it does not confirm."""
    held = context.judgement.evidence
    tested = [
        (effect, effect.sign_flip_p) for effect in context.effects if effect.sign_flip_p is not None
    ]
    if not tested:
        return None
    for effect, p in tested:
        if effect.is_decided and effect.about_direction and p >= effect.alpha:
            detail = f"does not confirm {contrast_name(effect.contrast)} ({p_text(p)})"
            return SensitivityLine("sign-flip test", "inconclusive", False, detail)
    return SensitivityLine("sign-flip test", held, True)


def _leave_one_out(context: CheckContext) -> SensitivityLine | None:
    held, without = context.judgement.evidence, context.leave_one_out
    if not without:
        return None
    estimates = tuple(
        estimate
        for seed, judged in context.left_out.items()
        for estimate in _estimates(judged, context, seed)
    )
    differing = {seed: evidence for seed, evidence in without.items() if evidence != held}
    if not differing:
        said = "whichever is left out"
        return SensitivityLine("leave one seed out", held, True, said, estimates)
    seed, evidence = next(iter(differing.items()))
    more = f" (and {len(differing) - 1} more)" if len(differing) > 1 else ""
    said = f"without seed {seed}{more}"
    return SensitivityLine("leave one seed out", evidence, False, said, estimates)
