"""Did the arms get the same treatment?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from hyperverdict.checks.context import (
    SHAPE_FACTORS,
    CheckContext,
    extremes,
    spread,
)
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, caveat, check
from hyperverdict.claims.factors import factor_title
from hyperverdict.outcomes.arms import ArmRuns, apart
from hyperverdict.stats.thresholds import NOTABLE_SPREAD, TUNED_FROM
from hyperverdict.study.tuning import at_edge
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.vocabulary import BUDGET, OURS
from hyperverdict.words.numbers import count, digits, listed, plain

# Factors that change how many images or passes a step or second buys.
RESIZING = frozenset({"batch_size", "data", "classes", "train_samples"})
# Factors whose levels often have other best learning rates.
TUNING_MATTERS = SHAPE_FACTORS | {
    "batch_size", "optimizer", "nesterov", "beta1", "beta2", "warmup_steps", "clip_norm",
    "model", "blocks", "channels", "normalisation", "initialisation",
}  # fmt: skip


@check(
    "blocks",
    title="Arms trained for the same length",
    explains="Steps, samples and epochs of the arms, where neither the factor nor the budget held "
    "equal makes them differ: a difference of more than 5% may be the cause of the effect.",
    remedy="Train all arms for the same length, or declare the budget as the factor.",
)
def unequal_training(context: CheckContext) -> Found:
    """The arms trained unequally in a way that neither factor nor held budget implies."""
    kinds = _must_be_equal(context)
    if BUDGET in context.factors or len(context.arms) < 2 or not kinds:
        return NOT_APPLICABLE
    for group in context.contexts():
        for kind in kinds:
            amounts = {a.title: float(getattr(a.summary, kind)) for a in group}
            if spread(amounts.values()) > NOTABLE_SPREAD:
                return blocks(_unequal_sentence(context, kind, amounts), "confounded", 10)
    return None


def _must_be_equal(context: CheckContext) -> tuple[str, ...]:
    held = context.held
    if not context.compared & (RESIZING | _declared(context, "data")) and held != "seconds":
        return ("steps", "samples", "epochs")
    return (held,) if held and held != "seconds" else ()


def _declared(context: CheckContext, owner: str) -> frozenset[str]:
    """Hyperparameters that models or data sets of the user's own declare."""
    rows = context.study.vocabulary.hyperparameters.values()
    return frozenset(row.name for row in rows if row.of == owner)


def _unequal_sentence(context: CheckContext, kind: str, amounts: Mapping[str, float]) -> str:
    known = {title: amount for title, amount in amounts.items() if amount > 0}
    most, least = extremes(known)
    unit = kind[:-1] if known[least] == 1 else kind
    factor = listed(map(factor_title, sorted(context.compared))) or "the factor"
    return (
        f"{most} trained {digits(known[most])} {kind}, {least} {digits(known[least])} {unit}: "
        f"the difference cannot be credited to {factor}."
    )


@check(
    "blocks",
    title="Arms differ in nothing undeclared",
    explains="Every hyperparameter that runs record: one that differs between arms of a context, "
    "without being claimed or tuned, may be the cause of the effect.",
    remedy="Make the arms equal in everything but the claimed factor.",
)
def undeclared_difference(context: CheckContext) -> Found:
    """A hyperparameter that the claim does not name differs between arms of one context."""
    if len(context.arms) < 2:
        return NOT_APPLICABLE
    tuned = {name for settings in context.chosen.values() for name in settings}
    declared = context.compared | tuned | {*context.hypothesis.tune, *context.notes.tuned, BUDGET}
    if declared & SHAPE_FACTORS:
        declared |= _shape_partners(declared)
    differing = {
        name
        for group in context.contexts()
        for first, second in pairwise(group)
        for name in _differing(first, second, context)
    }
    names = sorted(differing - declared)
    if not names:
        return None
    return blocks(f"The arms also differ in {listed(map(plain, names))}.", "confounded", 9)


def _shape_partners(declared: Iterable[str]) -> set[str]:
    """What a declared width or depth changes by itself: the spelled list of layers."""
    return {"hidden_units"} if "hidden_units" not in declared else {"width", "depth"}


def _differing(first: ArmRuns, second: ArmRuns, context: CheckContext) -> set[str]:
    table = context.elsewhere
    vocabulary = OURS if table else context.study.vocabulary
    names = (*vocabulary.hyperparameters, *vocabulary.handles, *(table.settings if table else ()))
    recorded = [name for name in names if name in first.rows and name in second.rows]
    if table is None:
        differing = {n for n in recorded if first.levels_of(n) != second.levels_of(n)}
        return differing | set(first.arm.configuration.differing(second.arm.configuration))
    recorded = [n for n in recorded if first.levels_of(n) and second.levels_of(n)]
    return {n for n in recorded if _held_differently(first, second, n)}


