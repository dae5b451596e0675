"""Check 28: was the claim stated before its results existed?"""

from __future__ import annotations

from hyperverdict.checks.context import Case
from hyperverdict.verdicts.model import Check


def post_hoc(case: Case) -> Check | None:
    """28 C: not registered before results."""
    if case.standing.registered != "post hoc":
        return None
    note = case.standing.registration_note or "not registered before its results existed"
    return Check("28", "caveat", f"Post hoc: {note}.", gravity=2)


CHECKS = (post_hoc,)
