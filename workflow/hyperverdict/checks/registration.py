"""Was the claim stated before its results existed?"""

from __future__ import annotations

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, caveat, check


@check(
    "caveat",
    title="Registered before the results",
    explains="Whether the ledger holds the claim, as it stands, from before any contrast of its "
    "arms could be computed.",
    remedy="Register the claim before its results exist: judge it on seeds that no run has used.",
)
def post_hoc(context: CheckContext) -> Found:
    """Not registered before results."""
    status = context.status
    if not status.registered:
        return NOT_APPLICABLE
    if status.registered != "post hoc":
        return None
    return caveat(f"Post hoc: {status.registration_note}.", 2)


CHECKS: tuple[Check, ...] = (post_hoc,)
