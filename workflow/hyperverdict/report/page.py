"""What the page shows, as plain values: the template only lays them out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from hyperverdict.claims.model import Effect, Judgement, Leg
from hyperverdict.figures import HYPOTHESIS_FIGURES, hypothesis_key
from hyperverdict.figures.data import deciding, leg_unit
from hyperverdict.report import opening, words
from hyperverdict.study.model import TIME_METRIC, Hypothesis, Study
from hyperverdict.verdicts.model import ArmSummary, Check, HypothesisReport, Verdict
from hyperverdict.words import effects
from hyperverdict.words import numbers as units
from hyperverdict.words.contrasts import shown_name

# Sign and style class of each headline; the sign keeps badges apart without colour.
BADGES: Mapping[str, tuple[str, str]] = {
    "supported": ("✓", "supported"),
    "refuted": ("✗", "refuted"),
    "no meaningful effect": ("≈", "negligible"),
    "inconclusive": ("?", "inconclusive"),
    "estimated": ("~", "inconclusive"),
    "true by arithmetic": ("=", "supported"),
    "depends on the budget": ("±", "depends"),
}

# In a table's cell; a column of nothing else is left out.
UNKNOWN = "–"
CAPTIONS: Mapping[str, str] = {
    "effect": "Every seed under each arm, and the effect with its interval. "
    "The shaded band holds effects too small to matter.",
    "curves": "Validation curves: mean over seeds with a band of one standard deviation.",
    "cost": "What the score costs. Seconds are those of jobs that ran side by side; "
    "claims on time rest on the timing job instead.",
}


class Badge(NamedTuple):
    """A verdict as a coloured label."""

    text: str
    sign: str
    style: str


class Table(NamedTuple):
    """Column names and rows of text; the first cell of a row is its header."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Picture(NamedTuple):
    """A figure: its key among the figures, its text for those who do not see it, its caption."""

    key: str
    text: str
    caption: str


class Line(NamedTuple):
    """One budget on the first screen."""

    budget: str
    badge: Badge
    brief: str


class VerdictView(NamedTuple):
    """One hypothesis at one budget."""

    title: str
    badge: Badge
    conclusion: words.Conclusion
    effects: Table
    checks: tuple[Check, ...]
    scope: tuple[str, ...]
    strip: tuple[tuple[str, Badge], ...]
    registered: str
    raw: str


class HypothesisView(NamedTuple):
    """One hypothesis with all that the page says about it."""

    id: str
    says: str
    claim: str
    because: str
    primary: bool
    badge: Badge
    caveats: tuple[opening.HeadlineCaveat, ...]
    lines: tuple[Line, ...]
    verdicts: tuple[VerdictView, ...]
    rivals: tuple[str, ...]
    saw: tuple[str, ...]
    beside: Table | None
    seeds: str
    arms: Table
    paths: tuple[str, ...]
    pictures: tuple[Picture, ...]


def badge(headline: str) -> Badge:
    """The label of a headline such as "supported" or "inconclusive (untuned)".

    Longer headlines ("refuted at 300 steps; inconclusive at 5 seconds") look as they begin.
    """
    base = next((name for name in BADGES if headline.startswith(name)), "inconclusive")
    sign, style = BADGES[base]
    return Badge(headline, sign, style)


def strip_badge(line: str, evidence: str) -> Badge:
    """The label of one line of the robustness strip; "agrees" looks like the verdict."""
    known = evidence if line == "agrees" else line
    return badge(known)._replace(text=units.plain(line))


def hypothesis_view(report: HypothesisReport, study: Study) -> HypothesisView:
    """Everything that the page shows of one hypothesis."""
    stated = next((h for h in study.hypotheses if h.id == report.id), None)
    arms = [arm for verdict in report.verdicts for arm in verdict.arms]
    ours = all(arm.is_ours for arm in arms)
    pictures = tuple(
        Picture(
            hypothesis_key(report.id, figure),
            opening.figure_text(report, study, figure),
            CAPTIONS[figure],
        )
        for figure in HYPOTHESIS_FIGURES
    )
    return HypothesisView(
        id=report.id,
        says=report.says,
        claim=units.plain(report.claim).replace("->", "→"),
        because=report.because,
        primary=report.primary,
        badge=badge(report.headline),
        caveats=opening.headline_caveats(report),
        lines=tuple(
            Line(opening.at(v).removeprefix("At "), badge(v.headline), words.brief(v, study))
            for v in report.verdicts
        ),
        verdicts=tuple(verdict_view(report, verdict, study) for verdict in report.verdicts),
        rivals=report.rivals,
        saw=report.saw,
        beside=_beside(report, stated) if stated else None,
        seeds=_seeds(stated.seeds) if stated and ours else "",
        arms=arms_table(report.verdicts),
        paths=tuple(dict.fromkeys(arm.path for arm in arms if arm.is_ours)),
        pictures=pictures,
    )


