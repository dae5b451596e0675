"""Tables of runs become the outcomes of one question: arm -> seed -> value.

A failed run is nan, a missing one is absent, and a hypothesis sees its own registered seeds only,
even where a shared run holds more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.claims.model import Arm, Outcomes
from hyperverdict.effects.rounding import FRACTIONS, step_of
from hyperverdict.errors import UserError, nearest
from hyperverdict.outcomes.timing import Timing, timing_of
from hyperverdict.study.model import TIME_METRIC, Hypothesis, Metric, Study

# Columns of the final table that hold a metric under another name.
METRIC_COLUMNS = {
    "accuracy": "test_accuracy",
    "error": "test_error",
    "loss": "test_loss",
}
SELECTION_COLUMNS = {
    "accuracy": "validation_accuracy",
    "error": "validation_accuracy",
    "loss": "validation_loss",
}
# An epoch end may be recorded as 0.9999999 where samples are divided by the size of the set.
EPOCH_TOLERANCE = 1e-6


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

    def rows(self, path: str, seeds: Iterable[int] | None = None) -> pd.DataFrame:
        """Rows of the final table of one configuration, one per seed."""
        if path not in self._taken:
            self._taken[path] = self.final.take(self._final_rows.get(path, []))
        return _of_seeds(self._taken[path], seeds)

    def curve(self, path: str, seeds: Iterable[int] | None = None) -> pd.DataFrame:
        """Rows of the curves table of one configuration."""
        return _of_seeds(self.curves.take(self._curve_rows.get(path, [])), seeds)


def _of_seeds(rows: pd.DataFrame, seeds: Iterable[int] | None) -> pd.DataFrame:
    if seeds is None:
        return rows
    wanted = rows["seed"].isin(list(seeds))
    return rows if wanted.all() else rows[wanted]


def index_runs(
    final: pd.DataFrame,
    curves: pd.DataFrame,
    timings: Iterable[Timing] = (),
) -> RunIndex:
    """Index the tables once; one question then costs the size of its own runs."""
    # Sums depend on the order of their terms in the last digit; verdicts must not depend on it.
    final = final.sort_values(["path", "seed"], kind="stable", ignore_index=True)
    curves = curves.sort_values(["path", "seed", "step"], kind="stable", ignore_index=True)
    by_path = _rows_by_path(final)
    curve_by_path = _rows_by_path(curves)
    return RunIndex(final, curves, tuple(timings), by_path, curve_by_path)


def _rows_by_path(table: pd.DataFrame) -> dict[str, Any]:
    groups = table.groupby("path", sort=False).indices if len(table) else {}
    return {str(path): rows for path, rows in groups.items()}


def metric_column(name: str, columns: Iterable[str]) -> str:
    """The column of the final table that holds a metric.

    Raises UserError naming the metric and those that are recorded.
    """
    present = list(columns)
    candidates = [METRIC_COLUMNS[name]] if name in METRIC_COLUMNS else [f"test_{name}", name]
    for candidate in candidates:
        if candidate in present:
            return candidate
    known = {c.removeprefix("test_") for c in present if c.startswith("test_")} - {"size"}
    raise UserError(f"no run records the metric {name!r}; {nearest(name, {*known, TIME_METRIC})}")


def outcomes_of(
    study: Study, hypothesis: Hypothesis, arms: Iterable[Arm], runs: RunIndex
) -> dict[str, Outcomes]:
    """Outcomes of every metric that the hypothesis claims something about."""
    arms = tuple(arms)
    names = dict.fromkeys(expectation.metric for expectation in hypothesis.expect)
    return {
        name: _outcomes(study.metrics[name], hypothesis, arms, runs)
        for name in names
        if name in study.metrics
    }


def _outcomes(
    metric: Metric, hypothesis: Hypothesis, arms: tuple[Arm, ...], runs: RunIndex
) -> Outcomes:
    along = "each" in hypothesis.terms
    searched = "search" in hypothesis.terms
    if metric.name == TIME_METRIC and not _recorded_times(runs):
        timing = timing_of((arm.configuration.arm_path for arm in arms), runs.timings)
        values = {arm.label: _times(arm, hypothesis, runs, timing) for arm in arms}
        times = {arm.label: _time_curves(arm, hypothesis, runs, timing) for arm in arms}
        return Outcomes(metric, values, curves=times if along else {})
    if not len(runs.final):
        return Outcomes(metric, {arm.label: {} for arm in arms})
    column = _recorded_times(runs) or metric_column(metric.name, _columns(runs))
    if metric.name != TIME_METRIC:
        column = metric_column(metric.name, _columns(runs))
    values = {arm.label: values_of(runs.rows(_path(arm), hypothesis.seeds), column) for arm in arms}
    curves: dict[str, dict[int, tuple[float, ...]]] = {}
    if along:
        curves = {arm.label: epoch_ends(runs, arm, hypothesis, metric.name) for arm in arms}
    elif searched:
        curves = {arm.label: selection(runs, arm, hypothesis, metric.name) for arm in arms}
    resolution = _resolution(metric, arms, runs)
    from_elsewhere = any(arm.elsewhere for arm in arms)
    rounding = step_of(metric, values.values()) if from_elsewhere else 0.0
    return Outcomes(metric, values, resolution, curves, rounding)


def _path(arm: Arm) -> str:
    return arm.runs_path


def _columns(runs: RunIndex) -> list[str]:
    return list(runs.final.columns)


def _recorded_times(runs: RunIndex) -> str:
    """The column of times in a table from elsewhere, or "" for our own runs."""
    return "train_time" if "train_time" in _columns(runs) else ""


def values_of(rows: pd.DataFrame, column: str) -> dict[int, float]:
    """seed -> value; nan where the run failed."""
    values = rows[column].to_numpy(dtype=float, na_value=np.nan)
    values = np.where(rows["failed"].to_numpy(dtype=bool), np.nan, values)
    return dict(zip(rows["seed"].tolist(), values.tolist(), strict=True))


def _resolution(metric: Metric, arms: Iterable[Arm], runs: RunIndex) -> float:
    """1 / test images; the coarsest of the arms, 0 where it is not known."""
    if metric.name not in FRACTIONS or "test_size" not in _columns(runs):
        return 0.0
    sizes = [size for arm in arms for size in runs.rows(_path(arm))["test_size"].dropna()]
    return 1.0 / min(sizes) if sizes and min(sizes) > 0 else 0.0


def arm_steps(arm: Arm, runs: RunIndex) -> float | None:
    """Optimizer steps of an arm: as its runs took them, else as its budget says."""
    rows = runs.rows(_path(arm))
    if len(rows) and "steps" in rows and rows["steps"].notna().any():
        return float(rows["steps"].dropna().iloc[0])
    budget = arm.configuration.budget
    return float(budget.amount) if budget.kind == "steps" else None


def _times(
    arm: Arm, hypothesis: Hypothesis, runs: RunIndex, timing: Timing | None
) -> dict[int, float]:
    """Repeat -> seconds of the whole training: steps x seconds per step.

    Repeats are paired as seeds are: those of one index ran one after the other.
    """
    steps = arm_steps(arm, runs)
    if timing is None or steps is None:
        return {}
    per_step = timing.seconds_per_step(arm.configuration.arm_path)
    return {repeat: steps * seconds for repeat, seconds in enumerate(per_step)}


def epoch_ends(
    runs: RunIndex, arm: Arm, hypothesis: Hypothesis, metric: str
) -> dict[int, tuple[float, ...]]:
    """seed -> values on the validation subset at the ends of epochs 1, 2, ..., in order.

    nan where an epoch has no evaluation.
    """
    curve = runs.curve(_path(arm), hypothesis.seeds)
    curve = curve[curve["split"] == "validation_curve"]
    column = "accuracy" if metric == "error" else metric
    if not len(curve) or column not in curve:
        return {}
    at_end = (curve["epoch"] - curve["epoch"].round()).abs() < EPOCH_TOLERANCE
    ends = curve[at_end & (curve["epoch"] > 0.5)].sort_values(["seed", "epoch"])
    values = (1.0 - ends[column] if metric == "error" else ends[column]).to_numpy(dtype=float)
    epochs = ends["epoch"].round().to_numpy(dtype=int)
    by_seed: dict[int, tuple[float, ...]] = {}
    for seed in ends["seed"].unique().tolist():
        of_seed = (ends["seed"] == seed).to_numpy()
        filled = np.full(epochs[of_seed].max(), np.nan)
        filled[epochs[of_seed] - 1] = values[of_seed]
        by_seed[int(seed)] = tuple(filled.tolist())
    return by_seed


def selection(
    runs: RunIndex, arm: Arm, hypothesis: Hypothesis, metric: str
) -> dict[int, tuple[float, ...]]:
    """seed -> the score on the whole validation set, on which a search chooses its winner."""
    column = SELECTION_COLUMNS.get(metric)
    rows = runs.rows(_path(arm), hypothesis.seeds)
    if column is None or column not in rows:
        return {}
    scores = values_of(rows, column)
    return {s: (1.0 - v if metric == "error" else v,) for s, v in scores.items()}


def _time_curves(
    arm: Arm, hypothesis: Hypothesis, runs: RunIndex, timing: Timing | None
) -> dict[int, tuple[float, ...]]:
    """Repeat -> seconds of training until the ends of epochs 1, 2, ..."""
    curve = runs.curve(_path(arm), hypothesis.seeds)
    if timing is None or not len(curve):
        return {}
    curve = curve[curve["split"] == "validation_curve"]
    at_end = (curve["epoch"] - curve["epoch"].round()).abs() < EPOCH_TOLERANCE
    steps = sorted(set(curve[at_end & (curve["epoch"] > 0.5)]["step"]))
    per_step = timing.seconds_per_step(arm.configuration.arm_path)
    return {
        repeat: tuple(float(step * seconds) for step in steps)
        for repeat, seconds in enumerate(per_step)
    }
