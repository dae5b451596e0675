"""`hyperverdict.compare`: one comparison of runs that exist, in a notebook or a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hyperverdict.claims.model import Leg
from hyperverdict.effects.effect import Effect
from hyperverdict.errors import UserError, nearest
from hyperverdict.foreign.files import read_runs
from hyperverdict.foreign.judge import judge_table
from hyperverdict.foreign.reading import Reading
from hyperverdict.records.tables import Tables
from hyperverdict.report.conclusion import anytime_text
from hyperverdict.verdicts.facts import UNGUARDED
from hyperverdict.verdicts.model import StudyReport, Verdict
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.effects import effect_text
from hyperverdict.words.numbers import count, estimate_text, size_text, upper
from hyperverdict.words.safe import html, terminal

ID = "comparison"
DIRECTIONS = ("higher", "lower", "not_higher", "not_lower")
MARKS = {"blocks": "blocks:", "caveat": "caveat:"}


@dataclass(frozen=True)
class Comparison:
    """The verdict on one comparison; prints as text, shows as HTML in a notebook.

    Attributes:
        verdict: effects, checks, scope and all other parts.
        report: the same as a report of one hypothesis.
        tables: the rows it rests on, in our columns.
        reading: how the table was read.
    """

    verdict: Verdict
    report: StudyReport
    tables: Tables
    reading: Reading

    @property
    def headline(self) -> str:
        """supported, refuted, no meaningful effect, or inconclusive with its reason."""
        return self.verdict.headline

    def __repr__(self) -> str:
        lines = [f"{self.headline.upper()}: {self.report.hypotheses[0].claim}"]
        lines += [f"  {sentence}" for sentence in self._findings()]
        lines += [f"  {_mark(level)} {sentence}" for level, sentence in self._checks()]
        lines += [f"  scope: {sentence}" for sentence in self.verdict.scope]
        lines.append(f"  next: {self.report.next_step}")
        return terminal("\n".join([*self.reading.lines(), "", *lines]))

    def _findings(self) -> list[str]:
        judgement, replicate = self.verdict.judgement, self.verdict.replicate
        found = [
            leg_sentence(leg, effect, replicate) for leg in judgement.legs for effect in leg.effects
        ]
        dropped = [leg.dropped_because for leg in judgement.legs if leg.dropped_because]
        return [*found, *dropped, *judgement.notes, *self._looks()]

    def _looks(self) -> list[str]:
        """What holds however often anybody looks, and whether anything counts the looks."""
        unguarded = "" if self.report.ledger else f"{upper(UNGUARDED)}."
        anytime = anytime_text(self.verdict)
        return [text for text in (anytime and f"{anytime}.", unguarded) if text]

    def _checks(self) -> list[tuple[str, str]]:
        return [(check.level, check.sentence) for check in self.verdict.fired]

    def _repr_html_(self) -> str:
        claim = html(self.report.hypotheses[0].claim)
        legs = self.verdict.judgement.legs
        rows = "".join(_html_row(leg, effect) for leg in legs for effect in leg.effects)
        names = ("metric", "contrast", "effect", "interval", "evidence", "n")
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in names)
        checks = _items(
            f"<b>{html(_mark(level))}</b> {html(sentence)}" for level, sentence in self._checks()
        )
        reading = "".join(
            f"<li>{html(heading)}{_items(map(html, lines))}</li>"
            for heading, lines in self.reading.sections
        )
        return (
            f"<div><details><summary>reading</summary><ul>{reading}</ul></details>"
            f"<p><b>{html(self.headline)}</b>: {claim}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"{_items(map(html, self._looks()))}{checks}"
            f"<details><summary>scope</summary>{_items(map(html, self.verdict.scope))}</details>"
            f"<p>{html(self.report.next_step)}</p></div>"
        )


def compare(
    table: pd.DataFrame | str | Path,
    change: Mapping[str, tuple[Any, Any]],
    expect: Mapping[str, Any] | None = None,
    *,
    matters_from: Mapping[str, float | str] | None = None,
    at_equal: str | None = None,
    baseline: Mapping[str, Any] | None = None,
    columns: Mapping[str, str] | None = None,
    ignore: tuple[str, ...] | list[str] = (),
    states: Mapping[str, str] | None = None,
    data: str = "",
    alpha: float = 0.05,
    ledger: str | Path | None = None,
) -> Comparison:
    """Judge one comparison on a table of runs.

    Args:
        table: a data frame, or a file or folder of runs; one row per run or per evaluation.
        change: factor -> (from, to); every effect is to - from.
        expect: metric -> higher, lower, not_higher or not_lower; every line must hold. Default
            ``{"accuracy": "higher"}``.
        matters_from: metric -> smallest size that matters (0.01) or ratio ("1.10x").
        at_equal: the budget held equal, such as "300 steps"; default what all runs share.
        baseline: levels that select the runs to compare, such as ``{"optimizer": "adam"}``.
        columns: our name -> the table's column, where its name does not say it.
        ignore: columns that are no settings, or change no score.
        states: word in a column of states -> finished, failed, stopped or unfinished.
        data: name of the data set; it selects rows where a column holds data sets.
        alpha: two-sided probability of a wrong verdict.
        ledger: file that counts the looks, for a table that grows and is judged again. Without one
            nothing guards against repeated looks, and the comparison says so.

    Raises UserError for a table or claim that cannot be read.

    Example::

        compare("runs.csv", {"batch_size": (4, 128)}, {"accuracy": "lower"}, at_equal="300 steps")
    """
    expect = expect or {"accuracy": "higher"}
    _check(change, expect, matters_from or {})
    claim = {
        "says": "A comparison.",
        "compare": {f: {"from": start, "to": end} for f, (start, end) in change.items()},
        "expect": dict(expect),
    }
    if at_equal:
        claim["at_equal"] = [at_equal]
    study = {
        "study": ID,
        "data": data,
        "alpha": alpha,
        "baseline": dict(baseline or {}),
        "columns": dict(columns or {}),
        "ignore": list(ignore),
        "states": dict(states or {}),
        "metrics": {name: {"matters_from": size} for name, size in (matters_from or {}).items()},
        "hypotheses": {ID: claim},
    }
    cells = table if isinstance(table, pd.DataFrame) else read_runs([table])
    judged = judge_table(cells, study, None if ledger is None else Path(ledger))
    verdict = judged.report.hypotheses[0].verdicts[0]
    return Comparison(verdict, judged.report, judged.tables, judged.reading)


def _check(
    change: Mapping[str, Any], expect: Mapping[str, Any], sizes: Mapping[str, object]
) -> None:
    """Refuse directions, sizes and factors that cannot be read, in one sentence."""
    for metric, direction in expect.items():
        if isinstance(direction, str) and direction not in DIRECTIONS:
            raise UserError(f"expect {metric}: {direction!r}; {nearest(direction, DIRECTIONS)}")
    known = [name for name, metric in RECORDED.items() if metric.matters_from is not None]
    missing = next((metric for metric in expect if metric not in (*sizes, *known)), None)
    if missing is not None:
        raise UserError(
            f"matters_from of {missing!r} is missing (metrics with a default: {', '.join(known)}): "
            f"from which size does it matter? Write matters_from={{{missing!r}: 0.01}} or a ratio "
            "such as '1.10x'."
        )
    for factor, ends in change.items():
        if not isinstance(ends, (tuple, list)) or len(ends) != 2:
            raise UserError(f"change: {factor} must be (from, to), not {ends!r}")


def leg_sentence(leg: Leg, effect: Effect, replicate: str = "seed") -> str:
    """One effect in words: its size, interval, verdict and how many seeds or runs it rests on."""
    direction = leg.expectation.direction.replace("_", " ")
    return (
        f"{effect.metric.title}, {contrast_name(effect.contrast)}: {estimate_text(effect)} "
        f"({_interval(effect)}), {effect.evidence}{f' ({effect.grade})' if effect.grade else ''}; "
        f"claimed {direction}, matters from {size_text(effect.delta, effect.contrast)}; "
        f"{count(effect.n, replicate)}{'' if effect.paired else ', unpaired'}"
    )


def _interval(effect: Effect) -> str:
    if not effect.is_measured:
        return "no interval"
    return effect_text(effect).interval


def _mark(level: str) -> str:
    return MARKS.get(level, "note:")


def _items(items: Any) -> str:
    found = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{found}</ul>" if found else ""


def _html_row(leg: Leg, effect: Effect) -> str:
    cells = (
        leg.metric.title,
        contrast_name(effect.contrast),
        estimate_text(effect),
        _interval(effect),
        effect.evidence,
        str(effect.n),
    )
    return "<tr>" + "".join(f"<td>{html(cell)}</td>" for cell in cells) + "</tr>"
