"""Families of contrasts on the same seeds: single-step max-t over sign flips of the seeds.

Contrasts that share their seeds are correlated, so Bonferroni's correction is stricter than it need
be. The sign of all of a seed's residuals is flipped at once; the largest of the |t| over the family
in each flip gives the critical value that all intervals share. Source: Westfall and Young,
"Resampling-Based Multiple Testing" (1993), single-step max-t.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hyperverdict.stats.intervals import Floats, t_tail
from hyperverdict.stats.power import Enough
from hyperverdict.stats.sequential import FirstLook, LookRule, Scheduled, SingleLook, spent_by

# Below this number of seeds too few flips exist: 2^(n - 1) that differ in |t|.
MINIMUM_SEEDS = 10
# Up to this number of seeds all flips are taken, beyond it a seeded sample of them.
ALL_FLIPS_UP_TO = 12
FLIPS = 4_000
FLIP_SEED = 20_260_102
# Independent contrasts have alphas up to about this many times Bonferroni's by the chance of the
# draw alone (95% quantile at 10 seeds: 1.47); there Bonferroni's is kept. Without it independent
# families of 6 are wrong in .054 instead of .050 at 10 seeds (6,000 simulations).
NOTABLE_GAIN = 1.35


@dataclass(frozen=True)
class FamilyAlphas:
    """What each contrast of a family may use.

    Attributes:
        two_sided: alpha of the t interval that decides directions.
        one_sided: alpha of each side of the interval that decides sizes. Contrasts may lie at
            opposite ends of their ranges, where flipping signs gives no help: at most half of
            `two_sided`, or Bonferroni's.
    """

    two_sided: float
    one_sided: float


@dataclass(frozen=True)
class FamilyRule:
    """A look at one contrast of a family that is judged by max-t.

    Attributes:
        look: the rule of the look without the family.
        alpha: Bonferroni's, which `alphas` replace.
    """

    look: LookRule
    alpha: float
    alphas: FamilyAlphas

    def nominal(self, alpha: float, n: int) -> float:
        """The family's alpha, in the proportion in which a part of a claim gets of it."""
        return max(self.look.nominal(alpha, n), self.alphas.two_sided * alpha / self.alpha)

    def one_sided(self, alpha: float, n: int) -> float:
        """The same for each side of the interval that decides sizes."""
        return max(self.look.nominal(alpha, n), self.alphas.one_sided * alpha / self.alpha)

    def seeds(self, enough: Enough, alpha: float, guess: int = 2) -> int:
        """The seeds that Bonferroni's correction needs; max-t needs at most as many."""
        return self.look.seeds(enough, alpha, guess)


def one_sided_alpha(looks: LookRule, alpha: float, n: int) -> float:
    """The alpha of each side of the interval that decides sizes."""
    return looks.one_sided(alpha, n) if isinstance(looks, FamilyRule) else looks.nominal(alpha, n)


def level_of(looks: LookRule, alpha: float) -> float | None:
    """What a look may add to the error of a whole family; None where max-t does not apply.

    Looks share alpha by Bonferroni, so that each can be corrected by max-t on its own.
    """
    if isinstance(looks, (SingleLook, FirstLook)):
        return looks.spent(alpha)
    if isinstance(looks, Scheduled):
        spent = (0.0, *spent_by(looks.looks, looks.spending, alpha))
        return spent[looks.look] - spent[looks.look - 1]
    return None


def max_t_alphas(contrasts: Floats, questions: int, level: float) -> FamilyAlphas | None:
    """The alphas of a family's contrasts [n, effects]; None where Bonferroni is to be kept.

    Args:
        contrasts: per seed, on the judged scale.
        questions: size of the family, which Bonferroni divides by.
        level: error of the whole family at this look.
    """
    n = len(contrasts)
    residuals = contrasts - contrasts.mean(axis=0)
    squares = (residuals**2).sum(axis=0)
    if n < MINIMUM_SEEDS or not np.all(squares > 0):
        return None
    means = _flips(n) @ residuals / n
    errors = np.sqrt(np.maximum(squares - n * means**2, 0.0) / (n * (n - 1)))
    with np.errstate(divide="ignore"):
        largest = (np.abs(means) / errors).max(axis=1)
    critical = float(np.quantile(largest, 1 - level, method="higher"))
    two_sided = min(2 * t_tail(critical, n - 1), level)
    bonferroni = level / questions
    if two_sided < NOTABLE_GAIN * bonferroni:
        return None
    return FamilyAlphas(two_sided, max(bonferroni, two_sided / 2))


@lru_cache(maxsize=4)
def _flips(n: int) -> Floats:
    """Signs [flips, n]; of all flips one of each two opposite ones, which have the same |t|."""
    if n <= ALL_FLIPS_UP_TO:
        bits = np.arange(2 ** (n - 1))[:, None] >> np.arange(n)
        return np.where(bits & 1, -1.0, 1.0)
    random = np.random.default_rng(FLIP_SEED)
    return random.choice(np.array([-1.0, 1.0]), (FLIPS, n))
