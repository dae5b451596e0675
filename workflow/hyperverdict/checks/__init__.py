"""Validity checks: one module per family, one small pure function per check, one table.

A check looks at a case and says one plain sentence with its numbers, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hyperverdict.checks import (
    copies,
    elsewhere,
    fairness,
    leaks,
    registration,
    replication,
    scope,
    time,
    training,
)
from hyperverdict.checks.context import Case
from hyperverdict.verdicts.model import Check

CheckFunction = Callable[[Case], Check | None]

CHECKS: tuple[CheckFunction, ...] = (
    *fairness.CHECKS,
    *replication.CHECKS,
    *copies.CHECKS,
    *training.CHECKS,
    *leaks.CHECKS,
    *time.CHECKS,
    *scope.CHECKS,
    *registration.CHECKS,
    *elsewhere.CHECKS,
)

_LEVELS = {"blocks": 0, "caveat": 1, "information": 2}


def run_checks(case: Case) -> tuple[Check, ...]:
    """All checks that fire: blocking first, then by gravity."""
    return in_order(check for look in CHECKS if (check := look(case)) is not None)


def in_order(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Blocking checks first, then caveats, then information; the graver first within each."""
    return tuple(sorted(checks, key=lambda check: (_LEVELS[check.level], -check.gravity)))
