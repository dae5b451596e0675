"""An arm's replicates and evaluations in the columns of our own tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError
from hyperverdict.foreign.content import Codes
from hyperverdict.foreign.levels import spelled
from hyperverdict.foreign.progress import Floats
from hyperverdict.foreign.replication import Replicates
from hyperverdict.foreign.runs import Runs
from hyperverdict.foreign.scores import Scores, read_scores, validation_scores
from hyperverdict.foreign.select import Selection
from hyperverdict.records.curves import CURVE_COLUMNS
from hyperverdict.vocabulary.metrics import RECORDED, TIME, Metric
from hyperverdict.words.numbers import listed

AMOUNTS = ("steps", "epochs", "samples")
MACHINE = ("hardware", "device", "threads", "host", "commit")
# Further scores of a run that checks compare.
MOST_SCORES = 50
_IN_FRACTIONS = frozenset(
    name for m in RECORDED.values() if m.is_fraction for name in (m.final, m.validation)
)


def final_rows(
    runs: Runs, arm: Arm, found: Replicates, metrics: Sequence[Metric], settings: Sequence[str]
) -> pd.DataFrame:
    """One row for each replicate of an arm, in the columns of the final table.

    Args:
        settings: those to write beside the arm's own.
    """
    n = len(found.seeds)
    columns: dict[str, Any] = {
        "path": [arm.runs_path] * n,
        "seed": found.seeds,
        "budget": [arm.configuration.budget.slug] * n,
        "failed": found.failed,
        "status": np.where(found.failed, "failed", "finished"),
    }
    for metric in metrics:
        columns[metric.final] = found.scores[metric.name]
    for name, values in _further_scores(runs, metrics).items():
        columns.setdefault(name, _means(values, found))
    for unit in AMOUNTS:
        amounts = runs.progress.amounts.get(unit)
        columns[unit] = np.nan if amounts is None else _means(amounts, found)
    for name in ("parameters", "flops_per_sample", "train_seconds"):
        columns[name] = np.nan if (cost := _cost(runs, name)) is None else _means(cost, found)
    columns["test_size"] = _test_size(runs, arm, found)
    for column in runs.roles.of("environment"):
        if column.name in MACHINE:
            cells = runs.table.columns[column.theirs]
            columns.setdefault(column.name, [_all_of(cells.iloc[rows]) for rows in found.rows])
    for name in settings:
        columns.setdefault(name, [_levels_text(runs, name, rows) for rows in found.rows])
    for name, level in arm.levels.items():
        columns.setdefault(name, [_shown(level)] * n)
    return pd.DataFrame(columns, index=range(n))


def _means(values: Floats, found: Replicates) -> Floats:
    return np.array([_mean(values[rows]) for rows in found.rows], dtype=float)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _further_scores(runs: Runs, metrics: Sequence[Metric]) -> dict[str, Floats]:
    """Scores of the recorded metrics that nothing is claimed about, and those on validation."""
    found: dict[str, Floats] = {}
    for metric in dict.fromkeys((*metrics, RECORDED["accuracy"], RECORDED["loss"])):
        if metric.is_time:
            continue
        if metric.name not in runs.scores and (scores := _unclaimed(runs, metric)):
            found[metric.final] = scores.values
        values = validation_scores(runs.table, runs.roles, metric, runs.scores)
        if values is not None and metric.validation:
            found[metric.validation] = 1 - values if metric.complement_of else values
    for column in runs.roles.of("metric")[:MOST_SCORES]:
        cells = runs.table.columns[column.theirs]
        if column.score is not None and cells.dtype.kind in "iuf":
            split = {"eval": "test", "": "test"}.get(column.score.split, column.score.split)
            name = f"{split}_{column.name}{'_best' if column.score.is_best else ''}"
            if name in _IN_FRACTIONS:  # Read above, or in doubt whether it is in percent.
                continue
            found.setdefault(name, cells.to_numpy(dtype=float))
    return found


def _unclaimed(runs: Runs, metric: Metric) -> Scores | None:
    try:
        return read_scores(runs.table, runs.roles, metric)
    except UserError:
        return None


def _cost(runs: Runs, name: str) -> Floats | None:
    column = runs.roles.first("cost", name)
    if column is None or runs.table.columns[column.theirs].dtype.kind not in "iuf":
        return None
    return runs.table.columns[column.theirs].to_numpy(dtype=float)


def _test_size(runs: Runs, arm: Arm, found: Replicates) -> Any:
    """Test images as the table says, else of a published test set; a share of the data is none."""
    recorded = _cost(runs, "test_size")
    if recorded is not None and np.isfinite(recorded).any() and np.nanmin(recorded) >= 1:
        return _means(recorded, found)
    facts = arm.configuration.data_facts
    return facts.sizes()[2] if facts is not None and facts.test_counts is not None else np.nan


def _all_of(cells: pd.Series[Any]) -> Any:
    """The one value of some cells, or all of them, so that what differs stays visible."""
    values = sorted({str(value) for value in cells.dropna()})
    return listed(values) if values else None


def _levels_text(runs: Runs, name: str, rows: Codes) -> Any:
    levels = runs.levels[name]
    codes = runs.codes(name)[runs.run[rows]]
    held = [levels.values[code] for code in np.unique(codes)]
    return _shown(held[0]) if len(held) == 1 else listed(map(spelled, held))


def _shown(level: Any) -> Any:
    return level if isinstance(level, (int, float, str)) else spelled(level)


def curve_rows(
    runs: Runs, path: str, arm: Selection, number: Codes, metrics: Sequence[Metric]
) -> pd.DataFrame:
    """Evaluations of an arm in the columns of our curves table; none for one row a run."""
    axis = next((u for u in runs.progress.units if u in AMOUNTS), None) or next(
        iter(runs.progress.units), None
    )
    rows = np.flatnonzero(np.isin(runs.run, arm.runs))
    if axis is None or not len(rows) or len(rows) == len(arm.runs):
        return pd.DataFrame(columns=list(CURVE_COLUMNS))
    amounts = runs.progress.amounts
    shared = {
        "path": path,
        "run": runs.run[rows],
        "seed": number[runs.run[rows]],
        "step": amounts["steps" if "steps" in amounts else axis][rows],
        "samples": amounts["samples"][rows] if "samples" in amounts else np.nan,
        "epoch": amounts["epochs"][rows] if "epochs" in amounts else np.nan,
        "train_seconds": _seconds(runs, rows),
    }
    held_out = np.ones(len(rows), dtype=bool)
    parts = []
    if runs.split is not None:
        held_out = runs.split[rows] != "train"
        train = {"split": "train", **_curve_scores(runs, rows, metrics)}
        parts.append(pd.DataFrame({**shared, **train})[~held_out])
    else:
        losses = [c for c in runs.roles.of("metric") if c.name == "loss" and c.score]
        loss = next((c for c in losses if c.score and c.score.split == "train"), None)
        if loss is not None and runs.table.columns[loss.theirs].dtype.kind in "iuf":
            values = runs.table.columns[loss.theirs].to_numpy(dtype=float)[rows]
            parts.append(pd.DataFrame({**shared, "split": "train", "loss": values}))
    scores = _curve_scores(runs, rows, metrics)
    parts.insert(0, pd.DataFrame({**shared, "split": "validation_curve", **scores})[held_out])
    curves = pd.concat([part for part in parts if len(part)], ignore_index=True)
    for name in CURVE_COLUMNS:
        if name not in curves:
            curves[name] = np.nan
    known = [c for c in curves if c not in (*shared, "split") and curves[c].notna().any()]
    curves = curves[~curves["step"].isna() & curves[known].notna().any(axis=1)]
    return _one_curve_a_seed(curves)


def _one_curve_a_seed(curves: pd.DataFrame) -> pd.DataFrame:
    """Curves of several runs of one seed as their mean, at the points that all of them have."""
    at = ["path", "seed", "step", "split"]
    by_run: pd.DataFrame = curves.groupby([*at, "run"], as_index=False, sort=False).last()
    counts = by_run.groupby(["seed", "split"])["run"].nunique()
    if counts.max() <= 1:
        return by_run.drop(columns="run")
    found: pd.DataFrame = by_run.groupby(at, as_index=False, sort=False).mean()
    size = by_run.groupby(at, sort=False).size().to_numpy()
    all_runs = counts.reindex(pd.MultiIndex.from_frame(found[["seed", "split"]])).to_numpy()
    kept: pd.DataFrame = found[size == all_runs]
    return kept.drop(columns="run")


def _seconds(runs: Runs, rows: Codes) -> Any:
    scores = runs.scores.get(TIME)
    return np.nan if scores is None else scores.values[rows]


def _curve_scores(runs: Runs, rows: Codes, metrics: Sequence[Metric]) -> dict[str, Floats]:
    """Scores on validation where they are logged, else the reported ones."""
    found: dict[str, Floats] = {}
    for metric in dict.fromkeys((*metrics, RECORDED["accuracy"], RECORDED["loss"])):
        if not metric.curve or metric.is_time or metric.curve in found:
            continue
        base = RECORDED[metric.complement_of] if metric.complement_of else metric
        values = validation_scores(runs.table, runs.roles, base, runs.scores)
        if values is None:
            own = runs.scores.get(base.name) or runs.scores.get(metric.name)
            if own is None:
                continue
            values = 1 - own.values if own.metric != base.name else own.values
        found[metric.curve] = values[rows]
    return found


def joined(frames: Sequence[pd.DataFrame], empty: pd.DataFrame) -> pd.DataFrame:
    """Tables of several arms as one; columns that hold words and numbers hold words."""
    if not frames:
        return empty
    found = pd.concat(frames, ignore_index=True)
    for name in map(str, found):
        cells = found[name]
        if pd.api.types.is_object_dtype(cells) and len({type(cell) for cell in cells.dropna()}) > 1:
            found[name] = [None if pd.isna(cell) else spelled(cell) for cell in cells]
    return found
