"""A judgement in words that hold for every claim type: its legs, its meaning, its effects."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from hyperverdict.claims.model import Claim, Judgement, Leg
from hyperverdict.effects.effect import Effect, Evidence, Expectation
from hyperverdict.stats.decision import AT_LEAST, DIRECTION_ONLY
from hyperverdict.words.contrasts import (
    SAME,
    contrast_name,
    measured_as,
    start_text,
    subject,
    to_text,
)
from hyperverdict.words.effects import effect_text, unmeasured
from hyperverdict.words.numbers import (
    AS_STATED,
    digits,
    listed,
    lower,
    plain,
    size_text,
    unit_of,
    upper,
)

ESTIMATED = (
    "So few seeds give estimates {where}, not a verdict: take the direction as a first guess."
)
FAILURES = (
    "No verdict {where}: the outcome depends on runs that failed, and the scores cover only the "
    "runs that finished."
)
_SPEED = {
    "higher": "slower",
    "lower": "faster",
    "not_higher": "not slower",
    "not_lower": "not faster",
}
# Of a claim that one effect is of some size.
_OF_SIZE: Mapping[Evidence, str] = {
    "supported": "The claim holds {where}: the effect is of the claimed size.",
    "refuted": "The claim does not hold {where}: the effect is not of the claimed size.",
    "inconclusive": "The claim is undecided {where}: it is open whether the effect has that size.",
}
_FAILING: dict[Evidence, str] = {
    "refuted": "goes the other way",
    "no meaningful effect": "shows no difference that matters",
    "inconclusive": "is undecided",
}
# What effects of a leg do, after their number: (one, many).
_TALLIED: dict[Evidence, tuple[str, str]] = {
    "supported": ("is as claimed", "are as claimed"),
    "refuted": ("goes against the claim", "go against the claim"),
    "no meaningful effect": ("is too small to matter", "are too small to matter"),
    "inconclusive": ("is undecided", "are undecided"),
    "estimated": ("is only estimated", "are only estimated"),
}


def claimed(leg: Leg) -> str:
    """What a leg claims: "test accuracy lower by 1 to 2 points", "training faster"."""
    metric, direction = leg.metric, leg.expectation.direction
    size = claimed_size(leg.expectation)
    if leg.expectation.share_of_variance:
        return f"share of the variance in {metric.title} {plain(direction)}{size}"
    if metric.is_time and metric.ratio:
        return f"training {_SPEED[direction]}{size}"
    return f"{metric.title} {plain(direction)}{size}"


def claimed_size(expectation: Expectation) -> str:
    """The size that a claim states, to stand behind its direction: " by 0 to 1 point"; "" if none.

    Units are those that readers see: a fraction is stated in points.
    """
    if expectation.between is None:
        return ""
    low, high = expectation.between
    unit = unit_of(expectation.metric)
    start = digits(low * (1.0 if unit.ratio else unit.scale), AS_STATED)
    return f" by {start} to {size_text(high, expectation.metric)}"


def deciding_effect(leg: Leg) -> Effect | None:
    """The effect that the leg's evidence rests on.

    The weakest of a supported leg, else the first whose evidence is the leg's; a leg may also be
    refuted by an effect that is proven negligible.
    """
    if not leg.effects:
        return None
    same = [effect for effect in leg.effects if effect.evidence == leg.evidence]
    if leg.evidence == "supported" and same:
        return max(same, key=_weakness)
    if leg.evidence == "refuted" and not same:
        same = [effect for effect in leg.effects if effect.evidence == "no meaningful effect"]
    return (same or list(leg.effects))[0]


def _weakness(effect: Effect) -> float:
    p = effect.p if effect.about_direction else effect.p_equivalence
    return 1.0 if math.isnan(p) else p


def meaning(claim: Claim, judgement: Judgement, where: str) -> str:
    """What the evidence means for the claim.

    Args:
        where: "at 300 steps", or "in these runs".
    """
    legs = judgement.judged_legs
    if judgement.evidence == "estimated":
        return ESTIMATED.format(where=where)
    if judgement.failures_decide:
        return FAILURES.format(where=where)
    leg = next((x for x in legs if x.evidence == judgement.evidence), next(iter(legs), None))
    size = _size(leg)
    grades = {AT_LEAST: f" and is at least {size}", DIRECTION_ONLY: f"; it may be below {size}"}
    sized = len(legs) == 1 and len(legs[0].effects) == 1 and legs[0].expectation.between
    meanings = {**claim.meanings(judgement), **(_OF_SIZE if sized else {})}
    return meanings[judgement.evidence].format(
        where=where,
        size=size,
        metric=leg.metric.title if leg else "the metric",
        grade=grades.get(judgement.grade, ""),
        failing=_failing(legs),
    )


def _size(leg: Leg | None) -> str:
    effect = deciding_effect(leg) if leg else None
    return size_text(effect.delta, effect.contrast) if effect else "the size that matters"


def _failing(legs: tuple[Leg, ...]) -> str:
    """What the legs do that do not hold."""
    parts = [f"{leg.metric.title} {_failing_leg(leg)}" for leg in legs if leg.evidence in _FAILING]
    return listed(parts) or "at least one part does not hold"


def _failing_leg(leg: Leg) -> str:
    if leg.evidence == "refuted" and leg.expectation.between:
        return "is not of the claimed size"
    return _FAILING[leg.evidence]


def negligible_part(judgement: Judgement) -> str:
    """The part that refutes a claim although its effect goes neither way; "" for none.

    "Test accuracy shows no difference that matters": an interval around zero beside "refuted" would
    puzzle its reader.
    """
    if judgement.evidence != "refuted":
        return ""
    found = [leg for leg in judgement.judged_legs if leg.evidence == "no meaningful effect"]
    return f"{upper(found[0].metric.title)} {_FAILING['no meaningful effect']}" if found else ""


def tally(leg: Leg) -> str:
    """How many effects of a leg have which evidence: "2 are as claimed and 1 is undecided"."""
    counted = Counter(effect.evidence for effect in leg.effects)
    parts = [f"{n} {_TALLIED[evidence][n > 1]}" for evidence, n in counted.items()]
    return f"Of {len(leg.effects)} effects on {leg.metric.title}, {listed(parts)}."


def effects_summary(judgement: Judgement) -> str:
    """The effects on one line, each leg by the effect that decides it.

    "Batch size 128: training 3.4 times faster (3.3 to 3.5 times), test accuracy 2.0 points lower
    (1.6 to 2.4 points)"; "" where nothing was judged.
    """
    parts: dict[str, list[str]] = {}
    legs = judgement.judged_legs
    for leg in legs:
        about, change = _leg_summary(leg, named=len(legs) > 1)
        parts.setdefault(about, []).append(change)
    return upper("; ".join(f"{k}: {', '.join(v)}" if k else "; ".join(v) for k, v in parts.items()))


def _leg_summary(leg: Leg, named: bool) -> tuple[str, str]:
    """What the change belongs to ("" where there is nothing), and the change.

    That is the arm; of a leg with several effects the metric, where it is `named`.
    """
    effect = deciding_effect(leg)
    if effect is None or not effect.is_measured:
        return "", lower(unmeasured_leg(leg)).removesuffix(".")
    change = f"{change_text(effect)} ({effect_text(effect).interval})"
    if not all(map(math.isfinite, effect.ci)):
        change = f"{change_text(effect)}, with too few runs for an interval"
    name = contrast_name(effect.contrast)
    same = sum(e.evidence == effect.evidence for e in leg.effects)
    total = len(leg.effects)
    if total == 1:
        sided = effect.contrast.kind in ("difference", "strategy")
        return (to_text(effect.contrast) if sided else ""), change
    about = measured_as(effect.contrast) if named else ""
    does = _TALLIED[effect.evidence][same > 1]
    if same == 1:
        return about, f"1 of {total} effects {does}, {name}: {change}"
    counted = f"{same} of {total}" if same < total else "both" if total == 2 else f"all {total}"
    which = "; the weakest is" if leg.evidence == "supported" else ", for example"
    return about, f"{counted} effects {does}{which} {name}: {change}"


def unmeasured_leg(leg: Leg) -> str:
    """Why a leg without any estimate has none, as one sentence."""
    shares = next((e for e in leg.effects if e.contrast.kind == "share" and e.n > 0), None)
    if shares:
        return unmeasured(shares)
    return f"No finished runs show whether “{claimed(leg)}” holds."


def change_text(effect: Effect) -> str:
    """What changed by how much: "test accuracy 2.0 points lower"."""
    if not effect.is_measured:
        return lower(unmeasured(effect)).removesuffix(".")
    text, contrast = effect_text(effect), effect.contrast
    to, start = to_text(contrast), start_text(contrast)
    match contrast.kind:
        case "share" if text.change == SAME:
            return f"{to} and {start} explained equal shares of {subject(contrast)}"
        case "share":
            return f"{to} explained {text.change} of {subject(contrast)} than {start}"
        case "interaction" | "conditional":
            change = f"{subject(contrast)} {text.change} with {to} {text.than} with {start}"
            return f"difference of two effects: {change}"
    average = "on average " if text.change == SAME else ""
    return f"{subject(contrast)} {average}{text.change}"
