"""A study report as the document in verdicts.json and back: effects flat, metrics by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from hyperverdict.claims.learning_curve import LearningCurve
from hyperverdict.claims.model import Judgement, Leg
from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.effect import Effect, Expectation
from hyperverdict.effects.wins import Win
from hyperverdict.runs.sealed import OPEN_SEAL, seal_of, sealed
from hyperverdict.verdicts.format import (
    FORMAT,
    Document,
    EffectEntry,
    ExpectationEntry,
    HypothesisEntry,
    MetricEntry,
    VerdictEntry,
    adapter,
)
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.safe import json_text

T = TypeVar("T")
Metrics = Mapping[str, Metric]


def to_json(report: StudyReport) -> str:
    """The report as an indented document with a final newline."""
    return _dumped(to_document(report)).decode()


def to_file(report: StudyReport) -> bytes:
    """The same with a checksum, by which damage is noticed; safe to print as it is."""
    document = replace(to_document(report), file_checksum=OPEN_SEAL)
    return sealed(json_text(_dumped(document).decode()).encode())


def _dumped(document: Document) -> bytes:
    return adapter().dump_json(document, indent=1) + b"\n"


def from_file(content: bytes) -> StudyReport:
    """Inverse of `to_file`, also of an earlier version; ValueError on anything else."""
    seal_of(content)
    return from_json(content)


def from_json(text: str | bytes) -> StudyReport:
    """Inverse of `to_json`; ValueError on anything else."""
    return from_document(adapter().validate_json(text))


def _like(kind: type[T], value: Any, /, **changed: Any) -> T:
    """A dataclass with the attributes of another value, but for those that change."""
    names = [f.name for f in fields(kind) if f.name not in changed]  # type: ignore[arg-type]
    return kind(**{name: getattr(value, name) for name in names}, **changed)


def to_document(report: StudyReport) -> Document:
    """The report as it is stored."""
    judgements = [v.judgement for h in report.hypotheses for v in h.verdicts]
    metrics = {leg.metric.name: leg.metric for j in judgements for leg in j.legs}
    metrics |= {effect.metric.name: effect.metric for j in judgements for effect in j.effects}
    hypotheses = tuple(
        _like(HypothesisEntry, h, verdicts=tuple(map(_verdict_entry, h.verdicts)))
        for h in report.hypotheses
    )
    entries = {
        name: _like(MetricEntry, metric.at_the_end or metric) for name, metric in metrics.items()
    }
    return _like(
        Document, report, format=FORMAT, metrics=entries, hypotheses=hypotheses, file_checksum=""
    )


def _verdict_entry(verdict: Verdict) -> VerdictEntry:
    judgement = verdict.judgement
    beside = (dict(verdict.image_errors), dict(verdict.wins), dict(verdict.anytime))
    legs = list(enumerate(judgement.legs))
    return _like(
        VerdictEntry,
        verdict,
        evidence=judgement.evidence,
        grade=judgement.grade,
        kind=judgement.kind,
        blocking=tuple(check.id for check in verdict.fired if check.level == "blocks"),
        expectations=tuple(_expectation_entry(leg) for _, leg in legs),
        effects=tuple(_effect_entry(e, i, *beside) for i, leg in legs for e in leg.effects),
        failures=judgement.failures,
        notes=judgement.notes,
        facts=judgement.facts,
    )


def _expectation_entry(leg: Leg) -> ExpectationEntry:
    return _like(
        ExpectationEntry,
        leg.expectation,
        metric=leg.metric.name,
        evidence=leg.evidence,
        grade=leg.grade,
        dropped_because=leg.dropped_because,
    )


def _effect_entry(
    effect: Effect,
    leg: int,
    errors: Mapping[Contrast, float],
    wins: Mapping[Contrast, Win],
    anytime: Mapping[Contrast, tuple[float, float]],
) -> EffectEntry:
    contrast = effect.contrast
    return _like(
        EffectEntry,
        effect,
        expectation=leg,
        metric=effect.metric.name,
        contrast=contrast.kind,
        arms=contrast.arms,
        start=contrast.start,
        to=contrast.to,
        context=contrast.context,
        change=contrast.change,
        interval=effect.ci,
        equivalence_interval=effect.ci_equivalence,
        image_error=errors.get(contrast),
        win=wins.get(contrast),
        anytime_interval=anytime.get(contrast),
    )


def from_document(document: Document) -> StudyReport:
    """The report that a document holds."""
    metrics = {
        name: _like(Metric, m, score=None, at_the_end=None) for name, m in document.metrics.items()
    }
    hypotheses = tuple(
        _like(
            HypothesisReport,
            entry,
            verdicts=tuple(_verdict(verdict, metrics) for verdict in entry.verdicts),
        )
        for entry in document.hypotheses
    )
    return _like(StudyReport, document, hypotheses=hypotheses)


def _verdict(entry: VerdictEntry, metrics: Metrics) -> Verdict:
    if entry.kind == LearningCurve.kind:
        metrics = {name: metric.along_training() for name, metric in metrics.items()}
    effects = [(effect, _effect(effect, metrics)) for effect in entry.effects]
    legs = tuple(
        Leg(
            _like(Expectation, leg, metric=metrics[leg.metric]),
            leg.evidence,
            tuple(effect for stored, effect in effects if stored.expectation == position),
            leg.grade,
            leg.dropped_because,
        )
        for position, leg in enumerate(entry.expectations)
    )
    return _like(
        Verdict,
        entry,
        judgement=_like(Judgement, entry, legs=legs),
        image_errors=_beside((effect.contrast, stored.image_error) for stored, effect in effects),
        wins=_beside((effect.contrast, stored.win) for stored, effect in effects),
        anytime=_beside((effect.contrast, stored.anytime_interval) for stored, effect in effects),
    )


def _beside(
    found: Iterable[tuple[Contrast, T | None]],
) -> tuple[tuple[Contrast, T], ...]:
    """What stands beside effects, once for every contrast that has it."""
    return tuple({contrast: value for contrast, value in found if value is not None}.items())


def _effect(entry: EffectEntry, metrics: Metrics) -> Effect:
    contrast = _like(Contrast, entry, kind=entry.contrast, metric=metrics[entry.metric])
    return _like(
        Effect,
        entry,
        contrast=contrast,
        ci=entry.interval,
        ci_equivalence=entry.equivalence_interval,
    )
