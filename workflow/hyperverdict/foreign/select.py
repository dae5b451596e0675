"""Runs from elsewhere: which rows of a table stand for which arm, in our tables' columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.claims.model import Arm
from hyperverdict.effects.effect import MOST_FAILURES
from hyperverdict.foreign.identity import PROGRESS
from hyperverdict.foreign.logs import diverged_late
from hyperverdict.foreign.runs import ForeignRuns
from hyperverdict.outcomes.values import METRIC_COLUMNS
from hyperverdict.records.collect import CURVE_COLUMNS
from hyperverdict.study.model import TIME_METRIC
from hyperverdict.vocabulary.budget import Budget, parse_budget
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.vocabulary.hyperparameters import as_number
from hyperverdict.words.counting import digits, listed

Mask = npt.NDArray[np.bool_]

# A run counts as trained to a budget when it stopped within this share of it.
BUDGET_TOLERANCE = 0.05
CURVE_SOURCES = {"accuracy": "validation_accuracy", "loss": "validation_loss"}


@dataclass
class Levels:
    """Rows of a table by the levels they hold; every column is read once."""

    rows: pd.DataFrame
    _codes: dict[str, tuple[npt.NDArray[np.int64], dict[Any, int]]] = field(
        init=False, default_factory=dict
    )

    def mask(self, levels: Mapping[str, Any]) -> Mask:
        """Rows [n] that hold all these levels; columns that the table lacks are passed over."""
        found: Mask = np.ones(len(self.rows), dtype=bool)
        for name, level in levels.items():
            if name in self.rows and name not in (*PROGRESS, "seed"):
                found &= self._equals(name, level)
        return found

    def _equals(self, column: str, level: Any) -> Mask:
        if column not in self._codes:
            codes, values = pd.factorize(self.rows[column])
            keys: dict[Any, int] = {}
            # Cells that spell one level in two ways share a code.
            same = np.array([keys.setdefault(cell_key(v), i) for i, v in enumerate(values)] + [-1])
            self._codes[column] = same[codes], keys
        codes, keys = self._codes[column]
        equal: Mask = codes == keys.get(cell_key(level), -2)
        return equal

    def of(self, column: str) -> list[Any]:
        """The distinct values of a column, at most ten, in order."""
        values = self.rows[column].dropna().unique()
        return sorted(values.tolist(), key=lambda v: (isinstance(v, str), v))[:10]


@dataclass
class Matcher:
    """A table's rows, those of stopped runs apart, by the levels they hold.

    Attributes:
        metrics: metrics that the study claims something about.
        reported: rows that a claim may be judged on (test rows of a table with splits).
    """

    runs: ForeignRuns
    metrics: tuple[str, ...]
    ended: Levels = field(init=False)
    stopped: Levels = field(init=False)
    reported: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.ended = Levels(_filled(self.runs.rows, self.metrics, self.runs.hyperparameters))
        self.stopped = Levels(self.runs.stopped)
        split = self.rows.get("split")
        if split is None:
            self.reported = np.ones(len(self.rows), dtype=bool)
        else:
            name = "test" if (split == "test").any() else "validation"
            self.reported = (split == name).to_numpy()

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of runs that ended, in the order of training."""
        return self.ended.rows


def cell_key(value: Any) -> Any:
    """One key for all spellings of a level: 1e-3, '0.001' and 0.001; 'Adam' and 'adam'."""
    if isinstance(value, (list, tuple)):
        return "-".join(str(cell_key(item)) for item in value)
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    try:
        return round(as_number(value.item() if hasattr(value, "item") else value), 12)
    except Exception:
        return str(value).strip().lower()


def _filled(
    rows: pd.DataFrame, metrics: Iterable[str], hyperparameters: Iterable[str]
) -> pd.DataFrame:
    """Rows in the order of training; logs leave cells empty, so metrics are carried forward."""
    progress = [name for name in PROGRESS if name in rows]
    if not progress or rows["run"].is_unique:
        return rows
    rows = rows.sort_values(["run", *progress], kind="stable", ignore_index=True)
    keys = ["run", *(["split"] if "split" in rows else [])]
    names = [m for m in dict.fromkeys((*metrics, "accuracy", "error", "loss")) if m in rows]
    # A failed run has no result, whatever it logged before.
    rows["failed"] |= diverged_late(rows, metrics, hyperparameters)
    rows[names] = rows.groupby(keys, sort=False)[names].ffill()
    rows["failed"] = rows.groupby("run")["failed"].transform("any")
    return rows


