"""Factors and levels of a claim: reading, labels, arms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from hyperverdict.claims.model import Design, UnanswerableError
from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline, Configuration
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.vocabulary import BUDGET, Vocabulary
from hyperverdict.words.numbers import listed

# Of one claim or heatmap. More would neither fit into memory nor be trained.
MAXIMUM_COMBINATIONS = 100_000

# Factor -> canonical level.
Levels = Mapping[str, Level]
# Factor -> its levels, in order.
Factors = Mapping[str, tuple[Level, ...]]


def label(levels: Levels, vocabulary: Vocabulary) -> str:
    """An arm's identity: ``batch_size 128, depth 2``."""
    return ", ".join(f"{name} {vocabulary.spell(name, level)}" for name, level in levels.items())


def title(levels: Levels, vocabulary: Vocabulary) -> str:
    """The same for people: ``batch size 128, depth 2``, and ``300 steps`` for a budget."""
    return ", ".join(level_title(name, level, vocabulary) for name, level in levels.items())


def level_title(factor: str, level: Level, vocabulary: Vocabulary) -> str:
    """One level under its factor's name; a budget needs no name."""
    text = vocabulary.show(factor, level)
    return text if factor == BUDGET else f"{factor_title(factor)} {text}"


def factor_title(factor: str) -> str:
    """A factor for people: ``batch size``; the budget is the training length."""
    return "training length" if factor == BUDGET else factor.replace("_", " ")


def read_levels(
    vocabulary: Vocabulary, factor: str, raw: Sequence[Any], where: str, minimum: int = 2
) -> tuple[Level, ...]:
    """A factor's levels in canonical form.

    Raises UserError for one that is listed twice, naming both spellings, and for too few.
    """
    seen: dict[Level, object] = {}
    for written in raw:
        level = vocabulary.read(factor, written)
        if level in seen:
            raise UserError(f"{where}: {seen[level]!r} and {written!r} are one level of {factor}")
        seen[level] = written
    if len(seen) < minimum:
        raise UserError(f"{where}: {factor} needs at least {minimum} levels, not {list(raw)!r}")
    return tuple(seen)


def read_factors(
    vocabulary: Vocabulary, raw: Mapping[str, Any], where: str, minimum: int = 2
) -> Factors:
    """Factors with their levels; UserError for one that is given under two names."""
    found: dict[str, tuple[Level, ...]] = {}
    for written, levels in raw.items():
        name = vocabulary.resolve(str(written))
        if name in found:
            raise UserError(f"{where}: {written!r} is {name!r}, which is given already")
        found[name] = read_levels(vocabulary, name, levels, where, minimum)
    return found


def read_change(
    vocabulary: Vocabulary, raw: Mapping[str, Any], where: str
) -> tuple[dict[str, Level], dict[str, Level]]:
    """The levels of the two arms of ``{factor: {from: a, to: b}}``; several factors move together.

    Raises UserError where a factor does not change.
    """
    start, to = {}, {}
    for written, ends in raw.items():
        name = vocabulary.resolve(str(written))
        if name in start:
            raise UserError(f"{where}: {written!r} is {name!r}, which is given already")
        start[name] = vocabulary.read(name, ends["from"])
        to[name] = vocabulary.read(name, ends["to"])
        if start[name] == to[name]:
            raise UserError(
                f"{where}: {written} from {ends['from']!r} to {ends['to']!r} is one configuration; "
                "the two arms must differ"
            )
    return start, to


def change_text(start: Levels, to: Levels, vocabulary: Vocabulary) -> str:
    """``depth 2 → 3`` or ``batch size 4 → 128 and learning rate 0.001 → 0.01``."""
    parts = [
        f"{factor_title(name)} {vocabulary.show(name, level)} → {vocabulary.show(name, to[name])}"
        for name, level in start.items()
    ]
    return " and ".join(parts)


def levels_text(factors: Factors, vocabulary: Vocabulary) -> str:
    """``depth 1, 2, 3; width 16, 64``."""
    return "; ".join(
        f"{factor_title(name)} {', '.join(vocabulary.show(name, level) for level in levels)}"
        for name, levels in factors.items()
    )


def levels_count(factors: Factors) -> str:
    """``100 levels of width and 30 of depth``."""
    counts = [f"{len(levels):,} of {name}" for name, levels in factors.items()]
    return listed([counts[0].replace(" of ", " levels of ", 1), *counts[1:]])


