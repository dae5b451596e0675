"""A case: one question with its judgement and all that the validity checks look at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy.typing as npt
import pandas as pd

from hyperverdict.claims.model import Arm, Effect, Judgement, Question
from hyperverdict.effects.effect import MATCHED
from hyperverdict.foreign.select import cell_key
from hyperverdict.ledger.status import Standing
from hyperverdict.outcomes.questions import Trial
from hyperverdict.outcomes.timing import Timing, timing_of
from hyperverdict.outcomes.values import METRIC_COLUMNS, RunIndex, arm_steps
from hyperverdict.study.model import TIME_METRIC
from hyperverdict.verdicts.model import ArmSummary
from hyperverdict.vocabulary.budget import BudgetKind, samples_after, steps_per_epoch
from hyperverdict.vocabulary.datasets import DATASETS

# The data set of a table from elsewhere that nobody named.
UNNAMED_DATA = "unnamed"
# Factors that each name a part of hidden_units.
SHAPE_FACTORS = frozenset({"width", "depth", "hidden_units"})


@dataclass(frozen=True)
class ArmRuns:
    """One arm and what it left behind.

    Attributes:
        rows: rows of the final table, the hypothesis's seeds only.
        curve: rows of the curves table of these seeds.
    """

    arm: Arm
    summary: ArmSummary
    rows: pd.DataFrame
    curve: pd.DataFrame

    _levels: dict[str, frozenset[str]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def levels_of(self, column: str) -> frozenset[str]:
        """The distinct values of a column of the arm's runs, as text; none when not recorded."""
        if column not in self.rows:
            return frozenset()
        if column not in self._levels:
            found = pd.unique(self.rows[column].dropna())
            self._levels[column] = frozenset(map(str, found))
        return self._levels[column]

    def shares(self, column: str) -> Mapping[str, float]:
        """Level of a column, in one spelling -> its share of the arm's runs."""
        shares = level_codes(self.rows[column]).value_counts(normalize=True)
        return {str(level): float(share) for level, share in shares.items()}

    @cached_property
    def curve_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Column -> array [evaluations] of the curve."""
        return {str(c): self.curve[c].to_numpy() for c in self.curve}


@dataclass(frozen=True)
class Case:
    """What the checks of one question look at.

    Attributes:
        factors: names of the hyperparameters that the claim varies, contexts included.
        trials: tuning trials of all arms; empty when nothing was tuned.
        chosen: arm label -> tuned settings.
        image_errors: contrast name -> standard error for new images.
        standing: how the ledger lets the question be judged.
        foreign: the runs came from elsewhere.
        source: facts about a table from elsewhere that checks need (the metric's column, how rows
            were matched, duplicates), by name.
    """

    question: Question
    judgement: Judgement
    arms: tuple[ArmRuns, ...]
    timing: Timing | None = None
    trials: tuple[Trial, ...] = ()
    chosen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    image_errors: Mapping[str, float] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    foreign: bool = False
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def factors(self) -> frozenset[str]:
        """Names of the hyperparameters in which the claim's arms differ by intention."""
        return frozenset(name for a in self.arms for name in (*a.arm.settings, *a.arm.context))

    @property
    def said_to_be_tuned(self) -> frozenset[str]:
        """Hyperparameters that the study calls tuned per arm in runs from elsewhere."""
        return frozenset(self.source.get("tuned", {}).get(self.question.hypothesis.id, ()))

    @property
    def compared(self) -> frozenset[str]:
        """Factors that differ between arms of one context."""
        return frozenset(name for a in self.arms for name in a.arm.settings)

    def effects(self) -> tuple[Effect, ...]:
        """All effects of all legs."""
        return tuple(effect for leg in self.judgement.legs for effect in leg.effects)

    def arm(self, label: str) -> ArmRuns | None:
        """The arm of this label."""
        return next((a for a in self.arms if a.arm.label == label), None)

    def pair(self, effect: Effect) -> tuple[ArmRuns, ArmRuns] | None:
        """(from, to) of an effect that is a difference of two arms, else None."""
        to, _, from_ = effect.name.partition(" - ")
        first, second = self.arm(from_), self.arm(to)
        return (first, second) if first and second else None

    def contexts(self) -> tuple[tuple[ArmRuns, ...], ...]:
        """The arms, grouped by their context."""
        groups: dict[tuple[Any, ...], list[ArmRuns]] = {}
        for a in self.arms:
            groups.setdefault(
                tuple(sorted((k, str(v)) for k, v in a.arm.context.items())), []
            ).append(a)
        return tuple(tuple(group) for group in groups.values())


def level_codes(column: pd.Series[Any]) -> pd.Series[str]:
    """The levels of a column as text, in one spelling; missing ones stay missing."""
    spelled = {value: str(cell_key(value)) for value in pd.unique(column.dropna())}
    return column.map(spelled)