def _held_differently(first: ArmRuns, second: ArmRuns, name: str) -> bool:
    """Other levels, or the same ones with other seeds; other shares are `uneven_shares`' matter."""
    other = first.shares(name).keys() != second.shares(name).keys()
    return other or apart(first, second, name) > 0


@check(
    "blocks",
    "caveat",
    title="Learning rate tuned per arm",
    explains="Whether each arm ran at a learning rate chosen for it from at least three values. "
    "Optimizers, batch sizes and network sizes need different rates, so that one rate for all "
    "favours some arms (Shallue et al. 2019). It blocks between optimizers.",
    remedy="Tune the learning rate of each arm on seeds of its own: add "
    "`tune: {learning_rate: [...]}` to the hypothesis.",
)
def untuned_learning_rate(context: CheckContext) -> Found:
    """The learning rate was not tuned per arm, or not yet."""
    tune = context.hypothesis.tune
    if tune and not context.chosen:
        sentence = "Tuning has not finished: the arms ran with the values of the baseline."
        return blocks(sentence, "untuned", 11)
    if "learning_rate" in context.notes.tuned:
        sentence = (
            "The learning rate was tuned per arm according to the study; the table does not show "
            "how."
        )
        return caveat(sentence, 4.9)
    matters = TUNING_MATTERS | _declared(context, "model")
    if "learning_rate" in context.compared or not context.compared & matters:
        return NOT_APPLICABLE
    tried = tune.get("learning_rate", ())
    if len(tried) >= TUNED_FROM:
        return None
    known = (a.summary.learning_rate for a in context.arms)
    rates = sorted({digits(rate) for rate in known if rate})
    at = f"; all arms ran at {rates[0]}" if len(rates) == 1 else ""
    few = f" over at least {TUNED_FROM} values" if tried else ""
    sentence = f"The learning rate was not tuned per arm{few}{at}."
    if "optimizer" in context.compared:
        return blocks(sentence, "untuned", 6)
    return caveat(sentence, 5)


@check(
    "caveat",
    title="Judged at more than one budget",
    explains="Claims on batch size at one budget only. Equal steps and equal samples favour "
    "opposite arms, so that the verdict may depend on which of them is held equal.",
    remedy="Judge the claim at a second budget as well, such as equal samples (`at_equal:`).",
)
def one_budget(context: CheckContext) -> Found:
    """One budget only, for a factor that changes what a budget buys."""
    held = context.held
    if "batch_size" not in context.compared or held is None or context.budgets:
        return NOT_APPLICABLE
    if len(context.hypothesis.at_equal) != 1:
        return None
    other = "steps" if held in ("samples", "epochs") else "samples"
    return caveat(f"Judged at equal {held} only; at equal {other} the answer may change.", 6)


@check(
    "caveat",
    title="Batches fit into the training data",
    explains="Batch sizes above the number of training images: such a batch holds all images "
    "there are, and no more.",
    remedy="Claim batch sizes up to the number of training images.",
)
def batch_larger_than_data(context: CheckContext) -> Found:
    """A batch size that could not be run as written."""
    sizes = {a.title: (a.summary.batch_size, _train_size(a)) for a in context.arms}
    known = {title: pair for title, pair in sizes.items() if all(pair)}
    if not known:
        return NOT_APPLICABLE
    cut: dict[int, list[str]] = {}
    for title, (batch, images) in known.items():
        if batch > images:
            cut.setdefault(images, []).append(title)
    if not cut:
        return None
    parts = [f"{listed(titles)} ran with {n:,} images per batch" for n, titles in cut.items()]
    compared = "batch_size" in context.compared
    return caveat(f"{'; '.join(parts)}: the training set holds no more.", 7.7 if compared else 3.0)


def _train_size(a: ArmRuns) -> int:
    """Training images of an arm, 0 where unknown."""
    recorded = a.rows["train_size"].dropna() if "train_size" in a.rows else ()
    if len(recorded):
        return int(min(recorded))
    return 0 if a.arm.data_facts is None else a.arm.configuration.train_size


@check(
    "caveat",
    title="Tuned values lie inside their grid",
    explains="The values that tuning chose: the best one at the edge of its grid may have better "
    "neighbours outside.",
    remedy="Extend the tuning grid beyond the chosen edge.",
)
def tuned_at_edge(context: CheckContext) -> Found:
    """A tuned value is the edge of its grid."""
    if not context.chosen:
        return NOT_APPLICABLE
    for label, settings in context.chosen.items():
        for name, value in settings.items():
            if at_edge(context.hypothesis.tune.get(name, ()), value):
                sentence = (
                    f"The best {plain(name)} for {context.title_of(label)} is "
                    f"{digits(float(value))}, the edge of its grid."
                )
                return caveat(sentence, 4)
    return None


