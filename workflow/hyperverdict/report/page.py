"""What the page shows, as plain values: the template only lays them out."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from hyperverdict.claims.model import Leg
from hyperverdict.claims.wording import claimed
from hyperverdict.effects.effect import Effect
from hyperverdict.figures import Picture, pictures
from hyperverdict.figures.data import budget_name, budget_title, hypothesis_of
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.report import opening
from hyperverdict.report.badges import (
    Badge,
    Standing,
    evidence_badge,
    hypothesis_badge,
    overall,
    verdict_badge,
)
from hyperverdict.report.check_strip import Strip, strips
from hyperverdict.report.conclusion import Conclusion, conclude, settled
from hyperverdict.report.held_equal import NO_COLORS, HeldEqual, held_equal
from hyperverdict.report.legs import LegTable, answer, leg_table
from hyperverdict.stats.decision import AT_LEAST, DIRECTION_ONLY, NEGLIGIBLE
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.verdicts.anytime import Interval
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.verdicts.prior import stated_text
from hyperverdict.vocabulary.hyperparameters import Hyperparameter
from hyperverdict.vocabulary.metrics import Metric, unrecorded
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.effects import effect_text, interval_text
from hyperverdict.words.isolation import guarded
from hyperverdict.words.numbers import (
    digits,
    number,
    p_text,
    plain,
    plural,
    seeds_text,
    unit_of,
    value_text,
)

# In a table's cell; a column of nothing else is left out.
UNKNOWN = "–"
# A page of 500 hypotheses with all their figures has 34 MB, which no browser likes to open.
# Of more than the first, all but the effects are linked; of more than the second, these too.
MOST_WITH_ALL_FIGURES, MOST_WITH_EFFECTS = 100, 250
INTERVAL = "interval"
ANYTIME = "valid however often you look"
# Behind the name of the interval on which the evidence does not rest, where there are two.
UNUSED = " (not used for the verdict)"
_GRADES = {
    AT_LEAST: " (at least the size that matters)",
    DIRECTION_ONLY: " (size open)",
    NEGLIGIBLE: " (detectable, but too small to matter)",
}


class Table(NamedTuple):
    """Column names and rows of text; the first cell of a row is its header."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class VerdictView(NamedTuple):
    """One hypothesis at one budget.

    Attributes:
        change: what would change the verdict; "" where that is `conclusion.SETTLED`, which holds
            for all settled verdicts and is said once.
        scope: sentences of its scope that do not hold for all of its hypothesis.
    """

    title: str
    badge: Badge
    conclusion: Conclusion
    change: str
    effects: Table
    scope: tuple[str, ...]
    strip: tuple[Badge, ...]
    registered: str


class HypothesisView(NamedTuple):
    """One hypothesis with all that the page says about it.

    Attributes:
        answer: the one conclusion over all budgets, in a sentence or two.
        legs: each part of the claim at each budget.
        scope: sentences that hold for all of its verdicts and not for the whole study.
        pictures: name of a figure's kind -> picture.
    """

    id: str
    says: str
    claim: str
    because: str
    status: str
    badge: Badge
    standing: Standing
    failure: str
    answer: str = ""
    legs: LegTable = LegTable((), ())
    scope: tuple[str, ...] = ()
    post_hoc: str = ""
    caveats: tuple[opening.HeadlineCaveat, ...] = ()
    verdicts: tuple[VerdictView, ...] = ()
    opposing: tuple[str, ...] = ()
    prior: tuple[str, ...] = ()
    beside: Table | None = None
    seeds: str = ""
    meanings: str = ""
    arms: Table = Table((), ())
    held: tuple[HeldEqual, ...] = ()
    checks: tuple[Strip, ...] = ()
    paths: tuple[str, ...] = ()
    pictures: Mapping[str, Picture] = MappingProxyType({})


def hypothesis_view(
    report: HypothesisReport,
    study: Study,
    common: Collection[str] = (),
    drawn: Path | None = None,
    colors: Mapping[str, str] = NO_COLORS,
) -> HypothesisView:
    """Everything that the page shows of one hypothesis; what fails in its words stays in it.

    Args:
        common: sentences on the scope of the whole study, which are said elsewhere.
        drawn: the folder of the figures; colors: label of an arm -> the name of its colour there.
    """
    return guarded(
        report.id,
        lambda: _view(report, study, common, drawn, colors),
        lambda problem: _unwritten(report, study, problem),
    )


def common_scope(report: StudyReport) -> tuple[str, ...]:
    """Sentences that belong to the scope of every verdict, where there are several."""
    scopes = [v.scope for h in report.hypotheses for v in h.verdicts if v.scope]
    return _in_all(scopes) if len(scopes) > 1 else ()


def _in_all(scopes: Sequence[Sequence[str]]) -> tuple[str, ...]:
    first = scopes[0] if scopes else ()
    return tuple(said for said in first if all(said in scope for scope in scopes))


