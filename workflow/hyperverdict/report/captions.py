"""The verdicts as reStructuredText, for the captions of Snakemake's own report."""

from __future__ import annotations

import re
from pathlib import Path

from hyperverdict.report import opening, words
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.words import numbers as units


def results_rst(report: StudyReport, study: Study) -> str:
    """One paragraph per hypothesis: claim, headline, and the effect at every budget."""
    facts = escape("; ".join(map(units.plain, report.facts)))
    paragraphs = [f"**{escape(opening.opening(report, study))}** {facts}."]
    if report.provisional:
        paragraphs.insert(0, f"**Provisional:** {escape(report.provisional)}")
    for hypothesis in report.hypotheses:
        lines = [f"**{escape(hypothesis.id)}** “{escape(hypothesis.says)}”: {hypothesis.headline}."]
        for verdict in hypothesis.verdicts:
            at = f"at {verdict.budget}, " if verdict.budget else ""
            lines.append(f"- {at}{verdict.headline}: {escape(words.brief(verdict, study))}")
        paragraphs.append(lines[0] + "\n\n" + "\n".join(lines[1:]))
    return "\n\n".join(paragraphs) + "\n"


def write_results(report: StudyReport, study: Study, path: Path) -> Path:
    """Write `results_rst` where the captions include it from."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(results_rst(report, study), encoding="utf-8")
    return path


def escape(text: str) -> str:
    """Text without meaning to reStructuredText."""
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", " ".join(text.split()))
