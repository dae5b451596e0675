"""Limits that decide verdicts, each with its source: the one place where they are set.

docs/checks.md shows them as a table. A limit that is an accepted convention says whose; one of ours
says which simulation (tests/simulation/test_selection_gates.py) or which arithmetic it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Threshold:
    """One limit.

    Attributes:
        value: the limit.
        decides: what it decides, for people.
        source: where it comes from.
    """

    value: float
    decides: str
    source: str


MATCHED = 0.75
MOST_RUNS_LOST = 0.2
NOTABLE_SPREAD = 1.05
RESOLVED_FROM = 2.0
MUCH_LARGER = 1.5
CARRIES = 0.5
FEW_SEEDS = 5
FAIL_ALIKE = 1.0
SKEWNESS_CARRIED = 0.3
TUNED_FROM = 3
TREND_LEVELS = 4
MINIMUM_CONTEXTS = 3
MINIMUM_COMBINATIONS = 3
# Larger differences between the shares of a setting's levels than rounding makes.
SAME_SHARES = 1e-9

TABLE: tuple[Threshold, ...] = (
    Threshold(
        MATCHED,
        "share of seeds in common from which arms are paired by seed; below it the shared seeds "
        "are paired and the others are not",
        "either way keeps alpha (simulated at shares 0.5, 0.75 and 1); the limit moves power only",
    ),
    Threshold(
        MOST_RUNS_LOST,
        "share of an arm's runs that may be lost (stopped, ended early) before survivors alone "
        "would be judged",
        "with more than a fifth of an arm ranked worst, the exact signed-rank test supports "
        "nothing up to 60 seeds (tested); below it lost runs are ranked worst as absent ones",
    ),
    Threshold(
        NOTABLE_SPREAD,
        "ratio of two amounts of training up to which they count as equal",
        "last partial batches differ by less; 5% more training lowers an error of 30% by at most "
        "0.5 points at the steepest learning curve of Hestness et al. (2017, exponent 0.35), half "
        "of the default smallest effect of interest",
    ),
    Threshold(
        RESOLVED_FROM,
        "steps of the scores (1 / test images, or of their last decimal) below which an effect is "
        "not resolved",
        "two scores rounded to a step may be a whole step apart by rounding alone; twice that is "
        "asked for",
    ),
    Threshold(
        MUCH_LARGER,
        "ratio of parameters or FLOPs from which a larger network is named as an explanation",
        "a caveat, which decides no verdict",
    ),
    Threshold(
        CARRIES,
        "share of an effect from which a single seed is named as its carrier",
        "a caveat, which decides no verdict; more than half is a majority",
    ),
    Threshold(
        FEW_SEEDS,
        "seeds below which a verdict carries a caveat, and Welch's interval has n - 1 degrees of "
        "freedom of the smaller arm",
        "Satterthwaite's degrees of freedom are wrong in 0.12 at 2 against 20 runs (simulated)",
    ),
    Threshold(
        FAIL_ALIKE,
        "p of the exact test of two failure rates (McNemar, Fisher) at which the arms fail alike "
        "and failures decide nothing: at most one failure more",
        "at 0.5 false support rises from 0.06 to 0.12 where 20% of A's runs fail at random and B's "
        "worst 40% (n = 20); a rank test at every failure leaves power 0.22 of 0.53 at n = 5 where "
        "20% fail in both arms (1,000 studies each)",
    ),
    Threshold(
        SKEWNESS_CARRIED,
        "skewness over the root of n from which differences are too skewed for a mean",
        "there one tail of the t test errs in 0.045 to 0.058 instead of 0.025 (gamma values, n = 5 "
        "to 100, 40,000 samples each; 0.030 to 0.035 at 0.1)",
    ),
    Threshold(
        TUNED_FROM,
        "learning rates per arm from which it counts as tuned",
        "fewer leave the best one at an edge of its grid in every arm",
    ),
    Threshold(
        TREND_LEVELS,
        "levels from which a trend has no caveat",
        "a caveat, which decides no verdict",
    ),
    Threshold(
        MINIMUM_CONTEXTS,
        "contexts from which a claim on all of them has no caveat",
        "two contexts leave exceptions of up to 78% open: 1 - 0.05^(1/2)",
    ),
    Threshold(
        MINIMUM_COMBINATIONS,
        "combinations of settings from which runs without seeds are paired on them",
        "two differences leave one degree of freedom, at which t is 12.7",
    ),
)