def _unwritten(report: HypothesisReport, study: Study, problem: str) -> HypothesisView:
    """A hypothesis of which only the verdict could be written."""
    return HypothesisView(
        id=report.id,
        says=report.says,
        claim=report.claim,
        because=report.because,
        status=_status(report, study),
        badge=hypothesis_badge(report),
        standing=overall(report),
        failure=problem,
    )


def _status(report: HypothesisReport, study: Study) -> str:
    if study.smoke:
        return "estimated in a smoke run, which gives no verdicts"
    if study.quick:
        return "estimated in quick mode, which gives no verdicts"
    if report.primary:
        return "primary: its intervals are corrected for the family"
    return "exploratory: its intervals are not corrected for other hypotheses"


def _view(
    report: HypothesisReport,
    study: Study,
    common: Collection[str],
    drawn: Path | None,
    colors: Mapping[str, str],
) -> HypothesisView:
    stated = hypothesis_of(report, study)
    own = _in_all([v.scope for v in report.verdicts])
    said = {*common, *own}
    arms = [arm for verdict in report.verdicts for arm in verdict.arms]
    return HypothesisView(
        id=report.id,
        says=report.says,
        claim=report.claim,
        because=report.because,
        status=_status(report, study),
        badge=hypothesis_badge(report),
        standing=overall(report),
        failure=opening.failure(report),
        answer=guarded(report.id, lambda: answer(report, study), str),
        legs=leg_table(report),
        scope=tuple(sentence for sentence in own if sentence not in common),
        post_hoc=opening.post_hoc(report),
        caveats=opening.headline_caveats(report),
        verdicts=tuple(verdict_view(report, v, study, said) for v in report.verdicts),
        opposing=report.opposing,
        prior=report.prior,
        beside=_beside(report, stated, study),
        seeds=seeds_text(stated.seeds) if arms and all(arm.is_ours for arm in arms) else "",
        meanings=_meanings(arms, study),
        arms=arms_table(report.verdicts, study),
        held=held_equal(report.verdicts, study, colors),
        checks=strips(report),
        paths=tuple(dict.fromkeys(arm.path for arm in arms if arm.is_ours)),
        pictures=_pictures(report, study, drawn),
    )


def _pictures(report: HypothesisReport, study: Study, drawn: Path | None) -> dict[str, Picture]:
    """The figures of a hypothesis by name; those of many hypotheses are linked."""
    found = {p.key.removeprefix(f"{report.id}."): p for p in pictures(report, study, drawn)}
    if len(study.hypotheses) <= MOST_WITH_ALL_FIGURES:
        return found
    shown = {"effect"} if len(study.hypotheses) <= MOST_WITH_EFFECTS else set[str]()
    return {name: p._replace(is_linked=name not in shown) for name, p in found.items()}


def seeding(study: Study) -> str:
    """What a seed decides."""
    if study.vocabulary.training is not None:
        return "What a seed decides is up to the training."
    return "All arms share their seeds. A seed decides initial weights, data order and dropout."


def _meanings(arms: list[ArmSummary], study: Study) -> str:
    """What the varied hyperparameters are, where the study declares titles and units; "" else."""
    if study.vocabulary.training is None:
        return ""
    varied = dict.fromkeys(name for arm in arms for name in arm.settings)
    known = study.vocabulary.hyperparameters
    said = [text for name in varied if name in known and (text := _meaning(known[name]))]
    return f"Varied: {'; '.join(said)}." if said else ""


def _meaning(row: Hyperparameter) -> str:
    """Title and unit of a declared hyperparameter; "" where neither is declared."""
    title = row.description if row.description != row.name.replace("_", " ") else ""
    told = ", in ".join(part for part in (title, row.unit) if part)
    return f"{plain(row.name)} ({told if title else f'in {told}'})" if told else ""


def verdict_view(
    report: HypothesisReport, verdict: Verdict, study: Study, said: Collection[str] = ()
) -> VerdictView:
    """Everything that the page shows of one hypothesis at one budget.

    Args:
        said: sentences on its scope that are said elsewhere.
    """
    concluded = guarded(
        report.id,
        lambda: conclude(report, verdict, study),
        lambda problem: Conclusion((problem,), "", "", "", ""),
    )
    strip = (
        (line, "agrees" if line.agrees else ", ".join(filter(None, (line.evidence, line.detail))))
        for line in verdict.sensitivity
    )
    return VerdictView(
        title=budget_title(verdict),
        badge=verdict_badge(verdict),
        conclusion=concluded,
        change="" if concluded.change == settled(verdict) else concluded.change,
        effects=effects_table(verdict),
        scope=tuple(sentence for sentence in verdict.scope if sentence not in said),
        strip=tuple(evidence_badge(f"{line.name}: {text}", line.evidence) for line, text in strip),
        registered=verdict.registered,
    )


def metric_of(name: str, study: Study) -> Metric:
    """A metric of the study, or of its table."""
    return study.metrics.get(name) or unrecorded(name)


