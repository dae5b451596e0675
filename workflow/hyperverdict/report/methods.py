"""A methods paragraph that can be pasted into a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperverdict.report.facts import listed
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.words import numbers as units


def methods_paragraph(study: Study, report: StudyReport, provenance: Mapping[str, Any]) -> str:
    """How the study was done, in the past tense, with its numbers."""
    data = str(study.baseline.get("data", "the data set"))
    title = DATASETS[data].title if data in DATASETS else data
    said = [
        f"Networks were trained on {title} with a baseline of {_baseline(study)}.",
        _seeds(study),
        _budgets(study),
        "Every effect was computed per seed as the difference between arms that share a seed, and "
        "tested with a two-sided one-sample t test; ratios of times were tested on the log scale.",
        _sizes(study),
        "A claim counted as supported or refuted when the interval excluded zero on the claimed or "
        "the opposite side, and as having no meaningful effect when the "
        f"{units.confidence_text(2 * study.alpha)} interval lay within the smallest effect of "
        "interest "
        "(three-sided testing, Goeman, Solari and Stijnen 2010).",
        _family(study),
        f"Of {units.count(report.planned, 'planned run')} (one configuration with one seed each) "
        f"{report.analysed:,} were analysed; diverged runs count as outcomes.",
        "Models were selected on a validation set, and the test set was scored once per run.",
        _versions(provenance),
    ]
    return " ".join(sentence for sentence in said if sentence)


def _baseline(study: Study) -> str:
    names = [f"{units.plain(k)} {_value(v)}" for k, v in study.baseline.items() if k != "data"]
    return listed(names)


def _value(value: object) -> str:
    return units.short(value) if isinstance(value, float) else units.plain(str(value))


def _seeds(study: Study) -> str:
    counts = sorted({len(h.seeds) for h in study.hypotheses} or {len(study.seeds)})
    span = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return (
        f"Each arm was trained with {span} seeds, which drive initialisation, data order and "
        "dropout "
        "alike in all arms of a comparison."
    )


def _budgets(study: Study) -> str:
    budgets = dict.fromkeys(str(b) for h in study.hypotheses for b in h.at_equal)
    return f"Arms were compared at equal budgets ({listed(budgets)})." if budgets else ""


def _sizes(study: Study) -> str:
    sizes = []
    for metric in study.metrics.values():
        unit = units.unit_of(metric.name, ratio=metric.ratio, unit=metric.unit)
        sizes.append(
            f"{units.matters_text(metric.matters_from, unit)} in {units.metric_title(metric.name)}"
        )
    return f"The smallest effects of interest were {listed(sizes)}." if sizes else ""


def _family(study: Study) -> str:
    family = sum(max(1, len(h.at_equal)) for h in study.hypotheses if h.primary)
    level = units.confidence_text(study.alpha)
    if family == 0:
        return (
            f"All hypotheses were exploratory; intervals are {level} intervals, wider where "
            "further looks at the data were planned."
        )
    return (
        f"The {units.count(family, 'primary verdict')} form one family with Bonferroni-corrected "
        f"intervals ({units.confidence_text(study.alpha / family)} each); all other hypotheses "
        "were "
        "exploratory."
    )


def _versions(provenance: Mapping[str, Any]) -> str:
    versions = provenance.get("versions")
    if not isinstance(versions, Mapping) or not versions:
        return ""
    return f"Software: {listed(f'{name} {version}' for name, version in versions.items())}."
