"""The plan of a study: which configurations and seeds its claims need, and what must be timed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hyperverdict.claims.factors import combinations
from hyperverdict.effects.outcomes import Arm
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.study.noise import swapped_runs
from hyperverdict.study.tuning import TuningArm, arms_of, tuning_arms
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.vocabulary import BUDGET


@dataclass(frozen=True)
class Inquiry:
    """A hypothesis at one budget, before anything is measured; without arms where none train."""

    hypothesis: Hypothesis
    budget: Budget | None
    arms: tuple[Arm, ...]

    @property
    def title(self) -> str:
        """For example ``H1 at 300 steps``; the id alone where the claim varies the budget."""
        lengths = {arm.levels[BUDGET] for arm in self.arms if BUDGET in arm.levels}
        id_ = self.hypothesis.id
        return id_ if len(lengths) > 1 or self.budget is None else f"{id_} at {self.budget}"


@dataclass(frozen=True)
class PlannedRun:
    """One training job: a configuration, all the seeds that this study wants of it, and why.

    Tuning runs live beside the others: the same configuration may be judged later, on other seeds,
    and one file cannot be made before and after a choice.
    """

    configuration: Configuration
    seeds: tuple[int, ...]
    purposes: tuple[str, ...]
    tuning: bool = False

    @property
    def folder(self) -> str:
        """The run's folder below results/."""
        return f"{'tuning' if self.tuning else 'runs'}/{self.configuration.path}"


@dataclass(frozen=True)
class PlannedTiming:
    """One exclusive timing job: arms (ours without their budget) to be timed in turn.

    Attributes:
        key: folder below results/timing/contrasts/.
        configurations: one per arm, in the order of their paths; their budgets do not matter.
        repeats: blocks per arm; the n of the time claim.
    """

    key: str
    configurations: tuple[Configuration, ...]
    repeats: int
    purposes: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """All that a study needs, by path and key.

    Attributes:
        runs, tuning: by configuration path.
        pending: hypotheses whose arms are known only once their tuning runs have finished.
    """

    study: Study
    runs: dict[str, PlannedRun] = field(default_factory=dict)
    tuning: dict[str, PlannedRun] = field(default_factory=dict)
    timings: dict[str, PlannedTiming] = field(default_factory=dict)
    pending: tuple[str, ...] = ()

    @property
    def all_runs(self) -> tuple[PlannedRun, ...]:
        """Tuning runs first."""
        return (*self.tuning.values(), *self.runs.values())

    @property
    def planned_seeds(self) -> int:
        """Runs in the sense of configuration x seed."""
        return sum(len(run.seeds) for run in self.all_runs)


def make_plan(study: Study) -> Plan:
    """Compile every hypothesis and heatmap into configurations, seeds and timings."""
    pending = tuple(h.id for h in study.hypotheses if h.tune and not h.tuned)
    inquiries = tuple(
        Inquiry(hypothesis, budget, arms_of(hypothesis, study, budget))
        for hypothesis in study.hypotheses
        if hypothesis.id not in pending
        for budget in hypothesis.budgets
    )
    runs = _merge_runs([*_hypothesis_runs(inquiries), *_heatmap_runs(study)])
    return Plan(study, runs, _merge_runs(_tuning_runs(study)), _merge_timings(inquiries), pending)


def tuning_paths(hypothesis: Hypothesis, study: Study) -> tuple[str, ...]:
    """The runs on whose validation scores the values of a hypothesis's arms are chosen."""
    return tuple(dict.fromkeys(t.configuration.path for _, t in _trials(hypothesis, study)))


def timing_key(configurations: Iterable[Configuration]) -> str:
    """A short readable name for a set of arms, whatever their order."""
    arms = sorted(configurations, key=lambda c: c.timed_path)
    differing = sorted({name for other in arms[1:] for name in arms[0].differing(other)} - {BUDGET})
    digest = hashlib.sha256("\n".join(arm.timed_path for arm in arms).encode()).hexdigest()
    return f"{'+'.join(differing) or 'same'}.{digest[:12]}"


def needs_timing(inquiry: Inquiry) -> bool:
    """Whether a leg of the claim is about time and not equal by design at this budget."""
    kind = inquiry.budget.kind if inquiry.budget else ""
    metrics = (expectation.metric for expectation in inquiry.hypothesis.claim.expect)
    claimed = any(metric.is_time and kind not in metric.equal_at for metric in metrics)
    return claimed and bool(inquiry.arms)


def _trials(hypothesis: Hypothesis, study: Study) -> Iterable[tuple[Budget | None, TuningArm]]:
    for budget in hypothesis.budgets:
        for trial in tuning_arms(hypothesis, study, budget):
            yield budget, trial


def _hypothesis_runs(inquiries: Iterable[Inquiry]) -> Iterable[PlannedRun]:
    for inquiry in inquiries:
        for arm in inquiry.arms:
            yield PlannedRun(arm.configuration, inquiry.hypothesis.seeds, (inquiry.title,))
        for run in swapped_runs(inquiry.hypothesis, inquiry.arms):
            yield PlannedRun(run.configuration, (run.seed,), (f"noise of {inquiry.title}",))


def _tuning_runs(study: Study) -> Iterable[PlannedRun]:
    for hypothesis in study.hypotheses:
        for budget, trial in _trials(hypothesis, study):
            purpose = f"tuning {hypothesis.id} at {budget}"
            yield PlannedRun(trial.configuration, trial.seeds, (purpose,), tuning=True)


def _heatmap_runs(study: Study) -> Iterable[PlannedRun]:
    for heatmap in study.heatmaps:
        for cell in combinations(heatmap.grid):
            configuration = study.baseline.configure(cell, heatmap.budget)
            yield PlannedRun(configuration, heatmap.seeds, (f"heatmap {heatmap.id}",))


def _merge_runs(runs: Iterable[PlannedRun]) -> dict[str, PlannedRun]:
    """One job per configuration, with the union of the seeds and purposes."""
    merged: dict[str, PlannedRun] = {}
    for run in runs:
        known = merged.get(run.configuration.path, run)
        seeds = tuple(sorted({*known.seeds, *run.seeds}))
        purposes = tuple(dict.fromkeys(known.purposes + run.purposes))
        merged[run.configuration.path] = replace(run, seeds=seeds, purposes=purposes)
    return merged


def _merge_timings(inquiries: Iterable[Inquiry]) -> dict[str, PlannedTiming]:
    merged: dict[str, PlannedTiming] = {}
    for inquiry in filter(needs_timing, inquiries):
        by_path = {arm.configuration.timed_path: arm.configuration for arm in inquiry.arms}
        arms = tuple(by_path[path] for path in sorted(by_path))
        key = timing_key(arms)
        repeats = len(inquiry.hypothesis.seeds)
        purposes: tuple[str, ...] = (inquiry.title,)
        if key in merged:
            repeats = max(repeats, merged[key].repeats)
            purposes = tuple(dict.fromkeys(merged[key].purposes + purposes))
        merged[key] = PlannedTiming(key, arms, repeats, purposes)
    return merged
