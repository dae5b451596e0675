"""What figures read from the tables and from verdicts: values per arm and seed, effects, names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from hyperverdict.claims.factors import factor_title
from hyperverdict.claims.model import Leg
from hyperverdict.claims.wording import deciding_effect, effects_summary
from hyperverdict.effects.effect import Effect
from hyperverdict.errors import UserError
from hyperverdict.figures.runs import Runs
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.vocabulary.budget import shown_budget
from hyperverdict.vocabulary.metrics import TIME, Metric
from hyperverdict.vocabulary.vocabulary import BUDGET
from hyperverdict.words.contrasts import (
    clause,
    contrast_name,
    start_text,
    subject,
    to_text,
)
from hyperverdict.words.effects import effect_text
from hyperverdict.words.numbers import digits, full_stop, listed, upper, value_text
from hyperverdict.words.safe import cut, xml

if TYPE_CHECKING:
    import pandas as pd


# Names in titles, texts and tooltips of figures.
LONGEST_NAME = 100
# Of seconds as jobs recorded them.
ROUGH = "The seconds are rough: the jobs ran side by side."


class EffectRow(NamedTuple):
    """One effect as drawn, in stored units.

    Attributes:
        label: what stands beside it.
        interval: at 1 - alpha; band: effects too small to matter.
        per_seed: contrasts of the finished pairs.
    """

    label: str
    evidence: str
    estimate: float
    interval: tuple[float, float]
    band: tuple[float, float]
    per_seed: tuple[float, ...]


class ArmTexts(NamedTuple):
    """How arms, in the order of the study, are named in a figure.

    Attributes:
        titles: label -> title; short: label -> its levels alone.
        factors: what the levels in `short` are levels of, "" where the arms vary different ones.
    """

    titles: Mapping[str, str]
    short: Mapping[str, str]
    factors: str

    def of(self, labels: Iterable[str]) -> ArmTexts:
        """The names of some arms."""
        kept = tuple(labels)
        titles, short = ({k: texts[k] for k in kept} for texts in (self.titles, self.short))
        return ArmTexts(titles, short, self.factors)


def hypothesis_of(report: HypothesisReport, study: Study) -> Hypothesis:
    """The hypothesis that a report is about."""
    return next(h for h in study.hypotheses if h.id == report.id)


def effect_row(effect: Effect, label: str) -> EffectRow:
    """The effect as a row of a figure."""
    delta = effect.delta
    return EffectRow(
        label,
        effect.evidence,
        effect.estimate,
        effect.ci,
        (1 / delta, delta) if effect.ratio and delta > 0 else (-delta, delta),
        tuple(value for _, value in effect.per_seed),
    )


def named_rows(effects: Iterable[Effect]) -> tuple[EffectRow, ...]:
    """Effects that were measured, as rows with their names and evidence."""
    return tuple(
        effect_row(effect, f"{contrast_name(effect.contrast)}: {effect.evidence}")
        for effect in effects
        if math.isfinite(effect.estimate)
    )


def pair_of(effect: Effect, arms: Iterable[ArmSummary]) -> tuple[ArmSummary, ArmSummary] | None:
    """The (from, to) arms of a difference of two arms, else None."""
    by_label = {arm.label: arm for arm in arms}
    pair = effect.contrast.pair
    if pair is None or not set(pair) <= by_label.keys():
        return None
    return by_label[pair[0]], by_label[pair[1]]


def metric_column(metric: Metric, final: pd.DataFrame) -> str | None:
    """The column of the final table that holds a metric, the reported one where there is one."""
    names = (*metric.columns, metric.validation)
    return next((name for name in names if name in final.columns), None)


def finished(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of finished runs; all of them where the table does not say which finished."""
    return rows[rows["status"] == "finished"] if "status" in rows.columns else rows


