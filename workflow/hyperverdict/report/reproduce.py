"""How to reproduce a study: its file, the commands, checksums, the ledger's timeline, versions."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperverdict.ledger.chain import Line, read_ledger
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.words.commands import snakemake
from hyperverdict.words.numbers import count, listed, upper

if TYPE_CHECKING:
    import pandas as pd

# At most so many questions of one moment are named in the timeline.
MOST_NAMED = 6


class Sources(NamedTuple):
    """What a page can show besides verdicts and figures.

    Attributes:
        final: the table of all runs; None without one.
        ledger: its file; None where looks are not counted.
        runs: the files that a table from elsewhere was read from; empty where we trained.
        study_file: of a study whose runs come from elsewhere; "" for `Study.path`.
    """

    final: pd.DataFrame | None = None
    ledger: Path | None = None
    runs: tuple[str, ...] = ()
    study_file: str = ""


class Command(NamedTuple):
    """A command to type, and what it does."""

    does: str
    line: str


class Event(NamedTuple):
    """What happened to the claims at one moment: time in UTC, and a sentence."""

    time: str
    text: str


class Reproduce(NamedTuple):
    """The box.

    Attributes:
        file, text: name and content of the study file; "" where it cannot be read.
        checksums: (of what, SHA-256 or its beginning).
    """

    file: str
    text: str
    commands: tuple[Command, ...]
    checksums: tuple[tuple[str, str], ...]
    timeline: tuple[Event, ...]


def reproduce(
    study: Study, report: StudyReport, provenance: Mapping[str, Any], sources: Sources
) -> Reproduce:
    """Everything that somebody needs to make the same verdicts again."""
    file = sources.study_file or study.path
    text = _read(file)
    return Reproduce(
        file,
        text,
        tuple(_commands(file, sources)),
        tuple(_checksums(text, report, provenance)),
        _timeline(sources.ledger, report),
    )


def _read(file: str) -> str:
    """The text of the study file; "" where there is none any more."""
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace") if file else ""
    except OSError:
        return ""


def _commands(file: str, sources: Sources) -> Iterable[Command]:
    if not file:
        return
    quoted = shlex.quote(str(file))
    if sources.runs:
        runs = " ".join(map(shlex.quote, sources.runs))
        yield Command("judge the runs again", f"hyperverdict judge {runs} {quoted}")
        yield Command("show how they are read", f"hyperverdict read {runs} {quoted}")
        return
    yield Command("train what is missing, judge and report", snakemake(file))
    yield Command("judge the same runs again", f"{snakemake(file)} --forcerun judge")
    yield Command("show the verdicts in the terminal", f"hyperverdict show {quoted}")
    yield Command("watch the training curves", f"hyperverdict watch {quoted}")


def _checksums(
    text: str, report: StudyReport, provenance: Mapping[str, Any]
) -> Iterable[tuple[str, str]]:
    if text:
        yield "study file (SHA-256)", hashlib.sha256(text.encode()).hexdigest()
    for heading in ("data checksums", "code checksums"):
        found = provenance.get(heading)
        if isinstance(found, Mapping):
            for name, value in found.items():
                yield f"{heading.removesuffix('s')} of {name}", str(value)
    if report.ledger:
        yield f"ledger, line {report.ledger.line}", report.ledger.hash


def _timeline(ledger: Path | None, report: StudyReport) -> tuple[Event, ...]:
    """Registrations and looks, those of one moment together."""
    # The ledger has a budget for every claim; one that the claim itself varies means nothing.
    varied = {(h.id, v.budget) for h in report.hypotheses for v in h.verdicts if v.budget_varies}
    if ledger is None or not ledger.exists():
        return ()
    moments: dict[tuple[str, str], list[Line]] = {}
    for line in read_ledger(ledger).lines:
        if (line.content.get("hypothesis"), line.content.get("budget")) in varied:
            line = replace(line, content={**line.content, "budget": ""})
        moments.setdefault((line.time[:16], line.kind), []).append(line)
    return tuple(
        Event(time.replace("T", " "), _event(kind, lines))
        for (time, kind), lines in sorted(moments.items(), key=lambda entry: entry[0][0])
    )


def _event(kind: str, lines: Sequence[Line]) -> str:
    if kind == "registration":
        late = sum(1 for line in lines if line.content.get("seeds_before"))
        when = "before their results existed" if not late else f"{late} after results existed"
        return f"Registered {_named(lines)}: {when}."
    verdicts = (
        f"{_question(line)}: {line.content.get('headline', 'unknown')}"
        f" (n = {line.content.get('n', 'unknown')})"
        for line in lines[:MOST_NAMED]
    )
    more = len(lines) - MOST_NAMED
    what = "Looked" if kind == "look" else "Judged the same runs again"
    return f"{what}. {'; '.join(verdicts)}{f'; and {more} more' if more > 0 else ''}."


def _named(lines: Sequence[Line]) -> str:
    by_id: dict[str, list[str]] = {}
    for line in lines:
        key = str(line.content.get("hypothesis", "a claim"))
        by_id.setdefault(key, []).append(str(line.content.get("budget", "")))
    names = [f"{key} at {listed(at)}" if any(at) else key for key, at in by_id.items()]
    if len(names) > MOST_NAMED:
        names = [*names[:MOST_NAMED], count(len(names) - MOST_NAMED, "more claim")]
    return listed(names)


def _question(line: Line) -> str:
    budget = line.content.get("budget", "")
    return upper(f"{line.content.get('hypothesis', 'a claim')}{f' at {budget}' if budget else ''}")