def verdict_view(report: HypothesisReport, verdict: Verdict, study: Study) -> VerdictView:
    """Everything that the page shows of one hypothesis at one budget."""
    raw = ""
    if verdict.corrected is not None:
        raw = f"Without the correction for the family: {verdict.judgement.evidence}."
    return VerdictView(
        title=opening.at(verdict),
        badge=badge(verdict.headline),
        conclusion=words.conclude(report, verdict, study),
        effects=effects_table(verdict, study),
        checks=tuple(
            replace(check, sentence=effects.upper(units.plain(check.sentence)))
            for check in verdict.checks
        ),
        scope=verdict.scope,
        strip=tuple(
            (line, strip_badge(word, deciding(verdict).evidence))
            for line, word in verdict.robustness.items()
        ),
        registered=verdict.registered,
        raw=raw,
    )


def arms_table(verdicts: tuple[Verdict, ...]) -> Table:
    """What each arm was trained for and scored at each budget, mean ± SD over seeds."""
    metrics = tuple(dict.fromkeys(name for v in verdicts for arm in v.arms for name in arm.means))
    fixed = ("arm", "budget", "train steps", "images seen", "epochs", "parameters", "seeds")
    rows = [_arm_row(arm, v.budget, metrics) for v in verdicts for arm in v.arms]
    titles = (*fixed, *map(units.metric_title, metrics))
    told = [i for i in range(len(titles)) if not rows or any(row[i] != UNKNOWN for row in rows)]
    return Table(tuple(titles[i] for i in told), tuple(tuple(row[i] for i in told) for row in rows))


def _arm_row(arm: ArmSummary, budget: str, metrics: tuple[str, ...]) -> tuple[str, ...]:
    seeds = f"{arm.finished} of {len(arm.seeds)}"
    return (
        units.plain(arm.label),
        budget,
        f"{arm.steps:,}" if arm.steps else UNKNOWN,
        f"{arm.samples:,}" if arm.samples else UNKNOWN,
        units.short(round(arm.epochs, 2)) if arm.epochs else UNKNOWN,
        f"{arm.parameters:,}" if arm.parameters else UNKNOWN,
        seeds + (f", {arm.missing} missing" if arm.missing else ""),
        *(mean_text(arm, metric) for metric in metrics),
    )


def mean_text(arm: ArmSummary, metric: str) -> str:
    """An arm's mean ± standard deviation over seeds, to two digits of the latter."""
    if metric not in arm.means:
        return "none"
    mean, sd = arm.means[metric], arm.sds.get(metric, math.nan)
    if not math.isfinite(mean) or not math.isfinite(sd) or sd == 0:
        return units.level_text(metric, mean)
    percent = units.level_text(metric, mean).endswith("%")
    scale = 100 if percent else 1
    decimals = max(int(percent), 1 - math.floor(math.log10(sd * scale)))
    unit = " %" if percent else " s" if metric == TIME_METRIC else ""
    return f"{units.number(mean * scale, decimals)}{unit} ± {units.number(sd * scale, decimals)}"


def effects_table(verdict: Verdict, study: Study) -> Table:
    """Every effect with its numbers, and every part of the claim that was dropped."""
    judgement = deciding(verdict)
    columns = ("effect", "claimed", "n", "estimate", "interval", "p", "evidence")
    rows: list[tuple[str, ...]] = []
    for leg in judgement.legs:
        if leg.dropped_because:
            because = units.plain(leg.dropped_because)
            rows.append(("all arms", words.claimed(leg), "", "not judged", "", "", because))
        rows += [_effect_row(effect, leg, judgement, study) for effect in leg.effects]
    return Table(columns, tuple(rows))


def _effect_row(effect: Effect, leg: Leg, judgement: Judgement, study: Study) -> tuple[str, ...]:
    told = effects.tell(effect, leg_unit(leg, judgement.kind, study))
    grade = f" ({effect.grade})" if effect.grade else ""
    grade = grade.replace("the SESOI", "the size that matters")
    return (
        units.plain(shown_name(effect, judgement)),
        words.claimed(leg),
        str(effect.n),
        told.change,
        f"{told.interval} ({told.level})",
        units.p_text(effect.p).removeprefix("p = ").removeprefix("p "),
        effect.evidence + grade,
    )


def _beside(report: HypothesisReport, stated: Hypothesis) -> Table | None:
    """The earlier finding and ours, arm by arm; None where the study states none."""
    verdicts = [v for v in report.verdicts if len(v.arms) >= 2]
    if not stated.saw or not verdicts:
        return None
    rows = []
    for metric, seen in stated.saw.items():
        for end, position in (("from", 0), ("to", -1)):
            if end in seen:
                ours = (mean_text(v.arms[position], metric) for v in verdicts)
                arm = units.plain(verdicts[0].arms[position].label)
                name = f"{units.metric_title(metric)}, {arm}"
                rows.append((name, units.level_text(metric, seen[end]), *ours))
    here = (f"here, at {v.budget}" if v.budget else "here" for v in verdicts)
    columns = ("", "seen before", *here)
    return Table(columns, tuple(rows))


def _seeds(seeds: tuple[int, ...]) -> str:
    """Seeds as a range where they are consecutive: "0 to 9"."""
    if len(seeds) > 2 and list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))
