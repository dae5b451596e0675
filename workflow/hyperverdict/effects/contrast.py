"""Contrasts: what an effect is an effect of, as a value; `words.contrasts` makes words of it.

A contrast is a weighted sum of arms. Its `kind` says how its sides are to be read; nothing reads
the text of a label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from hyperverdict.effects.outcomes import Arm
from hyperverdict.vocabulary.metrics import Metric

Kind = Literal[
    "difference",  # to - from of two arms (a ratio for ratio metrics); sides are arms
    "fit",  # change of the fitted line from the first to the last of ordered arms; sides are arms
    "interaction",  # an effect in one context minus the same effect in another; sides are contexts
    "conditional",  # mean effect over the contexts named yes minus no; sides are contexts
    "share",  # difference in share of variance between two groups; sides are factors
    "epoch",  # one epoch minus an earlier one of the same training; sides are epochs
    "strategy",  # winner of one search minus winner of the other; sides are searches
]


@dataclass(frozen=True)
class Contrast:
    """What is contrasted.

    Attributes:
        arms: labels (identities) of the arms behind it. For a difference (from, to); for a fit from
            the first to the last level; for an interaction (from, to) in the first context, then in
            the second; empty for a share, which rests on all arms.
        start, to: names of the two sides for people, the effect being to - start: arms without
            their context, contexts, factors, epochs or searches, as `kind` says.
        context: the context it was measured in, for people: "depth 2"; else "".
        change: for an interaction or a conditional, what its effects are effects of: "depth 2 → 3".
    """

    kind: Kind
    metric: Metric
    arms: tuple[str, ...]
    start: tuple[str, ...]
    to: tuple[str, ...]
    context: str = ""
    change: str = ""

    @property
    def ratio(self) -> bool:
        """Whether the effect is a ratio, to / start."""
        return self.metric.ratio and self.kind != "share"

    @property
    def neutral(self) -> float:
        """The effect that says "no difference"."""
        return 1.0 if self.ratio else 0.0

    @property
    def pair(self) -> tuple[str, str] | None:
        """Labels (from, to) of a difference of two arms; None for every other kind."""
        return (self.arms[0], self.arms[1]) if self.kind == "difference" else None


class Weighted(NamedTuple):
    """A contrast with the weight of each arm (or side) by which outcomes are summed."""

    contrast: Contrast
    weights: Mapping[str, float]


def difference(metric: Metric, start: Arm, to: Arm, context: str = "") -> Weighted:
    """to - start of two arms; `context` is the title of the context that both share."""
    before, after = ((arm.name if context else arm.title) for arm in (start, to))
    labels = (start.label, to.label)
    contrast = Contrast("difference", metric, labels, (before,), (after,), context)
    return Weighted(contrast, {to.label: 1.0, start.label: -1.0})


def fit(
    metric: Metric, arms: Sequence[Arm], weights: Sequence[float], context: str = ""
) -> Weighted:
    """The change of a fitted line over ordered arms [K], with one weight an arm."""
    labels = tuple(arm.label for arm in arms)
    first, last = ((a.name if context else a.title) for a in (arms[0], arms[-1]))
    contrast = Contrast("fit", metric, labels, (first,), (last,), context)
    return Weighted(contrast, dict(zip(labels, weights, strict=True)))


def named(kind: Kind, metric: Metric, start: str, to: str, arms: Sequence[str] = ()) -> Weighted:
    """to - start of outcomes that go by other names than arms: epochs or searches."""
    return Weighted(Contrast(kind, metric, tuple(arms), (start,), (to,)), {to: 1.0, start: -1.0})
