"""The settings: what is simulated in each, how often, and what its table must say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasty.draws import (
    Draw,
    best_half,
    best_level,
    collapsing,
    diverging,
    folded,
    growing,
    harmless,
    heavy,
    rounded,
    skewed,
    unequal,
)
from nasty.studies import (
    Study,
)


@dataclass(frozen=True)
class Setting:
    """One kind of nasty study.

    Attributes:
        sizes: runs of (`start`, `to`), one pair for each column of its table.
        columns: the columns' titles.
        truths: the true effects that are simulated, in units of delta, as `draw` takes them.
        says: what is simulated, one or two sentences.
        kind: how judges must take the table ("runs", "folds", "levels", "looks").
        groups: titles of the table's three groups of columns.
        note: what must be known to read the table.
        confirm_more: how many times more studies the public entry point judges, where its checks
            and not the engine's test are what is measured.
    """

    id: str
    title: str
    says: str
    sizes: tuple[tuple[int, int], ...]
    columns: tuple[str, ...]
    draw: Draw
    truths: tuple[float, ...] = (0.0, 1.0)
    kind: str = "runs"
    rounded: bool = False
    groups: tuple[str, str, str] = (
        "wrong, no effect",
        "wrong, effect delta",
        "found, effect delta",
    )
    note: str = ""
    confirm_more: int = 1

    def generator(self, column: int, truth: float) -> np.random.Generator:
        """A generator of its own for every cell, the same in every run."""
        return np.random.default_rng([ord(c) for c in f"{self.id} {self.sizes[column]} {truth}"])

    def studies(self, column: int, truth: float, number: int) -> list[Study]:
        """The cell's studies; a smaller number gives the first of them."""
        random = self.generator(column, truth)
        return [self.draw(self.sizes[column], truth, random) for _ in range(number)]


