"""What a table holds beside the arms of a claim: levels and seeds that the claim does not name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hyperverdict.claims.factors import Levels, make_arm
from hyperverdict.effects.outcomes import Arm
from hyperverdict.foreign.arms import ClaimArms
from hyperverdict.foreign.content import Codes
from hyperverdict.foreign.levels import spelled
from hyperverdict.foreign.replication import Replicates, combinations_of, replicates
from hyperverdict.foreign.runs import Runs
from hyperverdict.foreign.select import matching, select
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.words.numbers import count, listed, seeds_text

# Levels that are looked at one by one; the rest is counted.
MOST_LEVELS = 200
# Levels that a sentence lists.
MOST_SHOWN = 5


def unnamed_arms(claim: ClaimArms, baseline: Baseline) -> tuple[list[tuple[Arm, Replicates]], int]:
    """(arms at levels of the compared settings that the claim does not name, how many more exist).

    An arm has the claim's baseline and one of its contexts. None where the claim varies the
    training length.
    """
    names = tuple(sorted(claim.compared))
    if not names or claim.varies_budget or any(name not in claim.runs.levels for name in names):
        return [], 0
    found: list[tuple[Arm, Replicates]] = []
    more = 0
    for group in claim.groups:
        context = claim.arms[group[0]].context
        for settings in _levels(claim, names, group, context):
            if len(found) >= MOST_LEVELS:
                more += 1
                continue
            chosen = select(claim.runs, {**claim.baseline, **context, **settings}, claim.budget)
            held = replicates(chosen, claim.number, claim.cells)
            if len(held.seeds):
                arm = make_arm(baseline, settings, claim.budget_of_arms, context)
                found.append((arm, held))
    return found, more


def _levels(
    claim: ClaimArms, names: Sequence[str], group: Sequence[int], context: Levels
) -> Iterator[dict[str, Level]]:
    """Combinations of the compared settings in one context that the claim does not name."""
    runs = claim.runs
    held = np.flatnonzero(matching(runs, {**claim.baseline, **context}))
    combination = combinations_of(runs, names)
    named = {combination[run] for place in group for run in claim.selections[place].matching}
    _, first = np.unique(combination[held], return_index=True)
    for run in held[np.sort(first)]:
        if combination[run] not in named:
            yield {n: runs.levels[n].values[runs.codes(n)[run]] for n in names}


def unnamed_contexts(claim: ClaimArms) -> str:
    """Levels of the settings that make the contexts which the claim leaves out, in words; or ""."""
    parts = []
    for name in sorted(claim.named - claim.compared):
        if name not in claim.runs.levels:
            continue
        named = {str(arm.context[name]) for arm in claim.arms if name in arm.context}
        held = claim.runs.codes(name)[matching(claim.runs, claim.baseline)]
        levels = [claim.runs.levels[name].values[code] for code in np.unique(held)]
        left = [spelled(level) for level in levels if str(level) not in named]
        if left:
            shown = listed(left if len(left) <= MOST_SHOWN else [*left[:MOST_SHOWN], "..."])
            parts.append(
                f"The table has {count(len(levels), 'level')} of {name.replace('_', ' ')}, the "
                f"claim names {len(levels) - len(left)} (not {shown})."
            )
    return " ".join(parts)


def picked_seeds(runs: Runs, arms: Sequence[Codes], stated: frozenset[int]) -> tuple[str, bool]:
    """(which seeds of a claim's runs the study leaves out, in words, or ""; whether picked).

    Seeds that stand in a row among all of those present are taken as planned; scattered ones may
    have been picked by their scores.

    Args:
        arms: numbers of all runs of each arm, whatever their seed.
    """
    present = sorted({int(seed) for of_arm in arms for seed in runs.seed[of_arm]})
    used = [seed for seed in present if seed in stated]
    if len(used) == len(present) or not used:
        return "", False
    places = [present.index(seed) for seed in used]
    picked = places[-1] - places[0] >= len(places)
    left = [seed for seed in present if seed not in stated]
    return (
        f"The study uses {len(used)} of the {len(present)} seeds that these arms have in the table "
        f"(not {seeds_text(left)}).",
        picked,
    )
