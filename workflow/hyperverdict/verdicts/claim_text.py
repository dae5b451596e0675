"""A claim in canonical words, whatever the reader's own wording."""

from __future__ import annotations

from hyperverdict.claims.model import Claim
from hyperverdict.claims.wording import claimed_size
from hyperverdict.effects.effect import Expectation

DIRECTION_WORDS = {
    "higher": "higher",
    "lower": "lower",
    "not_higher": "not higher",
    "not_lower": "not lower",
}


def claim_text(claim: Claim) -> str:
    """``batch size 4 → 128: training time lower, test accuracy lower``."""
    expected = ", ".join(map(expectation_text, claim.expect))
    return f"{claim.terms_text}: {expected}" if expected else claim.terms_text


def expectation_text(expectation: Expectation) -> str:
    """``test accuracy higher`` or ``test accuracy higher by 0 to 1 point``."""
    what = "share of the variance in " if expectation.share_of_variance else ""
    direction = f"{DIRECTION_WORDS[expectation.direction]}{claimed_size(expectation)}"
    return f"{what}{expectation.metric.title} {direction}"
