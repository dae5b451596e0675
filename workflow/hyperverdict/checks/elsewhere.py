"""Checks on runs from elsewhere: what a study would have refused before training is a caveat."""

from __future__ import annotations

from itertools import combinations

from hyperverdict.checks.context import ArmRuns, Case, apart
from hyperverdict.foreign.recognise import DESCRIPTIONS
from hyperverdict.verdicts.model import Check
from hyperverdict.words.counting import listed

# A column of few levels, most of whose runs differ between two arms, may be a hyperparameter.
FEW = 2
MOSTLY = 0.75


def design(case: Case) -> Check | None:
    """A design that could not have answered the claim, or rows that do not fit it."""
    faults = case.source.get("faults", {}).get(case.question.hypothesis.id, ())
    if not faults:
        return None
    return Check("design", "caveat", " ".join(dict.fromkeys(faults)), gravity=8)


def survivors_only(case: Case) -> Check | None:
    """22 B: many runs of an arm are not in its means, because they failed or were stopped."""
    lost = case.source.get("lost", {}).get(case.question.hypothesis.id, ())
    if not lost:
        return None
    sentence = f"{listed(dict.fromkeys(lost))}: they failed or were stopped, so survivors speak."
    return Check("22", "blocks", sentence, "survivors only", 9.5)


def separating_columns(case: Case) -> Check | None:
    """Columns of unknown meaning that are all but constant within arms and differ between them."""
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
        arms = [a for a in context if _replicated(a) and a.levels_of(name)]
        few = all(len(a.levels_of(name)) <= FEW for a in arms)
        if few and any(apart(a, b, name) > MOSTLY for a, b in combinations(arms, 2)):
            return True
    return False


def _replicated(a: ArmRuns) -> bool:
    return len(a.rows) > 1


CHECKS = (design, survivors_only, separating_columns)
