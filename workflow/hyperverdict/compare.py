"""`hyperverdict.compare`: one comparison of runs that exist, in a notebook or a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from hyperverdict.checks.context import UNNAMED_DATA
from hyperverdict.claims.model import Effect, Leg
from hyperverdict.errors import UserError, nearest
from hyperverdict.foreign.judge import judge_table
from hyperverdict.foreign.runs import read_runs
from hyperverdict.records.collect import Tables
from hyperverdict.study.load import DEFAULT_METRICS, DIRECTIONS, read_expectation, read_metric
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.verdicts.headline import decided
from hyperverdict.verdicts.model import StudyReport, Verdict
from hyperverdict.vocabulary.budget import Budget, parse_budget
from hyperverdict.words.counting import count, estimate, size

NO_ROW = "No row of the table is"
ID = "comparison"
NO_BUDGET = Budget("steps", 1)


@dataclass(frozen=True)
class Comparison:
    """The verdict on one comparison; prints as text, shows as HTML in a notebook.

    Attributes:
        verdict: effects, checks, scope and all other parts.
        report: the same as a report of one hypothesis.
        tables: the rows it rests on, in our columns.
    """

    verdict: Verdict
    report: StudyReport
    tables: Tables

    @property
    def headline(self) -> str:
        """supported, refuted, no meaningful effect, or inconclusive with its reason."""
        return self.verdict.headline

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        hypothesis = self.report.hypotheses[0]
        lines = [f"{self.headline.upper()}: {hypothesis.claim}"]
        lines += [f"  {sentence}" for sentence in self._findings()]
        lines += [f"  {_mark(level)} {sentence}" for level, sentence in self._checks()]
        lines += [f"  scope: {sentence}" for sentence in self.verdict.scope]
        lines.append(f"  next: {self.report.next_step}")
        return lines

    def _findings(self) -> list[str]:
        found = [
            leg_sentence(leg, effect)
            for leg in decided(self.verdict).legs
            for effect in leg.effects
        ]
        dropped = [leg.dropped_because for leg in decided(self.verdict).legs if leg.dropped_because]
        return [*found, *dropped, *self.verdict.judgement.notes]

    def _checks(self) -> list[tuple[str, str]]:
        return [(check.level, check.sentence) for check in self.verdict.checks]

    def _repr_html_(self) -> str:
        hypothesis = self.report.hypotheses[0]
        rows = "".join(_html_row(leg, e) for leg in decided(self.verdict).legs for e in leg.effects)
        head = "".join(
            f"<th style='text-align:left'>{name}</th>"
            for name in ("metric", "contrast", "effect", "interval", "evidence", "seeds")
        )
        checks = "".join(
            f"<li><b>{escape(_mark(level))}</b> {escape(sentence)}</li>"
            for level, sentence in self._checks()
        )
        scope = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.verdict.scope)
        return (
            f"<div><p><b>{escape(self.headline)}</b>: {escape(hypothesis.claim)}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            + (f"<ul>{checks}</ul>" if checks else "")
            + f"<details><summary>scope</summary><ul>{scope}</ul></details>"
            f"<p>{escape(self.report.next_step)}</p></div>"
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
    data: str = "",
    alpha: float = 0.05,
) -> Comparison:
    """Judge one comparison on a table of runs.

    Args:
        table: a data frame or a CSV or Parquet file, one row per run or per evaluation.
        change: factor -> (from, to); every effect is to - from.
        expect: metric -> higher, lower, not_higher or not_lower; every line must hold. Default
            ``{"accuracy": "higher"}``.
        matters_from: metric -> smallest size that matters (0.01) or ratio ("1.10x").
        at_equal: the budget held equal, such as "300 steps"; default what all runs share.
        baseline: levels that select the runs to compare, such as ``{"optimizer": "adam"}``.
        columns: our name -> the table's column, where its name does not say it.
        data: name of the data set, for the scope.
        alpha: two-sided probability of a wrong verdict.

    Raises UserError for a table or claim that cannot be read.

    Example::

        compare("runs.csv", {"batch_size": (4, 128)}, {"accuracy": "lower"}, at_equal="300 steps")
    """
    expect = expect or {"accuracy": "higher"}
    for metric, direction in expect.items():
        if isinstance(direction, str) and direction not in DIRECTIONS:
            raise UserError(f"expect {metric}: {direction!r}; {nearest(direction, DIRECTIONS)}")
    budget = parse_budget(at_equal) if at_equal else NO_BUDGET
    sizes = {**DEFAULT_METRICS, **(matters_from or {})}
    missing = [metric for metric in expect if metric not in sizes]
    if missing:
        raise UserError(
            f"matters_from of {missing[0]!r} is missing (metrics with a default: "
            f"{', '.join(DEFAULT_METRICS)}): from which size does it matter? "
            f"Write matters_from={{{missing[0]!r}: 0.01}} or a ratio such as '1.10x'."
        )
    for factor, ends in change.items():
        if not isinstance(ends, (tuple, list)) or len(ends) != 2:
            raise UserError(f"change: {factor} must be (from, to), not {ends!r}")
    metrics = {name: read_metric(name, size) for name, size in sizes.items()}
    terms = {"compare": {f: {"from": start, "to": end} for f, (start, end) in change.items()}}
    hypothesis = Hypothesis(
        id=ID,
        says="",
        terms=terms,
        expect=tuple(
            read_expectation(metric, claimed, metrics[metric]) for metric, claimed in expect.items()
        ),
        at_equal=(budget,),
        seeds=(),
    )
    study = Study(
        name=ID,
        title=ID,
        path="",
        baseline={"data": data or UNNAMED_DATA, **(baseline or {})},
        budget=budget,
        seeds=(),
        metrics=metrics,
        hypotheses=(hypothesis,),
        explorations=(),
        alpha=alpha,
    )
    frame = table if isinstance(table, pd.DataFrame) else read_runs(Path(table))
    judged = judge_table(frame, study, columns=columns, budget_stated=at_equal is not None)
    verdict = judged.report.hypotheses[0].verdicts[0]
    absent = [check.sentence for check in verdict.checks if check.sentence.startswith(NO_ROW)]
    if absent:
        raise UserError(absent[0])
    return Comparison(verdict, judged.report, judged.tables)


def leg_sentence(leg: Leg, effect: Effect) -> str:
    """One effect in words: its size, interval, verdict and seeds."""
    return (
        f"{effect.metric}, {effect.name}: {estimate(effect)} {_interval(effect)}, "
        f"{effect.evidence}{f' ({effect.grade})' if effect.grade else ''}; "
        f"claimed {leg.direction.replace('_', ' ')}, matters from "
        f"{size(effect.delta, effect.metric, effect.ratio)}; {count(effect.n, 'seed')}"
        f"{'' if effect.paired else ', unpaired'}"
    )


def _interval(effect: Effect) -> str:
    scale = 100 if effect.metric in ("accuracy", "error") and not effect.ratio else 1
    low, high = (f"{scale * end:.3g}" for end in effect.ci1)
    return f"[{low}, {high}]"


def _mark(level: str) -> str:
    return {"blocks": "BLOCKS:", "caveat": "caveat:"}.get(level, "note:")


def _html_row(leg: Leg, effect: Effect) -> str:
    cells = (
        leg.metric,
        effect.name,
        estimate(effect),
        _interval(effect),
        effect.evidence,
        str(effect.n),
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