@check(
    "caveat",
    title="Arms tuned with equal effort",
    explains="The number of tuning runs of each arm: more trials find better values.",
    remedy="Give every arm the same number of tuning trials.",
)
def unequal_tuning(context: CheckContext) -> Found:
    """The arms had unequal numbers of tuning trials."""
    if not context.trials:
        return NOT_APPLICABLE
    runs = dict.fromkeys(context.by_label, 0)
    for trial in context.trials:
        runs[trial.arm] = runs.get(trial.arm, 0) + len(trial.seeds)
    if len(set(runs.values())) == 1:
        return None
    most, least = extremes(runs)
    sentence = (
        f"{context.title_of(most)} had {count(runs[most], 'tuning run')}, "
        f"{context.title_of(least)} {runs[least]:,}."
    )
    return caveat(sentence, 4.5)


@check(
    "blocks",
    title="Arms ran with the same code and data",
    explains="The checksum of the data and the version of the training code of every run.",
    remedy="Train all arms again with one version of code and data.",
)
def different_code(context: CheckContext) -> Found:
    """Code or data version differs within a contrast."""
    if len(context.arms) < 2:
        return NOT_APPLICABLE
    columns = ["training_version", "code_version", *(["commit"] if context.elsewhere else [])]
    cut = bool(context.compared & {"classes", "train_samples"})
    for group in context.contexts():
        for of_same_data in _grouped(group, _data_of):
            if _versions(of_same_data, "data_checksum") > 1 and not (cut and context.elsewhere):
                return blocks("The arms ran on different data.", "confounded", 8)
        differing = [column for column in columns if _versions(group, column) > 1]
        by_code = _grouped(group, lambda configuration: configuration.code_key)
        if any(_versions(arms, "code_checksum") > 1 for arms in by_code):
            differing.append("code_checksum")
        if differing:
            sentence = f"The arms ran different code ({plain(differing[0])} differs)."
            return blocks(sentence, "confounded", 8)
    return None


def _grouped(arms: Iterable[ArmRuns], key: Callable[[Configuration], str]) -> list[list[ArmRuns]]:
    groups: dict[str, list[ArmRuns]] = {}
    for arm in arms:
        groups.setdefault(key(arm.arm.configuration), []).append(arm)
    return list(groups.values())


def _data_of(configuration: Configuration) -> str:
    """What must have one checksum: one data set, prepared with the same arguments."""
    return configuration.prepared if configuration.vocabulary.ours else configuration.data


def _versions(group: Iterable[ArmRuns], column: str) -> int:
    return len({level for a in group for level in a.levels_of(column)})


@check(
    "caveat",
    title="Arms trained on the same kind of device",
    explains="The device of every run of ours, and the machines that a table names. A GPU adds "
    "numbers in another order than a CPU, so the same seed gives another network, and seeds pair "
    "the arms less closely.",
    remedy="Train all arms on one device: `--set-resources train:gpu=0` for the CPU, "
    "`train:gpu=1` for GPUs, into folders without runs.",
)
def different_devices(context: CheckContext) -> Found:
    """Runs of one context were trained on CPUs and on GPUs."""
    if len(context.arms) < 2:
        return NOT_APPLICABLE
    for group in context.contexts():
        if context.elsewhere is None and _versions(group, "device") > 1:
            where = ", ".join(f"{a.title} on {_devices(a)}" for a in group)
            return caveat(f"The runs were trained on different devices: {where}.", 5.5)
        for column in ("device", "hardware") if context.elsewhere else ():
            if len({a.levels_of(column) for a in group}) > 1:
                where = ", ".join(
                    f"{a.title} on {listed(sorted(a.levels_of(column))) or 'unknown'}"
                    for a in group
                )
                return caveat(f"The arms ran on different machines: {where}.", 5.5)
    return None


def _devices(a: ArmRuns) -> str:
    names = {"CPU" if device == "cpu" else "GPU" for device in a.levels_of("device")}
    return listed([f"a {name}" for name in sorted(names)]) or "an unknown device"


CHECKS: tuple[Check, ...] = (
    unequal_training,
    undeclared_difference,
    untuned_learning_rate,
    one_budget,
    batch_larger_than_data,
    tuned_at_edge,
    unequal_tuning,
    different_code,
    different_devices,
)
