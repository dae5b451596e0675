"""Validity checks: one module per family, one small pure function per check, one table.

A check looks at the context of a question and gives one plain sentence with its numbers where
something is wrong, nothing where all is well, or that it does not apply. docs/checks.md is made
from this table by `python -m hyperverdict.checks.page`.
"""

from __future__ import annotations

from hyperverdict.checks import (
    copies,
    elsewhere,
    fairness,
    leaks,
    opposing,
    registration,
    replication,
    scope,
    selection,
    time,
    training,
)
from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import Check, CheckResult, run

CHECKS: tuple[Check, ...] = (
    *fairness.CHECKS,
    *replication.CHECKS,
    *copies.CHECKS,
    *training.CHECKS,
    *leaks.CHECKS,
    *time.CHECKS,
    *scope.CHECKS,
    *registration.CHECKS,
    *selection.CHECKS,
    *opposing.CHECKS,
    *elsewhere.CHECKS,
)

_LEVELS = {"blocks": 0, "caveat": 1, "information": 2}


def run_checks(context: CheckContext) -> tuple[CheckResult, ...]:
    """All checks: those that fired first, blocking before caveats, the graver first within each."""
    results = [run(check, context) for check in CHECKS]
    return tuple(sorted(results, key=_order))


def _order(result: CheckResult) -> tuple[int, float]:
    return (_LEVELS[result.level], -result.gravity) if result.fired else (len(_LEVELS), 0.0)
