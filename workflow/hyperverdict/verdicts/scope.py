"""What a verdict speaks about, in sentences: data, budget and what it implies, seeds, hardware."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hyperverdict.checks.context import UNNAMED_DATA, ArmRuns, Case, spread
from hyperverdict.study.model import TIME_METRIC
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.words.counting import count, digits, listed, seeds_text

NOTABLE = 1.05
# What a stated reason is about, and the quantity of an arm that measures it.
REASONS = {
    "updates": "steps",
    "samples": "samples",
    "epochs": "epochs",
    "parameters": "parameters",
}
VERBS = {
    "steps": "made {n} updates",
    "samples": "saw {n} images",
    "epochs": "trained {n} epochs",
    "parameters": "had {n} parameters",
}


def scope_sentences(case: Case) -> tuple[str, ...]:
    """All scope sentences of a case, in reading order."""
    if not case.arms:
        return ()
    sentences = (
        _data(case),
        *budget_implies(case),
        _tested(case),
        _fixed(case),
        _seeds(case),
        _times(case),
        *_from_elsewhere(case),
    )
    return tuple(sentence for sentence in sentences if sentence)


def _data(case: Case) -> str:
    names = list(dict.fromkeys(a.arm.configuration.data for a in case.arms))
    if names == [UNNAMED_DATA]:
        return ""
    titles = [DATASETS[name].title if name in DATASETS else name for name in names]
    sizes = {
        int(n) for a in case.arms if "test_size" in a.rows for n in a.rows["test_size"].dropna()
    }
    images = f", {min(sizes):,} test images" if len(sizes) == 1 else ""
    return f"Data: {listed(titles)}{images}."


def budget_implies(case: Case) -> tuple[str, ...]:
    """What holding the budget equal made unequal: "at 300 steps batch 128 saw 32 times more"."""
    budget = case.question.budget
    if budget is None or "budget" in case.factors:
        return ()
    sentences = [f"Held equal: {budget}."]
    arms = max(case.contexts(), key=lambda context: spread(a.summary.samples for a in context))
    for kind, words in (
        ("samples", "saw {x} times as many images as"),
        ("steps", "made {x} times as many updates as"),
    ):
        amounts = {a.arm.label: float(getattr(a.summary, kind)) for a in arms}
        ratio = spread(amounts.values())
        if budget.kind != kind and ratio > NOTABLE:
            known = {label: amount for label, amount in amounts.items() if amount > 0}
            most, least = max(known, key=lambda k: known[k]), min(known, key=lambda k: known[k])
            sentences.append(f"At {budget}, {most} {words.format(x=digits(ratio))} {least}.")
    return tuple(sentences)


def _tested(case: Case) -> str:
    """The levels that were run: nothing is known beyond them."""
    shown = []
    for factor in sorted(case.compared):
        levels = list(dict.fromkeys(str(a.arm.settings.get(factor, "")) for a in case.arms))
        if len(levels) > 2:
            shown.append(f"{factor.replace('_', ' ')} {listed(levels)}")
    return f"Tested: {'; '.join(shown)}; nothing is known beyond." if shown else ""


def _fixed(case: Case) -> str:
    """Optimizer, learning rate and initialisation that every arm shares."""
    if case.foreign:
        return ""
    configurations = [a.arm.configuration for a in case.arms]
    rates = sorted({c.learning_rate for c in configurations})
    optimizers = sorted({c.optimizer for c in configurations})
    tuned = any("learning_rate" in settings for settings in case.chosen.values())
    how = "tuned per arm" if tuned else "not tuned"
    at = (
        f"at learning rate {digits(rates[0])} ({how})"
        if len(rates) == 1
        else f"learning rates {listed(map(digits, rates))}"
    )
    return f"{listed(optimizers).capitalize()} {at}; PyTorch's default initialisation."


def _seeds(case: Case) -> str:
    planned = case.question.hypothesis.seeds
    if case.foreign:
        found = (
            sorted({int(s) for a in case.arms for s in a.rows["seed"].dropna()})
            if case.arms
            else []
        )
        return f"{count(len(found), 'seed')}." if found else ""
    return f"{count(len(planned), 'seed')} ({seeds_text(planned)})."


def _from_elsewhere(case: Case) -> tuple[str, ...]:
    """What was assumed about a table that is not ours."""
    if not case.foreign:
        return ()
    export = case.source.get("export")
    found = [f"Read as an export of {export}."] if export else []
    columns = {m: c for m, c in case.source.get("columns", {}).items() if m != c}
    if columns:
        found.append(f"Columns: {listed(f'{m} from {c!r}' for m, c in columns.items())}.")
    unrecorded = [n for n in case.source.get("unrecorded", ()) if n not in case.factors]
    if unrecorded:
        names = listed(name.replace("_", " ") for name in unrecorded)
        found.append(f"Not recorded, taken as equal in all arms: {names}.")
    own = case.source.get("own_notes", {}).get(case.question.hypothesis.id, ())
    return (*found, *case.source.get("notes", ()), *dict.fromkeys(own))


def _times(case: Case) -> str:
    """Where times were taken; intervals of times show jitter there, no more."""
    judged = [leg for leg in case.judgement.legs if leg.metric == TIME_METRIC]
    if case.timing is None or all(leg.dropped_because for leg in judged):
        return ""
    threads = f", {count(case.timing.threads, 'thread')}" if case.timing.threads else ""
    hardware = hardware_text(case.timing.hardware) or "one machine"
    where = f"this implementation on {hardware}{threads}"
    return f"Times: {where}; their intervals show its jitter, no more."


def hardware_text(hardware: Mapping[str, Any]) -> str:
    """The device that times depend on: the GPU's name where there is one, else the CPU's."""
    for key in ("gpu", "cpu", "cpu_model", "device"):
        if hardware.get(key):
            return str(hardware[key])
    return ""


def untestable_reason(case: Case) -> str:
    """Why "because: updates" cannot be tested here: all arms had equally many. "" when it can."""
    because = case.question.hypothesis.because
    if because is None or len(case.arms) < 2:
        return ""
    if because == "time":
        budget = case.question.budget
        equal = budget is not None and budget.kind == "seconds"
        return f"All arms trained {budget}, so 'time' is not tested here." if equal else ""
    kind = REASONS.get(because)
    if kind is None:
        return ""
    amounts = [float(getattr(a.summary, kind)) for a in case.arms]
    if min(amounts) <= 0 or spread(amounts) > NOTABLE:
        return ""
    did = VERBS[kind].format(n=digits(amounts[0], 6))
    return f"{_all(case.arms)} {did}, so '{because}' is not tested here."


def _all(arms: Sequence[ArmRuns] | Iterable[ArmRuns]) -> str:
    return "Both arms" if len(list(arms)) == 2 else "All arms"