def seed_values(final: pd.DataFrame | Runs, arm: ArmSummary, metric: Metric) -> dict[int, float]:
    """Seed -> final value of one arm, on the arm's own seeds; nan where the run failed.

    Args:
        final: the final table, or the study's runs, which find an arm without a scan of the table.
    """
    table = final.final if isinstance(final, Runs) else final
    column = metric_column(metric, table)
    if column is None or table.empty:
        return {}
    if isinstance(final, Runs):
        rows = final.rows(arm)
    else:
        rows = table[(table["path"] == arm.path) & table["seed"].isin(arm.seeds)]
    if "status" in rows.columns:
        values = rows[column].where(rows["status"] == "finished", math.nan)
    else:
        values = rows[column]
    pairs = zip(rows["seed"], values.astype(float), strict=True)
    return {int(seed): float(value) for seed, value in pairs}


def arm_texts(report: HypothesisReport) -> ArmTexts:
    """The names of all arms over all budgets."""
    arms = {arm.label: arm for verdict in report.verdicts for arm in verdict.arms}
    titles = {label: arm.title for label, arm in arms.items()}
    names = {tuple(arm.settings) for arm in arms.values()}
    if len(names) != 1 or not (factors := names.pop()):
        return ArmTexts(titles, titles, "")
    short = {k: ", ".join(map(_level, arm.settings.values())) for k, arm in arms.items()}
    return ArmTexts(titles, short, ", ".join(map(factor_title, factors)))


def _level(value: object) -> str:
    return digits(value, 4) if isinstance(value, float) else str(value)


def drawn_metric(report: HypothesisReport, study: Study) -> Metric:
    """The metric that curves and cost are shown for: the first claimed one that is not a time."""
    legs = (leg for verdict in report.verdicts for leg in verdict.judgement.legs)
    found = (leg.metric for leg in legs if not leg.metric.is_time)
    return next(found, study.shown_metric)


def budget_name(verdict: Verdict) -> str:
    """What is held equal: "300 steps", or what stands in for it."""
    if verdict.budget_varies:
        return f"training length varies ({listed(budget_levels(verdict))})"
    if not verdict.budget:
        return "all runs" if verdict.arms else "by counting"
    return verdict.budget


def budget_title(verdict: Verdict) -> str:
    """The same as a heading: "At 300 steps"."""
    held = verdict.budget and not verdict.budget_varies
    return upper(f"at {verdict.budget}" if held else budget_name(verdict))


def where_text(verdict: Verdict) -> str:
    """The same within a sentence: "at 300 steps"."""
    if verdict.budget_varies:
        return "at these training lengths"
    return f"at {verdict.budget}" if verdict.budget else "in these runs"


def arm_at(arm: ArmSummary, verdict: Verdict) -> str:
    """An arm at a budget: "batch size 4 at 300 steps"; its title alone where that says both."""
    title = cut(xml(arm.title), LONGEST_NAME)
    if verdict.budget_varies or BUDGET in arm.settings or not verdict.budget:
        return title
    return f"{title} {where_text(verdict)}"


def budget_levels(verdict: Verdict) -> tuple[str, ...]:
    """The training lengths of the arms, shortest first, where these are what the claim varies."""
    lengths = (arm.settings[BUDGET] for arm in verdict.arms if BUDGET in arm.settings)
    texts = tuple(dict.fromkeys(map(str, lengths)))
    try:
        budgets = {text: shown_budget(text) for text in texts}
    except UserError:  # a table from elsewhere may write them otherwise
        return texts
    if len({budget.kind for budget in budgets.values()}) > 1:
        return texts
    return tuple(sorted(texts, key=lambda text: budgets[text].amount))


def verdict_title(verdict: Verdict) -> str:
    """Budget and headline: never the evidence of one leg, which may be another."""
    return f"{budget_title(verdict)}: {verdict.headline}"


def replicate_of(report: HypothesisReport) -> str:
    """What its effects count: "seed", or what stands for one in a table."""
    return listed(dict.fromkeys(v.replicate for v in report.verdicts), "or") or "seed"


