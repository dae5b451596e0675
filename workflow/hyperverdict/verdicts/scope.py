"""What a verdict covers, in sentences: data, budget and what it implies, seeds, hardware."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperverdict.checks.context import CheckContext, extremes, spread
from hyperverdict.claims.factors import factor_title
from hyperverdict.stats.thresholds import NOTABLE_SPREAD
from hyperverdict.vocabulary.vocabulary import BUDGET
from hyperverdict.words.numbers import count, digits, listed, plain, seeds_text, upper

# What a stated reason is about: the quantity of an arm that measures it, and what arms did with it.
REASONS = {
    "updates": ("steps", "made {n} updates"),
    "samples": ("samples", "saw {n} {what}"),
    "epochs": ("epochs", "trained {n} epochs"),
    "parameters": ("parameters", "had {n} parameters"),
}
# What became of start-up where whole trainings were timed.
START_UP = {
    "taken off": " Whole trainings were timed; start-up was measured apart and taken off.",
    "included": " Whole trainings were timed, start-up included.",
    "reported": " The training times are those that the program itself reports (train_seconds).",
}
# A quantity that a budget of another kind makes unequal, and how arms differ in it.
IMPLIED = {
    "samples": "saw {x} times as many {what} as",
    "steps": "made {x} times as many updates as",
}


def scope_sentences(context: CheckContext) -> tuple[str, ...]:
    """All scope sentences of a question, in reading order."""
    if not context.arms:
        return ()
    sentences = (
        _data(context),
        *budget_sentences(context),
        _tested(context),
        _fixed(context),
        _seeds(context),
        _times(context),
        *_from_elsewhere(context),
        *context.status.notes,
    )
    return tuple(sentence for sentence in sentences if sentence)


def _data(context: CheckContext) -> str:
    training = context.study.vocabulary.training
    if training is not None:
        read = f" Data: {listed(training.data)}." if training.data else ""
        return f"Training: {training.program}.{read}{_older_code(context)}"
    prepared = dict.fromkeys(a.arm.configuration.prepared for a in context.arms)
    names = [name for name in prepared if name]
    if not names:
        return ""
    known = ((name, context.study.vocabulary.facts(name)) for name in names)
    titles = [facts.title if facts else name for name, facts in known]
    sizes = {
        int(n) for a in context.arms if "test_size" in a.rows for n in a.rows["test_size"].dropna()
    }
    images = f", {count(min(sizes), 'test image')}" if len(sizes) == 1 else ""
    return f"Data: {listed(titles)}{images}.{_older_code(context)}"


def _older_code(context: CheckContext) -> str:
    """That runs were made by other code than is there now."""
    older: dict[str, set[str]] = {}
    for arm in context.arms:
        present = context.present_code.get(arm.arm.configuration.code_key, "")
        made = set(map(str, arm.levels_of("code_checksum"))) - {present}
        if present and made:
            older.setdefault(present, set()).update(made)
    sentences = (
        f" The runs were made with other code ({listed(code[:12] for code in sorted(made))}) than "
        f"is there now ({present[:12]})."
        for present, made in older.items()
    )
    return "".join(sentences)


def budget_sentences(context: CheckContext) -> tuple[str, ...]:
    """The budget held equal and what that made unequal, or that the training length varies."""
    if context.budgets:
        return (f"Training length varies: {listed(context.budgets)}.",)
    budget = context.question.budget
    if budget is None or BUDGET in context.factors:
        return ()
    sentences = [f"Held equal: {budget}."]
    arms = max(context.contexts(), key=lambda group: spread(a.summary.samples for a in group))
    for kind, words in IMPLIED.items():
        amounts = {a.title: float(getattr(a.summary, kind)) for a in arms}
        ratio = spread(amounts.values())
        if budget.kind != kind and ratio > NOTABLE_SPREAD:
            most, least = extremes({t: amount for t, amount in amounts.items() if amount > 0})
            did = words.format(x=digits(ratio), what=_seen(context))
            sentences.append(f"At {budget}, {most} {did} {least}.")
    return tuple(sentences)


def _seen(context: CheckContext) -> str:
    """What a training sees: images in our own loop and in tables of it."""
    return "images" if context.study.vocabulary.training is None else "samples"


def _tested(context: CheckContext) -> str:
    """The levels that were run: nothing is known beyond them."""
    spell, shown = context.study.vocabulary.spell, []
    for factor in sorted(context.compared - {BUDGET}):
        arms = [a.arm for a in context.arms if factor in a.arm.settings]
        levels = dict.fromkeys(spell(factor, arm.settings[factor]) for arm in arms)
        if len(levels) > 2:
            shown.append(f"{factor_title(factor)} {listed(levels)}")
    return f"Tested: {'; '.join(shown)}. Nothing is known beyond these." if shown else ""


def _fixed(context: CheckContext) -> str:
    """Optimizer, learning rate and initialisation that every arm shares."""
    if context.elsewhere or not context.study.vocabulary.ours:
        return ""
    configurations = [a.arm.configuration for a in context.arms]
    rates = sorted({c["learning_rate"] for c in configurations})
    optimizers = sorted({c["optimizer"] for c in configurations})
    tuned = any("learning_rate" in settings for settings in context.chosen.values())
    how = "tuned per arm" if tuned else "not tuned"
    at = (
        f"at learning rate {digits(rates[0])} ({how})"
        if len(rates) == 1
        else f"at learning rates {listed(map(digits, rates))} ({how})"
    )
    starts = sorted({c["initialisation"] for c in configurations})
    start = "PyTorch's default initialisation"
    if starts != ["default"]:
        start = f"initialisation {listed(map(plain, starts))}"
    return f"{upper(listed(optimizers))} {at}; {start}."


def _seeds(context: CheckContext) -> str:
    if context.elsewhere is None:
        seeds = context.question.seeds
        return f"{count(len(seeds), 'seed')} ({seeds_text(seeds)})."
    found = {int(seed) for a in context.arms for seed in a.rows["seed"].dropna()}
    return f"{count(len(found), 'seed')}." if found and context.elsewhere.seeded else ""


def _from_elsewhere(context: CheckContext) -> tuple[str, ...]:
    """What was assumed about a table that is not ours."""
    table = context.elsewhere
    if table is None:
        return ()
    found = [f"Read as an export of {table.export}."] if table.export else []
    columns = {name: column for name, column in table.metric_columns.items() if name != column}
    if columns:
        read = (f"{plain(name)} from {column!r}" for name, column in columns.items())
        found.append(f"Columns: {listed(read)}.")
    unrecorded = [name for name in table.unrecorded if name not in context.factors]
    if unrecorded:
        names = listed(map(plain, unrecorded))
        found.append(f"Not recorded, taken as equal in all arms: {names}.")
    return (*found, *table.notes, *dict.fromkeys(context.notes.notes))


def _times(context: CheckContext) -> str:
    """Where times were taken; intervals of times cover their jitter there only."""
    timing = context.timing
    if timing is None or not any(metric.is_time for metric in context.metrics):
        return ""
    threads = f", {count(timing.threads, 'thread')}" if timing.threads else ""
    hardware = hardware_text(timing.hardware) or "one machine"
    where = f"this implementation on {hardware}{threads}"
    said = START_UP.get(timing.start_up, "")
    return f"Times: {where}; their intervals cover the jitter of repeated timings only.{said}"


def hardware_text(hardware: Mapping[str, Any]) -> str:
    """The device that times depend on: the GPU's name where there is one, else the CPU's."""
    for key in ("gpu", "cpu", "cpu_model", "device"):
        if hardware.get(key):
            return str(hardware[key])
    return ""


def untestable_reason(context: CheckContext) -> str:
    """Why "because: updates" cannot be tested here: all arms had equally many. "" when it can."""
    because, arms = context.hypothesis.because, context.arms
    if len(arms) < 2:
        return ""
    all_arms = "both arms" if len(arms) == 2 else "all arms"
    if because == "time" and context.held == "seconds":
        return (
            f"Your reason (time) is not tested here: {all_arms} trained {context.question.budget}."
        )
    if because not in REASONS:
        return ""
    kind, did = REASONS[because]
    amounts = [float(getattr(a.summary, kind)) for a in arms]
    if min(amounts) <= 0 or spread(amounts) > NOTABLE_SPREAD:
        return ""
    done = did.format(n=digits(amounts[0], 6), what=_seen(context))
    return f"Your reason ({because}) is not tested here: {all_arms} {done}."
