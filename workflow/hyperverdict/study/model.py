"""The study as the rest of the code sees it: plain frozen values, already validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hyperverdict.claims.model import Claim, Design
from hyperverdict.effects.outcomes import Arm
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis of the study.

    Attributes:
        says: the claim in the user's own words.
        claim: what is claimed, parsed.
        at_equal: budgets held equal; the verdicts stand side by side.
        because: the reason given: updates, samples, epochs, time, parameters, or "".
        prior: earlier findings, metric -> {"from": x, "to": y}; either may be missing.
        tune: nuisance hyperparameters tuned per arm, name -> canonical values to try.
        noise: sources of randomness whose share of the variance is measured (`study.noise`).
        tuned: what tuning chose, budget -> arm label -> settings; empty before it has run.
    """

    id: str
    says: str
    claim: Claim
    at_equal: tuple[Budget, ...]
    seeds: tuple[int, ...]
    because: str = ""
    prior: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tune: Mapping[str, tuple[Level, ...]] = field(default_factory=dict)
    primary: bool = False
    noise: tuple[str, ...] = ()
    tuned: Mapping[str, Mapping[str, Mapping[str, Level]]] = field(default_factory=dict)

    @property
    def budgets(self) -> tuple[Budget | None, ...]:
        """The budgets at which it is judged; one None for a claim that trains nothing."""
        return self.claim.budgets(self.at_equal)


@dataclass(frozen=True)
class Heatmap:
    """A declared grid for a heatmap (`explore:`): a picture, never a verdict."""

    id: str
    grid: Mapping[str, tuple[Level, ...]]
    metric: Metric
    budget: Budget
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Smoke:
    """How little a smoke run trains, at most.

    Attributes:
        budget: that of every run; None for the study's own.
        seeds: of every arm; None for the study's own.
        left_out: ids of the hypotheses and heatmaps that cannot be made so small.
    """

    budget: Budget | None = None
    seeds: int | None = None
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        seeds = f"{self.seeds} seed{'' if self.seeds == 1 else 's'}" if self.seeds else ""
        return ", ".join(filter(None, (str(self.budget or ""), seeds)))

    @property
    def option(self) -> str:
        """What `--config` says of it: ``steps=10 seeds=2``."""
        budget = f"{self.budget.kind}={self.budget.amount}" if self.budget else ""
        return " ".join(filter(None, (budget, f"seeds={self.seeds}" if self.seeds else "")))


@dataclass(frozen=True)
class Study:
    """One study file.

    Attributes:
        path: the study file; "" for a study made in code.
        metrics: the recorded metrics and the study's own, by name.
        alpha: probability of a wrong verdict that is accepted, two-sided.
        look_schedule: registered seed counts at which the study is judged; empty for the default.
        columns: for runs from elsewhere: our column name -> theirs.
        quick: three seeds, estimates and intervals, no verdicts.
        smoke: how little it trains as a smoke run; None normally.
        notes: what the file should be changed in, such as an older name of a key.
    """

    name: str
    title: str
    path: str
    baseline: Baseline
    budget: Budget
    seeds: tuple[int, ...]
    metrics: Mapping[str, Metric]
    hypotheses: tuple[Hypothesis, ...]
    heatmaps: tuple[Heatmap, ...]
    alpha: float = 0.05
    look_schedule: tuple[int, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    quick: bool = False
    notes: tuple[str, ...] = ()
    smoke: Smoke | None = None

    @property
    def only_estimates(self) -> bool:
        """Whether it gets estimates and no verdicts, and no entry in the ledger."""
        return self.quick or self.smoke is not None

    @property
    def vocabulary(self) -> Vocabulary:
        """The hyperparameters and data sets that it may name."""
        return self.baseline.vocabulary

    @property
    def data(self) -> str:
        """The data set that it names; "" for none."""
        return str(self.baseline.settings.get("data", ""))

    @property
    def shown_metric(self) -> Metric:
        """What figures show where a claim names no metric that they can show."""
        scores = [metric for metric in self.metrics.values() if not metric.is_time]
        return scores[0] if scores else next(iter(self.metrics.values()))

    def chosen_by(self, hypothesis: Hypothesis) -> Metric | None:
        """The metric on whose validation score the values of a hypothesis's arms are chosen.

        Our own loop records accuracy; of a training of the user's own, the first claimed metric
        that has a validation score, else the first one that has. None where there is none.
        """
        if self.vocabulary.training is None:
            return self.metrics["accuracy"]
        claimed = [expectation.metric for expectation in hypothesis.claim.expect]
        metrics = (*claimed, *self.metrics.values())
        return next((m for m in metrics if m.validation and m.better), None)

    def design_of(self, hypothesis: Hypothesis) -> Design:
        """What the study gives the claim of a hypothesis."""
        return Design(self.baseline, hypothesis.at_equal, hypothesis.seeds, tuple(hypothesis.tune))

    def claimed_arms(self, hypothesis: Hypothesis, budget: Budget | None) -> tuple[Arm, ...]:
        """The arms as claimed, before tuning; none for a claim that trains nothing."""
        return () if budget is None else hypothesis.claim.arms(self.baseline, budget)