@dataclass(frozen=True)
class Selection:
    """The rows of one arm at one budget.

    Attributes:
        final: one row per seed, in the columns of our final table.
        curves: one row per evaluation, in the columns of our curves table.
        off_budget: how far the runs went instead of the budget, in words; "" when they fit.
        averaged: what several rows of one seed were averaged over, in words; "".
        lost: how many runs no mean holds, since they failed or were stopped ("8 of 20 runs"); ""
            where these are few.
    """

    final: pd.DataFrame
    curves: pd.DataFrame
    off_budget: str = ""
    averaged: str = ""
    lost: str = ""


def select(
    matcher: Matcher, baseline: Mapping[str, Any], arm: Arm, budget: Budget | None
) -> Selection:
    """The rows that stand for an arm: its levels, the stated baseline, the budget."""
    levels = {**baseline, **arm.context, **arm.settings}
    if "budget" in levels:
        budget = parse_budget(levels.pop("budget"))
    rows = matcher.rows[matcher.ended.mask(levels)]
    reported = rows[matcher.reported[rows.index]]
    ended, off_budget = at_budget(reported, budget)
    averaged = _averaged_over(ended, matcher.runs.hyperparameters, levels)
    final = to_final(one_per_seed(ended), arm, matcher.metrics)
    curves = to_curves(rows, arm.runs_path, matcher.metrics)
    lost = _lost(ended, matcher.runs.stopped[matcher.stopped.mask(levels)])
    return Selection(final, curves, off_budget, averaged, lost)


def _lost(ended: pd.DataFrame, stopped: pd.DataFrame) -> str:
    """Runs that no mean holds: failed beside a finished one of their seed, or stopped."""
    failed = ended["failed"].astype(bool)
    averaged_away = int((failed & ended["seed"].isin(ended["seed"][~failed])).sum())
    ids = [c for c in ("run", "seed") if c in stopped][:1]
    n_stopped = len(stopped.drop_duplicates(ids)) if ids else len(stopped)
    lost, total = averaged_away + n_stopped, len(ended) + n_stopped
    if lost <= MOST_FAILURES * total:
        return ""
    return f"{lost} of {total} runs"


def at_budget(rows: pd.DataFrame, budget: Budget | None) -> tuple[pd.DataFrame, str]:
    """Each run's row at the budget where it has one, else its last row, and what was missing."""
    last = rows.drop_duplicates("run", keep="last")
    if budget is None or not len(rows) or budget.kind not in rows:
        return last, ""
    reached = rows[budget.kind].to_numpy(dtype=float)
    near = np.abs(reached - budget.amount) <= BUDGET_TOLERANCE * budget.amount
    if not near.any():
        amounts = sorted({float(x) for x in last[budget.kind].dropna()})
        return last, _stopped_at(amounts, budget)
    distance = np.abs(reached - budget.amount)
    hits = rows.assign(_distance=distance)[near].sort_values("_distance", kind="stable")
    hits = hits.drop_duplicates("run").drop(columns="_distance")
    others = last[~last["run"].isin(hits["run"])]
    return pd.concat([hits, others]).sort_index(), ""


def _stopped_at(amounts: list[float], budget: Budget) -> str:
    if not amounts:
        return ""
    shown = digits(amounts[0], 6)
    if len(amounts) > 1:
        shown = f"{shown} to {digits(amounts[-1], 6)}"
    return f"ended at {shown} {budget.kind}, not at the {budget} that the claim holds equal"


def _averaged_over(
    rows: pd.DataFrame, hyperparameters: Iterable[str], levels: Mapping[str, Any]
) -> str:
    """What differs between several rows of one seed of an arm."""
    if not rows["seed"].duplicated().any():
        return ""
    varied = [c for c in hyperparameters if c not in levels and rows[c].nunique() > 1]
    if not varied:
        return "repeated runs of one seed"
    return listed(f"{name} {listed(_few(rows[name]))}" for name in varied)


def _few(column: pd.Series[Any]) -> list[str]:
    values = sorted(column.dropna().unique().tolist(), key=lambda v: (isinstance(v, str), v))
    shown = [digits(float(v)) if isinstance(v, (int, float)) else str(v) for v in values[:4]]
    return [*shown, "..."] if len(values) > 4 else shown


