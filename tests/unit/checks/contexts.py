"""Contexts of checks: a sound one, and changes that each put a fault into it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import Check, Finding
from hyperverdict.outcomes.questions import Trial

from tests.unit.verdicts.synthetic import DEPTH, context_of, one_claim, run_all


def look(check: Check, context: CheckContext) -> Finding | None:
    """What a check finds; None where nothing is wrong or it does not apply."""
    found = check.look(context)
    return found if isinstance(found, Finding) else None


def claim_context(folder: Path, claim: str = DEPTH, **more) -> CheckContext:
    """The context of one claim whose runs are all there."""
    folder.mkdir(exist_ok=True)
    study = one_claim(folder, claim, **more)
    return context_of(study, run_all(study, folder / "runs"), "H")


def with_rows(context: CheckContext, position: int, **cells: object) -> CheckContext:
    """The context with some columns of one arm replaced, and its summary where it has them."""
    arms = list(context.arms)
    rows = arms[position].rows.assign(**cells)
    known = {k: v for k, v in cells.items() if hasattr(arms[position].summary, k)}
    summary = replace(arms[position].summary, **known)
    arms[position] = replace(arms[position], rows=rows, summary=summary)
    return replace(context, arms=tuple(arms))


def tuned(
    context: CheckContext, chosen: float, trials: dict[str, int], seeds=(1000, 1001)
) -> CheckContext:
    hypothesis = replace(context.hypothesis, tune={"learning_rate": (1e-4, 1e-3, 1e-2)})
    tried = tuple(
        Trial(arm, {"learning_rate": 1e-3}, tuple(seeds), 0.7)
        for arm, n in trials.items()
        for _ in range(n)
    )
    picked = {a.arm.label: {"learning_rate": chosen} for a in context.arms}
    return replace(context, hypothesis=hypothesis, trials=tried, chosen=picked)
