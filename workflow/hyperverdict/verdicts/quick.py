"""Quick mode: three seeds give estimates and intervals, and no verdict."""

from __future__ import annotations

from dataclasses import replace

from hyperverdict.claims.model import Judgement, Leg


def estimates_only(judgement: Judgement) -> Judgement:
    """The same numbers without a verdict; what is true by arithmetic stays so."""
    if judgement.evidence == "true by arithmetic":
        return judgement
    legs = tuple(_leg(leg) for leg in judgement.legs)
    return replace(judgement, evidence="estimated", grade="", legs=legs)


def _leg(leg: Leg) -> Leg:
    effects = tuple(
        replace(effect, evidence="estimated", grade="", seeds_needed=None) for effect in leg.effects
    )
    return replace(leg, evidence="estimated", grade="", effects=effects)
