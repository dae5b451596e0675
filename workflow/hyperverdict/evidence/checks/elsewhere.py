"""Checks on runs from elsewhere: what a study would have refused before training is a caveat."""

from __future__ import annotations

from hyperverdict.evidence.case import ArmRuns, Case
from hyperverdict.evidence.numbers import listed
from hyperverdict.evidence.verdict import Check
from hyperverdict.records.recognise import DESCRIPTIONS


def design(case: Case) -> Check | None:
    """A design that could not have answered the claim, or rows that do not fit it."""
    faults = case.source.get("faults", {}).get(case.question.hypothesis.id, ())
    if not faults:
        return None
    return Check("design", "caveat", " ".join(dict.fromkeys(faults)), gravity=8)


def separating_columns(case: Case) -> Check | None:
    """Columns of unknown meaning that are constant within arms and differ between them."""
    if not case.foreign or len(case.arms) < 2:
        return None
    names = [c for c in case.source.get("others", ()) if c not in DESCRIPTIONS]
    suspects = [name for name in names if _separates(name, case)]
    if not suspects:
        return None
    verb = "separates" if len(suspects) == 1 else "separate"
    sentence = (
        f"{listed(suspects)} also {verb} the arms: if a hyperparameter, the claim is confounded."
    )
    return Check("2", "caveat", sentence, gravity=7.8)


def _separates(name: str, case: Case) -> bool:
    for context in case.contexts():
        levels = [a.levels_of(name) for a in context if _replicated(a)]
        constant = len(levels) > 1 and all(len(level) == 1 for level in levels)
        if constant and len(set(levels)) > 1:
            return True
    return False


def _replicated(a: ArmRuns) -> bool:
    return len(a.rows) > 1


CHECKS = (design, separating_columns)
