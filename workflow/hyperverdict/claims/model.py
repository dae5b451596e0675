"""What every claim type gives and gets.

A claim is parsed once, from the terms of a study file to a frozen value of its own type: one module
with a subclass of `Claim`, listed in `claims/__init__.py`. It knows neither files nor training: it
turns itself into arms, the arms' outcomes into a judgement, and the judgement into words.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

from hyperverdict.effects.effect import Effect, Evidence, Expectation
from hyperverdict.effects.outcomes import Arm, Outcomes
from hyperverdict.errors import UserError
from hyperverdict.stats.sequential import SINGLE_LOOK, LookRule
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.vocabulary.vocabulary import Vocabulary

FigureForm = Literal["scores", "levels", "lines", "shares", "winners", "counts"]
# What a claim reads besides the final scores: the ends of epochs, or the score on validation.
Reads = Literal["final", "epochs", "selection"]


class UnanswerableError(UserError):
    """The claim is well formed, but its design cannot answer it; a caveat where runs exist."""


@dataclass(frozen=True)
class Written:
    """A claim as a study file states it, for the type that parses it.

    Attributes:
        terms: the keys of the type, whose structure its schema has checked.
        expect: the legs.
        registered: the terms in canonical plain spelling.
    """

    terms: Mapping[str, Any]
    expect: tuple[Expectation, ...]
    registered: Mapping[str, Any]
    vocabulary: Vocabulary

    @property
    def common(self) -> tuple[tuple[Expectation, ...], Mapping[str, Any], Vocabulary]:
        """What every claim keeps, in the order of `Claim`'s attributes."""
        return self.expect, self.registered, self.vocabulary


@dataclass(frozen=True)
class Design:
    """What a study gives a claim besides its own terms.

    Attributes:
        budgets: those held equal (`at_equal`), whatever the claim makes of them.
        tuned: names of the hyperparameters that are tuned per arm.
    """

    baseline: Baseline
    budgets: tuple[Budget, ...]
    seeds: tuple[int, ...]
    tuned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A claim at one budget, with what was measured.

    Attributes:
        budget: None for a claim without one, and for runs whose budget nobody stated.
        outcomes: metric name -> outcomes; a metric equal by design at this budget is absent.
        seeds: those that the claim is judged on.
        alpha: two-sided error probability of this verdict after correction.
        look_rule: how much of it the present look may use.
    """

    claim: Claim
    budget: Budget | None
    arms: tuple[Arm, ...]
    outcomes: Mapping[str, Outcomes]
    seeds: tuple[int, ...]
    alpha: float
    look_rule: LookRule = SINGLE_LOOK


@dataclass(frozen=True)
class Leg:
    """One expectation of a claim and the effects that decide it.

    Attributes:
        dropped_because: why the leg was not judged at this budget (equal by design), else "".
    """

    expectation: Expectation
    evidence: Evidence
    effects: tuple[Effect, ...]
    grade: str = ""
    dropped_because: str = ""

    @property
    def metric(self) -> Metric:
        """The metric that the leg is about."""
        return self.expectation.metric

    @property
    def is_judged(self) -> bool:
        """Whether it was judged at this budget."""
        return not self.dropped_because


@dataclass(frozen=True)
class Failures:
    """Runs of one arm (its label) that ended without a result."""

    arm: str
    failed: int
    total: int
    rate_interval: tuple[float, float]


@dataclass(frozen=True)
class Judgement:
    """The evidence on one question, before validity checks.

    Attributes:
        kind: the claim type's name, or "trade-off" for a comparison of several legs.
        notes: further sentences with numbers that belong in the findings.
        facts: type-specific numbers for figures, tables and the type's own words (shares, plateau
            epoch, best levels); what JSON holds, and nothing else.
    """

    kind: str
    evidence: Evidence
    grade: str
    legs: tuple[Leg, ...]
    failures: tuple[Failures, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def judged_legs(self) -> tuple[Leg, ...]:
        """The legs that were judged and have effects."""
        return tuple(leg for leg in self.legs if leg.is_judged and leg.effects)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """All effects of all legs."""
        return tuple(effect for leg in self.legs for effect in leg.effects)

    @property
    def failures_decide(self) -> bool:
        """Whether it is open because of failed runs."""
        return self.evidence == "inconclusive" and any(e.failures_decide for e in self.effects)


@dataclass(frozen=True)
class Claim(ABC):
    """One claim, parsed.

    Class attributes:
        kind: the type's name in docs/claims.md, e.g. ``comparison``.
        verb: the key that names the type in messages.
        keys: the keys of a hypothesis that this type reads besides the common ones.
        required: keys that must be present; `one_of`: of these at least one, when there are any.
            The type reads a hypothesis whose claim keys contain these and are all in `keys`.
        schema: JSON schema (draft 2020-12) of each of `keys`, with type and description. What it
            demands holds before `parse` is called.
        figure: the form in which its measurements are drawn, beside the effects.
        reads: which scores it is judged on.
        trains: False for a claim that needs no runs.

    Attributes:
        expect: the legs.
        registered: the terms in canonical plain spelling: what a registration fixes.
        vocabulary: in which its levels are spelled.
    """

    expect: tuple[Expectation, ...]
    registered: Mapping[str, Any] = field(compare=False)
    vocabulary: Vocabulary = field(compare=False, repr=False)

    kind: ClassVar[str]
    verb: ClassVar[str]
    keys: ClassVar[frozenset[str]]
    required: ClassVar[frozenset[str]]
    one_of: ClassVar[frozenset[str]] = frozenset()
    schema: ClassVar[Mapping[str, Mapping[str, Any]]]
    figure: ClassVar[FigureForm] = "scores"
    reads: ClassVar[Reads] = "final"
    trains: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def parse(cls, written: Written) -> Self:
        """The claim from its terms, whose structure `schema` has checked.

        Raises UserError for what the terms cannot mean: unknown factors, one level given twice.
        """

    @abstractmethod
    def check(self, design: Design) -> None:
        """Refuse a claim that makes no sense in this design with UserError, one that the design
        cannot answer with its subclass UnanswerableError (raised last, so that nothing else is
        wrong then)."""

    @abstractmethod
    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """The arms at one budget."""

    @abstractmethod
    def judge(self, question: Question) -> Judgement:
        """The evidence on the question."""

    def budgets(self, at_equal: tuple[Budget, ...]) -> tuple[Budget | None, ...]:
        """The budgets at which it is judged; one None for a claim that trains nothing."""
        return at_equal

    def forewarnings(self) -> tuple[str, ...]:
        """What is known before anything is trained, in sentences."""
        return ()

    # Words. `claims.wording` fills the slots of `meanings`.

    @property
    @abstractmethod
    def topic(self) -> str:
        """What it is about: "batch size", "importance of optimizer and learning rate"."""

    @property
    @abstractmethod
    def terms_text(self) -> str:
        """Its terms in plain words, without what is expected: "batch size 4 → 128"."""

    def null(self, leg: Leg) -> str:
        """The null hypothesis of one effect: "both arms have the same mean test accuracy"."""
        return f"both arms have the same mean {leg.metric.title}"

    @abstractmethod
    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """What each evidence means for the claim, as templates.

        Slots: {where} "at 300 steps" or "in these runs"; {size} the size that matters; {metric};
        {grade} what is known of the effect's size, "" or "; ..."; {failing} which legs do not hold.
        """

    def findings(self, judgement: Judgement) -> tuple[str, ...]:
        """Sentences on what the type found besides its effects, from `Judgement.facts`."""
        return ()
