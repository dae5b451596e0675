"""The robustness strip: would another defensible analysis say the same?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from hyperverdict.checks.context import Case
from hyperverdict.claims.model import Effect, Judgement, Outcomes, Question
from hyperverdict.effects.effect import higher_is_better
from hyperverdict.outcomes.questions import seeds_of
from hyperverdict.outcomes.values import values_of

Judge = Callable[[Question], Judgement]

BEST_COLUMNS = {
    "accuracy": "best_validation_accuracy",
    "error": "best_validation_accuracy",
    "loss": "best_validation_loss",
}
SIGN_FLIP_ALPHA_FROM = 6
MANY_SEEDS = 30


def robustness(case: Case, judge: Judge) -> dict[str, str]:
    """Sensitivity line -> the evidence it gives."""
    if not case.arms:
        return {}
    strip = {"as judged": str(case.judgement.evidence)}
    on_best = _on_best_validation(case)
    if on_best is not None:
        strip["best on validation"] = str(judge(on_best).evidence)
    flipped = sign_flip(case)
    if flipped:
        strip["sign-flip"] = flipped
    without = case.source.get("leave_one_out") or {}
    if without:
        strip["leave one seed out"] = _agreement(case.judgement, without)
    if any(f.failed for f in case.judgement.failures):
        strip["failures at worst case"] = str(judge(worst_case(case.question)).evidence)
    return strip


def leave_one_out(question: Question, judge: Judge, judgement: Judgement) -> dict[int, str]:
    """seed -> the evidence without it; only where at least three seeds remain.

    With many seeds only the most extreme of each effect are left out: if any flips it, they do.
    """
    seeds = seeds_of(question.outcomes)
    if len(seeds) < 4:
        return {}
    if len(seeds) > MANY_SEEDS:
        seeds = sorted(_extreme_seeds(judgement) & set(seeds))
    return {seed: str(judge(without_seed(question, seed)).evidence) for seed in seeds}


def _extreme_seeds(judgement: Judgement) -> set[int]:
    """The seeds whose contrasts lie farthest on either side, for every effect."""
    extreme: set[int] = set()
    for effect in (effect for leg in judgement.legs for effect in leg.effects):
        ordered = [seed for seed, _ in sorted(effect.per_seed, key=lambda pair: pair[1])]
        extreme |= {*ordered[:1], *ordered[-1:]}
    return extreme


def without_seed(question: Question, seed: int) -> Question:
    """The question with one seed taken from every arm and metric."""

    def drop(outcomes: Outcomes) -> Outcomes:
        values = {
            arm: {s: value for s, value in by_seed.items() if s != seed}
            for arm, by_seed in outcomes.values.items()
        }
        curves = {
            arm: {s: value for s, value in by_seed.items() if s != seed}
            for arm, by_seed in outcomes.curves.items()
        }
        return replace(outcomes, values=values, curves=curves)

    return replace(question, outcomes={n: drop(o) for n, o in question.outcomes.items()})


def worst_case(question: Question) -> Question:
    """Failed runs get the worst value of the question: a sensitivity line, never the primary."""

    def fill(name: str, outcomes: Outcomes) -> Outcomes:
        finite = [v for arm in outcomes.values.values() for v in arm.values() if math.isfinite(v)]
        if not finite:
            return outcomes
        worst = max(finite) if higher_is_better(outcomes.metric) is False else min(finite)
        values: Mapping[str, Mapping[int, float]] = {
            arm: {s: v if math.isfinite(v) else worst for s, v in by_seed.items()}
            for arm, by_seed in outcomes.values.items()
        }
        return replace(outcomes, values=values)

    return replace(question, outcomes={n: fill(n, o) for n, o in question.outcomes.items()})


def _on_best_validation(case: Case) -> Question | None:
    """The question on the best evaluation of each run's validation curve, where one is recorded."""
    outcomes = dict(case.question.outcomes)
    changed = False
    for name, column in BEST_COLUMNS.items():
        if name not in outcomes or outcomes[name].curves:
            continue
        if not all(column in a.rows and a.rows[column].notna().any() for a in case.arms):
            continue
        values = {a.arm.label: values_of(a.rows, column) for a in case.arms}
        if name == "error":
            values = {arm: {s: 1 - v for s, v in of.items()} for arm, of in values.items()}
        outcomes[name] = replace(outcomes[name], values=values)
        changed = True
    return replace(case.question, outcomes=outcomes) if changed else None


def about_direction(effect: Effect) -> bool:
    """Whether an effect is claimed to be above or below 0, not merely within or not beyond it."""
    return effect.direction in ("higher", "lower") and effect.between is None


def sign_flip(case: Case) -> str:
    """What the exact sign-flip test says: agrees, or which effect it does not confirm."""
    tested = [
        e for e in case.effects() if e.sign_flip_p is not None and e.n >= SIGN_FLIP_ALPHA_FROM
    ]
    if not tested:
        return ""
    for effect in tested:
        decided = effect.evidence in ("supported", "refuted") and about_direction(effect)
        p = effect.sign_flip_p if effect.sign_flip_p is not None else 1.0
        if decided and p >= effect.alpha:
            return f"does not confirm {effect.name} (p {p:.3g})"
    return "agrees"


def _agreement(judgement: Judgement, without: Mapping[int, str]) -> str:
    differing = {
        seed: evidence for seed, evidence in without.items() if evidence != judgement.evidence
    }
    if not differing:
        return f"{judgement.evidence} whichever is left out"
    seed, evidence = next(iter(differing.items()))
    return f"{evidence} without seed {seed}" + (
        f" (and {len(differing) - 1} more)" if len(differing) > 1 else ""
    )
