"""Checks 1, 2, 6, 6b, 7, 8, 27: did the arms get the same treatment?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from hyperverdict.checks.context import SHAPE_FACTORS, ArmRuns, Case, apart, held_kind, spread
from hyperverdict.study.tuning import at_edge
from hyperverdict.verdicts.model import Check
from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS
from hyperverdict.words.counting import digits, listed

TOLERANCE = 1.05
TUNED_FROM = 3
# Shares of levels differ by chance where runs are few and not paired.
UNLIKE = 0.25
# Factors that change how many images or passes a step or second buys.
RESIZING = frozenset({"batch_size", "data", "classes", "train_samples"})
TUNING_MATTERS = frozenset({"batch_size", *SHAPE_FACTORS})
ENVIRONMENT = {"commit": "code", "training_version": "code", "code_version": "code"}


def unequal_training(case: Case) -> Check | None:
    """1 B: the arms trained unequally in a way that neither factor nor held budget implies."""
    if "budget" in case.factors:
        return None
    for context in case.contexts():
        for kind in _must_be_equal(case):
            amounts = {a.arm.label: _amount(a, kind) for a in context}
            if spread(amounts.values()) > TOLERANCE:
                return Check(
                    "1", "blocks", _unequal_sentence(case, kind, amounts), "confounded", 10
                )
    return None


def _must_be_equal(case: Case) -> tuple[str, ...]:
    held = held_kind(case)
    if not case.compared & RESIZING and held != "seconds":
        return ("steps", "samples", "epochs")
    return (held,) if held and held != "seconds" else ()


def _amount(a: ArmRuns, kind: str) -> float:
    return float(getattr(a.summary, kind))


def _unequal_sentence(case: Case, kind: str, amounts: Mapping[str, float]) -> str:
    known = {label: amount for label, amount in amounts.items() if amount > 0}
    most, least = max(known, key=lambda k: known[k]), min(known, key=lambda k: known[k])
    unit = kind[:-1] if known[least] == 1 else kind
    return (
        f"{most} trained {digits(known[most])} {kind}, {least} {digits(known[least])} {unit}: "
        f"the difference cannot be credited to {listed(sorted(case.compared)) or 'the factor'}."
    )


def undeclared_difference(case: Case) -> Check | None:
    """2 B: a hyperparameter that the claim does not name differs between arms of one context."""
    tuned = {name for settings in case.chosen.values() for name in settings}
    tuned |= {*case.question.hypothesis.tune, *case.said_to_be_tuned}
    declared = case.compared | tuned | {"budget"}
    if declared & SHAPE_FACTORS:
        declared |= _shape_partners(declared)
    names = sorted(
        {
            name
            for context in case.contexts()
            for first, second in pairwise(context)
            for name in _differing(first, second, case)
        }
        - declared
    )
    if not names:
        return None
    return Check("2", "blocks", f"Arms also differ in {listed(names)}.", "confounded", 9)


def _shape_partners(declared: Iterable[str]) -> set[str]:
    """What a declared width or depth changes by itself: the spelled list of layers."""
    return {"hidden_units"} if "hidden_units" not in declared else {"width", "depth"}


def _differing(first: ArmRuns, second: ArmRuns, case: Case) -> set[str]:
    recorded = [
        name
        for name in (*HYPERPARAMETERS, "width", "depth", *case.source.get("hyperparameters", ()))
        if name in first.rows and name in second.rows
    ]
    if not case.foreign:
        differing = {n for n in recorded if first.levels_of(n) != second.levels_of(n)}
        return differing | set(first.arm.configuration.differing(second.arm.configuration))
    recorded = [n for n in recorded if first.levels_of(n) and second.levels_of(n)]
    return {n for n in recorded if _held_differently(first, second, n)}


def _held_differently(first: ArmRuns, second: ArmRuns, name: str) -> bool:
    """Other levels, or the same ones with other seeds or in other shares."""
    other = first.shares(name).keys() != second.shares(name).keys()
    return other or apart(first, second, name) > UNLIKE


def untuned(case: Case) -> Check | None:
    """6 B/C: the learning rate was not tuned per arm (Shallue et al. 2019), or not yet."""
    tune = case.question.hypothesis.tune
    if tune and not case.chosen:
        sentence = "Tuning has not finished: the arms stand at the baseline's values."
        return Check("6", "blocks", sentence, "untuned", 11)
    if "learning_rate" in case.said_to_be_tuned:
        sentence = "The learning rate was tuned per arm, as the study says; no table shows how."
        return Check("6", "caveat", sentence, gravity=4.9)
    tried = tune.get("learning_rate", ())
    if len(tried) >= TUNED_FROM or "learning_rate" in case.compared:
        return None
    rates = sorted({digits(a.summary.learning_rate) for a in case.arms if a.summary.learning_rate})
    at = f"; all arms ran at {rates[0]}" if len(rates) == 1 else ""
    few = f" over at least {TUNED_FROM} values" if tried else ""
    sentence = f"Learning rate was not tuned per arm{few}{at}."
    if "optimizer" in case.compared:
        return Check("6", "blocks", sentence, "untuned", 6)
    return Check("6", "caveat", sentence, gravity=5) if case.compared & TUNING_MATTERS else None


def one_budget(case: Case) -> Check | None:
    """6b C: one budget only, for a factor that changes what a budget buys."""
    budgets = case.question.hypothesis.at_equal
    if "batch_size" not in case.compared or len(budgets) != 1 or case.question.budget is None:
        return None
    held = case.question.budget.kind
    other = "steps" if held in ("samples", "epochs") else "samples"
    return Check(
        "6b", "caveat", f"Judged at equal {held} only; at equal {other} it may turn.", gravity=6
    )


def tuned_at_edge(case: Case) -> Check | None:
    """7 C: a tuned value is the edge of its grid."""
    for label, settings in case.chosen.items():
        for name, value in settings.items():
            tried = case.question.hypothesis.tune.get(name, ())
            if at_edge(name, tried, value):
                sentence = (
                    f"Best {name.replace('_', ' ')} for {label} is {digits(float(value))}, "
                    "the edge of its grid; extend it."
                )
                return Check("7", "caveat", sentence, gravity=4)
    return None


def unequal_tuning(case: Case) -> Check | None:
    """8 C: the arms had unequal numbers of tuning trials."""
    counts: dict[str, int] = dict.fromkeys((a.arm.label for a in case.arms), 0)
    for trial in case.trials:
        counts[trial.arm] = counts.get(trial.arm, 0) + len(trial.seeds)
    if not case.trials or len(set(counts.values())) == 1:
        return None
    most, least = max(counts, key=lambda k: counts[k]), min(counts, key=lambda k: counts[k])
    sentence = f"{most} had {counts[most]} tuning runs, {least} {counts[least]}."
    return Check("8", "caveat", sentence, gravity=4.5)


def different_code(case: Case) -> Check | None:
    """27 B: code or data version differs within a contrast."""
    for context in case.contexts():
        if _versions(context, "data_checksum") > 1 and "data" not in case.compared:
            same_data = {a.arm.configuration.data for a in context}
            if len(same_data) == 1 and not case.compared & {"classes", "train_samples"}:
                return Check("27", "blocks", "Arms ran on different data.", "confounded", 8)
        columns = ["training_version", "code_version", *(["commit"] if case.foreign else [])]
        for column in columns:
            if _versions(context, column) > 1:
                sentence = f"Arms ran different code ({column.replace('_', ' ')} differs)."
                return Check("27", "blocks", sentence, "confounded", 8)
    return None


def _versions(context: Iterable[ArmRuns], column: str) -> int:
    return len({level for a in context for level in a.levels_of(column)})


CHECKS = (
    unequal_training,
    undeclared_difference,
    untuned,
    one_budget,
    tuned_at_edge,
    unequal_tuning,
    different_code,
)
