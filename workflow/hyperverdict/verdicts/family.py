"""Whether the primary family of a study can be judged by max-t, and at which alphas."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

import numpy as np

from hyperverdict.checks.context import CheckContext
from hyperverdict.effects.effect import Effect
from hyperverdict.stats.families import FamilyAlphas, level_of, max_t_alphas

# Contrasts whose values per seed are what was measured of that seed alone.
PER_SEED = frozenset({"difference", "interaction"})
KINDS = frozenset({"comparison", "trade-off", "interaction"})


def family_alphas(members: Sequence[CheckContext], sizes: Set[int]) -> FamilyAlphas | None:
    """The alphas of a family that is judged whole, once, on the same seeds; else None: Bonferroni.

    All questions of the family must be in this judgement, without missing or failed runs, paired on
    the same seeds, under the same rule of looks, and decided by contrasts per seed. A confidence
    sequence, and looks registered under the first rules, keep Bonferroni.

    Args:
        members: the family's questions, as judged with Bonferroni's correction.
        sizes: of the families they belong to.
    """
    if sizes != {len(members)} or len(members) < 2 or not all(map(_fits, members)):
        return None
    rules = {member.question.look_rule for member in members}
    effects = [effect for member in members for effect in member.effects]
    seeds = {tuple(seed for seed, _ in effect.per_seed) for effect in effects}
    level = level_of(rules.pop(), members[0].study.alpha) if len(rules) == 1 else None
    if level is None or len(seeds) != 1:
        return None
    contrasts = np.array([_values(effect) for effect in effects], dtype=float).T
    return max_t_alphas(contrasts, len(members), level)


def _fits(member: CheckContext) -> bool:
    look = member.status.look
    return (
        member.judgement.kind in KINDS
        and bool(member.effects)
        and (look is None or look.rules > 1)
        and all(
            effect.contrast.kind in PER_SEED
            and not effect.metric.is_time
            and effect.n == len(effect.per_seed) == len(member.question.seeds)
            for effect in member.effects
        )
    )


def _values(effect: Effect) -> list[float]:
    """Per seed, on the judged scale."""
    values = [value for _, value in effect.per_seed]
    return [math.log(value) for value in values] if effect.ratio else values