def combinations(factors: Factors) -> tuple[dict[str, Level], ...]:
    """Every combination of the factors' levels.

    Raises UserError where there are too many to hold.
    """
    names = tuple(factors)
    number = math.prod(map(len, factors.values()))
    if number > MAXIMUM_COMBINATIONS:
        raise UserError(
            f"{levels_count(factors)} are {number:,} combinations; take fewer levels, at most "
            f"{MAXIMUM_COMBINATIONS:,} combinations"
        )
    return tuple(dict(zip(names, levels, strict=True)) for levels in product(*factors.values()))


def make_arm(
    baseline: Baseline,
    settings: Levels,
    budget: Budget,
    context: Levels | None = None,
    order: Sequence[str] = (),
) -> Arm:
    """One arm.

    Args:
        order: in which its label names the factors; settings first when empty.
    """
    context = dict(context or {})
    both = sorted(settings.keys() & context.keys())
    if both:
        raise UserError(f"{both[0]} cannot be compared and be a context at once")
    levels = {**settings, **context}
    named = {name: levels[name] for name in order if name in levels} or levels
    vocabulary = baseline.vocabulary
    return Arm(
        label(named, vocabulary),
        title(named, vocabulary),
        title(settings, vocabulary),
        dict(settings),
        baseline.configure({**context, **settings}, budget),
        context,
    )


def find_arm(arms: Iterable[Arm], settings: Levels, context: Levels | None = None) -> Arm:
    """The arm with these settings and this context; KeyError when there is none."""
    wanted = {**settings, **(context or {})}
    for arm in arms:
        if arm.levels == wanted:
            return arm
    raise KeyError(str(wanted))


def find_pair(arms: Iterable[Arm], start: Levels, to: Levels, context: Levels) -> tuple[Arm, Arm]:
    """The arms with two settings in one context; KeyError when one is missing."""
    found = tuple(arms)
    return find_arm(found, start, context), find_arm(found, to, context)


def unique_arms(arms: Iterable[Arm], where: str) -> tuple[Arm, ...]:
    """The arms without repeated labels.

    Raises UserError when two arms of different labels are one training.
    """
    by_label = {arm.label: arm for arm in arms}
    found: dict[Configuration, Arm] = {}
    for arm in by_label.values():
        refuse_same_training(found, arm, where)
    return tuple(by_label.values())


def refuse_same_training(found: dict[Configuration, Arm], arm: Arm, where: str) -> None:
    """Add an arm to those `found`; UserError when it trains just as one of them does."""
    if arm.configuration.vocabulary.complete is False:
        return
    other = found.setdefault(arm.configuration.effective, arm)
    if other is arm:
        return
    differing = arm.configuration.differing(other.configuration)
    inert = [name for name in (*arm.levels, *differing) if arm.configuration.is_inert(name)]
    if not inert:
        raise UserError(f"{where}: {other.title!r} and {arm.title!r} are one configuration")
    text = inert_text(inert[0], arm.configuration)
    raise UserError(f"{where}: {text}; the same network would be trained twice")


def refuse_inert(arms: Sequence[Arm], where: str) -> None:
    """UserError for a factor that does nothing in any arm, whatever moves with it."""
    for name in arms[0].levels if arms else ():
        if all(arm.configuration.is_inert(name) for arm in arms):
            raise UserError(f"{where}: {inert_text(name, arms[0].configuration)}")


def inert_text(name: str, configuration: Configuration) -> str:
    """What keeps a hyperparameter, inert in this configuration, from having an effect."""
    vocabulary = configuration.vocabulary
    row = vocabulary.described[name]
    for needed, levels in row.acts_with.items():
        if configuration.get(needed) not in levels:
            return f"{name} has an effect only with {_named(needed, levels, vocabulary)}"
    case = next(case for case in row.inert_when if configuration.has(case))
    with_these = (_named(other, {configuration[other]}, vocabulary) for other in case)
    return f"{name} has no effect with {' and '.join(with_these)}"


def _named(name: str, levels: Iterable[Level], vocabulary: Vocabulary) -> str:
    return f"{name} {' or '.join(sorted(vocabulary.spell(name, level) for level in levels))}"


def refuse_single_run(design: Design) -> None:
    """One seed gives no noise estimate."""
    n = len(design.seeds)
    if n < 2:
        seeds = "1 seed" if n == 1 else "no seeds"
        raise UnanswerableError(
            f"one run per arm gives no noise estimate, so {seeds} cannot answer it; "
            "use at least 5 seeds (seeds: 10 is the default)"
        )
