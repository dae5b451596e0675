"""Earlier findings that the study states, set beside ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hyperverdict.checks.context import Case
from hyperverdict.claims.model import Effect
from hyperverdict.words.counting import digits, estimate, listed


def saw_sentences(cases: Iterable[Case]) -> tuple[str, ...]:
    """One sentence per metric that the hypothesis says it saw, over all its budgets."""
    cases = tuple(cases)
    if not cases:
        return ()
    saw = cases[0].question.hypothesis.saw
    return tuple(_sentence(metric, seen, cases) for metric, seen in saw.items())


def _sentence(metric: str, seen: Mapping[str, float], cases: tuple[Case, ...]) -> str:
    name = metric.replace("_", " ")
    if {"from", "to"} <= seen.keys():
        start, end = float(seen["from"]), float(seen["to"])
        found = [part for case in cases if (part := _direction(metric, end - start, case))]
        ours = f": {'; '.join(found)}." if found else "; no run of ours is finished yet."
        return f"You saw {name} {digits(start)} and {digits(end)}{ours}"
    value = float(next(iter(seen.values())))
    side = "to" if "to" in seen else "from"
    found = [part for case in cases if (part := _level(metric, side, case))]
    ours = f"; ours is {listed(found)}." if found else "; no run of ours is finished yet."
    return f"You saw {name} {digits(value)}{ours}"


def _direction(metric: str, difference: float, case: Case) -> str:
    effect = _effect(metric, case)
    if effect is None or effect.n == 0:
        return ""
    null = 1.0 if effect.ratio else 0.0
    same = (effect.estimate - null) * difference > 0
    words = {
        "no meaningful effect": "no meaningful difference in ours",
        "inconclusive": "undecided in ours",
    }.get(effect.evidence, "same direction as ours" if same else "ours points the other way")
    return f"{words}{_at(case)} ({estimate(effect)})"


def _level(metric: str, side: str, case: Case) -> str:
    effect = _effect(metric, case)
    pair = case.pair(effect) if effect else None
    if pair is None:
        return ""
    arm = pair[1] if side == "to" else pair[0]
    mean = arm.summary.means.get(metric)
    return "" if mean is None else f"{digits(mean)} for {arm.arm.label}{_at(case)}"


def _effect(metric: str, case: Case) -> Effect | None:
    return next((e for e in case.effects() if e.metric == metric), None)


def _at(case: Case) -> str:
    return f" at {case.question.budget}" if case.question.budget else ""
