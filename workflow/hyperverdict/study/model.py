"""The study as the rest of the code sees it: plain frozen values, already validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hyperverdict.vocabulary.budget import Budget

Direction = Literal["higher", "lower", "not_higher", "not_lower"]

# Metrics that every run records, and the unit their effects are given in.
TIME_METRIC = "train_time"
RECORDED_METRICS: dict[str, str] = {
    "accuracy": "fraction of test images",
    "error": "fraction of test images",
    "loss": "cross-entropy in nats",
    TIME_METRIC: "seconds",
}


@dataclass(frozen=True)
class Metric:
    """A measured quantity and the smallest effect of interest (SESOI) on it.

    Attributes:
        matters_from: absolute size in the metric's unit, or a ratio above 1 when `ratio`.
        ratio: effects are ratios to / from, judged on the log scale.
    """

    name: str
    matters_from: float
    ratio: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Expectation:
    """One leg of a claim.

    Attributes:
        direction: what is claimed of ``to - from`` (or of the type's own contrast).
        matters_from: replaces the metric's when not None.
        between: (low, high) of a claim on size such as ``higher_by: [0, 0.01]``.
        share_of_variance: the leg is about shares of variance (importance).
    """

    metric: str
    direction: Direction
    matters_from: float | None = None
    between: tuple[float, float] | None = None
    share_of_variance: bool = False


@dataclass(frozen=True)
class Hypothesis:
    """One claim of the study.

    Attributes:
        terms: the verb keys of the claim and their content as written (``compare``, ``trend``,
            ``in_every``, ``all_of``, ``only_in``, ``matters_more``, ``each``, ``best``, ``is``,
            ``shape``, ...); the claim's type reads them.
        at_equal: budgets held equal; the verdicts stand side by side.
        because: the reason given: updates, samples, time, parameters, or None.
        saw: earlier findings, metric -> {"from": x, "to": y}; either may be missing.
        tune: nuisance hyperparameters tuned per arm, name -> values to try.
        tuned: what tuning chose, budget -> arm label -> settings; empty before it has run.
    """

    id: str
    says: str
    terms: Mapping[str, Any]
    expect: tuple[Expectation, ...]
    at_equal: tuple[Budget, ...]
    seeds: tuple[int, ...]
    because: str | None = None
    saw: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tune: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    primary: bool = False
    tuned: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Exploration:
    """A declared grid for a heatmap: a picture, never a verdict."""

    id: str
    grid: Mapping[str, tuple[Any, ...]]
    metric: str
    budget: Budget
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Study:
    """One study file.

    Attributes:
        baseline: hyperparameters as written, without the budget; ``data`` included.
        alpha: probability of a wrong verdict that is accepted, two-sided.
        looks: registered numbers of replicates at which the study is judged; empty for the default.
        columns: for runs from elsewhere: our column name -> theirs.
        quick: three seeds, estimates and intervals, no verdicts.
    """

    name: str
    title: str
    path: str
    baseline: Mapping[str, Any]
    budget: Budget
    seeds: tuple[int, ...]
    metrics: Mapping[str, Metric]
    hypotheses: tuple[Hypothesis, ...]
    explorations: tuple[Exploration, ...]
    alpha: float = 0.05
    looks: tuple[int, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    quick: bool = False
