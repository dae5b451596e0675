"""The verdicts in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hyperverdict.report import opening, page, words
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, StudyReport
from hyperverdict.words import numbers as units

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
        console.print(Text(f"Provisional: {report.provisional}", style="bold yellow"))
    console.print(Text(opening.opening(report, study), style="bold"))
    console.print(Text(f"{'; '.join(map(units.plain, report.facts))}."))
    for hypothesis in report.hypotheses:
        badge = page.badge(hypothesis.headline)
        console.print()
        console.print(
            Text.assemble(
                (hypothesis.id, "bold"),
                " ",
                (f"{badge.sign} {badge.text}", _STYLES.get(badge.style, "")),
                f" “{hypothesis.says}”",
            )
        )
        console.print(budget_table(hypothesis, study))
    console.print()
    for label, sentence in (("Main caveat", report.main_caveat), ("Next", report.next_step)):
        if sentence:
            console.print(Text(f"{label}: {sentence}"))
    if html is not None:
        # A path must stay whole to be clicked or copied.
        console.print(Text(f"Report: {html}"), soft_wrap=True)


def budget_table(hypothesis: HypothesisReport, study: Study) -> Table:
    """Budget, verdict and effect of one hypothesis, one line per budget."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(min_width=16)
    table.add_column(min_width=24, overflow="fold")
    table.add_column(overflow="fold")
    for verdict in hypothesis.verdicts:
        badge = page.badge(verdict.headline)
        table.add_row(
            Text(f"  {opening.at(verdict).removeprefix('At ')}"),
            Text(f"{badge.sign} {badge.text}", style=_STYLES.get(badge.style, "")),
            Text(words.brief(verdict, study)),
        )
    return table
