"""What figures read from the tables and from verdicts: values per arm and seed, effects."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from hyperverdict.claims.model import Effect, Judgement, Leg
from hyperverdict.study.model import TIME_METRIC, Study
from hyperverdict.verdicts.model import ArmSummary, HypothesisReport, Verdict
from hyperverdict.words import numbers as units
from hyperverdict.words.contrasts import shown_name

if TYPE_CHECKING:
    import pandas as pd


class EffectRow(NamedTuple):
    """One effect as drawn, in stored units.

    Attributes:
        interval: at 1 - alpha; band: effects too small to matter.
        per_seed: contrasts of the finished pairs.
    """

    label: str
    evidence: str
    estimate: float
    interval: tuple[float, float]
    band: tuple[float, float]
    per_seed: tuple[float, ...]


def deciding(verdict: Verdict) -> Judgement:
    """The judgement that counts: the corrected one where a family is declared."""
    return verdict.corrected or verdict.judgement


def judged_legs(verdict: Verdict) -> tuple[Leg, ...]:
    """The legs that were judged at this budget and have effects."""
    return tuple(leg for leg in deciding(verdict).legs if not leg.dropped_because and leg.effects)


def leg_unit(leg: Leg, kind: str, study: Study) -> units.Unit:
    """The unit of a leg's effects."""
    metric = study.metrics.get(leg.metric)
    ratio = leg.effects[0].ratio if leg.effects else bool(metric and metric.ratio)
    if kind == "learning curve" and ratio and leg.metric == TIME_METRIC:
        # Time along one training only grows: "twice as long", never "twice as slow".
        return units.Unit(ratio=True, as_much="as long")
    share = kind == "importance"
    return units.unit_of(leg.metric, ratio=ratio, share=share, unit=metric.unit if metric else "")


def effect_row(effect: Effect, label: str) -> EffectRow:
    """The effect as a row of a figure."""
    return EffectRow(
        label,
        effect.evidence,
        effect.estimate,
        effect.ci1,
        units.band(effect.delta, ratio=effect.ratio),
        tuple(value for _, value in effect.per_seed),
    )


def named_rows(effects: tuple[Effect, ...], verdict: Verdict) -> tuple[EffectRow, ...]:
    """Effects that were measured, as rows under the names that people use."""
    judgement = deciding(verdict)
    measured = (effect for effect in effects if math.isfinite(effect.estimate))
    return tuple(effect_row(e, units.plain(shown_name(e, judgement))) for e in measured)


def arms_of(effect: Effect, arms: tuple[ArmSummary, ...]) -> tuple[ArmSummary, ArmSummary] | None:
    """The (from, to) arms of an effect named ``to - from``, else the only two, else None."""
    by_label = {arm.label: arm for arm in arms}
    to, _, start = effect.name.partition(" - ")
    if to in by_label and start in by_label:
        return by_label[start], by_label[to]
    return (arms[0], arms[1]) if len(arms) == 2 else None


def metric_column(metric: str, final: pd.DataFrame) -> str | None:
    """The column of the final table that holds a metric, the test set's where there is one."""
    names = (f"test_{metric}", metric, f"validation_{metric}")
    return next((name for name in names if name in final.columns), None)


def seed_values(final: pd.DataFrame, arm: ArmSummary, metric: str) -> dict[int, float]:
    """Seed -> final value of one arm, on the arm's own seeds; nan where the run failed."""
    column = metric_column(metric, final)
    if column is None or final.empty:
        return {}
    rows = final[(final["path"] == arm.path) & final["seed"].isin(arm.seeds)]
    if "status" in rows.columns:
        values = rows[column].where(rows["status"] == "finished", math.nan)
    else:
        values = rows[column]
    pairs = zip(rows["seed"], values.astype(float), strict=True)
    return {int(seed): float(value) for seed, value in pairs}


def arm_labels(report: HypothesisReport) -> tuple[str, ...]:
    """The labels of all arms over all budgets, in the order of the study."""
    return tuple(dict.fromkeys(arm.label for v in report.verdicts for arm in v.arms))


def drawn_metric(report: HypothesisReport, study: Study) -> str:
    """The metric that curves and cost are shown for: the first claimed one that is no time."""
    metrics = [leg.metric for v in report.verdicts for leg in v.judgement.legs]
    for name in metrics:
        metric = study.metrics.get(name)
        if metric is None or not metric.ratio:
            return name
    return "accuracy"


def budget_title(budget: str) -> str:
    """The heading of a budget's panel."""
    return f"At {budget}" if budget else "All runs"


def verdict_title(verdict: Verdict, evidence: str) -> str:
    """Budget and evidence, with the word of the check that keeps it from being a verdict."""
    words = [check.word for check in verdict.checks if check.level == "blocks" and check.word]
    blocked = f" ({words[0]})" if words else ""
    return f"{budget_title(verdict.budget)}: {evidence}{blocked}"


def by_metric(verdict: Verdict) -> Iterator[tuple[Leg, tuple[Effect, ...]]]:
    """Judged legs with their effects, one entry per metric and direction."""
    seen: dict[tuple[str, tuple[str, ...]], Leg] = {}
    for leg in judged_legs(verdict):
        key = (leg.metric, tuple(effect.name for effect in leg.effects))
        if key not in seen:
            seen[key] = leg
            yield leg, leg.effects


def finite(values: Mapping[int, float]) -> list[float]:
    """The finite values."""
    return [v for v in values.values() if math.isfinite(v)]
