"""Verdicts as figures and report read them: plain frozen values, stored as verdicts.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hyperverdict.checks.model import CheckResult
from hyperverdict.claims.model import Judgement
from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.effect import Evidence
from hyperverdict.effects.wins import OpenRate, Win
from hyperverdict.ledger.chain import Head
from hyperverdict.outcomes.arms import ArmSummary

__all__ = [
    "ArmSummary",
    "CheckResult",
    "HypothesisReport",
    "NextLook",
    "NoiseShare",
    "Pick",
    "SensitivityLine",
    "StudyReport",
    "Verdict",
    "WayEstimate",
]

Correction = Literal["", "Bonferroni", "max-t"]


@dataclass(frozen=True)
class WayEstimate:
    """One effect as another way of judging measures it.

    Attributes:
        metric: its name; effect: as tables name it.
        without_seed: the seed that was left out, or null.
        interval: at the level of the verdict's own.
    """

    metric: str
    effect: str
    estimate: float
    interval: tuple[float, float]
    without_seed: int | None = None


@dataclass(frozen=True)
class SensitivityLine:
    """What one other way of judging says.

    Attributes:
        name: "best on validation", "sign-flip test", "leave one seed out", ...
        evidence: what it gives.
        agrees: whether that is the verdict's own evidence.
        detail: which effect or seed makes the difference, in words, or "".
        estimates: the effects that decide, as this way measures them; empty where it measures none.
    """

    name: str
    evidence: Evidence
    agrees: bool
    detail: str = ""
    estimates: tuple[WayEstimate, ...] = ()


@dataclass(frozen=True)
class NextLook:
    """How many seeds would settle a verdict, and how to add them.

    Attributes:
        seeds_needed: (low, high).
        cost_hours: what they cost beyond those that exist; None when unknown.
        processor: whose hours these are, CPU or GPU.
        seeds: seeds of the next look, which `command` makes; None when no look is left.
        command: the line that adds them; "" where more seeds cannot be judged or not by us.
    """

    seeds_needed: tuple[int, int]
    cost_hours: tuple[float, float] | None = None
    processor: str = "CPU"
    seeds: int | None = None
    command: str = ""


@dataclass(frozen=True)
class Verdict:
    """One hypothesis at one budget.

    Attributes:
        budget: as text, "" for a claim without one. It only identifies the question where the
            claim varies the budget; `held_budget` is for people.
        budget_varies: the budget is what the claim varies; then `budget` is not held equal.
        judgement: the judgement that counts: under the family's alpha for a primary hypothesis.
        uncorrected: the evidence without that correction; None when exploratory.
        headline: the evidence, or the word of the check that blocks it.
        checks: all checks: those that fired first, blocking first, then by gravity.
        scope: sentences: data, budget and what it implies, learning rate, seeds, hardware.
        untestable_reason: why the stated reason cannot be tested at this budget, or "".
        image_errors: (contrast, its standard error for new test images).
        wins: (difference of two arms, the probability that one new run beats the other).
        open_rate: the rate of rare collapse that its runs leave open; None where no mean of trained
            runs decides.
        registered: "registered", "post hoc" or "" without a ledger.
        next_look: None where nothing is open.
        noise: share of each source of randomness, where the hypothesis asks for it.
        variation: sentences: what would narrow the intervals, what to expect of a new data set.
        replicate: what its effects count: "seed", or what stands for one in a table without seeds.
        sequential: a confidence sequence took the place of its t intervals.
        correction: of a primary verdict, for its family; "" for an exploratory one.
        closed: its looks have used all of alpha, so that seeds added later are not judged.
        anytime: (contrast, its confidence sequence), valid however often anybody looks.
        anytime_evidence: what these sequences alone would give; None where nothing was measured.
    """

    budget: str
    judgement: Judgement
    headline: str
    arms: tuple[ArmSummary, ...]
    uncorrected: Evidence | None = None
    budget_varies: bool = False
    checks: tuple[CheckResult, ...] = ()
    scope: tuple[str, ...] = ()
    untestable_reason: str = ""
    image_errors: tuple[tuple[Contrast, float], ...] = ()
    wins: tuple[tuple[Contrast, Win], ...] = ()
    open_rate: OpenRate | None = None
    sensitivity: tuple[SensitivityLine, ...] = ()
    registered: str = ""
    next_look: NextLook | None = None
    noise: tuple[NoiseShare, ...] = ()
    variation: tuple[str, ...] = ()
    replicate: str = "seed"
    sequential: bool = False
    correction: Correction = ""
    closed: bool = False
    anytime: tuple[tuple[Contrast, tuple[float, float]], ...] = ()
    anytime_evidence: Evidence | None = None

    @property
    def held_budget(self) -> str:
        """The budget that was held equal, "" where there is none or the claim varies it."""
        return "" if self.budget_varies else self.budget

    @property
    def fired(self) -> tuple[CheckResult, ...]:
        """The checks that fired: blocking first, then by gravity."""
        return tuple(check for check in self.checks if check.fired)

    @property
    def blocking(self) -> CheckResult | None:
        """The gravest check that keeps the evidence from being a verdict, if any."""
        return next((check for check in self.fired if check.level == "blocks"), None)

    @property
    def caveats(self) -> tuple[CheckResult, ...]:
        """The caveats that fired, gravest first."""
        return tuple(check for check in self.fired if check.level == "caveat")


@dataclass(frozen=True)
class HypothesisReport:
    """One hypothesis over its budgets.

    Attributes:
        claim: the claim in canonical words, e.g.
            "batch size 4 → 128: training time lower, test accuracy lower".
        headline: the common verdict, or "depends on the budget".
        conclusions: (headline, budgets in words) of every distinct headline, conclusive ones first;
            without budgets where the claim varies the budget.
        opposing: sentences about hypotheses that claim the opposite.
        prior: sentences that set the earlier finding beside ours.
        failed_because: the error that kept it from being judged, "" normally.
    """

    id: str
    says: str
    kind: str
    claim: str
    because: str
    headline: str
    verdicts: tuple[Verdict, ...]
    conclusions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    opposing: tuple[str, ...] = ()
    prior: tuple[str, ...] = ()
    primary: bool = False
    failed_because: str = ""


@dataclass(frozen=True)
class NoiseShare:
    """How much of the variance between seeds one source of randomness causes.

    Attributes:
        source: initialisation, data_order, dropout or augmentation.
        metric: its name; the share is of the variance of the difference between the arms.
        share: 0 to 1.
        interval: at level 1 - alpha.
        seeds: how many it rests on.
        sentence: all of this in words.
    """

    source: str
    metric: str
    share: float
    interval: tuple[float, float]
    seeds: int
    sentence: str


PickedBy = Literal["heatmap", "tuning"]


@dataclass(frozen=True)
class Pick:
    """The best of several configurations, in the metric's unit.

    Attributes:
        of: what picked it.
        id: of the heatmap or the hypothesis.
        where: the arm and the budget that were tuned for, in words; "" for a heatmap.
        metric: its title; for a tuning, on the validation set.
        settings: what was picked, in words.
        candidates: configurations that were compared.
        seeds: runs of the picked one that have a score.
        failed: runs of the picked one that have none.
        score: mean of those runs.
        corrected: what it is worth once all candidates are looked at; null where that cannot be
            known (fewer than four candidates, or one run each).
        fresh_seeds, fresh_score: runs that were not used to pick it, and their mean; 0 and null
            where there are none.
        sentence: all of this in words.
    """

    of: PickedBy
    id: str
    where: str
    metric: str
    settings: str
    candidates: int
    seeds: int
    failed: int
    score: float
    corrected: float | None
    fresh_seeds: int
    fresh_score: float | None
    sentence: str = ""


@dataclass(frozen=True)
class StudyReport:
    """All verdicts of a study, and what the first screen says.

    Attributes:
        facts: data, seeds, alpha, metrics with the size that matters, in words, in reading order.
        provisional: "" or why this is not final ("12 of 60 runs are missing").
        trained_elsewhere: the runs came from a table that was not trained here.
        planned, analysed: runs (configuration x seed).
        history: what the ledger says of earlier verdicts.
        reading: how a table from elsewhere was read, as (heading, sentences).
        picks: the best of every heatmap and what tuning chose.
        ledger: the last line of the ledger; None without one.
        changes: what changed since the last report that said something else.
        since: when that was judged (UTC); "" where there is none.
    """

    study: str
    title: str
    facts: tuple[str, ...]
    hypotheses: tuple[HypothesisReport, ...]
    main_caveat: str
    next_step: str
    provisional: str
    planned: int
    analysed: int
    trained_elsewhere: bool = False
    history: tuple[str, ...] = ()
    reading: tuple[tuple[str, tuple[str, ...]], ...] = ()
    picks: tuple[Pick, ...] = ()
    ledger: Head | None = None
    changes: tuple[str, ...] = ()
    since: str = ""
