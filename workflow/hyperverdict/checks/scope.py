"""Checks 16, 17, 19, 20, 21, 26: does the claim reach past what was run?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hyperverdict.checks.context import SHAPE_FACTORS, ArmRuns, Case, spread
from hyperverdict.claims.model import Effect
from hyperverdict.verdicts.model import Check
from hyperverdict.words.counting import count, digits, size

TREND_LEVELS = 4
CONTEXTS = 3
MUCH_LARGER = 1.5
IN_CONTEXTS = frozenset({"universal", "conditional"})


def mixed_fidelities(case: Case) -> Check | None:
    """16 B: runs of one arm stopped at different amounts of training."""
    for a in case.arms:
        for kind in ("epochs", "steps"):
            finished = a.rows[~a.rows["failed"].astype(bool)] if len(a.rows) else a.rows
            if kind not in finished:
                continue
            amounts = sorted({float(x) for x in finished[kind].dropna()})
            if len(amounts) > 1 and spread(amounts) > 1.05:
                low, high = digits(amounts[0]), digits(amounts[-1])
                unit = kind[:-1]
                sentence = (
                    f"Cells mix {low}-{unit} and {high}-{unit} runs (successive halving): "
                    f"see {a.arm.label}."
                )
                return Check("16", "blocks", sentence, "mixed fidelities", 9.8)
    return None


def past_the_levels(case: Case) -> Check | None:
    """17 C: a trend with fewer than four levels, or the best level at the edge."""
    levels = _ordered_levels(case)
    if case.judgement.kind == "trend" and levels and len(levels) < TREND_LEVELS:
        sentence = (
            f"Tested {_range(levels)}, {count(len(levels), 'level')}: "
            "a trend needs four; nothing is known beyond them."
        )
        return Check("17", "caveat", sentence, gravity=4.8)
    edge = _best_edge(case, levels)
    if edge is None:
        return None
    side = "above" if edge == max(levels) else "below"
    sentence = (
        f"Tested {_range(levels)}; nothing is known {side} {digits(edge)}, where the best lies."
    )
    return Check("17", "caveat", sentence, gravity=4)


def _ordered_levels(case: Case) -> list[float]:
    """Numeric levels of the one compared factor, ascending; empty otherwise."""
    if len(case.compared) != 1:
        return []
    (factor,) = case.compared
    levels = {a.arm.settings.get(factor) for a in case.arms}
    if not all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in levels):
        return []
    return sorted(float(str(x)) for x in levels)


def _range(levels: Sequence[float]) -> str:
    return f"{digits(levels[0])} to {digits(levels[-1])}"


def _best_edge(case: Case, levels: Sequence[float]) -> float | None:
    if case.judgement.kind not in ("trend", "optimum") or len(levels) < 2:
        return None
    (factor,) = case.compared
    leg = next((leg for leg in case.judgement.legs if not leg.dropped_because), None)
    if leg is None or not all(leg.metric in a.summary.means for a in case.arms):
        return None
    sign = -1.0 if leg.direction in ("lower", "not_higher") else 1.0
    best = max(case.arms, key=lambda a: sign * a.summary.means[leg.metric])
    level = float(best.arm.settings[factor])
    return level if level in (levels[0], levels[-1]) else None


def few_contexts(case: Case) -> Check | None:
    """20 C: fewer than three contexts for a universal or conditional claim."""
    n = _contexts(case)
    if case.judgement.kind not in IN_CONTEXTS or n >= CONTEXTS or n == 0:
        return None
    bound = 1 - 0.05 ** (1 / n)
    sentence = f"{count(n, 'context')}: exceptions up to {bound:.0%} are not excluded."
    return Check("20", "caveat", sentence, gravity=5.8)


def _contexts(case: Case) -> int:
    """Contexts that the claim was judged in, as its type counts them."""
    facts = case.judgement.facts
    if "contexts" in facts:
        return int(facts["contexts"])
    if {"yes", "no"} <= facts.keys():
        return len(facts["yes"]) + len(facts["no"])
    return len(case.contexts())


def below_resolution(case: Case) -> Check | None:
    """21 C: delta or a decided effect is below what test images or steps of scores resolve."""
    for effect in case.effects():
        outcomes = case.question.outcomes.get(effect.metric)
        if outcomes is None or not outcomes.step:
            continue
        limit = max(2 * outcomes.step, 2 * case.image_errors.get(effect.name, 0.0))
        sought = _too_small(effect, limit)
        if sought is not None:
            means = (
                f"{round(1 / outcomes.resolution):,} test images"
                if outcomes.resolution >= outcomes.rounding
                else f"Scores in steps of {digits(outcomes.rounding)}"
            )
            sentence = f"{means} cannot resolve {size(sought, effect.metric)}."
            return Check("21", "caveat", sentence, gravity=5)
    return None


def _too_small(effect: Effect, limit: float) -> float | None:
    if effect.ratio or not math.isfinite(effect.estimate):
        return None
    if effect.delta < limit:
        return effect.delta
    decided = effect.evidence in ("supported", "refuted")
    return abs(effect.estimate) if decided and abs(effect.estimate) < limit else None


def larger_networks(case: Case) -> Check | None:
    """26 C: parameters or FLOPs differ > 1.5x in a depth or width claim."""
    if not case.compared & SHAPE_FACTORS or case.judgement.kind == "importance":
        return None
    for context in case.contexts():
        for what, amounts in (
            ("parameters", [a.summary.parameters for a in context]),
            ("FLOPs", [a.summary.flops_per_sample for a in context]),
        ):
            if spread(amounts) > MUCH_LARGER:
                return Check(
                    "26",
                    "caveat",
                    _larger_sentence(case, context, what, spread(amounts)),
                    gravity=3,
                )
    return None


def _larger_sentence(case: Case, context: Sequence[ArmRuns], what: str, ratio: float) -> str:
    factor = " and ".join(sorted(case.compared & SHAPE_FACTORS)).replace("_", " ")
    grew = f"{ratio - 1:.0%} more" if ratio < 2 else f"{digits(ratio, 2)} times the"
    return f"{factor.capitalize()} also brought {grew} {what}."


CHECKS = (mixed_fidelities, past_the_levels, few_contexts, below_resolution, larger_networks)
