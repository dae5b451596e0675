"""What was held equal between the arms, and what was not: steps, samples, epochs and seconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from hyperverdict.figures.data import budget_title, timed_seconds
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import Verdict
from hyperverdict.vocabulary.budget import shown_budget
from hyperverdict.words.numbers import digits, number

# Budgets are rounded up to a whole step, so that amounts within this share count as equal.
SAME = 0.05
ALIKE = "--soft"
NO_COLORS: Mapping[str, str] = MappingProxyType({})


class Bar(NamedTuple):
    """One arm's amount.

    Attributes:
        arm: its name; amount: in words; percent: its length, of the longest.
        color: the name of its colour in figures; of several arms alike that of ink.
    """

    arm: str
    amount: str
    percent: float
    color: str


class HeldRow(NamedTuple):
    """One quantity.

    Attributes:
        name: "images seen"; held: the budget holds it equal.
        bars: of both arms; of several the arm with the least and the one with the most; one bar
            where all arms have the same.
        ratio: "32 times", or "equal".
    """

    name: str
    held: bool
    bars: tuple[Bar, ...]
    ratio: str


class HeldEqual(NamedTuple):
    """One budget; `arms` are the names and colours of those that are compared."""

    title: str
    arms: tuple[tuple[str, str], ...]
    rows: tuple[HeldRow, ...]


class _Quantity(NamedTuple):
    kind: str
    name: str
    of: Callable[[ArmSummary], float]


def held_equal(
    verdicts: Sequence[Verdict], study: Study, colors: Mapping[str, str] = NO_COLORS
) -> tuple[HeldEqual, ...]:
    """The matrix of every budget whose arms say how much they trained.

    Args:
        colors: label of an arm -> the name of its colour in figures.
    """
    quantities = _quantities(study)
    found = (
        HeldEqual(
            budget_title(v),
            tuple((arm.title, _color(arm, colors)) for arm in v.arms),
            tuple(_rows(v, quantities, colors)),
        )
        for v in verdicts
        if len(v.arms) > 1
    )
    return tuple(one for one in found if one.rows)


def _quantities(study: Study) -> tuple[_Quantity, ...]:
    seen = "images seen" if study.vocabulary.training is None else "samples seen"
    return (
        _Quantity("steps", "steps", lambda arm: arm.steps),
        _Quantity("samples", seen, lambda arm: arm.samples),
        _Quantity("epochs", "epochs", lambda arm: arm.epochs),
        _Quantity("seconds", "seconds", lambda arm: arm.train_seconds),
    )


def _amounts(quantity: _Quantity, verdict: Verdict) -> list[tuple[float, ArmSummary]]:
    """What each arm trained; its seconds as they are without other jobs, where these are known."""
    if quantity.kind == "seconds" and _is_timed(verdict):
        return [(timed_seconds(arm, verdict), arm) for arm in verdict.arms]
    return [(float(quantity.of(arm)), arm) for arm in verdict.arms]


def _is_timed(verdict: Verdict) -> bool:
    return all(timed_seconds(arm, verdict) > 0 for arm in verdict.arms)


def _color(arm: ArmSummary, colors: Mapping[str, str]) -> str:
    return colors.get(arm.label, ALIKE)


def _rows(
    verdict: Verdict, quantities: Sequence[_Quantity], colors: Mapping[str, str]
) -> list[HeldRow]:
    held = verdict.held_budget
    kind = shown_budget(held).kind if held and verdict.arms[0].is_ours else ""
    rows = []
    for quantity in quantities:
        amounts = _amounts(quantity, verdict)
        if all(math.isfinite(amount) and amount > 0 for amount, _ in amounts):
            rough = quantity.kind == "seconds" and not _is_timed(verdict)
            shown = quantity._replace(name="seconds (rough)") if rough else quantity
            rows.append(_row(shown, amounts, quantity.kind == kind, colors))
    return rows


def _row(
    quantity: _Quantity,
    amounts: list[tuple[float, ArmSummary]],
    held: bool,
    colors: Mapping[str, str],
) -> HeldRow:
    least, most = min(a for a, _ in amounts), max(a for a, _ in amounts)
    is_equal = most <= least * (1 + SAME)
    shown = amounts if len(amounts) == 2 else _extremes(amounts)
    if is_equal:
        bars: tuple[Bar, ...] = (Bar("all arms", _amount(most, quantity), 100.0, ALIKE),)
    else:
        bars = tuple(
            Bar(
                arm.title,
                _amount(amount, quantity),
                round(100 * amount / most, 1),
                _color(arm, colors),
            )
            for amount, arm in shown
        )
    return HeldRow(quantity.name, held, bars, "equal" if is_equal else _ratio(most / least))


def _extremes(amounts: list[tuple[float, ArmSummary]]) -> list[tuple[float, ArmSummary]]:
    """The arm with the least and the one with the most; the first of several equal ones."""
    return [min(amounts, key=lambda entry: entry[0]), max(amounts, key=lambda entry: entry[0])]


def _amount(value: float, quantity: _Quantity) -> str:
    if quantity.kind in ("steps", "samples"):
        return number(value, 0)
    return digits(value, 3)


def _ratio(value: float) -> str:
    return f"{digits(value, 2)} times"
