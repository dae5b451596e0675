"""Looking more than once: the alpha that each look may use.

A rule turns the error probability of a claim into the `nominal` alpha of a plain t interval at the
present look, so that everything else in the engine stays as it is for a single look. Boundaries are
calibrated on the two-sided null; the one-sided tests of equivalence are then conservative.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import scipy

from hyperverdict.stats.boundaries import ALPHAS, RATIOS
from hyperverdict.stats.intervals import Floats, t_tail
from hyperverdict.stats.power import Enough, single_look_seeds, smallest

Spending = Literal["even", "front_loaded", "pocock", "obrien_fleming"]

DEFAULT_LOOKS = (10, 20)
# Share of alpha that a first look takes when it leaves the rest to looks that nobody has planned.
FIRST_SHARE = 0.8
# Rules of looks that registrations are made under. Under the first, two looks shared alpha as 0.8
# and 0.2 and a single look always used all of it; a registration keeps the rules it was made under.
RULES = 2
DRAWS = 1_000_000
CALIBRATION_SEED = 20_260_101
# Below this alpha the calibration has too few rejections; increments are used as they are.
MINIMUM_ALPHA = 0.002


class LookRule(Protocol):
    """How much of the error probability the present look may use."""

    def nominal(self, alpha: float, n: int) -> float:
        """The two-sided alpha of a plain t interval on `n` seeds that keeps the rule's `alpha`."""
        ...

    def seeds(self, enough: Enough, alpha: float, guess: int = 2) -> int:
        """The smallest number of seeds for which ``enough(n, nominal alpha)`` under this rule.

        `guess` starts the search and does not change its result.
        """
        ...


@dataclass(frozen=True)
class SingleLook:
    """One look only: the plain t interval."""

    def nominal(self, alpha: float, n: int) -> float:
        """Alpha itself."""
        return alpha

    def spent(self, alpha: float) -> float:
        """The alpha that is used up once it is taken: all of it."""
        return alpha

    def seeds(self, enough: Enough, alpha: float, guess: int = 2) -> int:
        """The smallest number of seeds for a single look at alpha."""
        return single_look_seeds(enough, alpha, guess)


@dataclass(frozen=True)
class Scheduled:
    """One of several looks registered beforehand.

    Attributes:
        look: which of `looks` this is, from 1.
        looks: rising numbers of seeds.
        spending: how alpha is spent over the looks: `even` (equal parts), `front_loaded` (0.8 alpha
            at the first, the rest evenly over the others), `pocock` or `obrien_fleming` (Lan and
            DeMets, Biometrika 70 (1983)).
    """

    look: int = 1
    looks: tuple[int, ...] = DEFAULT_LOOKS
    spending: Spending = "front_loaded"

    def nominal(self, alpha: float, n: int) -> float:
        """The calibrated alpha of this look, whatever number of its seeds finished."""
        return nominal_alphas(self.looks, self.spending, alpha)[self.look - 1]

    def spent(self, alpha: float) -> float:
        """The alpha that is used up once this look is taken."""
        return spent_by(self.looks, self.spending, alpha)[self.look - 1]

    def seeds(self, enough: Enough, alpha: float, guess: int = 2) -> int:
        """The first later look that is enough, else the seeds of a fresh single look."""
        alphas = nominal_alphas(self.looks, self.spending, alpha)
        later = zip(self.looks[self.look :], alphas[self.look :], strict=True)
        for n, nominal in later:
            if enough(n, nominal):
                return n
        return max(single_look_seeds(enough, alpha, guess), self.looks[-1] + 1)


@dataclass(frozen=True)
class FirstLook:
    """A first look that more looks may follow, although none is registered.

    Its t interval takes a share of alpha; the rest is left to a confidence sequence over whatever
    is looked at later, so that all looks together keep alpha (Bonferroni over the two parts).

    Attributes:
        share: of alpha that this look takes, 0 to 1.
    """

    share: float = FIRST_SHARE

    def nominal(self, alpha: float, n: int) -> float:
        """The look's share of alpha."""
        return self.share * alpha

    def spent(self, alpha: float) -> float:
        """The same."""
        return self.share * alpha

    def seeds(self, enough: Enough, alpha: float, guess: int = 2) -> int:
        """The seeds at which the sequence that goes on would settle."""
        return ConfidenceSequence(self.share).seeds(enough, alpha, guess)


@dataclass(frozen=True)
class ConfidenceSequence:
    """A look that nobody registered: a confidence sequence on what earlier looks left of alpha.

    Attributes:
        spent: share of alpha that earlier looks used; with nothing left, nothing can be decided.
    """

    spent: float = 0.0

    def nominal(self, alpha: float, n: int) -> float:
        """The tail of Student's t beyond the sequence's boundary."""
        left = alpha * (1 - self.spent)
        if n < 2 or left <= 0:
            return 0.0
        boundary = sequence_t(n, left)
        return 0.0 if math.isinf(boundary) else 2 * t_tail(boundary, n - 1)

    def seeds(self, enough: Enough, alpha: float, guess: int = 2) -> int:
        """The seeds at which the sequence would settle; of a fresh single look if none do."""
        if self.spent >= 1:
            return single_look_seeds(enough, alpha, guess)
        return smallest(lambda n: enough(n, self.nominal(alpha, n)), guess)


SINGLE_LOOK = SingleLook()


