"""What MLflow is told of a study as a whole: the run above all others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperverdict.exporting.runs import LONGEST_TAG, PREFIX, Measured, cut, safe_key
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, StudyReport
from hyperverdict.verdicts.store import verdict_rows

# What the tags of a hypothesis begin with.
VERDICT, CLAIM = "verdict ", "claim "
OF_CLAIMS = (VERDICT, CLAIM)
# In a study's folder, as far as they are there.
FILES = (
    "report.html",
    "report.pdf",
    "summary.pdf",
    "report.md",
    "verdicts.json",
    "tables/verdicts.csv",
    "tables/final.csv",
)


@dataclass(frozen=True)
class Summary:
    """The run above all others.

    Attributes:
        metrics: counts of runs and verdicts, and every effect with the ends of its interval.
        files: below `folder`.
    """

    name: str
    tags: Mapping[str, str]
    metrics: tuple[Measured, ...]
    folder: Path
    files: tuple[str, ...]


def summary_of(study: Study, report: StudyReport, folder: Path, judged: int) -> Summary:
    """What is said of a judged study.

    Args:
        folder: that holds its verdicts and its report.
        judged: when, in milliseconds since 1970.
    """
    numbers = {
        "runs planned": float(report.planned),
        "runs analysed": float(report.analysed),
        **_counts(report),
        **dict(_effects(report)),
    }
    metrics = (
        Measured(safe_key(name), value, report.analysed, judged)
        for name, value in numbers.items()
        if math.isfinite(value)
    )
    return Summary(
        name=f"{study.name}: verdicts",
        tags={safe_key(n): cut(text, LONGEST_TAG) for n, text in _tags(study, report).items()},
        metrics=tuple(metrics),
        folder=folder,
        files=tuple(name for name in FILES if (folder / name).exists()),
    )


def _tags(study: Study, report: StudyReport) -> dict[str, str]:
    verdicts = {
        name: text for hypothesis in report.hypotheses for name, text in _verdict_tags(hypothesis)
    }
    return {
        f"{PREFIX}study": study.name,
        f"{PREFIX}title": report.title,
        f"{PREFIX}provisional": report.provisional or "no",
        f"{PREFIX}smoke": str(study.smoke or "no"),
        **verdicts,
        "mlflow.note.content": _note(report),
    }


def _verdict_tags(hypothesis: HypothesisReport) -> Iterator[tuple[str, str]]:
    """The verdict of a hypothesis, and of each of its budgets."""
    yield f"{VERDICT}{hypothesis.id}", hypothesis.headline
    yield f"{CLAIM}{hypothesis.id}", hypothesis.claim or hypothesis.says
    for verdict in hypothesis.verdicts:
        if verdict.held_budget:
            yield f"{VERDICT}{hypothesis.id} at {verdict.held_budget}", verdict.headline


def _counts(report: StudyReport) -> dict[str, float]:
    """How often each verdict was given, over hypotheses and budgets."""
    found = Counter(verdict.headline for h in report.hypotheses for verdict in h.verdicts)
    return {f"verdicts/{headline}": float(n) for headline, n in found.items()}


def _effects(report: StudyReport) -> Iterator[tuple[str, float]]:
    """Estimate, interval and seeds of every effect."""
    for row in verdict_rows(report):
        if not row["effect"]:
            continue
        name = _effect_name(row)
        for key, suffix in _NUMBERS.items():
            value = row.get(key)
            if value is not None:
                yield f"{name}{suffix}", float(value)


_NUMBERS = {"estimate": "", "interval_low": " low", "interval_high": " high", "n": " n"}


def _effect_name(row: Mapping[str, Any]) -> str:
    # A slash begins a group in MLflow, and ratios have one in their name.
    effect = str(row["effect"]).replace(" / ", " over ").replace("/", " ")
    parts = (row["hypothesis"], row["budget"], f"{row['metric']} {effect}")
    return "/".join(str(part) for part in parts if part)


def _note(report: StudyReport) -> str:
    """The description that MLflow shows beside the run, in Markdown."""
    lines = [
        f"- {hypothesis.id}: {hypothesis.headline} ({hypothesis.claim or hypothesis.says})"
        for hypothesis in report.hypotheses
    ]
    provisional = [f"Provisional: {report.provisional}"] if report.provisional else []
    facts = [report.main_caveat] if report.main_caveat else []
    return "\n\n".join([*provisional, "\n".join(lines), *facts])
