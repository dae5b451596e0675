"""The arms of a question with what their runs left behind."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy.typing as npt
import pandas as pd

from hyperverdict.claims.model import Question
from hyperverdict.effects.outcomes import Arm
from hyperverdict.outcomes.values import RunIndex, arm_steps
from hyperverdict.stats.thresholds import MATCHED
from hyperverdict.vocabulary.budget import samples_after, steps_per_epoch
from hyperverdict.vocabulary.hyperparameters import Level, read_any, spell_any
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.words.numbers import listed

ENDS = {"diverged": "diverged", "out_of_memory": "ran out of memory", "failed": "failed"}
# Messages of failed runs that are shown of an arm.
MOST_MESSAGES = 3


@dataclass(frozen=True)
class ArmSummary:
    """One arm as trained: where it is, how much it trained, what it scored.

    Attributes:
        label: identity, as in `Contrast.arms`; title: the arm for people, "batch size 128".
        path: the run's folder below results/runs/, or a name for runs from elsewhere.
        is_ours: the runs have a folder below results/runs/.
        settings: the levels of the factors, context included, as numbers or text.
        steps, samples, epochs, parameters: 0 where a table from elsewhere does not say.
        means: metric name -> mean over finished seeds; sds: metric name -> standard deviation.
        tuned: what tuning chose for it, name -> level; empty untuned.
        messages: how runs of the user's own training failed, in its program's words.
        train_seconds: mean over finished seeds as recorded by the runs; 0 where nothing says it.
    """

    label: str
    title: str
    path: str
    is_ours: bool
    settings: Mapping[str, Any]
    steps: int
    samples: int
    epochs: float
    parameters: int
    flops_per_sample: int
    seeds: tuple[int, ...]
    finished: int
    missing: int
    means: Mapping[str, float]
    sds: Mapping[str, float]
    learning_rate: float
    batch_size: int = 0
    tuned: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    train_seconds: float = 0.0


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

    @property
    def label(self) -> str:
        """The arm's identity."""
        return self.arm.label

    @property
    def title(self) -> str:
        """The arm for people."""
        return self.arm.title

    @property
    def finished(self) -> pd.DataFrame:
        """The rows of the runs that did not fail."""
        return finished_rows(self.rows)

    @property
    def ended(self) -> str:
        """How the failed runs ended: "diverged", "ran out of memory", or "failed"."""
        if "status" not in self.rows:
            return "failed"
        ends = Counter(str(end) for end in self.rows["status"][self.rows["failed"].astype(bool)])
        known = [ENDS[end] for end in ends if end in ENDS]
        return listed(known, "or") if known and len(known) == len(ends) else "failed"

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


