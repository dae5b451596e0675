"""The validity checks on a page: a strip of marks per budget, each sentence said once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hyperverdict.checks import CHECKS
from hyperverdict.checks.model import CheckResult
from hyperverdict.figures.data import budget_name
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.words.numbers import count, listed

# What a check is on one question: (sign, word), in the order of gravity.
STATES: Mapping[str, tuple[str, str]] = {
    "blocks": ("✗", "blocks the verdict"),
    "caveat": ("!", "caveat"),
    "information": ("i", "note"),
    "passed": ("✓", "passed"),
    "not applicable": ("–", "not applicable"),
}
FIRED = ("blocks", "caveat", "information")
_COUNTED = {
    "blocks": ("blocks", "block"),
    "caveat": ("caveat", "caveats"),
    "information": ("note", "notes"),
    "passed": ("passed", "passed"),
    "not applicable": ("not applicable", "not applicable"),
}


class Mark(NamedTuple):
    """One check on one question: its id, its title, its state and the state's word."""

    id: str
    title: str
    state: str
    word: str


class Strip(NamedTuple):
    """All checks of one budget, in the order of the documentation; `counts` of those that fired."""

    budget: str
    counts: str
    marks: tuple[Mark, ...]


class Said(NamedTuple):
    """A sentence of a check that fired.

    Attributes:
        level: blocks, caveat or information; where: "H1 at 300 steps and 5 seconds".
    """

    level: str
    word: str
    sentence: str
    remedy: str
    where: str


class Explained(NamedTuple):
    """One check for the whole study: what it looks at, what it found, and on how many verdicts."""

    id: str
    title: str
    explains: str
    counts: str
    said: tuple[Said, ...]


def state_of(check: CheckResult) -> str:
    """What a check is on its question: the level where it fired, else its status."""
    return check.level if check.fired else check.status


def strips(report: HypothesisReport) -> tuple[Strip, ...]:
    """One strip per budget that was checked."""
    return tuple(_strip(verdict) for verdict in report.verdicts if verdict.checks)


def _strip(verdict: Verdict) -> Strip:
    order = {check.id: position for position, check in enumerate(CHECKS)}
    checks = sorted(verdict.checks, key=lambda check: order.get(check.id, len(order)))
    marks = tuple(Mark(c.id, c.title, state_of(c), STATES[state_of(c)][1]) for c in checks)
    fired = _counts([mark.state for mark in marks if mark.state in FIRED])
    return Strip(budget_name(verdict), fired or "all passed", marks)


def _counts(states: Sequence[str]) -> str:
    """ "1 blocks, 2 caveats, 24 passed, 9 not applicable"."""
    parts = []
    for state, (one, many) in _COUNTED.items():
        if n := states.count(state):
            parts.append(f"{n} {one if n == 1 else many}")
    return ", ".join(parts)


def explained(report: StudyReport) -> tuple[Explained, ...]:
    """Every check with its sentences, those that fired most gravely first."""
    results: dict[str, list[tuple[HypothesisReport, Verdict, CheckResult]]] = {}
    for hypothesis in report.hypotheses:
        for verdict in hypothesis.verdicts:
            for check in verdict.checks:
                results.setdefault(check.id, []).append((hypothesis, verdict, check))
    texts = {check.id: check.explains for check in CHECKS}
    order = list(STATES)
    found = [
        (min(order.index(state_of(check)) for _, _, check in entries), key, entries)
        for key, entries in results.items()
    ]
    return tuple(
        Explained(
            key,
            entries[0][2].title,
            texts.get(key, ""),
            _counts([state_of(check) for _, _, check in entries]),
            _said(entries),
        )
        for _, key, entries in sorted(found, key=lambda entry: entry[0])
    )


def _said(
    entries: Sequence[tuple[HypothesisReport, Verdict, CheckResult]],
) -> tuple[Said, ...]:
    """The distinct sentences of one check, with where each holds."""
    where: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    totals: dict[str, int] = {}
    for hypothesis, verdict, check in entries:
        totals[hypothesis.id] = totals.get(hypothesis.id, 0) + 1
        if check.fired:
            key = (check.level, check.sentence, check.remedy)
            where.setdefault(key, {}).setdefault(hypothesis.id, []).append(budget_name(verdict))
    return tuple(
        Said(level, STATES[level][1], sentence, remedy, _where(at, totals))
        for (level, sentence, remedy), at in where.items()
    )


def _where(at: Mapping[str, list[str]], totals: Mapping[str, int]) -> str:
    """ "H1, H5 and H4 at 300 steps"; many hypotheses are counted."""
    if len(at) > 6:
        return count(len(at), "hypothesis")
    return listed(
        key if len(budgets) == totals[key] else f"{key} at {listed(budgets)}"
        for key, budgets in at.items()
    )
