"""The verdicts as reStructuredText, for the captions of Snakemake's own report."""

from __future__ import annotations

from pathlib import Path

from hyperverdict.figures.data import budget_name
from hyperverdict.report import conclusion, opening
from hyperverdict.runs.files import write_atomic
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, StudyReport
from hyperverdict.words.isolation import guarded
from hyperverdict.words.safe import rest


def results_rst(report: StudyReport, study: Study) -> str:
    """One paragraph per hypothesis: claim, headline, and the effect at every budget."""
    first = f"**{rest(opening.opening(report, study))}** {rest(opening.facts_line(report))}"
    notice = f"**{opening.notice(study)}:** {rest(report.provisional)}"
    provisional = [notice] if report.provisional else []
    return "\n\n".join([*provisional, first, *map(_guarded_paragraph, report.hypotheses)]) + "\n"


def _guarded_paragraph(report: HypothesisReport) -> str:
    head = f"**{rest(report.id)}** “{rest(report.says)}”"
    return guarded(
        report.id, lambda: _paragraph(report), lambda problem: f"{head}: {rest(problem)}"
    )


def _paragraph(report: HypothesisReport) -> str:
    head = f"**{rest(report.id)}** “{rest(report.says)}”: {rest(report.headline)}."
    lines = [
        f"- {rest(f'{budget_name(v)}: {v.headline}. {conclusion.brief(v)}')}"
        for v in report.verdicts
    ]
    if failure := opening.failure(report):
        lines.append(f"- {rest(failure)}")
    return "\n\n".join((head, "\n".join(lines))) if lines else head


def write_results(report: StudyReport, study: Study, path: Path) -> Path:
    """Write `results_rst` where the captions include it from."""
    write_atomic(path, results_rst(report, study).encode())
    return path