def one_per_seed(rows: pd.DataFrame) -> pd.DataFrame:
    """Several rows of one seed become their mean; the seed failed only when all of them did."""
    if not rows["seed"].duplicated().any():
        return rows
    finished = rows[~rows["failed"].astype(bool)]
    rows = pd.concat([finished, rows[~rows["seed"].isin(finished["seed"])]])
    numeric = [c for c in rows if rows[c].dtype.kind in "iuf" and c != "seed"]
    how = {c: ("mean" if c in numeric else _all_of) for c in rows if c != "seed"}
    how["failed"] = "all"
    return rows.groupby("seed", as_index=False, sort=True).agg(how)


def _all_of(column: pd.Series[Any]) -> Any:
    """The one value of a column of words, or all of them, so that what differs stays visible."""
    values = sorted({str(value) for value in column.dropna()})
    return column.iloc[0] if len(values) < 2 else listed(values)


def to_final(rows: pd.DataFrame, arm: Arm, metrics: Iterable[str]) -> pd.DataFrame:
    """Rows of an arm in the columns of our final table."""
    taken = rows.drop(columns=[c for c in ("path", "budget") if c in rows])
    columns: dict[str, Any] = {}
    for name in dict.fromkeys((*metrics, "accuracy", "error", "loss")):
        if name in rows and name != TIME_METRIC:
            columns[METRIC_COLUMNS.get(name, f"test_{name}")] = rows[name].to_numpy()
    claimed = [name for name in metrics if name in rows]
    empty = rows[claimed].isna().all(axis=1) if claimed else pd.Series(False, index=rows.index)
    failed = (rows["failed"].astype(bool) | empty).to_numpy()
    final = taken.assign(
        path=arm.runs_path,
        budget=arm.configuration.budget.slug,
        failed=failed,
        status=np.where(failed, "diverged", "finished"),
        **columns,
    )
    final = _described(final, arm)
    return final.reset_index(drop=True)


def _described(final: pd.DataFrame, arm: Arm) -> pd.DataFrame:
    """What a table leaves open and the claim states: levels, and sizes of published test sets."""
    for name, level in {**arm.context, **arm.settings}.items():
        if name not in final and name != "budget":
            final[name] = str(level) if isinstance(level, (list, tuple)) else level
    facts = DATASETS.get(arm.configuration.data)
    if "test_size" not in final:
        published = facts is not None and facts.test_counts is not None
        final["test_size"] = facts.sizes()[2] if published and facts else np.nan
    for name in ("steps", "epochs", "samples", "parameters", "flops_per_sample", "train_seconds"):
        if name not in final:
            final[name] = np.nan
    final["seed"] = final["seed"].astype("int64")
    return final


def to_curves(rows: pd.DataFrame, path: str, metrics: Iterable[str]) -> pd.DataFrame:
    """Evaluations of an arm in the columns of our curves table; none for one row per run."""
    axis = next((name for name in PROGRESS if name in rows), None)
    if axis is None or not len(rows) or rows["run"].is_unique:
        return pd.DataFrame(columns=list(CURVE_COLUMNS))
    shared = {
        "path": path,
        "seed": rows["seed"].to_numpy(),
        "step": rows["steps" if "steps" in rows else axis].to_numpy(dtype=float),
        "samples": _column(rows, "samples"),
        "epoch": _column(rows, "epochs"),
        "train_seconds": _column(rows, TIME_METRIC),
    }
    parts = [pd.DataFrame({**shared, "split": "validation_curve", **_curve_scores(rows, metrics)})]
    if "split" in rows:
        split = rows["split"].to_numpy()
        parts[0] = parts[0][split != "train"]
        if (split == "train").any():
            train = {"split": "train", **_curve_scores(rows, metrics)}
            parts.append(pd.DataFrame({**shared, **train})[split == "train"])
    elif "train_loss" in rows:
        train = {"split": "train", "loss": _column(rows, "train_loss"), "accuracy": np.nan}
        parts.append(pd.DataFrame({**shared, **train}))
    curves = pd.concat(parts, ignore_index=True)
    return curves[~curves["step"].isna()].drop_duplicates(["seed", "step", "split"], keep="last")


def _curve_scores(rows: pd.DataFrame, metrics: Iterable[str]) -> dict[str, Any]:
    """Validation scores where they are logged, else the reported ones."""
    scores: dict[str, Any] = {}
    for name, source in CURVE_SOURCES.items():
        scores[name] = _column(rows, source if source in rows else name)
    for name in metrics:
        if name not in (*CURVE_SOURCES, "error", TIME_METRIC):
            scores[name] = _column(rows, name)
    return scores


def _column(rows: pd.DataFrame, name: str) -> Any:
    return rows[name].to_numpy(dtype=float) if name in rows else np.nan