def apart(first: ArmRuns, second: ArmRuns, column: str) -> float:
    """How differently two arms hold the levels of a column: 0 alike, 1 without a common level.

    By seed where most seeds are shared: the share of common seeds whose level differs; else the
    total variation distance of the levels' shares.
    """
    a, b = (x.rows.set_index("seed")[column] for x in (first, second))
    common = a.index.intersection(b.index)
    paired = a.index.is_unique and b.index.is_unique
    if paired and len(common) >= MATCHED * min(len(a), len(b)) > 0:
        differ = level_codes(a.loc[common]).fillna("") != level_codes(b.loc[common]).fillna("")
        return float(differ.mean())
    one, two = first.shares(column), second.shares(column)
    return sum(abs(one.get(x, 0.0) - two.get(x, 0.0)) for x in {*one, *two}) / 2


def arm_runs(question: Question, runs: RunIndex, foreign: bool = False) -> tuple[ArmRuns, ...]:
    """The runs of every arm of a question."""
    seeds = question.hypothesis.seeds
    found = []
    for arm in question.arms:
        path = arm.runs_path
        rows = runs.rows(path, seeds)
        curve = runs.curve(path, seeds)
        found.append(ArmRuns(arm, _summary(arm, question, rows, runs, foreign), rows, curve))
    return tuple(found)


def case_timing(question: Question, runs: RunIndex) -> Timing | None:
    """The timing job behind a time claim, None for claims without one."""
    if TIME_METRIC not in question.outcomes:
        return None
    return timing_of((a.configuration.arm_path for a in question.arms), runs.timings)


def _summary(
    arm: Arm, question: Question, rows: pd.DataFrame, runs: RunIndex, foreign: bool
) -> ArmSummary:
    planned = question.hypothesis.seeds
    finished = rows[~rows["failed"].astype(bool)] if len(rows) else rows
    implied = None if foreign else arm_steps(arm, runs)
    steps = _number(finished, "steps") or implied or 0.0
    samples, epochs = _progress(arm, steps, finished, foreign)
    means, sds = _scores(question, arm, finished)
    return ArmSummary(
        label=arm.label,
        path=arm.runs_path,
        settings={**arm.context, **arm.settings},
        steps=round(steps),
        samples=round(samples),
        epochs=epochs,
        parameters=round(_number(rows, "parameters")),
        flops_per_sample=round(_number(rows, "flops_per_sample")),
        seeds=tuple(map(int, rows["seed"])) if foreign else planned,
        finished=len(finished),
        missing=0 if foreign else len(set(planned) - set(rows["seed"].tolist())),
        means=means,
        sds=sds,
        learning_rate=_number(rows, "learning_rate")
        or (0.0 if foreign else arm.configuration.learning_rate),
    )


def _progress(arm: Arm, steps: float, finished: pd.DataFrame, foreign: bool) -> tuple[float, float]:
    """(samples, epochs) as recorded, else as the configuration implies for the steps."""
    samples, epochs = _number(finished, "samples"), _number(finished, "epochs")
    known = not foreign and arm.configuration.data in DATASETS
    if known and not samples:
        batch, size = arm.configuration.batch_size, arm.configuration.train_size
        samples = float(samples_after(round(steps), batch, size))
    if known and not epochs:
        epochs = steps / steps_per_epoch(arm.configuration.batch_size, arm.configuration.train_size)
    return samples, epochs


def _number(rows: pd.DataFrame, column: str) -> float:
    """The mean of a column, 0 when it is not recorded."""
    if column not in rows or not len(rows):
        return 0.0
    mean = pd.to_numeric(rows[column], errors="coerce").mean()
    return 0.0 if math.isnan(mean) else float(mean)


def _scores(
    question: Question, arm: Arm, finished: pd.DataFrame
) -> tuple[dict[str, float], dict[str, float]]:
    """metric -> mean and standard deviation over finished seeds; accuracy and loss always."""
    values: dict[str, list[float]] = {}
    for name in ("accuracy", "loss"):
        if METRIC_COLUMNS[name] in finished:
            values[name] = [float(v) for v in finished[METRIC_COLUMNS[name]].dropna()]
    for name, outcomes in question.outcomes.items():
        of_arm = outcomes.values.get(arm.label, {}).values()
        values[name] = [value for value in of_arm if math.isfinite(value)]
    means = {name: sum(v) / len(v) for name, v in values.items() if v}
    sds = {name: float(pd.Series(v).std()) for name, v in values.items() if len(v) > 1}
    return means, sds


def held_kind(case: Case) -> BudgetKind | None:
    """What the budget holds equal, None for a claim without a budget."""
    return case.question.budget.kind if case.question.budget else None


def spread(values: Iterable[float]) -> float:
    """Largest over smallest of the values above 0; 1 for fewer than two."""
    known = [value for value in values if value > 0]
    return max(known) / min(known) if len(known) > 1 else 1.0
