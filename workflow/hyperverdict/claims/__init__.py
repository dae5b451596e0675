"""Claim types: one module each, listed once in `TYPES`."""

from __future__ import annotations

from hyperverdict.claims import (
    comparison,
    conditional,
    definitional,
    importance,
    interaction,
    learning_curve,
    optimum,
    strategy,
    trend,
    universal,
)
from hyperverdict.claims.model import ClaimType, Forewarned, OwnBudgets
from hyperverdict.errors import UserError, nearest
from hyperverdict.study.model import Hypothesis
from hyperverdict.vocabulary.budget import Budget

TYPES: tuple[ClaimType, ...] = (
    definitional.TYPE,
    comparison.TYPE,
    trend.TYPE,
    universal.TYPE,
    interaction.TYPE,
    conditional.TYPE,
    importance.TYPE,
    learning_curve.TYPE,
    strategy.TYPE,
    optimum.TYPE,
)


def type_of(hypothesis: Hypothesis) -> ClaimType:
    """The type that reads a hypothesis: the keys that are present decide.

    Raises UserError for an unknown key (nearest match named), for a claim without a verb, for keys
    that belong to different types, and for a verb whose other keys are missing.
    """
    present = frozenset(hypothesis.terms)
    known = frozenset().union(*(kind.keys for kind in TYPES))
    for key in sorted(present - known, key=str):
        raise UserError(f"unknown key {key!r}; {nearest(key, known)}")
    for kind in TYPES:
        if present <= kind.keys and _begun(kind, present) and kind.required <= present:
            return kind
    raise UserError(_no_type(present))


def budgets_of(hypothesis: Hypothesis) -> tuple[Budget, ...]:
    """The budgets at which a claim is judged: `at_equal`, or what the type itself says."""
    kind = type_of(hypothesis)
    return kind.budgets(hypothesis) if isinstance(kind, OwnBudgets) else hypothesis.at_equal


def forewarnings(hypothesis: Hypothesis) -> tuple[str, ...]:
    """What is known of a claim before anything is trained, in sentences."""
    kind = type_of(hypothesis)
    return kind.forewarnings(hypothesis) if isinstance(kind, Forewarned) else ()


def _begun(kind: ClaimType, present: frozenset[str]) -> bool:
    return not kind.one_of or bool(kind.one_of & present)


def _no_type(present: frozenset[str]) -> str:
    verbs = ", ".join(sorted({kind.verb for kind in TYPES}))
    if not present:
        return f"the claim has no verb; say what is claimed with one of {verbs}"
    partial = [kind for kind in TYPES if present <= kind.keys and kind.verb in present]
    for kind in partial:
        missing = sorted(kind.required - present)
        return f"{kind.verb!r} also needs {', '.join(map(repr, missing))}"
    together = " and ".join(map(repr, sorted(present)))
    if len(present) > 1:
        return f"{together} do not make one claim; write them as two hypotheses"
    owners = [k.verb for k in TYPES if present <= k.keys]
    return f"{together} alone makes no claim; it goes with {' or '.join(map(repr, owners))}"