def finished_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the runs that did not fail."""
    return rows[~rows["failed"].astype(bool)] if len(rows) else rows


def level_codes(column: pd.Series[Any]) -> pd.Series[str]:
    """The levels of a column as text, in one spelling; missing ones stay missing."""
    return column.map({value: spell_any(read_any(value)) for value in pd.unique(column.dropna())})


def apart(first: ArmRuns, second: ArmRuns, column: str) -> float:
    """Share of common seeds at which two arms hold other levels of a column.

    0 where they do not share most of their seeds.
    """
    a, b = (x.rows.set_index("seed")[column] for x in (first, second))
    common = a.index.intersection(b.index)
    paired = a.index.is_unique and b.index.is_unique
    if not (paired and len(common) >= MATCHED * min(len(a), len(b)) > 0):
        return 0.0
    differ = level_codes(a.loc[common]).fillna("") != level_codes(b.loc[common]).fillna("")
    return float(differ.mean())


def arm_runs(
    question: Question, runs: RunIndex, chosen: Mapping[str, Mapping[str, Level]]
) -> tuple[ArmRuns, ...]:
    """The runs of every arm of a question.

    Args:
        chosen: arm label -> what tuning chose for it.
    """
    found = []
    for arm in question.arms:
        rows = runs.rows(arm.runs_path, question.seeds)
        curve = runs.curve(arm.runs_path, question.seeds)
        summary = _summary(arm, question, rows, arm_steps(arm, runs), chosen.get(arm.label, {}))
        found.append(ArmRuns(arm, summary, rows, curve))
    return tuple(found)


def _summary(
    arm: Arm,
    question: Question,
    rows: pd.DataFrame,
    steps: float | None,
    tuned: Mapping[str, Level],
) -> ArmSummary:
    ours = not arm.elsewhere
    planned = question.seeds
    finished = finished_rows(rows)
    steps = _number(finished, "steps") or (steps if ours and steps else 0.0)
    samples, epochs = _progress(arm, steps, finished)
    means, sds = _scores(question, arm, finished)
    return ArmSummary(
        label=arm.label,
        title=arm.title,
        path=arm.runs_path,
        is_ours=ours,
        settings=_plain(arm, arm.levels),
        steps=round(steps),
        samples=round(samples),
        epochs=epochs,
        parameters=round(_number(rows, "parameters")),
        flops_per_sample=round(_number(rows, "flops_per_sample")),
        seeds=planned if ours else tuple(map(int, rows["seed"])),
        finished=len(finished),
        missing=len(set(planned) - set(rows["seed"].tolist())) if ours else 0,
        means=means,
        sds=sds,
        learning_rate=_setting(arm, rows, "learning_rate"),
        batch_size=round(_setting(arm, rows, "batch_size")),
        tuned=_plain(arm, tuned),
        messages=_messages(arm, rows),
        train_seconds=_number(finished, "train_seconds"),
    )


def _messages(arm: Arm, rows: pd.DataFrame) -> tuple[str, ...]:
    """Distinct messages of the failed runs of a training of the user's own, each with its seeds."""
    if not arm.whole_timed or "message" not in rows:
        return ()
    seeds: dict[str, list[int]] = {}
    failed = rows[rows["failed"].astype(bool) & rows["message"].notna()]
    for seed, message in zip(failed["seed"], failed["message"], strict=True):
        if message:
            seeds.setdefault(str(message), []).append(int(seed))
    shown = [
        f"Seed {listed(of)}: {text}" if len(of) == 1 else f"Seeds {listed(of)}: {text}"
        for text, of in seeds.items()
    ]
    return tuple(shown[:MOST_MESSAGES])


def _plain(arm: Arm, levels: Mapping[str, Level]) -> dict[str, Any]:
    """Levels as numbers or text: lists and budgets are spelled."""
    spell = arm.configuration.vocabulary.spell
    return {
        name: level if isinstance(level, (int, float, str)) else spell(name, level)
        for name, level in levels.items()
    }


def _setting(arm: Arm, rows: pd.DataFrame, name: str) -> float:
    """A numeric hyperparameter as recorded, else as configured; 0 where nothing says it."""
    recorded = _number(rows, name)
    level = arm.configuration.get(name)
    configured = float(level) if isinstance(level, (int, float)) else 0.0
    return recorded or (0.0 if arm.elsewhere else configured)


def _progress(arm: Arm, steps: float, finished: pd.DataFrame) -> tuple[float, float]:
    """(samples, epochs) as recorded, else as the configuration implies for the steps."""
    samples, epochs = _number(finished, "samples"), _number(finished, "epochs")
    if arm.data_facts is None:
        return samples, epochs
    batch, size = arm.configuration["batch_size"], arm.configuration.train_size
    return (
        samples or float(samples_after(round(steps), batch, size)),
        epochs or steps / steps_per_epoch(batch, size),
    )


def _number(rows: pd.DataFrame, column: str) -> float:
    """The mean of a column, 0 when it is not recorded."""
    if column not in rows or not len(rows):
        return 0.0
    mean = pd.to_numeric(rows[column], errors="coerce").mean()
    return 0.0 if math.isnan(mean) else float(mean)


def _scores(
    question: Question, arm: Arm, finished: pd.DataFrame
) -> tuple[dict[str, float], dict[str, float]]:
    """metric -> mean and standard deviation over finished seeds; of recorded scores always."""
    values: dict[str, list[float]] = {}
    for name, metric in RECORDED.items():
        if metric.final in finished and not metric.is_time and not metric.complement_of:
            values[name] = [float(v) for v in finished[metric.final].dropna()]
    for name, outcomes in question.outcomes.items():
        of_arm = outcomes.values.get(arm.label, {}).values()
        values[name] = [value for value in of_arm if math.isfinite(value)]
    means = {name: sum(v) / len(v) for name, v in values.items() if v}
    sds = {name: float(pd.Series(v).std()) for name, v in values.items() if len(v) > 1}
    return means, sds
