"""Tables of runs become the outcomes of one question: arm -> seed -> value.

A failed run is nan, a missing one is absent, and a hypothesis sees its own registered seeds only,
even where a shared run holds more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.claims.model import Claim
from hyperverdict.effects.outcomes import Arm, Outcomes
from hyperverdict.effects.rounding import step_of
from hyperverdict.errors import UserError, nearest
from hyperverdict.outcomes.timing import Timing, timing_of
from hyperverdict.vocabulary.metrics import RECORDED, TIME, Metric

# An epoch end may be recorded as 0.9999999 where samples are divided by the size of the set.
EPOCH_TOLERANCE = 1e-6

Seeds = Sequence[int]
Curves = dict[int, tuple[float, ...]]


@dataclass(frozen=True)
class RunIndex:
    """The tables of a study, reachable by configuration path without a scan per arm.

    Attributes:
        timings: the timing jobs of the study.
    """

    final: pd.DataFrame
    curves: pd.DataFrame
    timings: tuple[Timing, ...] = ()
    _final_rows: Mapping[str, Any] = field(default_factory=dict)
    _curve_rows: Mapping[str, Any] = field(default_factory=dict)
    _taken: dict[str, pd.DataFrame] = field(default_factory=dict)
    _scores: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)
    _seeds: dict[str, frozenset[int]] = field(default_factory=dict)
    _sizes: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def rows(self, path: str, seeds: Iterable[int] | None = None) -> pd.DataFrame:
        """Rows of the final table of one configuration, one per seed."""
        if path not in self._taken:
            self._taken[path] = self.final.take(self._final_rows.get(path, []))
        return _of_seeds(self._taken[path], seeds)

    def curve(self, path: str, seeds: Iterable[int] | None = None) -> pd.DataFrame:
        """Rows of the curves table of one configuration."""
        return _of_seeds(self.curves.take(self._curve_rows.get(path, [])), seeds)

    def seeds(self, path: str) -> frozenset[int]:
        """The seeds that the final table holds of one configuration."""
        if path not in self._seeds:
            self._seeds[path] = frozenset(map(int, self.rows(path)["seed"]))
        return self._seeds[path]

    def scores(self, path: str, column: str, seeds: Iterable[int]) -> dict[int, float]:
        """seed -> value of one configuration (`values_of`), of some seeds."""
        if (path, column) not in self._scores:
            self._scores[path, column] = values_of(self.rows(path), column)
        wanted = frozenset(seeds)
        return {s: v for s, v in self._scores[path, column].items() if s in wanted}

    def test_sizes(self, path: str) -> tuple[float, ...]:
        """The numbers of test images that the runs of one configuration recorded."""
        if path not in self._sizes:
            self._sizes[path] = tuple(self.rows(path)["test_size"].dropna())
        return self._sizes[path]


def _of_seeds(rows: pd.DataFrame, seeds: Iterable[int] | None) -> pd.DataFrame:
    if seeds is None:
        return rows
    wanted = rows["seed"].isin(list(seeds))
    return rows if wanted.all() else rows[wanted]


def index_runs(
    final: pd.DataFrame, curves: pd.DataFrame, timings: Iterable[Timing] = ()
) -> RunIndex:
    """Index the tables once; one question then costs the size of its own runs."""
    # Sums depend on the order of their terms in the last digit; verdicts must not depend on it.
    final = final.sort_values(["path", "seed"], kind="stable", ignore_index=True)
    curves = curves.sort_values(["path", "seed", "step"], kind="stable", ignore_index=True)
    return RunIndex(final, curves, tuple(timings), _rows_by_path(final), _rows_by_path(curves))


def _rows_by_path(table: pd.DataFrame) -> dict[str, Any]:
    groups = table.groupby("path", sort=False).indices if len(table) else {}
    return {str(path): rows for path, rows in groups.items()}


def metric_column(metric: Metric, columns: Iterable[str]) -> str:
    """The column of the final table that holds a metric.

    Raises UserError naming the metric and those that are recorded.
    """
    present = list(columns)
    for column in metric.columns:
        if column in present:
            return column
    known = {c.removeprefix("test_") for c in present if c.startswith("test_")} - {"size"}
    raise UserError(
        f"no run records the metric {metric.name!r}; {nearest(metric.name, {*known, TIME})}"
    )


def outcomes_of(
    claim: Claim, arms: Iterable[Arm], seeds: Seeds, runs: RunIndex
) -> dict[str, Outcomes]:
    """Outcomes, by name, of every metric that a claim is about."""
    arms = tuple(arms)
    metrics = dict.fromkeys(expectation.metric for expectation in claim.expect)
    return {metric.name: _outcomes(metric, claim, arms, seeds, runs) for metric in metrics}


def _outcomes(
    metric: Metric, claim: Claim, arms: tuple[Arm, ...], seeds: Seeds, runs: RunIndex
) -> Outcomes:
    if metric.is_time and metric.final not in runs.final:
        return _timed(metric, claim, arms, seeds, runs)
    if not len(runs.final):
        return Outcomes(metric, {arm.label: {} for arm in arms})
    column = metric_column(metric, map(str, runs.final))
    wanted = frozenset(seeds)
    values = {arm.label: runs.scores(arm.runs_path, column, wanted) for arm in arms}
    if not any(values.values()) and any(runs.seeds(arm.runs_path) & wanted for arm in arms):
        raise UserError(
            f"no run records the metric {metric.name!r}: these runs are older than the metric; "
            "remove their folders to train them again"
        )
    # Others may have rounded what they report; we do not.
    not_ours = any(arm.elsewhere or arm.whole_timed for arm in arms)
    return Outcomes(
        metric,
        values,
        _resolution(metric, arms, runs),
        _curves(metric, claim, arms, seeds, runs),
        step_of(metric, values.values()) if not_ours else 0.0,
    )


def _curves(
    metric: Metric, claim: Claim, arms: tuple[Arm, ...], seeds: Seeds, runs: RunIndex
) -> dict[str, Curves]:
    """What a claim reads besides the final scores."""
    if claim.reads == "epochs":
        return {arm.label: epoch_ends(runs, arm, seeds, metric) for arm in arms}
    if claim.reads == "selection":
        return {arm.label: selection(runs, arm, seeds, metric) for arm in arms}
    return {}


def values_of(rows: pd.DataFrame, column: str) -> dict[int, float]:
    """seed -> value; nan where the run failed, absent where it finished without recording it."""
    values = rows[column].to_numpy(dtype=float, na_value=np.nan)
    failed = rows["failed"].to_numpy(dtype=bool)
    known = failed | ~np.isnan(values)
    values = np.where(failed, np.nan, values)[known]
    return dict(zip(rows["seed"].to_numpy()[known].tolist(), values.tolist(), strict=True))


def scores_on(rows: pd.DataFrame, metric: Metric, column: str) -> dict[int, float]:
    """seed -> value of a metric in a column that it may share with its complement."""
    values = values_of(rows, column)
    return {s: 1.0 - v for s, v in values.items()} if metric.complement_of else values


def _resolution(metric: Metric, arms: Iterable[Arm], runs: RunIndex) -> float:
    """1 / test images; the coarsest of the arms, 0 where it is not known."""
    if not is_counted(metric) or "test_size" not in runs.final:
        return 0.0
    sizes = [size for arm in arms for size in runs.test_sizes(arm.runs_path)]
    return 1.0 / min(sizes) if sizes and min(sizes) > 0 else 0.0


def is_counted(metric: Metric) -> bool:
    """Whether it is the share of images that were classified right, or wrong."""
    return metric.is_fraction and metric.curve == RECORDED["accuracy"].curve


def arm_steps(arm: Arm, runs: RunIndex) -> float | None:
    """Optimizer steps of an arm: as its runs took them, else as its budget says."""
    rows = runs.rows(arm.runs_path)
    if len(rows) and "steps" in rows and rows["steps"].notna().any():
        return float(rows["steps"].dropna().iloc[0])
    budget = arm.configuration.budget
    return float(budget.amount) if budget.kind == "steps" else None


def epoch_ends(runs: RunIndex, arm: Arm, seeds: Seeds, metric: Metric) -> Curves:
    """seed -> values on the validation subset at the ends of epochs 1, 2, ..., in order.

    nan where an epoch has no evaluation.
    """
    ends = _ends(runs, arm, seeds).sort_values(["seed", "epoch"])
    if not len(ends) or metric.curve not in ends:
        return {}
    values = ends[metric.curve].to_numpy(dtype=float)
    values = 1.0 - values if metric.complement_of else values
    epochs = ends["epoch"].round().to_numpy(dtype=int)
    by_seed: Curves = {}
    for seed in ends["seed"].unique().tolist():
        of_seed = (ends["seed"] == seed).to_numpy()
        filled = np.full(epochs[of_seed].max(), np.nan)
        filled[epochs[of_seed] - 1] = values[of_seed]
        by_seed[int(seed)] = tuple(filled.tolist())
    return by_seed


def _ends(runs: RunIndex, arm: Arm, seeds: Seeds) -> pd.DataFrame:
    """The evaluations at the ends of epochs."""
    curve = runs.curve(arm.runs_path, seeds)
    curve = curve[curve["split"] == "validation_curve"]
    epochs = curve["epoch"].astype(float)
    return curve[((epochs - epochs.round()).abs() < EPOCH_TOLERANCE) & (epochs > 0.5)]


def selection(runs: RunIndex, arm: Arm, seeds: Seeds, metric: Metric) -> Curves:
    """seed -> the score on the whole validation set, on which a search chooses its winner."""
    rows = runs.rows(arm.runs_path, seeds)
    if not metric.validation or metric.validation not in rows:
        return {}
    return {seed: (v,) for seed, v in scores_on(rows, metric, metric.validation).items()}


def _timed(
    metric: Metric, claim: Claim, arms: tuple[Arm, ...], seeds: Seeds, runs: RunIndex
) -> Outcomes:
    """Repeat -> seconds of the whole training, steps x seconds per step, as a timing job measured.

    Repeats are paired as seeds are: those of one index ran one after the other.
    """
    timing = timing_of((arm.configuration.timed_path for arm in arms), runs.timings)
    if timing is None:
        return Outcomes(metric, {arm.label: {} for arm in arms})
    values: dict[str, dict[int, float]] = {}
    curves: dict[str, Curves] = {}
    for arm in arms:
        per_step = timing.seconds_per_step(arm.configuration.timed_path)
        steps = 1.0 if arm.whole_timed else arm_steps(arm, runs)
        values[arm.label] = {
            repeat: steps * seconds for repeat, seconds in enumerate(per_step) if steps is not None
        }
        if claim.reads == "epochs":
            ends = sorted(set(_ends(runs, arm, seeds)["step"]))
            curves[arm.label] = {
                repeat: tuple(float(step * seconds) for step in ends)
                for repeat, seconds in enumerate(per_step)
                if ends
            }
    return Outcomes(metric, values, curves=curves)