def by_metric(verdict: Verdict) -> Iterator[tuple[Leg, tuple[Effect, ...]]]:
    """Judged legs with their effects, one entry per metric and contrasts."""
    seen = set()
    for leg in verdict.judgement.judged_legs:
        contrasts = tuple(effect.contrast for effect in leg.effects)
        if contrasts not in seen:
            seen.add(contrasts)
            yield leg, leg.effects


def effects_text(report: HypothesisReport) -> str:
    """What an effect figure shows, for its alternative text."""
    lines = (
        f"{full_stop(verdict_title(v))} {full_stop(summary)}"
        if (summary := effects_summary(v.judgement))
        else full_stop(verdict_title(v))
        for v in report.verdicts
    )
    return f"Effects of {report.id}. {' '.join(lines)}"


def scores_text(report: HypothesisReport, metric: Metric) -> str:
    """Mean scores of the arms at the first budget, for alternative texts; "" without any."""
    metric = metric.at_the_end or metric
    means = [
        f"{cut(xml(arm.title), LONGEST_NAME)} {value_text(arm.means[metric.name], metric)}"
        for verdict in report.verdicts[:1]
        for arm in verdict.arms
        if metric.name in arm.means
    ]
    return f" Mean {metric.title}: {listed(means)}." if means else ""


def finite(values: Mapping[int, float]) -> list[float]:
    """The finite values."""
    return [v for v in values.values() if math.isfinite(v)]


def finding(report: HypothesisReport, metric: Metric) -> str:
    """What the runs show of a metric, at every budget, as the title of a figure.

    "At 300 steps, test accuracy was 3.0 points lower with batch size 128 than with batch size 4.",
    or, for one contrast at several budgets, "Test accuracy with batch size 128 against batch size
    4: 3.0 points lower at 300 steps; 2.0 points higher at 5 seconds."
    """
    found = [(_deciding(verdict, metric), where_text(verdict)) for verdict in report.verdicts]
    known = [(effect, where) for effect, where in found if effect is not None]
    contrasts = {effect.contrast for effect, _ in known}
    if len(known) > 1 and len(contrasts) == 1 and (contrast := contrasts.pop()).pair:
        changes = _places((effect_text(effect).change, where) for effect, where in known)
        sizes = "; ".join(f"{change} {listed(places)}" for change, places in changes.items())
        sides = f"with {to_text(contrast)} against {start_text(contrast)}"
        return full_stop(upper(f"{subject(contrast)} {sides}: {sizes}"))
    sentences = _places((_sentence(effect), where) for effect, where in known)
    return " ".join(full_stop(upper(f"{listed(at)}, {said}")) for said, at in sentences.items())


def _deciding(verdict: Verdict, metric: Metric) -> Effect | None:
    """The measured effect that decides the claim on a metric; None without one."""
    legs = [leg for leg in verdict.judgement.judged_legs if leg.metric.name == metric.name]
    effect = deciding_effect(legs[0]) if legs else None
    return effect if effect is not None and effect.is_measured else None


def _sentence(effect: Effect) -> str:
    text, context = effect_text(effect), effect.contrast.context
    said = clause(effect.contrast, text.change, text.than)
    return f"with {context}, {said}" if context else said


def _places(said: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """What is true -> where it is."""
    found: dict[str, list[str]] = {}
    for what, where in said:
        found.setdefault(what, []).append(where)
    return found


def timed_seconds(arm: ArmSummary, verdict: Verdict) -> float:
    """Seconds of a training: measured without other jobs, or its budget; 0 where neither is.

    A budget of seconds becomes steps by the speed that was measured without other jobs.
    """
    seconds = arm.means.get(TIME, math.nan)
    if math.isfinite(seconds):
        return seconds
    held = shown_budget(verdict.held_budget) if verdict.held_budget and arm.is_ours else None
    return float(held.amount) if held is not None and held.kind == "seconds" else 0.0
