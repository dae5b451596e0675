"""Verdicts as figures and report read them: plain frozen values, stored as verdicts.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hyperverdict.claims.model import Judgement

CheckLevel = Literal["blocks", "caveat", "information"]


@dataclass(frozen=True)
class Check:
    """A validity check that fired.

    Attributes:
        number: its number in the contract's table, e.g. "6b".
        word: what a blocking check puts in the headline: "no replication", "confounded", "leak",
            "times not comparable", "untuned", ...; "" for the others.
        sentence: one plain sentence with its numbers.
        gravity: order among caveats, larger is graver.
    """

    number: str
    level: CheckLevel
    sentence: str
    word: str = ""
    gravity: float = 0.0


@dataclass(frozen=True)
class ArmSummary:
    """One arm as trained: where it is, how much it trained, what it scored.

    Attributes:
        path: the run's folder below results/runs/, or a name for runs from elsewhere.
        steps, samples, epochs, parameters: 0 where a table from elsewhere does not say.
        means: metric -> mean over finished seeds; sds: metric -> standard deviation.
    """

    label: str
    path: str
    settings: Mapping[str, Any]
    steps: int
    samples: int
    epochs: float
    parameters: int
    flops_per_sample: int
    seeds: tuple[int, ...]
    finished: int
    missing: int
    means: Mapping[str, float]
    sds: Mapping[str, float]
    learning_rate: float

    @property
    def is_ours(self) -> bool:
        """Whether the runs have a folder below results/runs/."""
        return self.path.startswith("data~")


@dataclass(frozen=True)
class Verdict:
    """One hypothesis at one budget.

    Attributes:
        budget: as text, "" for a claim without one.
        judgement: the raw evidence; corrected: under the family's alpha, None when exploratory.
        headline: the evidence, or the word of the check that blocks it.
        checks: all that fired, blocking first, then by gravity.
        scope: sentences: data, budget and what it implies, learning rate, seeds, hardware.
        untestable_reason: why the stated reason cannot be tested at this budget, or "".
        image_errors: contrast name -> standard error for new images.
        robustness: sensitivity line -> evidence it gives ("sign-flip", "best on validation", ...).
        registered: "registered", "post hoc" or "" before registration exists.
        seeds_needed: (low, high) or None; cost_hours: their price; command: adds them.
        next_look: seeds of the next look, which `command` makes; None when none is left.
        processor: whose hours `cost_hours` are, CPU or GPU.
    """

    budget: str
    judgement: Judgement
    corrected: Judgement | None
    headline: str
    arms: tuple[ArmSummary, ...]
    checks: tuple[Check, ...] = ()
    scope: tuple[str, ...] = ()
    untestable_reason: str = ""
    image_errors: Mapping[str, float] = field(default_factory=dict)
    robustness: Mapping[str, str] = field(default_factory=dict)
    registered: str = ""
    seeds_needed: tuple[int, int] | None = None
    cost_hours: tuple[float, float] | None = None
    command: str = ""
    next_look: int | None = None
    processor: str = "CPU"


@dataclass(frozen=True)
class HypothesisReport:
    """One hypothesis over its budgets.

    Attributes:
        claim: the claim in canonical words, e.g.
            "batch_size 4 -> 128: train_time lower, accuracy lower".
        headline: the common verdict, or "depends on the budget".
        rivals: sentences about hypotheses that claim the opposite.
        saw: sentences that set the earlier finding beside ours.
    """

    id: str
    says: str
    kind: str
    claim: str
    because: str
    headline: str
    verdicts: tuple[Verdict, ...]
    rivals: tuple[str, ...] = ()
    saw: tuple[str, ...] = ()
    primary: bool = False


@dataclass(frozen=True)
class StudyReport:
    """All verdicts of a study, and what the first screen says.

    Attributes:
        facts: data, seeds, alpha, metrics with the size that matters, in words, in reading order.
        provisional: "" or why this is not final ("12 of 60 runs are missing").
        planned, analysed: runs (configuration x seed).
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
    history: tuple[str, ...] = ()
