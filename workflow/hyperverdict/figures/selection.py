"""Which arms stand out where there are more than can be told apart."""

from __future__ import annotations

import math
from collections.abc import Iterator

from hyperverdict.claims.wording import deciding_effect
from hyperverdict.figures.data import pair_of
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count

# Lines that can be told apart.
MOST_SHOWN = 8


def shown_arms(
    report: HypothesisReport, metric: Metric, labels: tuple[str, ...]
) -> tuple[str, ...]:
    """The arms that stand out, in the order of `labels`: all, or at most eight.

    These are the best, the worst and the median arm at the last budget, and those that decide the
    claim; the first ones where no arm has a score.
    """
    if len(labels) <= MOST_SHOWN:
        return labels
    ranked = _ranked(report, metric)
    typical = [ranked[i] for i in (0, -1, (len(ranked) - 1) // 2)] if ranked else labels
    chosen = list(dict.fromkeys([*typical, *_deciding(report)]))[:MOST_SHOWN]
    return tuple(label for label in labels if label in set(chosen))


def _ranked(report: HypothesisReport, metric: Metric) -> list[str]:
    """The labels of the arms at the last budget, from the best to the worst mean."""
    last = [verdict.arms for verdict in report.verdicts if verdict.arms][-1:]
    means = {arm.label: arm.means.get(metric.name, math.nan) for arms in last for arm in arms}
    scored = [label for label, mean in means.items() if math.isfinite(mean)]
    return sorted(scored, key=lambda label: means[label], reverse=metric.better != "lower")


def _deciding(report: HypothesisReport) -> Iterator[str]:
    for verdict in report.verdicts:
        for leg in verdict.judgement.judged_legs:
            effect = deciding_effect(leg)
            pair = pair_of(effect, verdict.arms) if effect else None
            yield from (arm.label for arm in pair or ())


def left_out(number: int, arms: int) -> str:
    """Which arms are shown of many, and where the others are."""
    return (
        "Shown are the best, the worst and the median arm and those that decide the claim; the "
        f"other {number:,} of {count(arms, 'arm')} are in the table of all runs and in "
        "tables/final.csv."
    )
