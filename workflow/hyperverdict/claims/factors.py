"""Factors and levels of a claim: reading, labels, arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from hyperverdict.claims.model import Arm, UnanswerableError
from hyperverdict.errors import UserError, nearest
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget, parse_budget
from hyperverdict.vocabulary.configuration import Configuration, configure, override
from hyperverdict.vocabulary.hyperparameters import (
    HYPERPARAMETERS,
    OWN,
    SHORTHANDS,
    read_value,
    spell,
)

BUDGET = "budget"
FACTORS = (*HYPERPARAMETERS, *SHORTHANDS, BUDGET)

Settings = Mapping[str, Any]

# Handles on the same hyperparameter: naming both in one arm contradicts itself.
_SHAPES = frozenset({"width", "depth"})


def read_level(factor: str, raw: object) -> Any:
    """The canonical level of a factor (a hyperparameter, width, depth or budget)."""
    if factor == BUDGET:
        return parse_budget(raw)
    if factor not in (*FACTORS, *OWN):
        raise UserError(f"unknown hyperparameter {factor!r}; {nearest(factor, (*FACTORS, *OWN))}")
    return read_value(factor, raw)


def level_text(factor: str, raw: object) -> str:
    """A level as labels spell it: ``0.001`` for 1e-3, ``300 steps`` for a budget."""
    value = read_level(factor, raw)
    return str(value) if factor == BUDGET else spell(factor, value)


def label(settings: Settings) -> str:
    """For example ``batch_size 128, depth 2``."""
    return ", ".join(f"{factor} {level_text(factor, raw)}" for factor, raw in settings.items())


def read_levels(factor: str, raw: object, where: str, least: int = 2) -> tuple[Any, ...]:
    """A factor's list of levels, as written, each valid and none listed twice.

    Raises UserError naming the level that is listed twice under two spellings.
    """
    if not isinstance(raw, (list, tuple)) or not raw:
        raise UserError(f"{where}: {factor} must be a list of levels, not {raw!r}")
    seen: dict[Any, object] = {}
    for level in raw:
        value = read_level(factor, level)
        if value in seen:
            raise UserError(f"{where}: {seen[value]!r} and {level!r} are one level of {factor}")
        seen[value] = level
    if len(raw) < least:
        raise UserError(f"{where}: {factor} needs at least {least} levels, not {list(raw)!r}")
    return tuple(raw)


def read_factors(raw: object, where: str, least: int = 2) -> dict[str, tuple[Any, ...]]:
    """Factors with their lists of levels, as written."""
    if not isinstance(raw, Mapping) or not raw:
        raise UserError(f"{where} must name factors with their levels, not {raw!r}")
    return {str(name): read_levels(str(name), levels, where, least) for name, levels in raw.items()}


def read_change(raw: object, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two arms of ``{factor: {from: a, to: b}}``; several factors move together."""
    if not isinstance(raw, Mapping) or not raw:
        raise UserError(f"{where} must read like {{batch_size: {{from: 4, to: 128}}}}, not {raw!r}")
    for factor, ends in raw.items():
        if not isinstance(ends, Mapping) or set(ends) != {"from", "to"}:
            raise UserError(f"{where}: {factor} must have 'from' and 'to', not {ends!r}")
        if read_level(str(factor), ends["from"]) == read_level(str(factor), ends["to"]):
            raise UserError(
                f"{where}: {factor} from {ends['from']!r} to {ends['to']!r} is one configuration; "
                "the two arms must differ"
            )
    start = {str(factor): ends["from"] for factor, ends in raw.items()}
    return start, {str(factor): ends["to"] for factor, ends in raw.items()}


def contexts_of(factors: Mapping[str, Sequence[Any]]) -> tuple[dict[str, Any], ...]:
    """Every combination of the context factors' levels."""
    names = tuple(factors)
    return tuple(dict(zip(names, levels, strict=True)) for levels in product(*factors.values()))


def configuration_of(study: Study, levels: Settings, budget: Budget) -> Configuration:
    """The baseline with some levels replaced; a level of ``budget`` replaces the budget."""
    settings = dict(levels)
    if BUDGET in settings:
        budget = parse_budget(settings.pop(BUDGET))
    if "hidden_units" in settings and _SHAPES & settings.keys():
        both = ", ".join(sorted(_SHAPES & settings.keys()))
        raise UserError(f"hidden_units and {both} set the same layers; vary one of them")
    return configure(override(study.baseline, settings), budget)


def make_arm(
    study: Study, settings: Settings, budget: Budget, context: Settings | None = None
) -> Arm:
    """One arm; its label names settings and context."""
    context = dict(context or {})
    _refuse_both(settings, context)
    levels = {**context, **settings}
    name = label({**settings, **context})
    return Arm(name, dict(settings), configuration_of(study, levels, budget), context)


def _refuse_both(settings: Settings, context: Settings) -> None:
    both = sorted(settings.keys() & context.keys())
    if both:
        raise UserError(f"{both[0]} cannot be compared and be a context at once")


def find_arm(arms: Sequence[Arm], settings: Settings, context: Settings | None = None) -> Arm:
    """The arm with these settings and this context; KeyError when there is none."""
    wanted = label({**settings, **(context or {})})
    for arm in arms:
        if arm.label == wanted:
            return arm
    raise KeyError(wanted)


def unique_arms(arms: Sequence[Arm], where: str) -> tuple[Arm, ...]:
    """The arms without repeated labels.

    Raises UserError when two arms of different labels are one configuration.
    """
    by_label = {arm.label: arm for arm in arms}
    by_path: dict[str, str] = {}
    for arm in by_label.values():
        other = by_path.setdefault(arm.configuration.path, arm.label)
        if other != arm.label:
            raise UserError(f"{where}: {other!r} and {arm.label!r} are one configuration")
    return tuple(by_label.values())


def refuse_single_run(hypothesis: Hypothesis) -> None:
    """Check 3, before anything is trained."""
    n = len(hypothesis.seeds)
    if n < 2:
        raise UnanswerableError(
            "One run per arm: no noise estimate, no verdict. "
            f"{n} seed cannot answer {hypothesis.id}; give it at least 5 (seeds: 10 is the default)"
        )