def scheduled(looks: tuple[int, ...], index: int, rules: int = RULES) -> SingleLook | Scheduled:
    """The rule of a registered look: half of alpha at each of two, Pocock's spending for more.

    Half and half settles more claims by 20 seeds than 0.8 and 0.2 do and needs fewer seeds per
    settled claim wherever noise is at least 1.5 times the size that matters (docs/ledger.md).

    Args:
        looks: rising numbers of seeds; one alone is a single look.
        index: which of them this is, from 0.
        rules: those that the looks were registered under (see `RULES`).
    """
    if len(looks) == 1:
        return SINGLE_LOOK
    two: Spending = "even" if rules > 1 else "front_loaded"
    return Scheduled(index + 1, looks, two if len(looks) == 2 else "pocock")


def confidence_sequence(left: float = 1.0) -> LookRule:
    """The rule of an unregistered look, on the share of alpha that earlier looks left (0 to 1)."""
    return ConfidenceSequence(1.0 - left)


def sequence_t(n: int, alpha: float) -> float:
    """The confidence sequence's boundary: mean +- t * s / sqrt(n); infinite for the smallest n.

    ``A = (sqrt(1 + n) / alpha)^(2/n)``, ``t = sqrt((n - 1)(A - 1) / (1 - A / (1 + n)))``.
    Source: Wang and Ramdas, "Anytime-valid t-tests and confidence sequences" (2023).
    """
    growth = 1 + n
    a = (math.sqrt(growth) / alpha) ** (2 / n)
    if a >= growth:
        return math.inf
    return math.sqrt((n - 1) * (a - 1) / (1 - a / growth))


def spent_by(looks: tuple[int, ...], spending: Spending, alpha: float) -> tuple[float, ...]:
    """Cumulative alpha after each look [K]; the last is alpha."""
    shares = [n / looks[-1] for n in looks]
    if len(looks) == 1:
        return (alpha,)
    if spending == "even":
        return tuple(alpha * k / len(looks) for k in range(1, len(looks) + 1))
    if spending == "front_loaded":
        rest = (1 - FIRST_SHARE) / (len(looks) - 1)
        return tuple(alpha * (FIRST_SHARE + k * rest) for k in range(len(looks)))
    if spending == "pocock":
        return tuple(alpha * math.log(1 + (math.e - 1) * t) for t in shares)
    z = float(scipy.special.ndtri(1 - alpha / 2))
    return tuple(2 * float(scipy.special.ndtr(-z / math.sqrt(t))) for t in shares)


@lru_cache(maxsize=512)
def nominal_alphas(looks: tuple[int, ...], spending: Spending, alpha: float) -> tuple[float, ...]:
    """The alpha of each look's plain t interval [K], so that all looks together keep `alpha`.

    The first is exact, the others come from the stored calibration where there is one, else from a
    seeded simulation. ValueError when `looks` do not rise.
    """
    if list(looks) != sorted(set(looks)) or looks[0] < 2:
        raise ValueError(f"looks {looks} must rise, from 2 seeds")
    cumulative = spent_by(looks, spending, alpha)
    if (looks, spending) in RATIOS and ALPHAS[0] <= alpha <= ALPHAS[-1]:
        return (cumulative[0], *(alpha * r for r in _stored(looks, spending, alpha)))
    if alpha < MINIMUM_ALPHA:
        return (cumulative[0], *(b - a for a, b in pairwise(cumulative)))
    return calibrate(_null_p_values(looks, DRAWS), cumulative)


def _stored(looks: tuple[int, ...], spending: str, alpha: float) -> list[float]:
    """Ratios nominal / alpha of the later looks, interpolated in log alpha."""
    rows = RATIOS[looks, spending]
    high = min(max(bisect_right(ALPHAS, alpha), 1), len(ALPHAS) - 1)
    x0, x1 = math.log(ALPHAS[high - 1]), math.log(ALPHAS[high])
    share = (math.log(alpha) - x0) / (x1 - x0)
    return [a + share * (b - a) for a, b in zip(rows[high - 1], rows[high], strict=True)]


def calibrate(p_values: list[Floats], cumulative: tuple[float, ...]) -> tuple[float, ...]:
    """Nominal alphas [K] at which simulated null p values [K][draws] spend `cumulative` alpha."""
    alphas = [cumulative[0]]
    alive: npt.NDArray[np.bool_] = p_values[0] > cumulative[0]
    draws = len(p_values[0])
    for p, before, after in zip(p_values[1:], cumulative, cumulative[1:], strict=False):
        rejected = round((after - before) * draws)
        nominal = float(np.partition(p[alive], rejected)[rejected])
        alphas.append(nominal)
        alive &= p > nominal
    return tuple(alphas)


@lru_cache(maxsize=2)
def _null_p_values(looks: tuple[int, ...], draws: int) -> list[Floats]:
    return null_p_values(looks, draws, np.random.default_rng(CALIBRATION_SEED))


def null_p_values(looks: tuple[int, ...], draws: int, random: np.random.Generator) -> list[Floats]:
    """Two-sided t-test p values [K][draws] of growing normal samples without an effect.

    Drawn through sums and sums of squares, which is all that t depends on.
    """
    total, squares, n = np.zeros(draws), np.zeros(draws), 0
    found = []
    for look in looks:
        more = look - n
        added = random.standard_normal(draws) * math.sqrt(more)
        if n:
            squares += (total / n - added / more) ** 2 * (n * more / look)
        if more > 1:
            squares += random.chisquare(more - 1, draws)
        total, n = total + added, look
        t = np.abs(total) / np.sqrt(n * squares / (n - 1))
        found.append(2 * scipy.special.stdtr(n - 1, -t))
    return found
