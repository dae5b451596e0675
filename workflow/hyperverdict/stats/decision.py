"""The three-sided decision: equivalence first, then direction.

In this order: CI2 (at 1 - 2 alpha) inside (-delta, delta) is "no meaningful effect"; CI1 (at
1 - alpha) on the claimed side of 0 is "supported", on the other side "refuted"; else
"inconclusive". Source: Goeman, Solari and Stijnen, Statistics in Medicine 29 (2010).

Claims about a size have only two answers, of which one is true, so that each may be wrong with
probability alpha: "not lower" is supported and refuted by one-sided bounds at alpha (both read
CI2), and a range is supported by two one-sided tests (Schuirmann, J. Pharmacokinetics and
Biopharmaceutics 15 (1987)). A range is refuted at CI1, since both of its ends can be missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hyperverdict.stats.intervals import Estimate, interval

Outcome = Literal["supported", "refuted", "inconclusive", "no meaningful effect"]
Claim = Literal["higher", "lower", "not_higher", "not_lower"]

# Claims that the contrast is above 0, or not below it.
UPWARD: frozenset[Claim] = frozenset({"higher", "not_lower"})

AT_LEAST = "at least the SESOI"
DIRECTION_ONLY = "direction only"
NEGLIGIBLE = "detectable but negligible"

Interval = tuple[float, float]


@dataclass(frozen=True)
class Decision:
    """A verdict on one contrast with the intervals that gave it."""

    outcome: Outcome
    grade: str
    ci: Interval
    ci_equivalence: Interval


def decide(
    estimate: Estimate,
    delta: float,
    alpha: float,
    claim: Claim,
    between: Interval | None = None,
    one_sided: float | None = None,
) -> Decision:
    """Judge one contrast.

    Args:
        delta: smallest effect of interest, above 0, in the contrast's unit.
        alpha: two-sided error probability.
        claim: what is claimed of the contrast.
        between: (low, high) of a claim on size, instead of a direction.
        one_sided: error probability of each side of CI2, where it is not `alpha`.
    """
    each = alpha if one_sided is None else one_sided
    ci, ci_equivalence = interval(estimate, alpha), interval(estimate, 2 * each)
    if between is not None:
        return Decision(_within(ci, ci_equivalence, between), "", ci, ci_equivalence)
    toward, toward_equivalence = (
        (ci, ci_equivalence) if claim in UPWARD else (_flip(ci), _flip(ci_equivalence))
    )
    if claim in ("not_lower", "not_higher"):
        return Decision(_not_worse(toward_equivalence, delta), "", ci, ci_equivalence)
    found = _three_sided(toward, toward, toward_equivalence, delta)
    return Decision(*found, ci, ci_equivalence)


def decide_apart(
    direction: Estimate, size: Estimate, delta: float, alpha: float, claim: Claim
) -> Decision:
    """The three-sided decision where direction and size are estimated apart.

    Two estimates of one sign: the direction is judged on the one whose interval is the better, the
    size (negligible, at least delta) on the one in whose unit delta is. The intervals of the
    decision are those of the size.

    Args:
        direction, size: of the same contrast, in units of their own; `delta` is in the size's.
        claim: ``higher`` or ``lower``.
    """
    ci, ci_equivalence = interval(size, alpha), interval(size, 2 * alpha)
    signs = interval(direction, alpha)
    if claim in UPWARD:
        found = _three_sided(signs, ci, ci_equivalence, delta)
    else:
        found = _three_sided(_flip(signs), _flip(ci), _flip(ci_equivalence), delta)
    return Decision(*found, ci, ci_equivalence)


def _three_sided(
    direction: Interval, ci: Interval, ci_equivalence: Interval, delta: float
) -> tuple[Outcome, str]:
    if -delta < ci_equivalence[0] and ci_equivalence[1] < delta:
        return "no meaningful effect", NEGLIGIBLE if direction[0] > 0 or direction[1] < 0 else ""
    if direction[0] > 0:
        return "supported", AT_LEAST if ci[0] >= delta else DIRECTION_ONLY
    if direction[1] < 0:
        return "refuted", AT_LEAST if ci[1] <= -delta else DIRECTION_ONLY
    return "inconclusive", ""


def _not_worse(ci_equivalence: Interval, delta: float) -> Outcome:
    """Non-inferiority by delta, and its opposite: one-sided at alpha each.

    Both read CI2, as rule 1 does, so that "no meaningful effect" always implies "not worse".
    """
    if ci_equivalence[0] > -delta:
        return "supported"
    return "refuted" if ci_equivalence[1] < -delta else "inconclusive"


def _within(ci: Interval, ci_equivalence: Interval, between: Interval) -> Outcome:
    """Whether the contrast lies between two sizes: two one-sided tests."""
    low, high = between
    if low < ci_equivalence[0] and ci_equivalence[1] < high:
        return "supported"
    return "refuted" if ci[1] < low or ci[0] > high else "inconclusive"


def _flip(ci: Interval) -> Interval:
    return -ci[1], -ci[0]
