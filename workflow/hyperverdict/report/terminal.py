"""The verdicts in the terminal."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hyperverdict.figures.data import budget_name
from hyperverdict.report import conclusion, opening
from hyperverdict.report.badges import hypothesis_badge, verdict_badge
from hyperverdict.study.model import Study
from hyperverdict.verdicts.changes import heading, in_terminal
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.words.isolation import guarded
from hyperverdict.words.safe import LONGEST_CLAIM, cut, terminal, terminal_line

_STYLES = {
    "supported": "bold blue",
    "refuted": "bold red",
    "negligible": "bold",
    "inconclusive": "yellow",
    "depends": "bold magenta",
}
PLAIN_WIDTH = 100


def print_verdicts(
    report: StudyReport, study: Study, html: Path | None = None, stream: TextIO | None = None
) -> None:
    """Print one line per hypothesis and budget, the main caveat, what is next, where the report is.

    In a terminal the lines are coloured; elsewhere (a log, a pipe) they are plain text.
    """
    stream = stream or sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False)
    if report.provisional:
        notice = f"{opening.notice(study)}: {report.provisional}"
        console.print(_text(notice, "bold yellow"))
    console.print(_text(opening.opening(report, study), "bold"))
    console.print(_text(opening.facts_line(report)))
    common = _common(report)
    for hypothesis in report.hypotheses:
        badge = hypothesis_badge(hypothesis)
        console.print()
        console.print(
            Text.assemble(
                (terminal_line(hypothesis.id), "bold"),
                " ",
                _text(f"{badge.sign} {badge.text}", _STYLES[badge.style]),
                _text(f" “{cut(terminal_line(hypothesis.says), LONGEST_CLAIM)}”"),
            )
        )
        for note in (opening.post_hoc(hypothesis), opening.failure(hypothesis)):
            if note:
                console.print(_text(f"  {note}"))
        console.print(Padding(_guarded_table(hypothesis), (0, 0, 0, 2)))
        for said in (*_beside(hypothesis, common), *opening.failed_runs(hypothesis)):
            console.print(Padding(_text(said), (0, 0, 0, 2)))
    if common:
        console.print()
        console.print(_text(" ".join(common)))
    for pick in report.picks:
        if pick.of == "heatmap":
            console.print()
            console.print(_text(f"{pick.id}: {pick.sentence}"))
    if report.changes:
        console.print()
        console.print(_text(heading(report.since), "bold"))
        for sentence in in_terminal(report.changes):
            console.print(Padding(_text(sentence), (0, 0, 0, 2)))
    console.print()
    for label, sentence in (("Main caveat", report.main_caveat), ("Next", report.next_step)):
        if sentence:
            console.print(_text(f"{label}: {sentence}"))
    if html is not None:
        # A path must stay whole to be clicked or copied.
        console.print(Text(f"Report: {terminal_line(html)}"), soft_wrap=True)


def _said(hypothesis: HypothesisReport, verdict: Verdict) -> tuple[str, ...]:
    """What stands beside the effects of a verdict, but what only repeats it."""
    sentences = guarded(
        hypothesis.id, partial(conclusion.beside, verdict), lambda problem: (problem,)
    )
    evidence = verdict.judgement.evidence
    repeats = len(verdict.anytime) > 1 and verdict.anytime_evidence == evidence != "estimated"
    return sentences[:-1] if repeats else sentences


def _common(report: StudyReport) -> tuple[str, ...]:
    """Which collapse rates stay open, where several verdicts say so: said once, at the end."""
    said = (
        guarded(h.id, partial(conclusion.left_open, v), lambda _: "")
        for h in report.hypotheses
        for v in h.verdicts
    )
    counted = Counter(filter(None, said))
    return tuple(text for text, times in counted.items() if times > 1)


def _beside(hypothesis: HypothesisReport, common: Collection[str]) -> Iterator[str]:
    """What stands beside the effects of one hypothesis alone, by budget where it has several."""
    for verdict in hypothesis.verdicts:
        text = " ".join(text for text in _said(hypothesis, verdict) if text not in common)
        if text:
            several = len(hypothesis.verdicts) > 1
            yield f"{budget_name(verdict)}: {text}" if several else text


def _guarded_table(hypothesis: HypothesisReport) -> Table | Text:
    def table() -> Table | Text:
        return budget_table(hypothesis)

    return guarded(hypothesis.id, table, _text)


def budget_table(hypothesis: HypothesisReport) -> Table:
    """Budget, verdict and effect of one hypothesis, one line per budget."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(min_width=14, max_width=24)
    table.add_column(min_width=24, overflow="fold")
    table.add_column(overflow="fold")
    for verdict in hypothesis.verdicts:
        badge = verdict_badge(verdict)
        table.add_row(
            _text(budget_name(verdict)),
            _text(f"{badge.sign} {badge.text}", _STYLES[badge.style]),
            _text(conclusion.shortest(verdict)),
        )
    return table


def _text(text: str, style: str = "") -> Text:
    """Text that a terminal only shows."""
    return Text(terminal(text), style)
