"""Claim types: one module each, listed once in `TYPES`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperverdict.claims.canonical import canonical
from hyperverdict.claims.comparison import Comparison
from hyperverdict.claims.conditional import Conditional
from hyperverdict.claims.definitional import Definitional
from hyperverdict.claims.importance import ImportanceClaim
from hyperverdict.claims.interaction import Interaction
from hyperverdict.claims.learning_curve import LearningCurve
from hyperverdict.claims.model import Claim, Written
from hyperverdict.claims.optimum import Optimum
from hyperverdict.claims.strategy import Strategy
from hyperverdict.claims.trend import Trend
from hyperverdict.claims.universal import Universal
from hyperverdict.effects.effect import Expectation
from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.vocabulary import Vocabulary

TYPES: tuple[type[Claim], ...] = (
    Definitional,
    Comparison,
    Trend,
    Universal,
    Interaction,
    Conditional,
    ImportanceClaim,
    LearningCurve,
    Strategy,
    Optimum,
)


def parse_claim(
    terms: Mapping[str, Any], expect: tuple[Expectation, ...], vocabulary: Vocabulary
) -> Claim:
    """The claim that a hypothesis makes; the keys that are present decide its type.

    Args:
        terms: the keys that claim types read, whose structure the study's schema has checked.

    Raises UserError for an unknown key (nearest match named), for a claim without a verb, for keys
    that belong to different types, for a verb whose other keys are missing, and for terms that
    cannot be meant.
    """
    kind = _type_of(frozenset(terms))
    try:
        return kind.parse(Written(terms, expect, canonical(terms), vocabulary))
    except UserError as error:
        raise type(error)(str(error), about=error.about or kind.verb) from None


def _type_of(present: frozenset[str]) -> type[Claim]:
    known = frozenset().union(*(kind.keys for kind in TYPES))
    for key in sorted(present - known, key=str):
        raise UserError(f"unknown key {key!r}; {nearest(key, known)}")
    for kind in TYPES:
        begun = not kind.one_of or bool(kind.one_of & present)
        if present <= kind.keys and begun and kind.required <= present:
            return kind
    raise UserError(_no_type(present))


def _no_type(present: frozenset[str]) -> str:
    verbs = ", ".join(sorted({kind.verb for kind in TYPES}))
    if not present:
        return f"the claim has no verb; state what is claimed with one of {verbs}"
    partial = [kind for kind in TYPES if present <= kind.keys and kind.verb in present]
    for kind in partial:
        missing = sorted(kind.required - present)
        return f"{kind.verb!r} also needs {', '.join(map(repr, missing))}"
    together = " and ".join(map(repr, sorted(present)))
    if len(present) > 1:
        return f"{together} do not make one claim; write them as two hypotheses"
    owners = [k.verb for k in TYPES if present <= k.keys]
    return f"{together} alone makes no claim; it goes with {' or '.join(map(repr, owners))}"
