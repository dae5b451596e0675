"""What every claim type gives and gets.

A claim type is one module with a value `TYPE` that satisfies `ClaimType`, listed once in
`claims/__init__.py`. Types know neither files nor training: they turn a hypothesis into arms,
and the arms' outcomes into a judgement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from hyperverdict.effects.rounding import is_fine
from hyperverdict.errors import UserError
from hyperverdict.stats.sequential import SINGLE_LOOK, LookRule
from hyperverdict.study.model import Hypothesis, Metric, Study
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Configuration

Evidence = Literal[
    "supported",
    "refuted",
    "inconclusive",
    "no meaningful effect",
    "true by arithmetic",
    "estimated",
]


@dataclass(frozen=True)
class Arm:
    """One configuration in a hypothesis at one budget.

    Attributes:
        label: short and unique within the question, e.g. ``batch_size 128``.
        settings: the factors' levels that make this arm, as written: {"batch_size": 128}.
        context: factors held fixed inside a context, e.g. {"depth": 2}; empty when there is one.
        elsewhere: for runs from elsewhere, what names them; a table rarely fixes all that our
            configurations do.
    """

    label: str
    settings: Mapping[str, Any]
    configuration: Configuration
    context: Mapping[str, Any] = field(default_factory=dict)
    elsewhere: str = ""

    @property
    def runs_path(self) -> str:
        """What names the arm's runs in tables: the configuration's path for our own."""
        return self.elsewhere or self.configuration.path


@dataclass(frozen=True)
class Outcomes:
    """One metric over the arms of one question.

    Attributes:
        values: arm label -> seed -> value; nan where that run failed, absent where it is missing.
        resolution: the metric's smallest step (1/test images for accuracy), else 0.
        curves: for claims along training only: arm label -> seed -> validation values at the
            evaluation points of the claim (`learning_curve.points`), in order.
        rounding: the step of scores that were rounded elsewhere (0.01 for 0.93), on the scale on
            which the metric is judged; else 0.
    """

    metric: Metric
    values: Mapping[str, Mapping[int, float]]
    resolution: float = 0.0
    curves: Mapping[str, Mapping[int, Sequence[float]]] = field(default_factory=dict)
    rounding: float = 0.0

    @property
    def step(self) -> float:
        """The smallest difference that the scores can show, on the judged scale."""
        return max(self.resolution, self.rounding)

    @property
    def fine(self) -> bool:
        """Whether scores that are equal again and again are no chance."""
        sizes = [abs(v) for runs in self.finished().values() for v in runs.values()]
        return is_fine(self.step, 1.0 if self.metric.ratio else max(sizes, default=0.0))

    def finished(self) -> dict[str, dict[int, float]]:
        """Arm label -> seed -> value of the runs that did not fail."""
        return {
            label: {seed: value for seed, value in runs.items() if math.isfinite(value)}
            for label, runs in self.values.items()
        }


@dataclass(frozen=True)
class Question:
    """A hypothesis at one budget, with what was measured.

    Attributes:
        outcomes: metric name -> outcomes; a metric equal by design at this budget is absent.
        alpha: two-sided error probability of this verdict after correction.
        looks: how much of it the present look may use.
    """

    study: Study
    hypothesis: Hypothesis
    budget: Budget | None
    arms: tuple[Arm, ...]
    outcomes: Mapping[str, Outcomes]
    alpha: float
    looks: LookRule = SINGLE_LOOK


@dataclass(frozen=True)
class Effect:
    """One contrast: its estimate, intervals and verdict.

    Estimate, intervals, delta and per-seed values are in the metric's unit (ratios for ratio
    metrics).

    Attributes:
        name: what is contrasted, e.g. ``batch_size 128 - batch_size 4``.
        n: seeds behind it (unpaired: of the smallest arm).
        sd: of the contrast per seed, after the floor; on the log scale for ratio metrics.
        alpha: the two-sided alpha of `ci1`, after corrections within the claim and for looks.
        ci1: interval at 1 - alpha; ci2: at 1 - 2 alpha. Infinite where there is no noise estimate.
        p: two-sided, of no effect; p_equivalence: TOST against delta, or for ``not_lower`` and
            ``not_higher`` the one-sided p of non-inferiority.
        per_seed: (seed, contrast) of the finished pairs; empty when unpaired.
        grade: "at least the SESOI", "direction only", "detectable but negligible" or "".
        seeds_needed: (at s, at the upper 80% limit of s) to settle an inconclusive effect, or None.
        df: degrees of freedom, n - 1 when paired.
        between: sizes (low, high) claimed in `direction` (ratio metrics: ratios above 1), or None.
        failures_decide: inconclusive because runs failed too often or unequally.
        context: the context it was measured in, e.g. ``depth 2``, else "".
    """

    name: str
    metric: str
    ratio: bool
    direction: str
    evidence: Evidence
    grade: str
    n: int
    estimate: float
    sd: float
    alpha: float
    delta: float
    ci1: tuple[float, float]
    ci2: tuple[float, float]
    t: float
    p: float
    p_equivalence: float
    per_seed: tuple[tuple[int, float], ...] = ()
    paired: bool = True
    correlation: float | None = None
    sign_flip_p: float | None = None
    seeds_needed: tuple[int, int] | None = None
    df: float = float("nan")
    between: tuple[float, float] | None = None
    failures_decide: bool = False
    context: str = ""


@dataclass(frozen=True)
class Leg:
    """One expectation of a claim and the effects that decide it.

    Attributes:
        rule: how the effects combine, in words ("every adjacent step", "in every context"), or "".
        dropped_because: why the leg was not judged at this budget (equal by design), else "".
    """

    metric: str
    direction: str
    evidence: Evidence
    effects: tuple[Effect, ...]
    rule: str = ""
    grade: str = ""
    dropped_because: str = ""


@dataclass(frozen=True)
class Failures:
    """Runs of one arm that ended without a result."""

    arm: str
    failed: int
    total: int
    rate_interval: tuple[float, float]


@dataclass(frozen=True)
class Judgement:
    """The evidence on one question, before validity checks.

    Attributes:
        kind: the claim type's name.
        quadrant: trade-offs only: where the effects lie, in words.
        notes: further sentences with numbers that belong in the findings.
        facts: type-specific numbers for figures and tables (shares, plateau epoch, best levels).
    """

    kind: str
    evidence: Evidence
    grade: str
    legs: tuple[Leg, ...]
    failures: tuple[Failures, ...] = ()
    quadrant: str = ""
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


class UnanswerableError(UserError):
    """The claim is well formed, but its design cannot answer it; a caveat where runs exist."""


class ClaimType(Protocol):
    """One type of claim.

    Attributes:
        name: the type's name in evidence.md's table, e.g. ``comparison``.
        verb: the key that names the type in messages.
        keys: the keys of a hypothesis that this type reads besides the common ones.
        required: keys that must be present; `one_of`: of these at least one, when there are any.
            The type reads a hypothesis whose verb keys contain these and are all in `keys`.
        schema: JSON-schema (draft 2020-12) of each of `keys`, with type and description.
    """

    name: str
    verb: str
    keys: frozenset[str]
    required: frozenset[str]
    one_of: frozenset[str]
    schema: Mapping[str, Mapping[str, Any]]

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse a malformed claim with UserError, one that its design cannot answer with its
        subclass UnanswerableError (raised last, so that nothing else is wrong then)."""
        ...

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """The arms at one budget."""
        ...

    def judge(self, question: Question) -> Judgement:
        """The evidence on the question."""
        ...


@runtime_checkable
class OwnBudgets(Protocol):
    """A claim type whose budgets follow from the claim, whatever `at_equal` says."""

    def budgets(self, hypothesis: Hypothesis) -> tuple[Budget, ...]:
        """The budgets at which the claim is judged."""
        ...


@runtime_checkable
class Forewarned(Protocol):
    """A claim type that can say something before anything is trained."""

    def forewarnings(self, hypothesis: Hypothesis) -> tuple[str, ...]:
        """Sentences."""
        ...