def arms_table(verdicts: tuple[Verdict, ...], study: Study) -> Table:
    """What each arm was trained for and scored at each budget, mean ± SD over seeds."""
    names = dict.fromkeys(name for v in verdicts for arm in v.arms for name in arm.means)
    metrics = tuple(metric_of(name, study) for name in names)
    seen = "images seen" if study.vocabulary.training is None else "samples seen"
    fixed = ("arm", "at", "tuned", "train steps", seen, "epochs", "parameters")
    rows = [_arm_row(arm, v, metrics) for v in verdicts for arm in v.arms]
    counted = plural(verdicts[0].replicate) if verdicts else "seeds"
    titles = (*fixed, counted, *(metric.title for metric in metrics))
    known = [i for i in range(len(titles)) if any(row[i] != UNKNOWN for row in rows)]
    return Table(
        tuple(titles[i] for i in known), tuple(tuple(row[i] for i in known) for row in rows)
    )


def _arm_row(arm: ArmSummary, verdict: Verdict, metrics: tuple[Metric, ...]) -> tuple[str, ...]:
    seeds = f"{arm.finished} of {len(arm.seeds)}"
    tuned = ", ".join(f"{plain(name)} {level}" for name, level in arm.tuned.items())
    return (
        arm.title,
        verdict.budget if verdict.budget and not verdict.budget_varies else UNKNOWN,
        tuned or UNKNOWN,
        f"{arm.steps:,}" if arm.steps else UNKNOWN,
        f"{arm.samples:,}" if arm.samples else UNKNOWN,
        digits(round(arm.epochs, 2), 4) if arm.epochs else UNKNOWN,
        f"{arm.parameters:,}" if arm.parameters else UNKNOWN,
        seeds + (f", {arm.missing} missing" if arm.missing else ""),
        *(mean_text(arm, metric) for metric in metrics),
    )


def mean_text(arm: ArmSummary, metric: Metric) -> str:
    """An arm's mean ± standard deviation over seeds, to two digits of the latter."""
    if metric.name not in arm.means:
        return UNKNOWN
    mean, sd = arm.means[metric.name], arm.sds.get(metric.name, math.nan)
    if not math.isfinite(mean) or not math.isfinite(sd) or sd == 0:
        return value_text(mean, metric)
    scale = 100 if metric.is_fraction else 1
    decimals = max(int(metric.is_fraction), 1 - math.floor(math.log10(sd * scale)))
    unit = "%" if metric.is_fraction else " s" if metric.is_time else ""
    return f"{number(mean * scale, decimals)}{unit} ± {number(sd * scale, decimals)}"


def effects_table(verdict: Verdict) -> Table:
    """Every effect with its numbers, and every part of the claim that was dropped."""
    anytime = dict(verdict.anytime)
    plain_name, anytime_name = INTERVAL, ANYTIME
    if anytime and verdict.sequential:
        plain_name += UNUSED
    elif anytime:
        anytime_name += UNUSED
    columns = ("effect", "claimed", "n", "estimate", plain_name, anytime_name, "p", "evidence")
    rows: list[tuple[str, ...]] = []
    for leg in verdict.judgement.legs:
        if leg.dropped_because:
            rows.append(
                ("all arms", claimed(leg), "", "not judged", "", "", "", leg.dropped_because)
            )
        rows += [_effect_row(effect, leg, anytime.get(effect.contrast)) for effect in leg.effects]
    return Table(columns, tuple(rows))


def _effect_row(effect: Effect, leg: Leg, anytime: Interval | None) -> tuple[str, ...]:
    text = effect_text(effect)
    return (
        contrast_name(effect.contrast),
        claimed(leg),
        str(effect.n),
        text.change,
        f"{text.whole_interval} ({text.level})" if text.level else text.whole_interval,
        _anytime_text(anytime, effect) if anytime else UNKNOWN,
        p_text(effect.p).removeprefix("p = ").removeprefix("p "),
        effect.evidence + _GRADES.get(effect.grade, ""),
    )


def _anytime_text(interval: Interval, effect: Effect) -> str:
    return interval_text(interval, unit_of(effect.contrast), alone=True, bounds=effect.bounds)


def _beside(report: HypothesisReport, stated: Hypothesis, study: Study) -> Table | None:
    """The earlier finding and ours, arm by arm; None where the study states none."""
    verdicts = [v for v in report.verdicts if len(v.arms) >= 2]
    if not stated.prior or not verdicts:
        return None
    rows = []
    for name, seen in stated.prior.items():
        metric = metric_of(name, study)
        for end, position in (("from", 0), ("to", -1)):
            if end in seen:
                ours = (mean_text(v.arms[position], metric) for v in verdicts)
                title = f"{metric.title}, {verdicts[0].arms[position].title}"
                rows.append((title, stated_text(seen[end], metric), *ours))
    here = (f"here, {budget_name(v)}" for v in verdicts)
    return Table(("", "seen before", *here), tuple(rows))
