"""Check 19: hypotheses that claim opposite directions of one contrast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from hyperverdict.checks.context import Case
from hyperverdict.verdicts.model import Check
from hyperverdict.words.counting import listed

UPWARD = frozenset({"higher", "not_lower"})


@dataclass(frozen=True)
class Stand:
    """Where one hypothesis stands on one contrast.

    Attributes:
        contrast: metric and the two configurations, whatever their order.
        sign: +1 when it claims that the second (in path order) is higher.
    """

    id: str
    budget: str
    metric: str
    contrast: tuple[str, str, str]
    sign: int
    evidence: str


@dataclass(frozen=True)
class Rivalry:
    """Two hypotheses against each other at one budget, on one or more metrics.

    Attributes:
        favours: metric -> id of the hypothesis that the data favour, "" for neither.
    """

    first: str
    second: str
    budget: str
    favours: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """``H1 and H4 are rivals: at 300 steps the data favour H4 on accuracy.``"""
        at = f"at {self.budget} " if self.budget else ""
        return f"{self.first} and {self.second} are rivals: {at}{self.finding}."

    @property
    def finding(self) -> str:
        """Whom the data favour, and on which metric."""
        winners: dict[str, list[str]] = {}
        for metric, winner in self.favours:
            winners.setdefault(winner, []).append(metric.replace("_", " "))
        parts = [f"{w} on {listed(metrics)}" for w, metrics in winners.items() if w]
        undecided = listed(winners.get("", ()))
        if not parts:
            return f"the data do not decide between them on {undecided}"
        rest = f"; {undecided} is undecided" if undecided else ""
        return f"the data favour {listed(parts)}{rest}"

    def check(self) -> Check:
        """The rivalry as an informing check."""
        return Check("19", "information", self.sentence, gravity=1)


def stands(case: Case) -> tuple[Stand, ...]:
    """Every directed two-arm contrast of a case."""
    found = []
    budget = str(case.question.budget or "")
    for effect in case.effects():
        pair = case.pair(effect)
        if pair is None:
            continue
        paths = [a.arm.configuration.path for a in pair]
        low, high = sorted(paths)
        orientation = 1 if paths == [low, high] else -1
        sign = orientation * (1 if effect.direction in UPWARD else -1)
        contrast = (effect.metric, low, high)
        id_ = case.question.hypothesis.id
        found.append(Stand(id_, budget, effect.metric, contrast, sign, str(effect.evidence)))
    return tuple(found)


def rivalries(cases: Iterable[Case]) -> tuple[Rivalry, ...]:
    """All rivalries of a study, in the order of its hypotheses and budgets."""
    by_contrast: dict[tuple[tuple[str, str, str], str], list[Stand]] = {}
    for case in cases:
        for stand in stands(case):
            by_contrast.setdefault((stand.contrast, stand.budget), []).append(stand)
    favours: dict[tuple[str, str, str], dict[str, str]] = {}
    for group in by_contrast.values():
        for a, b in combinations(group, 2):
            if a.id != b.id and a.sign != b.sign:
                favours.setdefault((a.id, b.id, a.budget), {})[a.metric] = _winner(a, b)
    return tuple(Rivalry(*key, tuple(found.items())) for key, found in favours.items())


def _winner(a: Stand, b: Stand) -> str:
    if a.evidence == "supported" or b.evidence == "refuted":
        return a.id
    return b.id if b.evidence == "supported" or a.evidence == "refuted" else ""
