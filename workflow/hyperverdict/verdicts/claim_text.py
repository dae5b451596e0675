"""A claim in canonical words, whatever the reader's own wording."""

from __future__ import annotations

from hyperverdict.claims.model import Claim
from hyperverdict.effects.effect import Expectation
from hyperverdict.words.numbers import digits, size_text, unit_of

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
    direction = DIRECTION_WORDS[expectation.direction]
    if expectation.between:
        low, high = expectation.between
        unit = unit_of(expectation.metric)
        start = digits(low * (1.0 if unit.ratio else unit.scale))
        direction += f" by {start} to {size_text(high, expectation.metric)}"
    return f"{what}{expectation.metric.title} {direction}"
