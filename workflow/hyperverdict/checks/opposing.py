"""Hypotheses of a study that claim opposite directions of one contrast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Finding, Found, check
from hyperverdict.effects.effect import Evidence
from hyperverdict.stats.decision import UPWARD
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import listed


@dataclass(frozen=True)
class Position:
    """Where one hypothesis stands on one contrast.

    Attributes:
        paths: the two configurations, in order of their paths.
        sign: +1 when it claims that the second is higher.
    """

    id: str
    budget: str
    metric: Metric
    paths: tuple[str, str]
    sign: int
    evidence: Evidence


@dataclass(frozen=True)
class Opposition:
    """Two hypotheses against each other at one budget, on one or more metrics.

    Attributes:
        fits: (metric's title, id of the hypothesis that the data fit, "" for neither).
    """

    first: str
    second: str
    budget: str
    fits: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """``H1 and H4 claim the opposite. At 300 steps the data fit H4 on test accuracy.``"""
        winners: dict[str, list[str]] = {}
        for metric, winner in self.fits:
            winners.setdefault(winner, []).append(metric)
        undecided = listed(winners.pop("", ()))
        start = f"At {self.budget} the" if self.budget else "The"
        found = listed(f"{winner} on {listed(metrics)}" for winner, metrics in winners.items())
        if not found:
            text = f"{start} data do not decide between them on {undecided}"
        else:
            rest = f"; {undecided} is undecided" if undecided else ""
            text = f"{start} data fit {found}{rest}"
        return f"{self.first} and {self.second} claim the opposite. {text}."


def positions(context: CheckContext) -> tuple[Position, ...]:
    """Every directed two-arm contrast of a question."""
    found = []
    for effect, *pair in context.pairs:
        paths = [a.arm.configuration.path for a in pair]
        low, high = sorted(paths)
        orientation = 1 if paths == [low, high] else -1
        sign = orientation * (1 if effect.direction in UPWARD else -1)
        budget = str(context.question.budget or "")
        id_ = context.hypothesis.id
        found.append(Position(id_, budget, effect.metric, (low, high), sign, effect.evidence))
    return tuple(found)


def oppositions(contexts: Iterable[CheckContext]) -> tuple[Opposition, ...]:
    """All oppositions within a study, in the order of its hypotheses and budgets."""
    by_contrast: dict[tuple[str, str, tuple[str, str]], list[Position]] = {}
    for context in contexts:
        for one in positions(context):
            key = (one.budget, one.metric.name, one.paths)
            by_contrast.setdefault(key, []).append(one)
    fits: dict[tuple[str, str, str], dict[str, str]] = {}
    for group in by_contrast.values():
        for a, b in combinations(group, 2):
            if a.id != b.id and a.sign != b.sign:
                fits.setdefault((a.id, b.id, a.budget), {})[a.metric.title] = _fitting(a, b)
    return tuple(Opposition(*key, tuple(found.items())) for key, found in fits.items())


def _fitting(a: Position, b: Position) -> str:
    if a.evidence == "supported" or b.evidence == "refuted":
        return a.id
    return b.id if b.evidence == "supported" or a.evidence == "refuted" else ""


@check(
    "information",
    title="No other hypothesis claims the opposite",
    explains="Hypotheses of one study that claim opposite directions of one contrast: which of "
    "them the data fit.",
    remedy="Read both verdicts together.",
)
def opposing_claims(context: CheckContext) -> Found:
    """Another hypothesis claims the opposite of one contrast."""
    if not context.opposing:
        return None if context.pairs else NOT_APPLICABLE
    return Finding("information", " ".join(context.opposing), 1)


CHECKS: tuple[Check, ...] = (opposing_claims,)