SAME = ((5, 5), (10, 10), (20, 20))
N = ("n = 5", "n = 10", "n = 20")
REJUDGED_NOTE = (
    "`hyperverdict.compare` judged 90 studies of each kind of verdict and cell again (all, where there "
    "were fewer), so that HyperVerdict's figures have a standard error of up to 0.05. "
)
FAILURES_NOTE = (
    "mushin refuses a sweep with failed runs unless told `allow_incomplete=True`; the documentation of "
    "autorank excludes missing values, so it gets the complete pairs (at least 5); preregister excludes failed runs "
    "by the rule of its quick start; a failed run records no score in crystallize-ml."
)
COLLAPSE_GROUPS = (
    "wrong, other runs equal",
    "wrong, others better by delta",
    "B's lower mean found",
)
COLLAPSE_NOTE = (
    "Peers are better in the first group: they cannot say that there is no meaningful effect, which "
    "is what HyperVerdict says there, with the collapse rates that n runs leave open beside it. "
    "Wrong is measured on the mean, which a rank test or a median does not estimate: that most runs "
    "of B are better is true in the second group. Where no run of the study collapses, no method can "
    "know (probability 0.59, 0.35 and 0.12 at n = 5, 10 and 20)."
)

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "worst_fifth",
        "The worst fifth of B's runs diverges",
        "A run of B that would have scored in the worst 20% of its distribution has no score. "
        "Noise of a difference: 2 delta.",
        SAME,
        N,
        diverging(0.2),
        note=FAILURES_NOTE,
    ),
    Setting(
        "worst_tenth",
        "The worst tenth of B's runs diverges",
        "The same with the worst 10%.",
        SAME,
        N,
        diverging(0.1),
    ),
    Setting(
        "harmless",
        "Harmless failures at equal rates",
        "Each run of either arm fails with probability 0.1, whatever it would have scored. Noise: "
        "delta.",
        SAME,
        N,
        harmless(0.1),
    ),
    Setting(
        "collapse_tenth",
        "One run of B in ten collapses",
        "Each run of B ends at chance (70 points lower) with probability 0.1; the others are "
        "equal to A's, or better by delta. The mean of B is 6 to 7 points below that of A in both "
        "cases. Noise of the other runs: delta / 2.",
        SAME,
        N,
        collapsing(0.1),
        groups=COLLAPSE_GROUPS,
        note=COLLAPSE_NOTE,
    ),
    Setting(
        "collapse_twentieth",
        "One run of B in twenty collapses",
        "The same with probability 0.05: the mean of B is 2.5 to 3.5 points below that of A.",
        SAME,
        N,
        collapsing(0.05),
        groups=COLLAPSE_GROUPS,
        note="The same holds here; none of the runs collapses with probability 0.77, 0.60 and 0.36.",
    ),
    Setting(
        "unequal",
        "Few noisy runs against many",
        "A has 2 or 3 runs with SD delta, B has 10 or 20 with SD delta / 4, on other seeds.",
        ((2, 20), (3, 20), (3, 10)),
        ("2 v 20", "3 v 20", "3 v 10"),
        unequal,
        confirm_more=6,
        note=REJUDGED_NOTE
        + "mushin refuses arms with other seeds. The documentation of autorank excludes missing values, "
        "but version 1.3.0 accepts them and ranks. preregister declares equal numbers of seeds for both "
        "arms: measured are the tests that it would make.",
    ),
    Setting(
        "best_of_40",
        "The best of 40 levels against the first",
        "40 levels were run on the same seeds, and the claim names the level with the best mean. "
        "Either no level differs, or one is better by 4 delta. Noise: 2 delta.",
        SAME,
        N,
        best_level,
        (0.0, 4.0),
        kind="levels",
        confirm_more=6,
        groups=("wrong, no level differs", "wrong, one is better", "found, one is better"),
        note=REJUDGED_NOTE
        + "preregister calls a claim that was registered after the runs `DEVIATED` and gives no "
        "verdict. crystallize-ml confirms the picked level on as many fresh runs, which cost extra.",
    ),
    Setting(
        "best_half",
        "The best half of B's runs",
        "B was run as often as A, and only the better half of its runs is in the table. Noise: "
        "2 delta.",
        ((10, 5), (20, 10)),
        ("best 5 of 10", "best 10 of 20"),
        best_half,
        confirm_more=6,
        note=REJUDGED_NOTE
        + "preregister calls missing seeds `DEVIATED`. crystallize-ml runs everything itself, so "
        "that no run can be left out.",
    ),
    Setting(
        "looks",
        "A look after each of 3 to 30 seeds",
        "The table is judged again after every seed, from the third to the thirtieth, until an "
        "effect is claimed. Noise: 2 delta.",
        ((30, 30),),
        ("3, 4, ..., 30",),
        growing,
        kind="looks",
        note="The ledger is the default of `hyperverdict judge`. Whoever does not look before the end "
        "finds more: preregister gives its verdict once all 30 declared seeds are in, `DEVIATED` before. "
        "crystallize-ml judges fresh runs only, so that its confirmations cannot be topped up (nor "
        "are they counted).",
    ),
    Setting(
        "folds",
        "Folds taken as seeds",
        "Each seed is scored on 5 folds. Half of the variance of a difference lies between seeds "
        "(SD 1.4 delta), half between the folds of a seed.",
        ((3, 5), (5, 5), (10, 5)),
        ("3 x 5", "5 x 5", "10 x 5"),
        folded,
        kind="folds",
        note="Peers get one row for every fit. The guide of mushin says to average folds first; it "
        "then has 3, 5 or 10 seeds, and cannot reach 0.05 with fewer than 6. HyperVerdict gets the "
        "columns `seed` and `fold`.",
    ),
    Setting(
        "skewed",
        "B has a long tail of bad runs",
        "B's runs follow an exponential distribution with a long lower tail (SD delta, skewness "
        "-2) beside what their seeds share with A's (SD delta / 2), A's a normal one (SD delta / 4).",
        SAME,
        N,
        skewed,
        note="The means are equal where there is no effect; the medians differ by 0.3 delta, which "
        "rank tests may rightly find.",
    ),
    Setting(
        "heavy",
        "Heavy tails",
        "Noise of both arms: Student's t with 3 degrees of freedom. Noise of a difference: delta.",
        SAME,
        N,
        heavy,
    ),
    Setting(
        "rounded",
        "Coarse scores with ties",
        "200 test images, so that scores come in steps of 0.5 points. Noise of a difference before "
        "rounding: delta / 2.",
        SAME,
        N,
        rounded,
        rounded=True,
    ),
)
